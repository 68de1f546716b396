//! The workspace file: what stands in a practice workspace, and how each agent differs from its assistant.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::SandboxError;
use super::agents::Agent;
use super::request::Side;

/// The workspace that is served when no other is given.
const EMBEDDED: &str = include_str!("../../samples/workspace.json");

/// Another company's, to move agents to, and the name that it is asked for by.
const SECOND: (&str, &str) = ("two", include_str!("../../samples/workspace-two.json"));

/// A workspace file. A field that is not named here is an error, so that a typing mistake does not go unnoticed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceFile {
    /// What this file is, for whoever opens it.
    #[serde(rename = "about")]
    _about: Value,
    /// The key that is let in where the caller names none.
    key: Option<String>,
    /// Whether ids that are not named may be made up.
    #[serde(default = "yes")]
    made_up: bool,
    /// `data` of `GET /agent/v1/models`.
    pub(super) models: Vec<Value>,
    #[serde(default)]
    pub(super) assistants: Vec<Entry>,
    /// Agents that were no assistants.
    #[serde(default)]
    pub(super) agents: Vec<AgentEntry>,
    /// Ids that are not in the workspace any more: 404 on both sides, and never made up.
    #[serde(default)]
    pub(super) gone: Vec<GoneEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The status that a run should give it; documentation, and held against the rest of the entry by a test.
    #[cfg_attr(not(test), expect(dead_code, reason = "read for its form, and by tests"))]
    pub(super) outcome: Expected,
    /// The assistant as `GET /assistant/v1/get` gives it; only `id` is required.
    pub(super) assistant: Map<String, Value>,
    #[serde(default)]
    pub(super) access: Access,
    #[serde(default)]
    pub(super) disabled: bool,
    #[serde(default)]
    pub(super) agent: AgentSpec,
    #[serde(default)]
    pub(super) agent_access: Access,
    /// What somebody has changed in the agent's draft and not published.
    pub(super) draft: Option<AgentChange>,
    /// Workflows and tools of the agent that no answer shows.
    #[serde(default)]
    pub(super) hidden_tools: Vec<Value>,
    #[serde(default)]
    pub(super) trouble: Vec<Trouble>,
}

/// An agent that was no assistant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentEntry {
    /// The agent as `GET /agent/v1/get` gives it; only `id` is required.
    pub(super) agent: Map<String, Value>,
    pub(super) published: bool,
}

const fn yes() -> bool {
    true
}

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

/// How something is shared with the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    /// With the key as editor.
    #[default]
    Shared,
    ReadOnly,
    NotShared,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AgentSpec {
    /// The same object.
    #[default]
    Same,
    Missing,
    /// The same object but for these changes.
    Differs(AgentChange),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AgentChange {
    /// The agent's own UUID, where it is not the assistant's.
    pub(super) id: Option<FileId>,
    /// Fields with another value, or that only the agent has.
    pub(super) set: Map<String, Value>,
    pub(super) remove: Vec<String>,
    /// Text fields in which the first text, that must stand there once, is replaced by the second.
    pub(super) reword: BTreeMap<String, (String, String)>,
}

/// Something that goes wrong with the `get` of one side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trouble {
    pub(super) on: Side,
    pub(super) answer: Scripted,
    /// How often, from the first request on; always if absent.
    pub(super) times: Option<u32>,
    #[serde(skip)]
    happened: AtomicU64,
}

impl Trouble {
    /// Whether it happens now; counts.
    fn happens(&self) -> bool {
        let before = self.happened.fetch_add(1, Ordering::Relaxed);
        self.times.is_none_or(|times| before < u64::from(times))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scripted {
    GatewayPage(u16),
    /// 429 with `Retry-After` of this many seconds.
    Throttled(u64),
    /// 200 and the object, under an id that was not asked for.
    OtherId,
    /// 200 and a text that is not JSON.
    NotJson,
}

/// An id that is not in the workspace any more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GoneEntry {
    pub(super) id: FileId,
    /// Why, for whoever opens the file.
    #[serde(rename = "why")]
    _why: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    pub(super) id: String,
    #[serde(default)]
    region: String,
    #[serde(default, rename = "supportsExtendedThinking")]
    pub(super) thinks: bool,
}

impl Model {
    /// As error texts spell it, which is not always as the catalogue does (PLATFORM.md, Models).
    pub(super) fn spelled(&self) -> String {
        if self.id.starts_with("claude") {
            format!("{}.anthropic.{}-v1:0", self.region, self.id)
        } else {
            self.id.clone()
        }
    }
}

/// A workspace as it is at the start, and what does not change in it.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The key that is let in where the caller names none.
    pub(super) key: Option<String>,
    /// Whether ids that it does not name may be made up.
    pub(super) made_up: bool,
    pub(super) assistants: HashMap<Uuid, Map<String, Value>>,
    /// To be taken: they change.
    pub(super) agents: BTreeMap<Uuid, Agent>,
    access: HashMap<(Side, Uuid), Access>,
    troubles: HashMap<(Side, Uuid), Vec<Trouble>>,
    pub(super) uploads: HashSet<String>,
    /// Every id that the file names, on either side.
    pub(super) named: HashSet<Uuid>,
    pub(super) disabled: Vec<Uuid>,
    /// The whole answer to `GET /agent/v1/models`, and what it says.
    pub(super) catalogue: Bytes,
    pub(super) models: Vec<Model>,
}

