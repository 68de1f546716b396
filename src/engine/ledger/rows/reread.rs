//! What the last `verify` has found out, beside the verdicts of the run, which stay as they are.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::Value;

use super::super::encode::{
    blob, from_json, from_nanoseconds, from_word, list_to_json, text, time_from_text, to_count, to_integer,
    to_json, to_nanoseconds,
};
use super::super::file::error::LedgerError;
use super::super::file::schema::ROWS;
use super::super::identity::{RunCommand, RunId};
use super::verdicts::{self, Kept};
use crate::base::{Documents, Outcome, Pair, RowStatus};

/// Where the settings of a `verify` name the fields in which differences are accepted: with others it finds others.
const ACCEPTED: &str = "accepted";

/// How far the last `verify` came with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reread {
    /// No run has read its assistant, so that there is nothing to compare an agent with.
    NeverRead,
    /// It was to be compared, and was not come to.
    NotComeTo,
    /// What was found out. Its line is 0.
    Known(Box<Outcome>),
}

/// What an earlier `verify` has read and this one need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBefore {
    /// How many rows of the input.
    pub rows: u64,
    /// When the first of them was read.
    pub since: Timestamp,
}

/// The last command that has written the ledger, and whether it came to its end.
const LAST_COMMAND: &str = "SELECT command, finished_at IS NOT NULL AND stopped IS NULL, settings FROM run \
     ORDER BY id DESC LIMIT 1";

/// What has been read, as far as rows of the input ask for it.
pub(crate) fn read_before() -> String {
    format!(
        "SELECT count(*), min(n.checked_at) {ROWS} JOIN reread AS n ON n.result = r.id WHERE d.first IS NULL"
    )
}

/// What an interrupted `verify` has read stands; all else is forgotten. See [`super::Ledger::go_on_verifying`].
pub(crate) fn go_on(connection: &Connection, settings: &Value) -> Result<Option<ReadBefore>, LedgerError> {
    let last = connection.query_row(LAST_COMMAND, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?))
    });
    let goes_on = match last.optional()? {
        Some((command, has_ended, before)) => {
            command == RunCommand::Verify.as_str()
                && !has_ended
                && from_json::<Value>(&before)?.get(ACCEPTED) == settings.get(ACCEPTED)
        }
        None => false,
    };
    let stand = RowStatus::ALL.into_iter().filter(|status| goes_on && status.is_answer());
    let stand: Vec<_> = stand.map(RowStatus::as_str).collect();
    connection.execute(
        "DELETE FROM reread WHERE status NOT IN (SELECT value FROM json_each(?1))",
        [to_json(&stand)?],
    )?;
    let read = connection.query_row(&read_before(), [], |row| Ok((row.get(0)?, row.get(1)?)));
    let (rows, since): (i64, Option<i64>) = read?;
    since.map(|since| Ok(ReadBefore { rows: to_count(rows), since: from_nanoseconds(since)? })).transpose()
}

const UPSERT: &str = "
    INSERT OR REPLACE INTO reread (
        result, status, checked_at, requests, elapsed_us, agent_updated_at, failure, notes, differences, agent
    ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const OF_PAIR: &str = "
    SELECT n.status, n.checked_at, n.requests, n.elapsed_us, n.agent_updated_at, n.failure, n.notes, n.differences,
        n.agent, doc.assistant IS NOT NULL
    FROM result AS r LEFT JOIN reread AS n ON n.result = r.id LEFT JOIN document AS doc ON doc.result = r.id
    WHERE r.assistant = ?1 AND r.agent = ?2";

/// Records what came of a row; gives the run's verdict where this said nothing about it.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    _run: RunId,
    outcome: &Outcome,
) -> Result<Option<Kept>, LedgerError> {
    let Some((result, kept)) = verdicts::of(transaction, [&outcome.pair.assistant.0, &outcome.pair.agent.0])?
    else {
        return Ok(None);
    };
    transaction.prepare_cached(UPSERT)?.execute((
        result,
        outcome.status.as_str(),
        to_nanoseconds(outcome.checked_at),
        outcome.requests,
        to_integer(u64::try_from(outcome.elapsed.as_micros()).unwrap_or(u64::MAX)),
        outcome.agent_updated_at.map(|time| time.to_string()),
        outcome.failure.as_ref().map(to_json).transpose()?,
        list_to_json(&outcome.notes)?,
        list_to_json(&outcome.differences)?,
        outcome.documents.agent.as_deref(),
    ))?;
    Ok(Some(kept).filter(|kept| kept.status.is_answer() && !outcome.status.is_answer()))
}

impl Reread {
    /// The agent as it was read.
    pub fn agent(self) -> Option<Bytes> {
        match self {
            Self::Known(outcome) => outcome.documents.agent,
            Self::NeverRead | Self::NotComeTo => None,
        }
    }
}

/// What is kept about the row of that pair.
pub(crate) fn of_pair(connection: &Connection, pair: Pair) -> Result<Reread, LedgerError> {
    let mut statement = connection.prepare_cached(OF_PAIR)?;
    let ids = [pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()];
    statement.query_row(ids, |row| Ok(reread(row, pair))).optional()?.unwrap_or(Ok(Reread::NeverRead))
}

fn reread(row: &Row<'_>, pair: Pair) -> Result<Reread, LedgerError> {
    let Some(status) = text(row.get_ref(0)?)? else {
        return Ok(if row.get(9)? { Reread::NotComeTo } else { Reread::NeverRead });
    };
    Ok(Reread::Known(Box::new(Outcome {
        pair,
        line: 0,
        status: from_word(status, RowStatus::parse)?,
        name: None,
        differences: text(row.get_ref(7)?)?.map_or(Ok(Vec::new()), from_json)?,
        notes: text(row.get_ref(6)?)?.map_or(Ok(Vec::new()), from_json)?,
        failure: text(row.get_ref(5)?)?.map(from_json).transpose()?,
        assistant_updated_at: None,
        agent_updated_at: text(row.get_ref(4)?)?.map(time_from_text).transpose()?,
        documents: Documents {
            agent: blob(row.get_ref(8)?)?.map(Bytes::copy_from_slice),
            ..Documents::default()
        },
        requests: row.get(2)?,
        elapsed: Duration::from_micros(to_count(row.get(3)?)),
        checked_at: from_nanoseconds(row.get(1)?)?,
    })))
}
