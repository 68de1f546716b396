//! Answer bodies of every call, over real HTTP on loopback: what comes back fits what was sent, and the key never does.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_migrate::audit::{Duplicates, Inspection, Secrets, Workspace};
use agent_migrate::base::{AgentId, AssistantId, CallFailure, FailureKind};
use agent_migrate::check::proposed;
use agent_migrate::engine::platform::{ApiKey, BaseUrl, Client, ClientSettings, Listing, Meter, NoSendLog};
use agent_migrate::engine::record::{Side, read};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::comparison::ID;

/// The key of every request. Bodies may hold it in any spelling.
const KEY: &str = "sk-ld-Fuzz1/x+9\"k";

/// What an answer's second byte chooses.
const STATUSES: [u16; 16] = [200, 200, 200, 200, 200, 200, 200, 201, 302, 400, 401, 403, 404, 410, 500, 503];

/// What makes sense of an answer longer than that is cut (2,000 characters and what stands around them).
const LONGEST_WORDS: usize = 2_200;

/// Sends an answer to one of the calls; its first two bytes choose the call, the status and the type.
pub fn answers(data: &[u8]) {
    let [call, choice, body @ ..] = data else { return };
    let status = STATUSES[usize::from(choice & 15)];
    let content_type = match choice >> 4 & 3 {
        0 | 1 => "application/json",
        2 => "text/html; charset=utf-8",
        _ => "text/plain",
    };
    // Bytes that claim to be packed and are not.
    let packing = if choice >> 6 == 3 { "Content-Encoding: gzip\r\n" } else { "" };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{packing}Content-Length: {length}\r\n\r\n"
    );
    let is_packed = !packing.is_empty();
    PLATFORM.with(|platform| {
        *platform.answer.lock().unwrap() = [head.as_bytes(), body].concat();
        let sent = Sent { status, body, is_packed };
        platform.runtime.block_on(ask(&platform.client, *call, &sent));
    });
}

/// What the platform answers.
struct Sent<'a> {
    status: u16,
    body: &'a [u8],
    is_packed: bool,
}

async fn ask(client: &Client, call: u8, sent: &Sent<'_>) {
    let mut meter = Meter::default();
    match call % 6 {
        0 => got(Side::Assistant, &client.get_assistant(AssistantId(ID), &mut meter).await, sent),
        1 => got(Side::Agent, &client.get_agent(AgentId(ID), &mut meter).await, sent),
        2 => listed(client.list_agents(Listing::Shared, None).await, sent),
        3 => models(client.models().await, sent),
        4 => switched(&client.enable_assistant(AssistantId(ID), &mut meter).await, sent),
        _ => switched(&client.enable_agent(AgentId(ID), &mut meter).await, sent),
    }
}

fn got(side: Side, answer: &Result<impl AsRef<[u8]>, CallFailure>, sent: &Sent<'_>) {
    let body = match answer {
        Ok(body) => body.as_ref(),
        Err(failure) => return failed(failure, sent),
    };
    assert_eq!(sent.status, 200);
    holds_no_key(&String::from_utf8_lossy(body));
    if !String::from_utf8_lossy(sent.body).contains("sk") && !may_hold_the_key_in_disguise(sent.body) {
        assert_eq!(body, sent.body);
    }
    let record = match read(side, body, ID) {
        Ok(record) => record,
        Err(nonsense) => {
            let words = nonsense.to_string();
            assert!(words.chars().count() < LONGEST_WORDS && !words.contains(char::is_control), "{words}");
            return;
        }
    };
    // Numbers beyond a float are numbers to the program and none to this reader.
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        has_the_documented_types(side, &value);
    }
    let whole: Value = serde_json::from_str(proposed(&record).get()).unwrap_or_default();
    assert!(whole.get("id").is_none() && whole.get("createdAt").is_none());
    let read_at = "2026-03-01T00:00:00Z".parse().unwrap();
    let workspace = Workspace { models: None, duplicates: &Duplicates::default() };
    for finding in Inspection::of(&record, side, read_at).findings(workspace) {
        assert!(!finding.kind.code.is_empty() && finding.detail.chars().count() < 100_000);
    }
    let mut secrets = Secrets::default();
    secrets.add(&record);
    let name = secrets.hide(record.name());
    assert_eq!(secrets.hide(&name), name, "what is hidden is found no more");
}

