//! What ends a whole run, with which exit code and which words.

use crate::support::{Desk, Platform, Ran, Report, id};
use serde_json::json;
use wiremock::ResponseTemplate;

/// Runs sixty rows one after the other, of which the third answers as told and the others are as they should be.
async fn run_with_third(answer: ResponseTemplate) -> (Ran, Report) {
    let platform = Platform::start().await;
    let ids: Vec<String> = (1..=60).map(id).collect();
    platform.assistant(&ids[2], answer).await;
    for id in &ids {
        platform.pair(id).await;
    }
    run(platform, ids, &["--concurrency", "1", "--retries", "0"]).await
}

async fn run(platform: Platform, ids: Vec<String>, arguments: &'static [&'static str]) -> (Ran, Report) {
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let desk = Desk::with_ids(&ids);
        let ran = desk.run(&url, arguments);
        let report = desk.report();
        (ran, report)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn what_every_further_row_would_meet_ends_the_run_at_once() {
    let page = |status, title: &str| {
        let page = format!("<!DOCTYPE html><title>{title}</title>");
        ResponseTemplate::new(status).set_body_raw(page, "text/html").insert_header("cf-ray", "8f1-FRA")
    };
    let scopes = json!({"error": "INSUFFICIENT_SCOPES", "details": {"missing": ["AGENT_API"]}});
    let cases = [
        (
            "401",
            ResponseTemplate::new(401).set_body_json(json!({"message": "Invalid API key"})),
            5,
            "/api/public",
        ),
        ("scope", ResponseTemplate::new(403).set_body_json(scopes), 5, "AGENT_API"),
        ("page", page(404, "Welcome"), 5, "/api/public"),
        (
            "page for a success",
            page(200, "Sign in"),
            5,
            "200: a web page (Sign in). On a dedicated deployment",
        ),
        ("page for a refusal", page(403, "Sign in"), 5, "/api/public"),
        (
            "challenge",
            page(403, "Just a moment..."),
            5,
            "403: a challenge page (Just a moment...); cf-ray 8f1-FRA",
        ),
        (
            "redirect",
            ResponseTemplate::new(302).insert_header("location", "https://example.com/login"),
            5,
            "/api/public",
        ),
        ("410", ResponseTemplate::new(410), 5, "switched off"),
        ("wait", ResponseTemplate::new(429).insert_header("retry-after", "1000"), 4, "17 minutes"),
    ];
    for (what, answer, code, words) in cases {
        let (ran, report) = run_with_third(answer).await;
        let ran = ran.exits_with(code).says(words);
        let next = if what == "410" { "verify assistants.ledger" } else { "run assistants.csv" };
        let next = format!("agent-migrate {next}");
        assert!(ran.stderr.contains(&next), "{what}: how to go on is said: {}", ran.stderr);
        let mut expected = vec!["not_checked"; 60];
        expected[..3].copy_from_slice(&["verified", "verified", "failed"]);
        assert_eq!(report.column("status"), expected, "{what}");
        let third = report.row(&id(3));
        assert!(!third["error"].is_empty() && !third["remedy"].is_empty(), "{what}: {third:?}");
    }
}

#[tokio::test]
async fn twenty_rows_in_a_row_without_a_sensible_answer_end_the_run() {
    let platform = Platform::start().await;
    let ids: Vec<String> = (1..=50).map(id).collect();
    for id in &ids {
        platform.assistant(id, ResponseTemplate::new(503)).await;
    }
    let (ran, report) = run(platform, ids, &["--concurrency", "4", "--retries", "0"]).await;
    ran.exits_with(4).says("out of reach");
    let failed = report.column("status").iter().filter(|status| **status == "failed").count();
    assert!((20..24).contains(&failed), "{failed}");
}

#[tokio::test]
async fn every_row_of_a_small_input_without_a_sensible_answer_is_a_server_out_of_reach() {
    for rows in [1, 3, 20, 25] {
        let platform = Platform::start().await;
        let ids: Vec<String> = (1..=rows).map(id).collect();
        for id in &ids {
            platform.assistant(id, ResponseTemplate::new(500)).await;
        }
        let (ran, report) = run(platform, ids, &["--concurrency", "16", "--retries", "0"]).await;
        ran.exits_with(4).says("out of reach");
        assert!(report.column("status").iter().all(|status| *status == "failed"), "{rows}");
    }
}

#[tokio::test]
async fn one_row_in_trouble_among_good_ones_is_its_own() {
    let (ran, report) = run_with_third(ResponseTemplate::new(500)).await;
    ran.exits_with(3);
    assert_eq!(report.column("status").iter().filter(|status| **status == "failed").count(), 1);
}

#[tokio::test]
async fn the_last_open_row_of_a_settled_input_is_out_of_reach_in_silence_and_not_for_a_5xx() {
    let platform = Platform::start().await;
    for id in [id(1), id(2)] {
        platform.pair(&id).await;
    }
    platform.assistant(&id(3), ResponseTemplate::new(500)).await;
    let desk = Desk::with_ids(&[id(1), id(2), id(3)]);
    let url = platform.server.uri();
    let desk = tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--retries", "0"]).exits_with(3);
        desk.run(&url, &["--retries", "0"]).exits_with(3).says("2 done, 1 to go");
        (desk, url)
    });
    let (desk, url) = desk.await.unwrap();
    platform.server.reset().await;
    let silence = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(60));
    platform.assistant(&id(3), silence).await;
    let unheard = move || desk.run(&url, &["--retries", "0", "--timeout", "1"]);
    tokio::task::spawn_blocking(unheard).await.unwrap().exits_with(4).says("out of reach");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_so() {
    let desk = Desk::with_ids(&(1..=3).map(id).collect::<Vec<_>>());
    // A port that was free a moment ago, and on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--retries", "0"]).exits_with(4).says("out of reach");
        let report = desk.report();
        assert_eq!(report.column("status"), vec!["failed"; 3]);
        assert!(report.row(&id(1))["error"].starts_with("assistant: connection: "));
    })
    .await
    .unwrap();
}

