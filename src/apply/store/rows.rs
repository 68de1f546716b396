//! What a command has found out about each row, and which are to be written.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use uuid::Uuid;

use super::Workspace;
use crate::apply::left::Left;
use crate::base::{AgentId, ApplyStatus, AssistantId, CallFailure, Difference, Pair};
use crate::engine::ledger::{
    LedgerError, LedgerReader, RunId, Writer, blob, from_json, from_nanoseconds, from_word, list_to_json,
    text, to_count, to_integer, to_json, to_nanoseconds, to_uuid,
};
use crate::engine::record::Side;

const PAGE: usize = 16;

const PLANNED: &str = "planned";

/// A row of the ledger with a result: what a source is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowKey(pub(super) i64);

/// What the ledger keeps of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) side: Side,
    pub(crate) body: Bytes,
}

impl Source {
    /// Of what a ledger keeps of a row: the assistant, and of an audit that has read the agent that one.
    pub(crate) fn of(assistant: Option<&[u8]>, agent: Option<&[u8]>, is_audit: bool) -> Option<Self> {
        let kept = |side, body: &[u8]| Self { side, body: Bytes::copy_from_slice(body) };
        let agent = agent.filter(|_| is_audit).map(|body| kept(Side::Agent, body));
        assistant.map(|body| kept(Side::Assistant, body)).or(agent)
    }

    /// The id that was asked for.
    pub(crate) const fn id(&self, pair: Pair) -> Uuid {
        match self.side {
            Side::Assistant => pair.assistant.0,
            Side::Agent => pair.agent.0,
        }
    }
}

/// A row and what is to be written for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) key: RowKey,
    pub(crate) line: u64,
    /// The ids of its source.
    pub(crate) pair: Pair,
    /// Its agent in the target; `None` while there is none.
    pub(crate) agent: Option<AgentId>,
}

/// An agent as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) at: Timestamp,
}

/// What is still to be done for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing: what became of it is known.
    Nothing,
    /// Its agent, as it was read, is to be written.
    Update(Body),
    Create,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) target: Target,
    pub(crate) source: Source,
    /// The agent as the look read it; `None` where it is to be made.
    pub(crate) body: Option<Body>,
    /// What the look has spent on it.
    pub(crate) requests: u32,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: ApplyStatus,
    /// The fields that were written, or would be, in read names.
    pub(crate) changed: Vec<String>,
    pub(crate) left: Vec<Left>,
    pub(crate) differences: Vec<Difference>,
    pub(crate) failure: Option<CallFailure>,
    pub(crate) said: Option<String>,
    /// The version that was published; empty where none was.
    pub(crate) version: String,
    /// Requests spent on it by this command.
    pub(crate) requests: u32,
}

impl Ending {
    pub(crate) const fn of(status: ApplyStatus) -> Self {
        Self {
            status,
            changed: Vec::new(),
            left: Vec::new(),
            differences: Vec::new(),
            failure: None,
            said: None,
            version: String::new(),
            requests: 0,
        }
    }

    pub(crate) fn saying(status: ApplyStatus, said: impl Into<String>) -> Self {
        Self { said: Some(said.into()), ..Self::of(status) }
    }

    /// A write that may have been carried out.
    pub(crate) fn unknown(failure: CallFailure) -> Self {
        Self { failure: Some(failure), ..Self::of(ApplyStatus::Unknown) }
    }
}

impl Writer {
    /// Keeps what became of a row; resolves once that is safe from a power cut. `work`: what is still to be
    /// done for it.
    pub(crate) async fn apply_found(
        &self,
        workspace: &Workspace,
        target: &Target,
        ending: Ending,
        work: Work,
    ) -> Result<(), LedgerError> {
        let (workspace, target) = (workspace.0.clone(), target.clone());
        self.transact(move |transaction, run| keep(transaction, run, &workspace, &target, &ending, &work))
            .await
    }

