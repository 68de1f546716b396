//! The two closed lists of the report: what a row's verdict is, and whether its assistant was switched off.

use std::fmt;

/// Verdict on a row; the report's `status` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowStatus {
    /// The agent is what the assistant was, but for notes.
    Verified,
    /// The agent is there and differs.
    Mismatch,
    /// The platform's own 404 for the assistant.
    AssistantNotFound,
    /// The platform's own 404 for the agent.
    AgentNotFound,
    /// 403 for this one.
    NoAccess,
    /// No sensible answer after the last retry.
    Failed,
    /// No UUID in the cell.
    InvalidId,
    /// Same assistant and agent as an earlier line.
    Duplicate,
    /// The run stopped before this row.
    NotChecked,
}

impl RowStatus {
    /// Every status, in the order in which a person reads them.
    pub const ALL: [Self; 9] = [
        Self::Verified,
        Self::Mismatch,
        Self::AssistantNotFound,
        Self::AgentNotFound,
        Self::NoAccess,
        Self::Failed,
        Self::InvalidId,
        Self::Duplicate,
        Self::NotChecked,
    ];

    /// The word in the report and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Mismatch => "mismatch",
            Self::AssistantNotFound => "assistant_not_found",
            Self::AgentNotFound => "agent_not_found",
            Self::NoAccess => "no_access",
            Self::Failed => "failed",
            Self::InvalidId => "invalid_id",
            Self::Duplicate => "duplicate",
            Self::NotChecked => "not_checked",
        }
    }

    /// The reverse of [`RowStatus::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether the platform has said something about the row. A read that gave no such answer leaves an earlier one.
    pub const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Verified | Self::Mismatch | Self::AssistantNotFound | Self::AgentNotFound | Self::NoAccess
        )
    }

    /// Settled rows are not asked for again by the next run, unless a later read of them failed.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Verified | Self::InvalidId | Self::Duplicate)
    }
}

impl fmt::Display for RowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether the old assistant was switched off; the report's `disabled` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisabledState {
    /// Nobody asked for it.
    NotRequested,
    /// A dry run would have switched it off.
    WouldDisable,
    /// Switched off by this tool.
    Disabled,
    /// Was off before this tool came; rollback leaves it.
    AlreadyDisabled,
    /// Not verified, over the limit, or disabling was stopped.
    Skipped,
    /// The platform refused.
    Failed,
    /// Switched off, then on again by the guard.
    Reverted,
    /// Switched off, and switching on again failed.
    RevertFailed,
    /// Asked for, no answer, state not readable.
    Unknown,
    /// Switched on again by `rollback`.
    ReEnabled,
}

impl DisabledState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::NotRequested,
        Self::WouldDisable,
        Self::Disabled,
        Self::AlreadyDisabled,
        Self::Skipped,
        Self::Failed,
        Self::Reverted,
        Self::RevertFailed,
        Self::Unknown,
        Self::ReEnabled,
    ];

    /// The word in the report and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequested => "not_requested",
            Self::WouldDisable => "would_disable",
            Self::Disabled => "disabled",
            Self::AlreadyDisabled => "already_disabled",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Reverted => "reverted",
            Self::RevertFailed => "revert_failed",
            Self::Unknown => "unknown",
            Self::ReEnabled => "re_enabled",
        }
    }

    /// The reverse of [`DisabledState::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// States in which the assistant is off, as far as anybody can know: with `--disable`, such a row is settled.
    pub const fn is_off(self) -> bool {
        matches!(self, Self::Disabled | Self::AlreadyDisabled)
    }

    /// States in which an assistant may be off because of this tool, so that its ledger must not be set aside lightly.
    pub const fn may_be_off(self) -> bool {
        matches!(self, Self::Disabled | Self::Unknown | Self::RevertFailed)
    }
}

impl fmt::Display for DisabledState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_what_it_was_written_for() {
        for status in RowStatus::ALL {
            assert_eq!(RowStatus::parse(status.as_str()), Some(status));
        }
        for state in DisabledState::ALL {
            assert_eq!(DisabledState::parse(state.as_str()), Some(state));
        }
        assert_eq!(RowStatus::parse("Verified"), None);
    }

    #[test]
    fn settled_rows_are_those_that_the_contract_names() {
        let settled: Vec<_> = RowStatus::ALL.into_iter().filter(|status| status.is_settled()).collect();
        assert_eq!(settled, [RowStatus::Verified, RowStatus::InvalidId, RowStatus::Duplicate]);
    }
}
