//! Every agent is read and compared with what the ledger keeps: what there is to do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::decide::{Choices, decide, proposed};
use super::left::Left;
use super::recovery::recover;
use super::store::{Body, Ending, RowKey, Source, Target, Work, Workspace, WriteEnd};
use super::write::Applier;
use crate::base::{
    AgentId, ApplyStatus, Backlog, Call, CallFailure, Event, FailureKind, Pair, Remedy, RowDone, RowStatus,
    StopReason, defect,
};
use crate::check::compare;
use crate::engine::ledger::{LedgerError, LedgerReader, Writer};
use crate::engine::platform::{Client, Meter};
use crate::engine::record::{Record, Side};
use crate::engine::session::{LIMITER_TICK, StopRules, read, unwritable, wait_for_signal};

/// Which rows are written, and to which agents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// Assistants or agents; `None` for all.
    pub(crate) only: Option<BTreeSet<Uuid>>,
    /// The agents in another workspace, by the ids of their sources.
    pub(crate) map: HashMap<Uuid, AgentId>,
    /// By rows, those that this program has made.
    pub(crate) made: HashMap<RowKey, AgentId>,
    /// In another workspace those that it has filled, so that a row is known to have one without `--map`, too.
    pub(crate) filled: HashMap<RowKey, AgentId>,
    /// Rows without an agent get one.
    pub(crate) create: bool,
    /// Of these even where an earlier request to make one had no answer.
    pub(crate) retry_create: BTreeSet<Uuid>,
    /// Whether there is a write of an earlier command to settle.
    pub(crate) has_past: bool,
}

#[derive(Debug)]
pub(crate) struct Candidate {
    target: Target,
    name: String,
    source: Option<Source>,
    /// Line of an earlier row with the same agent.
    rival: Option<u64>,
}

/// What the look has found, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) updates: u64,
    pub(crate) creates: u64,
    /// The other rows that were looked at.
    pub(crate) others: BTreeMap<ApplyStatus, u64>,
    /// Fields to be written, by read name.
    pub(crate) fields: BTreeMap<String, u64>,
    pub(crate) left: BTreeMap<Left, u64>,
    /// Agents of which all tools are replaced.
    pub(crate) with_actions: u64,
}

impl Plan {
    pub(crate) const fn count(&self) -> u64 {
        self.updates + self.creates
    }

    fn take(&mut self, looked: &Looked) {
        match &looked.work {
            Work::Update(_) => self.updates += 1,
            Work::Create => self.creates += 1,
            Work::Nothing => *self.others.entry(looked.ending.status).or_default() += 1,
        }
        for left in &looked.ending.left {
            *self.left.entry(left.clone()).or_default() += 1;
        }
        if looked.work != Work::Nothing {
            for field in &looked.ending.changed {
                *self.fields.entry(field.clone()).or_default() += 1;
                self.with_actions += u64::from(field == "actions");
            }
        }
    }
}

struct Looked {
    ending: Ending,
    work: Work,
}

/// Shows the rows to be looked at to the channel, until all are through or nobody takes them any more.
pub(crate) fn feed(
    reader: &LedgerReader,
    (which, is_audit, is_elsewhere): (&Which, bool, bool),
    into: &mpsc::Sender<Result<Candidate, LedgerError>>,
) {
    let mut seen: HashMap<Uuid, u64> = HashMap::new();
    let shown = reader.for_each_row(None, true, |row, assistant, agent| {
        let pair = row.pair.filter(|_| row.invalid.is_none() && row.duplicate_of.is_none());
        let Some(pair) = pair.filter(|pair| is_named(which.only.as_ref(), *pair)) else { return Ok(()) };
        let Some(key) = reader.apply_key(pair)? else { return Ok(()) };
        let mapped = || which.map.get(&pair.assistant.0).or_else(|| which.map.get(&pair.agent.0)).copied();
        let agent_id = which.made.get(&key).copied().or_else(|| {
            if is_elsewhere { mapped().or_else(|| which.filled.get(&key).copied()) } else { Some(pair.agent) }
        });
        let rival = agent_id.and_then(|agent| {
            let first = *seen.entry(agent.0).or_insert(row.line);
            (first != row.line).then_some(first)
        });
        let candidate = Candidate {
            target: Target { key, line: row.line, pair, agent: agent_id },
            name: row.name,
            source: Source::of(assistant, agent, is_audit),
            rival,
        };
        into.blocking_send(Ok(candidate)).map_err(|_| LedgerError::Closed)
    });
    if let Err(error) = shown {
        // Nobody listens any more, which is why it ended; or they hear of it.
        let _ = into.blocking_send(Err(error));
    }
}

