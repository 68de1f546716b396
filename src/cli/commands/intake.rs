//! From an input file to the rows of a ledger: what `run` and `audit` do before their first request.

use std::path::Path;

use anyhow::{Context, anyhow};

use super::CommandError;
use super::connection::Connection;
use super::owners::remember_origin;
use super::signals::Signals;
use crate::base::{Exit, ReportRow, Standing};
use crate::cli::settings::{OutputPath, Outputs, UsageError};
use crate::cli::shared_arguments::InputArgs;
use crate::engine::input::{Input, InputError};
use crate::engine::ledger::{Identity, ImportError, Ledger, LedgerError, LedgerReader, Purpose};
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

/// Opens the input, or the built-in sample where there is no path.
pub(super) fn open_input(path: Option<&Path>, reading: &InputArgs) -> Result<Input, CommandError> {
    let options = reading.options();
    let input = match path {
        Some(path) => Input::open(path, &options),
        None => Input::from_bytes(SAMPLE, &options),
    };
    input.map_err(|error| {
        let words = match path {
            Some(path) if !error.names_the_file() => format!("{}: {error}", path.display()),
            _ => error.to_string(),
        };
        if error.is_usage() { UsageError(words).into() } else { anyhow!(words).into() }
    })
}

/// Finds out whether the reports can be written, before the first request; `nothing`: what was not done, in front of an
/// error.
pub(super) fn check_outputs(outputs: &Outputs, nothing: &'static str) -> Result<(), CommandError> {
    for (_, output) in outputs {
        let OutputPath::File(path) = output else { continue };
        check_writable(path).with_context(|| format!("{nothing}: the report cannot be written"))?;
        refuse_foreign(path, nothing)?;
    }
    Ok(())
}

/// Replaces nothing but what this program has made.
pub(super) fn refuse_foreign(path: &Path, nothing: &'static str) -> Result<(), UsageError> {
    if FileHead::of(path).is_none_or(|head| head.is_report()) {
        return Ok(());
    }
    Err(UsageError(format!(
        "{nothing}: {} is there already, and no report of this program; name another file, or move it away.",
        path.display()
    )))
}

/// Has the ledger remember how its rows stand before they are asked for again, so that the next report can say what has
/// changed. `rows` shows them all.
pub(super) fn remember(
    ledger: &Ledger,
    rows: impl FnOnce(&LedgerReader, &mut Take<'_>) -> Result<(), LedgerError>,
) -> Result<(), CommandError> {
    let remembered = || -> Result<(), LedgerError> {
        let Some(remembering) = ledger.remember()? else { return Ok(()) };
        let reader = LedgerReader::open_either(ledger.path())
            .map_err(|error| LedgerError::Unexpected { words: error.to_string() })?;
        rows(&reader, &mut |row, standing| remembering.take(row, standing))?;
        drop(reader);
        remembering.keep()
    };
    Ok(remembered().context("nothing was asked for")?)
}

/// Takes a row, and how it stands.
type Take<'a> = dyn FnMut(&ReportRow, &Standing) -> Result<(), LedgerError> + 'a;

/// Takes the input into the ledger, which remembers where it came from; gives an exit code when a signal ended that.
pub(super) fn import(
    ledger: &mut Ledger,
    input: &Input,
    (path, reading): (Option<&Path>, &InputArgs),
    signals: &Signals,
    terminal: &Terminal,
) -> Result<Option<Exit>, CommandError> {
    let rows = input
        .rows()
        .context("the input")?
        .map(|row| if signals.heard() { Err(RowsError::Signal) } else { row.map_err(RowsError::Input) });
    match ledger.import(input.format(), rows) {
        Ok(()) => {
            remember_origin(ledger, path, reading).context("the ledger")?;
            Ok(None)
        }
        Err(ImportError::Input(RowsError::Signal)) => {
            terminal.say("stopped before the first request; the same command goes on.");
            Ok(Some(Exit::StoppedEarly))
        }
        Err(ImportError::Input(RowsError::Input(error))) => Err(anyhow!(error).context("the input").into()),
        Err(ImportError::Ledger(error)) => Err(anyhow!(error).context("nothing was asked for").into()),
    }
}

/// The practice workspace has another port each time; its ledger is known by a name.
pub(super) fn identity(connection: Option<&Connection>, purpose: Purpose) -> Identity {
    match connection {
        Some(connection) => Identity { base_url: connection.base_url.to_string(), practice: false, purpose },
        None => Identity { base_url: "sandbox".into(), practice: true, purpose },
    }
}
