//! What was done with a ledger, for a proof: which commands wrote it when, and from which file its rows came.

use jiff::Timestamp;

use super::encode::{from_json, from_nanoseconds, text};
use super::error::LedgerError;
use super::identity::{meta, set_meta};
use super::open::Ledger;
use super::read::LedgerReader;
use crate::base::StopReason;

/// A command that has written a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its name.
    pub command: String,
    /// Of this program.
    pub program_version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it is going on, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// Why it ended early, if it did.
    pub stopped: Option<StopReason>,
}

/// The file that the rows were taken in from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its name without its folder.
    pub name: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Ledger {
    /// Remembers from which file the rows were taken in; `None` where there is none, or it cannot be read again.
    pub fn remember_input_file(&mut self, file: Option<&InputFile>) -> Result<(), LedgerError> {
        let (name, sha256) = file.map_or(("", ""), |file| (file.name.as_str(), file.sha256.as_str()));
        // Going on with an unchanged file only reads.
        if meta(self.connection(), "input_sha256")?.unwrap_or_default() != sha256 {
            set_meta(self.connection(), "input_name", name)?;
            set_meta(self.connection(), "input_sha256", sha256)?;
        }
        Ok(())
    }
}

impl LedgerReader {
    /// From which file the rows were taken in; `None` where that was not kept.
    pub fn input_file(&self) -> Result<Option<InputFile>, LedgerError> {
        let kept = |key| Ok::<_, LedgerError>(meta(self.connection(), key)?.unwrap_or_default());
        let file = InputFile { name: kept("input_name")?, sha256: kept("input_sha256")? };
        Ok(Some(file).filter(|file| !file.sha256.is_empty()))
    }

    /// Every command that has written this ledger, the oldest first.
    pub fn sessions(&self) -> Result<Vec<SessionRecord>, LedgerError> {
        let mut statement = self.connection().prepare(
            "SELECT command, program_version, started_at, finished_at, stopped FROM run ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next()? {
            sessions.push(SessionRecord {
                command: row.get(0)?,
                program_version: row.get(1)?,
                started_at: from_nanoseconds(row.get(2)?)?,
                finished_at: row.get::<_, Option<i64>>(3)?.map(from_nanoseconds).transpose()?,
                stopped: text(row.get_ref(4)?)?.map(from_json).transpose()?,
            });
        }
        Ok(sessions)
    }
}
