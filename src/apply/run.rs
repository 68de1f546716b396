//! The rows that are to be written, one after the other.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};

use super::decide::decide;
use super::look::failed;
use super::recovery::recover;
use super::store::{Ending, Planned, Target, Work, WriteEnd};
use super::write::{Applier, Order, Written};
use crate::base::{AgentDone, ApplyStatus, CallFailure, Event, Writing};
use crate::check::compare;
use crate::engine::platform::Meter;
use crate::engine::record::{Record, Side};
use crate::engine::session::read;

/// An agent that was read longer ago than this is read again before it is written.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

impl Applier<'_> {
    /// Writes all planned rows, as long as nothing speaks against it; `rows` is how many that are.
    pub(crate) async fn apply(&mut self, rows: u64, has_past: bool) {
        self.board.observer.observe(&Event::Writing { writing: Writing::Applying, rows });
        let mut last = None;
        while self.board.may_go_on() {
            let page = self.board.writer.apply_planned(&self.workspace, last, self.is_audit).await;
            let Some(page) = self.board.on_disk(page).filter(|page| !page.is_empty()) else { break };
            last = page.last().map(|row| row.target.line);
            for row in page {
                if !self.board.may_go_on() || self.apply_one(row, has_past).await.is_break() {
                    break;
                }
            }
        }
        self.board.observer.observe(&Event::Ended);
    }

    pub(crate) async fn would_apply(&mut self) {
        let said = self.board.writer.apply_would(&self.workspace).await;
        self.board.on_disk(said);
    }

    pub(crate) async fn at_most(&mut self, maximum: Option<u64>) {
        let kept = self.board.writer.apply_at_most(&self.workspace, maximum).await;
        self.board.on_disk(kept);
    }

    async fn apply_one(&mut self, row: Planned, has_past: bool) -> ControlFlow<()> {
        self.spent = Meter { requests: row.requests, ..Meter::default() };
        let mut target = row.target.clone();
        let kept = read(row.source.side, &row.source.body, row.source.id(target.pair)).await;
        let (name, ending) = match kept.map(|source| self.choices.source(source)) {
            Ok(source) => {
                let ending = self.brought_in_line(&row, &source, &mut target, has_past).await;
                (source.name().to_owned(), ending)
            }
            Err(failure) => (String::new(), Some(failed(failure))),
        };
        // What was not come to stays planned, and says so.
        let Some(ending) = ending else { return ControlFlow::Break(()) };
        self.conclude(&target, name, ending).await
    }

    /// What became of a row goes on disk, then to whoever watches.
    pub(super) async fn conclude(
        &mut self,
        target: &Target,
        name: String,
        ending: Ending,
    ) -> ControlFlow<()> {
        let ending = Ending { requests: self.spent.requests, ..ending };
        let done = AgentDone {
            agent: target.agent,
            name,
            status: ending.status,
            error: ending.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        self.board.learn_from(ending.failure.as_ref());
        let kept = self.board.writer.apply_found(&self.workspace, target, ending, Work::Nothing).await;
        match self.board.on_disk(kept) {
            Some(()) => {
                self.board.observer.observe(&Event::Written(done));
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    }

    /// `None` when no request left.
    async fn brought_in_line(
        &mut self,
        row: &Planned,
        source: &Record,
        target: &mut Target,
        has_past: bool,
    ) -> Option<Ending> {
        let (Some(agent), Some(body)) = (target.agent, &row.body) else {
            return self.create(source, target).await;
        };
        let is_fresh = Timestamp::now().duration_since(body.at) < FRESH;
        let as_read = if is_fresh {
            read(Side::Agent, &body.bytes, agent.0).await.map(|now| (now, body.bytes.clone()))
        } else {
            self.read_agent(agent).await
        };
        let (now, body) = match as_read {
            Ok(as_read) => as_read,
            Err(failure) => return Some(failed(failure)),
        };
        let (source, accepted) = self.choices.wanted(source, &now);
        let mut change = decide(&source, &now, &self.choices);
        change.left.extend(accepted);
        let mut unpublished = None;
        if has_past {
            let past = self.board.writer.writes_for(&self.workspace, target.key, target.agent).await;
            let recovered = recover(&self.board.on_disk(past)?, &now);
            change.tidy(recovered.in_draft.iter().map(String::as_str), &now);
            unpublished = recovered.unpublished;
        }
        if change.is_empty() && unpublished.is_none() {
            return Some(read_again(&source, &now, ApplyStatus::Unchanged));
        }
        let order = Order {
            must_publish: unpublished.is_some(),
            ..Order::of(target.key, agent, &change, &now, &body)
        };
        let written = self.write(&order).await;
        if let (Written::Published { .. }, Some(made)) = (&written, unpublished) {
            self.end(made, WriteEnd::Written, None, None).await?;
        }
        let done = if unpublished.is_some() { ApplyStatus::Created } else { ApplyStatus::Applied };
        let ending = ending(written, done, &source, &now)?;
        let changed = if is_published(ending.status) { change.names() } else { Vec::new() };
        Some(Ending { changed, left: change.left, ..ending })
    }
}

/// Whether something of ours is published, or may be.
pub(super) const fn is_published(status: ApplyStatus) -> bool {
    matches!(
        status,
        ApplyStatus::Applied
            | ApplyStatus::Created
            | ApplyStatus::Undone
            | ApplyStatus::Differs
            | ApplyStatus::Unknown
    )
}

/// What is to be said of a row that was written, or was not, `done` where its agent is then what `wanted` is; `None` when
/// no request left.
pub(super) fn ending(
    written: Written,
    done: ApplyStatus,
    wanted: &Record,
    before: &Record,
) -> Option<Ending> {
    let differences = || compare(wanted, before).differences;
    Some(match written {
        Written::Published { version, after: Ok(after) } => {
            Ending { version, ..read_again(wanted, &after, done) }
        }
        Written::Published { version, after: Err(failure) } => Ending { version, ..Ending::unknown(failure) },
        Written::InUse { others, failure } => Ending {
            said: Some(in_use(&others, failure.as_ref())),
            failure,
            differences: differences(),
            ..Ending::of(ApplyStatus::DraftInUse)
        },
        Written::Refused(failure) => Ending { differences: differences(), ..failed(failure) },
        Written::Unknown(failure) => Ending { differences: differences(), ..Ending::unknown(failure) },
        Written::NotSent => return None,
    })
}

fn in_use(others: &[String], failure: Option<&CallFailure>) -> String {
    let fields = others.join(", ");
    match failure {
        None => format!("somebody has unpublished changes in {fields}; nothing was published"),
        Some(_) => format!(
            "somebody has unpublished changes in {fields}; nothing was published, but our fields could not be put \
             back in that draft"
        ),
    }
}

/// The agent as it was read: `done` where it is what is wanted.
pub(super) fn read_again(wanted: &Record, now: &Record, done: ApplyStatus) -> Ending {
    let differences = compare(wanted, now).differences;
    let status = if differences.is_empty() { done } else { ApplyStatus::Differs };
    Ending { differences, ..Ending::of(status) }
}
