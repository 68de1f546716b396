//! The language of the tests that switch assistants: a practice workspace of told assistants, the program run against
//! it, and what it did there.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agent_migrate::practice;
use agent_migrate::practice::{Endpoint, LoggedRequest, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{Desk, KEY, Ran, Report, id, record_with};

/// An assistant of the workspace, with its line in the input.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    number: u32,
    agent: Option<u32>,
    differs: bool,
    is_shared: bool,
}

/// The n-th assistant; its agent has the same UUID. The smaller the number, the longer ago it was updated.
pub(crate) const fn same(number: u32) -> Entry {
    Entry { number, agent: None, differs: false, is_shared: true }
}

/// An assistant whose agent is the one of that number.
pub(crate) const fn other(number: u32, agent: u32) -> Entry {
    Entry { agent: Some(agent), ..same(number) }
}

/// An assistant whose agent is another than it was.
pub(crate) const fn mismatch(number: u32) -> Entry {
    Entry { differs: true, ..same(number) }
}

/// An assistant that is not shared with the key, nor is its agent.
pub(crate) const fn not_shared(number: u32) -> Entry {
    Entry { is_shared: false, ..same(number) }
}

impl Entry {
    fn in_workspace(self) -> Value {
        let minute = format!("2025-01-01T{:02}:{:02}:00.000Z", self.number / 60 % 24, self.number % 60);
        let name = format!("Assistant {}", self.number);
        let mut change = json!({});
        if let Some(agent) = self.agent {
            change["id"] = json!(id(agent));
        }
        if self.differs {
            change["set"] = json!({"model": "gpt-4"});
        }
        json!({
            "outcome": if self.differs { "mismatch" } else { "verified" },
            "assistant": record_with(&id(self.number), &json!({"name": name, "updatedAt": minute})),
            "access": if self.is_shared { "shared" } else { "not_shared" },
            "agent": {"differs": change},
            "agent_access": if self.is_shared { "shared" } else { "not_shared" },
        })
    }

    fn in_input(self) -> String {
        format!("{},{}\n", id(self.number), self.agent.map(id).unwrap_or_default())
    }
}

/// Assistant and agent are two records.
pub(crate) fn two_records() -> SandboxOptions {
    SandboxOptions::default()
}

/// Assistant and agent of one UUID are one record.
pub(crate) fn one_record() -> SandboxOptions {
    SandboxOptions { one_record: true, ..SandboxOptions::default() }
}

pub(crate) fn uuid(number: u32) -> Uuid {
    Uuid::parse_str(&id(number)).unwrap()
}

fn number(uuid: Uuid) -> u32 {
    u32::try_from(uuid.as_u128() >> 96).unwrap()
}

fn numbers(uuids: BTreeSet<Uuid>) -> Vec<u32> {
    uuids.into_iter().map(number).collect()
}

/// A workspace of told assistants, and a desk with all of them as input.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) url: String,
    sandbox: Sandbox,
    // Last, so that it outlives the sandbox that runs on it.
    _runtime: Runtime,
}

impl Office {
    pub(crate) fn with(entries: &[Entry], options: SandboxOptions) -> Self {
        let lines: String = entries.iter().map(|entry| entry.in_input()).collect();
        let desk = Desk::with_input(format!("assistant_id,agent_id\n{lines}"));
        let assistants: Vec<_> = entries.iter().map(|entry| entry.in_workspace()).collect();
        let workspace = json!({"about": "a test", "models": [], "assistants": assistants});
        std::fs::write(desk.path("workspace.json"), workspace.to_string()).unwrap();
        let options = SandboxOptions {
            key: Some(KEY.into()),
            workspace: Some(desk.path("workspace.json")),
            no_made_up: true,
            ..options
        };
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(practice::start(options)).unwrap();
        Self { desk, url: sandbox.base_url(), sandbox, _runtime: runtime }
    }

