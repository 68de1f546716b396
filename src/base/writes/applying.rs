//! What became of a row of `apply`, and what has to be on disk before a request may change an agent.

use super::super::difference::JsonText;
use super::super::ids::AgentId;
use super::super::text::worded::worded;

worded! {
    /// What became of a row; the `status` column of an apply report (DESIGN.md, Applying).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum ApplyStatus {
        /// Written, published, read again, equal.
        Applied = "applied",
        /// The same for an agent that was made for it.
        Created = "created",
        /// Was equal.
        Unchanged = "unchanged",
        /// As it was before this program wrote it.
        Undone = "undone",
        /// A dry run would have written it.
        WouldApply = "would_apply",
        /// A dry run would have made it.
        WouldCreate = "would_create",
        /// Not what the source is, and nothing more that can be written.
        Differs = "differs",
        /// Somebody has unpublished changes in it.
        DraftInUse = "draft_in_use",
        /// Not as we left it: it is not taken back.
        ChangedSince = "changed_since",
        /// No agent of this row in the target.
        NoTarget = "no_target",
        /// The ledger keeps nothing of this row.
        NoSource = "no_source",
        /// The platform's own 404.
        AgentNotFound = "agent_not_found",
        /// 403 for this one.
        NoAccess = "no_access",
        /// No sensible answer, or a refusal; nothing was changed.
        Failed = "failed",
        /// A write without an answer, and looking did not tell.
        Unknown = "unknown",
        /// No UUID in the cell.
        InvalidId = "invalid_id",
        /// Like an earlier line.
        Duplicate = "duplicate",
        /// Not come to.
        NotChecked = "not_checked",
    }
}

impl ApplyStatus {
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
