//! Taking it back: every agent that was written gets the fields that were changed back, where it still is as we left it.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::decide::restore;
use super::draft::{is_same, with_fields};
use super::look::failed;
use super::run::{ending, is_published};
use super::store::{Ending, Kind, OpenWrite, Past, Target, WriteEnd};
use super::write::{Applier, Order};
use crate::base::{ApplyStatus, Call, Event, Writing};
use crate::engine::platform::{Client, Meter};
use crate::engine::record::{Record, Side};
use crate::engine::session::{InPause, Sent};

/// What is to be done about an agent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Back {
    /// These writes are taken back by restoring `names` as `before` has them; `in_draft` may still stand in the draft.
    Restore { writes: Vec<i64>, names: Vec<String>, before: Box<Record>, in_draft: Vec<String> },
    /// It was made here: it is switched off.
    SwitchOff { writes: Vec<i64> },
    /// It is no longer as we left it.
    ChangedSince,
}

impl Applier<'_> {
    /// Takes back what was written to the rows that `only` names (`None`: to all).
    pub(crate) async fn undo(&mut self, only: Option<&BTreeSet<Uuid>>, rows: u64) {
        self.board.observer.observe(&Event::Writing { writing: Writing::Undoing, rows });
        let mut last: Option<Target> = None;
        while self.board.may_go_on() {
            let past = self.board.writer.past_after(&self.workspace, last.as_ref()).await;
            let Some(Some(past)) = self.board.on_disk(past) else { break };
            last = Some(past.target.clone());
            let ids = [Some(past.target.pair.assistant.0), Some(past.target.pair.agent.0)];
            let ids = ids.into_iter().chain([past.target.agent.map(|agent| agent.0)]).flatten();
            if only.is_some_and(|only| ids.into_iter().all(|id| !only.contains(&id))) {
                continue;
            }
            self.spent = Meter::default();
            let mut name = String::new();
            let Some(ending) = self.take_back(&past, &mut name).await else { break };
            if self.conclude(&past.target, name, ending).await.is_break() {
                break;
            }
        }
        self.board.observer.observe(&Event::Ended);
    }

    /// `None` when no request left.
    async fn take_back(&mut self, past: &Past, name: &mut String) -> Option<Ending> {
        let Some(agent) = past.target.agent else {
            let said = "an agent was asked for, and no answer came: look for it in the agent list";
            return Some(Ending::saying(ApplyStatus::Unknown, said));
        };
        let (now, body) = match self.read_agent(agent).await {
            Ok(read) => read,
            Err(failure) => return Some(failed(failure)),
        };
        now.name().clone_into(name);
        match back(&past.writes, &now) {
            Back::ChangedSince => Some(Ending::of(ApplyStatus::ChangedSince)),
            Back::SwitchOff { writes } => self.switch_off(past, writes).await,
            Back::Restore { writes, names, before, in_draft } => {
                let mut change = restore(names.iter().map(String::as_str), &before, &now);
                change.tidy(in_draft.iter().map(String::as_str), &now);
                if change.names_sent().is_empty() {
                    // As it was: nothing is written, and what cannot be is said.
                    let is_done = change.left.is_empty();
                    if is_done {
                        self.are_taken_back(writes).await?;
                    }
                    let status = if is_done { ApplyStatus::Undone } else { ApplyStatus::Differs };
                    return Some(Ending { left: change.left, ..Ending::of(status) });
                }
                let order = Order::of(past.target.key, agent, &change, &now, &body);
                let order = Order { kind: Kind::Undo, ..order };
                let written = self.write(&order).await;
                let mut ending = ending(written, ApplyStatus::Undone, &before, &now)?;
                if is_published(ending.status) {
                    ending.changed = change.names();
                }
                if ending.status == ApplyStatus::Undone {
                    self.are_taken_back(writes).await?;
                    let undone = self.undo_writes(past).await?;
                    self.are_taken_back(undone).await?;
                }
                Some(Ending { left: change.left, ..ending })
            }
        }
    }

    /// The writes by which this was taken back are done with, too.
    async fn undo_writes(&mut self, past: &Past) -> Option<Vec<i64>> {
        let writes = self.board.writer.writes_for(&self.workspace, past.target.key, past.target.agent).await;
        let writes = self.board.on_disk(writes)?;
        Some(writes.iter().filter(|write| write.kind == Kind::Undo).map(|write| write.write).collect())
    }

    async fn are_taken_back(&mut self, writes: Vec<i64>) -> Option<()> {
        let noted = self.board.writer.are_taken_back(writes).await;
        self.board.on_disk(noted)
    }

    async fn switch_off(&mut self, past: &Past, writes: Vec<i64>) -> Option<Ending> {
        let (write, agent) = (*writes.first()?, past.target.agent?);
        let intent = self.board.writer.intend_retreat(write, agent).await;
        let intent = self.board.on_disk(intent)?;
        let request = async |client: &Client, meter: &mut Meter| client.disable_agent(&intent, meter).await;
        match self.board.send(Call::DisableAgent, request, InPause::GiveUp, &mut self.spent).await {
            Sent::Done(()) => {
                self.are_taken_back(writes).await?;
                Some(Ending::of(ApplyStatus::Undone))
            }
            Sent::Not(failure) => failure.map(failed),
            Sent::Unknown(failure) => Some(Ending::unknown(failure)),
        }
    }
}

