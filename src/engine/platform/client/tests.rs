//! Over real HTTP on loopback, with tiny waits. What takes long (pace, pauses) is tested in the pure parts.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::engine::platform::endpoint::BaseUrl;
use crate::engine::platform::key::ApiKey;
use crate::engine::platform::limits::{NoSendLog, RecordFuture, SendLogError};

mod listing;
mod switching;
mod writing;

const KEY: &str = "sk-ld-Abc123/def+456";
const ID: &str = "0191c3f0-aaaa-7bbb-8ccc-0123456789ab";

fn settings(base_url: &str) -> ClientSettings {
    let base_url = BaseUrl::parse(base_url, false).unwrap();
    ClientSettings {
        rpm: NonZeroU32::new(100_000).unwrap(),
        retries: 2,
        timeout: Duration::from_secs(10),
        ..ClientSettings::new(base_url, ApiKey::parse(KEY).unwrap())
    }
}

/// The same at a pace of which every request is put on record.
fn remembered(url: &str) -> ClientSettings {
    ClientSettings { rpm: NonZeroU32::new(2_000).unwrap(), ..settings(url) }
}

fn client_with(settings: &ClientSettings) -> Client {
    let backoff = RetryBackoff { first: Duration::from_millis(2), longest: Duration::from_millis(5) };
    Client::with_waits(settings, Arc::new(NoSendLog), &[], backoff, Jitter::fixed(0.0)).unwrap()
}

fn client(server: &MockServer) -> Client {
    client_with(&settings(&server.uri()))
}

fn assistant() -> AssistantId {
    AssistantId(Uuid::parse_str(ID).unwrap())
}

async fn ask(client: &Client) -> Result<Bytes, CallFailure> {
    client.get_assistant(assistant(), &mut Meter::default()).await
}

/// A server that gives every request that answer.
async fn always(answer: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

/// Gives the answers one after the other, the last one for ever.
struct InTurn(Vec<ResponseTemplate>, AtomicUsize);

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        self.0[turn.min(self.0.len() - 1)].clone()
    }
}

fn in_turn(answers: Vec<ResponseTemplate>) -> InTurn {
    InTurn(answers, AtomicUsize::new(0))
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

/// A server without manners: reads a request, writes those bytes, closes. Counts its connections.
async fn raw_server(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let counter = served.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, served)
}

/// gzip with one stored block: nothing to compress, no library needed.
fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    let length = u16::try_from(content.len()).unwrap();
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(content);
    let mut crc = !0_u32;
    for byte in content {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

/// gzip of a good 40 MiB of `a` in about 260 KB: one literal, then the longest match at distance 1, over and over.
fn gzip_bomb() -> Vec<u8> {
    let mut bits = vec![1, 1, 0];
    let mut push =
        |code: u16, length: u16| bits.extend((0..length).rev().map(|bit| u8::from(code >> bit & 1 == 1)));
    push(0x30 + u16::from(b'a'), 8);
    for _ in 0..(40 << 20) / 258 {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    packed.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0_u8, |value, bit| value << 1 | bit)));
    packed.extend([0; 8]);
    packed
}

