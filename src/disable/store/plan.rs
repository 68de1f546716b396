//! Which of the rows that this run has verified are switched off, and in which order.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction};
use uuid::Uuid;

use super::{COLUMNS, PAGE, Switchable, switchable};
use crate::base::{Candidate, DisabledState, NotPlanned, Plan, RowStatus};
use crate::engine::ledger::{
    LedgerError, Place, RunId, Writer, for_each_row, to_count, to_integer, to_nanoseconds,
};

/// A list that is behind shows for at most so long what is no longer true.
const LIST_CATCHES_UP: SignedDuration = SignedDuration::from_mins(2);

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanOptions {
    /// `--max-disable`.
    pub(crate) maximum: Option<u64>,
    /// The UUIDs that the agent list shows as disabled; none where there is no list.
    pub(crate) shown_off: Vec<Uuid>,
    /// Those that it shows as enabled, likewise.
    pub(crate) shown_on: Vec<Uuid>,
}

/// A row and its place in the plan.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Grows from row to row, from 1.
    pub(crate) seq: i64,
    pub(crate) row: Switchable,
}

impl Writer {
    /// Makes the plan at the moment `now`: rows that this run has verified and that are not off, one for each assistant,
    /// in the order of their requests: first those whose agent has another UUID, then the least recently updated.
    pub(crate) async fn plan(&self, options: PlanOptions, now: Timestamp) -> Result<Plan, LedgerError> {
        self.transact(move |transaction, run| {
            remember_list(transaction, &options)?;
            transaction.execute(FORGET_THOSE_ON_AGAIN, [])?;
            mark_those_already_off(transaction, run, now)?;
            fill(transaction, run, options.maximum)?;
            describe(transaction, run)
        })
        .await
    }

    /// The planned rows behind that place; an empty page when there are no more.
    pub(crate) async fn planned_after(&self, seq: i64) -> Result<Vec<Planned>, LedgerError> {
        self.transact(move |transaction, _| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS}, seq FROM planned JOIN result ON result.id = planned.result \
                 WHERE seq > ?1 ORDER BY seq LIMIT {PAGE}"
            ))?;
            let planned = |row: &Row<'_>| Ok(Planned { seq: row.get(6)?, row: switchable(row)? });
            statement.query_and_then([seq], planned)?.collect()
        })
        .await
    }
}

/// Where the plan's questions find what the list shows.
pub(crate) const LISTED: &str = "CREATE TEMP TABLE IF NOT EXISTS listed (id BLOB PRIMARY KEY, is_off INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/// Keeps what the list shows where the plan's questions can be asked of it.
fn remember_list(transaction: &Transaction<'_>, options: &PlanOptions) -> Result<(), LedgerError> {
    transaction.execute_batch(&format!("{LISTED} DELETE FROM temp.listed;"))?;
    let mut insert =
        transaction.prepare("INSERT OR REPLACE INTO temp.listed (id, is_off) VALUES (?1, ?2)")?;
    for (ids, is_off) in [(&options.shown_on, false), (&options.shown_off, true)] {
        for id in ids {
            insert.execute((id.as_bytes(), is_off))?;
        }
    }
    Ok(())
}

/// The rows that this run (`?1`) has verified.
const VERIFIED: &str = "run = ?1 AND status = 'verified' AND later_failure IS NULL";

/// Of these, those that are to go off.
const TO_GO_OFF: &str = "disabled NOT IN ('disabled', 'already_disabled')";

/// What was off before us and is shown on now, somebody has switched on since: a run may ask for it again.
pub(crate) const FORGET_THOSE_ON_AGAIN: &str = "UPDATE result SET disabled = 'skipped' \
     WHERE disabled = 'already_disabled' AND disabled <> 'not_requested' \
     AND assistant IN (SELECT id FROM temp.listed WHERE NOT is_off)";

pub(crate) fn mark_ours() -> String {
    format!(
        "UPDATE result SET switch_run = ?1, switch_failure = NULL, disabled = 'disabled' \
         WHERE {VERIFIED} AND disabled <> 'disabled' AND (EXISTS (SELECT 1 FROM result AS pair \
             WHERE pair.assistant = result.assistant AND pair.disabled = 'disabled') OR (disabled = 'unknown' \
             AND assistant IN (SELECT id FROM temp.listed WHERE is_off) AND id NOT IN (SELECT result FROM attempt \
             WHERE wanted = 'on' AND ifnull(ended_at, began_at) >= ?2)))"
    )
}

pub(crate) fn mark_others() -> String {
    format!(
        "UPDATE result SET switch_run = ?1, switch_failure = NULL, disabled = 'already_disabled' \
         WHERE disabled NOT IN ('disabled', 'unknown', 'revert_failed') AND {VERIFIED} \
         AND assistant IN (SELECT id FROM temp.listed WHERE is_off) \
         AND NOT EXISTS (SELECT 1 FROM result AS pair WHERE pair.assistant = result.assistant \
             AND (pair.disabled IN ('disabled', 'unknown', 'revert_failed') OR EXISTS (SELECT 1 FROM attempt \
                 WHERE attempt.result = pair.id AND wanted = 'on' AND ended_at >= ?2)))"
    )
}

