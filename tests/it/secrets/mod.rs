//! The key stands nowhere: a platform echoes it in every disguise, and no file, stream or argument list holds it.

mod disguise;
mod search;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::extent::{Extent, sampled};
use crate::support::{
    Desk, KEY, Platform, Ran, agent_answer, assistant_answer, files, id, record, record_with,
};
use base64::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const PLAIN: &str = "sk-ld-4fz8Qq7lMx2TnV0pRb9cYw";
const ODD: &str = r#"sk-+/="%&\'<>`a\/b%2Fc&amp;d\u0041"e\"#;
const SHORT: &str = "q7/Zk+";

fn long() -> String {
    (0..200_u8)
        .map(|n| char::from(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEF+/-_=.~"[usize::from(n) * 31 % 49]))
        .collect()
}

/// Stands in an answer where the key is to be.
const HERE: &str = "@KEY@";

/// Answers to `get` that are only one row's trouble.
const STATUSES: [u16; 8] = [200, 400, 403, 404, 409, 500, 502, 529];

/// The shapes of error bodies (PLATFORM.md, Errors), and HTML.
const SHAPES: [&str; 9] = [
    r#"{"message":"bad header @KEY@"}"#,
    r#"{"message":[{"code":"x","message":"@KEY@"}]}"#,
    r#"{"error":"@KEY@"}"#,
    r#"{"error":"BAD","message":"@KEY@"}"#,
    r#"{"error":"BAD","details":{"field":"@KEY@"}}"#,
    r#"{"errors":[{"message":"@KEY@"}]}"#,
    r#"{"type":"error","error":{"type":"rate_limit_error","message":"@KEY@"}}"#,
    r#"{"@KEY@":"@KEY@"}"#,
    "you sent @KEY@",
];

/// A platform that echoes one key.
struct Echo {
    key: String,
    spellings: Vec<String>,
}

impl Echo {
    fn of(key: &str) -> Self {
        Self { key: key.to_owned(), spellings: disguise::in_json(key) }
    }

    /// Rows enough for every spelling with two statuses.
    fn ids(&self) -> Vec<String> {
        (0..self.spellings.len() * 2).map(|n| id(u32::try_from(n).unwrap())).collect()
    }

    fn spelling(&self, row: usize) -> &str {
        &self.spellings[row / 2 % self.spellings.len()]
    }

    fn error(&self, row: usize, status: u16) -> ResponseTemplate {
        let shape = SHAPES[row % SHAPES.len()];
        self.with_headers(status, shape.replace(HERE, self.spelling(row)), "application/json")
    }

    fn with_headers(&self, status: u16, body: String, kind: &str) -> ResponseTemplate {
        let key = disguise::in_header(&self.key);
        ResponseTemplate::new(status)
            .set_body_raw(body, &format!("{kind}; key={key}"))
            .insert_header("location", format!("https://elsewhere.example/{key}"))
            .insert_header("www-authenticate", format!("Bearer realm=\"{key}\""))
            .insert_header("x-request-id", key)
            .insert_header("retry-after", self.key.as_str())
    }

    /// The record of a row with the key in every text, known and unknown.
    fn record(&self, row: usize, side: &str, id: &str) -> String {
        let changes = json!({
            "name": HERE, "description": HERE, "instruction": format!("Use {HERE}, then say so."), "model": HERE,
            "conversationStarters": [HERE, "b"], "updatedAt": HERE, "owner": {"name": HERE}, HERE: HERE,
            "inputFields": [{"slug": HERE, "type": "TEXT", "label": HERE, "required": true, "order": 0}],
            "attachments": [HERE], "extendedThinking": row.is_multiple_of(16),
        });
        let mut record = record_with(id, &changes);
        if side == "agent" && row.is_multiple_of(16) {
            record["description"] = json!(format!("not {HERE}"));
            record["temperature"] = json!(0.9);
        }
        json!({"status": "success", side: record}).to_string().replace(HERE, self.spelling(row))
    }

    fn get(&self, side: &str, id: &str) -> ResponseTemplate {
        let row = row_of(id);
        // The assistant is the trouble of one row, the agent that of the next.
        let status = STATUSES[row % STATUSES.len()];
        match (status, side) {
            (400 | 404 | 500, "agent") | (403 | 409 | 502 | 529, "assistant") => self.error(row, status),
            _ => self.with_headers(200, self.record(row, side, id), "application/json"),
        }
    }

    fn switch(&self, body: &Value) -> ResponseTemplate {
        let (row, off) = (row_of(body["assistantId"].as_str().unwrap()), body["disabled"] == true);
        match (row / 16 % 4, off) {
            (0, true) => self.error(row, 409),
            (1, true) => self.error(row, 500),
            (2, true) | (3, false) => {
                let body = format!(r#"{{"status":"success","message":"{} is off"}}"#, self.spelling(row));
                self.with_headers(200, body, "application/json")
            }
            (_, false) => self.error(row, 400),
            (_, true) => {
                self.with_headers(200, format!(r#"{{"status":"{}"}}"#, self.spelling(row)), "text/html")
            }
        }
    }

    fn list(&self) -> String {
        let agents: Vec<String> = (0..self.spellings.len())
            .map(|n| {
                let id = id(u32::try_from(n * 2).unwrap());
                let agent = json!({"id": id, "name": HERE, "disabled": false, "owner": {"email": HERE}, "model": HERE,
                    "updatedAt": HERE, HERE: HERE});
                agent.to_string().replace(HERE, &self.spellings[n])
            })
            .collect();
        format!(r#"{{"agents":[{}],"nextCursor":null,"total":"{}"}}"#, agents.join(","), self.spellings[0])
    }

    fn models(&self) -> String {
        let models: Vec<String> = self
            .spellings
            .iter()
            .map(|key| format!(r#"{{"id":"{key}","object":"model","region":"{key}"}}"#))
            .collect();
        format!(r#"{{"object":"list","data":[{}]}}"#, models.join(","))
    }

    fn answer(&self, request: &Request) -> ResponseTemplate {
        let query = |name: &str| {
            request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        match request.url.path() {
            "/assistant/v1/get" => self.get("assistant", &query("assistantId").unwrap()),
            "/agent/v1/get" => self.get("agent", &query("agentId").unwrap()),
            "/assistant/v1/disable" => self.switch(&request.body_json().unwrap()),
            "/agent/v1/list" => self.with_headers(200, self.list(), "application/json"),
            "/agent/v1/models" => self.with_headers(200, self.models(), "application/json"),
            _ => self.error(0, 404),
        }
    }
}

fn row_of(id: &str) -> usize {
    usize::from_str_radix(&id[..8], 16).unwrap()
}

/// How the key is given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Given {
    Variable,
    File,
    Stdin,
}

/// A desk at which everything that comes out is looked through for the key.
struct Watched {
    desk: Desk,
    key: String,
    given: Given,
    /// Where the key file is.
    elsewhere: TempDir,
    seen: HashSet<u64>,
}

impl Watched {
    fn new(key: &str, given: Given, ids: &[String]) -> Self {
        let desk = Desk::with_ids(ids);
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("key"), format!("{key}\n")).unwrap();
        Self { elsewhere, desk, key: key.to_owned(), given, seen: HashSet::new() }
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.program();
        command.args(arguments).env_remove("AGENT_MIGRATE_API_KEY").stdin(Stdio::null());
        let is_asking = !matches!(arguments[0], "report");
        match self.given {
            Given::Variable => {
                command.env("AGENT_MIGRATE_API_KEY", format!(" {}\r\n", self.key));
            }
            Given::File if is_asking => {
                command.arg("--api-key-file").arg(self.elsewhere.path().join("key"));
            }
            Given::Stdin if is_asking => {
                command.args(["--api-key-file", "-"]).stdin(Stdio::piped());
            }
            Given::File | Given::Stdin => {}
        }
        command
    }

    /// Runs the program, and looks at its streams and at the folder.
    #[track_caller]
    fn run(&mut self, arguments: &[&str]) -> Ran {
        let mut command = self.program(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(format!("{}\n", self.key).as_bytes()).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let shown = format!("{arguments:?}");
        self.look(&output.stdout, &format!("standard output of {shown}"));
        self.look(&output.stderr, &format!("standard error of {shown}"));
        for (path, content) in files(self.desk.folder.path()) {
            self.look(&content, &format!("{} after {shown}", path.display()));
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!((0..=5).contains(&ran.code), "{shown}: {} {}", ran.code, ran.stderr);
        ran
    }

    /// What was looked at once is not looked at again.
    #[track_caller]
    fn look(&mut self, bytes: &[u8], place: &str) {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        if self.seen.insert(hasher.finish())
            && let Some(found) = search::trace(bytes, &self.key)
        {
            panic!("{place}: {found}");
        }
    }
}

/// Runs every command against the platform, logging to standard error and to a file.
fn every_command(key: &str, given: Given) {
    let echo = Echo::of(key);
    let ids = echo.ids();
    let mut watched = Watched::new(key, given, &ids);
    let (_runtime, server) = serve(move |request: &Request| echo.answer(request));
    let url = server.uri();
    let place = ["--base-url", &url, "--rpm", "1000000", "--retries", "0", "-vv", "--log-format", "json"];
    let asked = ["--rpm", "1000000", "--retries", "0", "-v", "--log-file", "log.txt"];
    let with = |arguments: &[&'static str], options: &[&str]| -> Vec<String> {
        arguments.iter().chain(options).map(|argument| (*argument).to_owned()).collect()
    };
    let lines = [
        with(&["run", "assistants.csv", "--json", "run.jsonl", "--html", "run.html"], &place),
        with(&["run", "assistants.csv", "--dry-run"], &place),
        with(
            &["run", "assistants.csv", "--disable", "--yes", "--probe-wait", "0", "--disable-shared"],
            &place,
        ),
        with(&["run", "assistants.csv", "--fresh", "--yes", "--ledger", "two.ledger", "-vvv"], &place),
        with(&["verify", "assistants.ledger"], &asked),
        with(&["rollback", "assistants.ledger", "--dry-run"], &asked),
        with(&["rollback", "assistants.ledger", "--yes"], &asked),
        with(&["audit", "assistants.csv", "--json", "audit.jsonl"], &place),
        with(
            &[
                "audit",
                "assistants.csv",
                "--source",
                "agent",
                "--ledger",
                "three.ledger",
                "--log-file",
                "log.jsonl",
            ],
            &place,
        ),
        with(&["list"], &place[..2]),
        with(&["list", "-vvv"], &place[..2]),
        with(&["doctor", "-vv"], &place[..2]),
        with(&["doctor", "--json"], &place[..2]),
    ];
    let mut disabled = HashSet::new();
    for line in lines {
        watched.run(&line.iter().map(String::as_str).collect::<Vec<_>>());
        disabled.extend(watched.desk.report().disabled().iter().map(|state| (*state).to_owned()));
    }
    assert!(
        ["failed", "unknown", "re_enabled"].iter().all(|state| disabled.contains(*state)),
        "{disabled:?}"
    );
    for format in ["csv", "json", "html"] {
        let line = ["report", "assistants.ledger", "-vv", "--format", format];
        assert!(watched.run(&line).exits_with(0).stdout.contains("***API key"), "{format}");
        watched.run(&[&line[..], &["--redact"]].concat()).exits_with(0);
    }
    // What was echoed did come in, and was masked in every form.
    let report = watched.desk.read("run.jsonl");
    assert!(report.contains("***API key***"));
    if key.len() > 5 {
        assert!(report.contains("***API key in base64***") && report.contains("***API key in hex***"));
    }
}

fn serve(answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) -> (Runtime, MockServer) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        server
    });
    (runtime, server)
}

#[test]
fn the_search_finds_a_key_in_every_disguise() {
    for key in [PLAIN, ODD, SHORT, &long()] {
        for spelling in disguise::in_json(key) {
            let answer = format!(r#"{{"message":"a {spelling} z"}}"#);
            assert!(search::trace(answer.as_bytes(), key).is_some(), "{answer}");
        }
        assert!(search::trace(disguise::in_header(key).as_bytes(), key).is_some());
        assert_eq!(search::trace(record(&id(1)).to_string().as_bytes(), key), None);
    }
}

#[test]
fn no_command_lets_a_plain_key_out() {
    every_command(PLAIN, Given::Variable);
}

#[test]
#[ignore = "the plain key is the sample: .ci/run has it"]
fn no_command_lets_a_key_out_that_every_encoding_changes() {
    every_command(ODD, Given::File);
}

#[test]
#[ignore = "the plain key is the sample: .ci/run has it"]
fn no_command_lets_a_long_key_out() {
    every_command(&long(), Given::Stdin);
}

#[test]
#[ignore = "the plain key is the sample: .ci/run has it"]
fn no_command_lets_a_short_key_out() {
    every_command(SHORT, Given::Variable);
}

sampled! { answers_that_stop_a_command_let_no_key_out }

/// Answers that end a run at once, in which one command after the other meets every spelling of the key.
fn answers_that_stop_a_command_let_no_key_out(extent: Extent) {
    for key in extent.either(&[PLAIN][..], &[PLAIN, ODD]) {
        let echo = Echo::of(key);
        for spellings in echo.spellings.chunks(40) {
            let said = spellings.join(" ");
            for (status, kind, body) in [
                (401, "application/json", format!(r#"{{"message":"{said}"}}"#)),
                (
                    403,
                    "application/json",
                    format!(r#"{{"error":"INSUFFICIENT_SCOPES","details":{{"missing":["{said}"]}}}}"#),
                ),
                (404, "text/html", format!("<!doctype html><title>{said}</title>")),
                (410, "text/plain", said.clone()),
                (302, "text/html", said.clone()),
                (407, "application/json", format!(r#"{{"error":"{said}"}}"#)),
                (503, "application/json", format!(r#"{{"message":"{said}"}}"#)),
                (
                    200,
                    "application/json",
                    format!(r#"{{"agents":[],"data":[{{"id":7}}],"nextCursor":"{said}"}}"#),
                ),
            ] {
                let mut answer = echo.with_headers(status, body, kind);
                if status == 503 {
                    answer = answer.insert_header("retry-after", "1801");
                }
                let (_runtime, server) = serve(move |_: &Request| answer.clone());
                let place = ["--base-url", &server.uri(), "--retries", "0", "-vv"].map(str::to_owned);
                let place: Vec<&str> = place.iter().map(String::as_str).collect();
                let mut watched = Watched::new(key, Given::Variable, &[id(1)]);
                for command in [&["run", "assistants.csv"][..], &["audit", "assistants.csv"]] {
                    let ran = watched
                        .run(&[command, &place, &["--log-format", "json", "--log-file", "log"]].concat());
                    assert_ne!(ran.code, 0, "{command:?} {status}: {}", ran.stderr);
                }
                assert_ne!(watched.run(&[&["list"], &place[..2]].concat()).code, 0, "{status}");
                assert_ne!(watched.run(&[&["doctor", "--json"], &place[..2]].concat()).code, 0, "{status}");
            }
        }
    }
}

#[test]
fn where_the_key_stood_nothing_else_passes_for_the_same() {
    let runtime = Runtime::new().unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(KEY);
    let hex: String =
        KEY.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).map(char::from).collect();
    let agents = [
        (KEY, "verified"),
        ("***", "mismatch"),
        (&encoded, "mismatch"),
        (&hex, "mismatch"),
        ("", "mismatch"),
    ];
    let ids: Vec<String> = (0..5).map(id).collect();
    let platform = runtime.block_on(async {
        let platform = Platform::start().await;
        for (id, (said, _)) in ids.iter().zip(agents) {
            let saying = |said: &str| record_with(id, &json!({"instruction": format!("Send {said}")}));
            platform.assistant(id, assistant_answer(&saying(KEY))).await;
            platform.agent(id, agent_answer(&saying(said))).await;
        }
        platform
    });
    let desk = Desk::with_ids(&ids);
    desk.run(&platform.server.uri(), &[]).exits_with(3);
    assert_eq!(desk.report().column("status"), agents.map(|(_, status)| status));
}

/// Argument lists and environments of all processes but ours and `except`.
#[cfg(target_os = "linux")]
fn processes(except: u32) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let ours = [except.to_string(), std::process::id().to_string()];
    let all = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().is_some_and(|name| !ours.iter().any(|id| name == id.as_str())))
        .flat_map(|path| [path.join("cmdline"), path.join("environ")])
        .filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?)))
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn while_a_run_is_under_way_no_file_and_no_process_holds_the_key() {
    let key = format!("sk-own-{}", std::process::id()) + "-4fz8Qq7lMx";
    for given in [Given::Variable, Given::File, Given::Stdin] {
        let echo = Echo::of(&key);
        let answered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answered);
        let (_runtime, server) = serve(move |request: &Request| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            // Enough rows are in the ledger; the rest wait until they are killed.
            let wait = Duration::from_secs(if number < 40 { 0 } else { 60 });
            echo.answer(request).set_delay(wait)
        });
        let ids: Vec<String> = (0..60).map(id).collect();
        let mut watched = Watched::new(&key, given, &ids);
        let url = server.uri();
        let line =
            ["run", "assistants.csv", "--base-url", &url, "--rpm", "1000000", "--log-file", "log", "-vv"];
        let mut child = watched.program(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(format!("\u{feff}{key}\r\n").as_bytes()).unwrap();
        }
        let started = Instant::now();
        while answered.load(Ordering::SeqCst) < 41 {
            assert!(started.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(5));
        }
        // The environment is how it was given the key.
        let own = if given == Given::Variable { child.id() } else { 0 };
        let arguments = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        watched.look(&arguments, "its own arguments");
        for (path, content) in processes(own).into_iter().chain(files(watched.desk.folder.path())) {
            assert!(!contains(&content, &key), "{}", path.display());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = files(watched.desk.folder.path());
        assert!(
            left.iter().any(|(path, _)| path.to_string_lossy().ends_with("-wal")),
            "no side file was looked at"
        );
        for (path, content) in left {
            watched.look(&content, &path.display().to_string());
        }
    }
}

#[cfg(target_os = "linux")]
fn contains(bytes: &[u8], key: &str) -> bool {
    memchr::memmem::find(bytes, key.as_bytes()).is_some()
}

#[test]
fn a_key_in_place_of_its_file_is_not_repeated() {
    let mut watched = Watched::new(PLAIN, Given::Variable, &[id(1)]);
    for command in
        [&["run", "assistants.csv", "-vv", "--log-file", "log"][..], &["list", "--log-format", "json"]]
    {
        let line = [command, &["--base-url", "http://127.0.0.1:1", "--api-key-file", PLAIN]].concat();
        watched.run(&line).exits_with(2).says("not the key itself");
    }
}

#[test]
fn a_key_in_an_address_is_refused_or_left_out_and_never_repeated() {
    let mut watched = Watched::new(PLAIN, Given::Variable, &[id(1)]);
    for url in
        [format!("https://me:{PLAIN}@ai.example.invalid"), format!("https://{PLAIN}@ai.example.invalid")]
    {
        for command in [&["run", "assistants.csv"][..], &["audit", "assistants.csv"], &["list"]] {
            watched
                .run(&[command, &["--base-url", &url]].concat())
                .exits_with(2)
                .says("holds a user name or a password");
        }
        watched.run(&["doctor", "--base-url", &url]).exits_with(5);
    }
    for query in
        [format!("https://ai.example.invalid/?key={PLAIN}"), format!("https://ai.example.invalid/#{PLAIN}")]
    {
        watched.run(&["run", "assistants.csv", "--base-url", &query]).exits_with(2).says("Give it without");
    }
    for proxy in [format!("http://me:{PLAIN}@127.0.0.1:1"), format!("http://{PLAIN}@:x")] {
        let place = ["--base-url", "https://ai.example.invalid", "--timeout", "2"];
        for command in
            [&["run", "assistants.csv", "--retries", "0", "-vv"][..], &["doctor"], &["list", "-vv"]]
        {
            let mut program = watched.program(&[command, &place].concat());
            let ran = Ran::of(program.env("HTTPS_PROXY", &proxy));
            assert_ne!(ran.code, 0);
            watched.look((ran.stdout + &ran.stderr).as_bytes(), &format!("{command:?} through {proxy}"));
        }
    }
    for (path, content) in files(watched.desk.folder.path()) {
        watched.look(&content, &path.display().to_string());
    }
}
