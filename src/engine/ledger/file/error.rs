//! What can go wrong with the ledger, as sentences for a person.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use super::format::beside;

/// The ledger could not be read or written. Cheap to clone: a commit that fails answers every row that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// No space is left.
    #[error("no space is left on the disk")]
    DiskFull,
    /// The file's content is not what this program wrote.
    #[error("the ledger is damaged: {words}")]
    Damaged {
        /// What was found.
        words: String,
    },
    /// The operating system refused: permission, read-only disk, folder gone.
    #[error("the file cannot be written or read: {words}")]
    Refused {
        /// Its own words.
        words: String,
    },
    /// Some other program keeps the file locked.
    #[error("another program has the ledger open and keeps it locked")]
    Busy,
    /// The writer has ended; nothing can be recorded any more.
    #[error("the ledger is closed already")]
    Closed,
    /// Anything else `SQLite` says.
    #[error("unexpected answer of the ledger's database: {words}")]
    Unexpected {
        /// Its own words.
        words: String,
    },
}

impl LedgerError {
    pub(crate) fn damaged(words: impl Into<String>) -> Self {
        Self::Damaged { words: words.into() }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        let words = error.to_string();
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                // The log's index is a file that is mapped: it cannot be made as large as it has to be.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged { words },
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::AuthorizationForStatementDenied
                | ErrorCode::SystemIoFailure => Self::Refused { words },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                // Our SQL is fixed: that it fails means that a table or column which should be there is not.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_ERROR => Self::Damaged { words },
                _ => Self::Unexpected { words },
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::SqlInputError { .. } => Self::Damaged { words },
            _ => Self::Unexpected { words },
        }
    }
}

/// Why a ledger could not be opened; each a sentence that says what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another run holds the lock.
    #[error("{} is in use by another run of this program: wait for it to end, or name another ledger", path.display())]
    Locked {
        /// The ledger.
        path: PathBuf,
    },
    /// Another program keeps the file locked.
    #[error("{} is kept locked by another program that reads it: close that program, then run the same command again", path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no ledger at {}: check the path", path.display())]
    Missing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The file is something else; it was left untouched.
    #[error("{} is not a ledger of this program, and was left untouched: name another file", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote it; it was left untouched.
    #[error(
        "{} was written by a newer version of this program (ledger format {theirs}, this one knows {}): \
         use that version", path.display(), super::format::VERSION
    )]
    NewerProgram {
        /// The ledger.
        path: PathBuf,
        /// Its schema version.
        theirs: i64,
    },
    /// An older program wrote it; it was left untouched.
    #[error(
        "{} was written by an older version of this program (ledger format {theirs}, this one knows {}): move it \
         away, or name another ledger", path.display(), super::format::VERSION
    )]
    OlderProgram {
        /// The ledger.
        path: PathBuf,
        /// Its schema version.
        theirs: i64,
    },
    /// The file alone, without what was written to it last.
    #[error(
        "{} lacks its log, which holds what was recorded last: copy {} from where the run was, put it beside the ledger, \
         and run the same command again", path.display(), log.file_name().unwrap_or_default().to_string_lossy()
    )]
    LogMissing {
        /// The ledger.
        path: PathBuf,
        /// The log that should stand beside it.
        log: PathBuf,
    },
    /// It has more than one name, so that two runs could write it at once.
    #[error(
        "{} has another name (a hard link), under which another run could write it at the same time: remove the other \
         name, or make a copy and name that", path.display()
    )]
    HardLinked {
        /// The ledger.
        path: PathBuf,
    },
    /// It belongs to another platform or deployment.
    #[error(
        "{} belongs to {theirs}, not to {ours}: name another ledger with --ledger, or put this one aside with --fresh",
        path.display()
    )]
    OtherBaseUrl {
        /// The ledger.
        path: PathBuf,
        /// Where its rows come from, for a person.
        theirs: String,
        /// Where this run would ask, for a person.
        ours: String,
    },
    /// It remembers another kind of work.
    #[error("{} is the ledger of another kind of work ({theirs}, not {ours}): name another one", path.display())]
    OtherPurpose {
        /// The ledger.
        path: PathBuf,
        /// The word for what it remembers.
        theirs: &'static str,
        /// The word for what was to be remembered or read.
        ours: &'static str,
    },
    /// The content is broken.
    #[error("{} is damaged ({words}): restore it from a copy, or move it away and run the same command again", path.display())]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        words: String,
    },
    /// No space is left.
    #[error("{} cannot be written, no space is left on the disk: make room, then run the same command again", path.display())]
    DiskFull {
        /// The ledger.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{} cannot be opened ({words}): check that the folder is there and that you may read and write in it", path.display())]
    Refused {
        /// The ledger, or the file beside it that was refused.
        path: PathBuf,
        /// The system's own words.
        words: String,
    },
}

impl OpenError {
    pub(crate) fn log_missing(path: PathBuf) -> Self {
        Self::LogMissing { log: beside(&path, "-wal"), path }
    }

    pub(crate) fn refused(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path: path.to_owned() }
            }
            _ => Self::Refused { path: path.to_owned(), words: error.to_string() },
        }
    }

    pub(crate) fn at(path: &Path, error: LedgerError) -> Self {
        let path = path.to_owned();
        match error {
            LedgerError::DiskFull => Self::DiskFull { path },
            LedgerError::Damaged { words } => Self::Damaged { path, words },
            LedgerError::Busy => Self::Busy { path },
            LedgerError::Refused { words } | LedgerError::Unexpected { words } => {
                Self::Refused { path, words }
            }
            LedgerError::Closed => Self::Refused { path, words: LedgerError::Closed.to_string() },
        }
    }
}

/// Why a ledger could not be put aside; it stands where it stood.
#[derive(Debug, Error)]
pub enum SetAsideError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is the only record of assistants that may be off because of this program.
    #[error(
        "{} is the record of {rows} {} that this program switched off or may have switched off: \
         take that back with `rollback` first, or say --yes to put the ledger aside all the same",
        path.display(), if *rows == 1 { "assistant" } else { "assistants" }
    )]
    MayBeOff {
        /// The ledger.
        path: PathBuf,
        /// How many assistants are disabled, unknown, or could not be switched on again.
        rows: u64,
    },
}

/// Why the input could not be taken into the ledger; nothing has changed.
#[derive(Debug, Error)]
pub enum ImportError<E> {
    /// The input itself.
    #[error("{0}")]
    Input(E),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<E> From<rusqlite::Error> for ImportError<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Ledger(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_the_log_that_finds_no_room_is_a_full_disk() {
        for (code, expected) in [
            (rusqlite::ffi::SQLITE_FULL, "no space is left on the disk"),
            (rusqlite::ffi::SQLITE_IOERR_SHMSIZE, "no space is left on the disk"),
            (rusqlite::ffi::SQLITE_IOERR_WRITE, "the file cannot be written or read: "),
        ] {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let said = LedgerError::from(error).to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
