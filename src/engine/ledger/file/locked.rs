//! The open file under its lock.

use std::path::PathBuf;

use rusqlite::Connection;

use super::error::LedgerError;
use super::lock::LedgerLock;
use super::log::{self, Log};

/// The file and its lock, given back in this order: first the file is left as one, then the lock is released.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) connection: Connection,
    pub(crate) log: Log,
    pub(crate) path: PathBuf,
    pub(crate) _lock: LedgerLock,
}

impl Locked {
    /// Copies the log into the file once it is long.
    pub(crate) fn keep_log_short(&mut self) -> Result<(), LedgerError> {
        self.log.keep_short(&self.connection)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        log::end(&self.connection);
    }
}
