//! What is known stays known: neither a server in trouble nor a wrong key nor a lost log takes it away.

use crate::support::office::{Office, mismatch, same, two_records};
use crate::support::{Desk, KEY, Platform, Ran, Report, files, id, record};
use agent_migrate::practice::SandboxOptions;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

/// The rows of a report without what says how often and at what cost.
fn known(report: &Report) -> Vec<Vec<String>> {
    let passing = ["error", "remedy", "requests", "elapsed_ms"];
    let kept: Vec<_> = report.columns.iter().filter(|column| !passing.contains(&column.as_str())).collect();
    report.rows.iter().map(|row| kept.iter().map(|column| row[*column].clone()).collect()).collect()
}

fn ledger_says(desk: &Desk) -> Report {
    Report::parse(&Ran::of(desk.program().args(["report", "assistants.ledger"])).exits_with(0).stdout)
}

/// A platform with three rows of every kind of verdict; a run that has found them out.
async fn found_out() -> (Platform, Desk) {
    let platform = Platform::start().await;
    let ids: Vec<_> = (1..=5).map(id).collect();
    platform.pair(&ids[0]).await;
    let mut other = record(&ids[1]);
    other["model"] = json!("gpt-4");
    platform.assistant(&ids[1], crate::support::assistant_answer(&record(&ids[1]))).await;
    platform.agent(&ids[1], crate::support::agent_answer(&other)).await;
    platform
        .assistant(&ids[2], ResponseTemplate::new(403).set_body_json(json!({"message": "not shared"})))
        .await;
    platform.assistant(&ids[3], ResponseTemplate::new(404)).await;
    platform.assistant(&ids[4], crate::support::assistant_answer(&record(&ids[4]))).await;
    platform.agent(&ids[4], ResponseTemplate::new(404)).await;
    let desk = Desk::with_ids(&ids);
    let url = platform.server.uri();
    let desk = tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--retries", "0"]).exits_with(3);
        desk
    });
    (platform, desk.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_gets_no_answer_leaves_every_verdict_and_says_in_error_what_happened() {
    let (platform, desk) = found_out().await;
    let before = desk.report();
    let url = platform.server.uri();
    let statuses = ["verified", "mismatch", "no_access", "assistant_not_found", "agent_not_found"];
    assert_eq!(before.column("status"), statuses);
    for (answer, code, error) in [
        (ResponseTemplate::new(503), 4, "assistant: 503"),
        (ResponseTemplate::new(200).set_body_string("{\"status\":\"success\"}"), 3, "assistant: 200"),
        (ResponseTemplate::new(401), 5, "assistant: 401"),
        (ResponseTemplate::new(410), 5, "assistant: 410"),
    ] {
        platform.server.reset().await;
        Mock::given(any()).respond_with(answer).mount(&platform.server).await;
        let ran = desk.run(&url, &["--recheck", "0s", "--retries", "0", "--concurrency", "1"]);
        let ran = ran.exits_with(code).says("keep");
        let next = if error.contains("410") { "verify assistants.ledger" } else { "run assistants.csv" };
        assert!(ran.stderr.contains(&format!("agent-migrate {next}")), "{}", ran.stderr);
        let report = desk.report();
        assert_eq!(known(&report), known(&before), "{error}");
        assert_eq!(known(&ledger_says(&desk)), known(&before), "{error}");
        // Where the run has to stop, the others were not asked for.
        let asked: Vec<_> =
            report.column("error").iter().filter(|said| said.starts_with(error)).copied().collect();
        assert_eq!(asked.len(), if code == 5 { 1 } else { 5 }, "{:?}", report.column("error"));
    }
    // The words of the verdict stay as well, and so does what it calls for.
    let report = desk.report();
    let row = report.row(&id(3));
    assert!(
        row["error"].ends_with("assistant: 403 not shared") && row["remedy"].starts_with("Share"),
        "{row:?}"
    );
    assert!(report.row(&id(2))["remedy"].starts_with("Bring the agent in line"));
    assert_ne!(report.row(&id(1))["remedy"], "", "an unsettled row says what to do");

    // The server is back: everything that is not settled is asked for, the verified row among them.
    platform.server.reset().await;
    for number in 1..=5 {
        platform.pair(&id(number)).await;
    }
    desk.run(&url, &[]).exits_with(0);
    assert_eq!(platform.requests().await, 10);
    assert_eq!(
        (desk.report().column("status"), desk.report().column("error")),
        (vec!["verified"; 5], vec![""; 5])
    );
}

#[test]
fn a_verified_row_that_cannot_be_read_again_is_not_switched_off() {
    let office = Office::with(&[same(1), mismatch(2)], two_records());
    office.run(&[]).exits_with(3);
    let before = office.report();
    office.change(|options| options.fail_rate = 1.0);
    for arguments in [&["--dry-run"][..], &["--disable", "--yes"]] {
        let ran = office.run(&[&["--retries", "0"], arguments].concat()).exits_with(4);
        assert!(ran.stderr.contains("keep their earlier status"), "{}", ran.stderr);
        assert_eq!(office.report().column("status"), ["verified", "mismatch"]);
        assert_eq!(office.report().disabled(), ["skipped"; 2]);
        assert_eq!(office.report().column("checked_at"), before.column("checked_at"));
    }
    assert_eq!(office.switches(true), 0);
    office.change(|options| options.fail_rate = 0.0);
    let asked = office.requests();
    office.run(&[]).exits_with(3);
    assert_eq!(office.report().column("error"), ["", ""]);
    assert_eq!(office.requests() - asked, 4, "the verified row was not settled");
}

type Change = fn(&mut SandboxOptions);

/// What a platform does that answers for no row; and the exit code.
const NOBODY: [(Change, i32); 5] = [
    (|options| options.unauthorized_after = Some(0), 5),
    (|options| options.missing_scope = true, 5),
    (|options| options.gone_after = Some(0), 5),
    (|options| options.html_404 = true, 5),
    (|options| options.fail_rate = 1.0, 4),
];

#[test]
fn fresh_puts_nothing_aside_and_replaces_no_report_before_the_platform_has_answered_for_a_row() {
    for (change, code) in NOBODY {
        let office = Office::with(&[same(1), mismatch(2), same(3)], two_records());
        for (command, report) in [("run", "assistants.report.csv"), ("audit", "assistants.audit.csv")] {
            let ran = |arguments: &[&str]| {
                let mut line = office.desk.program();
                line.args([command, "assistants.csv", "--base-url", &office.url, "--rpm", "1000000"]);
                Ran::of(line.args(["--retries", "0", "--json", "a.json"]).args(arguments))
            };
            assert!(ran(&[]).code < 4);
            let before = files(office.desk.folder.path());
            assert!(before.iter().any(|(path, _)| path.ends_with(report)));
            office.change(change);
            // An audit turns to the agents, unless it is told not to.
            let source: &[&str] = if command == "audit" { &["--source", "assistant"] } else { &[] };
            let said = ran(&[&["--fresh"], source].concat()).exits_with(code).says("Nothing was put aside");
            let goes_on = ["--fresh", "verify assistants.ledger", "--source agent"];
            assert!(goes_on.iter().any(|next| said.stderr.contains(next)), "{}", said.stderr);
            assert!(!said.stderr.contains(KEY));
            assert!(files(office.desk.folder.path()) == before, "{command}: {}", said.stderr);
            office.change(|options| {
                *options = SandboxOptions {
                    key: options.key.clone(),
                    workspace: options.workspace.clone(),
                    no_made_up: true,
                    ..two_records()
                }
            });
            // Nobody there at all.
            let mut line = office.desk.program();
            line.args([
                command,
                "assistants.csv",
                "--base-url",
                "http://127.0.0.1:9",
                "--fresh",
                "--retries",
                "0",
            ]);
            Ran::of(line.args(["--json", "a.json"])).exits_with(4).says("Nothing was put aside");
            assert!(files(office.desk.folder.path()) == before, "{command}");
        }
    }
}

#[test]
fn fresh_asks_for_each_row_once_and_counts_what_it_asked_for() {
    let entries: Vec<_> = (1..=4).map(same).collect();
    let office = Office::with(&entries, two_records());
    let mut line = office.desk.program();
    line.args(["run", "assistants.csv", "--base-url", &office.url, "--rpm", "1999"]);
    Ran::of(&mut line).exits_with(0);
    let before = office.requests();
    // Slow enough for each request to be recorded by itself.
    let mut line = office.desk.program();
    line.args(["run", "assistants.csv", "--base-url", &office.url, "--rpm", "1999", "--fresh"]);
    Ran::of(&mut line).exits_with(0).says("the earlier ledger is now");
    assert_eq!(office.requests() - before, 8);
    let report = office.report();
    assert_eq!((report.column("status"), report.column("requests")), (vec!["verified"; 4], vec!["2"; 4]));
    let ledger = rusqlite::Connection::open(office.desk.path("assistants.ledger")).unwrap();
    let sent: u32 = ledger.query_row("SELECT sum(requests) FROM sent", [], |row| row.get(0)).unwrap();
    assert_eq!(sent, 16, "the earlier run's, those before the new ledger, and the others");
    drop(ledger);

    let before = office.requests();
    office.run(&["--fresh", "--limit", "1"]).exits_with(0);
    assert_eq!(office.requests() - before, 2);
    let statuses = ["verified", "not_checked", "not_checked", "not_checked"];
    assert_eq!(office.report().column("status"), statuses);
}

/// One row that never answers is no reason to keep the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn fresh_goes_on_to_other_rows_when_the_first_does_not_answer() {
    let platform = Platform::start().await;
    platform.assistant(&id(1), ResponseTemplate::new(500)).await;
    for number in 2..=30 {
        platform.pair(&id(number)).await;
    }
    let desk = Desk::with_ids(&(1..=30).map(id).collect::<Vec<_>>());
    let url = platform.server.uri();
    let run = move |arguments: &[&str]| {
        let ran = desk.run(&url, &[&["--retries", "0"], arguments].concat());
        (
            ran.exits_with(3),
            desk.report().column("status").iter().filter(|status| **status == "verified").count(),
        )
    };
    tokio::task::spawn_blocking(move || {
        assert_eq!(run(&[]).1, 29);
        let (ran, verified) = run(&["--fresh"]);
        assert_eq!(verified, 29);
        ran.says("the earlier ledger is now");
    })
    .await
    .unwrap();
    // 1 for the first row, 2 for the others; what was under way when the answer came is asked for again.
    let twice = 2 * (1 + 2 * 29);
    assert!((twice..=twice + 2).contains(&platform.requests().await), "{}", platform.requests().await);
}