/// A masked body differs from the one sent: only where something of the key could be.
fn may_hold_the_key_in_disguise(body: &[u8]) -> bool {
    body.iter().any(|byte| matches!(byte, b'%' | b'\\'))
        || body.windows(12).any(|run| run.iter().copied().all(is_base64))
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn has_the_documented_types(side: Side, answer: &Value) {
    let keys = match side {
        Side::Assistant => ["assistant", "agent"],
        Side::Agent => ["agent", "assistant"],
    };
    let object = keys.iter().find_map(|key| answer.get(key)?.as_object()).unwrap();
    assert_eq!(object["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()), Some(ID));
    let all = |names: &[&str], is_right: fn(&Value) -> bool| {
        for name in names {
            let value = object.get(*name).unwrap_or(&Value::Null);
            assert!(value.is_null() || is_right(value), "{name}: {value}");
        }
    };
    all(&["name", "description", "instruction", "emojiIcon", "model", "inputType"], Value::is_string);
    all(&["temperature"], Value::is_number);
    all(
        &["webSearchEnabled", "imageGenerationEnabled", "codeInterpreterEnabled", "canvasEnabled"],
        Value::is_boolean,
    );
    all(&["conversationStarters", "actions", "inputFields", "attachments"], Value::is_array);
}

fn listed(answer: Result<Option<agent_migrate::engine::platform::AgentPage>, CallFailure>, sent: &Sent<'_>) {
    let page = match answer {
        Ok(Some(page)) => page,
        Ok(None) => return assert_eq!(sent.status, 404),
        Err(failure) => return failed(&failure, sent),
    };
    assert_eq!(sent.status, 200);
    holds_no_key(&format!("{page:?}"));
    let Ok(value) = serde_json::from_slice::<Value>(sent.body) else { return };
    let agents = value["agents"].as_array().unwrap();
    assert_eq!(page.agents.len(), agents.len());
    for (read, agent) in page.agents.iter().zip(agents) {
        let id = agent.get("id").and_then(Value::as_str);
        // A masked id is none, and then the page is nonsense.
        assert_eq!(id.and_then(|id| Uuid::try_parse(id).ok()), Some(read.id.0));
        assert_eq!(read.disabled, agent.get("disabled").and_then(Value::as_bool));
    }
    let cursor = value.get("nextCursor").and_then(Value::as_str).filter(|cursor| !cursor.is_empty());
    assert_eq!(page.next_cursor, cursor.map(|cursor| Uuid::try_parse(cursor).unwrap()));
}

fn models(answer: Result<Vec<agent_migrate::engine::platform::Model>, CallFailure>, sent: &Sent<'_>) {
    match answer {
        Ok(models) => {
            holds_no_key(&format!("{models:?}"));
            if let Ok(value) = serde_json::from_slice::<Value>(sent.body) {
                assert_eq!(value["data"].as_array().map(Vec::len), Some(models.len()));
            }
        }
        Err(failure) => failed(&failure, sent),
    }
}

fn switched(answer: &Result<(), CallFailure>, sent: &Sent<'_>) {
    let value = serde_json::from_slice::<Value>(sent.body).ok();
    let says_so = value
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|object| object.get("status") == Some(&"success".into()));
    match answer {
        Ok(()) => assert!(sent.status == 200 && (says_so || value.is_none())),
        Err(failure) => failed(failure, sent),
    }
}

fn failed(failure: &CallFailure, sent: &Sent<'_>) {
    let said = failure.to_string();
    holds_no_key(&said);
    assert!(said.chars().count() < LONGEST_WORDS, "{said}");
    let status = sent.status;
    let fits = match &failure.kind {
        FailureKind::Nonsense { status: said } => *said == status && (status < 202),
        FailureKind::Unauthorized => status == 401,
        FailureKind::ScopeMissing { .. } | FailureKind::Forbidden => status == 403,
        FailureKind::NotFound => status == 404,
        FailureKind::NotTheApi { status: said, .. } => {
            *said == status && matches!(status, 200 | 403 | 404) && !sent.is_packed
        }
        FailureKind::Redirect { .. } => status == 302,
        FailureKind::Gone { .. } => status == 410,
        FailureKind::Refused { .. } => status == 400,
        FailureKind::Server { status: said } => *said == status && status >= 500,
        FailureKind::Throttled
        | FailureKind::ThrottledTooLong
        | FailureKind::RetryAfterTooLong { .. }
        | FailureKind::Timeout
        | FailureKind::Connection
        | FailureKind::Unresolved
        | FailureKind::Outdated
        | FailureKind::NotRecorded
        | FailureKind::Defect => false,
    };
    assert!(fits, "{status} {}: {failure:?}", sent.is_packed);
}

/// Neither as it is nor after JSON has taken its escapes away.
fn holds_no_key(text: &str) {
    assert!(!text.contains(KEY), "{text}");
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        assert!(!any_text(&value, &|text| text.contains(KEY)), "{text}");
    }
}

fn any_text(value: &Value, is_bad: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_bad(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is_bad)),
        Value::Object(members) => members.iter().any(|(key, value)| is_bad(key) || any_text(value, is_bad)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A server of one answer, and the client that asks it.
struct Platform {
    runtime: Runtime,
    client: Client,
    answer: Arc<Mutex<Vec<u8>>>,
}

thread_local! {
    static PLATFORM: Platform = Platform::start();
}

impl Platform {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = Arc::new(Mutex::new(Vec::new()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, answer.clone()));
        let base_url = BaseUrl::parse(&url, false).unwrap();
        let settings = ClientSettings {
            rpm: NonZeroU32::MAX,
            retries: 0,
            timeout: Duration::from_secs(600),
            ..ClientSettings::new(base_url, ApiKey::parse(KEY).unwrap())
        };
        let client = {
            let _inside = runtime.enter();
            Client::new(&settings, Arc::new(NoSendLog), &[]).unwrap()
        };
        Self { runtime, client, answer }
    }
}

async fn serve(listener: TcpListener, answer: Arc<Mutex<Vec<u8>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        tokio::spawn(serve_one(stream, answer.clone()));
    }
}

/// Answers every request of a connection. The body of one comes within a read of its head, or in the next.
async fn serve_one(mut stream: TcpStream, answer: Arc<Mutex<Vec<u8>>>) {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
        let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let has_body = request.starts_with(b"PATCH");
        if has_body && !request.ends_with(b"}") || request.len() < head + 4 {
            continue;
        }
        request.clear();
        let answer = answer.lock().unwrap().clone();
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}