impl Workspace {
    /// Reads a workspace file; `None` and `two` are embedded.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, SandboxError> {
        let (name, text) = match path {
            None => ("the embedded workspace".to_owned(), EMBEDDED.to_owned()),
            Some(path) if path == Path::new(SECOND.0) => {
                ("the second embedded workspace".to_owned(), SECOND.1.to_owned())
            }
            Some(path) => {
                let workspace = path.display().to_string();
                match std::fs::read_to_string(path) {
                    Ok(text) => (workspace, text),
                    Err(error) => return Err(SandboxError::WorkspaceUnreadable(workspace, error)),
                }
            }
        };
        let file: WorkspaceFile = serde_json::from_str(&text)
            .map_err(|error| SandboxError::WorkspaceInvalid(name.clone(), error))?;
        Self::build(file).map_err(|words| SandboxError::WorkspaceContradiction(name, words))
    }

    /// The error is a sentence about the entry that makes no sense.
    pub(super) fn build(file: WorkspaceFile) -> Result<Self, String> {
        let catalogue = Bytes::from(json!({ "object": "list", "data": file.models }).to_string());
        let models =
            serde_json::from_value(Value::Array(file.models)).map_err(|error| format!("models: {error}"))?;
        let (key, made_up) = (file.key, file.made_up);
        let mut workspace = Self { key, made_up, catalogue, models, ..Self::default() };
        for gone in file.gone {
            workspace.name(gone.id.0)?;
        }
        for entry in file.assistants {
            workspace.add(entry)?;
        }
        for AgentEntry { agent, published } in file.agents {
            let id = object_id(&agent).ok_or("an agent has no `id` that is a UUID")?;
            workspace.name(id)?;
            workspace.upload(&agent);
            let make = if published { Agent::published_once } else { Agent::unpublished };
            workspace.agents.insert(id, make(agent, Vec::new()));
        }
        Ok(workspace)
    }

    fn name(&mut self, id: Uuid) -> Result<(), String> {
        if self.named.insert(id) { Ok(()) } else { Err(format!("{id} is named twice")) }
    }

    fn add(&mut self, entry: Entry) -> Result<(), String> {
        let id = object_id(&entry.assistant).ok_or("an assistant has no `id` that is a UUID")?;
        self.name(id)?;
        self.upload(&entry.assistant);
        if entry.disabled {
            self.disabled.push(id);
        }
        let about = |words| format!("{id}: {words}");
        let (agent_id, object) = match entry.agent {
            AgentSpec::Missing => (id, None),
            AgentSpec::Same => (id, Some(entry.assistant.clone())),
            AgentSpec::Differs(change) => {
                let object = change.of(&entry.assistant).map_err(about)?;
                (change.id.map_or(id, |own| own.0), Some(object))
            }
        };
        if let Some(object) = object {
            if agent_id != id {
                self.name(agent_id)?;
            }
            self.upload(&object);
            let mut agent = Agent::published_once(object, entry.hidden_tools);
            if let Some(change) = entry.draft {
                agent.draft.fields = change.of(&agent.draft.fields).map_err(about)?;
            }
            self.agents.insert(agent_id, agent);
        }
        self.assistants.insert(id, entry.assistant);
        self.access.insert((Side::Assistant, id), entry.access);
        self.access.insert((Side::Agent, agent_id), entry.agent_access);
        for trouble in entry.trouble {
            let at = if trouble.on == Side::Agent { agent_id } else { id };
            self.troubles.entry((trouble.on, at)).or_default().push(trouble);
        }
        Ok(())
    }

    /// Puts published agents in the place of those of the same id, or adds them. What no answer shows, they keep.
    pub(super) fn publish_all(&mut self, agents: &[Value]) -> Result<(), SandboxError> {
        for agent in agents {
            let object = agent.as_object().ok_or(SandboxError::AgentWithoutId)?;
            let id = object_id(object).ok_or(SandboxError::AgentWithoutId)?;
            self.upload(object);
            let hidden_tools = self.agents.remove(&id).map(|before| before.draft.hidden_tools);
            let agent = Agent::published_once(object.clone(), hidden_tools.unwrap_or_default());
            self.agents.insert(id, agent);
        }
        Ok(())
    }

    fn upload(&mut self, object: &Map<String, Value>) {
        let attachments = object.get("attachments").and_then(Value::as_array).into_iter().flatten();
        self.uploads.extend(attachments.filter_map(Value::as_str).map(str::to_owned));
    }

    pub(super) fn access(&self, side: Side, id: Uuid) -> Access {
        self.access.get(&(side, id)).copied().unwrap_or_default()
    }

    pub(super) fn trouble(&self, side: Side, id: Uuid) -> Option<Scripted> {
        let troubles = self.troubles.get(&(side, id))?;
        troubles.iter().find(|trouble| trouble.happens()).map(|trouble| trouble.answer)
    }
}

pub(super) fn object_id(object: &Map<String, Value>) -> Option<Uuid> {
    object.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok())
}

impl AgentChange {
    fn of(&self, before: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let mut after = before.clone();
        for field in &self.remove {
            // Not `remove`: that would put the last field in its place.
            after
                .shift_remove(field)
                .ok_or_else(|| format!("`{field}` is to be removed but is not there"))?;
        }
        for (field, (from, to)) in &self.reword {
            let text = after
                .get(field)
                .and_then(Value::as_str)
                .filter(|text| text.matches(from.as_str()).count() == 1)
                .ok_or_else(|| format!("`{from}` does not stand once in `{field}`"))?;
            after[field] = Value::String(text.replacen(from, to, 1));
        }
        for (field, value) in &self.set {
            after.insert(field.clone(), value.clone());
        }
        if let Some(id) = self.id {
            after.insert("id".into(), Value::String(id.0.to_string()));
        }
        Ok(after)
    }
}