#[test]
fn a_report_whose_ledger_is_gone_does_not_give_way_to_silence() {
    for (change, code) in NOBODY {
        let office = Office::with(&[same(1), mismatch(2)], two_records());
        office.run(&["--html", "a.html"]).exits_with(3);
        let before = (office.desk.read("assistants.report.csv"), office.desk.read("a.html"));
        std::fs::remove_file(office.desk.path("assistants.ledger")).unwrap();
        office.change(change);
        let ran = office.run(&["--html", "a.html", "--json", "new.json", "--retries", "0"]).exits_with(code);
        let ran = ran.says("assistants.report.csv stays as it was").says("a.html stays as it was");
        assert_eq!((office.desk.read("assistants.report.csv"), office.desk.read("a.html")), before);
        assert!(office.desk.path("new.json").exists(), "where nothing stood, it is written: {}", ran.stderr);
        office.change(|options| {
            *options = SandboxOptions {
                key: options.key.clone(),
                workspace: options.workspace.clone(),
                no_made_up: true,
                ..two_records()
            }
        });
        office.run(&["--html", "a.html"]).exits_with(3);
        assert_eq!(known(&office.report()).len(), known(&Report::parse(&before.0)).len());
        assert_ne!(office.desk.read("assistants.report.csv"), before.0, "it is written again");
    }
}

