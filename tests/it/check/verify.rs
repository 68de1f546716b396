//! `verify LEDGER`: the agents once more, against the assistants kept in the ledger.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::office::{Office, mismatch, other, same, two_records};
use crate::support::{
    Desk, KEY, Platform, Ran, Report, agent_answer, assistant_answer, files, id, record, record_with,
};
use agent_migrate::practice::{Endpoint, SandboxOptions};
use serde_json::json;
use wiremock::ResponseTemplate;

fn verify(desk: &Desk, arguments: &[&str]) -> Ran {
    let mut command = desk.program();
    command.args(["verify", "assistants.ledger", "--rpm", "1000000", "--retries", "0"]);
    Ran::of(command.args(arguments))
}

fn verified(desk: &Desk) -> Report {
    Report::parse(&desk.read("assistants.verify.csv"))
}

/// What the ledger says, without asking anybody.
fn ledger_says(desk: &Desk) -> String {
    Ran::of(desk.program().args(["report", "assistants.ledger"])).exits_with(0).stdout
}

#[test]
fn it_does_its_work_after_the_assistants_api_has_ended() {
    let office = Office::with(&[same(1), other(2, 102), mismatch(3), same(4)], two_records());
    office.run(&[]).exits_with(3);
    let (before, run_report) = (ledger_says(&office.desk), office.desk.read("assistants.report.csv"));
    office.change(|options| options.gone_after = Some(0));
    let first = office.requests();
    let ran = verify(&office.desk, &[]).exits_with(3).says("No verdict changed since the run.");
    assert!(!ran.stderr.contains(KEY));
    assert!(office.log()[first..].iter().all(|request| request.endpoint == Endpoint::AgentGet));
    assert_eq!(office.requests() - first, 4);
    let report = verified(&office.desk);
    assert_eq!(report.columns, office.report().columns);
    assert_eq!(report.timeless(), office.report().timeless());
    assert_eq!(report.column("requests"), ["1"; 4]);
    // The run's own verdicts and report are as they were.
    assert_eq!((ledger_says(&office.desk), office.desk.read("assistants.report.csv")), (before, run_report));
}

