//! The one loop that owns the truth of a run.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::end_watch::{EndWatch, Looked, look};
use super::queue::Queue;
use super::row::{AtTheEnd, RowReader, broken};
use super::stop_rules::StopRules;
use super::stopping::{unwritable, wait_for_signal};
use crate::base::{
    Backlog, CallFailure, Event, Observer, Outcome, Remedy, RowDone, RowStatus, Signal, StopReason,
};
use crate::engine::ledger::{Job, LedgerError, OpenRows, Settled, Writer};
use crate::engine::platform::{Client, Meter};

/// How often the observer hears how the pace stands.
pub(crate) const LIMITER_TICK: Duration = Duration::from_millis(200);

/// The rows that there are to do.
#[derive(Debug)]
pub struct RowWork {
    /// Out of the ledger.
    pub rows: OpenRows,
    /// Those that were read before there was a ledger; they are recorded first.
    pub read: Vec<Outcome>,
    /// As counted before; `to_do` rows are started at most.
    pub backlog: Backlog,
    /// Rows under way at once; at least 1.
    pub concurrency: usize,
}

/// Checks the open rows, at most `concurrency` at once, and sees each to its acknowledgement by the ledger.
///
/// Gives back why it stopped early, or `None` when every row to do was done. Rows being checked at a stop are dropped
/// and stay open in the ledger; what was found out already is kept.
pub async fn drive<R: RowReader>(
    client: &Client,
    writer: &Writer,
    reader: R,
    work: RowWork,
    signal: watch::Receiver<Option<Signal>>,
    observer: &mut dyn Observer,
) -> Option<StopReason> {
    let RowWork { rows, read, backlog, concurrency } = work;
    observer.observe(&Event::Started(backlog));
    let to_do = backlog.to_do.saturating_sub(read.len() as u64);
    if let Err(error) = record(writer, read, observer).await {
        observer.observe(&Event::Ended);
        return Some(unwritable(&error));
    }
    let (told, settled) = mpsc::unbounded_channel();
    let mut drive = Drive {
        client,
        writer,
        queue: Queue::new(rows, to_do),
        concurrency: concurrency.max(1),
        checking: JoinSet::new(),
        settling: 0,
        told,
        settled,
        jobs: HashMap::new(),
        asked: 0,
        rules: StopRules::new(backlog.settled_before),
        watch: EndWatch::new(to_do, reader.at_the_end() != AtTheEnd::GoesOn),
        looking: JoinSet::new(),
        again: VecDeque::new(),
        observer,
        reader,
    };
    let mut stopped = drive.run(signal).await;
    if let Some(reason) = &stopped {
        drive.observer.observe(&Event::Stopping(reason.clone()));
        drive.checking.shutdown().await;
    }
    stopped = drive.settle_the_rest().await.or(stopped);
    drive.observer.observe(&Event::Ended);
    stopped
}

/// The two stages of a row. A row that only waits for the disk holds up no other's requests; as many may wait as may
/// be checked, which bounds the memory.
struct Drive<'a, R> {
    client: &'a Client,
    writer: &'a Writer,
    queue: Queue,
    concurrency: usize,
    reader: R,
    checking: JoinSet<Outcome>,
    /// Rows that wait for the disk.
    settling: usize,
    told: mpsc::UnboundedSender<Result<Settled, LedgerError>>,
    settled: mpsc::UnboundedReceiver<Result<Settled, LedgerError>>,
    /// Which row a task is, and the how manieth that was asked for.
    jobs: HashMap<Id, (u64, Job)>,
    asked: u64,
    rules: StopRules,
    watch: EndWatch,
    /// Whether the agents of suspicious rows are there; meanwhile no row is started.
    looking: JoinSet<Looked>,
    /// Rows to be read from the other side after all, with what was spent on them.
    again: VecDeque<(Job, Meter)>,
    observer: &'a mut dyn Observer,
}

