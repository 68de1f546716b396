//! One agent: intent, update, a look at the draft, publish, read again (DESIGN.md, Applying).

use bytes::Bytes;

use super::decide::{Change, Choices};
use super::draft::{has_fields, others_work};
use super::store::{Kind, PublishIntent, Target, UpdateIntent, Workspace, WriteEnd};
use crate::base::{AgentId, Call, CallFailure, FailureKind};
use crate::check::read;
use crate::engine::platform::{Meter, Version};
use crate::engine::record::{Record, Side};
use crate::engine::session::{Board, GaveUp, InPause};

/// Writes agents, one after the other.
pub struct Applier<'a> {
    /// Whom it talks to.
    pub board: Board<'a>,
    /// Whose agents they are.
    pub workspace: Workspace,
    /// What a person has said about how they are written.
    pub choices: Choices,
    /// Whether the ledger is an audit's: what it keeps may be agents.
    pub is_audit: bool,
}

/// What is to be written to an agent.
pub(super) struct Order<'a> {
    pub(super) target: &'a Target,
    pub(super) agent: AgentId,
    pub(super) kind: Kind,
    pub(super) change: &'a Change,
    /// What is published now, and the answer that it was read from.
    pub(super) now: &'a Record,
    pub(super) body: &'a Bytes,
    /// Also where nothing is changed: it was never published.
    pub(super) must_publish: bool,
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

/// What is known after a request.
pub(super) enum Sent<T> {
    Done(T),
    /// It was not carried out; `None` when it did not leave.
    Not(Option<CallFailure>),
    /// It may have been.
    Unknown(CallFailure),
}

pub(super) fn sent<T>(call: Call, answer: Result<Result<T, CallFailure>, GaveUp>, meter: Meter) -> Sent<T> {
    match answer {
        Ok(Ok(done)) => Sent::Done(done),
        Ok(Err(failure)) if meter.unanswered == 0 && !failure.may_have_been_applied() => {
            Sent::Not(Some(failure))
        }
        Ok(Err(failure)) => Sent::Unknown(failure),
        // Nothing but 429 came, or nothing was sent yet.
        Err(GaveUp::Paused) if meter.unanswered == 0 => Sent::Not(None),
        Err(GaveUp::TimedOut) if meter.requests == 0 => Sent::Not(None),
        Err(GaveUp::Paused | GaveUp::TimedOut) => Sent::Unknown(no_answer(call)),
    }
}

