//! What may have been written and is not taken back.

use std::collections::HashMap;

use bytes::Bytes;
use rusqlite::Row;
use uuid::Uuid;

use super::intent::{Kind, WriteEnd};
use super::rows::{agent, target};
use super::{RowKey, Target, Workspace};
use crate::base::{AgentId, JsonText, Pair};
use crate::engine::ledger::{
    Ledger, LedgerError, LedgerReader, Writer, blob, from_json, from_word, text, to_count, to_integer,
};

/// A write that may have been carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenWrite {
    pub(crate) write: i64,
    pub(crate) kind: Kind,
    /// What was sent, in write names.
    pub(crate) fields: JsonText,
    /// The same in read names.
    pub(crate) changed: Vec<String>,
    /// The agent as it was; of a create the ids of its namesakes.
    pub(crate) before: Bytes,
    /// The agent as it was read afterwards.
    pub(crate) after: Option<Bytes>,
    /// How it ended; `None` while it is open.
    pub(crate) end: Option<WriteEnd>,
    /// The agent; `None` of a create that nobody has found.
    pub(crate) agent: Option<AgentId>,
}

/// All that was written to an agent and is not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) target: Target,
    /// Oldest first; at least one.
    pub(crate) writes: Vec<OpenWrite>,
}

/// May have been carried out, and stands.
const STANDING: &str = "w.taken_back = 0 AND w.outcome IS NOT 'nothing'";

const COLUMNS: &str = "w.id, w.kind, w.fields, w.changed, w.before, w.after, w.outcome, w.agent";

/// Of the row in whose agent of this workspace that write stood.
const VERDICT_IS_OVER: &str = "UPDATE result SET status = 'not_checked' WHERE status = 'verified' \
     AND id IN (SELECT result FROM apply_write WHERE id = ?1 AND workspace = '')";

impl Writer {
    /// What may have been written for that row to that agent, oldest first; without an agent, what was asked for and never
    /// found.
    pub(crate) async fn writes_for(
        &self,
        workspace: &Workspace,
        key: RowKey,
        agent: Option<AgentId>,
    ) -> Result<Vec<OpenWrite>, LedgerError> {
        let workspace = workspace.0.clone();
        self.transact(move |transaction, _| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM apply_write AS w \
                 WHERE w.workspace = ?1 AND w.result = ?2 AND w.agent IS ?3 AND {STANDING} ORDER BY w.id"
            ))?;
            let agent = agent.map(|agent| agent.0.into_bytes());
            statement.query_and_then((workspace, key.0, agent), write)?.collect()
        })
        .await
    }

    /// The next agent with something to take back, in the order of the rows; oldest write first.
    pub(crate) async fn past_after(
        &self,
        workspace: &Workspace,
        last: Option<&Target>,
    ) -> Result<Option<Past>, LedgerError> {
        let name = workspace.0.clone();
        let place = |last: &Target| {
            let agent = last.agent.map(|agent| agent.0.into_bytes().to_vec());
            (to_integer(last.line), last.key.0, agent.unwrap_or_default())
        };
        let (line, key, agent_id) = last.map_or((i64::MIN, i64::MIN, Vec::new()), place);
        let target = self
            .transact(move |transaction, _| {
                let mut statement = transaction.prepare_cached(&format!(
                    "SELECT r.id, a.line, r.assistant, r.agent, w.agent FROM apply_write AS w \
                     JOIN result AS r ON r.id = w.result \
                     JOIN apply_row AS a ON a.result = w.result AND a.workspace = w.workspace \
                     WHERE w.workspace = ?1 AND {STANDING} AND (a.line, r.id, ifnull(w.agent, x'')) > (?2, ?3, ?4) \
                     ORDER BY a.line, r.id, ifnull(w.agent, x'') LIMIT 1"
                ))?;
                let mut rows = statement.query((name, line, key, agent_id))?;
                rows.next()?.map(target).transpose()
            })
            .await?;
        let Some(target) = target else { return Ok(None) };
        let writes = self.writes_for(workspace, target.key, target.agent).await?;
        Ok(Some(Past { target, writes }))
    }

    pub(crate) async fn was_made_here(&self, agent: AgentId) -> Result<bool, LedgerError> {
        self.transact(move |transaction, _| {
            let mut statement = transaction
                .prepare_cached("SELECT 1 FROM apply_write WHERE kind = 'create' AND agent = ?1")?;
            Ok(statement.exists([agent.0.as_bytes()])?)
        })
        .await
    }

    /// The agent is as it was before these. A verdict that was reached in between is none of it.
    pub(crate) async fn are_taken_back(&self, writes: Vec<i64>) -> Result<(), LedgerError> {
        self.transact(move |transaction, _| {
            let mut statement =
                transaction.prepare_cached("UPDATE apply_write SET taken_back = 1 WHERE id = ?1")?;
            let mut verdict = transaction.prepare_cached(VERDICT_IS_OVER)?;
            for write in writes {
                statement.execute([write])?;
                verdict.execute([write])?;
            }
            Ok(())
        })
        .await
    }
}

