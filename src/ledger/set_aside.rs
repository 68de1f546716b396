//! `--fresh`: puts a ledger aside under a name with the time, so that a new one can begin. Nothing is deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::encode::to_count;
use super::error::{LedgerError, OpenError, SetAsideError};
use super::lock::LedgerLock;
use super::open::{Ledger, resolve};
use super::schema::{self, beside};
use crate::domain::DisabledState;

impl Ledger {
    /// Under the lock, renames the ledger at `path` to `<stem>.<UTC>.ledger` and gives that name; `None` when there is
    /// none. Refuses while assistants in it may be off because of this program, unless `allow_off`.
    pub fn set_aside(path: &Path, allow_off: bool, now: Timestamp) -> Result<Option<PathBuf>, SetAsideError> {
        let path = resolve(path)?;
        let _lock = LedgerLock::take(&path)?;
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => return Err(OpenError::NotALedger { path }.into()),
            Ok(found) if found.len() == 0 => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::refused(&path, &error).into()),
        }
        let at = |error| OpenError::at(&path, error);
        schema::check_header(&path)?;
        let connection = schema::connect(&path, schema::READER_CACHE_KIB).map_err(at)?;
        schema::check(&connection, &path)?;
        let rows = may_be_off(&connection).map_err(at)?;
        if rows > 0 && !allow_off {
            return Err(SetAsideError::MayBeOff { path, rows });
        }
        // What the write-ahead log holds goes into the file, which then is all there is to rename.
        connection
            .pragma_update(None, "journal_mode", "DELETE")
            .map_err(|error| OpenError::at(&path, error.into()))?;
        drop(connection);
        let aside = free_name(&path, now);
        fs::rename(&path, &aside).map_err(|error| OpenError::refused(&path, &error))?;
        Ok(Some(aside))
    }
}

fn may_be_off(connection: &Connection) -> Result<u64, LedgerError> {
    let mut statement = connection.prepare("SELECT disabled, count(*) FROM result GROUP BY disabled")?;
    let mut states = statement.query([])?;
    let mut rows = 0;
    while let Some(state) = states.next()? {
        let word: String = state.get(0)?;
        // A word that this program does not know is no reason to forget about it.
        if DisabledState::parse(&word).is_none_or(DisabledState::may_be_off) {
            rows += to_count(state.get(1)?);
        }
    }
    Ok(rows)
}

/// `<stem>.<UTC>.ledger`, with a number if that is taken.
fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut name = path.with_file_name(format!("{stem}.{time}.ledger"));
    let mut number = 2;
    while name.exists() || beside(&name, "-wal").exists() {
        name = path.with_file_name(format!("{stem}.{time}-{number}.ledger"));
        number += 1;
    }
    name
}