fn is_named(only: Option<&BTreeSet<Uuid>>, pair: Pair) -> bool {
    only.is_none_or(|only| only.contains(&pair.assistant.0) || only.contains(&pair.agent.0))
}

struct Task {
    client: Client,
    writer: Writer,
    workspace: Workspace,
    choices: Choices,
    which: Arc<Which>,
}

impl Applier<'_> {
    /// Looks at every row, at most `concurrency` at once; what is found is on disk row by row.
    pub(crate) async fn look(
        &mut self,
        mut rows: mpsc::Receiver<Result<Candidate, LedgerError>>,
        which: Arc<Which>,
        (concurrency, backlog): (usize, Backlog),
    ) -> Plan {
        self.board.observer.observe(&Event::Started(backlog));
        let mut plan = Plan::default();
        let mut rules = StopRules::default();
        let mut tasks: JoinSet<Result<Looked, LedgerError>> = JoinSet::new();
        let mut under_way: HashMap<Id, (u64, Target, String)> = HashMap::new();
        let (mut asked, mut is_over) = (0, false);
        let mut signal = self.board.signal();
        let mut tick = interval(LIMITER_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop: Option<StopReason> = loop {
            if is_over && tasks.is_empty() {
                break rules.at_the_end();
            }
            tokio::select! {
                biased;
                asked = wait_for_signal(&mut signal) => break Some(StopReason::Signal { signal: asked }),
                Some(end) = tasks.join_next_with_id() => {
                    let id = end.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
                    let Some((nth, target, name)) = under_way.remove(&id) else { continue };
                    let looked = match end {
                        Ok((_, Ok(looked))) => looked,
                        Ok((_, Err(error))) => break Some(unwritable(&error)),
                        // A panic is one row's.
                        Err(_) => nothing(failed(met_a_defect())),
                    };
                    plan.take(&looked);
                    self.board.observer.observe(&Event::RowDone(row_done(&target, name, &looked)));
                    if let Some(reason) = rules.observe(looked.ending.failure.as_ref(), nth, !is_over) {
                        break Some(reason);
                    }
                }
                candidate = rows.recv(), if !is_over && tasks.len() < concurrency.max(1) => match candidate {
                    Some(Ok(candidate)) => {
                        let (target, name) = (candidate.target.clone(), candidate.name.clone());
                        let task = Task {
                            client: self.board.client.clone(),
                            writer: self.board.writer.clone(),
                            workspace: self.workspace.clone(),
                            choices: self.choices.clone(),
                            which: Arc::clone(&which),
                        };
                        under_way.insert(tasks.spawn(task.look_at(candidate)).id(), (asked, target, name));
                        asked += 1;
                    }
                    Some(Err(error)) => break Some(unwritable(&error)),
                    None => is_over = true,
                },
                _ = tick.tick() => self.board.observer.observe(&Event::Limiter(self.board.client.limiter_status())),
            }
        };
        tasks.shutdown().await;
        drop(rows);
        if let Some(reason) = stop {
            self.board.stop_for(reason);
        }
        self.board.observer.observe(&Event::Ended);
        plan
    }
}

impl Task {
    /// One row; what is found is on disk when it is over.
    async fn look_at(self, candidate: Candidate) -> Result<Looked, LedgerError> {
        let mut meter = Meter::default();
        let mut target = candidate.target.clone();
        let mut looked = self.found(&candidate, &mut target, &mut meter).await?;
        looked.ending.requests = meter.requests;
        let (ending, work) = (looked.ending.clone(), looked.work.clone());
        self.writer.apply_found(&self.workspace, &target, ending, work).await?;
        Ok(looked)
    }

    async fn found(
        &self,
        candidate: &Candidate,
        target: &mut Target,
        meter: &mut Meter,
    ) -> Result<Looked, LedgerError> {
        let Some(source) = &candidate.source else { return Ok(nothing(Ending::of(ApplyStatus::NoSource))) };
        if let Some(line) = candidate.rival {
            let said = format!("line {line} is for the same agent; an agent is made what one source is");
            return Ok(nothing(Ending::saying(ApplyStatus::Failed, said)));
        }
        let source = match read(source.side, &source.body, source.id(target.pair)).await {
            Ok(source) => self.choices.source(source),
            Err(failure) => {
                let said = format!("what is kept of it makes no sense: {}", failure.words);
                return Ok(nothing(Ending::saying(ApplyStatus::NoSource, said)));
            }
        };
        let Some(agent) = target.agent else { return self.without_agent(target, &source).await };
        let body = match self.client.get_agent(agent, meter).await {
            Ok(body) => body,
            Err(CallFailure { kind: FailureKind::NotFound, .. })
                if self.may_create(target) && !self.which.made.contains_key(&target.key) =>
            {
                target.agent = None;
                return self.without_agent(target, &source).await;
            }
            Err(failure) => return Ok(nothing(failed(failure))),
        };
        match read(Side::Agent, &body, agent.0).await {
            Ok(now) => self.compared(target, &source, &now, body).await,
            Err(failure) => Ok(nothing(failed(failure))),
        }
    }