impl LedgerReader {
    /// The agents in that workspace that such writes stand in, by their rows; of several the last one.
    pub(crate) fn agents_by(
        &self,
        kind: Kind,
        workspace: &Workspace,
    ) -> Result<HashMap<RowKey, AgentId>, LedgerError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT w.result, w.agent FROM apply_write AS w \
             WHERE w.workspace = ?1 AND w.kind = ?2 AND w.agent IS NOT NULL AND {STANDING} ORDER BY w.id"
        ))?;
        let agents = statement.query_and_then((&workspace.0, kind.as_str()), |row| {
            let key = RowKey(row.get(0)?);
            Ok(agent(row, 1)?.map(|agent| (key, agent)))
        })?;
        agents.filter_map(Result::transpose).collect()
    }

    /// Whether something that was written for these ids stands, or may.
    pub(crate) fn apply_stands(&self, workspace: &Workspace, pair: Pair) -> Result<bool, LedgerError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT 1 FROM apply_write AS w JOIN result AS r ON r.id = w.result \
             WHERE w.workspace = ?1 AND r.assistant = ?2 AND r.agent = ?3 AND {STANDING}"
        ))?;
        Ok(statement.exists((&workspace.0, pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()))?)
    }
}

impl Ledger {
    /// Requests to make an agent that nobody has found yet.
    pub(crate) fn lost_creates(&self, workspace: &Workspace) -> Result<Vec<OpenWrite>, LedgerError> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {COLUMNS} FROM apply_write AS w \
             WHERE w.workspace = ?1 AND w.kind = 'create' AND w.agent IS NULL AND {STANDING} ORDER BY w.id"
        ))?;
        statement.query_and_then([&workspace.0], write)?.collect()
    }

    pub(crate) fn rows_to_take_back(&self, workspace: &Workspace) -> Result<u64, LedgerError> {
        let sql = format!(
            "SELECT count(DISTINCT w.result) FROM apply_write AS w WHERE w.workspace = ?1 AND {STANDING}"
        );
        Ok(to_count(self.connection().query_row(&sql, [&workspace.0], |row| row.get(0))?))
    }

    /// Whether the ledger knows that UUID, as an assistant's or an agent's.
    pub(crate) fn knows_id(&self, id: Uuid) -> Result<bool, LedgerError> {
        let mut statement = self.connection().prepare(
            "SELECT 1 FROM result AS r LEFT JOIN apply_row AS a ON a.result = r.id \
             WHERE r.assistant = ?1 OR r.agent = ?1 OR a.agent = ?1 LIMIT 1",
        )?;
        Ok(statement.exists([id.as_bytes()])?)
    }

    /// The agents as this program left them in the ledger's own workspace, answers of `get`, for the practice workspace to
    /// begin with: what may have been published last, or as it was before what is taken back.
    pub(crate) fn agents_as_left(&self) -> Result<Vec<(AgentId, Bytes)>, LedgerError> {
        let mut statement = self.connection().prepare(
            "SELECT agent, after FROM apply_write WHERE id IN (SELECT max(id) FROM apply_write \
             WHERE workspace = '' AND agent IS NOT NULL AND after IS NOT NULL GROUP BY agent)",
        )?;
        let left = statement.query_and_then([], |row| {
            let after = Bytes::copy_from_slice(blob(row.get_ref(1)?)?.unwrap_or_default());
            Ok(agent(row, 0)?.map(|agent| (agent, after)))
        })?;
        left.filter_map(Result::transpose).collect()
    }
}

fn write(row: &Row<'_>) -> Result<OpenWrite, LedgerError> {
    let bytes = |index| -> Result<Option<Bytes>, LedgerError> {
        Ok(blob(row.get_ref(index)?)?.map(Bytes::copy_from_slice))
    };
    let word = |index| -> Result<&str, LedgerError> { Ok(text(row.get_ref(index)?)?.unwrap_or_default()) };
    let fields = JsonText::new(word(2)?.to_owned());
    Ok(OpenWrite {
        write: row.get(0)?,
        kind: from_word(word(1)?, Kind::parse)?,
        fields: fields.ok_or_else(|| LedgerError::damaged("what was sent is no JSON"))?,
        changed: from_json(word(3)?)?,
        before: bytes(4)?.unwrap_or_default(),
        after: bytes(5)?,
        end: text(row.get_ref(6)?)?.map(|word| from_word(word, WriteEnd::parse)).transpose()?,
        agent: agent(row, 7)?,
    })
}
