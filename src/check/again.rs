//! The agents once more, against the assistants that a ledger keeps: `verify`.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::{Accepted, row};
use crate::base::{
    Backlog, Event, Note, NoteKind, Observer, Outcome, Pair, ReportRow, RowDone, RowStatus, Signal,
    StopReason,
};
use crate::engine::ledger::{Job, LedgerError};
use crate::engine::platform::Client;
use crate::engine::record::Side;
use crate::engine::session::{LIMITER_TICK, StopRules, broken, read, unwritable, wait_for_signal};

/// Rows that may wait, for each one under way, for an earlier one to be written: the report has the input's order.
const WAITING_EACH: usize = 8;

/// A row of the ledger, in input order.
#[derive(Debug)]
pub struct Kept {
    /// With the run's verdict.
    pub row: ReportRow,
    /// The assistant's kept document; `None` when no run has read it.
    pub assistant: Option<Bytes>,
}

/// What `verify` needs to know beside its client and rows.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    /// Agents asked for at once; at least 1.
    pub concurrency: usize,
    /// The work, as counted before.
    pub backlog: Backlog,
    /// Where a difference is only a note.
    pub accepted: Accepted,
}

/// Takes the rows as they are now, in input order. Its error ends everything.
pub(super) type VerifySink<'a, E> = dyn FnMut(&ReportRow) -> Result<(), E> + 'a;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Why it stopped early.
    pub stopped: Option<StopReason>,
    /// Verdicts that are not what they were: before, now, how many rows.
    pub changed: Vec<(RowStatus, RowStatus, u64)>,
    /// Rows that could not be compared, since no run has read their assistant.
    pub never_read: u64,
    /// Whether there was an answer that says something about a row.
    pub has_answers: bool,
}

/// Asks for the agent of every row whose assistant is kept, at most `concurrency` at once, and hands all rows to `sink`
/// in their order. After a stop the rows not come to are `not_checked`.
pub async fn verify<E>(
    client: &Client,
    rows: mpsc::Receiver<Result<Kept, LedgerError>>,
    settings: VerifySettings,
    signal: watch::Receiver<Option<Signal>>,
    observer: &mut dyn Observer,
    sink: &mut VerifySink<'_, E>,
) -> Result<Verified, E> {
    observer.observe(&Event::Started(settings.backlog));
    let mut verify = Verify {
        client,
        rows,
        concurrency: settings.concurrency.max(1),
        to_start: settings.backlog.to_do,
        checking: JoinSet::new(),
        tasks: HashMap::new(),
        waiting: VecDeque::new(),
        written: 0,
        asked: 0,
        rules: StopRules::default(),
        accepted: settings.accepted,
        observer,
        now: HashMap::new(),
        changed: BTreeMap::new(),
        never_read: 0,
        has_answers: false,
    };
    let mut stopped = verify.run(signal, sink).await?;
    if let Some(reason) = &stopped {
        verify.observer.observe(&Event::Stopping(reason.clone()));
        verify.checking.shutdown().await;
    }
    let failed = verify.pass_the_rest(sink).await?;
    stopped = stopped.or(failed);
    verify.observer.observe(&Event::Ended);
    let changed = std::mem::take(&mut verify.changed)
        .into_iter()
        .map(|((before, now), rows)| (before, now, rows))
        .collect();
    let Verify { never_read, has_answers, .. } = verify;
    Ok(Verified { stopped, changed, never_read, has_answers })
}

/// A row between the ledger and the report.
#[derive(Debug)]
enum Slot {
    /// Its agent is being asked for.
    Checking(ReportRow),
    /// Ready to be written.
    Ready(ReportRow),
}

/// What came of one row.
#[derive(Debug)]
enum Checked {
    Compared(Box<Outcome>),
    /// The kept assistant makes no sense; in which words.
    Unreadable(String),
}

