//! Owners, teams and other columns of the person's own, as the input has them now: whom to ask changes while verdicts stand.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::cli::arguments::shared::InputArgs;
use crate::engine::input::{Input, InputError, InputOptions};
use crate::engine::ledger::{Ledger, LedgerError, LedgerReader};
use crate::engine::report::sha256;
use crate::engine::terminal::{Terminal, counted};

/// Where an input was read from, how, and by what it is known again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// One that is no text is found by nobody again.
    path: PathBuf,
    length: u64,
    modified: Option<u64>,
    /// `None` where it could not be read again.
    pub(crate) sha256: Option<String>,
    #[serde(flatten)]
    options: InputOptions,
}

impl Origin {
    fn of(path: &Path, reading: &InputArgs) -> Option<Self> {
        let (length, modified) = looks(path)?;
        let absolute = std::path::absolute(path).ok()?;
        Some(Self {
            path: absolute.to_string_lossy().into_owned().into(),
            length,
            modified,
            sha256: sha256(path).ok(),
            options: reading.options(),
        })
    }

    /// That of the ledger's rows; `None` where it was not kept.
    pub(crate) fn kept(ledger: &LedgerReader) -> Result<Option<Self>, LedgerError> {
        Ok(ledger.origin()?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// The file's name without its folder.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Length and time of change.
fn looks(path: &Path) -> Option<(u64, Option<u64>)> {
    let found = fs::metadata(path).ok()?;
    let modified = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Some((found.len(), modified.and_then(|since| u64::try_from(since.as_nanos()).ok())))
}

/// Has the ledger remember where its input came from.
pub(crate) fn remember_origin(
    ledger: &Ledger,
    path: Option<&Path>,
    reading: &InputArgs,
) -> Result<(), LedgerError> {
    let origin = path.and_then(|path| Origin::of(path, reading));
    let origin = origin.and_then(|origin| serde_json::to_string(&origin).ok()).unwrap_or_default();
    ledger.remember_origin(&origin)
}

/// Why the input was not read again.
#[derive(Debug, thiserror::Error)]
enum AgainError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Where the file that the ledger's rows came from has changed since, its own columns are shown as they are now, and it is
/// said so. One that is gone is no news: a ledger may be anywhere.
pub(crate) fn renew(ledger: &mut LedgerReader, terminal: &Terminal) -> Result<(), LedgerError> {
    let Some(origin) = Origin::kept(ledger)? else { return Ok(()) };
    if looks(&origin.path).is_none_or(|looks| looks == (origin.length, origin.modified)) {
        return Ok(());
    }
    let path = &origin.path;
    match read_again(ledger, &origin) {
        Ok(0) => Ok(()),
        Ok(rows) => {
            terminal.say(format!(
                "{} has changed since: your own columns are shown as they are there now, in {} otherwise than before. \
                 Verdicts are those of the last run.",
                path.display(),
                counted(rows, "row", "rows")
            ));
            Ok(())
        }
        Err(AgainError::Ledger(error)) => Err(error),
        Err(AgainError::Input(error)) => {
            terminal.say(format!(
                "{} has changed since and cannot be used now ({error}): your own columns are shown as they were.",
                path.display()
            ));
            Ok(())
        }
    }
}

fn read_again(ledger: &mut LedgerReader, origin: &Origin) -> Result<u64, AgainError> {
    let input = Input::open(&origin.path, &origin.options)?;
    ledger.carry(input.format(), input.rows()?.map(|row| row.map_err(AgainError::Input)))
}