/// The agent as it was left by that write, if it was carried out.
fn left_by(write: &OpenWrite, id: Uuid) -> Option<Record> {
    let record = |body: &[u8]| read_now(body, id);
    match &write.after {
        Some(after) => record(after),
        None if write.kind == Kind::Create => None,
        None => record(&write.before).map(|before| with_fields(&before, &write.fields)),
    }
}

fn read_now(body: &[u8], id: Uuid) -> Option<Record> {
    crate::engine::record::read(Side::Agent, body, id).ok()
}

/// Whether the agent is as that write left it, or as it found it where it may never have been published.
fn is_as_left(write: &OpenWrite, now: &Record) -> bool {
    let is_left = left_by(write, now.id()).is_some_and(|left| is_same(&left, now));
    let is_unpublished = write.end != Some(WriteEnd::Written)
        && read_now(&write.before, now.id()).is_some_and(|before| is_same(&before, now));
    is_left || is_unpublished
}

/// What is to be done about an agent with these writes, oldest first. Of several those are taken back together between
/// which nobody else has changed it.
pub(super) fn back(writes: &[OpenWrite], now: &Record) -> Back {
    let id = now.id();
    let mut first = writes.len().saturating_sub(1);
    while let Some(earlier) = first.checked_sub(1).and_then(|place| writes.get(place)) {
        let Some(before) = writes.get(first).and_then(|write| read_now(&write.before, id)) else { break };
        if earlier.kind != Kind::Create && !is_as_left(earlier, &before) {
            break;
        }
        first -= 1;
    }
    let chain = writes.get(first..).unwrap_or_default();
    let (Some(oldest), Some(newest)) = (chain.first(), chain.last()) else { return Back::ChangedSince };
    let keys = || chain.iter().map(|write| write.write).collect();
    if oldest.kind == Kind::Create {
        let is_untold = newest.kind == Kind::Create && newest.after.is_none();
        return if is_untold || is_as_left(newest, now) {
            Back::SwitchOff { writes: keys() }
        } else {
            Back::ChangedSince
        };
    }
    let Some(before) = read_now(&oldest.before, id) else { return Back::ChangedSince };
    let names: BTreeSet<String> = chain.iter().flat_map(|write| write.changed.iter().cloned()).collect();
    let names: Vec<String> = names.into_iter().collect();
    if !is_as_left(newest, now) && !is_same(&before, now) {
        return Back::ChangedSince;
    }
    let last_published = chain.iter().rposition(|write| write.end == Some(WriteEnd::Written));
    let open = chain.iter().skip(last_published.map_or(0, |place| place + 1));
    let in_draft = open.flat_map(|write| write.changed.iter().cloned()).collect();
    Back::Restore { writes: keys(), names, before: Box::new(before), in_draft }
}