struct Verify<'a> {
    client: &'a Client,
    rows: mpsc::Receiver<Result<Kept, LedgerError>>,
    concurrency: usize,
    /// Rows whose agent is still to be asked for.
    to_start: u64,
    checking: JoinSet<Checked>,
    /// Which row, counted from the first, a task is about, and the how manieth that was asked for.
    tasks: HashMap<Id, (u64, u64, Job)>,
    /// Rows not written yet, in order.
    waiting: VecDeque<Slot>,
    /// How many rows were written: the number of the first that waits.
    written: u64,
    /// How many rows were asked for.
    asked: u64,
    rules: StopRules,
    accepted: Accepted,
    observer: &'a mut dyn Observer,
    /// Verdicts that changed, for the rows that repeat them.
    now: HashMap<Pair, RowStatus>,
    changed: BTreeMap<(RowStatus, RowStatus), u64>,
    never_read: u64,
    has_answers: bool,
}

impl Verify<'_> {
    async fn run<E>(
        &mut self,
        mut signal: watch::Receiver<Option<Signal>>,
        sink: &mut VerifySink<'_, E>,
    ) -> Result<Option<StopReason>, E> {
        let mut tick = interval(LIMITER_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_over = false;
        loop {
            self.write_ready(sink)?;
            if is_over && self.waiting.is_empty() {
                return Ok(self.rules.at_the_end());
            }
            let has_room = !is_over
                && self.checking.len() < self.concurrency
                && self.waiting.len() < self.concurrency * WAITING_EACH;
            tokio::select! {
                biased;
                asked = wait_for_signal(&mut signal) => return Ok(Some(StopReason::Signal { signal: asked })),
                Some(end) = self.checking.join_next_with_id() => {
                    if let Some(reason) = self.take_end(end) {
                        return Ok(Some(reason));
                    }
                }
                kept = self.rows.recv(), if has_room => match kept {
                    Some(Ok(kept)) => self.start(kept),
                    Some(Err(error)) => return Ok(Some(unwritable(&error))),
                    None => is_over = true,
                },
                _ = tick.tick() => self.observer.observe(&Event::Limiter(self.client.limiter_status())),
            }
        }
    }

    fn start(&mut self, kept: Kept) {
        let Kept { row, assistant } = kept;
        let (Some(job), Some(body)) = (open(&row), assistant) else {
            let row = self.left_as_it_is(row);
            self.waiting.push_back(Slot::Ready(row));
            return;
        };
        self.to_start = self.to_start.saturating_sub(1);
        let number = self.written + u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let (client, accepted) = (self.client.clone(), self.accepted.clone());
        let task = self.checking.spawn(async move {
            match read(Side::Assistant, &body, job.pair.assistant.0).await {
                Ok(assistant) => {
                    let outcome = row::check_kept(&client, &accepted, job, &assistant).await;
                    Checked::Compared(Box::new(outcome))
                }
                Err(failure) => Checked::Unreadable(failure.words),
            }
        });
        self.tasks.insert(task.id(), (number, self.asked, job));
        self.asked += 1;
        self.waiting.push_back(Slot::Checking(row));
    }

    /// Puts a row's end into its place; gives the reason if it is one to stop for.
    fn take_end(&mut self, end: Result<(Id, Checked), JoinError>) -> Option<StopReason> {
        let id = end.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let (number, nth, job) = self.tasks.remove(&id)?;
        let checked = match end {
            Ok((_, checked)) => checked,
            // A panic is one row's: it is told like any other failure, and the others go on.
            Err(_) => Checked::Compared(Box::new(broken(job))),
        };
        let place = usize::try_from(number.checked_sub(self.written)?).ok()?;
        let slot = self.waiting.get_mut(place)?;
        let Slot::Checking(row) = slot else { return None };
        let mut row = row.clone();
        let (before, mut reason) = (row.status, None);
        match checked {
            Checked::Compared(outcome) => {
                reason = self.rules.observe(&outcome, nth, self.to_start > 0);
                self.has_answers |= outcome.status.is_answer();
                concluded(&mut row, *outcome);
            }
            Checked::Unreadable(words) => {
                self.never_read += 1;
                row.notes
                    .push(since_the_run("assistant", format!("what is kept of it cannot be read: {words}")));
            }
        }
        if row.status != before {
            self.now.insert(job.pair, row.status);
            *self.changed.entry((before, row.status)).or_default() += 1;
        }
        self.observer.observe(&Event::RowDone(row_done(&row, job.pair)));
        *slot = Slot::Ready(row);
        reason
    }

    /// A row that nothing is asked for: its verdict stands, and where that needs an explanation, it has one.
    fn left_as_it_is(&mut self, mut row: ReportRow) -> ReportRow {
        if open(&row).is_some() {
            self.never_read += 1;
            let words = "never read, so there is nothing to compare the agent with; `run` reads it while the Assistants \
                         API answers";
            row.notes.push(since_the_run("assistant", words.to_owned()));
        }
        row
    }

    /// A row that repeats an earlier one names that one's status as it is now. Known only when all before it are written.
    fn repeating(&self, mut row: ReportRow) -> ReportRow {
        if let (Some((_, status)), Some(pair)) = (&mut row.duplicate_of, row.pair) {
            *status = self.now.get(&pair).copied().unwrap_or(*status);
        }
        row
    }

    fn write_ready<E>(&mut self, sink: &mut VerifySink<'_, E>) -> Result<(), E> {
        while matches!(self.waiting.front(), Some(Slot::Ready(_))) {
            if let Some(Slot::Ready(row)) = self.waiting.pop_front() {
                sink(&self.repeating(row))?;
            }
            self.written += 1;
        }
        Ok(())
    }

    /// After the last row, or after a stop: every row belongs into the report.
    async fn pass_the_rest<E>(&mut self, sink: &mut VerifySink<'_, E>) -> Result<Option<StopReason>, E> {
        for slot in std::mem::take(&mut self.waiting) {
            match slot {
                Slot::Ready(row) => sink(&self.repeating(row))?,
                Slot::Checking(row) => sink(&self.not_come_to(row))?,
            }
        }
        while let Some(kept) = self.rows.recv().await {
            let Kept { row, assistant } = match kept {
                Ok(kept) => kept,
                Err(error) => return Ok(Some(unwritable(&error))),
            };
            let row = match (open(&row), assistant) {
                (Some(_), Some(_)) => self.not_come_to(row),
                _ => self.left_as_it_is(row),
            };
            sink(&self.repeating(row))?;
        }
        Ok(None)
    }

    fn not_come_to(&mut self, row: ReportRow) -> ReportRow {
        if let Some(pair) = row.pair {
            self.now.insert(pair, RowStatus::NotChecked);
        }
        ReportRow {
            status: RowStatus::NotChecked,
            differences: Vec::new(),
            notes: Vec::new(),
            failure: None,
            later_failure: None,
            requests: 0,
            elapsed_ms: 0,
            checked_at: None,
            ..row
        }
    }
}

