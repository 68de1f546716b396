//! What every command that sends requests does: from the open ledger to the end of the run on record.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::connection::{Connection, MIX, practised};
use crate::base::{RunFacts, StopReason};
use crate::cli::arguments::network::NetworkArgs;
use crate::cli::error::CommandError;
use crate::engine::ledger::{Ledger, NewRun, OpenRows, RunCommand, RunEnd, Selection, Writer, WriterThread};
use crate::engine::platform::Client;
use crate::engine::session::LedgerSendLog;
use crate::practice::SandboxOptions;

/// Sends of an earlier process matter for a minute; a little more covers clocks that were set.
const LIMITER_MEMORY: Duration = Duration::from_secs(90);

/// A run in a ledger.
pub(crate) struct Session<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) ledger: Ledger,
    /// `None` in the practice workspace.
    pub(crate) connection: Option<Connection>,
    pub(crate) network: &'a NetworkArgs,
    pub(crate) command: RunCommand,
    /// What the ledger remembers of how it was run, beside the network; never the key.
    pub(crate) settings: Value,
}

/// What a command works with.
pub(crate) struct Work {
    pub(crate) client: Client,
    pub(crate) writer: Writer,
    /// The rows that were selected; `None` where none were.
    pub(crate) rows: Option<OpenRows>,
}

impl Session<'_> {
    /// Starts the run, does the work, ends the run; gives why it ended early. The practice workspace is there for as long.
    pub(crate) fn run(
        mut self,
        selection: Option<Selection>,
        work: impl AsyncFnOnce(Work) -> Result<Option<StopReason>, CommandError>,
    ) -> Result<Option<StopReason>, CommandError> {
        let now = Timestamp::now();
        let sent_before = sends_that_count(&self.ledger, now)?;
        let mut practice = SandboxOptions::default();
        if self.connection.is_none() {
            practice = practised(&self.ledger)?;
            practice.mix |= self.settings[MIX] == true;
        }
        self.add_network();
        let run = NewRun {
            command: self.command,
            program_version: env!("CARGO_PKG_VERSION"),
            settings: &self.settings,
            started_at: now,
        };
        let (writer, rows, thread) = if let Some(selection) = selection {
            let (writer, rows, thread) = self.ledger.start(&run, selection).context("the ledger")?;
            (writer, Some(rows), thread)
        } else {
            let (writer, thread) = self.ledger.start_without_rows(&run).context("the ledger")?;
            (writer, None, thread)
        };
        let send_log = Arc::new(LedgerSendLog(writer.clone()));
        let (connection, network) = (self.connection, self.network);
        let worked = self.runtime.block_on(async {
            let (connection, sandbox) = Connection::or_practice(connection, practice).await?;
            let client = connection.client(network, send_log, &sent_before)?;
            let stopped = work(Work { client, writer, rows }).await;
            if let Some(sandbox) = sandbox {
                sandbox.stop().await;
            }
            stopped
        });
        ended(thread, worked)
    }

    fn add_network(&mut self) {
        let network = self.network;
        for (key, value) in [
            ("rpm", json!(network.rpm)),
            ("concurrency", json!(network.concurrency)),
            ("timeout_seconds", json!(network.timeout)),
            ("retries", json!(network.retries)),
        ] {
            self.settings[key] = value;
        }
    }
}

/// What a command that keeps no verdicts says of itself; `base_url` is `None` in the practice workspace.
pub(crate) fn facts_of(
    base_url: Option<String>,
    started_at: Timestamp,
    stopped: Option<StopReason>,
) -> RunFacts {
    RunFacts {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        practice: base_url.is_none(),
        base_url,
        started_at: Some(started_at),
        finished_at: Some(Timestamp::now()),
        stopped,
        ..RunFacts::default()
    }
}

/// From when on sends of earlier processes count.
pub(crate) fn since_it_counts(now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(LIMITER_MEMORY).ok()
}

/// The sends of earlier processes that the rate limiter has to count in.
fn sends_that_count(ledger: &Ledger, now: Timestamp) -> Result<Vec<(Timestamp, u32)>, CommandError> {
    let sent = since_it_counts(now).map_or_else(|| Ok(Vec::new()), |since| ledger.sent_since(since));
    Ok(sent.context("the ledger")?)
}

/// Ends the writer when the work is over; a ledger that could not be written is a reason to have stopped.
fn ended(
    thread: WriterThread,
    worked: Result<Option<StopReason>, CommandError>,
) -> Result<Option<StopReason>, CommandError> {
    let stopped = worked.as_ref().ok().cloned().flatten();
    let ended = thread.finish(RunEnd { finished_at: Timestamp::now(), stopped });
    match (worked, ended) {
        (Err(error), _) => Err(error),
        (Ok(stopped), Ok(())) => Ok(stopped),
        (Ok(stopped), Err(error)) => {
            Ok(stopped.or(Some(StopReason::LedgerUnwritable { words: error.to_string() })))
        }
    }
}
