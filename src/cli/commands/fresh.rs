//! `--fresh`: the earlier ledger is put aside once the platform has answered for a row of the new run.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::CommandError;
use super::command_line::{command_line, typed};
use super::connection::Connection;
use super::session::since_it_counts;
use super::signals::Signals;
use crate::base::{Exit, Outcome, StopReason};
use crate::cli::network_arguments::NetworkArgs;
use crate::engine::input::Input;
use crate::engine::ledger::{Aside, Identity, Job, Ledger, SetAsideError};
use crate::engine::session::{MemorySendLog, REHEARSED_ROWS, RowReader, rehearse};
use crate::engine::terminal::{Terminal, nothing_begun};

/// What is to begin afresh.
pub(super) struct Fresh<'a> {
    /// The ledger that stands in its place.
    pub(super) ledger: &'a Path,
    /// Whose rows the new one is to hold.
    pub(super) identity: Identity,
    /// Whether it is put aside even while assistants in it may be off.
    pub(super) allow_off: bool,
    /// `None` in the practice workspace, which always answers.
    pub(super) connection: Option<&'a Connection>,
    pub(super) network: &'a NetworkArgs,
    pub(super) limit: Option<u64>,
    pub(super) runtime: &'a Runtime,
    pub(super) signals: &'a Signals,
    pub(super) terminal: &'a Terminal,
    /// The command line that still works once the Assistants API has ended.
    pub(super) after_the_end: &'a dyn Fn() -> Result<String, CommandError>,
}

/// What a new ledger begins with.
#[derive(Default)]
pub(super) struct Begun {
    /// Rows that were read already.
    pub(super) read: Vec<Outcome>,
    /// Requests that count for the pace.
    pub(super) sent: Vec<(Timestamp, u32)>,
}

impl Fresh<'_> {
    /// Puts the ledger aside, if there is one. Breaks off, and leaves everything as it was, when nobody answers.
    pub(super) fn put_aside(
        &self,
        input: &Input,
        reader: &impl RowReader,
    ) -> Result<ControlFlow<Exit, Begun>, CommandError> {
        let Some(aside) = self.earlier()? else { return Ok(ControlFlow::Continue(Begun::default())) };
        let begun = match self.connection {
            None => Begun::default(),
            Some(connection) => {
                let rows = self.first_rows(input)?;
                if rows.is_empty() {
                    self.terminal.say(
                        "The input has no row to ask for: the earlier ledger is not put aside, and is used.",
                    );
                    return Ok(ControlFlow::Continue(Begun::default()));
                }
                match self.rehearse(connection, reader, &aside, rows)? {
                    Ok(begun) => begun,
                    Err(stopped) => return Ok(ControlFlow::Break(self.nothing_begun(&stopped)?)),
                }
            }
        };
        let path = aside.set_aside(Timestamp::now()).context("the ledger stays")?;
        self.terminal.say(format!("the earlier ledger is now {}", path.display()));
        Ok(ControlFlow::Continue(begun))
    }

    fn earlier(&self) -> Result<Option<Aside>, CommandError> {
        Ledger::to_set_aside(self.ledger, &self.identity, self.allow_off).map_err(|error| {
            let context = match &error {
                SetAsideError::MayBeOff { .. } => {
                    "nothing was asked for, the ledger stays (--yes renames it all the same)"
                }
                SetAsideError::Open(_) => "nothing was asked for",
            };
            anyhow!(error).context(context).into()
        })
    }

    /// Those that the run begins with.
    fn first_rows(&self, input: &Input) -> Result<Vec<Job>, CommandError> {
        let limit = self.limit.and_then(|limit| limit.try_into().ok()).unwrap_or(REHEARSED_ROWS);
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        for row in input.rows().context("the input")? {
            let row = row.context("the input")?;
            if let Ok(pair) = row.target
                && seen.insert(pair)
            {
                rows.push(Job { line: row.line, pair });
            }
            if rows.len() == REHEARSED_ROWS.min(limit) {
                break;
            }
        }
        Ok(rows)
    }

    fn rehearse(
        &self,
        connection: &Connection,
        reader: &impl RowReader,
        aside: &Aside,
        rows: Vec<Job>,
    ) -> Result<Result<Begun, StopReason>, CommandError> {
        let mut sent = match since_it_counts(Timestamp::now()) {
            Some(since) => aside.sent_since(&self.identity, since).context("the ledger")?,
            None => Vec::new(),
        };
        self.terminal.say("The earlier ledger is put aside once the platform has answered for a row.");
        let log = Arc::new(MemorySendLog::default());
        let client = connection.client(self.network, log.clone(), &sent)?;
        let concurrency = usize::from(self.network.concurrency);
        let read = rehearse(&client, reader, rows, concurrency, self.signals.receiver());
        let read = self.runtime.block_on(read);
        sent.extend(log.sent());
        Ok(read.map(|read| Begun { read, sent }))
    }

    fn nothing_begun(&self, stopped: &StopReason) -> Result<Exit, CommandError> {
        if self.terminal.is_quiet() {
            self.terminal.error(&stopped.to_string());
        }
        let next = match stopped {
            StopReason::AssistantsApiGone => (self.after_the_end)()?,
            _ => command_line(&mut typed().iter().map(String::as_str)),
        };
        self.terminal.say(nothing_begun(stopped, self.ledger, &next).apart());
        Ok(if stopped.must_be_mended() { Exit::MendFirst } else { Exit::StoppedEarly })
    }
}
