//! The workspace file: what stands in a practice workspace, and how each agent differs from its assistant.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::request::Side;
use super::{SandboxError, made_up};

/// The workspace that is served when no other is given.
const EMBEDDED: &str = include_str!("../../samples/workspace.json");

/// A workspace file. A field that is not named here is an error, so that a typing mistake does not go unnoticed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceFile {
    /// What this file is, for whoever opens it.
    #[serde(rename = "about")]
    _about: Value,
    /// `data` of `GET /agent/v1/models`.
    pub(super) models: Vec<Value>,
    /// The assistants and their agents.
    pub(super) assistants: Vec<Entry>,
    /// Ids that are not in the workspace any more: 404 on both sides, and never made up.
    #[serde(default)]
    pub(super) gone: Vec<GoneEntry>,
}

/// An assistant and its agent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The status that a run should give it; documentation, and held against the rest of the entry by a test.
    #[cfg_attr(not(test), expect(dead_code, reason = "read for its form, and by tests"))]
    pub(super) outcome: Expected,
    /// The assistant as `GET /assistant/v1/get` gives it; only `id` is required.
    pub(super) assistant: Map<String, Value>,
    /// Whether the key may see the assistant.
    #[serde(default)]
    pub(super) access: Access,
    /// Whether the assistant is switched off at the start.
    #[serde(default)]
    pub(super) disabled: bool,
    /// What became of it as an agent.
    #[serde(default)]
    pub(super) agent: AgentSpec,
    /// Whether the key may see the agent.
    #[serde(default)]
    pub(super) agent_access: Access,
    /// What goes wrong with its calls.
    #[serde(default)]
    pub(super) trouble: Vec<TroubleSpec>,
}

/// A UUID in a workspace file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FileId(pub(super) Uuid);

impl TryFrom<String> for FileId {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, uuid::Error> {
        Uuid::try_parse(&text).map(Self)
    }
}

/// The status that a run should give an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expected {
    Verified,
    Mismatch,
    AgentNotFound,
    NoAccess,
    Failed,
}

/// Whether something is shared with the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Shared,
    NotShared,
}

/// What became of an assistant as an agent.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AgentSpec {
    /// The same object.
    #[default]
    Same,
    /// There is none.
    Missing,
    /// The same object but for these changes.
    Differs(AgentChange),
}

/// The changes that turn an assistant into its agent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AgentChange {
    /// The agent's own UUID, where it is not the assistant's.
    pub(super) id: Option<FileId>,
    /// Fields with another value, or that only the agent has.
    pub(super) set: Map<String, Value>,
    /// Fields that the agent does not have.
    pub(super) remove: Vec<String>,
    /// Text fields in which the first text, that must stand there once, is replaced by the second.
    pub(super) reword: BTreeMap<String, (String, String)>,
}

/// Something that goes wrong with the `get` of one side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TroubleSpec {
    /// Which side.
    pub(super) on: TroubleOn,
    /// What is answered in place of the object.
    pub(super) answer: Scripted,
    /// How often, from the first request on; always if absent.
    pub(super) times: Option<u32>,
}

/// The side that trouble is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TroubleOn {
    Assistant,
    Agent,
}

/// An answer in place of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scripted {
    /// A gateway's HTML page with this status.
    GatewayPage(u16),
    /// 429 with `Retry-After` of this many seconds.
    Throttled(u64),
    /// 200 and the object, under an id that was not asked for.
    OtherId,
    /// 200 and a text that is not JSON.
    NotJson,
    /// The connection is reset before the answer.
    Reset,
}

/// An id that is not in the workspace any more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GoneEntry {
    /// The id.
    pub(super) id: FileId,
    /// Why, for whoever opens the file.
    #[serde(rename = "why")]
    _why: String,
}

/// Trouble, and how often it has happened.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) answer: Scripted,
    times: Option<u32>,
    happened: AtomicU32,
}

impl Trouble {
    /// Whether it happens now; counts.
    fn happens(&self) -> bool {
        let Some(times) = self.times else { return true };
        self.happened
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < times).then_some(count + 1))
            .is_ok()
    }
}