    /// Of the rows to be written all but the first `maximum` are left for another command.
    pub(crate) async fn apply_at_most(
        &self,
        workspace: &Workspace,
        maximum: Option<u64>,
    ) -> Result<(), LedgerError> {
        let workspace = workspace.0.clone();
        let Some(maximum) = maximum.map(to_integer) else { return Ok(()) };
        self.execute(
            "UPDATE apply_row SET status = 'not_checked', body = NULL, changed = NULL \
             WHERE workspace = ?1 AND status = 'planned' AND run = ?2 AND id NOT IN (SELECT id FROM apply_row \
             WHERE workspace = ?1 AND status = 'planned' AND run = ?2 ORDER BY line LIMIT ?3)",
            move |run| (workspace, run, maximum),
        )
        .await
    }

    /// The next rows to be written behind that line; an empty page when there are no more.
    pub(crate) async fn apply_planned(
        &self,
        workspace: &Workspace,
        after: Option<u64>,
        is_audit: bool,
    ) -> Result<Vec<Planned>, LedgerError> {
        let workspace = workspace.0.clone();
        let after = after.map_or(i64::MIN, to_integer);
        self.transact(move |transaction, run| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT r.id, a.line, r.assistant, r.agent, a.agent, doc.assistant, doc.agent, a.body, a.checked_at, \
                 a.requests FROM apply_row AS a JOIN result AS r ON r.id = a.result \
                 JOIN document AS doc ON doc.result = r.id \
                 WHERE a.workspace = ?1 AND a.status = 'planned' AND a.run = ?2 AND a.line > ?3 ORDER BY a.line \
                 LIMIT {PAGE}"
            ))?;
            let rows = statement.query_and_then((workspace, run, after), |row| planned(row, is_audit))?;
            rows.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// In a dry run every row to be written is said to.
    pub(crate) async fn apply_would(&self, workspace: &Workspace) -> Result<(), LedgerError> {
        let workspace = workspace.0.clone();
        self.execute(
            "UPDATE apply_row SET status = CASE WHEN body IS NULL THEN 'would_create' ELSE 'would_apply' END, \
             body = NULL WHERE workspace = ?1 AND status = 'planned' AND run = ?2",
            move |run| (workspace, run),
        )
        .await
    }
}

/// What is on record of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Its agent in the target.
    pub(crate) agent: Option<AgentId>,
    pub(crate) ending: Ending,
    pub(crate) at: Timestamp,
}

impl LedgerReader {
    /// The key of a pair of ids; `None` when no run has read it.
    pub(crate) fn apply_key(&self, pair: Pair) -> Result<Option<RowKey>, LedgerError> {
        let mut statement =
            self.connection().prepare_cached("SELECT id FROM result WHERE assistant = ?1 AND agent = ?2")?;
        let ids = (pair.assistant.0.as_bytes(), pair.agent.0.as_bytes());
        Ok(statement.query_row(ids, |row| row.get(0)).optional()?.map(RowKey))
    }

    /// What the last `apply` has found out about these ids in that workspace.
    pub(crate) fn apply_record(
        &self,
        workspace: &Workspace,
        pair: Pair,
    ) -> Result<Option<Recorded>, LedgerError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT a.agent, a.status, a.changed, a.left_behind, a.differences, a.failure, a.said, a.version, \
             a.requests, a.checked_at FROM apply_row AS a JOIN result AS r ON r.id = a.result \
             WHERE a.workspace = ?1 AND r.assistant = ?2 AND r.agent = ?3 \
             AND a.run = (SELECT max(id) FROM run WHERE command = 'apply')",
        )?;
        let mut rows =
            statement.query((&workspace.0, pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()))?;
        rows.next()?.map(recorded).transpose()
    }
}