    /// First what an earlier command left open is settled by what was read.
    async fn compared(
        &self,
        target: &Target,
        source: &Record,
        now: &Record,
        body: Bytes,
    ) -> Result<Looked, LedgerError> {
        let mut status = ApplyStatus::Unchanged;
        let mut must_publish = false;
        if self.which.has_past {
            let past = self.writer.writes_for(&self.workspace, target.key, target.agent).await?;
            let recovered = recover(&past, now);
            must_publish = recovered.unpublished.is_some();
            for write in &recovered.written {
                let after = Some(body.clone());
                self.writer.end_write(*write, WriteEnd::Written, None, after, None).await?;
                status = ApplyStatus::Applied;
            }
            if !recovered.taken_back.is_empty() {
                self.writer.are_taken_back(recovered.taken_back).await?;
            }
        }
        let (wanted, accepted) = self.choices.wanted(source, now);
        let mut change = decide(&wanted, now, &self.choices);
        change.left.extend(accepted);
        let differences = compare(&wanted, now).differences;
        let work = if change.is_empty() && !must_publish {
            Work::Nothing
        } else {
            Work::Update(Body { bytes: body, at: Timestamp::now() })
        };
        if !differences.is_empty() {
            status = if work == Work::Nothing { ApplyStatus::Differs } else { ApplyStatus::WouldApply };
        }
        let ending = Ending { changed: change.names(), left: change.left, differences, ..Ending::of(status) };
        Ok(Looked { ending, work })
    }

    /// A row without an agent gets one, if that is wanted; never a second one for a request without an answer.
    async fn without_agent(&self, target: &Target, source: &Record) -> Result<Looked, LedgerError> {
        let is_retried = is_named(Some(&self.which.retry_create), target.pair);
        let has_open = self.which.has_past
            && !self.writer.writes_for(&self.workspace, target.key, None).await?.is_empty();
        if has_open && !is_retried {
            let said = "an agent was asked for, and no answer came; it is not in the agent list. If there is none, \
                        --retry-create asks again";
            return Ok(nothing(Ending::saying(ApplyStatus::Unknown, said)));
        }
        if !self.may_create(target) {
            return Ok(nothing(Ending::of(ApplyStatus::NoTarget)));
        }
        let (_, change) = proposed(source, &self.choices);
        let ending =
            Ending { changed: change.names(), left: change.left, ..Ending::of(ApplyStatus::WouldCreate) };
        Ok(Looked { ending, work: Work::Create })
    }

    fn may_create(&self, target: &Target) -> bool {
        self.which.create || is_named(Some(&self.which.retry_create), target.pair)
    }
}

fn met_a_defect() -> CallFailure {
    CallFailure::new(Call::Agent, FailureKind::Defect, defect("failed at this row"))
}

fn nothing(ending: Ending) -> Looked {
    Looked { ending, work: Work::Nothing }
}

pub(super) fn failed(failure: CallFailure) -> Ending {
    let status = match failure.row_status() {
        RowStatus::NoAccess => ApplyStatus::NoAccess,
        RowStatus::AgentNotFound => ApplyStatus::AgentNotFound,
        _ => ApplyStatus::Failed,
    };
    Ending { failure: Some(failure), ..Ending::of(status) }
}

/// For the progress: what is to be written differs.
fn status_of(looked: &Looked) -> RowStatus {
    match looked.ending.status {
        ApplyStatus::Unchanged | ApplyStatus::Applied => RowStatus::Verified,
        ApplyStatus::Differs | ApplyStatus::WouldApply => RowStatus::Mismatch,
        ApplyStatus::NoTarget | ApplyStatus::WouldCreate | ApplyStatus::AgentNotFound => {
            RowStatus::AgentNotFound
        }
        ApplyStatus::NoAccess => RowStatus::NoAccess,
        _ => RowStatus::Failed,
    }
}

fn row_done(target: &Target, name: String, looked: &Looked) -> RowDone {
    let failure = looked.ending.failure.as_ref();
    RowDone {
        line: target.line,
        pair: target.pair,
        name: Some(name),
        status: status_of(looked),
        error: failure.map(ToString::to_string).unwrap_or_default(),
        remedy: failure.map_or(Remedy::Nothing, CallFailure::remedy),
        differences: looked.ending.differences.len(),
    }
}