/// Nothing can be asked for, so nothing is waited for: the report follows the input.
#[test]
fn a_report_of_rows_without_ids_is_replaced() {
    let desk = Desk::with_input("assistant_id\nnobody\n");
    let url = "http://127.0.0.1:9";
    desk.run(url, &["--column", "assistant_id"]).exits_with(3);
    std::fs::write(desk.path("assistants.csv"), "assistant_id\nnobody\nnobody else\n").unwrap();
    desk.run(url, &["--column", "assistant_id"]).exits_with(3);
    assert_eq!(desk.report().column("status"), ["invalid_id"; 2]);
}

#[test]
fn an_audit_keeps_what_it_has_read() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let audit = |arguments: &[&str]| {
        let mut line = office.desk.program();
        line.args(["audit", "assistants.csv", "--base-url", &office.url, "--rpm", "1000000"]);
        let ran = Ran::of(line.args(["--retries", "0"]).args(arguments));
        (ran, Report::parse(&office.desk.read("assistants.audit.csv")))
    };
    let (_, before) = audit(&[]);
    office.change(|options| options.fail_rate = 1.0);
    let (ran, now) = audit(&["--recheck", "0s"]);
    ran.exits_with(4).says("keep");
    for column in ["status", "name", "model", "findings", "instruction_length", "read_from", "checked_at"] {
        assert_eq!(now.column(column), before.column(column), "{column}");
    }
    assert!(now.column("error").iter().all(|error| error.starts_with("assistant: 5")), "{:?}", now.rows);
    assert!(now.column("advice").iter().all(|advice| advice.contains("run the same command again")));
    office.change(|options| options.fail_rate = 0.0);
    let (_, after) = audit(&[]);
    assert_eq!(after.column("error"), ["", ""]);
    assert_eq!(after.column("requests"), ["3", "3"]);
}

