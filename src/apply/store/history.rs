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
pub struct WriteRecord {
    /// When it was about to leave.
    pub began_at: Timestamp,
    /// The base URL of another workspace than the ledger's; empty for that one.
    pub workspace: String,
    /// Which agent; `None` for one that was to be made and is not known to be.
    pub agent: Option<Uuid>,
    /// The name of its source, raw from the platform.
    pub name: String,
    /// What for.
    pub kind: Kind,
    /// Which fields, by their read names.
    pub changed: Vec<String>,
    /// How it ended, in the words of the ledger; `None` while nobody knows.
    pub outcome: Option<String>,
    /// Why it failed.
    pub failure: Option<CallFailure>,
    /// Of the publish; empty where the platform said none.
    pub version: String,
    /// Whether it was taken back.
    pub is_taken_back: bool,
}

impl LedgerReader {
    /// All of them, the oldest first; none in a ledger from before there was `apply`.
    pub fn writes(&self) -> Result<Vec<WriteRecord>, LedgerError> {
        if !self.connection().table_exists(Some("main"), "apply_write")? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection().prepare(
            "SELECT w.began_at, w.workspace, w.agent, r.name, w.kind, w.changed, w.outcome, w.failure, w.version, \
             w.taken_back FROM apply_write AS w JOIN result AS r ON r.id = w.result ORDER BY w.id",
        )?;
        let mut rows = statement.query([])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let said = |index| -> Result<String, LedgerError> {
                Ok(text(row.get_ref(index)?)?.unwrap_or_default().to_owned())
            };
            records.push(WriteRecord {
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
            });
        }
        Ok(records)
    }
}
