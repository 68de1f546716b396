//! The calls that write agents: what is sent, and how often.

use wiremock::matchers::body_string;

use super::*;
use crate::base::{JsonText, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate};

/// Intents as the store would have recorded them.
struct OnDisk(JsonText);

fn intent(fields: &str) -> OnDisk {
    OnDisk(JsonText::new(fields.to_owned()).unwrap())
}

impl RecordedUpdate for OnDisk {
    fn agent(&self) -> AgentId {
        AgentId(assistant().0)
    }

    fn fields(&self) -> &JsonText {
        &self.0
    }
}

impl RecordedPublish for OnDisk {
    fn agent(&self) -> AgentId {
        AgentId(assistant().0)
    }
}

impl RecordedRetreat for OnDisk {
    fn agent(&self) -> AgentId {
        AgentId(assistant().0)
    }
}

impl RecordedCreate for OnDisk {
    fn proposed(&self) -> &JsonText {
        &self.0
    }
}

/// A server that gives every request of that method, to that path and with that body, the answer.
async fn answering(verb: &str, to: &str, body: String, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let mock = Mock::given(method(verb)).and(path(to)).and(body_string(body));
    mock.respond_with(answer).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap_or_default().len()
}

fn json(code: u16, body: &str) -> ResponseTemplate {
    status(code).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn an_update_carries_the_recorded_fields_to_the_digit() {
    let id = assistant();
    for (fields, body) in [
        ("{}", format!(r#"{{"agentId":"{id}"}}"#)),
        (
            r#" {"creativity":0.30000000000000001}"#,
            format!(r#"{{"agentId":"{id}","creativity":0.30000000000000001}}"#),
        ),
    ] {
        let answer = json(200, r#"{"status":"success","agent":{"x":1}}"#);
        let server = answering("PATCH", "/agent/v1/update", body, answer).await;
        let answer = client(&server).update_agent(&intent(fields), &mut Meter::default()).await.unwrap();
        assert!(answer.ends_with(br#"{"x":1}}"#), "{fields}");
    }
}

#[tokio::test]
async fn publishing_gives_the_version_and_nothing_to_publish_is_fine() {
    let body = || format!(r#"{{"agentId":"{}"}}"#, assistant());
    for (answer, number) in [
        (json(200, r#"{"status":"success","version":{"id":"x","version":3}}"#), Ok(Some("3"))),
        (json(201, r#"{"status":"success","version":{"version":"4"}}"#), Ok(Some("4"))),
        (json(200, r#"{"status":"success"}"#), Ok(Some(""))),
        (json(409, r#"{"message":"No draft changes to publish"}"#), Ok(None)),
        (json(403, r#"{"message":"resource is a project"}"#), Err(FailureKind::Forbidden)),
        (json(200, r#"{"status":"error"}"#), Err(FailureKind::Nonsense { status: 200 })),
    ] {
        let server = answering("POST", "/agent/v1/publish", body(), answer).await;
        let published = client(&server).publish_agent(&intent("{}"), &mut Meter::default()).await;
        let published = published.map(|version| version.map(|version| version.number));
        assert_eq!(published.as_ref().map(Option::as_deref).map_err(|failure| failure.kind.clone()), number);
    }
}

#[tokio::test]
async fn a_create_leaves_once_whatever_the_answer_and_an_update_again() {
    let body = r#"{"name":"A"}"#;
    let made = format!(r#"{{"status":"success","agent":{{"id":"{}"}}}}"#, assistant());
    for (answer, is_made, unanswered) in [
        (json(201, &made), true, 0),
        (json(200, &made), true, 0),
        (json(500, "{}"), false, 1),
        (json(503, "{}").insert_header("retry-after", "1"), false, 1),
        (json(404, r#"{"message":"Agent not found"}"#), false, 0),
        (json(201, r#"{"status":"success"}"#), false, 1),
    ] {
        let server = answering("POST", "/agent/v1/create", body.to_owned(), answer).await;
        let mut meter = Meter::default();
        let created = client(&server).create_agent(&intent(body), &mut meter).await;
        assert_eq!((created.is_ok(), meter.unanswered, requests(&server).await), (is_made, unanswered, 1));
    }
    let server = MockServer::start().await;
    Mock::given(method("PATCH")).respond_with(json(500, "{}")).mount(&server).await;
    let mut meter = Meter::default();
    client(&server).update_agent(&intent("{}"), &mut meter).await.unwrap_err();
    assert!(meter.unanswered > 1 && requests(&server).await > 1);
}

#[tokio::test]
async fn an_agent_that_was_made_is_switched_off_by_its_own_call() {
    let body = format!(r#"{{"agentId":"{}","disabled":true}}"#, assistant());
    let server = answering("PATCH", "/agent/v1/disable", body, json(200, r#"{"status":"success"}"#)).await;
    client(&server).disable_agent(&intent("{}"), &mut Meter::default()).await.unwrap();
}