impl<R: RowReader> Drive<'_, R> {
    async fn run(&mut self, mut signal: watch::Receiver<Option<Signal>>) -> Option<StopReason> {
        let mut tick = interval(LIMITER_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.fill();
            let waits_for_page = self.may_start() && self.queue.waits_for_page();
            if self.checking.is_empty() && self.looking.is_empty() && !waits_for_page {
                return self.rules.at_the_end();
            }
            let has_room = self.settling < self.concurrency;
            tokio::select! {
                biased;
                asked = wait_for_signal(&mut signal) => return Some(StopReason::Signal { signal: asked }),
                Some(settled) = self.settled.recv() => {
                    if let Err(error) = self.report(settled) {
                        return Some(unwritable(&error));
                    }
                }
                Some(end) = self.checking.join_next_with_id(), if has_room => {
                    if let Some(reason) = self.take(end) {
                        return Some(reason);
                    }
                }
                page = self.queue.take_page(), if waits_for_page => {
                    if let Err(error) = page {
                        return Some(unwritable(&error));
                    }
                }
                Some(looked) = self.looking.join_next() => {
                    if let Some(reason) = self.learn(looked.unwrap_or_default()) {
                        return Some(reason);
                    }
                }
                _ = tick.tick() => self.observer.observe(&Event::Limiter(self.client.limiter_status())),
            }
        }
    }

    fn may_start(&self) -> bool {
        self.looking.is_empty() && self.checking.len() < self.concurrency
    }

    /// Starts rows until `concurrency` are being checked or none is at hand.
    fn fill(&mut self) {
        while self.may_start()
            && let Some((job, spent)) =
                self.again.pop_front().or_else(|| Some((self.queue.next()?, Meter::default())))
        {
            let task = self.checking.spawn(self.reader.clone().read(self.client.clone(), job, spent));
            self.jobs.insert(task.id(), (self.asked, job));
            self.asked += 1;
        }
    }

    /// Sees to a checked row; gives the reason if it is one to stop for.
    fn take(&mut self, end: Result<(Id, Outcome), JoinError>) -> Option<StopReason> {
        let id = end.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let (nth, job) = self.jobs.remove(&id)?;
        let outcome = match end {
            Ok((_, outcome)) => outcome,
            // A panic is one row's: it is recorded like any other failure, and the others go on.
            Err(_) => broken(job),
        };
        let others_wait = self.queue.has_more() || !self.again.is_empty();
        let reason = self.rules.observe(outcome.failure.as_ref(), nth, others_wait);
        if self.reader.has_turned() && outcome.status == RowStatus::AssistantNotFound {
            self.read_agent_of(&outcome);
            return reason;
        }
        for outcome in self.watch.take(nth, outcome) {
            self.settle(outcome);
        }
        match self.watch.suspicious() {
            None => self.looking = JoinSet::new(),
            Some(pairs) if self.looking.is_empty() => {
                self.looking.spawn(look(self.client.clone(), pairs));
            }
            Some(_) => {}
        }
        reason
    }

    /// Whether the Assistants API has ended is known now; gives the reason if it is one to stop for.
    fn learn(&mut self, looked: Looked) -> Option<StopReason> {
        self.watch.count_in(&looked.spent);
        if !looked.is_there {
            for outcome in self.watch.acquit() {
                self.settle(outcome);
            }
            return looked.stop;
        }
        if self.reader.at_the_end() == AtTheEnd::TurnsToAgents {
            self.reader.turn_to_agents();
            for outcome in self.watch.acquit() {
                self.read_agent_of(&outcome);
            }
            return None;
        }
        for outcome in self.watch.condemn() {
            self.settle(outcome);
        }
        Some(StopReason::AssistantsApiGone)
    }

    fn read_agent_of(&mut self, outcome: &Outcome) {
        let Outcome { pair, line, requests, elapsed, .. } = *outcome;
        self.again.push_back((Job { line, pair }, Meter { requests, elapsed, ..Meter::default() }));
    }

    /// Hands a checked row to the ledger.
    fn settle(&mut self, outcome: Outcome) {
        let told = self.told.clone();
        self.settling += 1;
        self.writer.settle_then(outcome, move |settled| drop(told.send(settled)));
    }

    /// What was found out is kept, whatever stopped the run.
    async fn settle_the_rest(&mut self) -> Option<StopReason> {
        for outcome in self.watch.acquit() {
            self.settle(outcome);
        }
        let mut failed = None;
        while self.settling > 0
            && let Some(settled) = self.settled.recv().await
        {
            failed = failed.or(self.report(settled).err());
        }
        failed.as_ref().map(unwritable)
    }

    /// Reports a row as done; only what the ledger has committed comes here.
    fn report(&mut self, settled: Result<Settled, LedgerError>) -> Result<(), LedgerError> {
        self.settling -= 1;
        self.observer.observe(&Event::RowDone(row_done(&settled?)));
        Ok(())
    }
}

/// Before the first page of open rows is read, or these would be among them.
async fn record(writer: &Writer, read: Vec<Outcome>, observer: &mut dyn Observer) -> Result<(), LedgerError> {
    for outcome in read {
        let settled = writer.settle(outcome).await?;
        observer.observe(&Event::RowDone(row_done(&settled)));
    }
    Ok(())
}

fn row_done(settled: &Settled) -> RowDone {
    let outcome = settled.outcome();
    let failure = outcome.failure.as_ref();
    let (status, name, differences, verdicts_failure) = match settled.kept() {
        Some(kept) => (kept.status, &kept.name, kept.differences, kept.failure.as_ref()),
        None => (outcome.status, &outcome.name, outcome.differences.len(), failure),
    };
    RowDone {
        line: outcome.line,
        pair: outcome.pair,
        name: name.clone(),
        status,
        error: failure.map(ToString::to_string).unwrap_or_default(),
        remedy: match status {
            RowStatus::Mismatch => Remedy::MendAgent,
            _ => verdicts_failure.or(failure).map_or(Remedy::Nothing, CallFailure::remedy),
        },
        differences,
    }
}
