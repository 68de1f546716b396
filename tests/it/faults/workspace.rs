//! The workspace that the faults happen in: five assistants, their agents, the list, the models and the switches, each
//! as PLATFORM.md has them, and an account of everything that was asked and done.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::raw_server::{Manners, RawServer, Request, Step, whole};
use crate::support::{Desk, KEY, id, record};

/// Rows of every case.
pub(crate) const ROWS: usize = 5;

/// A call of the platform, or one of the two directions of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Assistant,
    Agent,
    List,
    Models,
    Disable,
    Enable,
}

impl Call {
    /// The word in front of the report's `error`.
    pub(crate) fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Where in the input the fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Middle,
    Last,
}

impl Place {
    pub(crate) const ALL: [Self; 3] = [Self::First, Self::Middle, Self::Last];

    /// Counted from 1.
    pub(crate) const fn row(self) -> usize {
        match self {
            Self::First => 1,
            Self::Middle => ROWS.div_ceil(2),
            Self::Last => ROWS,
        }
    }
}

/// What the platform would have answered.
pub(crate) struct Good {
    pub(crate) body: Value,
}

impl Good {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.body.to_string().into_bytes()
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        whole(200, &[("content-type", "application/json")], &self.bytes())
    }
}

/// What is answered in place of that.
pub(crate) type Answer = Arc<dyn Fn(&Good) -> Vec<Step> + Send + Sync>;

/// A fault that waits for its request.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    /// Counted from 1; `None` is any.
    pub(crate) row: Option<usize>,
    /// So many of these requests are answered as they should be before.
    pub(crate) spared: u32,
    /// So many of them are not.
    pub(crate) times: u32,
    /// Whether a switch is set all the same.
    pub(crate) is_applied: bool,
    pub(crate) answer: Answer,
}

impl Fault {
    pub(crate) fn at(call: Call, row: usize, answer: Answer) -> Self {
        Self { call, row: Some(row), spared: 0, times: u32::MAX, is_applied: false, answer }
    }

    pub(crate) fn of(call: Call, answer: Answer) -> Self {
        Self { row: None, ..Self::at(call, 0, answer) }
    }
}

/// A request by what it asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) row: usize,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call.word(), self.row)
    }
}

#[derive(Default)]
struct Account {
    faults: Vec<Fault>,
    /// The connection that is reset before anything is read.
    shut: Option<usize>,
    off: BTreeSet<usize>,
    asked: Vec<(Asked, Instant)>,
    /// What no request of this program should ever be.
    odd: Vec<String>,
}

/// The workspace behind the server.
pub(crate) struct Workspace {
    account: Mutex<Account>,
    /// Whether an agent is off with its assistant.
    is_one_record: bool,
    /// Whether every good answer ends its connection.
    is_brief: bool,
}

impl Workspace {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self {
            account: Mutex::new(Account { faults, ..Account::default() }),
            is_one_record: false,
            is_brief: false,
        }
    }

    pub(crate) fn of_one_record(self) -> Self {
        Self { is_one_record: true, ..self }
    }

    /// A request a connection, of which this one, counted from 0, is reset before anything is read.
    pub(crate) fn shut_at(self, connection: usize) -> Self {
        self.account().shut = Some(connection);
        Self { is_brief: true, ..self }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    /// From now on it is as it should be.
    pub(crate) fn heal(&self) {
        let mut account = self.account();
        account.faults.clear();
        account.shut = None;
    }

    /// From now on it is at fault so.
    pub(crate) fn ail(&self, fault: Fault) {
        self.account().faults.push(fault);
    }

    /// The rows whose assistants are off, counted from 1.
    pub(crate) fn off(&self) -> Vec<usize> {
        self.account().off.iter().copied().collect()
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.account().asked).into_iter().map(|(asked, _)| asked).collect()
    }

    /// The longest time between two requests so far.
    pub(crate) fn longest_silence(&self) -> Duration {
        let account = self.account();
        let pairs = account.asked.iter().zip(account.asked.iter().skip(1));
        pairs.map(|((_, one), (_, next))| *next - *one).max().unwrap_or_default()
    }

    pub(crate) fn odd(&self) -> Vec<String> {
        self.account().odd.clone()
    }

    fn list(&self, off: &BTreeSet<usize>) -> Value {
        let agents: Vec<Value> = (1..=ROWS)
            .map(|row| {
                let mut agent = object(row);
                agent["disabled"] = json!(self.is_one_record && off.contains(&row));
                agent
            })
            .collect();
        json!({"agents": agents, "nextCursor": null})
    }

    fn good(&self, call: Call, row: usize, off: &BTreeSet<usize>) -> Good {
        let body = match call {
            Call::Assistant => json!({"status": "success", "assistant": object(row)}),
            Call::Agent => json!({"status": "success", "agent": object(row)}),
            Call::List => self.list(off),
            Call::Models => {
                json!({"object": "list", "data": [{"id": "gpt-5", "object": "model", "created": 1_686_935_735_000_u64,
                    "region": "eu", "supportsExtendedThinking": false}]})
            }
            Call::Disable => json!({"status": "success", "message": "Assistant disabled successfully"}),
            Call::Enable => json!({"status": "success", "message": "Assistant enabled successfully"}),
        };
        Good { body }
    }
}