fn recorded(row: &Row<'_>) -> Result<Recorded, LedgerError> {
    let said = |index| -> Result<Option<&str>, LedgerError> { text(row.get_ref(index)?) };
    let status = match said(1)?.unwrap_or_default() {
        // The command ended before it came to it.
        PLANNED => ApplyStatus::NotChecked,
        word => from_word(word, ApplyStatus::parse)?,
    };
    let is_over = status != ApplyStatus::NotChecked;
    let ending = Ending {
        status,
        changed: said(2)?.filter(|_| is_over).map_or(Ok(Vec::new()), from_json)?,
        left: said(3)?.map_or(Ok(Vec::new()), from_json)?,
        differences: said(4)?.map_or(Ok(Vec::new()), from_json)?,
        failure: said(5)?.map(from_json).transpose()?,
        said: said(6)?.map(str::to_owned),
        version: said(7)?.unwrap_or_default().to_owned(),
        requests: u32::try_from(to_count(row.get(8)?)).unwrap_or(u32::MAX),
    };
    Ok(Recorded { agent: agent(row, 0)?, ending, at: from_nanoseconds(row.get(9)?)? })
}

fn keep(
    transaction: &Transaction<'_>,
    run: RunId,
    workspace: &str,
    target: &Target,
    ending: &Ending,
    work: &Work,
) -> Result<(), LedgerError> {
    let body = if let Work::Update(body) = work { Some(body) } else { None };
    let at = body.map_or_else(Timestamp::now, |body| body.at);
    transaction
        .prepare_cached(
            "INSERT INTO apply_row (workspace, result, run, line, agent, status, requests, checked_at, version, \
             changed, left_behind, differences, failure, said, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
             ON CONFLICT (workspace, result) DO UPDATE SET run = excluded.run, line = excluded.line, \
             agent = excluded.agent, status = excluded.status, requests = excluded.requests, \
             checked_at = excluded.checked_at, version = excluded.version, changed = excluded.changed, \
             left_behind = excluded.left_behind, differences = excluded.differences, failure = excluded.failure, \
             said = excluded.said, body = excluded.body",
        )?
        .execute((
            workspace,
            target.key.0,
            run,
            to_integer(target.line),
            target.agent.map(|agent| agent.0.into_bytes()),
            if *work == Work::Nothing { ending.status.as_str() } else { PLANNED },
            ending.requests,
            to_nanoseconds(at),
            ending.version.as_str(),
            list_to_json(&ending.changed)?,
            list_to_json(&ending.left)?,
            list_to_json(&ending.differences)?,
            ending.failure.as_ref().map(to_json).transpose()?,
            ending.said.as_deref(),
            body.map(|body| body.bytes.as_ref()),
        ))?;
    Ok(())
}

fn planned(row: &Row<'_>, is_audit: bool) -> Result<Option<Planned>, LedgerError> {
    let Some(source) = Source::of(blob(row.get_ref(5)?)?, blob(row.get_ref(6)?)?, is_audit) else {
        return Ok(None);
    };
    let at = from_nanoseconds(row.get(8)?)?;
    let body = blob(row.get_ref(7)?)?.map(|body| Body { bytes: Bytes::copy_from_slice(body), at });
    Ok(Some(Planned {
        target: target(row)?,
        source,
        body,
        requests: u32::try_from(to_count(row.get(9)?)).unwrap_or(u32::MAX),
    }))
}

/// Out of the first five columns: the result's key, line, both ids, the agent.
pub(super) fn target(row: &Row<'_>) -> Result<Target, LedgerError> {
    let id = |index| -> Result<Uuid, LedgerError> { to_uuid(blob(row.get_ref(index)?)?.unwrap_or_default()) };
    Ok(Target {
        key: RowKey(row.get(0)?),
        line: to_count(row.get(1)?),
        pair: Pair { assistant: AssistantId(id(2)?), agent: AgentId(id(3)?) },
        agent: agent(row, 4)?,
    })
}

pub(super) fn agent(row: &Row<'_>, index: usize) -> Result<Option<AgentId>, LedgerError> {
    blob(row.get_ref(index)?)?.map(|id| to_uuid(id).map(AgentId)).transpose()
}
