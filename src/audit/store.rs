//! What an audit remembers: the models of the key, from where it reads, and what it has found in each row.

use jiff::Timestamp;

use super::row::{Inspection, KnownModel, Source, joined};
use crate::base::Pair;
use crate::engine::ledger::{
    Ledger, LedgerError, LedgerReader, Writer, from_json, from_nanoseconds, meta, set_meta, text, to_json,
    to_nanoseconds,
};

const INSPECTION_OF: &str = "SELECT n.kept FROM result AS r JOIN inspection AS n ON n.result = r.id \
     WHERE r.assistant = ?1 AND r.agent = ?2";

impl Ledger {
    /// Whether the models of the key were kept by an earlier run.
    pub fn knows_models(&self) -> Result<bool, LedgerError> {
        Ok(meta(self.connection(), "models")?.is_some())
    }

    /// Remembers from where this audit reads. Gives the moment before which rows were read from elsewhere against what
    /// is now wanted: agents alone, or assistants as long as they last. `None` while that has never changed.
    pub fn reads_from(&mut self, source: Source, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        let wanted = if source == Source::Agent { "agents" } else { "assistants" };
        let transaction = self.connection().unchecked_transaction()?;
        let changed = meta(&transaction, "reads")?.is_some_and(|before| before != wanted);
        set_meta(&transaction, "reads", wanted)?;
        if changed {
            set_meta(&transaction, "reads_since", &to_nanoseconds(now).to_string())?;
        }
        transaction.commit()?;
        let since = meta(self.connection(), "reads_since")?.and_then(|since| since.parse().ok());
        since.map(from_nanoseconds).transpose()
    }
}

impl Writer {
    /// Keeps the models of the key in place of what an earlier run was shown.
    pub async fn keep_models(&self, models: Vec<KnownModel>) -> Result<(), LedgerError> {
        self.transact(move |transaction, _| set_meta(transaction, "models", &to_json(&models)?)).await
    }

    /// Keeps the models of the key beside those that this run was shown before.
    pub async fn add_models(&self, models: Vec<KnownModel>) -> Result<(), LedgerError> {
        if models.is_empty() {
            return Ok(());
        }
        self.transact(move |transaction, _| {
            let kept = meta(transaction, "models")?.map(|json| from_json(&json)).transpose()?;
            set_meta(transaction, "models", &to_json(&joined(kept.unwrap_or_default(), models))?)
        })
        .await
    }
}

impl LedgerReader {
    /// The models of the key as they were read last; `None` when they never were.
    pub fn models(&self) -> Result<Option<Vec<KnownModel>>, LedgerError> {
        meta(self.connection(), "models")?.map(|json| from_json(&json)).transpose()
    }
    /// What was found in the row of that pair when it was read; `None` where that was not kept, or by other rules.
    pub(super) fn inspection_of(&self, pair: Pair) -> Result<Option<Inspection>, LedgerError> {
        if !self.connection().table_exists(Some("main"), "inspection")? {
            return Ok(None);
        }
        let mut statement = self.connection().prepare_cached(INSPECTION_OF)?;
        let mut rows = statement.query([pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(text(row.get_ref(0)?)?.and_then(Inspection::read))
    }
}