/// A platform where three agents were as they should be, one was not and one was hidden; a run that found that out; and
/// what has become of the agents since.
async fn changed_since() -> (Platform, Desk) {
    let platform = Platform::start().await;
    let ids: Vec<_> = (1..=5).map(id).collect();
    for id in &ids {
        platform.assistant(id, assistant_answer(&record(id))).await;
    }
    for id in &ids[..3] {
        platform.agent(id, agent_answer(&record(id))).await;
    }
    platform.agent(&ids[3], agent_answer(&record_with(&ids[3], &json!({"model": "gpt-4"})))).await;
    platform.agent(&ids[4], ResponseTemplate::new(403)).await;
    // The last line repeats the second.
    let desk = Desk::with_input(format!("assistant_id,owner\n{},ada\n{}\n", ids.join(",ada\n"), ids[1]));
    let url = platform.server.uri();
    let desk = tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--retries", "0"]).exits_with(3);
        desk
    })
    .await
    .unwrap();
    platform.server.reset().await;
    platform.agent(&ids[0], agent_answer(&record(&ids[0]))).await;
    platform.agent(&ids[1], agent_answer(&record_with(&ids[1], &json!({"temperature": 0.9})))).await;
    platform.agent(&ids[2], ResponseTemplate::new(404)).await;
    platform.agent(&ids[3], agent_answer(&record(&ids[3]))).await;
    platform.agent(&ids[4], agent_answer(&record(&ids[4]))).await;
    (platform, desk)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verdict_that_changed_is_said_in_notes_and_at_the_end() {
    let (_platform, desk) = changed_since().await;
    let before = ledger_says(&desk);
    let ran = verify(&desk, &[]).exits_with(3).says("Changed since the run: 4 rows");
    for words in ["1  verified -> mismatch", "1  verified -> agent_not_found", "1  mismatch -> verified"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    let report = verified(&desk);
    assert_eq!(
        report.column("status"),
        ["verified", "mismatch", "agent_not_found", "verified", "verified", "duplicate"]
    );
    assert_eq!(
        report.column("notes"),
        [
            "",
            "status: was verified",
            "status: was verified",
            "status: was mismatch",
            "status: was no_access",
            "same as line 3 (mismatch)"
        ]
    );
    assert_eq!(report.column("differences")[1], "temperature: 0.3 -> 0.9");
    assert!(report.column("error")[2].starts_with("agent: 404"));
    assert_eq!(report.column("error")[4], "", "what failed then is over");
    assert_eq!(report.column("owner")[0], "ada");
    assert_eq!(ledger_says(&desk), before);
}

/// The agents as they are now, and not as the run read them.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_report_shows_what_it_found() {
    let (_platform, desk) = changed_since().await;
    let outputs =
        ["--json", "now.jsonl", "--html", "now.html", "--split-by", "owner", "--output-dir", "by-owner"];
    verify(&desk, &outputs).exits_with(3);
    let json = desk.read("now.jsonl");
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["counts"]["verified"], &lines[0]["counts"]["mismatch"]), (&json!(3), &json!(1)));
    assert_eq!((&lines[2]["status"], &lines[2]["changes"][0]["new"]), (&json!("mismatch"), &json!(0.9)));
    assert!(lines[2]["proposed"].is_object());
    for page in ["now.html", "by-owner/ada.html"] {
        let page = desk.read(page);
        assert!(page.contains("was verified") && page.contains("&#34;temperature&#34;: 0.9"), "{page}");
    }
    assert_eq!(Report::parse(&desk.read("by-owner/ada.csv")).column("status")[1], "mismatch");
    verify(&desk, &["--redact", "--json", "now.html"]).exits_with(3);
    assert!(desk.read("now.html").contains("\"redacted\":true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_any_order_of_their_answers_come_in_the_inputs_order() {
    let platform = Platform::start().await;
    let ids: Vec<_> = (1..=40).map(id).collect();
    for id in &ids {
        platform.pair(id).await;
    }
    // The last line repeats the first, whose answer comes late.
    let desk = Desk::with_input(format!("assistant_id\n{}\n{}\n", ids.join("\n"), ids[0]));
    desk.run(&platform.server.uri(), &[]).exits_with(0);
    platform.server.reset().await;
    platform.agent(&ids[0], ResponseTemplate::new(403).set_delay(Duration::from_millis(700))).await;
    for id in &ids[1..] {
        platform.agent(id, agent_answer(&record(id))).await;
    }
    verify(&desk, &["--concurrency", "3"]).exits_with(3);
    let report = verified(&desk);
    assert_eq!(report.column("assistant_id")[..40], ids);
    assert_eq!(
        (report.column("status")[0], report.column("notes")[40]),
        ("no_access", "same as line 2 (no_access)")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_assistant_was_never_read_keeps_its_status_and_says_why() {
    let platform = Platform::start().await;
    platform.pair(&id(1)).await;
    platform.assistant(&id(2), ResponseTemplate::new(403)).await;
    let desk = Desk::with_input(format!("assistant_id\n{}\n{}\nnobody\n", id(1), id(2)));
    desk.run(&platform.server.uri(), &["--retries", "0"]).exits_with(3);
    let before = platform.requests().await;
    verify(&desk, &[]).exits_with(3).says("Not compared: 1 row");
    let report = verified(&desk);
    assert_eq!(report.column("status"), ["verified", "no_access", "invalid_id"]);
    assert!(report.column("notes")[1].starts_with("assistant: never read"), "{:?}", report.rows[1]);
    assert_eq!((report.column("notes")[0], report.column("notes")[2]), ("", ""));
    assert_eq!(platform.requests().await - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_keeps_no_assistant_has_nothing_to_compare_with() {
    let platform = Platform::start().await;
    platform.assistant(&id(1), ResponseTemplate::new(410)).await;
    let desk = Desk::with_ids(&[id(1)]);
    desk.run(&platform.server.uri(), &[]).exits_with(5);
    verify(&desk, &[]).exits_with(1).says("keeps no assistant");
    assert!(!desk.path("assistants.verify.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_that_was_read_once_is_compared_even_if_it_could_not_be_read_again() {
    let platform = Platform::start().await;
    platform.pair(&id(1)).await;
    let desk = Desk::with_ids(&[id(1)]);
    let url = platform.server.uri();
    desk.run(&url, &[]).exits_with(0);
    platform.server.reset().await;
    platform.assistant(&id(1), ResponseTemplate::new(500)).await;
    platform.agent(&id(1), agent_answer(&record(&id(1)))).await;
    desk.run(&url, &["--recheck", "0s", "--retries", "0"]).exits_with(4);
    let report = desk.report();
    assert_eq!(report.column("status"), ["verified"]);
    assert!(report.rows[0]["error"].starts_with("assistant: 500"), "{:?}", report.rows[0]);
    verify(&desk, &[]).exits_with(0).says("No verdict changed since the run.");
    assert_eq!(verified(&desk).column("error"), [""]);
}

#[test]
fn a_row_whose_switching_off_needs_somebody_needs_somebody_here_too() {
    let office = Office::with(
        &[same(1), same(2), same(3), same(4)],
        SandboxOptions { disable_forbidden: true, ..two_records() },
    );
    office.disable(&[]).exits_with(5);
    let ran = verify(&office.desk, &[]).exits_with(3).says("Share the assistant with the API key as editor");
    assert!(ran.stderr.contains("No verdict changed since the run."), "{}", ran.stderr);
    let report = verified(&office.desk);
    assert_eq!(
        (report.column("status"), report.disabled()),
        (vec!["verified"; 4], vec!["failed", "failed", "failed", "skipped"])
    );
}

#[test]
fn only_the_send_log_and_the_list_of_runs_grow() {
    let office = Office::with(&[same(1), same(2), mismatch(3)], two_records());
    // Slow enough for each request to be recorded by itself.
    let paced = |arguments: &[&str]| Ran::of(office.desk.program().args(arguments).args(["--rpm", "300"]));
    paced(&["run", "assistants.csv", "--base-url", &office.url]).exits_with(3);
    let table = |query: &str| -> Vec<String> {
        let ledger = rusqlite::Connection::open(office.desk.path("assistants.ledger")).unwrap();
        let mut statement = ledger.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let results = "SELECT json_array(id, hex(assistant), status, disabled, run, checked_at, requests, elapsed_us, \
                   agent_updated_at, name, failure, notes, differences) FROM result ORDER BY id";
    let documents = "SELECT hex(assistant) || hex(agent) FROM document ORDER BY result";
    let sent = "SELECT CAST(sum(requests) AS TEXT) FROM sent";
    let before = (table(results), table(documents));
    assert_eq!(table(sent), ["6"]);
    paced(&["verify", "assistants.ledger"]).exits_with(3);
    assert_eq!((table(results), table(documents)), before);
    assert_eq!(table(sent), ["9"], "the next command counts these in");
    assert_eq!(table("SELECT command FROM run ORDER BY id"), ["run", "verify"]);
    // A ledger at rest is one file.
    assert!(!office.desk.path("assistants.ledger-wal").exists());
}

#[test]
fn what_every_further_agent_would_meet_ends_it_at_once() {
    for (change, words) in [
        ((|options| options.unauthorized_after = Some(0)) as fn(&mut SandboxOptions), "refused the key"),
        (|options| options.missing_scope = true, "AGENT_API"),
        (|options| options.html_404 = true, "/api/public"),
    ] {
        let entries: Vec<_> = (1..=30).map(same).collect();
        let office = Office::with(&entries, two_records());
        office.run(&[]).exits_with(0);
        let before = ledger_says(&office.desk);
        office.change(change);
        let ran = verify(&office.desk, &["--concurrency", "1"]).exits_with(5).says(words);
        assert!(ran.stderr.contains("verify assistants.ledger"), "how to go on is said: {}", ran.stderr);
        let report = verified(&office.desk);
        // The run's verdict stays; that nobody has looked at it again is said.
        assert_eq!(report.column("status")[0], "verified");
        assert!(!report.column("error")[0].is_empty());
        assert_eq!(report.column("status")[1..], ["not_checked"; 29]);
        assert_eq!(ledger_says(&office.desk), before);
    }
}

/// The agents in trouble, then back, then the key refused.
#[test]
fn an_agent_that_does_not_answer_keeps_the_runs_verdict_and_no_report_gives_way_to_silence() {
    let office = Office::with(&[same(1), mismatch(2), same(3)], two_records());
    office.run(&[]).exits_with(3);
    let run = office.report();
    office.change(|options| options.fail_rate = 1.0);
    verify(&office.desk, &[]).exits_with(4).says("3 of these keep their earlier status");
    let silent = verified(&office.desk);
    for column in ["status", "differences", "notes", "checked_at", "agent_updated_at"] {
        assert_eq!(silent.column(column), run.column(column), "{column}");
    }
    assert!(silent.column("error").iter().all(|error| error.starts_with("agent: 5")), "{:?}", silent.rows);
    assert!(silent.column("remedy")[1].starts_with("Bring the agent in line"));
    assert!(silent.column("remedy")[0].starts_with("The platform was in trouble"));

    office.change(|options| options.fail_rate = 0.0);
    verify(&office.desk, &[]).exits_with(3).says("No verdict changed since the run.");
    let good = office.desk.read("assistants.verify.csv");
    office.change(|options| options.unauthorized_after = Some(0));
    verify(&office.desk, &[]).exits_with(5).says("assistants.verify.csv stays as it was");
    assert_eq!(office.desk.read("assistants.verify.csv"), good);
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_what_is_known_and_leaves_the_ledger_alone() {
    let entries: Vec<_> = (1..=30).map(same).collect();
    let office = Office::with(&entries, two_records());
    office.run(&[]).exits_with(0);
    let before = ledger_says(&office.desk);
    office.change(|options| options.latency = Duration::from_millis(200));
    let first = office.requests();
    let mut command = office.desk.program();
    command.args(["verify", "assistants.ledger", "--concurrency", "2", "--rpm", "1000000"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    office.wait_until(|office| office.requests() >= first + 5);
    // Meanwhile nobody else writes this ledger.
    verify(&office.desk, &[]).exits_with(1).says("in use");
    let asked = Instant::now();
    let interrupt = ["-INT".to_owned(), child.id().to_string()];
    std::process::Command::new("kill").args(interrupt).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("Ctrl-C") && said.contains("as far as this came"), "{said}");
    let report = verified(&office.desk);
    assert_eq!(report.column("assistant_id"), (1..=30).map(id).collect::<Vec<_>>());
    assert_eq!((report.column("status")[0], report.column("status")[29]), ("verified", "not_checked"));
    assert_eq!(ledger_says(&office.desk), before);
}

/// A `verify` that was stopped at the third of five agents.
fn stopped_at_the_third() -> Office {
    let entries: Vec<_> = (1..=5).map(same).collect();
    let office = Office::with(&entries, two_records());
    office.run(&[]).exits_with(0);
    office.change(|options| options.unauthorized_after = Some(office.requests() as u64 + 2));
    verify(&office.desk, &["--concurrency", "1"]).exits_with(5);
    assert_eq!(verified(&office.desk).column("status")[3..], ["not_checked"; 2]);
    office.change(|options| options.unauthorized_after = None);
    office
}

/// The agents that another `verify` asks for.
fn asked_for(office: &Office, arguments: &[&str], said: &str) -> Vec<String> {
    let first = office.requests();
    verify(&office.desk, arguments).exits_with(0).says(said);
    assert_eq!(verified(&office.desk).column("status"), ["verified"; 5]);
    let mut asked: Vec<_> =
        office.log()[first..].iter().map(|request| request.id.unwrap().to_string()).collect();
    asked.sort();
    asked
}

#[test]
fn one_that_was_stopped_goes_on_and_one_after_its_end_begins_anew() {
    let office = stopped_at_the_third();
    let goes_on = "what was read of 2 agents since";
    assert_eq!(asked_for(&office, &[], goes_on), [3, 4, 5].map(id));
    assert_eq!(asked_for(&office, &[], "5 agents to read again"), [1, 2, 3, 4, 5].map(id));
}

#[test]
fn one_that_was_killed_goes_on() {
    let entries: Vec<_> = (1..=30).map(same).collect();
    let office = Office::with(&entries, two_records());
    office.run(&[]).exits_with(0);
    office.change(|options| options.latency = Duration::from_millis(20));
    let first = office.requests();
    let mut command = office.desk.program();
    command.args(["verify", "assistants.ledger", "--concurrency", "1", "--rpm", "1000000"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    office.wait_until(|office| office.requests() >= first + 5);
    child.kill().unwrap();
    child.wait().unwrap();
    verify(&office.desk, &[]).exits_with(0).says("where the last verify was stopped");
    // All but the one that was under way are asked for once.
    let asked: Vec<_> = office.log()[first..].iter().map(|request| request.id).collect();
    assert!(asked.len() <= 32, "{asked:?}");
    assert_eq!(verified(&office.desk).column("status"), ["verified"; 30]);
}

#[test]
fn what_a_stopped_one_has_read_is_over_once_something_else_has_happened() {
    let anew = "5 agents to read again";
    let office = stopped_at_the_third();
    assert_eq!(asked_for(&office, &["--accept", "temperature"], anew), [1, 2, 3, 4, 5].map(id));
    let office = stopped_at_the_third();
    office.run(&[]).exits_with(0);
    assert_eq!(asked_for(&office, &[], anew), [1, 2, 3, 4, 5].map(id));
}

#[test]
fn address_and_key_are_as_rollback_has_them() {
    let office = Office::with(&[same(1)], two_records());
    office.run(&[]).exits_with(0);
    let before = office.requests();
    verify(&office.desk, &["--base-url", "http://127.0.0.1:9"]).exits_with(1).says(&office.url);
    let mut without_key = office.desk.program();
    without_key.env_remove("AGENT_MIGRATE_API_KEY").args(["verify", "assistants.ledger"]);
    Ran::of(&mut without_key).exits_with(2).says("AGENT_MIGRATE_API_KEY");
    verify(&office.desk, &["-o", "assistants.ledger"]).exits_with(2).says("same file");
    verify(&office.desk, &["-o", "missing/v.csv"]).exits_with(1).says("missing");
    Ran::of(office.desk.program().args(["verify", "missing.ledger"])).exits_with(1).says("missing.ledger");
    assert_eq!(office.requests(), before);
    verify(&office.desk, &["--base-url", &format!("{}/", office.url)]).exits_with(0);

    // What let http out once has to be said again.
    let desk = Desk::with_ids(&[id(1)]);
    let far = "http://agent-migrate.invalid";
    desk.run(far, &["--allow-http", "--retries", "0", "--timeout", "5"]).exits_with(4);
    verify(&desk, &[]).exits_with(2).says("--allow-http");
}

#[test]
fn the_practice_ledger_is_verified_against_the_practice_workspace() {
    let sample = include_bytes!("../../../samples/assistants.csv");
    let desk = Desk::with_input(sample);
    Ran::of(desk.program().args(["run", "assistants.csv", "--sandbox", "--rpm", "100000"])).exits_with(3);
    let mut command = desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["verify", "assistants.sandbox.ledger", "-o", "-"]);
    let ran = Ran::of(command.args(["--rpm", "100000"])).exits_with(3).says("PRACTICE: No verdict changed");
    let report = Report::parse(&ran.stdout);
    assert_eq!(report.rows.len(), 35);
    assert!(report.column("notes").iter().all(|notes| notes.starts_with("PRACTICE")));
    assert!(
        !files(desk.folder.path()).iter().any(|(path, _)| path.to_string_lossy().ends_with(".verify.csv"))
    );
}
