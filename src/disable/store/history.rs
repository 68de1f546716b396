//! Every request to switch an assistant off or on, for a proof.

use jiff::Timestamp;
use uuid::Uuid;

use crate::base::CallFailure;
use crate::engine::ledger::{LedgerError, LedgerReader, blob, from_json, from_nanoseconds, text, to_uuid};

/// A request to switch an assistant off or on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SwitchRecord {
    /// When it was about to leave.
    pub(crate) began_at: Timestamp,
    pub(crate) assistant: Uuid,
    /// Its name, raw from the platform; empty where it was never read.
    pub(crate) name: String,
    /// Whether it was to go on rather than off.
    pub(crate) is_on: bool,
    /// What became of it, in the words of the ledger; `None` while nobody knows.
    pub(crate) outcome: Option<String>,
    pub(crate) failure: Option<CallFailure>,
}

impl LedgerReader {
    /// All of them, the oldest first.
    pub(crate) fn switchings(&self) -> Result<Vec<SwitchRecord>, LedgerError> {
        let mut statement = self.connection().prepare(
            "SELECT a.began_at, r.assistant, r.name, a.wanted, a.outcome, a.failure FROM attempt AS a \
             JOIN result AS r ON r.id = a.result ORDER BY a.id",
        )?;
        let records = statement.query_and_then([], |row| {
            Ok(SwitchRecord {
                began_at: from_nanoseconds(row.get(0)?)?,
                assistant: to_uuid(blob(row.get_ref(1)?)?.unwrap_or_default())?,
                name: text(row.get_ref(2)?)?.unwrap_or_default().to_owned(),
                is_on: text(row.get_ref(3)?)? == Some("on"),
                outcome: text(row.get_ref(4)?)?.map(str::to_owned),
                failure: text(row.get_ref(5)?)?.map(from_json).transpose()?,
            })
        })?;
        records.collect()
    }
}
