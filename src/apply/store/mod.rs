//! Applying, on disk.
//!
//! | file | idea |
//! | --- | --- |
//! | `rows` | what a command has found out about each row, and which are to be written |
//! | `intent` | the intent before each request, and what became of it |
//! | `history` | every write, for a proof |
//! | `taking_back` | what may have been written and is not taken back |
//!
//! At no moment may an agent have been changed without the ledger having it as it was.

mod history;
mod intent;
mod rows;
mod taking_back;

pub(crate) use intent::{CreateIntent, Kind, PublishIntent, UpdateIntent, WriteEnd};
pub(crate) use rows::{Body, Ending, Planned, Recorded, RowKey, Source, Target, Work};
pub(crate) use taking_back::{OpenWrite, Past};

/// Whose agents are written: in `SQL` a text, empty for the ledger's own workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workspace(String);

impl Workspace {
    /// Another one than the ledger's, known by its base URL.
    pub(crate) fn other(base_url: &str) -> Self {
        Self(base_url.to_owned())
    }

    pub(crate) const fn is_elsewhere(&self) -> bool {
        !self.0.is_empty()
    }
}
