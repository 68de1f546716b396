//! The intent before each request, and what became of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction};

use super::Switchable;
use crate::base::{AssistantId, Call, CallFailure, DisabledState, DisablingEnd, RecordedIntent, Switched};
use crate::engine::ledger::{
    LedgerError, RunId, Writer, from_json, from_nanoseconds, from_word, text, to_integer, to_json,
    to_nanoseconds,
};

/// A verdict older than this is reached again before its assistant is switched off (DESIGN.md, Disabling).
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// In which part a row is switched off; decides what is owed to it when the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its agent has another UUID, or nobody watches (`--disable-shared`).
    Unwatched,
    /// The first of its kind: switched on again unless the guard lets it stay off.
    Probe,
    /// After the probe: its agent is looked at once more at the end.
    Watched,
}

/// The intent to switch an assistant off, on disk. Made here alone, after the commit, and only for a row that this run has
/// verified within the last ten minutes.
#[derive(Debug)]
pub(crate) struct Intent {
    attempt: i64,
    row: Switchable,
    role: Role,
    before: Before,
}

/// What was on record before the intent.
#[derive(Debug)]
struct Before {
    state: DisabledState,
    guard: Option<String>,
    checked_at: Timestamp,
}

impl Intent {
    pub(crate) const fn row(&self) -> &Switchable {
        &self.row
    }
}

impl RecordedIntent for Intent {
    fn assistant(&self) -> AssistantId {
        self.row.pair.assistant
    }

    fn good_until(&self) -> Timestamp {
        self.before.checked_at.checked_add(FRESH).unwrap_or(Timestamp::MAX)
    }
}

/// What became of a request to switch an assistant off or on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conclusion {
    pub(crate) state: DisabledState,
    pub(crate) failure: Option<CallFailure>,
    /// Requests sent for it, retries included.
    pub(crate) requests: u32,
    /// Time spent on them, waiting excluded.
    pub(crate) elapsed: Duration,
    pub(crate) at: Timestamp,
}

