//! The language of the whole-run tests: a platform that answers as told, a run of the compiled program, its report.

#![allow(dead_code, reason = "each test file uses its own part of the language")]

pub(crate) mod browser;
pub(crate) mod extent;
pub(crate) mod office;
pub(crate) mod raw_server;
#[path = "../../schema/check.rs"]
pub(crate) mod schema;
#[cfg(target_os = "linux")]
pub(crate) mod window;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use agent_migrate::practice::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const KEY: &str = "sk-test-4fz8/Qq+lM=2";

/// The n-th UUID of a test.
pub(crate) fn id(n: u32) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

/// Waits until the practice workspace has received so many requests.
pub(crate) fn wait_for_requests(sandbox: &Sandbox, at_least: u64) {
    let until = Instant::now() + Duration::from_secs(60);
    while sandbox.requests() < at_least {
        assert!(Instant::now() < until, "{} requests came", sandbox.requests());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An assistant (or agent) object as the platform answers it, with every documented field set.
pub(crate) fn record(id: &str) -> Value {
    json!({
        "id": id,
        "name": "Travel expenses",
        "description": "Answers questions about travel expenses",
        "instruction": "You answer questions about travel expenses.",
        "emojiIcon": "🧾",
        "model": "gpt-5",
        "temperature": 0.3,
        "conversationStarters": ["What may I claim?", "Where do I hand it in?"],
        "inputType": "STRUCTURED",
        "webSearchEnabled": true,
        "imageGenerationEnabled": false,
        "codeInterpreterEnabled": false,
        "canvasEnabled": true,
        "extendedThinking": false,
        "actions": [{"actionId": "0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10", "requiresConfirmation": true}],
        "inputFields": [{"slug": "topic", "type": "TEXT", "label": "Topic", "description": "", "required": true,
            "order": 0, "options": [], "fileTypes": null}],
        "attachments": ["5d1b8d0e-0f7e-4a55-8f43-53e2f1a0c9aa"],
        "createdAt": "2025-01-07T09:12:44.000Z",
        "updatedAt": "2026-03-02T16:20:01.000Z",
    })
}

/// The record with some fields changed; a JSON `null` removes the field.
pub(crate) fn record_with(id: &str, changes: &Value) -> Value {
    let mut record = record(id);
    for (field, value) in changes.as_object().unwrap() {
        if value.is_null() {
            record.as_object_mut().unwrap().remove(field);
        } else {
            record[field] = value.clone();
        }
    }
    record
}

pub(crate) fn assistant_answer(record: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"status": "success", "assistant": record}))
}

pub(crate) fn agent_answer(record: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"status": "success", "agent": record}))
}

/// A platform that answers as told, over real HTTP.
pub(crate) struct Platform {
    pub(crate) server: MockServer,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        Self { server: MockServer::start().await }
    }

    pub(crate) async fn assistant(&self, id: &str, answer: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path("/assistant/v1/get"))
            .and(query_param("assistantId", id))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    pub(crate) async fn agent(&self, id: &str, answer: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path("/agent/v1/get"))
            .and(query_param("agentId", id))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// An assistant whose agent is the same.
    pub(crate) async fn pair(&self, id: &str) {
        self.assistant(id, assistant_answer(&record(id))).await;
        self.agent(id, agent_answer(&record(id))).await;
    }

    /// Requests received so far, by path.
    pub(crate) async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap_or_default().len()
    }
}

/// A folder with an input, in which the compiled program is run.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

impl Desk {
    pub(crate) fn with_input(input: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("assistants.csv"), input).unwrap();
        Self { folder }
    }

    /// An input with these UUIDs, one a line, under a header.
    pub(crate) fn with_ids(ids: &[String]) -> Self {
        Self::with_input(format!("assistant_id\n{}\n", ids.join("\n")))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program, ready to be given arguments; the environment holds the key and nothing else of ours.
    pub(crate) fn program(&self) -> std::process::Command {
        self.at_this_desk(std::process::Command::new(env!("CARGO_BIN_EXE_agent-migrate")))
    }

    /// A command line as a person would paste it into a shell.
    #[cfg(unix)]
    pub(crate) fn in_shell(&self, line: &str) -> std::process::Command {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", line]);
        self.at_this_desk(shell)
    }

    fn at_this_desk(&self, mut command: std::process::Command) -> std::process::Command {
        command.current_dir(self.folder.path());
        for variable in ["LANGDOCK_API_KEY", "ODEUS_API_KEY", "AGENT_MIGRATE_BASE_URL", "NO_COLOR"] {
            command.env_remove(variable);
        }
        command.env("AGENT_MIGRATE_API_KEY", KEY);
        command
    }

    /// `run assistants.csv` against a base URL, fast.
    pub(crate) fn run(&self, base_url: &str, arguments: &[&str]) -> Ran {
        let mut command = self.program();
        command.args(["run", "assistants.csv", "--base-url", base_url, "--rpm", "1000000"]).args(arguments);
        Ran::of(&mut command)
    }

    /// The report that the last run wrote.
    pub(crate) fn report(&self) -> Report {
        Report::parse(&self.read("assistants.report.csv"))
    }
}

/// What came of a run of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut std::process::Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// However the lines are broken.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.has_said(words), "no {words:?} in:\n{}", self.stderr);
        self
    }

    /// Whether it did.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        on_one_line(&self.stderr).contains(&on_one_line(words))
    }
}

/// The text with a single blank for every break between words.
pub(crate) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A CSV report, row by row.
pub(crate) struct Report {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<HashMap<String, String>>,
}

impl Report {
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let columns: Vec<String> = reader.headers().unwrap().iter().map(String::from).collect();
        let rows = reader
            .records()
            .map(|record| columns.iter().cloned().zip(record.unwrap().iter().map(String::from)).collect())
            .collect();
        Self { columns, rows }
    }

    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        self.rows.iter().map(|row| row[name].as_str()).collect()
    }

    /// What became of the assistants, row by row.
    pub(crate) fn disabled(&self) -> Vec<&str> {
        self.column("disabled")
    }

    /// The rows without what differs from run to run.
    pub(crate) fn timeless(&self) -> Vec<Vec<String>> {
        let passing = ["requests", "elapsed_ms", "checked_at"];
        let kept: Vec<_> = self.columns.iter().filter(|column| !passing.contains(&column.as_str())).collect();
        self.rows.iter().map(|row| kept.iter().map(|column| row[*column].clone()).collect()).collect()
    }

    #[track_caller]
    pub(crate) fn row(&self, id: &str) -> &HashMap<String, String> {
        self.rows.iter().find(|row| row["assistant_id"] == id).unwrap_or_else(|| panic!("no row of {id}"))
    }
}

/// Every file of a folder with its content.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}
