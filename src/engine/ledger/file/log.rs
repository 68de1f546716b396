//! The write-ahead log, and how a file that lacks its log is told from a whole ledger.
//!
//! What was committed last stands in `NAME-wal` until a checkpoint copies it into the file. While that may be so, the
//! file bears a mark beside its version ([`IN_LOG`]). In the log the mark is cleared already: whoever copies the whole
//! log into the file, this program or another one, clears it with the same write. So the file and its log together are
//! never marked, and a marked file alone lacks its log.
//!
//! | moment | in the file | in the log |
//! | --- | --- | --- |
//! | at rest | clear | no log |
//! | written to, or killed | marked | clear |
//! | a checkpoint is made | marked | marked, then clear |
//!
//! The mark comes through the log, and goes before it: a kill at no moment leaves a marked file without a log.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use rusqlite::Connection;

use super::error::{LedgerError, OpenError};
use super::format::beside;
use super::format::{IN_LOG, VERSION};
use super::name::resolve;
use super::schema;

/// Frames (pages, mostly of 4 KiB) after which the log is copied into the file.
const LENGTH: i64 = 2_000;

/// The same while a reader keeps the file from being marked.
const UNMARKED_LENGTH: i64 = 64;

/// How long a checkpoint waits for readers of an older state: rows wait for it.
const READERS: Duration = Duration::from_millis(200);

const READERS_AT_THE_END: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Log {
    is_marked: bool,
    /// The length at which the next checkpoint is made.
    due: i64,
}

impl Log {
    /// Turns the log on and marks the file, by writing: a full disk or a read-only file shows now, not after the first
    /// request.
    pub(crate) fn begin(connection: &Connection) -> Result<Self, LedgerError> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // macOS keeps what is synced in the disk's memory unless asked so; elsewhere these mean nothing.
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        // By `checkpoint` alone, or else the mark would be lost.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        let mut log = Self { is_marked: false, due: i64::MIN };
        log.keep_short(connection)?;
        Ok(log)
    }

    /// Copies the log into the file once it is long.
    pub(crate) fn keep_short(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        if frames(connection)? < self.due {
            return Ok(());
        }
        self.is_marked |= checkpoint(connection, READERS)?;
        let more = if self.is_marked { LENGTH } else { UNMARKED_LENGTH };
        self.due = frames(connection)?.saturating_add(more);
        Ok(())
    }
}

/// Leaves the ledger as one plain file, which can be read in a read-only folder. Nothing is at stake: what is committed
/// is safe either way; if a reader is in the way for long, or the disk is full, the log stays and the next run sees to it.
pub(crate) fn end(connection: &Connection) {
    let until = Instant::now() + READERS_AT_THE_END;
    let _ = checkpoint(connection, READERS_AT_THE_END);
    while !end_if_last(connection) && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
}

/// The same without waiting, for a connection beside the one that writes, too: does nothing while any other is there.
/// Gives whether there is nothing more to wait for.
pub(crate) fn end_if_last(connection: &Connection) -> bool {
    let is_clear = schema::version(connection).is_ok_and(|version| version == VERSION);
    // Marked after the end, the file would be one that lacks its log.
    !is_clear || connection.pragma_update(None, "journal_mode", "DELETE").is_ok()
}

/// The same for a ledger that nobody writes; says why it was not done.
pub(crate) fn into_file(connection: &Connection) -> Result<(), LedgerError> {
    if schema::version(connection)? != VERSION {
        schema::set_version(connection, VERSION)?;
    }
    Ok(connection.pragma_update(None, "journal_mode", "DELETE")?)
}

/// Whether the file at `path` is marked and has no log beside it.
pub(crate) fn is_missing(path: &Path) -> Result<bool, OpenError> {
    let log = beside(path, "-wal");
    // Whoever looks into the file may leave an empty one.
    let has_log = || fs::metadata(&log).is_ok_and(|found| found.len() > 0);
    if has_log() {
        return Ok(false);
    }
    let alone = schema::connect_immutable(path)?;
    let version = schema::version(&alone).map_err(|error| OpenError::at(path, error))?;
    // A run may have begun meanwhile.
    Ok(version & IN_LOG != 0 && !has_log())
}

/// What there is to say of the ledger at `path` if it lacks its log, so that only a part of it can be read.
pub fn lacks_log(path: &Path) -> Option<OpenError> {
    let path = resolve(path).ok()?;
    is_missing(&path).is_ok_and(|is_missing| is_missing).then(|| OpenError::log_missing(path))
}

/// Gives whether the file holds everything now.
fn checkpoint(connection: &Connection, wait: Duration) -> Result<bool, LedgerError> {
    schema::set_version(connection, VERSION | IN_LOG)?;
    connection.busy_timeout(wait)?;
    // An error is no harm: everything is in the log still.
    let is_busy = connection.query_row("PRAGMA main.wal_checkpoint(FULL)", [], |row| row.get(0));
    connection.busy_timeout(schema::BUSY_TIMEOUT)?;
    schema::set_version(connection, VERSION)?;
    Ok(is_busy.is_ok_and(|is_busy: bool| !is_busy))
}

/// How long the log is.
fn frames(connection: &Connection) -> Result<i64, LedgerError> {
    let mut statement = connection.prepare_cached("PRAGMA main.wal_checkpoint(NOOP)")?;
    Ok(statement.query_row([], |row| row.get(1))?)
}
