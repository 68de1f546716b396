//! `GET /agent/v1/list`, the only call that shows what is disabled to a usual key, and `GET /governance/v1/agents`, which
//! shows every agent of the workspace.

use std::ops::Bound;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Visit;
use crate::practice::options::{AgentList, Governance};
use crate::practice::request::{Page, Side};
use crate::practice::state::locked;
use crate::practice::workspace::Access;
use crate::practice::{answers, made_up};

type Shown = (Uuid, Map<String, Value>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Keys,
    Workspaces,
}

impl Whose {
    /// As much of an agent as they are shown.
    fn shown(self, id: Uuid, fields: &Map<String, Value>) -> Map<String, Value> {
        let names: &[&str] = match self {
            Self::Keys => &["name", "description", "emojiIcon", "model", "createdAt", "updatedAt"],
            Self::Workspaces => &["name", "createdAt", "updatedAt"],
        };
        let field = |name: &str| fields.get(name).cloned();
        let mut shown = Map::new();
        shown.insert("id".into(), id.to_string().into());
        for name in names {
            shown.insert((*name).into(), field(name).unwrap_or_default());
        }
        shown.insert("owner".into(), field("owner").unwrap_or_else(|| made_up::owner(id)));
        shown
    }
}

impl Visit<'_> {
    /// A page of the agents that are shared with the key, in the order of their ids.
    pub(super) fn list(&self, page: Page) -> Response {
        let lag = match self.options.list {
            AgentList::Missing => {
                return answers::plain_refusal(StatusCode::NOT_FOUND, "Cannot GET /agent/v1/list");
            }
            AgentList::Present => Duration::ZERO,
            AgentList::Lagging(lag) => lag,
        };
        if self.options.list_fails_after.is_some_and(|after| self.arrival.calls_before >= after) {
            return answers::server_trouble(0);
        }
        let lag = Some(lag).filter(|_| !self.options.list_without_disabled);
        self.listed(Whose::Keys, page, lag)
    }

    /// A page of all agents, in the order of their ids.
    pub(super) fn governance(&self, page: Page) -> Response {
        match self.options.governance {
            Governance::On => self.listed(Whose::Workspaces, page, Some(Duration::ZERO)),
            Governance::NoScope => answers::missing_scope("GOVERNANCE_API"),
            Governance::Off => {
                self.refused(StatusCode::FORBIDDEN, "Governance is not enabled for this workspace")
            }
            Governance::Missing => answers::page(StatusCode::NOT_FOUND),
        }
    }

    /// A page. What is off is shown as of `lag` ago; `None`: not at all.
    fn listed(&self, whose: Whose, page: Page, lag: Option<Duration>) -> Response {
        let limit = self.options.page_limit.map_or(page.limit, |most| page.limit.min(most.max(1)));
        let (page, more) = self.page(whose, limit, page.cursor);
        let next = page.last().filter(|_| more).map(|(id, _)| id.to_string());
        let switches = locked(&self.shared.switches);
        let agents = page.into_iter().map(|(id, mut shown)| {
            if let Some(lag) = lag {
                shown.insert("disabled".into(), switches.shown_off(Side::Agent, id, lag).into());
            }
            Value::Object(shown)
        });
        let agents: Vec<Value> = agents.collect();
        answers::json(StatusCode::OK, &json!({ "agents": agents, "nextCursor": next }))
    }

    /// At most `limit` agents beyond the cursor, and whether there are more; made-up ones that were read or switched are
    /// among them.
    fn page(&self, whose: Whose, limit: usize, cursor: Option<Uuid>) -> (Vec<Shown>, bool) {
        let is_listed = |id: &Uuid| !self.options.unlisted.contains(id);
        let is_theirs =
            |id: Uuid| whose == Whose::Workspaces || self.access(Side::Agent, id) != Access::NotShared;
        let beyond = (cursor.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let agents = locked(&self.shared.agents);
        let made_up = locked(&self.shared.made_up);
        let named = agents.range(beyond).filter(|(id, _)| is_theirs(**id) && is_listed(id));
        let named = named.take(limit + 1).map(|(id, agent)| (*id, whose.shown(*id, agent.shown())));
        let asked_for = made_up.range(beyond).filter(|id| is_listed(id)).take(limit + 1);
        let asked_for = asked_for.map(|id| (*id, whose.shown(*id, &made_up::head(*id))));
        let mut page: Vec<Shown> = named.chain(asked_for).collect();
        page.sort_unstable_by_key(|(id, _)| *id);
        let more = page.len() > limit;
        page.truncate(limit);
        (page, more)
    }
}