impl Writer {
    /// Puts the intent to switch this assistant off on disk. `None`, and nothing is written, unless this run has verified
    /// the row within the last ten minutes before `now`: then it has to be checked again first.
    pub(crate) async fn intend(
        &self,
        row: Switchable,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<Intent>, LedgerError> {
        self.transact(move |transaction, run| {
            let Some(before) = before(transaction, run, &row, now)? else { return Ok(None) };
            let guard = match role {
                Role::Unwatched => None,
                Role::Probe => Some("revert"),
                Role::Watched => Some("look"),
            };
            transaction
                .prepare_cached(
                    "UPDATE result SET disabled = 'unknown', guard = ?3, switch_run = ?2, switch_failure = NULL \
                     WHERE id = ?1",
                )?
                .execute((row.key, run, guard))?;
            let attempt = begin_attempt(transaction, run, row.key, "off", now)?;
            Ok(Some(Intent { attempt, row, role, before }))
        })
        .await
    }

    /// Records what became of the intent; gives what may now be said about it. What the guard owes a row that may be off
    /// stays owed. An intent that came to nothing takes nothing back: a row that may have been off before it may be off
    /// still, and is owed what it was owed then.
    pub(crate) async fn conclude(
        &self,
        intent: Intent,
        conclusion: Conclusion,
    ) -> Result<Switched, LedgerError> {
        self.transact(move |transaction, run| {
            let Intent { attempt, row, role, before } = intent;
            end_attempt(transaction, "id = ?1", attempt, &conclusion)?;
            if before.state.may_be_off() && !conclusion.state.may_be_off() {
                let as_before = Conclusion { state: before.state, ..conclusion };
                transaction
                    .prepare_cached("UPDATE result SET guard = ?2 WHERE id = ?1")?
                    .execute((row.key, before.guard))?;
                record(transaction, run, &row, &as_before, true)?;
                return Ok(switched(&row, &as_before));
            }
            let stays_owed = role != Role::Unwatched && conclusion.state.may_be_off();
            record(transaction, run, &row, &conclusion, stays_owed)?;
            Ok(switched(&row, &conclusion))
        })
        .await
    }

    /// Records what was found out about a row that an earlier run left `unknown`: `disabled`, or still the same.
    pub(crate) async fn answer(
        &self,
        row: Switchable,
        conclusion: Conclusion,
    ) -> Result<Switched, LedgerError> {
        self.transact(move |transaction, run| {
            if conclusion.state != row.state {
                record(transaction, run, &row, &conclusion, true)?;
            }
            end_attempt(transaction, "result = ?1 AND ended_at IS NULL", row.key, &conclusion)?;
            Ok(switched(&row, &conclusion))
        })
        .await
    }

    /// A request to switch this assistant on again is about to leave: until its outcome is on disk, it may be either.
    pub(crate) async fn will_be_back_on(&self, row: &Switchable, now: Timestamp) -> Result<(), LedgerError> {
        let key = row.key;
        self.transact(move |transaction, run| {
            transaction
                .prepare_cached(
                    "UPDATE result SET disabled = 'unknown' WHERE id = ?1 AND disabled = 'disabled'",
                )?
                .execute([key])?;
            begin_attempt(transaction, run, key, "on", now)?;
            Ok(())
        })
        .await
    }

    /// Records what became of a request to switch an assistant on again. Where that failed, it stays owed.
    pub(crate) async fn back_on(
        &self,
        row: Switchable,
        conclusion: Conclusion,
    ) -> Result<Switched, LedgerError> {
        self.transact(move |transaction, run| {
            let mut conclusion = conclusion;
            if conclusion.state == DisabledState::Reverted {
                // Why it had to be reverted stays to be read.
                conclusion.failure = last_failure(transaction, &row)?;
            }
            record(transaction, run, &row, &conclusion, conclusion.state.may_be_off())?;
            // Whatever was intended before, this is the last word about it.
            end_attempt(transaction, "result = ?1 AND ended_at IS NULL", row.key, &conclusion)?;
            if !conclusion.state.may_be_off() {
                // On and off are the assistant's, whatever row asked for it.
                transaction
                    .prepare_cached(
                        "UPDATE result SET disabled = ?2, guard = NULL, switch_run = ?3, switch_failure = NULL \
                         WHERE assistant = ?1 AND disabled IN ('disabled', 'unknown', 'revert_failed')",
                    )?
                    .execute((row.pair.assistant.0.as_bytes(), conclusion.state.as_str(), run))?;
            }
            Ok(switched(&row, &conclusion))
        })
        .await
    }

    pub(crate) async fn end_disabling(&self, end: DisablingEnd) -> Result<(), LedgerError> {
        let ended = "UPDATE run SET disabling_end = ?2 WHERE id = ?1";
        self.execute(ended, move |run| (run, end.as_str())).await
    }
}

/// What is on record of a row; `None` unless this run has verified it within the last ten minutes before `now`.
fn before(
    transaction: &Transaction<'_>,
    run: RunId,
    row: &Switchable,
    now: Timestamp,
) -> Result<Option<Before>, LedgerError> {
    let oldest = to_nanoseconds(now.checked_sub(FRESH).unwrap_or(Timestamp::MIN));
    let mut statement = transaction.prepare_cached(
        "SELECT disabled, guard, checked_at FROM result \
         WHERE id = ?1 AND run = ?2 AND status = 'verified' AND later_failure IS NULL \
         AND checked_at BETWEEN ?3 AND ?4",
    )?;
    let mut rows = statement.query((row.key, run, oldest, to_nanoseconds(now)))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let state = from_word(text(row.get_ref(0)?)?.unwrap_or_default(), DisabledState::parse)?;
    Ok(Some(Before { state, guard: row.get(1)?, checked_at: from_nanoseconds(row.get(2)?)? }))
}

fn record(
    transaction: &Transaction<'_>,
    run: RunId,
    row: &Switchable,
    conclusion: &Conclusion,
    stays_owed: bool,
) -> Result<(), LedgerError> {
    let elapsed = u64::try_from(conclusion.elapsed.as_micros()).unwrap_or(u64::MAX);
    transaction
        .prepare_cached(
            "UPDATE result SET disabled = ?2, switch_run = ?3, switch_failure = ?4, \
             guard = CASE WHEN ?5 THEN guard END, requests = requests + ?6, elapsed_us = elapsed_us + ?7 \
             WHERE id = ?1",
        )?
        .execute((
            row.key,
            conclusion.state.as_str(),
            run,
            failure_json(conclusion)?,
            stays_owed,
            conclusion.requests,
            to_integer(elapsed),
        ))?;
    Ok(())
}

fn begin_attempt(
    transaction: &Transaction<'_>,
    run: RunId,
    key: i64,
    wanted: &str,
    now: Timestamp,
) -> Result<i64, LedgerError> {
    let mut insert = transaction
        .prepare_cached("INSERT INTO attempt (result, run, wanted, began_at) VALUES (?1, ?2, ?3, ?4)")?;
    Ok(insert.insert((key, run, wanted, to_nanoseconds(now)))?)
}

fn end_attempt(
    connection: &Connection,
    which: &str,
    key: i64,
    conclusion: &Conclusion,
) -> Result<(), LedgerError> {
    connection
        .prepare_cached(&format!(
            "UPDATE attempt SET ended_at = ?2, outcome = ?3, failure = ?4 WHERE {which}"
        ))?
        .execute((
            key,
            to_nanoseconds(conclusion.at),
            conclusion.state.as_str(),
            failure_json(conclusion)?,
        ))?;
    Ok(())
}

fn switched(row: &Switchable, conclusion: &Conclusion) -> Switched {
    Switched {
        pair: row.pair,
        name: row.name.clone(),
        state: conclusion.state,
        error: conclusion.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The disable that failed, which had to be reverted.
fn last_failure(transaction: &Transaction<'_>, row: &Switchable) -> Result<Option<CallFailure>, LedgerError> {
    let mut statement = transaction.prepare_cached("SELECT switch_failure FROM result WHERE id = ?1")?;
    let mut rows = statement.query([row.key])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let failure: Option<CallFailure> = text(found.get_ref(0)?)?.map(from_json).transpose()?;
    Ok(failure.filter(|failure| failure.call == Call::Disable))
}

fn failure_json(conclusion: &Conclusion) -> Result<Option<String>, LedgerError> {
    conclusion.failure.as_ref().map(to_json).transpose()
}
