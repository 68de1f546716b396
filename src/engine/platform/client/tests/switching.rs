//! The calls that set a state: what is sent, how often, and what the meter says about tries without an answer.

use super::*;

const DONE: &str = r#"{"status":"success","message":"Assistant disabled successfully"}"#;

/// An intent as the ledger would have recorded it.
struct OnDisk(AssistantId);

impl RecordedIntent for OnDisk {
    fn assistant(&self) -> AssistantId {
        self.0
    }

    fn good_until(&self) -> Timestamp {
        Timestamp::MAX
    }
}

/// An intent that has grown old.
struct Outdated(AssistantId);

impl RecordedIntent for Outdated {
    fn assistant(&self) -> AssistantId {
        self.0
    }

    fn good_until(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn what_was_verified_too_long_ago_is_not_sent() {
    let server = switched(done()).await;
    let mut meter = Meter::default();
    let client = client(&server);
    let failure = client.disable_assistant(&Outdated(assistant()), &mut meter).await.unwrap_err();
    assert_eq!((failure.kind, meter.requests, meter.unanswered), (FailureKind::Outdated, 0, 0));
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

/// A server that gives every PATCH that answer, and 404 to whatever else.
async fn switched(answer: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("PATCH")).respond_with(answer).mount(&server).await;
    server
}

fn done() -> ResponseTemplate {
    status(200).set_body_raw(DONE, "application/json")
}

async fn disable(client: &Client) -> (Result<(), CallFailure>, Meter) {
    let mut meter = Meter::default();
    let result = client.disable_assistant(&OnDisk(assistant()), &mut meter).await;
    (result, meter)
}

async fn enable(client: &Client) -> (Result<(), CallFailure>, Meter) {
    let mut meter = Meter::default();
    let result = client.enable_assistant(assistant(), &mut meter).await;
    (result, meter)
}

async fn enable_agent(client: &Client) -> (Result<(), CallFailure>, Meter) {
    let mut meter = Meter::default();
    let result = client.enable_agent(AgentId(assistant().0), &mut meter).await;
    (result, meter)
}

/// Reads a whole PATCH, gives the answers one connection after the other, the last one for ever; an empty one is a
/// connection that drops.
async fn dropping_server(answers: Vec<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let counter = served.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let turn = counter.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let mut request = Vec::new();
            while !request.ends_with(b"}") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
            let _ = stream.write_all(&answers[turn]).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, served)
}

#[tokio::test]
async fn each_switch_is_sent_to_its_path_with_its_json_and_nothing_else() {
    let server = switched(done()).await;
    let client = client_with(&settings(&format!("{}/api/public", server.uri())));
    for (result, meter) in [disable(&client).await, enable(&client).await, enable_agent(&client).await] {
        assert_eq!((result, meter.requests, meter.unanswered), (Ok(()), 1, 0));
        assert!(meter.elapsed > Duration::ZERO);
    }
    assert_eq!(client.limiter_status().sent_last_minute, 3);

    let received = server.received_requests().await.unwrap();
    let sent: Vec<_> = received.iter().map(|request| (request.url.path(), request.body.as_slice())).collect();
    let json = |key: &str, disabled: bool| format!(r#"{{"{key}":"{ID}","disabled":{disabled}}}"#);
    assert_eq!(
        sent,
        [
            ("/api/public/assistant/v1/disable", json("assistantId", true).as_bytes()),
            ("/api/public/assistant/v1/disable", json("assistantId", false).as_bytes()),
            ("/api/public/agent/v1/disable", json("agentId", false).as_bytes()),
        ]
    );
    for request in &received {
        assert_eq!((request.method.as_str(), request.url.query()), ("PATCH", None));
        for (name, value) in [
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("authorization", &format!("Bearer {KEY}")),
            ("user-agent", concat!("agent-migrate/", env!("CARGO_PKG_VERSION"))),
            ("content-length", &request.body.len().to_string()),
        ] {
            assert_eq!(request.headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
        }
    }
}

#[tokio::test]
async fn what_only_reads_sends_no_body_and_no_type_of_one() {
    let server = always(status(200).set_body_string("assistant")).await;
    ask(&client(&server)).await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert!(received[0].body.is_empty() && !received[0].headers.contains_key("content-type"), "{received:?}");
}

#[tokio::test]
async fn a_switch_is_sent_again_after_server_trouble_and_the_meter_says_how_often() {
    let server = switched(in_turn(vec![status(503), status(408), done()])).await;
    let (result, meter) = disable(&client(&server)).await;
    assert_eq!((result, meter.requests, meter.unanswered), (Ok(()), 3, 2));
    let received = server.received_requests().await.unwrap();
    assert!(received.iter().all(|request| request.body == received[0].body && !request.body.is_empty()));

    let server = switched(status(502).set_body_string("<html><title>Bad gateway</title></html>")).await;
    let (result, meter) = enable_agent(&client(&server)).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.to_string(), "enable agent: 502 Bad gateway (3 tries)");
    assert!(failure.may_have_been_applied());
    assert_eq!((meter.requests, meter.unanswered, requests(&server).await), (3, 3, 3));
}

#[tokio::test]
async fn a_switch_is_sent_again_after_a_connection_that_drops() {
    let whole =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{DONE}", DONE.len());
    let half = whole.replace("successfully\"}", "");
    let (address, served) = dropping_server(vec![vec![], half.into_bytes(), whole.into_bytes()]).await;
    let (result, meter) = disable(&client_with(&settings(&address))).await;
    assert_eq!((result, meter.requests, meter.unanswered), (Ok(()), 3, 2));
    assert_eq!(served.load(Ordering::SeqCst), 3);

    let (address, _) = dropping_server(vec![vec![]]).await;
    let (result, meter) = enable(&client_with(&settings(&address))).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::Connection);
    assert_eq!((meter.requests, meter.unanswered), (3, 3));
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_is_asked_for_once() {
    let said = |code: u16| status(code).set_body_string(r#"{"message":"said"}"#);
    let scopes = r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#;
    for (answer, kind, shown) in [
        (said(400), FailureKind::Refused { status: 400 }, "disable: 400 said"),
        (said(401), FailureKind::Unauthorized, "disable: 401 said"),
        (said(403), FailureKind::Forbidden, "disable: 403 said"),
        (
            status(403).set_body_string(scopes),
            FailureKind::ScopeMissing { missing: vec!["AGENT_API".into()] },
            "disable: 403 INSUFFICIENT_SCOPES: missing AGENT_API",
        ),
        (said(404), FailureKind::NotFound, "disable: 404 said"),
        (
            status(404).set_body_raw("<html><title>Lost</title></html>", "text/html"),
            FailureKind::NotTheApi { status: 404, is_challenge: false },
            "disable: 404 a web page (Lost)",
        ),
        (said(409), FailureKind::Refused { status: 409 }, "disable: 409 said"),
        (said(410), FailureKind::Gone { status: 410 }, "disable: 410 said"),
        (
            status(307).insert_header("location", "https://elsewhere.example"),
            FailureKind::Redirect { status: 307, location: Some("https://elsewhere.example".into()) },
            "disable: 307 redirects to https://elsewhere.example",
        ),
    ] {
        let server = switched(answer).await;
        let (result, meter) = disable(&client(&server)).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.to_string(), shown);
        assert_eq!(failure.kind, kind);
        assert_eq!((meter.requests, meter.unanswered, requests(&server).await), (1, 0, 1), "{shown}");
    }
}

#[tokio::test]
async fn a_429_to_a_switch_is_waited_out_and_leaves_nothing_open() {
    let throttled = || status(429).insert_header("retry-after", "0.02");
    let server = switched(in_turn(vec![throttled(), throttled(), done()])).await;
    let (result, meter) = disable(&client(&server)).await;
    assert_eq!((result, meter.requests, meter.unanswered), (Ok(()), 3, 0));

    let server = switched(throttled()).await;
    let (result, meter) = disable(&client(&server)).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::Throttled);
    assert_eq!((meter.requests, meter.unanswered), (10, 0));
}

/// The first try may have been carried out: its outcome is open, whatever the last answer is.
#[tokio::test]
async fn a_try_without_an_answer_stays_counted_when_a_later_one_is_refused() {
    let late = || done().set_delay(Duration::from_secs(30));
    let server = switched(in_turn(vec![late(), status(403)])).await;
    let hasty = ClientSettings { timeout: Duration::from_millis(150), ..settings(&server.uri()) };
    let (result, meter) = disable(&client_with(&hasty)).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::Forbidden);
    assert_eq!((meter.requests, meter.unanswered), (2, 1));

