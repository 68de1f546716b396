//! How the rows stood before they were asked for again, so that a report can say what has changed.
//!
//! Kept is the end of the last run that came to its end: going on after an interruption is held against the same one.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::encode::{from_json, from_nanoseconds, from_word, list_to_json, text};
use super::file::error::LedgerError;
use super::identity::{RunId, meta, set_meta};
use super::open::Ledger;
use crate::base::{ReportRow, RowProgress, RowStatus, Standing};

/// The run whose end is kept, and when that was, in `meta`.
const RUN: &str = "earlier_run";
const AT: &str = "earlier_at";

const LAST_RUN: &str = "SELECT id, CASE WHEN stopped IS NULL THEN finished_at END FROM run \
     WHERE command IN ('run', 'audit') ORDER BY id DESC LIMIT 1";

/// Sorted before they go in: random inserts would take longer than all the rest.
const KEEP: &str = "INSERT OR IGNORE INTO earlier_row (assistant, agent, status, progress, findings) \
     SELECT assistant, agent, status, progress, findings FROM temp.standing ORDER BY assistant, agent";

const EARLIER: &str =
    "SELECT status, progress, findings FROM earlier_row WHERE assistant = ?1 AND agent = ?2";

/// Those that no row of the input is any more.
const GONE: &str = "SELECT status, progress, findings FROM earlier_row \
     WHERE (assistant, agent) NOT IN ( \
         SELECT ifnull(assistant, CAST(ifnull(cell, '') AS BLOB)), \
                CASE WHEN assistant IS NULL THEN x'' ELSE ifnull(agent, assistant) END \
         FROM input_row)";

/// The number of the last run, and when it came to its end, if it did.
fn last_run(connection: &Connection) -> Result<Option<(RunId, Option<i64>)>, LedgerError> {
    Ok(connection.query_row(LAST_RUN, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// What a row is known by: its ids, or the cell where it holds none. A duplicate is known as the row that it repeats.
fn key(row: &ReportRow) -> Option<[&[u8]; 2]> {
    match (&row.pair, row.duplicate_of) {
        (_, Some(_)) => None,
        (Some(pair), None) => Some([pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()]),
        (None, None) => Some([row.input.as_bytes(), &[]]),
    }
}

/// Rows on their way into the ledger's memory of how they stand.
#[derive(Debug)]
pub struct Remembering<'a> {
    transaction: Transaction<'a>,
    run: RunId,
    at: i64,
}

impl Ledger {
    /// Begins to remember how the rows stand, before the next input is taken in; `None` where there is no end of a run to
    /// remember, or it is kept already.
    pub fn remember(&self) -> Result<Option<Remembering<'_>>, LedgerError> {
        let connection = self.connection();
        let Some((run, Some(at))) = last_run(connection)? else { return Ok(None) };
        if meta(connection, RUN)? == Some(run.to_string()) {
            return Ok(None);
        }
        connection.execute_batch(
            "DROP TABLE IF EXISTS temp.standing; \
             CREATE TEMP TABLE standing (assistant BLOB, agent BLOB, status TEXT, progress TEXT, findings TEXT)",
        )?;
        Ok(Some(Remembering { transaction: connection.unchecked_transaction()?, run, at }))
    }
}

impl Remembering<'_> {
    /// Takes the next row.
    pub fn take(&self, row: &ReportRow, now: &Standing) -> Result<(), LedgerError> {
        let Some([assistant, agent]) = key(row) else { return Ok(()) };
        let mut statement =
            self.transaction.prepare_cached("INSERT INTO temp.standing VALUES (?1, ?2, ?3, ?4, ?5)")?;
        statement.execute((
            assistant,
            agent,
            now.status.as_str(),
            now.progress.as_str(),
            list_to_json(&now.findings)?,
        ))?;
        Ok(())
    }

    /// Keeps them in place of those of an earlier run.
    pub fn keep(self) -> Result<(), LedgerError> {
        self.transaction.execute("DELETE FROM earlier_row", [])?;
        self.transaction.execute(KEEP, [])?;
        self.transaction.execute("DELETE FROM temp.standing", [])?;
        set_meta(&self.transaction, RUN, &self.run.to_string())?;
        set_meta(&self.transaction, AT, &self.at.to_string())?;
        Ok(self.transaction.commit()?)
    }
}

/// Shows how each row stood that is no longer in the input.
pub(super) fn for_each_gone(
    connection: &Connection,
    mut visit: impl FnMut(&Standing),
) -> Result<(), LedgerError> {
    let mut statement = connection.prepare(GONE)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(&standing(row)?);
    }
    Ok(())
}

/// When the run ended that the last one is held against; `None` where there is none.
pub(super) fn earlier_at(connection: &Connection) -> Result<Option<Timestamp>, LedgerError> {
    let kept: Option<RunId> = meta(connection, RUN)?.and_then(|run| run.parse().ok());
    let (Some(kept), Some((last, _))) = (kept, last_run(connection)?) else { return Ok(None) };
    let at = meta(connection, AT)?.and_then(|at| at.parse().ok()).filter(|_| kept < last);
    at.map(from_nanoseconds).transpose()
}

/// How the row stood; `None` where it was not there.
pub(super) fn earlier(connection: &Connection, row: &ReportRow) -> Result<Option<Standing>, LedgerError> {
    let Some(key) = key(row) else { return Ok(None) };
    let mut statement = connection.prepare_cached(EARLIER)?;
    let mut rows = statement.query(key)?;
    rows.next()?.map(standing).transpose()
}

fn standing(row: &Row<'_>) -> Result<Standing, LedgerError> {
    Ok(Standing {
        status: from_word(text(row.get_ref(0)?)?.unwrap_or_default(), RowStatus::parse)?,
        progress: from_word(text(row.get_ref(1)?)?.unwrap_or_default(), RowProgress::parse)?,
        findings: text(row.get_ref(2)?)?.map(from_json).transpose()?.unwrap_or_default(),
    })
}
