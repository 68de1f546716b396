//! What became of a row of `apply`, and what has to be on disk before a request may change an agent.

use std::fmt;

use super::difference::JsonText;
use super::ids::AgentId;

/// What became of a row; the `status` column of an apply report (DESIGN.md, Applying).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApplyStatus {
    /// Written, published, read again, equal.
    Applied,
    /// The same for an agent that was made for it.
    Created,
    /// Was equal.
    Unchanged,
    /// As it was before this program wrote it.
    Undone,
    /// A dry run would have written it.
    WouldApply,
    /// A dry run would have made it.
    WouldCreate,
    /// Not what the source is, and nothing more that can be written.
    Differs,
    /// Somebody has unpublished changes in it.
    DraftInUse,
    /// Not as we left it: it is not taken back.
    ChangedSince,
    /// No agent of this row in the target.
    NoTarget,
    /// The ledger keeps nothing of this row.
    NoSource,
    /// The platform's own 404.
    AgentNotFound,
    /// 403 for this one.
    NoAccess,
    /// No sensible answer, or a refusal; nothing was changed.
    Failed,
    /// A write without an answer, and looking did not tell.
    Unknown,
    /// No UUID in the cell.
    InvalidId,
    /// Like an earlier line.
    Duplicate,
    /// Not come to.
    NotChecked,
}

impl ApplyStatus {
    /// Every status, in the order in which a person reads them.
    pub const ALL: [Self; 18] = [
        Self::Applied,
        Self::Created,
        Self::Unchanged,
        Self::Undone,
        Self::WouldApply,
        Self::WouldCreate,
        Self::Differs,
        Self::DraftInUse,
        Self::ChangedSince,
        Self::NoTarget,
        Self::NoSource,
        Self::AgentNotFound,
        Self::NoAccess,
        Self::Failed,
        Self::Unknown,
        Self::InvalidId,
        Self::Duplicate,
        Self::NotChecked,
    ];

    /// The word in the report and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Created => "created",
            Self::Unchanged => "unchanged",
            Self::Undone => "undone",
            Self::WouldApply => "would_apply",
            Self::WouldCreate => "would_create",
            Self::Differs => "differs",
            Self::DraftInUse => "draft_in_use",
            Self::ChangedSince => "changed_since",
            Self::NoTarget => "no_target",
            Self::NoSource => "no_source",
            Self::AgentNotFound => "agent_not_found",
            Self::NoAccess => "no_access",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::InvalidId => "invalid_id",
            Self::Duplicate => "duplicate",
            Self::NotChecked => "not_checked",
        }
    }

    /// The reverse of [`ApplyStatus::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether somebody has something to do about such a row.
    pub const fn needs_attention(self) -> bool {
        match self {
            Self::Applied
            | Self::Created
            | Self::Unchanged
            | Self::Undone
            | Self::WouldApply
            | Self::WouldCreate
            | Self::Duplicate
            | Self::NotChecked => false,
            Self::Differs
            | Self::DraftInUse
            | Self::ChangedSince
            | Self::NoTarget
            | Self::NoSource
            | Self::AgentNotFound
            | Self::NoAccess
            | Self::Failed
            | Self::Unknown
            | Self::InvalidId => true,
        }
    }
}

impl fmt::Display for ApplyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which way agents are being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Towards what the ledger keeps.
    Applying,
    /// Back to what they were.
    Undoing,
}

/// An agent that was written, or was not: what is on disk about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDone {
    /// Which; `None` for one that was to be made.
    pub agent: Option<AgentId>,
    /// The name of its source, raw from the platform: may hold anything.
    pub name: String,
    /// What became of it.
    pub status: ApplyStatus,
    /// The `error` text, raw; empty when there is none.
    pub error: String,
}

/// Proof that the intent to change this agent's draft is on disk, with the agent as it was. Without one of these four no
/// request that writes agents can be sent; only the store of `apply` implements them (held by `tests/it/layers.rs`).
pub trait RecordedUpdate: Send + Sync {
    /// Which agent.
    fn agent(&self) -> AgentId;
    /// The fields to write, an object in write names.
    fn fields(&self) -> &JsonText;
}

/// Proof that the draft has been looked at, and holds nobody else's work.
pub trait RecordedPublish: Send + Sync {
    /// Which agent.
    fn agent(&self) -> AgentId;
}

/// Proof that the intent to make an agent is on disk.
pub trait RecordedCreate: Send + Sync {
    /// The agent in write names.
    fn proposed(&self) -> &JsonText;
}

/// Proof that the intent to switch off an agent that we made is on disk.
pub trait RecordedRetreat: Send + Sync {
    /// Which agent.
    fn agent(&self) -> AgentId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_what_it_was_written_for() {
        for status in ApplyStatus::ALL {
            assert_eq!(ApplyStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(ApplyStatus::parse("Applied"), None);
    }
}
