//! `GET /agent/v1/list`, the only call that shows what is disabled.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::Visit;
use crate::sandbox::options::AgentList;
use crate::sandbox::request::Side;
use crate::sandbox::state::locked;
use crate::sandbox::workspace::{Record, after};
use crate::sandbox::{answers, made_up};

/// An agent of a page; without a record it is a made-up one.
type Entry<'a> = (Uuid, Option<&'a Record>);

impl Visit<'_> {
    /// A page of the agents that are shared with the key, in the order of their ids; made-up ones that were asked for
    /// are among them.
    pub(super) fn list(&self, limit: usize, cursor: Option<Uuid>) -> Response {
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
        let limit = self.options.page_limit.map_or(limit, |most| limit.min(most.max(1)));
        let (page, more) = self.page(limit, cursor);

        let switches = locked(&self.shared.switches);
        let mut body = String::from("{\"agents\":[");
        for (at, (id, record)) in page.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            match record {
                Some(record) => body.push_str(&record.listed),
                None => body.push_str(&made_up::listed(*id)),
            }
            if !self.options.list_without_disabled {
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

    /// At most `limit` agents beyond the cursor, and whether there are more.
    fn page(&self, limit: usize, cursor: Option<Uuid>) -> (Vec<Entry<'_>>, bool) {
        let is_listed = |id: &Uuid| !self.options.unlisted.contains(id);
        let named = self.shared.workspace.agents_after(cursor);
        let named = named.filter(|(id, record)| self.is_shared(record) && is_listed(id));
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