impl Applier<'_> {
    /// Writes the change and publishes it, or neither.
    pub(super) async fn write(&mut self, order: &Order<'_>, spent: &mut Meter) -> Written {
        let what = (order.change.body(), order.change.names());
        let recording = self.board.writer.intend_update(
            &self.workspace,
            order.target,
            order.agent,
            order.kind,
            what,
            order.body.clone(),
        );
        let recording = recording.await;
        let Some(intent) = self.board.on_disk(recording) else { return Written::NotSent };
        match self.update(&intent, InPause::GiveUp, spent).await {
            Sent::Done(answer) => self.with_draft(order, intent, answer, spent).await,
            Sent::Not(failure) => {
                self.end(intent, WriteEnd::Nothing, None, failure.as_ref()).await;
                failure.map_or(Written::NotSent, Written::Refused)
            }
            Sent::Unknown(failure) => match self.read_agent(order.agent, spent).await {
                // Of an agent that was never published, `get` shows the draft.
                Ok((now, body)) if is_there(order, &now) => self.with_draft(order, intent, body, spent).await,
                _ => self.left_unknown(intent, failure).await,
            },
        }
    }

    /// The draft is ours to publish, or somebody else's work is in it.
    async fn with_draft(
        &mut self,
        order: &Order<'_>,
        intent: UpdateIntent,
        answer: Bytes,
        spent: &mut Meter,
    ) -> Written {
        let draft = match read(Side::Agent, &answer, order.agent.0).await {
            Ok(draft) => draft,
            Err(failure) => {
                let words =
                    format!("{}, so that the draft cannot be looked at; nothing is published", failure.words);
                let failure = CallFailure { call: Call::Update, words, ..failure };
                return self.put_back(order, intent, failure, spent).await;
            }
        };
        let others = others_work(order.now, &order.change.names_sent(), &draft);
        if !others.is_empty() {
            let failure = self.undo_update(order, &intent, spent).await;
            let end = if failure.is_none() { WriteEnd::Nothing } else { WriteEnd::Unknown };
            self.end(intent, end, None, failure.as_ref()).await;
            return Written::InUse { others, failure };
        }
        if order.change.is_empty() && !order.must_publish {
            // It was only tidied up: there is nothing to publish.
            self.end(intent, WriteEnd::Nothing, None, None).await;
            return Written::Published { version: String::new(), after: Ok(order.now.clone()) };
        }
        let recording = self.board.writer.draft_is_ours(&intent, answer).await;
        let Some(publishing) = self.board.on_disk(recording) else {
            return Written::Unknown(not_recorded(Call::Publish));
        };
        match self.publish(&publishing, spent).await {
            Sent::Done(version) => self.published(order, intent, version, spent).await,
            Sent::Not(failure) => {
                let failure = failure.unwrap_or_else(|| no_answer(Call::Publish));
                self.put_back(order, intent, failure, spent).await
            }
            Sent::Unknown(failure) => match self.read_agent(order.agent, spent).await {
                Ok((now, body)) if is_there(order, &now) => {
                    self.end(intent, WriteEnd::Written, Some((String::new(), Some(body))), None).await;
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
        spent: &mut Meter,
    ) -> Written {
        let version = version.unwrap_or_default().number;
        let (after, body) = match self.read_agent(order.agent, spent).await {
            Ok((after, body)) => (Ok(after), Some(body)),
            Err(failure) => (Err(failure), None),
        };
        self.end(intent, WriteEnd::Written, Some((version.clone(), body)), after.as_ref().err()).await;
        Written::Published { version, after }
    }

    /// Nothing is published: our fields are put back, and `failure` says why.
    async fn put_back(
        &mut self,
        order: &Order<'_>,
        intent: UpdateIntent,
        failure: CallFailure,
        spent: &mut Meter,
    ) -> Written {
        if self.undo_update(order, &intent, spent).await.is_some() {
            return self.left_unknown(intent, failure).await;
        }
        self.end(intent, WriteEnd::Nothing, None, Some(&failure)).await;
        Written::Refused(failure)
    }

    /// Our fields get what is published, so that nobody publishes ours by mistake; why not, where that failed.
    async fn undo_update(
        &mut self,
        order: &Order<'_>,
        intent: &UpdateIntent,
        spent: &mut Meter,
    ) -> Option<CallFailure> {
        let fields = order.change.put_back(order.now).body();
        let recording = self.board.writer.intend_putting_back(intent, fields).await;
        let Some(back) = self.board.on_disk(recording) else { return Some(not_recorded(Call::Update)) };
        match self.update(&back, InPause::Wait, spent).await {
            Sent::Done(_) => None,
            Sent::Not(failure) => Some(failure.unwrap_or_else(|| no_answer(Call::Update))),
            Sent::Unknown(failure) => Some(failure),
        }
    }

    async fn left_unknown(&mut self, intent: UpdateIntent, failure: CallFailure) -> Written {
        self.end(intent, WriteEnd::Unknown, None, Some(&failure)).await;
        Written::Unknown(failure)
    }

    async fn end(
        &mut self,
        intent: UpdateIntent,
        end: WriteEnd,
        published: Option<(String, Option<Bytes>)>,
        failure: Option<&CallFailure>,
    ) {
        let (version, after) = published.map_or((None, None), |(version, after)| (Some(version), after));
        let ended = self.board.writer.end_update(intent, end, version, after, failure.cloned()).await;
        self.board.on_disk(ended);
    }

    async fn update(&mut self, intent: &UpdateIntent, in_pause: InPause, spent: &mut Meter) -> Sent<Bytes> {
        let client = self.board.client;
        let mut meter = Meter::default();
        let answer = self.board.patiently(client.update_agent(intent, &mut meter), in_pause).await;
        add(spent, meter);
        sent(Call::Update, answer, meter)
    }

    /// After an update nothing is given up: what is half done is finished.
    pub(super) async fn publish(
        &mut self,
        intent: &PublishIntent,
        spent: &mut Meter,
    ) -> Sent<Option<Version>> {
        let client = self.board.client;
        let mut meter = Meter::default();
        let answer = self.board.patiently(client.publish_agent(intent, &mut meter), InPause::Wait).await;
        add(spent, meter);
        sent(Call::Publish, answer, meter)
    }

    /// What is published now.
    pub(super) async fn read_agent(
        &mut self,
        agent: AgentId,
        spent: &mut Meter,
    ) -> Result<(Record, Bytes), CallFailure> {
        let client = self.board.client;
        let mut meter = Meter::default();
        let answer = self.board.patiently(client.get_agent(agent, &mut meter), InPause::GiveUp).await;
        add(spent, meter);
        let body = answer.unwrap_or_else(|_| Err(no_answer(Call::Agent)))?;
        Ok((read(Side::Agent, &body, agent.0).await?, body))
    }
}

/// Whether `get` shows what was to be written.
fn is_there(order: &Order<'_>, now: &Record) -> bool {
    let expected = order.change.applied_to(order.now);
    !order.change.is_empty() && has_fields(order.change.field_names(), &expected, now)
}

pub(super) fn no_answer(call: Call) -> CallFailure {
    let words = "no answer before the program had to end".to_owned();
    CallFailure::new(call, FailureKind::Timeout, words)
}

pub(super) fn not_recorded(call: Call) -> CallFailure {
    CallFailure::new(call, FailureKind::NotRecorded, "not sent: the ledger cannot be written".to_owned())
}

fn add(sum: &mut Meter, meter: Meter) {
    sum.requests = sum.requests.saturating_add(meter.requests);
    sum.unanswered = sum.unanswered.saturating_add(meter.unanswered);
    sum.elapsed += meter.elapsed;
}
