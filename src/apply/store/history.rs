//! Every write of an agent, for a proof.

use jiff::Timestamp;
use uuid::Uuid;

use super::intent::Kind;
use crate::base::CallFailure;
use crate::engine::ledger::{
    LedgerError, LedgerReader, blob, from_json, from_nanoseconds, from_word, text, to_uuid,
};

/// A write that may have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WriteRecord {
    /// When it was about to leave.
    pub(crate) began_at: Timestamp,
    /// The base URL of another workspace than the ledger's; empty for that one.
    pub(crate) workspace: String,
    /// Which agent; `None` for one that was to be made and is not known to be.
    pub(crate) agent: Option<Uuid>,
    /// The name of its source, raw from the platform.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// In read names.
    pub(crate) changed: Vec<String>,
    /// How it ended, in the words of the ledger; `None` while nobody knows.
    pub(crate) outcome: Option<String>,
    pub(crate) failure: Option<CallFailure>,
    /// Of the publish; empty where the platform said none.
    pub(crate) version: String,
    pub(crate) is_taken_back: bool,
}

impl LedgerReader {
    /// All of them, the oldest first; none in a ledger from before there was `apply`.
    pub(crate) fn writes(&self) -> Result<Vec<WriteRecord>, LedgerError> {
        if !self.connection().table_exists(Some("main"), "apply_write")? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection().prepare(
            "SELECT w.began_at, w.workspace, w.agent, r.name, w.kind, w.changed, w.outcome, w.failure, w.version, \
             w.taken_back FROM apply_write AS w JOIN result AS r ON r.id = w.result ORDER BY w.id",
        )?;
        let records = statement.query_and_then([], |row| {
            let said = |index| -> Result<String, LedgerError> {
                Ok(text(row.get_ref(index)?)?.unwrap_or_default().to_owned())
            };
            Ok(WriteRecord {
                began_at: from_nanoseconds(row.get(0)?)?,
                workspace: said(1)?,
                agent: blob(row.get_ref(2)?)?.map(to_uuid).transpose()?,
                name: said(3)?,
                kind: from_word(&said(4)?, Kind::parse)?,
                changed: from_json(&said(5)?)?,
                outcome: text(row.get_ref(6)?)?.map(str::to_owned),
                failure: text(row.get_ref(7)?)?.map(from_json).transpose()?,
                version: said(8)?,
                is_taken_back: row.get(9)?,
            })
        })?;
        records.collect()
    }
}
