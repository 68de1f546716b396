//! `GET /agent/v1/list`, the only call that shows what is disabled to a usual key, and `GET /governance/v1/agents`, which
//! shows every agent of the workspace.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::Visit;
use crate::practice::options::{AgentList, Governance};
use crate::practice::request::{Page, Side};
use crate::practice::state::locked;
use crate::practice::workspace::{Record, after};
use crate::practice::{answers, made_up};

/// An agent of a page; without a record it is a made-up one.
type Entry<'a> = (Uuid, Option<&'a Record>);

/// Whose agents a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The key's.
    Keys,
    /// The workspace's.
    Workspaces,
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
        self.listed(Whose::Keys, page, lag, |id, record| {
            record.map_or_else(|| made_up::listed(id).into(), |record| record.listed.as_str().into())
        })
    }

    /// A page of all agents, in the order of their ids.
    pub(super) fn governance(&self, page: Page) -> Response {
        match self.options.governance {
            Governance::On => self.listed(Whose::Workspaces, page, Some(Duration::ZERO), |id, record| {
                record.map_or_else(|| made_up::governed(id).into(), |record| record.governed.as_str().into())
            }),
            Governance::NoScope => answers::missing_scope("GOVERNANCE_API"),
            Governance::Off => {
                let words = "Governance is not enabled for this workspace";
                answers::plain_refusal(StatusCode::FORBIDDEN, &self.words(words))
            }
            Governance::Missing => answers::page(StatusCode::NOT_FOUND),
        }
    }

    /// A page, each agent as `shown` has it, without the end of its object. What is off is shown as of `lag` ago; `None`:
    /// not at all.
    fn listed<'a>(
        &'a self,
        whose: Whose,
        page: Page,
        lag: Option<Duration>,
        shown: impl Fn(Uuid, Option<&'a Record>) -> Cow<'a, str>,
    ) -> Response {
        let limit = self.options.page_limit.map_or(page.limit, |most| page.limit.min(most.max(1)));
        let (page, more) = self.page(whose, limit, page.cursor);
        let switches = locked(&self.shared.switches);
        let mut body = String::from("{\"agents\":[");
        for (at, (id, record)) in page.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            body.push_str(&shown(*id, *record));
            if let Some(lag) = lag {
                let off = switches.shown_off(Side::Agent, *id, lag);
                body.push_str(if off { ",\"disabled\":true" } else { ",\"disabled\":false" });
            }
            body.push('}');
        }
        let next = page.last().filter(|_| more).map(|(id, _)| format!("\"{}\"", id.hyphenated()));
        body.push_str("],\"nextCursor\":");
        body.push_str(next.as_deref().unwrap_or("null"));
        body.push('}');
        answers::success(Bytes::from(body))
    }

    /// At most `limit` agents beyond the cursor, and whether there are more; made-up ones that were read or switched are
    /// among them.
    fn page(&self, whose: Whose, limit: usize, cursor: Option<Uuid>) -> (Vec<Entry<'_>>, bool) {
        let is_listed = |id: &Uuid| !self.options.unlisted.contains(id);
        let named = self.shared.workspace.agents_after(cursor);
        let named = named
            .filter(|(id, record)| (whose == Whose::Workspaces || self.is_shared(record)) && is_listed(id));
        let mut page: Vec<Entry<'_>> = named.take(limit + 1).map(|(id, record)| (id, Some(record))).collect();
        let made_up = locked(&self.shared.made_up);
        let asked_for = made_up.range(after(cursor)).filter(|id| is_listed(id));
        page.extend(asked_for.take(limit + 1).map(|id| (*id, None)));
        drop(made_up);
        page.sort_unstable_by_key(|(id, _)| *id);
        let more = page.len() > limit;
        page.truncate(limit);
        (page, more)
    }
}