#[tokio::test]
async fn a_call_asks_as_the_platform_wants_to_be_asked() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/public/assistant/v1/get"))
        .and(query_param("assistantId", ID))
        .and(header("authorization", format!("Bearer {KEY}").as_str()))
        .and(header("accept", "application/json"))
        .and(header("accept-encoding", "gzip"))
        .and(header("user-agent", concat!("agent-migrate/", env!("CARGO_PKG_VERSION"))))
        .respond_with(status(200).set_body_string("assistant"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/public/agent/v1/get"))
        .and(query_param("agentId", ID))
        .respond_with(status(200).set_body_string("agent"))
        .expect(1)
        .mount(&server)
        .await;
    let client = client_with(&settings(&format!("{}/api/public/", server.uri())));
    let mut meter = Meter::default();
    assert_eq!(client.get_assistant(assistant(), &mut meter).await.unwrap(), "assistant");
    let agent = AgentId(assistant().0);
    assert_eq!(client.get_agent(agent, &mut meter).await.unwrap(), "agent");
    assert_eq!(meter.requests, 2);
    assert!(meter.elapsed > Duration::ZERO);
    assert_eq!(client.limiter_status().sent_last_minute, 2);
}

#[tokio::test]
async fn final_answers_are_asked_for_once() {
    for (answer, kind, shown) in [
        (
            status(400).set_body_string(r#"{"message":"bad id"}"#),
            FailureKind::Refused { status: 400 },
            "assistant: 400 bad id",
        ),
        (status(401), FailureKind::Unauthorized, "assistant: 401 Unauthorized"),
        (
            status(403).set_body_string(r#"{"error":"Not shared"}"#),
            FailureKind::Forbidden,
            "assistant: 403 Not shared",
        ),
        (
            status(403)
                .set_body_string(r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#),
            FailureKind::ScopeMissing { missing: vec!["AGENT_API".into()] },
            "assistant: 403 INSUFFICIENT_SCOPES: missing AGENT_API",
        ),
        (status(404), FailureKind::NotFound, "assistant: 404 Not Found"),
        (
            status(404).set_body_raw("<!DOCTYPE html><title>Lost</title>", "text/html"),
            FailureKind::NotTheApi { status: 404, is_challenge: false },
            "assistant: 404 a web page (Lost)",
        ),
        (
            status(410).set_body_string(r#"{"message":"ended"}"#),
            FailureKind::Gone { status: 410 },
            "assistant: 410 ended",
        ),
        (
            status(204),
            FailureKind::Nonsense { status: 204 },
            "assistant: 204 answer makes no sense: answered 204 No Content where 200 was due",
        ),
    ] {
        let server = always(answer).await;
        let failure = ask(&client(&server)).await.unwrap_err();
        assert_eq!(failure.to_string(), shown);
        assert_eq!(failure.kind, kind);
        assert_eq!(requests(&server).await, 1, "{shown}");
    }
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let elsewhere = always(status(200)).await;
    for code in [301, 302, 303, 307, 308] {
        let target = format!("{}/login?key={KEY}", elsewhere.uri());
        let server = always(status(code).insert_header("location", target.as_str())).await;
        let failure = ask(&client(&server)).await.unwrap_err();
        let shown = format!("{}/login?key=***API key***", elsewhere.uri());
        assert_eq!(failure.words, format!("redirects to {shown}"));
        assert_eq!(failure.kind, FailureKind::Redirect { status: code, location: Some(shown) });
    }
    assert_eq!(requests(&elsewhere).await, 0);
}

#[tokio::test]
async fn server_trouble_is_tried_again_and_the_words_say_how_often() {
    for code in [408, 500, 502, 503, 504, 524, 529] {
        let server = always(status(code).set_body_string("<html><title>Bad gateway</title></html>")).await;
        let mut meter = Meter::default();
        let failure = client(&server).get_assistant(assistant(), &mut meter).await.unwrap_err();
        assert_eq!(failure.to_string(), format!("assistant: {code} Bad gateway (3 tries)"));
        assert!(failure.is_out_of_reach());
        assert_eq!((meter.requests, requests(&server).await), (3, 3));
    }
    let server = always(in_turn(vec![status(500), status(502), status(200).set_body_string("ok")])).await;
    assert_eq!(ask(&client(&server)).await.unwrap(), "ok");
    let server = always(status(500)).await;
    let once = client_with(&ClientSettings { retries: 0, ..settings(&server.uri()) });
    assert_eq!(ask(&once).await.unwrap_err().to_string(), "assistant: 500 Internal Server Error");
}

#[tokio::test]
async fn every_failed_answer_has_what_support_asks_for_and_no_more_of_it() {
    let long = "x".repeat(1_000);
    for (headers, found) in [
        (&[][..], None),
        (
            &[("x-request-id", "r1"), ("cf-ray", "8f1-FRA"), ("x-vercel-id", "fra1::a")],
            Some("cf-ray 8f1-FRA"),
        ),
        (&[("cf-ray", ""), ("x-request-id", "r 1,\tr2")], Some("x-request-id r1,r2")),
        (&[("x-vercel-id", KEY)], Some("x-vercel-id ***API key***")),
        (&[("x-request-id", long.as_str())], Some(&*format!("x-request-id {}", &long[..100]))),
    ] {
        for code in [403, 500] {
            let answer = headers
                .iter()
                .fold(status(code), |answer, (name, value)| answer.insert_header(*name, *value));
            let server = always(answer).await;
            let failure = ask(&client(&server)).await.unwrap_err();
            assert_eq!(failure.support_id.as_ref().map(ToString::to_string).as_deref(), found, "{headers:?}");
            assert!(!failure.to_string().contains(KEY));
        }
    }
    let server = always(in_turn(vec![status(500).insert_header("cf-ray", "first"), status(403)])).await;
    assert_eq!(ask(&client(&server)).await.unwrap_err().support_id, None, "the last answer's");
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_asked_for_once() {
    let settings = settings("https://agent-migrate.invalid");
    let mut meter = Meter::default();
    let failure = client_with(&settings).get_assistant(assistant(), &mut meter).await.unwrap_err();
    assert_eq!((failure.kind, meter.requests, meter.unanswered), (FailureKind::Unresolved, 1, 0));
}

#[tokio::test]
async fn waiting_for_another_try_is_not_in_the_meter() {
    let server = always(in_turn(vec![status(500), status(200)])).await;
    let backoff = RetryBackoff { first: Duration::from_millis(600), longest: Duration::from_millis(600) };
    let client =
        Client::with_waits(&settings(&server.uri()), Arc::new(NoSendLog), &[], backoff, Jitter::fixed(0.0));
    let mut meter = Meter::default();
    client.unwrap().get_assistant(assistant(), &mut meter).await.unwrap();
    assert_eq!(meter.requests, 2);
    assert!(meter.elapsed < Duration::from_millis(400), "{:?}", meter.elapsed);
}

#[tokio::test]
async fn a_slow_answer_is_a_timeout_whether_its_head_or_its_body_is_slow() {
    let server = always(status(200).set_delay(Duration::from_secs(30))).await;
    let hasty = |uri: &str| {
        client_with(&ClientSettings { timeout: Duration::from_millis(150), retries: 1, ..settings(uri) })
    };
    let failure = ask(&hasty(&server.uri())).await.unwrap_err();
    assert_eq!(failure.to_string(), "assistant: timeout: no answer within 150 ms (2 tries)");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{").await;
            open.push(stream);
        }
    });
    let failure = ask(&hasty(&address)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "assistant: timeout: the answer was not complete within 150 ms (2 tries)"
    );
}

#[tokio::test]
async fn connection_trouble_is_tried_again_and_names_its_root() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failure = ask(&client_with(&settings(&format!("http://{closed}")))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection);
    assert!(failure.words.contains("refused") && failure.words.ends_with("(3 tries)"), "{}", failure.words);
    assert!(!failure.words.contains(ID), "{}", failure.words);

    for (answer, says) in [
        (&b""[..], "connection closed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"half", "the answer broke off"),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 99\r\n\r\n{\"half", "the answer broke off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "the answer broke off"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0",
            "the answer broke off",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n", "invalid HTTP"),
    ] {
        let (address, served) = raw_server(answer.to_vec()).await;
        let failure = ask(&client_with(&settings(&address))).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Connection, "{failure}");
        assert!(failure.words.contains(says), "{failure}");
        assert_eq!(served.load(Ordering::SeqCst), 3, "{failure}");
    }
}

#[tokio::test]
async fn tls_trouble_is_a_connection_failure_with_its_root_cause() {
    let (address, _) = raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await;
    let secure = ClientSettings { retries: 0, ..settings(&address.replace("http://", "https://")) };
    let failure = ask(&client_with(&secure)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection);
    assert!(failure.words.to_lowercase().contains("corrupt message"), "{failure}");
}

#[tokio::test]
async fn gzip_is_unpacked_and_garbage_makes_no_sense() {
    let packed = |body: Vec<u8>| status(200).insert_header("content-encoding", "gzip").set_body_bytes(body);
    let server = always(packed(gzip(b"{\"status\":\"success\"}"))).await;
    assert_eq!(ask(&client(&server)).await.unwrap(), "{\"status\":\"success\"}");

    let mut cut = gzip(b"{\"status\":\"success\"}");
    cut.truncate(20);
    for garbage in [b"not gzip at all".to_vec(), cut] {
        let server = always(packed(garbage)).await;
        let failure = ask(&client(&server)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Nonsense { status: 200 }, "{failure}");
        assert!(failure.words.starts_with("it cannot be unpacked"), "{failure}");
        assert_eq!(requests(&server).await, 1);
    }
}

#[tokio::test]
async fn more_than_32_mib_are_refused_packed_or_not() {
    let bomb = status(200).insert_header("content-encoding", "gzip").set_body_bytes(gzip_bomb());
    let large = status(200).set_body_bytes(vec![b'x'; (32 << 20) + 1]);
    for answer in [bomb, large] {
        let server = always(answer).await;
        let failure = ask(&client(&server)).await.unwrap_err();
        assert_eq!(failure.to_string(), "assistant: 200 answer makes no sense: larger than 32 MiB");
        assert_eq!(requests(&server).await, 1);
    }
    let server = always(status(200).set_body_bytes(vec![b'x'; 32 << 20])).await;
    assert_eq!(ask(&client(&server)).await.unwrap().len(), 32 << 20);
}

#[tokio::test]
async fn an_error_body_is_read_no_further_than_needed() {
    let server = always(status(400).set_body_bytes(vec![b'x'; 5 << 20])).await;
    let failure = ask(&client(&server)).await.unwrap_err();
    assert_eq!(failure.words.chars().count(), 2_001);
}

#[tokio::test]
async fn a_429_is_waited_out_and_is_no_try() {
    let throttled =
        || status(429).insert_header("retry-after", "0.02").set_body_string(r#"{"message":"slow down"}"#);
    let mut answers: Vec<_> = (0..9).map(|_| throttled()).collect();
    answers.push(status(200).set_body_string("ok"));
    let server = always(in_turn(answers)).await;
    let patient = client_with(&ClientSettings { retries: 0, ..settings(&server.uri()) });
    let mut meter = Meter::default();
    assert_eq!(patient.get_assistant(assistant(), &mut meter).await.unwrap(), "ok");
    assert_eq!(meter.requests, 10);
    assert!(patient.limiter_status().allowed_per_minute < 100_000);

    let server = always(throttled()).await;
    let mut meter = Meter::default();
    let failure = client(&server).get_assistant(assistant(), &mut meter).await.unwrap_err();
    assert_eq!(failure.to_string(), "assistant: 429 slow down (10 times)");
    assert_eq!((failure.kind, meter.requests), (FailureKind::Throttled, 10));
}

#[tokio::test]
async fn a_pause_holds_every_request_of_every_clone() {
    let server = always(in_turn(vec![
        status(429).insert_header("retry-after", "0.3"),
        status(200).set_body_string("ok"),
    ]))
    .await;
    let client = client(&server);
    let first = tokio::spawn({
        let client = client.clone();
        async move { ask(&client).await }
    });
    while requests(&server).await == 0 || client.limiter_status().waiting.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let paused = Instant::now();
    let (second, third) = tokio::join!(ask(&client), ask(&client));
    assert!(paused.elapsed() > Duration::from_millis(200), "{:?}", paused.elapsed());
    assert!(first.await.unwrap().is_ok() && second.is_ok() && third.is_ok());
}

#[tokio::test]
async fn a_503_that_names_a_time_is_waited_out_and_is_a_try() {
    let unavailable = || status(503).insert_header("retry-after", "0.25");
    let server = always(in_turn(vec![unavailable(), status(200).set_body_string("ok")])).await;
    let started = Instant::now();
    assert_eq!(ask(&client(&server)).await.unwrap(), "ok");
    assert!(started.elapsed() >= Duration::from_millis(250));
    let server = always(unavailable()).await;
    let once = client_with(&ClientSettings { retries: 0, ..settings(&server.uri()) });
    assert_eq!(ask(&once).await.unwrap_err().kind, FailureKind::Server { status: 503 });
}

#[tokio::test]
async fn a_wait_beyond_a_quarter_of_an_hour_is_handed_back_at_once() {
    for code in [429, 503] {
        let server = always(status(code).insert_header("retry-after", "1801").set_body_string("later")).await;
        let client = client(&server);
        let failure = ask(&client).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::RetryAfterTooLong { seconds: 1_801 });
        assert_eq!(failure.words, format!("{code} later: asks to wait 31 minutes (Retry-After)"));
        let next = ask(&client).await.unwrap_err();
        assert!(matches!(next.kind, FailureKind::RetryAfterTooLong { .. }));
        assert_eq!(requests(&server).await, 1);
    }
}

#[tokio::test]
async fn the_key_is_masked_in_whatever_comes_back() {
    let encoded = KEY.replace('/', "%2f").replace('+', "%2B");
    let body = format!(r#"{{"message":"bad header: Bearer {KEY} / {encoded}"}}"#);
    let server = always(status(400).set_body_string(body)).await;
    let failure = ask(&client(&server)).await.unwrap_err();
    assert_eq!(failure.words, "bad header: Bearer ***API key*** / ***API key***");

    let echo = format!(r#"{{"status":"success","assistant":{{"instruction":"use {KEY}"}}}}"#);
    let server = always(status(200).set_body_string(echo)).await;
    let body = ask(&client(&server)).await.unwrap();
    assert_eq!(body, r#"{"status":"success","assistant":{"instruction":"use ***API key***"}}"#);

    let unknown = KEY.replace('/', "\\u002F");
    let server = always(status(200).set_body_string(format!(r#"{{"agents":[{{"id":"{unknown}"}}]}}"#))).await;
    let failure = client(&server).list_agents(Listing::Shared, None).await.unwrap_err();
    assert_eq!(failure.words, "id '***API key***' is not a UUID");

    let debug = format!("{:?} {:?}", client(&server), settings(&server.uri()));
    assert!(!debug.contains("sk-ld"), "{debug}");
}

#[tokio::test]
async fn the_list_is_read_page_by_page_and_may_be_missing() {
    let server = MockServer::start().await;
    Mock::given(path("/agent/v1/list"))
        .and(query_param("limit", "250"))
        .and(query_param_is_missing("cursor"))
        .respond_with(status(200).set_body_string(format!(
            r#"{{"agents":[{{"id":"{ID}","name":"One","disabled":false}}],"nextCursor":"{ID}"}}"#
        )))
        .mount(&server)
        .await;
    Mock::given(path("/agent/v1/list"))
        .and(query_param("cursor", ID))
        .respond_with(status(200).set_body_string(r#"{"agents":[],"nextCursor":null}"#))
        .mount(&server)
        .await;
    let client = client(&server);
    let first = client.list_agents(Listing::Shared, None).await.unwrap().unwrap();
    assert_eq!((first.agents[0].name.as_str(), first.agents[0].disabled), ("One", Some(false)));
    let last = client.list_agents(Listing::Shared, first.next_cursor).await.unwrap().unwrap();
    assert_eq!(last, AgentPage { agents: vec![], next_cursor: None });

    for missing in [status(404), status(404).set_body_raw("<html></html>", "text/html")] {
        let server = always(missing).await;
        assert_eq!(client_with(&settings(&server.uri())).list_agents(Listing::Shared, None).await, Ok(None));
    }
    let server = always(status(403)).await;
    let failure = client_with(&settings(&server.uri())).list_agents(Listing::Shared, None).await.unwrap_err();
    assert_eq!(failure.to_string(), "list: 403 Forbidden");
}

#[tokio::test]
async fn models_are_read_or_make_no_sense() {
    let server = always(status(200).set_body_string(r#"{"object":"list","data":[{"id":"gpt-5"}]}"#)).await;
    assert_eq!(client(&server).models().await.unwrap()[0].id, "gpt-5");
    let server = always(status(200).set_body_string("Welcome")).await;
    let failure = client(&server).models().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Nonsense { status: 200 });
    assert!(
        failure.to_string().starts_with("models: 200 answer makes no sense: expected value"),
        "{failure}"
    );
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_sent() {
    struct Full;
    impl SendLog for Full {
        fn record(&self, _: Timestamp) -> RecordFuture<'_> {
            Box::pin(std::future::ready(Err(SendLogError("no space left on device".into()))))
        }
    }
    let server = always(status(200)).await;
    let client = Client::new(&remembered(&server.uri()), Arc::new(Full), &[]).unwrap();
    let mut meter = Meter::default();
    let failure = client.get_assistant(assistant(), &mut meter).await.unwrap_err();
    assert_eq!((failure.kind, failure.words.as_str()), (FailureKind::NotRecorded, "no space left on device"));
    assert_eq!((meter.requests, requests(&server).await), (0, 0));
}

#[tokio::test]
async fn a_client_for_this_machine_needs_no_roots_and_a_bad_certificate_file_is_named() {
    let local = settings("http://127.0.0.1:1");
    assert!(Client::new(&local, Arc::new(NoSendLog), &[]).is_ok());
    for pem in [
        &b""[..],
        b"not a certificate",
        b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        for base_url in ["http://127.0.0.1:1", "https://api.langdock.com"] {
            let with_ca = ClientSettings { ca_cert_pem: Some(pem.to_vec()), ..settings(base_url) };
            let error = Client::new(&with_ca, Arc::new(NoSendLog), &[]).unwrap_err();
            assert!(matches!(error, ClientError::CaCert(_)), "{base_url}: {error}");
            assert!(error.to_string().contains("PEM"), "{error}");
        }
    }
}

/// Runs one test of this file in a process of its own with those proxies in its environment.
fn passes_with_proxy(test: &str, proxy: &str) -> bool {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(variable, proxy);
    }
    let command = command.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    let output = command
        .args(["--include-ignored", "--exact", &format!("engine::platform::client::tests::{test}")])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test"), "{test}");
    output.status.success()
}

#[test]
fn a_proxy_is_not_asked_for_what_is_on_this_machine() {
    assert!(passes_with_proxy("a_call_asks_as_the_platform_wants_to_be_asked", "http://127.0.0.1:1"));
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_asked_for_everything_else() {
    let proxy = always(status(200).set_body_string("through the proxy")).await;
    let uri = proxy.uri();
    let passes = move || passes_with_proxy("far_away_is_reached_through_the_proxy", &uri);
    assert!(tokio::task::spawn_blocking(passes).await.unwrap());
    assert_eq!(requests(&proxy).await, 1);
}

#[tokio::test]
#[ignore = "needs a proxy in the environment: the test above runs it"]
async fn far_away_is_reached_through_the_proxy() {
    let Some(_proxy) = std::env::var_os("HTTP_PROXY") else { return };
    let base_url = BaseUrl::parse("http://platform.invalid", true).unwrap();
    let client = client_with(&ClientSettings { base_url, ..settings("http://127.0.0.1:1") });
    assert_eq!(ask(&client).await.unwrap(), "through the proxy");
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_asked_once_and_told_apart_from_the_platform() {
    let (proxy, served) = raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".to_vec()).await;
    let passes = move || passes_with_proxy("the_proxy_wants_credentials", &proxy);
    assert!(tokio::task::spawn_blocking(passes).await.unwrap());
    assert_eq!(served.load(Ordering::SeqCst), 1);
}

#[tokio::test]
#[ignore = "needs such a proxy in the environment: the test above runs it"]
async fn the_proxy_wants_credentials() {
    let Some(_proxy) = std::env::var_os("HTTP_PROXY") else { return };
    let failure = ask(&client_with(&settings("https://platform.invalid"))).await.unwrap_err();
    assert_eq!(failure.to_string(), "assistant: 407 the proxy asks for credentials");
    assert_eq!(failure.remedy(), crate::base::Remedy::MendProxy);
}