/// An assistant or an agent, ready to be served.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) access: Access,
    /// The whole answer to its `get`.
    pub(super) body: Bytes,
    /// The same under an id that was not asked for.
    pub(super) other_id_body: Bytes,
    /// Its object in the list, without the closing `,"disabled":...}`.
    pub(super) listed: String,
    /// The same in the list of the whole workspace.
    pub(super) governed: String,
    trouble: Vec<Trouble>,
}

impl Record {
    /// The trouble that this request meets.
    pub(super) fn trouble(&self) -> Option<Scripted> {
        self.trouble.iter().find(|trouble| trouble.happens()).map(|trouble| trouble.answer)
    }
}

/// A workspace, ready to be served.
#[derive(Debug)]
pub(super) struct Workspace {
    assistants: HashMap<Uuid, Record>,
    agents: BTreeMap<Uuid, Record>,
    /// Every id that the file names, on either side.
    named: HashSet<Uuid>,
    /// Assistants that are off at the start.
    pub(super) disabled: Vec<Uuid>,
    /// The whole answer to `GET /agent/v1/models`.
    pub(super) models: Bytes,
}

/// What a workspace file says about an id.
pub(super) enum Lookup<'a> {
    Found(&'a Record),
    /// The file says that there is none.
    Absent,
    /// The file does not name the id.
    Unnamed,
}

impl Workspace {
    /// Reads a workspace file; `None` is the embedded one.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, SandboxError> {
        let name =
            path.map_or_else(|| "the embedded workspace".to_owned(), |path| path.display().to_string());
        let text = match path {
            None => EMBEDDED.to_owned(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| SandboxError::WorkspaceUnreadable { workspace: name.clone(), source })?,
        };
        let file: WorkspaceFile = serde_json::from_str(&text)
            .map_err(|source| SandboxError::WorkspaceInvalid { workspace: name.clone(), source })?;
        Self::build(file).map_err(|words| SandboxError::WorkspaceContradiction { workspace: name, words })
    }

    /// Renders every answer; the error is a sentence about the entry that makes no sense.
    pub(super) fn build(file: WorkspaceFile) -> Result<Self, String> {
        let models = Bytes::from(json!({ "object": "list", "data": file.models }).to_string());
        let mut workspace = Self {
            assistants: HashMap::new(),
            agents: BTreeMap::new(),
            named: HashSet::new(),
            disabled: Vec::new(),
            models,
        };
        for gone in file.gone {
            workspace.name(gone.id.0)?;
        }
        for entry in file.assistants {
            workspace.add(entry)?;
        }
        Ok(workspace)
    }

    fn name(&mut self, id: Uuid) -> Result<(), String> {
        if self.named.insert(id) { Ok(()) } else { Err(format!("{id} is named twice")) }
    }

    fn add(&mut self, entry: Entry) -> Result<(), String> {
        let id = entry
            .assistant
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| Uuid::try_parse(id).ok())
            .ok_or("an assistant has no `id` that is a UUID")?;
        self.name(id)?;
        if entry.disabled {
            self.disabled.push(id);
        }
        let agent = agent_of(&entry.assistant, &entry.agent).map_err(|words| format!("{id}: {words}"))?;
        let troubles = |on| -> Vec<Trouble> {
            let of_side = entry.trouble.iter().filter(|trouble| trouble.on == on);
            of_side
                .map(|trouble| Trouble {
                    answer: trouble.answer,
                    times: trouble.times,
                    happened: AtomicU32::new(0),
                })
                .collect()
        };
        if let Some((agent_id, object)) = agent {
            let agent_id = agent_id.unwrap_or(id);
            if agent_id != id {
                self.name(agent_id)?;
            }
            let record = record(Side::Agent, object, entry.agent_access, troubles(TroubleOn::Agent));
            self.agents.insert(agent_id, record);
        }
        let record = record(Side::Assistant, entry.assistant, entry.access, troubles(TroubleOn::Assistant));
        self.assistants.insert(id, record);
        Ok(())
    }

    /// What the file says about an id.
    pub(super) fn look_up(&self, side: Side, id: Uuid) -> Lookup<'_> {
        let found = match side {
            Side::Assistant => self.assistants.get(&id),
            Side::Agent => self.agents.get(&id),
        };
        match found {
            Some(record) => Lookup::Found(record),
            None if self.named.contains(&id) => Lookup::Absent,
            None => Lookup::Unnamed,
        }
    }

    /// Whether there is something of this kind under the id, for whoever may see it; what the file does not name is made
    /// up on both sides.
    pub(super) fn may_exist(&self, side: Side, id: Uuid) -> bool {
        !matches!(self.look_up(side, id), Lookup::Absent)
    }

    /// The agents with an id beyond this one, in the order of their ids.
    pub(super) fn agents_after(&self, cursor: Option<Uuid>) -> impl Iterator<Item = (Uuid, &Record)> {
        self.agents.range(after(cursor)).map(|(id, record)| (*id, record))
    }
}

