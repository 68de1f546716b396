//! What was done with a ledger, for a proof: which commands wrote it when.

use jiff::Timestamp;

use super::encode::{from_json, from_nanoseconds, text};
use super::file::error::LedgerError;
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

impl LedgerReader {
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
