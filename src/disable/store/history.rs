//! Every request to switch an assistant off or on, for a proof.

use jiff::Timestamp;
use uuid::Uuid;

use crate::base::CallFailure;
use crate::engine::ledger::{LedgerError, LedgerReader, blob, from_json, from_nanoseconds, text, to_uuid};

/// A request to switch an assistant off or on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRecord {
    /// When it was about to leave.
    pub began_at: Timestamp,
    /// Whose.
    pub assistant: Uuid,
    /// Its name, raw from the platform; empty where it was never read.
    pub name: String,
    /// Whether it was to go on rather than off.
    pub is_on: bool,
    /// What became of it, in the words of the ledger; `None` while nobody knows.
    pub outcome: Option<String>,
    /// Why it failed.
    pub failure: Option<CallFailure>,
}

impl LedgerReader {
    /// All of them, the oldest first.
    pub fn switchings(&self) -> Result<Vec<SwitchRecord>, LedgerError> {
        let mut statement = self.connection().prepare(
            "SELECT a.began_at, r.assistant, r.name, a.wanted, a.outcome, a.failure FROM attempt AS a \
             JOIN result AS r ON r.id = a.result ORDER BY a.id",
        )?;
        let mut rows = statement.query([])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(SwitchRecord {
                began_at: from_nanoseconds(row.get(0)?)?,
                assistant: to_uuid(blob(row.get_ref(1)?)?.unwrap_or_default())?,
                name: text(row.get_ref(2)?)?.unwrap_or_default().to_owned(),
                is_on: text(row.get_ref(3)?)? == Some("on"),
                outcome: text(row.get_ref(4)?)?.map(str::to_owned),
                failure: text(row.get_ref(5)?)?.map(from_json).transpose()?,
            });
        }
        Ok(records)
    }
}
