//! The agents once more, against the assistants that a ledger keeps: `verify`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use super::Accepted;
use super::row::check;
use crate::base::{Call, CallFailure, FailureKind, Note, NoteKind, Outcome, Pair, ReportRow, RowStatus};
use crate::engine::ledger::{Job, LedgerError, LedgerReader, Reread};
use crate::engine::platform::{Client, Meter};
use crate::engine::session::{AtTheEnd, RowReader};

/// Reads the agents alone and compares them with the assistants that the ledger keeps.
#[derive(Clone, Debug)]
pub(crate) struct AgainstKept {
    ledger: Arc<Mutex<Option<LedgerReader>>>,
    accepted: Accepted,
}

impl AgainstKept {
    /// Takes the ledger in which the assistants are kept. `accepted`: where a difference is only a note.
    pub(crate) fn new(ledger: LedgerReader, accepted: Accepted) -> Self {
        Self { ledger: Arc::new(Mutex::new(Some(ledger))), accepted }
    }

    /// Lets go of the ledger, whatever row still asks for it: it is to be left as one file.
    pub(crate) fn close(&self) {
        drop(self.ledger.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    async fn assistant_of(&self, pair: Pair) -> Result<Bytes, CallFailure> {
        let ledger = Arc::clone(&self.ledger);
        let kept = tokio::task::spawn_blocking(move || {
            let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            let body = |assistant: Option<&[u8]>, _: Option<&[u8]>| assistant.map(Bytes::copy_from_slice);
            ledger.as_ref().ok_or(LedgerError::Closed)?.documents_of(pair, body)
        });
        let unread = |words| CallFailure::new(Call::Assistant, FailureKind::Nonsense { status: 200 }, words);
        match kept.await {
            Ok(Ok(body)) => body.flatten().ok_or_else(|| unread("nothing is kept of it".to_owned())),
            Ok(Err(error)) => Err(unread(error.to_string())),
            Err(error) => Err(unread(error.to_string())),
        }
    }
}

impl RowReader for AgainstKept {
    async fn read(self, client: Client, job: Job, spent: Meter) -> Outcome {
        let kept = self.assistant_of(job.pair).await;
        check(&client, &self.accepted, job, Some(kept), spent).await
    }

    fn at_the_end(&self) -> AtTheEnd {
        AtTheEnd::GoesOn
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Verdicts that are not what they were, before and now, with their rows.
    pub(crate) changed: BTreeMap<(RowStatus, RowStatus), u64>,
    /// Rows that could not be compared, since no run has read their assistant.
    pub(crate) never_read: u64,
    /// Whether there was an answer that says something about a row.
    pub(crate) has_answers: bool,
}

impl Verified {
    /// Counts a row of the run, of which this was found out.
    pub(crate) fn count(&mut self, row: &ReportRow, again: &Reread) {
        match again {
            Reread::Known(outcome) => {
                self.has_answers |= outcome.status.is_answer();
                let now = verdict_now(row.status, outcome.status);
                if now != row.status {
                    *self.changed.entry((row.status, now)).or_default() += 1;
                }
            }
            Reread::NeverRead => self.never_read += 1,
            Reread::NotComeTo => {}
        }
    }
}

/// The row of the run as it is now. What was spent on it was spent by this command, not by the run.
pub(crate) fn as_it_is_now(mut row: ReportRow, again: Reread) -> ReportRow {
    if let Some((line, status)) = row.duplicate_of {
        let now = match again {
            Reread::Known(outcome) => verdict_now(status, outcome.status),
            Reread::NotComeTo => RowStatus::NotChecked,
            Reread::NeverRead => status,
        };
        return ReportRow { duplicate_of: Some((line, now)), ..row };
    }
    match again {
        Reread::Known(outcome) => concluded(&mut row, *outcome),
        Reread::NotComeTo => return not_come_to(row),
        Reread::NeverRead => {
            let words = "never read, so there is nothing to compare the agent with; `run` reads it while the Assistants \
                         API answers";
            row.notes.push(since_the_run("assistant", words.to_owned()));
        }
    }
    row
}

/// An answer that says nothing about the row leaves the run's verdict.
const fn verdict_now(before: RowStatus, found: RowStatus) -> RowStatus {
    if before.is_answer() && !found.is_answer() { before } else { found }
}

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

fn not_come_to(row: ReportRow) -> ReportRow {
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

fn since_the_run(field: &str, short: String) -> Note {
    Note { kind: NoteKind::SinceTheRun, field: field.to_owned(), value: None, new: None, short }
}