/// A row's assistant, and its agent: the two are the same.
fn object(row: usize) -> Value {
    let mut object = record(&id(u32::try_from(row).unwrap()));
    object["name"] = json!(format!("Assistant {row}"));
    // The first is the least recently updated, which makes it the probe.
    object["updatedAt"] = json!(format!("2025-01-{row:02}T00:00:00.000Z"));
    object
}

impl Manners for Workspace {
    fn lets_in(&self, connection: usize) -> bool {
        self.account().shut != Some(connection)
    }

    fn answer(&self, request: &Request) -> Vec<Step> {
        let mut account = self.account();
        if !request.head.contains(&format!("authorization: Bearer {KEY}\r\n")) {
            account.odd.push(format!("without the key: {}", request.head));
        }
        let Some(Asked { call, row }) = asked(request) else {
            account.odd.push(request.head.clone());
            return whole(404, &[("content-type", "application/json")], b"{\"message\":\"Not found\"}");
        };
        account.asked.push((Asked { call, row }, Instant::now()));
        let fault = account
            .faults
            .iter_mut()
            .find(|fault| fault.call == call && fault.row.is_none_or(|at| at == row))
            .and_then(|fault| fault.is_due().then_some(&*fault));
        let (is_applied, answer) = match fault {
            Some(fault) => (fault.is_applied, Some(Arc::clone(&fault.answer))),
            None => (true, None),
        };
        match call {
            Call::Disable if is_applied => _ = account.off.insert(row),
            Call::Enable if is_applied => _ = account.off.remove(&row),
            _ => {}
        }
        let good = self.good(call, row, &account.off);
        // A slow answer must not hold the others up.
        drop(account);
        match answer {
            Some(answer) => answer(&good),
            // Announced, so that no request meets the connection as it closes.
            None if self.is_brief => {
                [whole(200, &[("connection", "close")], &good.bytes()), vec![Step::Close]].concat()
            }
            None => good.steps(),
        }
    }
}

impl Fault {
    /// Counts one more of its requests.
    fn is_due(&mut self) -> bool {
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        let is_due = self.times > 0;
        self.times = self.times.saturating_sub(1);
        is_due
    }
}

/// What a request asks for, if the platform knows it.
fn asked(request: &Request) -> Option<Asked> {
    // A proxy is asked with the whole address.
    let target = &request.target;
    let target =
        target.strip_prefix("http://").map_or(target.as_str(), |rest| &rest[rest.find('/').unwrap()..]);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let row = |id: &str| usize::from_str_radix(id.get(..8)?, 16).ok();
    let named = |name: &str| query.strip_prefix(name).and_then(row);
    Some(match (request.method.as_str(), path) {
        ("GET", "/assistant/v1/get") => Asked { call: Call::Assistant, row: named("assistantId=")? },
        ("GET", "/agent/v1/get") => Asked { call: Call::Agent, row: named("agentId=")? },
        ("GET", "/agent/v1/list") => Asked { call: Call::List, row: 0 },
        ("GET", "/agent/v1/models") => Asked { call: Call::Models, row: 0 },
        ("PATCH", "/assistant/v1/disable") => {
            let body: Value = serde_json::from_slice(&request.body).ok()?;
            let call = if body["disabled"].as_bool()? { Call::Disable } else { Call::Enable };
            Asked { call, row: row(body["assistantId"].as_str()?)? }
        }
        _ => return None,
    })
}

/// A workspace behind a server, and a desk with its rows as input.
pub(crate) struct Scene {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) server: RawServer,
    pub(crate) desk: Desk,
    pub(crate) url: String,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Scene {
    pub(crate) fn of(workspace: Workspace) -> Self {
        let workspace = Arc::new(workspace);
        let server = RawServer::start(Arc::clone(&workspace) as Arc<dyn Manners>);
        let url = format!("http://127.0.0.1:{}", server.port);
        Self { workspace, server, desk: desk(), url, environment: Vec::new() }
    }

    /// The same behind a certificate that nobody trusts.
    pub(crate) fn behind_tls(workspace: Workspace) -> Self {
        let workspace = Arc::new(workspace);
        let server = RawServer::tls(Arc::clone(&workspace) as Arc<dyn Manners>);
        let url = format!("https://127.0.0.1:{}", server.port);
        Self { workspace, server, desk: desk(), url, environment: Vec::new() }
    }
}

fn desk() -> Desk {
    let ids: Vec<String> = (1..=ROWS).map(|row| id(u32::try_from(row).unwrap())).collect();
    Desk::with_ids(&ids)
}