#[test]
fn a_name_that_leads_nowhere_ends_the_run_at_the_first_row_and_is_not_tried_again() {
    let desk = Desk::with_ids(&(1..=800).map(id).collect::<Vec<_>>());
    let begun = std::time::Instant::now();
    let far = "https://agent-migrate.invalid";
    let mut command = desk.program();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    command.args(["run", "assistants.csv", "--base-url", far]);
    Ran::of(&mut command).exits_with(4).says("out of reach");
    // A first retry alone waits half a second, and the fourth four.
    assert!(begun.elapsed() < std::time::Duration::from_secs(6), "{:?}", begun.elapsed());
    let statuses = desk.report();
    let failed = statuses.rows.iter().filter(|row| row["status"] == "failed");
    let failed: Vec<_> = failed.map(|row| (row["requests"].as_str(), row["error"].as_str())).collect();
    assert!(
        matches!(failed[..], [("1", error)] if error.starts_with("assistant: connection: ")),
        "{failed:?}"
    );
}

#[tokio::test]
async fn one_answer_of_429_slows_down_and_nothing_is_lost() {
    let platform = Platform::start().await;
    let ids: Vec<String> = (1..=8).map(id).collect();
    let throttled = ResponseTemplate::new(429).insert_header("retry-after", "1");
    wiremock::Mock::given(wiremock::matchers::method("GET"))
        .respond_with(throttled)
        .up_to_n_times(2)
        .with_priority(1)
        .mount(&platform.server)
        .await;
    for id in &ids {
        platform.pair(id).await;
    }
    let (ran, report) = run(platform, ids, &["--retries", "0"]).await;
    ran.exits_with(0);
    assert_eq!(report.column("status"), vec!["verified"; 8]);
}

#[tokio::test]
async fn stopped_and_without_a_report_the_same_command_is_what_goes_on() {
    let platform = Platform::start().await;
    let answer = ResponseTemplate::new(401).set_delay(std::time::Duration::from_millis(500));
    platform.assistant(&id(1), answer).await;
    let desk = Desk::with_ids(&[id(1)]);
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let in_the_way = desk.path("assistants.report.csv");
        let ledger = desk.path("assistants.ledger-wal");
        let blocker = std::thread::spawn(move || {
            while !ledger.exists() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            std::fs::create_dir(in_the_way).unwrap();
        });
        let ran = desk.run(&url, &[]).exits_with(5).says("the report was not written");
        blocker.join().unwrap();
        assert!(ran.stderr.contains("agent-migrate run assistants.csv"), "{}", ran.stderr);
    })
    .await
    .unwrap();
}
