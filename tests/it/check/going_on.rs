//! Stopped, killed, run again: what is done stays done, and only the rest is asked for.

use std::time::Duration;

use crate::support::{Desk, KEY, Platform, id, wait_for_requests};
use agent_migrate::practice;
use agent_migrate::practice::SandboxOptions;
use serde_json::json;
use wiremock::ResponseTemplate;

/// A practice workspace with nothing but made-up assistants, and an input of this many of them.
async fn practice(rows: u32, latency: Duration) -> (practice::Sandbox, Desk) {
    let options = SandboxOptions { key: Some(KEY.into()), latency, ..SandboxOptions::default() };
    let sandbox = practice::start(options).await.unwrap();
    let ids: Vec<String> = (1..=rows).map(id).collect();
    (sandbox, Desk::with_ids(&ids))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_asks_only_for_what_is_not_settled() {
    let platform = Platform::start().await;
    platform.pair(&id(1)).await;
    platform.assistant(&id(2), ResponseTemplate::new(403).set_body_json(json!({"message": "no"}))).await;
    let desk = Desk::with_ids(&[id(1), id(2), "nonsense".into()]);
    let url = platform.server.uri();
    let (desk, url) = blocking(move || {
        desk.run(&url, &[]).exits_with(3);
        (desk, url)
    })
    .await;
    assert_eq!(platform.requests().await, 3);

    platform.server.reset().await;
    platform.pair(&id(2)).await;
    let desk = blocking(move || {
        desk.run(&url, &[]).exits_with(3).says("2 done, 1 to go");
        desk
    })
    .await;
    assert_eq!(platform.requests().await, 2, "only the unsettled row is asked for");
    let report = desk.report();
    assert_eq!(report.column("status"), ["verified", "verified", "invalid_id"]);
    assert_eq!(report.row(&id(2))["requests"], "3", "requests add up over the runs");
}

/// Runs for so long, then `kill -9`; gives the ids of the rows that were reported as verified before.
#[cfg(unix)]
fn killed_after(desk: &Desk, base_url: &str, life: Duration) -> Vec<String> {
    let mut command = desk.program();
    command.args(["run", "assistants.csv", "-v", "--rpm", "1000000", "--concurrency", "4"]);
    let mut child =
        command.args(["--base-url", base_url]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(life);
    child.kill().unwrap();
    let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned();
    let rows = said.lines().filter(|line| line.starts_with("line ") && line.contains("  verified"));
    rows.filter_map(|line| line.split("  ").nth(1).map(String::from)).collect()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_many_moments_and_run_again_gives_the_undisturbed_report_and_asks_for_nothing_twice() {
    let (sandbox, desk) = practice(150, Duration::from_millis(2)).await;
    let url = sandbox.base_url();
    blocking(move || {
        desk.run(&url, &["--ledger", "calm.ledger", "-o", "calm.csv"]);
        let mut reported = std::collections::HashSet::new();
        for life in (2..80).step_by(4) {
            for id in killed_after(&desk, &url, Duration::from_millis(life)) {
                assert!(reported.insert(id.clone()), "{id} was reported as done and asked for again");
            }
        }
        desk.run(&url, &[]);
        let calm = crate::support::Report::parse(&desk.read("calm.csv"));
        assert_eq!(desk.report().timeless(), calm.timeless());
        assert_eq!(calm.rows.len(), 150);
    })
    .await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_run_with_a_report_and_the_command_to_go_on() {
    let (sandbox, desk) = practice(400, Duration::from_millis(50)).await;
    blocking(move || {
        let mut command = desk.program();
        command.args(["run", "assistants.csv", "--base-url", &sandbox.base_url(), "--concurrency", "2"]);
        let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        wait_for_requests(&sandbox, 8);
        let interrupt = ["-INT", &child.id().to_string()].map(String::from);
        std::process::Command::new("kill").args(interrupt).status().unwrap();
        let started = std::time::Instant::now();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(ended.status.code(), Some(4), "{said}");
        assert!(said.contains("agent-migrate run assistants.csv --base-url"), "{said}");
        let report = desk.report();
        assert_eq!(report.rows.len(), 400);
        assert!(report.column("status").contains(&"not_checked"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_never_write_one_ledger_at_once() {
    let (sandbox, desk) = practice(200, Duration::from_millis(20)).await;
    let url = sandbox.base_url();
    blocking(move || {
        let arguments = ["run", "assistants.csv", "--base-url", &url, "--concurrency", "2", "-q"];
        let mut first = desk.program().args(arguments).spawn().unwrap();
        while !desk.path("assistants.ledger").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(200));
        desk.run(&url, &[]).exits_with(1).says("assistants.ledger");
        first.kill().unwrap();
        first.wait().unwrap();
        desk.run(&url, &["--limit", "5"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_another_platform_is_refused_and_left_alone() {
    let (sandbox, desk) = practice(2, Duration::ZERO).await;
    let (other, _) = practice(2, Duration::ZERO).await;
    let (url, other_url) = (sandbox.base_url(), other.base_url());
    blocking(move || {
        desk.run(&url, &[]);
        let before = std::fs::read(desk.path("assistants.ledger")).unwrap();
        desk.run(&other_url, &[]).exits_with(1).says(&url);
        assert_eq!(std::fs::read(desk.path("assistants.ledger")).unwrap(), before);
        desk.run(&other_url, &["--fresh"]).says("assistants.");
    })
    .await;
    assert!(other.requests() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_takes_the_next_rows_each_time_and_its_leftovers_are_no_trouble() {
    let platform = Platform::start().await;
    let ids: Vec<String> = (1..=5).map(id).collect();
    for id in &ids {
        platform.pair(id).await;
    }
    let desk = Desk::with_ids(&ids);
    let url = platform.server.uri();
    blocking(move || {
        desk.run(&url, &["--limit", "2"]).exits_with(0);
        assert_eq!(desk.report().column("status").iter().filter(|status| **status == "verified").count(), 2);
        desk.run(&url, &["--limit", "2"]).exits_with(0);
        desk.run(&url, &["--limit", "2"]).exits_with(0);
        assert!(desk.report().column("status").iter().all(|status| *status == "verified"));
    })
    .await;
    assert_eq!(platform.requests().await, 10);
}
