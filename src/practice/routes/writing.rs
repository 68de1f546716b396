//! The calls that write agents (PLATFORM.md, Write names), and the trouble that is theirs alone.

use std::collections::BTreeMap;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicU64;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Fate, Found, Refusal, Visit};
use crate::practice::agents::{Agent, new_id, now};
use crate::practice::options::WriteTrouble;
use crate::practice::request::Side;
use crate::practice::state::locked;
use crate::practice::workspace::{Access, Model};
use crate::practice::{answers, made_up};

/// How many requests of each call came how far; what was refused is not among them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    update: Counter,
    publish: Counter,
    create: Counter,
    published_meanwhile: AtomicU64,
    flaky: AtomicU64,
}

#[derive(Debug, Default)]
struct Counter {
    all: AtomicU64,
    not_failed: AtomicU64,
    applied: AtomicU64,
}

type Agents<'a> = MutexGuard<'a, BTreeMap<Uuid, Agent>>;

impl Visit<'_> {
    pub(super) fn update(&self, id: Uuid, fields: &Map<String, Value>) -> Fate {
        let mut agents = match self.editable(id) {
            Ok(agents) => agents,
            Err(refusal) => return Fate::Answer(*refusal),
        };
        let Some(agent) = agents.get_mut(&id) else { return Fate::Answer(self.nothing_there()) };
        if let Err(refusal) = self.hold_against_workspace(fields, agent.draft.fields.get("model")) {
            return Fate::Answer(*refusal);
        }
        self.apply(self.options.update, &self.shared.write_requests.update, || {
            agent.write(fields.clone());
            let mut draft = agent.draft.fields.clone();
            draft.insert("updatedAt".into(), now().into());
            answers::object(StatusCode::OK, Some("Agent updated successfully"), Side::Agent, draft)
        })
    }

    pub(super) fn publish(&self, id: Uuid, description: Option<&str>) -> Fate {
        let mut agents = match self.editable(id) {
            Ok(agents) => agents,
            Err(refusal) => return Fate::Answer(*refusal),
        };
        let Some(agent) = agents.get_mut(&id) else { return Fate::Answer(self.nothing_there()) };
        let requests = &self.shared.write_requests;
        if self.happens(self.options.published_meanwhile, &requests.published_meanwhile, 8) {
            agent.publish(None);
        }
        if agent.published() == Some(&agent.draft) {
            let words = self.words("There are no draft changes to publish");
            return Fate::Answer(answers::plain_refusal(StatusCode::CONFLICT, &words));
        }
        let description = description.map(str::to_owned);
        self.apply(self.options.publish, &requests.publish, || {
            agent.publish(description).map_or_else(|| answers::server_trouble(0), answers::published)
        })
    }

    pub(super) fn create(&self, fields: &Map<String, Value>) -> Fate {
        let Some(model) = fields.get("model").and_then(Value::as_str) else {
            let words = self.words("Workspace default model not configured");
            return Fate::Answer(answers::plain_refusal(StatusCode::INTERNAL_SERVER_ERROR, &words));
        };
        if model.ends_with("@default") {
            return Fate::Answer(self.nothing_there());
        }
        if let Err(refusal) = self.hold_against_workspace(fields, None) {
            return Fate::Answer(*refusal);
        }
        let id = new_id();
        let agent = Agent::made_by_api(id, fields.clone());
        let requests = &self.shared.write_requests;
        if self.happens(self.options.flaky_creates, &requests.flaky, 9) {
            if self.options.flaky_creates_leave_drafts {
                locked(&self.shared.agents).insert(id, agent);
            }
            return Fate::Answer(self.nothing_there());
        }
        self.apply(self.options.create, &requests.create, || {
            let fields = agent.draft.fields.clone();
            locked(&self.shared.agents).insert(id, agent);
            answers::object(StatusCode::CREATED, Some("Agent created successfully"), Side::Agent, fields)
        })
    }

    /// Does it and answers, unless the trouble of this call comes before or after.
    fn apply(&self, trouble: WriteTrouble, counter: &Counter, write: impl FnOnce() -> Response) -> Fate {
        if self.happens(trouble.failed, &counter.all, 10) {
            return Fate::Answer(answers::server_trouble(0));
        }
        if self.happens(trouble.dropped, &counter.not_failed, 11) {
            return self.lost();
        }
        let answer = write();
        if self.happens(trouble.lost, &counter.applied, 12) { self.lost() } else { Fate::Answer(answer) }
    }

    /// The agents, with this one among them, where this key may edit it.
    fn editable(&self, id: Uuid) -> Result<Agents<'_>, Refusal> {
        let found = self.find(Side::Agent, id)?;
        let is_refused = self.options.edit_forbidden || self.options.refuse_edits.contains(&id);
        let mut agents = locked(&self.shared.agents);
        let is_orphaned = agents.get(&id).is_some_and(Agent::is_orphaned);
        if is_refused || is_orphaned || self.access(Side::Agent, id) != Access::Shared {
            let words = self.words("API key does not have edit access to this agent");
            return Err(answers::refusal(StatusCode::FORBIDDEN, id, &words).into());
        }
        if found == Found::MadeUp {
            locked(&self.shared.made_up).remove(&id);
            let made_up = || Agent::published_once(made_up::object(Side::Agent, id), Vec::new());
            agents.entry(id).or_insert_with(made_up);
        }
        Ok(agents)
    }

    fn nothing_there(&self) -> Response {
        answers::plain_refusal(StatusCode::NOT_FOUND, &self.words("Agent not found"))
    }

    /// What only the workspace knows: its models, and what was uploaded to it. `model`: the agent's, where none is written.
    fn hold_against_workspace(
        &self,
        fields: &Map<String, Value>,
        model: Option<&Value>,
    ) -> Result<(), Refusal> {
        let bad =
            |words: String| Err(answers::plain_refusal(StatusCode::BAD_REQUEST, &self.words(&words)).into());
        let models = &self.shared.workspace.models;
        let named = |model: Option<&Value>| models.iter().find(|each| model.is_some_and(|id| *id == each.id));
        let written = fields.get("model");
        if written.is_some_and(|id| id != "auto") && named(written).is_none() {
            let available: Vec<String> = models.iter().map(Model::spelled).collect();
            return bad(format!("Model not found, available models are: {}", available.join(", ")));
        }
        let thinks = named(written.or(model)).is_none_or(|model| model.thinks);
        if fields.get("extendedThinking") == Some(&Value::Bool(true)) && !thinks {
            return bad("extendedThinking is not supported by this model".into());
        }
        let attachments = fields.get("attachments").and_then(Value::as_array).into_iter().flatten();
        match attachments.filter_map(Value::as_str).find(|id| !self.shared.workspace.uploads.contains(*id)) {
            None => Ok(()),
            Some(id) => bad(format!("Attachment {id} not found in this workspace")),
        }
    }
}
