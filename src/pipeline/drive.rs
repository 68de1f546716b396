//! The one loop that owns the truth of a run.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::feed::Feed;
use super::row;
use super::stop_rules::StopRules;
use crate::api::Client;
use crate::domain::{
    Backlog, CallFailure, Event, Observer, Outcome, Remedy, RowDone, RowStatus, Signal, StopReason,
};
use crate::ledger::{Job, LedgerError, OpenRows, Settled, Writer};

/// How often the observer hears how the pace stands.
const PACE_TICK: Duration = Duration::from_millis(200);

/// What a run needs to know beside its client and ledger.
#[derive(Clone, Copy, Debug)]
pub struct DriveSettings {
    /// Rows under way at once; at least 1.
    pub concurrency: usize,
    /// The work, as counted before; `to_do` rows are started at most.
    pub backlog: Backlog,
}

/// Checks the open rows, at most `concurrency` at once, each to its acknowledgement by the ledger.
///
/// Gives back why it stopped early, or `None` when every row to do was done. Rows under way at a stop are dropped and
/// stay open in the ledger.
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
        under_way: JoinSet::new(),
        jobs: HashMap::new(),
        rules: StopRules::default(),
        observer,
    };
    let stopped = drive.run(signal).await;
    if let Some(reason) = &stopped {
        drive.observer.observe(&Event::Stopping(reason.clone()));
        drive.under_way.shutdown().await;
    }
    drive.observer.observe(&Event::Ended);
    stopped
}

type RowEnd = Result<Settled, LedgerError>;

struct Drive<'a> {
    client: &'a Client,
    writer: &'a Writer,
    feed: Feed,
    concurrency: usize,
    under_way: JoinSet<RowEnd>,
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
            if self.under_way.is_empty() {
                return None;
            }
            tokio::select! {
                biased;
                asked = wait_for_signal(&mut signal) => return Some(StopReason::Signal { signal: asked }),
                Some(end) = self.under_way.join_next_with_id() => {
                    if let Some(reason) = self.take(end).await {
                        return Some(reason);
                    }
                }
                _ = tick.tick() => self.observer.observe(&Event::Pace(self.client.pace_status())),
            }
        }
    }

    /// Starts rows until `concurrency` are under way or none is left.
    async fn fill(&mut self) -> Result<(), LedgerError> {
        while self.under_way.len() < self.concurrency {
            let Some(job) = self.feed.next().await? else { break };
            let (client, writer) = (self.client.clone(), self.writer.clone());
            let task =
                self.under_way.spawn(async move { writer.settle(row::check(&client, job).await).await });
            self.jobs.insert(task.id(), job);
        }
        Ok(())
    }

    /// Takes the end of a row; gives the reason if it is one to stop for.
    async fn take(&mut self, end: Result<(Id, RowEnd), JoinError>) -> Option<StopReason> {
        let (id, settled) = match end {
            Ok((id, settled)) => (id, settled),
            Err(panic) => {
                let id = panic.id();
                // A panic is one row's: it is recorded like any other failure, and the others go on.
                let job = self.jobs.get(&id).copied()?;
                (id, self.writer.settle(row::broken(job)).await)
            }
        };
        self.jobs.remove(&id);
        match settled {
            Ok(settled) => self.report(&settled),
            Err(error) => Some(unwritable(&error)),
        }
    }

    /// The only place where a row is reported as done; only what the ledger has committed comes here.
    fn report(&mut self, settled: &Settled) -> Option<StopReason> {
        let outcome = settled.outcome();
        self.observer.observe(&Event::RowDone(row_done(outcome)));
        self.rules.observe(outcome, self.feed.has_more())
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

fn unwritable(error: &LedgerError) -> StopReason {
    StopReason::LedgerUnwritable { words: error.to_string() }
}

async fn wait_for_signal(signal: &mut watch::Receiver<Option<Signal>>) -> Signal {
    match signal.wait_for(Option::is_some).await.map(|asked| *asked) {
        Ok(Some(asked)) => asked,
        // Nobody is left to send one.
        _ => std::future::pending().await,
    }
}
