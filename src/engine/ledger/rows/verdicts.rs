//! What the ledger knows of a row: its verdict, and the answers that it stands on.

use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use super::super::encode::{from_json, from_word, list_to_json, text, to_integer, to_json, to_nanoseconds};
use super::super::file::error::LedgerError;
use super::super::identity::RunId;
use crate::base::{Call, CallFailure, Difference, Outcome, RowStatus};

/// An earlier verdict that a later read has said nothing about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The status.
    pub status: RowStatus,
    /// The assistant's name; `None` when it was never read.
    pub name: Option<String>,
    /// How many differences were found then.
    pub differences: usize,
    /// The call that failed then.
    pub failure: Option<CallFailure>,
}

const UPSERT_RESULT: &str = "
    INSERT INTO result (
        assistant, agent, status, run, read_run, checked_at, requests, elapsed_us,
        assistant_updated_at, agent_updated_at, name, failure, notes, differences
    ) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (assistant, agent) DO UPDATE SET
        status = excluded.status, run = excluded.run, read_run = excluded.read_run,
        checked_at = excluded.checked_at,
        requests = requests + excluded.requests, elapsed_us = elapsed_us + excluded.elapsed_us,
        assistant_updated_at = ifnull(excluded.assistant_updated_at, assistant_updated_at),
        agent_updated_at = ifnull(excluded.agent_updated_at, agent_updated_at),
        name = ifnull(excluded.name, name),
        failure = excluded.failure, later_failure = NULL,
        notes = excluded.notes, differences = excluded.differences
    RETURNING id";

const UPSERT_DOCUMENT: &str = "
    INSERT INTO document (result, assistant, agent) VALUES (?1, ?2, ?3)
    ON CONFLICT (result) DO UPDATE SET
        assistant = CASE WHEN ?4 THEN excluded.assistant ELSE ifnull(excluded.assistant, assistant) END,
        agent = CASE WHEN ?4 THEN excluded.agent ELSE ifnull(excluded.agent, agent) END";

const UPSERT_INSPECTION: &str = "
    INSERT INTO inspection (result, kept) VALUES (?1, ?2) ON CONFLICT (result) DO UPDATE SET kept = excluded.kept";

pub(crate) const VERDICT_OF: &str =
    "SELECT id, status, name, differences, failure FROM result WHERE assistant = ?1 AND agent = ?2";

const KEEP_VERDICT: &str = "
    UPDATE result SET
        later_failure = ?2, read_run = ?3, requests = requests + ?4, elapsed_us = elapsed_us + ?5
    WHERE id = ?1";

/// As a verdict of the run.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    run: RunId,
    outcome: &Outcome,
) -> Result<Option<Kept>, LedgerError> {
    let ids: [&Uuid; 2] = [&outcome.pair.assistant.0, &outcome.pair.agent.0];
    let elapsed = to_integer(u64::try_from(outcome.elapsed.as_micros()).unwrap_or(u64::MAX));
    let failure = outcome.failure.as_ref().map(to_json).transpose()?;
    if !outcome.status.is_answer()
        && let Some((result, kept)) = of(transaction, ids)?
        && stays(&kept, outcome)
    {
        transaction.prepare_cached(KEEP_VERDICT)?.execute((
            result,
            failure,
            run,
            outcome.requests,
            elapsed,
        ))?;
        return Ok(Some(kept));
    }
    let result: i64 = transaction.prepare_cached(UPSERT_RESULT)?.query_row(
        (
            ids[0].as_bytes(),
            ids[1].as_bytes(),
            outcome.status.as_str(),
            run,
            to_nanoseconds(outcome.checked_at),
            outcome.requests,
            elapsed,
            outcome.assistant_updated_at.map(|time| time.to_string()),
            outcome.agent_updated_at.map(|time| time.to_string()),
            outcome.name.as_deref(),
            failure,
            list_to_json(&outcome.notes)?,
            list_to_json(&outcome.differences)?,
        ),
        |row| row.get(0),
    )?;
    let documents = &outcome.documents;
    if documents.assistant.is_some() || documents.agent.is_some() {
        transaction.prepare_cached(UPSERT_DOCUMENT)?.execute((
            result,
            documents.assistant.as_deref(),
            documents.agent.as_deref(),
            // A verdict stands on exactly these; a failure on none, so that what an earlier run read stays.
            matches!(outcome.status, RowStatus::Verified | RowStatus::Mismatch),
        ))?;
    }
    if let Some(inspection) = &documents.inspection {
        transaction.prepare_cached(UPSERT_INSPECTION)?.execute((result, inspection))?;
    }
    Ok(None)
}

/// Whether an earlier verdict stands after a read that has none: unless it was that the assistant cannot be read, and
/// now it could.
fn stays(earlier: &Kept, now: &Outcome) -> bool {
    let was_about_the_assistant =
        earlier.failure.as_ref().is_some_and(|failure| failure.call == Call::Assistant);
    earlier.status.is_answer() && !(was_about_the_assistant && now.documents.assistant.is_some())
}

pub(crate) fn of(connection: &Connection, ids: [&Uuid; 2]) -> Result<Option<(i64, Kept)>, LedgerError> {
    let mut statement = connection.prepare_cached(VERDICT_OF)?;
    let mut rows = statement.query((ids[0].as_bytes(), ids[1].as_bytes()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let differences: Vec<Difference> = text(row.get_ref(3)?)?.map_or(Ok(Vec::new()), from_json)?;
    let kept = Kept {
        status: from_word(text(row.get_ref(1)?)?.unwrap_or_default(), RowStatus::parse)?,
        name: text(row.get_ref(2)?)?.map(str::to_owned),
        differences: differences.len(),
        failure: text(row.get_ref(4)?)?.map(from_json).transpose()?,
    };
    Ok(Some((row.get(0)?, kept)))
}