/// The range of ids beyond a cursor.
pub(super) fn after(cursor: Option<Uuid>) -> (std::ops::Bound<Uuid>, std::ops::Bound<Uuid>) {
    use std::ops::Bound::{Excluded, Unbounded};
    (cursor.map_or(Unbounded, Excluded), Unbounded)
}

/// An agent's own UUID, if it has one, and its object.
type Agent = (Option<Uuid>, Map<String, Value>);

fn agent_of(assistant: &Map<String, Value>, spec: &AgentSpec) -> Result<Option<Agent>, String> {
    let change = match spec {
        AgentSpec::Missing => return Ok(None),
        AgentSpec::Same => return Ok(Some((None, assistant.clone()))),
        AgentSpec::Differs(change) => change,
    };
    let mut agent = assistant.clone();
    for field in &change.remove {
        // Not `remove`: that would put the last field in its place.
        agent.shift_remove(field).ok_or_else(|| format!("`{field}` is to be removed but is not there"))?;
    }
    for (field, (from, to)) in &change.reword {
        let text = agent
            .get(field)
            .and_then(Value::as_str)
            .filter(|text| text.matches(from.as_str()).count() == 1)
            .ok_or_else(|| format!("`{from}` does not stand once in `{field}`"))?;
        agent[field] = Value::String(text.replacen(from, to, 1));
    }
    for (field, value) in &change.set {
        agent.insert(field.clone(), value.clone());
    }
    if let Some(id) = change.id {
        agent.insert("id".into(), Value::String(id.0.to_string()));
    }
    Ok(Some((change.id.map(|id| id.0), agent)))
}

fn record(side: Side, object: Map<String, Value>, access: Access, trouble: Vec<Trouble>) -> Record {
    let id = object.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
    let owner = object.get("owner").cloned().unwrap_or_else(|| json!(id.map(made_up::owner)));
    let shown = |fields: &[&str]| {
        let mut shown = Map::new();
        for field in fields {
            shown.insert((*field).into(), object.get(*field).cloned().unwrap_or(Value::Null));
        }
        shown.insert("owner".into(), owner.clone());
        let mut shown = Value::Object(shown).to_string();
        shown.pop();
        shown
    };
    let listed = shown(&["id", "name", "description", "emojiIcon", "model", "createdAt", "updatedAt"]);
    let governed = shown(&["id", "name", "createdAt", "updatedAt"]);
    let mut other = object.clone();
    other.insert("id".into(), json!("3b0f7d52-8c1e-4f6a-9d27-51c4e0a8b963"));
    let body = success(side, object);
    Record { access, body, other_id_body: success(side, other), listed, governed, trouble }
}

/// The whole answer to a `get` (PLATFORM.md, Calls).
fn success(side: Side, object: Map<String, Value>) -> Bytes {
    let mut answer = Map::new();
    answer.insert("status".into(), json!("success"));
    answer.insert(side.word().into(), Value::Object(object));
    Bytes::from(Value::Object(answer).to_string())
}
