//! One agent: intent, update, a look at the draft, publish, read again (DESIGN.md, Applying).

use bytes::Bytes;

use super::decide::{Change, Choices};
use super::draft::{has_fields, others_work};
use super::store::{Kind, PublishIntent, RowKey, UpdateIntent, Workspace, WriteEnd};
use crate::base::{AgentId, Call, CallFailure, FailureKind};
use crate::engine::platform::{Client, Meter, Version};
use crate::engine::record::{Record, Side};
use crate::engine::session::{Board, InPause, Sent, no_answer, read};

/// Writes agents, one after the other.
pub(crate) struct Applier<'a> {
    pub(crate) board: Board<'a>,
    /// Whose agents they are.
    pub(crate) workspace: Workspace,
    pub(crate) choices: Choices,
    /// Whether the ledger is an audit's: what it keeps may be agents.
    pub(crate) is_audit: bool,
    /// On the row that is being written.
    pub(crate) spent: Meter,
}

/// What is to be written to an agent.
pub(super) struct Order<'a> {
    pub(super) key: RowKey,
    pub(super) agent: AgentId,
    pub(super) kind: Kind,
    pub(super) change: &'a Change,
    /// What is published now, and the answer that it was read from.
    pub(super) now: &'a Record,
    pub(super) body: &'a Bytes,
    /// Also where nothing is changed: it was never published.
    pub(super) must_publish: bool,
}

impl<'a> Order<'a> {
    pub(super) const fn of(
        key: RowKey,
        agent: AgentId,
        change: &'a Change,
        now: &'a Record,
        body: &'a Bytes,
    ) -> Self {
        Self { key, agent, kind: Kind::Update, change, now, body, must_publish: false }
    }
}

/// What came of it, as it is on disk.
#[derive(Debug)]
pub(super) enum Written {
    /// It is published; `after` is what `get` then said, or why nothing was to be read.
    Published { version: String, after: Result<Record, CallFailure> },
    /// Somebody has unpublished work in these fields. Ours were put back, unless that failed.
    InUse { others: Vec<String>, failure: Option<CallFailure> },
    /// The platform refused, or its answer shows no draft; nothing of ours is left there.
    Refused(CallFailure),
    /// It may have been carried out, in part or whole.
    Unknown(CallFailure),
    /// No request left.
    NotSent,
}

