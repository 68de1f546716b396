//! Switching off and on again, on disk.
//!
//! | file | idea |
//! | --- | --- |
//! | `plan` | which verified rows are switched off, in which order |
//! | `intent` | the intent before each request, and what became of it |
//! | `recovery` | what earlier runs, or the guard of this one, still owe a row |
//! | `rollback` | what `rollback` takes back |
//! | `history` | all of it, for a proof |
//!
//! While an intent is open its row is `unknown`: at no moment is an assistant off that the ledger does not know of.

mod history;
mod intent;
pub(crate) mod plan;
pub(crate) mod recovery;
pub(crate) mod rollback;

pub(crate) use intent::{Conclusion, Intent, Role};
pub(crate) use plan::{PlanOptions, Planned};
pub(crate) use recovery::{LastLook, Recovery};

use jiff::Timestamp;
use rusqlite::Row;
use uuid::Uuid;

use crate::base::{AgentId, AssistantId, Candidate, DisabledState, Pair};
use crate::engine::ledger::{LedgerError, blob, from_word, text, time_from_text, to_uuid};

const PAGE: usize = 256;

/// The columns that [`switchable`] reads, of `result`.
pub(crate) const COLUMNS: &str = "result.id, assistant, agent, name, disabled, assistant_updated_at";

/// An assistant with a verdict in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Switchable {
    key: i64,
    pub(crate) pair: Pair,
    /// Its name, raw from the platform; `None` when it was never read.
    pub(crate) name: Option<String>,
    pub(crate) state: DisabledState,
    updated_at: Option<Timestamp>,
}

impl Switchable {
    pub(crate) fn candidate(&self) -> Candidate {
        Candidate { pair: self.pair, name: self.name.clone(), updated_at: self.updated_at }
    }
}

fn switchable(row: &Row<'_>) -> Result<Switchable, LedgerError> {
    let id = |index| -> Result<Uuid, LedgerError> { to_uuid(blob(row.get_ref(index)?)?.unwrap_or_default()) };
    Ok(Switchable {
        key: row.get(0)?,
        pair: Pair { assistant: AssistantId(id(1)?), agent: AgentId(id(2)?) },
        name: text(row.get_ref(3)?)?.map(str::to_owned),
        state: from_word(text(row.get_ref(4)?)?.unwrap_or_default(), DisabledState::parse)?,
        updated_at: text(row.get_ref(5)?)?.map(time_from_text).transpose()?,
    })
}
