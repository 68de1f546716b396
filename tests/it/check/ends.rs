//! The end of the Assistants API, however it answers, and what works after it.

use crate::support::schema::Schema;
use crate::support::{Desk, Platform, Ran, Report, agent_answer, id, record};
use serde_json::Value;
use wiremock::ResponseTemplate;

/// A platform whose Assistants API answers 404 to everything, and which has these agents.
async fn ended_with_404(agents: impl IntoIterator<Item = u32>) -> Platform {
    let platform = Platform::start().await;
    for id in agents.into_iter().map(id) {
        platform.agent(&id, agent_answer(&record(&id))).await;
    }
    platform
}

async fn asked_for(platform: &Platform, path: &str) -> usize {
    let requests = platform.server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.url.path() == path).count()
}

/// A desk at which these rows were run with these arguments.
async fn run(platform: &Platform, rows: u32, arguments: &'static [&'static str]) -> (Ran, Desk) {
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let desk = Desk::with_ids(&(1..=rows).map(id).collect::<Vec<_>>());
        (desk.run(&url, arguments), desk)
    })
    .await
    .unwrap()
}

/// The arguments of the command line that is printed last.
fn next_arguments(ran: &Ran) -> Vec<String> {
    let line = ran.stderr.lines().rfind(|line| line.contains("agent-migrate ")).unwrap();
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_end_that_answers_404_is_told_by_the_agents_and_no_row_says_not_found() {
    for arguments in [&["--concurrency", "1"][..], &["--concurrency", "16"]] {
        let platform = ended_with_404([3, 4, 30]).await;
        let (ran, desk) = run(&platform, 30, arguments).await;
        let ran = ran.exits_with(5).says("the Assistants API is switched off here").says("--source agent");
        let report = desk.report();
        let mut expected = vec!["failed"; 10];
        expected.resize(30, "not_checked");
        assert_eq!(report.column("status"), expected);
        for row in &report.rows[..10] {
            assert!(row["error"].starts_with("assistant: 404 "), "{row:?}");
            assert!(row["error"].contains("the Assistants API has ended here"), "{row:?}");
        }
        // To run again helps no row any more.
        assert!(report.column("remedy").iter().all(|remedy| remedy.contains("audit --source agent")));
        assert_eq!(asked_for(&platform, "/agent/v1/get").await, 3, "the first that is there tells it");
        assert_eq!(report.column("requests")[2..5], ["2", "1", "1"]);
        let next = next_arguments(&ran);
        assert_eq!(next[..4], ["audit", "assistants.csv", "--source", "agent"]);
        let code = tokio::task::spawn_blocking(move || {
            let code = Ran::of(desk.program().args(next)).code;
            assert_eq!(
                Report::parse(&desk.read("assistants.audit.csv")).column("status")[1..4],
                ["agent_not_found", "read", "read"]
            );
            code
        });
        assert_eq!(code.await.unwrap(), 3);
    }
}

#[tokio::test]
async fn assistants_that_are_not_there_are_no_end_where_the_agents_are_not_there_either_or_few_are_asked_for()
{
    for (rows, agents, looks) in [(12, None, 10), (9, Some(1), 0)] {
        let platform = ended_with_404(agents).await;
        let (ran, desk) = run(&platform, rows, &[]).await;
        ran.exits_with(3);
        assert_eq!(desk.report().column("status"), vec!["assistant_not_found"; rows as usize]);
        assert_eq!(asked_for(&platform, "/agent/v1/get").await, looks);
    }
}

#[tokio::test]
async fn an_assistant_that_is_there_among_the_first_ten_clears_the_others() {
    let platform = ended_with_404(2..=12).await;
    platform.pair(&id(1)).await;
    let (ran, desk) = run(&platform, 12, &["--concurrency", "1"]).await;
    ran.exits_with(3);
    let mut expected = vec!["assistant_not_found"; 12];
    expected[0] = "verified";
    assert_eq!(desk.report().column("status"), expected);
}

#[tokio::test]
async fn an_audit_turns_to_the_agents_after_an_end_that_answers_404() {
    for concurrency in ["1", "16"] {
        let platform = ended_with_404((1..=14).filter(|number| *number != 2)).await;
        let url = platform.server.uri();
        let report = tokio::task::spawn_blocking(move || {
            let desk = Desk::with_ids(&(1..=14).map(id).collect::<Vec<_>>());
            let mut command = desk.program();
            command.args(["audit", "assistants.csv", "--base-url", &url, "--concurrency", concurrency]);
            Ran::of(&mut command).exits_with(3).says("13 rows came from the Agents API");
            Report::parse(&desk.read("assistants.audit.csv"))
        });
        let report = report.await.unwrap();
        let mut expected = vec!["read"; 14];
        expected[1] = "agent_not_found";
        assert_eq!(report.column("status"), expected, "{concurrency}");
        assert_eq!(report.column("requests")[..2], ["3", "2"], "the look at the first agent is counted in");
    }
}

#[tokio::test]
async fn after_a_410_what_the_ledger_keeps_can_be_compared_by_the_command_that_is_printed() {
    let platform = Platform::start().await;
    for id in [id(1), id(2)] {
        platform.pair(&id).await;
    }
    platform.assistant(&id(3), ResponseTemplate::new(410)).await;
    let (ran, desk) = run(&platform, 4, &["--concurrency", "1"]).await;
    let ran = ran.exits_with(5).says("the Assistants API is switched off here");
    let next = next_arguments(&ran);
    assert_eq!(next, ["verify", "assistants.ledger"]);
    tokio::task::spawn_blocking(move || {
        let code = Ran::of(desk.program().args(next)).code;
        assert_eq!(code, 3, "two rows are as they were, two were never read");
        let verified = Report::parse(&desk.read("assistants.verify.csv"));
        assert_eq!(verified.column("status")[..2], ["verified", "verified"]);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_end_that_answers_404_puts_no_ledger_aside() {
    let platform = Platform::start().await;
    let ids: Vec<String> = (1..=12).map(id).collect();
    for id in &ids {
        platform.pair(id).await;
    }
    let (ran, desk) = run(&platform, 12, &[]).await;
    ran.exits_with(0);
    platform.server.reset().await;
    platform.agent(&id(1), agent_answer(&record(&id(1)))).await;
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let ran = desk.run(&url, &["--fresh"]).exits_with(5).says("Nothing was put aside");
        assert_eq!(next_arguments(&ran), ["verify", "assistants.ledger"]);
        assert_eq!(desk.report().column("status"), vec!["verified"; 12]);
    })
    .await
    .unwrap();
    // Assistants that are really not there are an answer.
    platform.server.reset().await;
    let (ran, desk) = run(&platform, 12, &[]).await;
    ran.exits_with(3);
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--fresh"]).exits_with(3).says("the earlier ledger is now");
        assert_eq!(desk.report().column("status"), vec!["assistant_not_found"; 12]);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_support_asks_for_is_kept_of_every_failed_answer_and_shown_of_a_5xx() {
    let platform = Platform::start().await;
    let answer = |status| ResponseTemplate::new(status).insert_header("cf-ray", "8f1-FRA");
    platform.pair(&id(1)).await;
    platform.assistant(&id(2), answer(502)).await;
    platform.assistant(&id(3), answer(403)).await;
    let (ran, desk) = run(&platform, 3, &["--retries", "0", "--json", "report.jsonl"]).await;
    ran.exits_with(3);
    let lines: Vec<Value> =
        desk.read("report.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Schema::new(include_str!("../../schema/report.schema.json")).holds(&lines);
    let ids: Vec<_> = lines[1..].iter().map(|line| line["support_id"].as_str()).collect();
    assert_eq!(ids, [None, Some("8f1-FRA"), Some("8f1-FRA")]);
    let report = desk.report();
    assert_eq!(
        report.column("error"),
        ["", "assistant: 502 Bad Gateway; cf-ray 8f1-FRA", "assistant: 403 Forbidden"]
    );
}
