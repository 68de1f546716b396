//! `--accept`: a difference that somebody has decided to live with leaves no row open, and is not forgotten.

use crate::support::{Desk, Platform, Ran, agent_answer, assistant_answer, id, record, record_with};
use serde_json::{Value, json};

/// One row that differs in its temperature and one that differs in a list of an unknown field, too.
async fn differing() -> (Platform, Desk) {
    let platform = Platform::start().await;
    let ids = [id(1), id(2)];
    for (id, color) in ids.iter().zip([Value::Null, json!("red")]) {
        platform.assistant(id, assistant_answer(&record_with(id, &json!({"color": color})))).await;
        platform.agent(id, agent_answer(&record_with(id, &json!({"temperature": 0.7})))).await;
    }
    (platform, Desk::with_ids(&ids))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_a_note_and_stays_so_until_a_fresh_ledger() {
    let (platform, desk) = differing().await;
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &[]).exits_with(3);
        assert_eq!(desk.report().column("status"), ["mismatch", "mismatch"]);
        let ran = desk.run(&url, &["--accept", "temperature", "--accept", "colour"]).exits_with(3);
        let ran = ran
            .says("'colour' and 'temperature'")
            .says("2 to check")
            .says("--accept 'colour': no known field");
        assert!(!ran.stderr.contains("--accept 'temperature'"), "{}", ran.stderr);
        let report = desk.report();
        assert_eq!(report.column("status"), ["verified", "mismatch"]);
        assert_eq!(report.column("notes"), ["accepted: temperature: 0.3 -> 0.7"; 2]);
        assert_eq!(report.column("differences"), ["", "color: red -> (none)"]);
        assert_eq!(report.column("remedy")[0], "");

        // Without the option, of this command and of the others.
        let ran = desk.run(&url, &["--accept", "color", "--json", "all.jsonl"]).exits_with(0);
        ran.says("(from an earlier").says("1 to go");
        assert_eq!(desk.report().column("status"), ["verified", "verified"]);
        let row: Value = serde_json::from_str(desk.read("all.jsonl").lines().nth(2).unwrap()).unwrap();
        assert_eq!(row["notes"], "accepted: temperature: 0.3 -> 0.7; accepted: color: red -> (none)");
        Ran::of(desk.program().args(["verify", "assistants.ledger"]))
            .exits_with(0)
            .says("No verdict changed");
        let redacted =
            Ran::of(desk.program().args(["report", "assistants.ledger", "--redact"])).exits_with(0);
        assert!(redacted.stdout.contains("accepted: color: 3 characters -> (none)"), "{}", redacted.stdout);

        desk.run(&url, &["--fresh"]).exits_with(3);
        assert_eq!(desk.report().column("status"), ["mismatch", "mismatch"]);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_verified_because_of_it_may_be_switched_off() {
    let (platform, desk) = differing().await;
    assert_ne!(record(&id(1))["temperature"], json!(0.7));
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--accept", "temperature", "--dry-run"]).exits_with(3);
        assert_eq!(desk.report().disabled(), ["would_disable", "skipped"]);
    })
    .await
    .unwrap();
}
