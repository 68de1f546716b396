//! The ledger that an input goes into. With `--fresh` the earlier one is put aside once the platform has answered for a row of
//! the new run.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use super::command_line::{command_line, typed};
use super::connection::Connection;
use super::intake::Intake;
use super::session::since_it_counts;
use crate::base::{Exit, Outcome, StopReason};
use crate::cli::error::CommandError;
use crate::engine::input::Input;
use crate::engine::ledger::{Aside, Job, Ledger, SetAsideError};
use crate::engine::session::{MemorySendLog, REHEARSED_ROWS, RowReader, rehearse};
use crate::engine::terminal::nothing_begun;

/// How to begin afresh.
pub(crate) struct Fresh<'a> {
    /// Whether a ledger is put aside even while assistants in it may be off.
    pub(crate) allow_off: bool,
    /// The command line that still works once the Assistants API has ended.
    pub(crate) after_the_end: &'a dyn Fn() -> Result<String, CommandError>,
}

/// What a new ledger begins with.
#[derive(Default)]
struct Begun {
    /// Rows that were read already.
    read: Vec<Outcome>,
    /// Requests that count for the pace.
    sent: Vec<(Timestamp, u32)>,
}

impl Intake<'_> {
    /// Opens the ledger, or begins a new one; gives the rows of that which were read already.
    pub(crate) fn open(
        &self,
        fresh: Option<&Fresh<'_>>,
        input: &Input,
        reader: &impl RowReader,
    ) -> Result<(Ledger, Vec<Outcome>), CommandError> {
        let begun = match fresh {
            Some(fresh) => self.put_aside(fresh, input, reader)?,
            None => Begun::default(),
        };
        let mut ledger =
            Ledger::open(&self.paths.ledger, &self.identity()).context("nothing was asked for")?;
        ledger.remember_sent(&begun.sent).context("the ledger")?;
        Ok((ledger, begun.read))
    }

    /// Puts the earlier ledger aside, if there is one. Leaves everything as it was when nobody answers; the practice
    /// workspace always does.
    fn put_aside(
        &self,
        fresh: &Fresh<'_>,
        input: &Input,
        reader: &impl RowReader,
    ) -> Result<Begun, CommandError> {
        let Some(aside) = self.earlier(fresh)? else { return Ok(Begun::default()) };
        let mut begun = Begun::default();
        if let Some(connection) = &self.connection {
            let rows = self.first_rows(input)?;
            if rows.is_empty() {
                self.terminal.say(
                    "The input has no row to ask for: the earlier ledger is not put aside, and is used.",
                );
                return Ok(begun);
            }
            begun = match self.rehearse(connection, reader, &aside, rows)? {
                Ok(begun) => begun,
                Err(stopped) => return self.nothing_begun(&stopped, fresh),
            };
        }
        let path = aside.set_aside(Timestamp::now()).context("the ledger stays")?;
        self.terminal.say(format!("the earlier ledger is now {}", path.display()));
        Ok(begun)
    }

    fn earlier(&self, fresh: &Fresh<'_>) -> Result<Option<Aside>, CommandError> {
        let aside = Ledger::to_set_aside(&self.paths.ledger, &self.identity(), fresh.allow_off);
        aside.map_err(|error| {
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
            Some(since) => aside.sent_since(&self.identity(), since).context("the ledger")?,
            None => Vec::new(),
        };
        self.terminal.say("The earlier ledger is put aside once the platform has answered for a row.");
        let (network, log) = (&self.platform.network, Arc::new(MemorySendLog::default()));
        let client = connection.client(network, log.clone(), &sent)?;
        let concurrency = usize::from(network.concurrency);
        let read = rehearse(&client, reader, rows, concurrency, self.signals.receiver());
        let read = self.runtime.block_on(read);
        sent.extend(log.sent());
        Ok(read.map(|read| Begun { read, sent }))
    }

    fn nothing_begun(&self, stopped: &StopReason, fresh: &Fresh<'_>) -> Result<Begun, CommandError> {
        self.terminal.error_if_quiet([stopped]);
        let next = match stopped {
            StopReason::AssistantsApiGone => (fresh.after_the_end)()?,
            _ => command_line(&mut typed().iter().map(String::as_str)),
        };
        self.terminal.say(nothing_begun(stopped, &self.paths.ledger, &next).apart());
        let exit = if stopped.must_be_mended() { Exit::MendFirst } else { Exit::StoppedEarly };
        Err(CommandError::Told(exit))
    }
}