/// What to ask for, of a row that can be asked for.
fn open(row: &ReportRow) -> Option<Job> {
    let pair = row.pair.filter(|_| row.invalid.is_none() && row.duplicate_of.is_none())?;
    Some(Job { line: row.line, pair })
}

/// The row as it is now. What was spent on it is spent by this command, not by the run. An answer that says nothing about
/// the row leaves the run's verdict.
fn concluded(row: &mut ReportRow, outcome: Outcome) {
    let before = row.status;
    row.requests = u64::from(outcome.requests);
    row.elapsed_ms = u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX);
    if before.is_answer() && !outcome.status.is_answer() {
        row.later_failure = outcome.failure;
        return;
    }
    row.later_failure = None;
    row.status = outcome.status;
    row.differences = outcome.differences;
    row.notes = outcome.notes;
    if before != outcome.status {
        row.notes.insert(0, since_the_run("status", format!("was {before}")));
    }
    row.failure = outcome.failure;
    row.agent_updated_at = outcome.agent_updated_at.or(row.agent_updated_at);
    row.checked_at = Some(outcome.checked_at).filter(|at| *at > Timestamp::UNIX_EPOCH);
}

fn since_the_run(field: &str, short: String) -> Note {
    Note { kind: NoteKind::SinceTheRun, field: field.to_owned(), value: None, new: None, short }
}

fn row_done(row: &ReportRow, pair: Pair) -> RowDone {
    RowDone {
        line: row.line,
        pair,
        name: Some(row.name.clone()),
        status: row.status,
        error: row
            .later_failure
            .as_ref()
            .or(row.failure.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        remedy: row.remedy(),
        differences: row.differences.len(),
    }
}
