//! The agents of a workspace: what is published, what only the draft holds, and every version that there was.

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What an agent is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The object, in read names.
    pub fields: Map<String, Value>,
    /// Workflows and tools that were attached in the web app; no answer shows them.
    pub hidden_tools: Vec<Value>,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its own id.
    pub id: Uuid,
    /// Counted from 1.
    pub version: usize,
    /// When it was published, RFC 3339.
    pub created_at: String,
    /// What whoever published it said about it.
    pub description: Option<String>,
    /// What the agent is in it.
    pub content: Content,
}

/// An agent of a practice workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// What the next version will be.
    pub draft: Content,
    /// From the first on; none if it was never published.
    pub versions: Vec<Version>,
}

impl Agent {
    /// One that somebody has made and not published.
    pub(super) const fn unpublished(fields: Map<String, Value>, hidden_tools: Vec<Value>) -> Self {
        Self { draft: Content { fields, hidden_tools }, versions: Vec::new() }
    }

    /// One that was published once, and not changed since.
    pub(super) fn published_once(fields: Map<String, Value>, hidden_tools: Vec<Value>) -> Self {
        let created_at = fields.get("updatedAt").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut agent = Self::unpublished(fields, hidden_tools);
        agent.add_version(created_at, None);
        agent
    }

    /// One that the API makes, of these fields and what a new agent has besides.
    pub(super) fn made_by_api(id: Uuid, fields: Map<String, Value>) -> Self {
        let now = now();
        let mut all = json!({
            "id": id.to_string(),
            "name": "",
            "description": "",
            "instruction": "",
            "emojiIcon": null,
            "temperature": 0.3,
            "conversationStarters": [],
            "inputType": "PROMPT",
            "webSearchEnabled": false,
            "imageGenerationEnabled": false,
            "canvasEnabled": false,
            "actions": [],
            "inputFields": [],
            "attachments": [],
            "createdAt": now,
            "updatedAt": now,
            "owner": { "type": "service_account", "name": "API key" },
        });
        let mut new = all.as_object_mut().map(std::mem::take).unwrap_or_default();
        new.extend(fields);
        Self::unpublished(new, Vec::new())
    }

    /// What everybody uses; `None` if it was never published.
    pub fn published(&self) -> Option<&Content> {
        self.versions.last().map(|version| &version.content)
    }

    /// What `get` and the lists show (PLATFORM.md, Calls).
    pub(super) fn shown(&self) -> &Map<String, Value> {
        &self.published().unwrap_or(&self.draft).fields
    }

    /// Whether it belongs to the key's service account, so that nobody sees it in the web app.
    pub(super) fn is_service_accounts(&self) -> bool {
        self.draft.fields.get("owner").is_some_and(|owner| owner["type"] == "service_account")
    }

    /// Whether there is nobody who owns it: then nobody can edit it.
    pub(super) fn is_orphaned(&self) -> bool {
        self.draft.fields.get("owner").is_some_and(Value::is_null)
    }

    /// Writes fields into the draft, in read names. Written actions replace the hidden tools, too.
    pub(super) fn write(&mut self, fields: Map<String, Value>) {
        if fields.contains_key("actions") {
            self.draft.hidden_tools.clear();
        }
        self.draft.fields.extend(fields);
    }

    /// Publishes the draft; `None` if it holds nothing new.
    pub(super) fn publish(&mut self, description: Option<String>) -> Option<&Version> {
        if self.published() == Some(&self.draft) {
            return None;
        }
        let now = now();
        self.draft.fields.insert("updatedAt".into(), json!(now));
        self.add_version(now, description);
        self.versions.last()
    }

    fn add_version(&mut self, created_at: String, description: Option<String>) {
        let version = self.versions.len() + 1;
        let content = self.draft.clone();
        self.versions.push(Version { id: new_id(), version, created_at, description, content });
    }
}

pub(super) fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

/// The present as the platform writes it.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
