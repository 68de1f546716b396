//! Which of the rows that this run has verified are switched off, and in which order.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction};
use uuid::Uuid;

use super::super::encode::{to_count, to_integer};
use super::super::error::LedgerError;
use super::super::open::RunId;
use super::super::open_rows::for_each_row;
use super::super::writer::Writer;
use super::{COLUMNS, PAGE, Switchable, switchable};
use crate::domain::{DisabledState, NotPlanned, Plan, RowStatus};

/// What a plan is made from.
#[derive(Clone, Debug, Default)]
pub struct PlanWish {
    /// `--max-disable`.
    pub maximum: Option<u64>,
    /// The UUIDs that the agent list shows as disabled; none where there is no list.
    pub shown_off: Vec<Uuid>,
    /// Those that it shows as enabled, likewise.
    pub shown_on: Vec<Uuid>,
}

/// A planned row and its place.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its place; grows from row to row, from 1.
    pub seq: i64,
    /// The row.
    pub row: Switchable,
}

impl Writer {
    /// Makes the plan: rows that this run has verified and that are not off, in the order of their requests: first those
    /// whose agent has another UUID, then the least recently updated.
    pub async fn plan(&self, wish: PlanWish) -> Result<Plan, LedgerError> {
        self.transact(move |transaction, run| {
            forget_those_on_again(transaction, run, &wish.shown_on)?;
            mark_those_already_off(transaction, run, &wish.shown_off)?;
            fill(transaction, run, wish.maximum)?;
            describe(transaction, run)
        })
        .await
    }

    /// The planned rows behind that place; an empty page when there are no more.
    pub async fn planned_after(&self, seq: i64) -> Result<Vec<Planned>, LedgerError> {
        self.transact(move |transaction, _| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS}, seq FROM planned JOIN result ON result.id = planned.result \
                 WHERE seq > ?1 ORDER BY seq LIMIT {PAGE}"
            ))?;
            let mut rows = statement.query([seq])?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                page.push(Planned { seq: row.get(6)?, row: switchable(row)? });
            }
            Ok(page)
        })
        .await
    }
}

/// What was off before us and is shown on now, somebody has switched on since.
fn forget_those_on_again(
    transaction: &Transaction<'_>,
    run: RunId,
    shown_on: &[Uuid],
) -> Result<(), LedgerError> {
    let mut forget = transaction.prepare(
        "UPDATE result SET disabled = 'not_requested' \
         WHERE assistant = ?1 AND disabled = 'already_disabled' AND run = ?2 AND status = 'verified'",
    )?;
    for id in shown_on {
        forget.execute((id.as_bytes(), run))?;
    }
    Ok(())
}

/// A wish of ours on record, with whatever agent, wins over what the list shows: what is off then is `disabled`, or is
/// asked for again, but not `already_disabled`.
fn mark_those_already_off(
    transaction: &Transaction<'_>,
    run: RunId,
    shown_off: &[Uuid],
) -> Result<(), LedgerError> {
    let mut mark = transaction.prepare(
        "UPDATE result SET switch_run = ?2, switch_failure = NULL, \
         disabled = CASE disabled WHEN 'unknown' THEN 'disabled' ELSE 'already_disabled' END \
         WHERE assistant = ?1 AND run = ?2 AND status = 'verified' AND (disabled = 'unknown' OR NOT EXISTS \
         (SELECT 1 FROM result AS any_pair JOIN attempt ON attempt.result = any_pair.id \
         WHERE any_pair.assistant = ?1 AND attempt.wanted = 'off'))",
    )?;
    for id in shown_off {
        mark.execute((id.as_bytes(), run))?;
    }
    Ok(())
}

fn fill(transaction: &Transaction<'_>, run: RunId, maximum: Option<u64>) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM planned", [])?;
    // As text, these times in UTC sort to the nanosecond once the Z is gone; `SQLite`'s own stop at the millisecond.
    transaction.execute(
        "INSERT INTO planned (result) SELECT id FROM result \
         WHERE run = ?1 AND status = 'verified' AND disabled NOT IN ('disabled', 'already_disabled') \
         ORDER BY assistant = agent, rtrim(assistant_updated_at, 'Z') NULLS LAST, id LIMIT ?2",
        (run, maximum.map_or(-1, to_integer)),
    )?;
    transaction.execute("UPDATE run SET has_plan = 1 WHERE id = ?1", [run])?;
    Ok(())
}

fn describe(transaction: &Transaction<'_>, run: RunId) -> Result<Plan, LedgerError> {
    let mut plan = Plan::default();
    let mut not_planned: HashMap<NotPlanned, u64> = HashMap::new();
    for_each_row(transaction, |row| {
        let why = match (row.status, row.checked) {
            (RowStatus::Verified, Some(checked)) if checked.planned => return,
            (RowStatus::Verified, Some(checked)) => match checked.state {
                DisabledState::AlreadyDisabled => NotPlanned::AlreadyOff,
                DisabledState::Disabled => NotPlanned::OffByEarlierRun,
                _ if checked.run == run => NotPlanned::OverMaximum,
                _ => NotPlanned::BeyondLimit,
            },
            (status, _) => NotPlanned::Status(status),
        };
        *not_planned.entry(why).or_default() += 1;
    })?;
    plan.not_planned = not_planned.into_iter().collect();
    plan.not_planned.sort_unstable_by_key(|(why, _)| *why);
    let (rows, other_uuid) = transaction.query_row(
        "SELECT count(*), ifnull(sum(assistant <> agent), 0) FROM planned JOIN result ON result.id = planned.result",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    (plan.rows, plan.other_uuid) = (to_count(rows), to_count(other_uuid));
    let first = transaction
        .prepare(&format!(
            "SELECT {COLUMNS} FROM planned JOIN result ON result.id = planned.result \
             WHERE assistant = agent ORDER BY seq LIMIT 1"
        ))?
        .query_row([], |row| Ok(switchable(row)))
        .optional()?
        .transpose()?;
    plan.probe = first.map(|row| row.candidate());
    Ok(plan)
}
