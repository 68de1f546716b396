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
/// `read`: rows of the work that were read before there was a ledger; they are recorded first.
///
/// Gives back why it stopped early, or `None` when every row to do was done. Rows being checked at a stop are dropped
/// and stay open in the ledger; what was found out already is kept.
pub async fn drive(
    client: &Client,
    writer: &Writer,
    rows: OpenRows,
    read: Vec<Outcome>,
    settings: DriveSettings,
    signal: watch::Receiver<Option<Signal>>,
    observer: &mut dyn Observer,
) -> Option<StopReason> {
    observer.observe(&Event::Started(settings.backlog));
    let to_do = settings.backlog.to_do.saturating_sub(read.len() as u64);
    if let Err(error) = record(writer, read, observer).await {
        observer.observe(&Event::Ended);
        return Some(unwritable(&error));
    }
    let mut drive = Drive {
        client,
        writer,
        feed: Feed::new(rows, to_do),
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
            let gone = Arc::clone(&self.assistants_gone);
            let task = self.checking.spawn(read_row(self.client.clone(), job, self.reading, gone));
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

    /// Reports a row as done; only what the ledger has committed comes here.
    fn report(
        &mut self,
        settled: Result<Result<Settled, LedgerError>, JoinError>,
    ) -> Result<(), LedgerError> {
        let settled = settled.unwrap_or(Err(LedgerError::Closed))?;
        self.observer.observe(&Event::RowDone(row_done(&settled)));
        Ok(())
    }
}

/// One row's way, whatever is read of it.
pub(super) async fn read_row(client: Client, job: Job, reading: Reading, gone: Arc<AtomicBool>) -> Outcome {
    match reading {
        Reading::Both => row::check(&client, job).await,
        Reading::One(source) => one_side::check(&client, job, source, &gone).await,
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
