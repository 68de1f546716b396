//! The one loop that owns the truth of a run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::feed::Feed;
use super::one_side;
use super::row;
use super::stop_rules::StopRules;
use super::stopping::{unwritable, wait_for_signal};
use crate::api::Client;
use crate::domain::{
    Backlog, CallFailure, Event, Observer, Outcome, Remedy, RowDone, RowStatus, Signal, Source, StopReason,
};
use crate::ledger::{Job, LedgerError, OpenRows, Settled, Writer};

/// How often the observer hears how the pace stands.
pub(super) const PACE_TICK: Duration = Duration::from_millis(200);

/// What a run needs to know beside its client and ledger.
#[derive(Clone, Copy, Debug)]
pub struct DriveSettings {
    /// Rows under way at once; at least 1.
    pub concurrency: usize,
    /// The work, as counted before; `to_do` rows are started at most.
    pub backlog: Backlog,
    /// What is read of a row.
    pub reading: Reading,
}

/// What is read of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Assistant and agent, which are compared.
    Both,
    /// One of them, by itself.
    One(Source),
}

/// Checks the open rows, at most `concurrency` at once, and sees each to its acknowledgement by the ledger.
///
/// Gives back why it stopped early, or `None` when every row to do was done. Rows being checked at a stop are dropped
/// and stay open in the ledger; what was found out already is kept.
pub async fn drive(
    client: &Client,
    writer: &Writer,
    rows: OpenRows,
    settings: DriveSettings,
    signal: watch::Receiver<Option<Signal>>,
    observer: &mut dyn Observer,
) -> Option<StopReason> {
    observer.observe(&Event::Started(settings.backlog));
    let mut drive = Drive {
        client,
        writer,
        feed: Feed::new(rows, settings.backlog.to_do),
        concurrency: settings.concurrency.max(1),
        reading: settings.reading,
        assistants_gone: Arc::default(),
        checking: JoinSet::new(),
        settling: JoinSet::new(),
        jobs: HashMap::new(),
        rules: StopRules::default(),
        observer,
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
struct Drive<'a> {
    client: &'a Client,
    writer: &'a Writer,
    feed: Feed,
    concurrency: usize,
    reading: Reading,
    /// Whether one row has met the end of the Assistants API, so that the others need not.
    assistants_gone: Arc<AtomicBool>,
    checking: JoinSet<Outcome>,
    settling: JoinSet<Result<Settled, LedgerError>>,
    /// Which row a task is, for the one case in which the task cannot say so itself.
    jobs: HashMap<Id, Job>,
    rules: StopRules,
    observer: &'a mut dyn Observer,
}

impl Drive<'_> {
    async fn run(&mut self, mut signal: watch::Receiver<Option<Signal>>) -> Option<StopReason> {
        let mut tick = interval(PACE_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Err(error) = self.fill().await {
                return Some(unwritable(&error));
            }
            if self.checking.is_empty() {
                return None;
            }
            let has_room = self.settling.len() < self.concurrency;
            tokio::select! {
                biased;
                asked = wait_for_signal(&mut signal) => return Some(StopReason::Signal { signal: asked }),
                Some(settled) = self.settling.join_next() => {
                    if let Err(error) = self.report(settled) {
                        return Some(unwritable(&error));
                    }
                }
                Some(end) = self.checking.join_next_with_id(), if has_room => {
                    if let Some(reason) = self.settle(end) {
                        return Some(reason);
                    }
                }
                _ = tick.tick() => self.observer.observe(&Event::Pace(self.client.pace_status())),
            }
        }
    }

    /// Starts rows until `concurrency` are being checked or none is left.
    async fn fill(&mut self) -> Result<(), LedgerError> {
        while self.checking.len() < self.concurrency {
            let Some(job) = self.feed.next().await? else { break };
            let client = self.client.clone();
            let task = match self.reading {
                Reading::Both => self.checking.spawn(async move { row::check(&client, job).await }),
                Reading::One(source) => {
                    let gone = Arc::clone(&self.assistants_gone);
                    self.checking.spawn(async move { one_side::check(&client, job, source, &gone).await })
                }
            };
            self.jobs.insert(task.id(), job);
        }
        Ok(())
    }

    /// Hands a checked row to the ledger; gives the reason if it is one to stop for.
    fn settle(&mut self, end: Result<(Id, Outcome), JoinError>) -> Option<StopReason> {
        let id = end.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let job = self.jobs.remove(&id);
        let outcome = match end {
            Ok((_, outcome)) => outcome,
            // A panic is one row's: it is recorded like any other failure, and the others go on.
            Err(_) => row::broken(job?),
        };
        let reason = self.rules.observe(&outcome, self.feed.has_more());
        let writer = self.writer.clone();
        self.settling.spawn(async move { writer.settle(outcome).await });
        reason
    }

    /// What was found out is kept, whatever stopped the run.
    async fn settle_the_rest(&mut self) -> Option<StopReason> {
        let mut failed = None;
        while let Some(settled) = self.settling.join_next().await {
            failed = failed.or(self.report(settled).err());
        }
        failed.as_ref().map(unwritable)
    }

    /// The only place where a row is reported as done; only what the ledger has committed comes here.
    fn report(
        &mut self,
        settled: Result<Result<Settled, LedgerError>, JoinError>,
    ) -> Result<(), LedgerError> {
        let settled = settled.unwrap_or(Err(LedgerError::Closed))?;
        self.observer.observe(&Event::RowDone(row_done(settled.outcome())));
        Ok(())
    }
}

fn row_done(outcome: &Outcome) -> RowDone {
    RowDone {
        line: outcome.line,
        pair: outcome.pair,
        name: outcome.name.clone(),
        status: outcome.status,
        error: outcome.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
        remedy: match outcome.status {
            RowStatus::Mismatch => Remedy::MendAgent,
            _ => outcome.failure.as_ref().map_or(Remedy::Nothing, CallFailure::remedy),
        },
        differences: outcome.differences.len(),
    }
}