impl Applier<'_> {
    /// Writes the change and publishes it, or neither.
    pub(super) async fn write(&mut self, order: &Order<'_>) -> Written {
        let what = (order.change.body(), order.change.names());
        let (writer, before) = (self.board.writer, order.body.clone());
        let recording =
            writer.intend_update(&self.workspace, order.key, order.agent, order.kind, what, before).await;
        let Some(intent) = self.board.on_disk(recording) else { return Written::NotSent };
        match self.update(&intent, InPause::GiveUp).await {
            Sent::Done(answer) => self.with_draft(order, intent, answer).await,
            Sent::Not(failure) => {
                self.end(intent.over(), WriteEnd::Nothing, None, failure.as_ref()).await;
                failure.map_or(Written::NotSent, Written::Refused)
            }
            Sent::Unknown(failure) => match self.read_agent(order.agent).await {
                // Of an agent that was never published, `get` shows the draft.
                Ok((now, body)) if is_there(order, &now) => self.with_draft(order, intent, body).await,
                _ => self.left_unknown(intent, failure).await,
            },
        }
    }

    /// The draft is ours to publish, or somebody else's work is in it.
    async fn with_draft(&mut self, order: &Order<'_>, intent: UpdateIntent, answer: Bytes) -> Written {
        let draft = match read(Side::Agent, &answer, order.agent.0).await {
            Ok(draft) => draft,
            Err(failure) => {
                let words =
                    format!("{}, so that the draft cannot be looked at; nothing is published", failure.words);
                let failure = CallFailure { call: Call::Update, words, ..failure };
                return self.put_back(order, intent, failure).await;
            }
        };
        let others = others_work(order.now, &order.change.names_sent(), &draft);
        if !others.is_empty() {
            let failure = self.undo_update(order, &intent).await;
            let end = if failure.is_none() { WriteEnd::Nothing } else { WriteEnd::Unknown };
            self.end(intent.over(), end, None, failure.as_ref()).await;
            return Written::InUse { others, failure };
        }
        if order.change.is_empty() && !order.must_publish {
            // It was only tidied up: there is nothing to publish.
            self.end(intent.over(), WriteEnd::Nothing, None, None).await;
            return Written::Published { version: String::new(), after: Ok(order.now.clone()) };
        }
        let recording = self.board.writer.draft_is_ours(&intent, answer).await;
        let Some(publishing) = self.board.on_disk(recording) else {
            return Written::Unknown(not_recorded(Call::Publish));
        };
        match self.publish(&publishing).await {
            Sent::Done(version) => self.published(order, intent, version).await,
            Sent::Not(failure) => {
                let failure = failure.unwrap_or_else(|| no_answer(Call::Publish));
                self.put_back(order, intent, failure).await
            }
            Sent::Unknown(failure) => match self.read_agent(order.agent).await {
                Ok((now, body)) if is_there(order, &now) => {
                    self.end(intent.over(), WriteEnd::Written, Some((String::new(), Some(body))), None).await;
                    Written::Published { version: String::new(), after: Ok(now) }
                }
                _ => self.left_unknown(intent, failure).await,
            },
        }
    }

    async fn published(
        &mut self,
        order: &Order<'_>,
        intent: UpdateIntent,
        version: Option<Version>,
    ) -> Written {
        let version = version.unwrap_or_default().number;
        let (after, body) = match self.read_agent(order.agent).await {
            Ok((after, body)) => (Ok(after), Some(body)),
            Err(failure) => (Err(failure), None),
        };
        self.end(intent.over(), WriteEnd::Written, Some((version.clone(), body)), after.as_ref().err()).await;
        Written::Published { version, after }
    }

    /// Nothing is published: our fields are put back, and `failure` says why.
    async fn put_back(&mut self, order: &Order<'_>, intent: UpdateIntent, failure: CallFailure) -> Written {
        if self.undo_update(order, &intent).await.is_some() {
            return self.left_unknown(intent, failure).await;
        }
        self.end(intent.over(), WriteEnd::Nothing, None, Some(&failure)).await;
        Written::Refused(failure)
    }

    /// Our fields get what is published, so that nobody publishes ours by mistake; why not, where that failed.
    async fn undo_update(&mut self, order: &Order<'_>, intent: &UpdateIntent) -> Option<CallFailure> {
        let fields = order.change.put_back(order.now).body();
        let recording = self.board.writer.intend_putting_back(intent, fields).await;
        let Some(back) = self.board.on_disk(recording) else { return Some(not_recorded(Call::Update)) };
        match self.update(&back, InPause::Wait).await {
            Sent::Done(_) => None,
            Sent::Not(failure) => Some(failure.unwrap_or_else(|| no_answer(Call::Update))),
            Sent::Unknown(failure) => Some(failure),
        }
    }

    async fn left_unknown(&mut self, intent: UpdateIntent, failure: CallFailure) -> Written {
        self.end(intent.over(), WriteEnd::Unknown, None, Some(&failure)).await;
        Written::Unknown(failure)
    }

    /// How a write ended goes on disk; with what was published the version, and the agent as it was read then.
    pub(super) async fn end(
        &mut self,
        write: i64,
        end: WriteEnd,
        published: Option<(String, Option<Bytes>)>,
        failure: Option<&CallFailure>,
    ) -> Option<()> {
        let (version, after) = published.unzip();
        let ended = self.board.writer.end_write(write, end, version, after.flatten(), failure).await;
        self.board.on_disk(ended)
    }

    async fn update(&mut self, intent: &UpdateIntent, in_pause: InPause) -> Sent<Bytes> {
        let request = async |client: &Client, meter: &mut Meter| client.update_agent(intent, meter).await;
        self.board.send(Call::Update, request, in_pause, &mut self.spent).await
    }

    /// After an update nothing is given up: what is half done is finished.
    pub(super) async fn publish(&mut self, intent: &PublishIntent) -> Sent<Option<Version>> {
        let request = async |client: &Client, meter: &mut Meter| client.publish_agent(intent, meter).await;
        self.board.send(Call::Publish, request, InPause::Wait, &mut self.spent).await
    }

    /// What is published now.
    pub(super) async fn read_agent(&mut self, agent: AgentId) -> Result<(Record, Bytes), CallFailure> {
        let client = self.board.client;
        let answer = self.board.patiently(client.get_agent(agent, &mut self.spent), InPause::GiveUp).await;
        let body = answer.unwrap_or_else(|_| Err(no_answer(Call::Agent)))?;
        Ok((read(Side::Agent, &body, agent.0).await?, body))
    }
}

/// Whether `get` shows what was to be written.
fn is_there(order: &Order<'_>, now: &Record) -> bool {
    let expected = order.change.applied_to(order.now);
    !order.change.is_empty() && has_fields(order.change.field_names(), &expected, now)
}

pub(super) fn not_recorded(call: Call) -> CallFailure {
    CallFailure::new(call, FailureKind::NotRecorded, "not sent: the ledger cannot be written")
}
