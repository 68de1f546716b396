//! The intent before each request, and what became of it.

use bytes::Bytes;
use jiff::Timestamp;

use super::{Target, Workspace};
use crate::base::{
    AgentId, CallFailure, JsonText, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate,
};
use crate::engine::ledger::{LedgerError, Writer, to_json, to_nanoseconds};

/// What a write is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Towards what the ledger keeps.
    Update,
    /// A new agent.
    Create,
    /// Back to what it was.
    Undo,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Update, Self::Create, Self::Undo];

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Create => "create",
            Self::Undo => "undo",
        }
    }

    /// The reverse of [`Kind::as_str`].
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How a write ended. While there is no end, it may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteEnd {
    /// Nothing of it is left: it was refused, or put back.
    Nothing,
    /// Published.
    Written,
    /// It may have been carried out.
    Unknown,
}

impl WriteEnd {
    const ALL: [Self; 3] = [Self::Nothing, Self::Written, Self::Unknown];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Written => "written",
            Self::Unknown => "unknown",
        }
    }

    /// The reverse of [`WriteEnd::as_str`].
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == word)
    }
}

/// The intent to change an agent's draft, on disk with the agent as it was. Made here alone, after the commit.
#[derive(Debug)]
pub struct UpdateIntent {
    write: i64,
    agent: AgentId,
    fields: JsonText,
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
pub struct PublishIntent {
    agent: AgentId,
}

impl RecordedPublish for PublishIntent {
    fn agent(&self) -> AgentId {
        self.agent
    }
}

/// The intent to make an agent, on disk.
#[derive(Debug)]
pub struct CreateIntent {
    write: i64,
    proposed: JsonText,
}

impl RecordedCreate for CreateIntent {
    fn proposed(&self) -> &JsonText {
        &self.proposed
    }
}

/// The intent to switch off an agent that was made here, on disk.
#[derive(Debug)]
pub struct RetreatIntent {
    agent: AgentId,
}

impl RecordedRetreat for RetreatIntent {
    fn agent(&self) -> AgentId {
        self.agent
    }
}

/// What an intent is about.
struct Intent<'a> {
    workspace: &'a str,
    target: &'a Target,
    kind: Kind,
    agent: Option<AgentId>,
    fields: &'a JsonText,
    changed: &'a [String],
    before: Option<&'a [u8]>,
}

impl Intent<'_> {
    fn insert(&self, transaction: &rusqlite::Transaction<'_>, run: i64) -> Result<i64, LedgerError> {
        Ok(transaction
            .prepare_cached(
                "INSERT INTO apply_write (workspace, result, run, kind, agent, fields, changed, before, began_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .insert((
                self.workspace,
                self.target.key.0,
                run,
                self.kind.as_str(),
                self.agent.as_ref().map(|agent| agent.0.as_bytes().as_slice()),
                self.fields.get(),
                to_json(self.changed)?,
                self.before,
                to_nanoseconds(Timestamp::now()),
            ))?)
    }
}

impl Writer {
    /// Puts the intent to write these fields on disk, with the agent as it is before.
    pub(crate) async fn intend_update(
        &self,
        workspace: &Workspace,
        target: &Target,
        agent: AgentId,
        kind: Kind,
        (fields, changed): (JsonText, Vec<String>),
        before: Bytes,
    ) -> Result<UpdateIntent, LedgerError> {
        let (workspace, target) = (workspace.0.clone(), target.clone());
        self.transact(move |transaction, run| {
            let intent = Intent {
                workspace: &workspace,
                target: &target,
                kind,
                agent: Some(agent),
                fields: &fields,
                changed: &changed,
                before: Some(&before),
            };
            Ok(UpdateIntent { write: intent.insert(transaction, run)?, agent, fields })
        })
        .await
    }

    /// Keeps the draft that came back, which may be published now.
    pub(crate) async fn draft_is_ours(
        &self,
        intent: &UpdateIntent,
        draft: Bytes,
    ) -> Result<PublishIntent, LedgerError> {
        let (write, agent) = (intent.write, intent.agent);
        self.transact(move |transaction, _| {
            transaction
                .prepare_cached("UPDATE apply_write SET draft = ?2 WHERE id = ?1")?
                .execute((write, draft.as_ref()))?;
            Ok(PublishIntent { agent })
        })
        .await
    }

