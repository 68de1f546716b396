//! The intent before each request, and what became of it.

use bytes::Bytes;
use jiff::Timestamp;

use super::{RowKey, Workspace};
use crate::base::{
    AgentId, CallFailure, JsonText, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate, worded,
};
use crate::engine::ledger::{LedgerError, Writer, to_json, to_nanoseconds};

worded! {
    /// What a write is for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Kind {
        /// Towards what the ledger keeps.
        Update = "update",
        /// A new agent.
        Create = "create",
        /// Back to what it was.
        Undo = "undo",
    }
}

worded! {
    /// How a write ended. While there is no end, it may have been carried out.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum WriteEnd {
        /// Nothing of it is left: it was refused, or put back.
        Nothing = "nothing",
        /// Published.
        Written = "written",
        /// It may have been carried out.
        Unknown = "unknown",
    }
}

/// The intent to change an agent's draft, on disk with the agent as it was. Made here alone, after the commit.
#[derive(Debug)]
pub(crate) struct UpdateIntent {
    write: i64,
    agent: AgentId,
    fields: JsonText,
}

impl UpdateIntent {
    /// The write that it was for; no request can be sent with it any more.
    pub(crate) fn over(self) -> i64 {
        self.write
    }
}

impl RecordedUpdate for UpdateIntent {
    fn agent(&self) -> AgentId {
        self.agent
    }

    fn fields(&self) -> &JsonText {
        &self.fields
    }
}

/// The intent to publish a draft, on disk with the draft as it came back.
#[derive(Debug)]
pub(crate) struct PublishIntent {
    agent: AgentId,
}

impl RecordedPublish for PublishIntent {
    fn agent(&self) -> AgentId {
        self.agent
    }
}

/// The intent to make an agent, on disk.
#[derive(Debug)]
pub(crate) struct CreateIntent {
    write: i64,
    proposed: JsonText,
}

impl CreateIntent {
    /// The write that it was for; no request can be sent with it any more.
    pub(crate) fn over(self) -> i64 {
        self.write
    }
}

impl RecordedCreate for CreateIntent {
    fn proposed(&self) -> &JsonText {
        &self.proposed
    }
}

/// The intent to switch off an agent that was made here, on disk.
#[derive(Debug)]
pub(crate) struct RetreatIntent {
    agent: AgentId,
}

impl RecordedRetreat for RetreatIntent {
    fn agent(&self) -> AgentId {
        self.agent
    }
}

impl Writer {
    /// Puts the intent to write these fields on disk, with the agent as it is before.
    pub(crate) async fn intend_update(
        &self,
        workspace: &Workspace,
        key: RowKey,
        agent: AgentId,
        kind: Kind,
        what: (JsonText, Vec<String>),
        before: Bytes,
    ) -> Result<UpdateIntent, LedgerError> {
        let (write, fields) = self.intend_write(workspace, key, kind, Some(agent), what, before).await?;
        Ok(UpdateIntent { write, agent, fields })
    }

    /// Puts the intent to make an agent on disk, with the ids of those that have its name already.
    pub(crate) async fn intend_create(
        &self,
        workspace: &Workspace,
        key: RowKey,
        what: (JsonText, Vec<String>),
        namesakes: Bytes,
    ) -> Result<CreateIntent, LedgerError> {
        let (write, proposed) =
            self.intend_write(workspace, key, Kind::Create, None, what, namesakes).await?;
        Ok(CreateIntent { write, proposed })
    }

    async fn intend_write(
        &self,
        workspace: &Workspace,
        key: RowKey,
        kind: Kind,
        agent: Option<AgentId>,
        (fields, changed): (JsonText, Vec<String>),
        before: Bytes,
    ) -> Result<(i64, JsonText), LedgerError> {
        let workspace = workspace.0.clone();
        self.transact(move |transaction, run| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO apply_write (workspace, result, run, kind, agent, fields, changed, before, began_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            let write = insert.insert((
                workspace,
                key.0,
                run,
                kind.as_str(),
                agent.map(|agent| agent.0.into_bytes()),
                fields.get(),
                to_json(&changed)?,
                before.as_ref(),
                to_nanoseconds(Timestamp::now()),
            ))?;
            Ok((write, fields))
        })
        .await
    }

    /// Keeps the draft that came back, which may be published now.
    pub(crate) async fn draft_is_ours(
        &self,
        intent: &UpdateIntent,
        draft: Bytes,
    ) -> Result<PublishIntent, LedgerError> {
        let write = intent.write;
        let kept = "UPDATE apply_write SET draft = ?2 WHERE id = ?1";
        self.execute(kept, move |_| (write, Vec::from(draft))).await?;
        Ok(PublishIntent { agent: intent.agent })
    }

    /// The intent to put the same fields back is on disk, since theirs is: until it has an end, either may be so.
    pub(crate) async fn intend_putting_back(
        &self,
        intent: &UpdateIntent,
        fields: JsonText,
    ) -> Result<UpdateIntent, LedgerError> {
        let (write, agent) = (intent.write, intent.agent);
        self.execute("UPDATE apply_write SET outcome = 'unknown' WHERE id = ?1", move |_| [write]).await?;
        Ok(UpdateIntent { write, agent, fields })
    }

    /// The agent that was made is known, and may be published.
    pub(crate) async fn was_made(
        &self,
        intent: &CreateIntent,
        agent: AgentId,
    ) -> Result<PublishIntent, LedgerError> {
        self.was_found(intent.write, agent).await?;
        Ok(PublishIntent { agent })
    }

    /// Of a create without an answer, the agent is known.
    pub(crate) async fn was_found(&self, write: i64, agent: AgentId) -> Result<(), LedgerError> {
        let found = "UPDATE apply_write SET agent = ?2 WHERE id = ?1";
        self.execute(found, move |_| (write, agent.0.into_bytes())).await
    }

    /// Records how a write ended, with the version that was published and the agent as it was read then.
    pub(crate) async fn end_write(
        &self,
        write: i64,
        end: WriteEnd,
        version: Option<String>,
        after: Option<Bytes>,
        failure: Option<&CallFailure>,
    ) -> Result<(), LedgerError> {
        let failure = failure.map(to_json).transpose()?;
        self.execute(
            "UPDATE apply_write SET outcome = ?2, version = ifnull(?3, version), after = ifnull(?4, after), \
             failure = ?5, ended_at = ?6 WHERE id = ?1",
            move |_| {
                let now = to_nanoseconds(Timestamp::now());
                (write, end.as_str(), version, after.map(Vec::from), failure, now)
            },
        )
        .await
    }

    /// The intent to switch off an agent that was made by this write is on disk.
    pub(crate) async fn intend_retreat(
        &self,
        write: i64,
        agent: AgentId,
    ) -> Result<RetreatIntent, LedgerError> {
        self.execute(
            "INSERT INTO apply_write (workspace, result, run, kind, agent, fields, changed, began_at, taken_back) \
             SELECT workspace, result, ?2, 'undo', agent, '{}', '[]', ?3, 1 FROM apply_write WHERE id = ?1",
            move |run| (write, run, to_nanoseconds(Timestamp::now())),
        )
        .await?;
        Ok(RetreatIntent { agent })
    }
}
