//! Trouble that the options ask for, seen from a client.

use std::time::Instant;

use super::*;
use crate::practice::options::{LostAnswer, RetryAfter, Times};

const MODELS: &str = "/agent/v1/models";

fn made_up_path() -> String {
    format!("/agent/v1/get?agentId={MADE_UP}")
}

#[tokio::test]
async fn the_limit_counts_what_is_received_and_says_how_long_to_wait() {
    let sandbox = sandbox(|options| {
        options.rpm = Some(2);
        options.retry_after = RetryAfter::Seconds;
    })
    .await;
    assert_eq!(status(get(&sandbox, MODELS)).await, 200);
    // Refused, and counted all the same.
    assert_eq!(status(client().get(sandbox.base_url() + MODELS)).await, 401);
    let refused = get(&sandbox, MODELS).send().await.expect("an answer");
    assert_eq!(refused.status(), 429);
    let seconds: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((55..=60).contains(&seconds), "{seconds}");

    sandbox.change(|options| options.retry_after = RetryAfter::Date);
    let refused = get(&sandbox, MODELS).send().await.expect("an answer");
    let date = httpdate::parse_http_date(refused.headers()["retry-after"].to_str().expect("text"));
    assert!(date.expect("a date") > std::time::SystemTime::now());
    sandbox.change(|options| options.retry_after = RetryAfter::Fixed(1200));
    let refused = get(&sandbox, MODELS).send().await.expect("an answer");
    assert_eq!(refused.headers()["retry-after"], "1200");
    sandbox.change(|options| options.retry_after = RetryAfter::Absent);
    let refused = get(&sandbox, MODELS).send().await.expect("an answer");
    assert!(!refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn the_key_is_refused_after_so_many_requests() {
    let sandbox = sandbox(|options| options.unauthorized_after = Some(1)).await;
    assert_eq!(status(get(&sandbox, MODELS)).await, 200);
    assert_eq!(status(get(&sandbox, MODELS)).await, 401);
}

#[tokio::test]
async fn the_end_of_the_assistants_api_leaves_the_agents_alone() {
    let sandbox = sandbox(|options| options.gone_after = Some(1)).await;
    let assistant = format!("/assistant/v1/get?assistantId={MADE_UP}");
    assert_eq!(status(get(&sandbox, &made_up_path())).await, 200);
    assert_eq!(status(get(&sandbox, &assistant)).await, 200);
    assert_eq!(status(get(&sandbox, &assistant)).await, 410);
    assert_eq!(status(disable(&sandbox, "assistant", MADE_UP, true)).await, 410);
    assert_eq!(status(disable(&sandbox, "agent", MADE_UP, true)).await, 200);
}

#[tokio::test]
async fn redirects_web_pages_and_missing_scopes_meet_every_call() {
    let sandbox = sandbox(|options| options.redirect = Some("https://login.example.com/".into())).await;
    let moved = get(&sandbox, MODELS).send().await.expect("an answer");
    assert_eq!(moved.status(), 302);
    assert_eq!(moved.headers()["location"], "https://login.example.com/");
    sandbox.change(|options| {
        options.redirect = None;
        options.html_404 = true;
    });
    let (code, body) = answer(get(&sandbox, MODELS)).await;
    assert_eq!(code, 404);
    assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
    sandbox.change(|options| {
        options.html_404 = false;
        options.missing_scope = true;
    });
    let (code, body) = answer(get(&sandbox, MODELS)).await;
    assert_eq!(code, 403);
    assert_eq!(body, r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#);
}

#[tokio::test]
async fn a_careless_gateway_repeats_the_key() {
    let sandbox = sandbox(|options| {
        options.echo_key = true;
        options.unauthorized_after = Some(0);
    })
    .await;
    let (_, body) = answer(get(&sandbox, MODELS)).await;
    assert!(body.contains(sandbox.key()), "{body}");
}

#[tokio::test]
async fn a_failing_server_answers_in_all_its_ways_and_changes_nothing() {
    let sandbox = sandbox(|options| options.fail_rate = 1.0).await;
    let mut codes = std::collections::BTreeSet::new();
    for _ in 0..40 {
        codes.insert(status(disable(&sandbox, "agent", MADE_UP, true)).await.as_u16());
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [500, 502, 503, 504, 529]);
    assert!(sandbox.disabled_agents().is_empty());
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let sandbox = sandbox(|options| options.latency = Duration::from_millis(60)).await;
    let started = Instant::now();
    assert_eq!(status(get(&sandbox, MODELS)).await, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_lost_disable_is_applied_and_only_the_first_ones_are_lost() {
    let sandbox = sandbox(|options| options.disable.lost = Times::First(1)).await;
    assert!(disable(&sandbox, "assistant", MADE_UP, true).send().await.is_err());
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
    assert_eq!(sandbox.log()[0].status, None);
    assert_eq!(status(disable(&sandbox, "assistant", MADE_UP, true)).await, 200);
}

#[tokio::test]
async fn a_silent_server_leaves_the_client_waiting() {
    let sandbox = sandbox(|options| {
        options.disable.lost = Times::Share(1.0);
        options.lost_answer = LostAnswer::Silent;
    })
    .await;
    let request = disable(&sandbox, "assistant", MADE_UP, true).timeout(Duration::from_millis(200));
    assert!(request.send().await.expect_err("no answer").is_timeout());
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
}

#[tokio::test]
async fn enabling_fails_as_often_as_asked_and_then_works() {
    let sandbox = sandbox(|options| options.enable.failed = Times::First(1)).await;
    assert_eq!(status(disable(&sandbox, "assistant", MADE_UP, true)).await, 200);
    assert_eq!(status(disable(&sandbox, "assistant", MADE_UP, false)).await, 500);
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
    assert_eq!(status(disable(&sandbox, "assistant", MADE_UP, false)).await, 200);
    assert!(!sandbox.disabled_assistants().contains(&id(MADE_UP)));
}

#[tokio::test]
async fn stop_ends_idle_connections_and_answers_that_never_come() {
    let sandbox = sandbox(|options| options.latency = Duration::from_secs(60)).await;
    let url = sandbox.base_url();
    let waiting = tokio::spawn(get(&sandbox, MODELS).send());
    let idle = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await.expect("a connection");
    while sandbox.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    sandbox.stop().await;
    assert!(waiting.await.expect("the task ends").is_err());
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    drop(idle);
    assert!(client().get(url + MODELS).send().await.is_err());
}