    /// Lines of the input added as they are.
    pub(crate) fn and_lines(self, lines: &str) -> Self {
        let input = self.desk.read("assistants.csv") + lines;
        std::fs::write(self.desk.path("assistants.csv"), input).unwrap();
        self
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut SandboxOptions)) {
        self.sandbox.change(change);
    }

    /// `run` as it is, against the sandbox; what an earlier run left to look at is looked at without waiting.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let is_told = arguments.contains(&"--probe-wait");
        let at_once: &[&str] = if is_told { &[] } else { &["--probe-wait", "0"] };
        self.desk.run(&self.url, &[at_once, arguments].concat())
    }

    /// `run --disable --yes` that looks at the probe once, at once.
    pub(crate) fn disable(&self, arguments: &[&str]) -> Ran {
        let all = [&["--disable", "--yes", "--retries", "0", "--probe-wait", "0"], arguments].concat();
        self.run(&all)
    }

    /// The same with another `--probe-wait`.
    pub(crate) fn disable_watching(&self, seconds: u32, arguments: &[&str]) -> Ran {
        let seconds = seconds.to_string();
        let all = [&["--disable", "--yes", "--retries", "0", "--probe-wait", &seconds], arguments].concat();
        self.run(&all)
    }

    /// `run --disable --yes` that is still running.
    pub(crate) fn disabling(&self, probe_wait: u32, arguments: &[&str]) -> Running {
        let mut command = self.desk.program();
        command.args([
            "run",
            "assistants.csv",
            "--base-url",
            &self.url,
            "--rpm",
            "1000000",
            "--retries",
            "0",
        ]);
        command.args(["--disable", "--yes", "--probe-wait", &probe_wait.to_string()]).args(arguments);
        Running::of(command)
    }

    /// `rollback assistants.ledger --yes`.
    pub(crate) fn rollback(&self, arguments: &[&str]) -> Ran {
        self.rollback_asking(&[&["--yes"], arguments].concat())
    }

    /// `rollback assistants.ledger --yes` that is still running.
    pub(crate) fn rolling_back(&self) -> Running {
        let mut command = self.desk.program();
        command.args(["rollback", "assistants.ledger", "--yes", "--rpm", "1000000", "--retries", "0"]);
        Running::of(command)
    }

    /// `rollback assistants.ledger` without `--yes`.
    pub(crate) fn rollback_asking(&self, arguments: &[&str]) -> Ran {
        let mut command = self.desk.program();
        command.args(["rollback", "assistants.ledger", "--rpm", "1000000", "--retries", "0"]).args(arguments);
        Ran::of(&mut command)
    }

    pub(crate) fn report(&self) -> Report {
        self.desk.report()
    }

    /// What the ledger says, by `report LEDGER`: the assistants that it says are off, or may be.
    pub(crate) fn off_by_ledger(&self) -> BTreeSet<u32> {
        let ran = Ran::of(self.desk.program().args(["report", "assistants.ledger"])).exits_with(0);
        let report = Report::parse(&ran.stdout);
        let off =
            report.rows.iter().filter(|row| ["disabled", "unknown"].contains(&row["disabled"].as_str()));
        off.map(|row| number(row["assistant_id"].parse().unwrap())).collect()
    }

    /// The assistants that are off at the server.
    pub(crate) fn off(&self) -> Vec<u32> {
        numbers(self.sandbox.disabled_assistants())
    }

    /// The agents that are off at the server.
    pub(crate) fn agents_off(&self) -> Vec<u32> {
        numbers(self.sandbox.disabled_agents())
    }

    pub(crate) fn log(&self) -> Vec<LoggedRequest> {
        self.sandbox.log()
    }

    /// Requests received so far.
    pub(crate) fn requests(&self) -> usize {
        self.log().len()
    }

    /// What was asked of the platform, in order: `read list, off 2, list, on 2`. `read` stands for any number of
    /// assistants and agents in a row.
    pub(crate) fn deeds(&self) -> String {
        self.deeds_since(0)
    }

    /// The same without the first so many requests.
    pub(crate) fn deeds_since(&self, first: usize) -> String {
        let mut deeds: Vec<String> = self.log()[first..].iter().map(deed).collect();
        deeds.dedup_by(|one, before| one == "read" && before == "read");
        deeds.join(", ")
    }

    /// Requests to disable (`true`) or to enable (`false`) so far, on either side.
    pub(crate) fn switches(&self, off: bool) -> usize {
        self.log().iter().filter(|request| request.disabled == Some(off)).count()
    }

    /// Waits until the sandbox has seen that.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !what(self) {
            assert!(started.elapsed() < Duration::from_secs(20), "it never came: {}", self.deeds());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn deed(request: &LoggedRequest) -> String {
    let on_or_off = if request.disabled == Some(true) { "off" } else { "on" };
    let id = request.id.map(number).unwrap_or_default();
    match request.endpoint {
        Endpoint::AssistantGet | Endpoint::AgentGet => "read".into(),
        Endpoint::List => "list".into(),
        Endpoint::Governance => "governance".into(),
        Endpoint::AssistantDisable => format!("{on_or_off} {id}"),
        Endpoint::AgentDisable => format!("agent {on_or_off} {id}"),
        Endpoint::AgentUpdate => format!("update {id}"),
        Endpoint::AgentPublish => format!("publish {id}"),
        Endpoint::AgentCreate => "create".into(),
        Endpoint::Models | Endpoint::Elsewhere => format!("{} {}", request.method, request.path),
    }
}

/// A run that has not ended.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    fn of(mut command: Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        Self { child: child.unwrap() }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let arguments = ["-INT", &self.child.id().to_string()].map(String::from);
        Command::new("kill").args(arguments).status().unwrap();
    }

    /// `kill -9`; whether it was still running.
    pub(crate) fn kill(mut self) -> bool {
        let was_running = self.child.try_wait().unwrap().is_none();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        was_running
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What came of it, when it ends by itself.
    pub(crate) fn ends(mut self) -> Ran {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, stdout: String::new(), stderr }
    }
}