/// Off without us is what the list shows off, unless an intent of ours may have done it: one that is still open or unknown
/// is `disabled` then, and so is every other row of an assistant that we have switched off. What we have switched on a
/// moment ago a list that is behind may still show off.
fn mark_those_already_off(
    transaction: &Transaction<'_>,
    run: RunId,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let long_ago = to_nanoseconds(now.checked_sub(LIST_CATCHES_UP).unwrap_or(Timestamp::MIN));
    transaction.execute(&mark_ours(), (run, long_ago))?;
    transaction.execute(&mark_others(), (run, long_ago))?;
    Ok(())
}

/// Of several rows of one assistant, the one with its own UUID decides, verified or not, since its agent is in use, and
/// must be watched; else the first. (`+`: not through the index of verified rows, which are many.)
pub(crate) fn leave_to_another_row() -> String {
    format!(
        "INSERT INTO planned (result, seq) SELECT id, NULL FROM result \
         WHERE {VERIFIED} AND {TO_GO_OFF} \
         AND agent <> assistant AND (assistant IN (SELECT assistant FROM input_row \
             WHERE assistant IS NOT NULL AND agent IS NULL) \
         OR EXISTS (SELECT 1 FROM result AS other WHERE other.assistant = result.assistant AND +other.run = ?1 \
             AND other.status = 'verified' AND other.later_failure IS NULL AND other.id < result.id))"
    )
}

/// What the list still shows off (see above) is left for another run (a place below 0): it would be taken for an agent
/// that went off with its assistant.
pub(crate) fn leave_for_another_run() -> String {
    format!(
        "INSERT INTO planned (result, seq) SELECT id, -id FROM result WHERE {VERIFIED} AND {TO_GO_OFF} \
         AND id NOT IN (SELECT result FROM planned) AND assistant IN (SELECT id FROM temp.listed WHERE is_off)"
    )
}

/// As text, these times in UTC sort to the nanosecond once the Z is gone; `SQLite`'s own stop at the millisecond.
pub(crate) fn place_the_rest() -> String {
    format!(
        "INSERT INTO planned (result, seq) SELECT id, row_number() OVER ( \
             ORDER BY assistant = agent, rtrim(assistant_updated_at, 'Z') NULLS LAST, id) AS place \
         FROM result WHERE {VERIFIED} AND {TO_GO_OFF} \
         AND id NOT IN (SELECT result FROM planned) ORDER BY place LIMIT ?2"
    )
}

fn fill(transaction: &Transaction<'_>, run: RunId, maximum: Option<u64>) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM planned", [])?;
    transaction.execute(&leave_to_another_row(), [run])?;
    transaction.execute(&leave_for_another_run(), [run])?;
    transaction.execute(&place_the_rest(), (run, maximum.map_or(-1, to_integer)))?;
    transaction.execute("UPDATE run SET has_plan = 1 WHERE id = ?1", [run])?;
    Ok(())
}

fn describe(transaction: &Transaction<'_>, run: RunId) -> Result<Plan, LedgerError> {
    let mut not_planned: HashMap<NotPlanned, u64> = HashMap::new();
    for_each_row(transaction, |row| {
        let why = match (row.status, row.checked) {
            (RowStatus::Verified, Some(checked)) => match (checked.place, checked.state) {
                (Place::Planned, _) => return,
                (Place::AnotherRow, _) => NotPlanned::AnotherRow,
                (Place::StillShownOff, _) => NotPlanned::StillShownOff,
                (Place::None, DisabledState::AlreadyDisabled) => NotPlanned::AlreadyOff,
                (Place::None, DisabledState::Disabled) => NotPlanned::OffByEarlierRun,
                (Place::None, _) if checked.is_kept => NotPlanned::NotRead,
                (Place::None, _) if checked.run == run => NotPlanned::OverMaximum,
                (Place::None, _) => NotPlanned::BeyondLimit,
            },
            (status, _) => NotPlanned::Status(status),
        };
        *not_planned.entry(why).or_default() += 1;
    })?;
    let mut not_planned: Vec<_> = not_planned.into_iter().collect();
    not_planned.sort_unstable_by_key(|(why, _)| *why);
    let has_list: bool =
        transaction.query_row("SELECT EXISTS (SELECT 1 FROM temp.listed)", [], |row| row.get(0))?;
    let unlisted = "assistant = agent AND agent NOT IN (SELECT id FROM temp.listed)";
    let missing = if has_list { count(transaction, unlisted)? } else { 0 };
    Ok(Plan {
        rows: count(transaction, "TRUE")?,
        other_uuid: count(transaction, "assistant <> agent")?,
        probe: first(transaction, "assistant = agent")?,
        not_planned,
        unlisted: first(transaction, unlisted)?.filter(|_| missing > 0).map(|first| (missing, first)),
    })
}

const PLANNED: &str = "FROM planned JOIN result ON result.id = planned.result WHERE seq > 0";

fn count(transaction: &Transaction<'_>, condition: &str) -> Result<u64, LedgerError> {
    let sql = format!("SELECT count(*) {PLANNED} AND {condition}");
    Ok(to_count(transaction.query_row(&sql, [], |row| row.get(0))?))
}

fn first(transaction: &Transaction<'_>, condition: &str) -> Result<Option<Candidate>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} {PLANNED} AND {condition} ORDER BY seq LIMIT 1");
    let first = transaction.query_row(&sql, [], |row| Ok(switchable(row))).optional()?.transpose()?;
    Ok(first.map(|row| row.candidate()))
}
