//! What the last `verify` has found out, beside the verdicts of the run, which stay as they are.

use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::encode::{
    blob, from_json, from_nanoseconds, from_word, list_to_json, text, time_from_text, to_count, to_integer,
    to_json, to_nanoseconds,
};
use super::error::LedgerError;
use super::identity::RunId;
use super::verdicts::{self, Kept};
use crate::base::{Documents, Outcome, Pair, RowStatus};

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
pub(super) fn write(
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
pub(super) fn of_pair(connection: &Connection, pair: Pair) -> Result<Reread, LedgerError> {
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
