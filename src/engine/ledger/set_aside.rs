//! `--fresh`: puts a ledger aside under a name with the time, so that a new one can begin. Nothing is deleted.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::encode::to_count;
use super::file::error::{LedgerError, OpenError, SetAsideError};
use super::file::format::beside;
use super::file::lock::LedgerLock;
use super::file::log;
use super::file::name::{find, resolve};
use super::file::schema;
use super::identity::Identity;
use super::open::{Ledger, sent_since};
use crate::base::DisabledState;
use crate::engine::os;

/// A ledger that may be put aside; until then it stands where it stood, locked.
#[derive(Debug)]
pub struct Aside {
    path: PathBuf,
    identity: Identity,
    connection: Connection,
    lock: LedgerLock,
}

impl Ledger {
    /// Takes the lock of the ledger at `path`; `None` when there is none. Refuses one that is there for something else
    /// than `ours`, and, unless `allow_off`, one with assistants that may be off because of this program, or that
    /// cannot tell. Nothing is written.
    pub fn to_set_aside(
        path: &Path,
        ours: &Identity,
        allow_off: bool,
    ) -> Result<Option<Aside>, SetAsideError> {
        let path = resolve(path)?;
        let lock = LedgerLock::take(&path)?;
        if find(&path)?.is_none_or(|found| found.len() == 0) {
            return Ok(None);
        }
        let at = |error| OpenError::at(&path, error);
        schema::check_header(&path)?;
        if !allow_off && log::is_missing(&path)? {
            return Err(OpenError::log_missing(path).into());
        }
        let connection = schema::connect(&path, schema::SCAN_CACHE_KIB).map_err(at)?;
        schema::check(&connection, &path)?;
        let identity = Identity::read(&connection).map_err(at)?;
        ours.purpose.refuse_other(&path, identity.purpose)?;
        let rows = may_be_off(&connection).map_err(at)?;
        if rows > 0 && !allow_off {
            return Err(SetAsideError::MayBeOff { path, rows });
        }
        Ok(Some(Aside { path, identity, connection, lock }))
    }
}

impl Aside {
    /// The requests sent since then by earlier runs to where the rows of `ours` come from: they still count.
    pub fn sent_since(
        &self,
        ours: &Identity,
        since: Timestamp,
    ) -> Result<Vec<(Timestamp, u32)>, LedgerError> {
        if self.identity == *ours { sent_since(&self.connection, since) } else { Ok(Vec::new()) }
    }

    /// Renames the ledger to `<stem>.<UTC>.ledger` and gives that name.
    pub fn set_aside(self, now: Timestamp) -> Result<PathBuf, SetAsideError> {
        let Self { path, connection, lock, .. } = self;
        // What the write-ahead log holds goes into the file, which then is all there is to rename.
        log::into_file(&connection).map_err(|error| OpenError::at(&path, error))?;
        drop(connection);
        let aside = free_name(&path, now);
        os::rename(&path, &aside).map_err(|error| OpenError::refused(&path, &error))?;
        drop(lock);
        Ok(aside)
    }
}

pub(super) const MAY_BE_OFF: &str =
    "SELECT disabled, count(*) FROM result WHERE disabled <> 'not_requested' GROUP BY disabled";

fn may_be_off(connection: &Connection) -> Result<u64, LedgerError> {
    let mut statement = connection.prepare(MAY_BE_OFF)?;
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
