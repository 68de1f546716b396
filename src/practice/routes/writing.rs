//! The calls that write agents (PLATFORM.md, Write names).

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Found, Instead, Visit};
use crate::practice::agents::{Agent, new_id, now};
use crate::practice::request::Side;
use crate::practice::state::locked;
use crate::practice::workspace::{Access, Model};
use crate::practice::{answers, made_up};

type Agents<'a> = MutexGuard<'a, BTreeMap<Uuid, Agent>>;

impl Visit<'_> {
    pub(super) fn update(&self, id: Uuid, fields: &Map<String, Value>) -> Result<Response, Instead> {
        let mut agents = self.editable(id)?;
        let agent = agents.get_mut(&id).ok_or_else(|| self.nothing_there())?;
        self.hold_against_workspace(fields, agent.draft.fields.get("model"))?;
        self.apply("update", self.options.update, || {
            agent.write(fields.clone());
            let mut draft = agent.draft.fields.clone();
            draft.insert("updatedAt".into(), now().into());
            answers::object(StatusCode::OK, Some("Agent updated successfully"), Side::Agent, draft)
        })
    }

    pub(super) fn publish(&self, id: Uuid, description: Option<&str>) -> Result<Response, Instead> {
        let mut agents = self.editable(id)?;
        let agent = agents.get_mut(&id).ok_or_else(|| self.nothing_there())?;
        if self.happens(self.options.published_meanwhile, "publish", 8) {
            agent.publish(None);
        }
        if agent.published() == Some(&agent.draft) {
            return Err(self.refused(StatusCode::CONFLICT, "There are no draft changes to publish").into());
        }
        let description = description.map(str::to_owned);
        self.apply("publish", self.options.publish, || {
            agent.publish(description).map_or_else(|| answers::server_trouble(0), answers::published)
        })
    }

    pub(super) fn create(&self, fields: &Map<String, Value>) -> Result<Response, Instead> {
        let Some(model) = fields.get("model").and_then(Value::as_str) else {
            let words = "Workspace default model not configured";
            return Err(self.refused(StatusCode::INTERNAL_SERVER_ERROR, words).into());
        };
        if model.ends_with("@default") {
            return Err(self.nothing_there().into());
        }
        self.hold_against_workspace(fields, None)?;
        let id = new_id();
        let agent = Agent::made_by_api(id, fields.clone());
        if self.happens(self.options.flaky_creates, "create", 9) {
            if !self.options.flaky_creates_leave_nothing {
                locked(&self.shared.agents).insert(id, agent);
            }
            return Err(self.nothing_there().into());
        }
        self.apply("create", self.options.create, || {
            let fields = agent.draft.fields.clone();
            locked(&self.shared.agents).insert(id, agent);
            answers::object(StatusCode::CREATED, Some("Agent created successfully"), Side::Agent, fields)
        })
    }

    /// The agents, with this one among them, where this key may edit it.
    fn editable(&self, id: Uuid) -> Result<Agents<'_>, Instead> {
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
        self.refused(StatusCode::NOT_FOUND, "Agent not found")
    }

    /// What only the workspace knows: its models, and what was uploaded to it. `model`: the agent's, where none is written.
    fn hold_against_workspace(
        &self,
        fields: &Map<String, Value>,
        model: Option<&Value>,
    ) -> Result<(), Instead> {
        let bad = |words: String| Err(self.refused(StatusCode::BAD_REQUEST, &words).into());
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