    /// The intent to put the same fields back is on disk, since theirs is: until it has an end, either may be so.
    pub(crate) async fn intend_putting_back(
        &self,
        intent: &UpdateIntent,
        fields: JsonText,
    ) -> Result<UpdateIntent, LedgerError> {
        let (write, agent) = (intent.write, intent.agent);
        self.transact(move |transaction, _| {
            transaction.execute("UPDATE apply_write SET outcome = 'unknown' WHERE id = ?1", [write])?;
            Ok(UpdateIntent { write, agent, fields })
        })
        .await
    }

    /// Records how a write ended, with the version that was published and the agent as it was read then.
    pub(crate) async fn end_update(
        &self,
        intent: UpdateIntent,
        end: WriteEnd,
        version: Option<String>,
        after: Option<Bytes>,
        failure: Option<CallFailure>,
    ) -> Result<(), LedgerError> {
        self.end_write(intent.write, end, version, after, failure).await
    }

    /// Puts the intent to make an agent on disk, with the ids of those that have its name already.
    pub(crate) async fn intend_create(
        &self,
        workspace: &Workspace,
        target: &Target,
        proposed: JsonText,
        changed: Vec<String>,
        namesakes: Vec<u8>,
    ) -> Result<CreateIntent, LedgerError> {
        let (workspace, target) = (workspace.0.clone(), target.clone());
        self.transact(move |transaction, run| {
            let intent = Intent {
                workspace: &workspace,
                target: &target,
                kind: Kind::Create,
                agent: None,
                fields: &proposed,
                changed: &changed,
                before: Some(&namesakes),
            };
            Ok(CreateIntent { write: intent.insert(transaction, run)?, proposed })
        })
        .await
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
        self.transact(move |transaction, _| {
            transaction.execute(
                "UPDATE apply_write SET agent = ?2 WHERE id = ?1",
                (write, agent.0.as_bytes().as_slice()),
            )?;
            Ok(())
        })
        .await
    }

    /// Records how making an agent ended.
    pub(crate) async fn end_create(
        &self,
        intent: CreateIntent,
        end: WriteEnd,
        version: Option<String>,
        after: Option<Bytes>,
        failure: Option<CallFailure>,
    ) -> Result<(), LedgerError> {
        self.end_write(intent.write, end, version, after, failure).await
    }

    /// Records how a write of an earlier command ended, as it was found out now.
    pub(crate) async fn end_write(
        &self,
        write: i64,
        end: WriteEnd,
        version: Option<String>,
        after: Option<Bytes>,
        failure: Option<CallFailure>,
    ) -> Result<(), LedgerError> {
        self.transact(move |transaction, _| {
            transaction
                .prepare_cached(
                    "UPDATE apply_write SET outcome = ?2, version = ifnull(?3, version), \
                     after = ifnull(?4, after), failure = ?5, ended_at = ?6 WHERE id = ?1",
                )?
                .execute((
                    write,
                    end.as_str(),
                    version,
                    after.as_deref(),
                    failure.as_ref().map(to_json).transpose()?,
                    to_nanoseconds(Timestamp::now()),
                ))?;
            Ok(())
        })
        .await
    }

    /// The intent to switch off an agent that was made by this write is on disk.
    pub(crate) async fn intend_retreat(
        &self,
        write: i64,
        agent: AgentId,
    ) -> Result<RetreatIntent, LedgerError> {
        self.transact(move |transaction, run| {
            transaction.execute(
                "INSERT INTO apply_write (workspace, result, run, kind, agent, fields, changed, began_at, taken_back) \
                 SELECT workspace, result, ?2, 'undo', agent, '{}', '[]', ?3, 1 FROM apply_write WHERE id = ?1",
                (write, run, to_nanoseconds(Timestamp::now())),
            )?;
            Ok(RetreatIntent { agent })
        })
        .await
    }
}
