//! The two closed lists of the report: what a row's verdict is, and whether its assistant was switched off.

use super::text::lang::Both;
use super::text::worded::worded;

worded! {
    /// Verdict on a row; the report's `status` column.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum RowStatus {
        /// The agent is what the assistant was, but for notes.
        Verified = "verified",
        /// The agent is there and differs.
        Mismatch = "mismatch",
        /// The platform's own 404 for the assistant.
        AssistantNotFound = "assistant_not_found",
        /// The platform's own 404 for the agent.
        AgentNotFound = "agent_not_found",
        /// 403 for this one.
        NoAccess = "no_access",
        /// No sensible answer after the last retry.
        Failed = "failed",
        /// No UUID in the cell.
        InvalidId = "invalid_id",
        /// Same assistant and agent as an earlier line.
        Duplicate = "duplicate",
        /// The run stopped before this row.
        NotChecked = "not_checked",
    }
}

impl RowStatus {
    /// What it says, for people.
    pub const fn meaning(self) -> Both {
        match self {
            Self::Verified => ["the agent is what the assistant was", "der Agent ist, was der Assistent war"],
            Self::Mismatch => ["the agent is there and differs", "der Agent ist da und weicht ab"],
            Self::AssistantNotFound => [
                "no such assistant, or not shared with the API key",
                "kein solcher Assistent, oder nicht mit dem API-Schlüssel geteilt",
            ],
            Self::AgentNotFound => [
                "no such agent, or not shared with the API key",
                "kein solcher Agent, oder nicht mit dem API-Schlüssel geteilt",
            ],
            Self::NoAccess => ["not shared with the API key", "nicht mit dem API-Schlüssel geteilt"],
            Self::Failed => {
                ["could not be read: no usable answer came", "nicht lesbar: Es kam keine brauchbare Antwort"]
            }
            Self::InvalidId => {
                ["the cell does not hold exactly one id", "in der Zelle steht nicht genau eine ID"]
            }
            Self::Duplicate => [
                "the same assistant as in an earlier row, where its result stands",
                "derselbe Assistent wie in einer früheren Zeile, wo sein Ergebnis steht",
            ],
            Self::NotChecked => ["the run ended before it", "der Lauf endete davor"],
        }
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

worded! {
    /// Whether the old assistant was switched off; the report's `disabled` column.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum DisabledState {
        /// Nobody asked for it.
        NotRequested = "not_requested",
        /// A dry run would have switched it off.
        WouldDisable = "would_disable",
        /// Switched off by this tool.
        Disabled = "disabled",
        /// Was off before this tool came; rollback leaves it.
        AlreadyDisabled = "already_disabled",
        /// Not verified, over the limit, or disabling was stopped.
        Skipped = "skipped",
        /// The platform refused.
        Failed = "failed",
        /// Switched off, then on again by the guard.
        Reverted = "reverted",
        /// Switched off, and switching on again failed.
        RevertFailed = "revert_failed",
        /// Asked for, no answer, state not readable.
        Unknown = "unknown",
        /// Switched on again by `rollback`.
        ReEnabled = "re_enabled",
    }
}

impl DisabledState {
    /// States in which the assistant is off, as far as anybody can know: with `--disable`, such a row is settled.
    pub const fn is_off(self) -> bool {
        matches!(self, Self::Disabled | Self::AlreadyDisabled)
    }

    /// States in which an assistant may be off because of this tool, so that its ledger must not be set aside lightly.
    pub const fn may_be_off(self) -> bool {
        matches!(self, Self::Disabled | Self::Unknown | Self::RevertFailed)
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
