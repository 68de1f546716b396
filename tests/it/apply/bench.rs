//! The language of these tests: a practice workspace, a ledger of it, and what `apply` does there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use agent_migrate::practice::{self, Endpoint, Sandbox, SandboxOptions};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::{Desk, KEY, Ran, Report, id, record_with};

/// A workspace, and a desk with a ledger of all its assistants.
pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) sandbox: Sandbox,
    // Last, so that it outlives the sandbox that runs on it.
    _runtime: Runtime,
}

/// The assistant of that number, whose agent has these fields otherwise.
pub(crate) fn differing(number: u32, fields: &Value) -> Value {
    json!({"outcome": "mismatch", "assistant": assistant(number), "agent": {"differs": {"set": fields}}})
}

/// The assistant of that number, whose agent is the same.
pub(crate) fn same(number: u32) -> Value {
    json!({"outcome": "verified", "assistant": assistant(number)})
}

/// The assistant of that number, without an agent.
pub(crate) fn alone(number: u32) -> Value {
    json!({"outcome": "agent_not_found", "assistant": assistant(number), "agent": "missing"})
}

/// Without tools and files: what every update may carry.
pub(crate) fn assistant(number: u32) -> Value {
    let changes = json!({
        "name": format!("Assistant {number}"),
        "actions": null,
        "attachments": null,
        "inputFields": null,
        "inputType": "PROMPT",
    });
    record_with(&id(number), &changes)
}

pub(crate) fn uuid(number: u32) -> Uuid {
    Uuid::parse_str(&id(number)).unwrap()
}

impl Bench {
    /// With a ledger of `run`.
    pub(crate) fn with(entries: &[Value], options: SandboxOptions) -> Self {
        let bench = Self::without_ledger(entries, options);
        bench.run();
        bench
    }

    pub(crate) fn without_ledger(entries: &[Value], options: SandboxOptions) -> Self {
        let ids: Vec<_> =
            entries.iter().map(|entry| entry["assistant"]["id"].as_str().unwrap().to_owned()).collect();
        let desk = Desk::with_ids(&ids);
        let models =
            ["gpt-5", "gpt-6", "gpt-4", "gpt-5@default"].map(|id| json!({"id": id, "object": "model"}));
        let workspace = json!({"about": "a test", "models": models, "assistants": entries});
        std::fs::write(desk.path("workspace.json"), workspace.to_string()).unwrap();
        let options = SandboxOptions {
            key: Some(options.key.unwrap_or_else(|| KEY.into())),
            workspace: Some(desk.path("workspace.json")),
            no_made_up: true,
            ..options
        };
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(practice::start(options)).unwrap();
        Self { desk, sandbox, _runtime: runtime }
    }

    pub(crate) fn run(&self) -> Ran {
        self.desk.run(&self.sandbox.base_url(), &[])
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.desk.program();
        command.args(["apply", "assistants.ledger", "--rpm", "1000000", "--retries", "0"]).args(arguments);
        command
    }

    /// `apply assistants.ledger --yes`.
    pub(crate) fn apply(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(&[&["--yes"], arguments].concat()))
    }

    /// The same without `--yes`.
    pub(crate) fn apply_asking(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// `apply assistants.ledger --yes` that is still running.
    pub(crate) fn applying(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(&[&["--yes"], arguments].concat());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn report(&self) -> Report {
        Report::parse(&self.desk.read("assistants.apply.csv"))
    }

    /// The statuses of the report, with blanks between.
    pub(crate) fn statuses(&self) -> String {
        self.report().column("status").join(" ")
    }

    /// What everybody uses, but for times.
    pub(crate) fn published(&self, number: u32) -> Map<String, Value> {
        timeless(self.sandbox.agent(uuid(number)).unwrap().published().unwrap().fields.clone())
    }

    /// What is in the draft, but for times.
    pub(crate) fn draft(&self, number: u32) -> Map<String, Value> {
        timeless(self.sandbox.agent(uuid(number)).unwrap().draft.fields)
    }

    pub(crate) fn versions(&self, number: u32) -> usize {
        self.sandbox.agent(uuid(number)).unwrap().versions.len()
    }

    /// Somebody changes that field in the web app, and does not publish it.
    pub(crate) fn edit(&self, number: u32, field: &str, value: Value) {
        assert!(
            self.sandbox.edit(uuid(number), |content| drop(content.fields.insert(field.to_owned(), value)))
        );
    }

    /// Somebody publishes what stands in the draft.
    pub(crate) fn publish(&self, number: u32) {
        let body = json!({"agentId": id(number)}).to_string();
        let address = self.sandbox.base_url().replace("http://", "");
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /agent/v1/publish HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The writes so far: `update 1 {…}`, `publish 1`, `create`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let short = |id: Option<Uuid>| id.map_or(0, |id| u32::try_from(id.as_u128() >> 96).unwrap());
        let writes = self.sandbox.writes().into_iter();
        let said = writes.map(|request| match request.endpoint {
            Endpoint::AgentUpdate => {
                let mut body = request.body.unwrap_or_default();
                body.as_object_mut().unwrap().shift_remove("agentId");
                format!("update {} {body}", short(request.id))
            }
            Endpoint::AgentPublish => format!("publish {}", short(request.id)),
            Endpoint::AgentCreate => "create".to_owned(),
            other => format!("{other:?} {}", short(request.id)),
        });
        said.collect()
    }

    #[track_caller]
    pub(crate) fn wait_for_writes(&self, count: usize, child: &mut Child) {
        let started = Instant::now();
        while self.sandbox.writes().len() < count && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < Duration::from_secs(20), "they never came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn timeless(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.remove("updatedAt");
    fields
}