/// As an administrator does it who sends the ledger to a colleague.
#[cfg(unix)]
#[test]
fn a_copy_without_its_log_is_refused_with_the_file_to_copy_as_well() {
    let office = Office::with(&[same(1), same(2), same(3)], two_records());
    let running = office.disabling(30, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 1, list"));
    assert!(running.kill());
    std::fs::create_dir(office.desk.path("copy")).unwrap();
    std::fs::copy(office.desk.path("assistants.ledger"), office.desk.path("copy/assistants.ledger")).unwrap();
    let copy = ["--ledger", "copy/assistants.ledger", "-o", "r.csv"];
    let at_the_copy = |line: &str| Ran::of(office.desk.program().args(line.split(' ')));
    let missing = "lacks its log, which holds what was recorded last: copy assistants.ledger-wal";
    at_the_copy("rollback copy/assistants.ledger --yes").exits_with(1).says(missing);
    at_the_copy("rollback copy/assistants.ledger --dry-run").exits_with(1).says(missing);
    at_the_copy("verify copy/assistants.ledger").exits_with(1).says(missing);
    at_the_copy("report copy/assistants.ledger").exits_with(0).says("WARNING").says(missing);
    office.run(&copy).exits_with(1).says(missing);
    office.run(&[&copy[..], &["--fresh"]].concat()).exits_with(1).says(missing);
    assert_eq!(office.switches(false), 0);
    // With it, the copy is as good as the original.
    std::fs::copy(office.desk.path("assistants.ledger-wal"), office.desk.path("copy/assistants.ledger-wal"))
        .unwrap();
    at_the_copy("rollback copy/assistants.ledger --dry-run").exits_with(0).says("1 assistant");
    assert!(!office.desk.path("copy/assistants.ledger-wal").exists(), "one file again");
    assert_eq!(office.off(), [1]);
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[cfg(unix)]
#[test]
fn a_ledger_under_two_names_is_written_under_neither_and_a_link_to_nothing_is_followed() {
    let office = Office::with(&[same(1)], two_records());
    std::fs::create_dir(office.desk.path("share")).unwrap();
    std::os::unix::fs::symlink("share/one.ledger", office.desk.path("assistants.ledger")).unwrap();
    std::os::unix::fs::symlink("share/one.csv", office.desk.path("assistants.report.csv")).unwrap();
    office.run(&[]).exits_with(0);
    for (link, target) in
        [("assistants.ledger", "share/one.ledger"), ("assistants.report.csv", "share/one.csv")]
    {
        assert!(std::fs::symlink_metadata(office.desk.path(link)).unwrap().is_symlink());
        assert!(office.desk.path(target).is_file(), "{target}");
    }
    let second = office.desk.path("second.ledger");
    std::fs::hard_link(office.desk.path("share/one.ledger"), &second).unwrap();
    let before = office.requests();
    for ledger in ["assistants.ledger", "second.ledger"] {
        office.run(&["--ledger", ledger]).exits_with(1).says("a hard link");
        let mut rollback = office.desk.program();
        Ran::of(rollback.args(["rollback", ledger, "--yes"])).exits_with(1).says("a hard link");
    }
    assert_eq!(office.requests(), before);
    std::fs::remove_file(second).unwrap();
    office.run(&[]).exits_with(0);
}
