//! From an input file to the rows of a ledger: what `run` and `audit` do before their first request.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::connection::Connection;
use super::owners::remember_origin;
use super::session::Session;
use super::signals::Signals;
use crate::base::{Exit, ReportRow, Standing};
use crate::cli::arguments::network::PlatformArgs;
use crate::cli::arguments::shared::InputArgs;
use crate::cli::error::CommandError;
use crate::cli::settings::{OutputPath, Outputs, UsageError, WorkPaths};
use crate::engine::input::{Input, InputError};
use crate::engine::ledger::{Identity, ImportError, Ledger, LedgerError, LedgerReader, Purpose, RunCommand};
use crate::engine::report::{FileHead, check_writable};
use crate::engine::terminal::Terminal;

/// The built-in sample, for `--sandbox` without an INPUT.
const SAMPLE: &[u8] = include_bytes!("../../../samples/assistants.csv");

/// Why the input was not taken in.
#[derive(Debug, thiserror::Error)]
enum RowsError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("a signal")]
    Signal,
}

/// The ids that an option names; one that the ledger does not know, as what it may be there, is a slip of the pen.
/// `nothing`: what was not done.
pub(crate) fn named(
    (option, ids): (&str, &[Uuid]),
    ledger: &Path,
    (what, knows): (&str, impl Fn(Uuid) -> Result<bool, LedgerError>),
    nothing: &str,
) -> Result<BTreeSet<Uuid>, CommandError> {
    for id in ids {
        if !knows(*id).context("the ledger")? {
            let ledger = ledger.display();
            let words = format!("{option} {id}: the ledger {ledger} knows no such {what}; {nothing}.");
            return Err(UsageError(words).into());
        }
    }
    Ok(ids.iter().copied().collect())
}

/// Finds out whether the reports can be written, before the first request; `nothing`: what was not done, in front of an
/// error.
pub(crate) fn check_outputs(outputs: &Outputs, nothing: &'static str) -> Result<(), CommandError> {
    for (_, output) in outputs {
        let OutputPath::File(path) = output else { continue };
        check_writable(path).with_context(|| format!("{nothing}: the report cannot be written"))?;
        refuse_foreign(path, nothing)?;
    }
    Ok(())
}

/// Replaces nothing but what this program has made.
pub(crate) fn refuse_foreign(path: &Path, nothing: &'static str) -> Result<(), UsageError> {
    if FileHead::of(path).is_none_or(|head| head.is_report()) {
        return Ok(());
    }
    Err(UsageError(format!(
        "{nothing}: {} is there already, and no report of this program; name another file, or move it away.",
        path.display()
    )))
}

/// A command that works through an input: what `run` and `audit` have at hand from the first file to the last line.
pub(crate) struct Intake<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) platform: &'a PlatformArgs,
    pub(crate) reading: &'a InputArgs,
    pub(crate) limit: Option<u64>,
    pub(crate) terminal: &'a Terminal,
    pub(crate) paths: WorkPaths,
    /// `None` in the practice workspace.
    pub(crate) connection: Option<Connection>,
    pub(crate) runtime: Runtime,
    pub(crate) signals: Signals,
}

impl Intake<'_> {
    /// `None` in the practice workspace.
    pub(crate) fn base_url(&self) -> Option<String> {
        self.connection.as_ref().map(|connection| connection.base_url().to_string())
    }

    /// The practice workspace has another port each time; its ledger is known by a name.
    pub(crate) fn identity(&self) -> Identity {
        let practice = self.connection.is_none();
        let base_url = self.base_url().unwrap_or_else(|| "sandbox".to_owned());
        Identity { base_url, practice, purpose: self.purpose }
    }

    /// The input, or the built-in sample, before anything is written.
    pub(crate) fn open_input(&self) -> Result<Input, CommandError> {
        let (path, options) = (self.paths.input.as_deref(), self.reading.options());
        let input = match path {
            Some(path) => Input::open(path, &options),
            None => Input::from_bytes(SAMPLE, &options),
        };
        let input = input.map_err(|error| {
            let words = match path {
                Some(path) if !error.names_the_file() => format!("{}: {error}", path.display()),
                _ => error.to_string(),
            };
            if error.is_usage() { UsageError(words).into() } else { CommandError::from(anyhow!(words)) }
        })?;
        check_outputs(&self.paths.outputs, "nothing was asked for")?;
        Ok(input)
    }

    /// Takes the input into the ledger, which remembers where it came from, and how its rows stand before they are asked for
    /// again: so the next report can say what has changed. `rows` shows them all.
    pub(crate) fn take_in(
        &self,
        ledger: &mut Ledger,
        input: &Input,
        rows: impl FnOnce(&LedgerReader, &mut Take<'_>) -> Result<(), LedgerError>,
    ) -> Result<(), CommandError> {
        for remark in input.remarks() {
            self.terminal.say(remark);
        }
        remember(ledger, rows).context("nothing was asked for")?;
        let heard = |row: Result<_, InputError>| {
            if self.signals.heard() { Err(RowsError::Signal) } else { row.map_err(RowsError::Input) }
        };
        match ledger.import(input.format(), input.rows().context("the input")?.map(heard)) {
            Ok(()) => {
                let path = self.paths.input.as_deref();
                Ok(remember_origin(ledger, path, self.reading).context("the ledger")?)
            }
            Err(ImportError::Input(RowsError::Signal)) => {
                self.terminal.say("stopped before the first request; the same command goes on.");
                Err(CommandError::Told(Exit::StoppedEarly))
            }
            Err(ImportError::Input(RowsError::Input(error))) => {
                Err(anyhow!(error).context("the input").into())
            }
            Err(ImportError::Ledger(error)) => Err(anyhow!(error).context("nothing was asked for").into()),
        }
    }

    /// The run in the ledger that is to come.
    pub(crate) fn session(&self, ledger: Ledger, command: RunCommand, settings: Value) -> Session<'_> {
        let (runtime, network) = (&self.runtime, &self.platform.network);
        Session { runtime, ledger, connection: self.connection.clone(), network, command, settings }
    }
}

/// Takes a row, and how it stands.
type Take<'a> = dyn FnMut(&ReportRow, &Standing) -> Result<(), LedgerError> + 'a;

fn remember(
    ledger: &Ledger,
    rows: impl FnOnce(&LedgerReader, &mut Take<'_>) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let Some(remembering) = ledger.remember()? else { return Ok(()) };
    let reader = LedgerReader::open_either(ledger.path())
        .map_err(|error| LedgerError::Unexpected { words: error.to_string() })?;
    rows(&reader, &mut |row, standing| remembering.take(row, standing))?;
    drop(reader);
    remembering.keep()
}