    let server = switched(in_turn(vec![status(500), status(429).insert_header("retry-after", "1801")])).await;
    let (result, meter) = disable(&client(&server)).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::RetryAfterTooLong { seconds: 1_801 });
    assert_eq!((meter.requests, meter.unanswered), (2, 1));
}

#[tokio::test]
async fn a_503_that_asks_for_too_long_a_wait_is_counted_too() {
    let server = switched(status(503).insert_header("retry-after", "1801")).await;
    let (result, meter) = disable(&client(&server)).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::RetryAfterTooLong { seconds: 1_801 });
    assert_eq!((meter.requests, meter.unanswered), (1, 1));
}

#[tokio::test]
async fn a_200_that_does_not_say_success_makes_no_sense_and_leaves_the_state_open() {
    for (body, came) in [
        ("", "empty"),
        (r#"{"status":"error"}"#, r#"{"status":"error"}"#),
        (
            r#"{"message":"Assistant disabled successfully"}"#,
            r#"{"message":"Assistant disabled successfully"}"#,
        ),
    ] {
        let server = switched(status(200).set_body_string(body)).await;
        let (result, meter) = disable(&client(&server)).await;
        let failure = result.unwrap_err();
        assert_eq!(
            failure.to_string(),
            format!(
                r#"disable: 200 answer makes no sense: it is no object with "status":"success" but {came}"#
            )
        );
        assert_eq!(failure.kind, FailureKind::Nonsense { status: 200 });
        assert_eq!((meter.requests, meter.unanswered, requests(&server).await), (1, 1, 1));
    }
}

#[tokio::test]
async fn a_page_leaves_the_state_open_only_where_it_comes_as_a_success() {
    for (code, open) in [(200, 1), (403, 0), (404, 0)] {
        let page = status(code).set_body_raw("<html><title>Sign in</title></html>", "text/html");
        let server = switched(page).await;
        let (result, meter) = disable(&client(&server)).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.to_string(), format!("disable: {code} a web page (Sign in)"));
        assert_eq!(failure.may_have_been_applied(), code == 200);
        assert_eq!((meter.requests, meter.unanswered), (1, open), "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_at_all_leaves_the_state_open() {
    let garbled = status(200).insert_header("content-encoding", "gzip").set_body_bytes(b"not gzip".to_vec());
    for (answer, code) in [(garbled, 200), (status(204), 204), (status(202).set_body_string(DONE), 202)] {
        let server = switched(answer).await;
        let (result, meter) = enable(&client(&server)).await;
        assert_eq!(result.unwrap_err().kind, FailureKind::Nonsense { status: code });
        assert_eq!((meter.requests, meter.unanswered, requests(&server).await), (1, 1, 1), "{code}");
    }
}

#[tokio::test]
async fn a_key_that_is_echoed_to_a_switch_is_masked() {
    let server = switched(status(403).set_body_string(format!(r#"{{"error":"{KEY} may not"}}"#))).await;
    let (result, _) = disable(&client(&server)).await;
    assert_eq!(result.unwrap_err().to_string(), "disable: 403 ***API key*** may not");

    let escaped = KEY.replace('/', "\\/");
    let server = switched(status(200).set_body_string(format!(r#"{{"status":"{escaped}"}}"#))).await;
    let (result, _) = disable(&client(&server)).await;
    let words = result.unwrap_err().words;
    assert!(words.ends_with(r#"{"status":"***API key***"}"#), "{words}");
}

#[tokio::test]
async fn a_switch_that_cannot_be_recorded_is_not_sent() {
    struct Full;
    impl SendLog for Full {
        fn record(&self, _: Timestamp) -> RecordFuture<'_> {
            Box::pin(std::future::ready(Err(SendLogError("no space left on device".into()))))
        }
    }
    let server = switched(done()).await;
    let client = Client::new(&remembered(&server.uri()), Arc::new(Full), &[]).unwrap();
    let (result, meter) = disable(&client).await;
    assert_eq!(result.unwrap_err().kind, FailureKind::NotRecorded);
    assert_eq!((meter, requests(&server).await), (Meter::default(), 0));
}
