//! How far a row is: the one definition by which exit code, terminal, pages and index say what is left to do.
//!
//! A row is done exactly where its `remedy` is empty (a test in `report_row` holds this).

use std::ops::Add;

use super::super::status::{DisabledState, RowStatus};
use super::super::text::worded::worded;
use super::super::writes::disabling::SkipReason;

worded! {
    /// How far a row is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum RowProgress {
        /// Nobody has anything to do about it.
        Done = "done",
        /// Somebody has to do something about this very row: mend, share, decide.
        NeedsAttention = "needs_attention",
        /// No run has come to it, or to switching it off: on purpose (`--limit`, `--max-disable`), because the run ended before,
        /// or because the guard could not tell. Nothing is wrong with the row itself.
        Pending = "pending",
    }
}

impl RowProgress {
    /// By what the report says of a row. `skipped` is why it was left on or switched on again, `failed` whether the last
    /// try to read it or to switch it failed.
    pub const fn of(
        status: RowStatus,
        disabled: DisabledState,
        skipped: Option<SkipReason>,
        failed: bool,
    ) -> Self {
        match (status, disabled) {
            // It may be off against everybody's will, whatever else there is to say.
            (_, DisabledState::RevertFailed | DisabledState::Unknown)
            | (
                RowStatus::Mismatch
                | RowStatus::AssistantNotFound
                | RowStatus::AgentNotFound
                | RowStatus::NoAccess
                | RowStatus::Failed
                | RowStatus::InvalidId,
                _,
            )
            | (RowStatus::Verified, DisabledState::Failed) => Self::NeedsAttention,
            (RowStatus::NotChecked, _) => Self::Pending,
            (RowStatus::Verified, _) if failed => Self::NeedsAttention,
            (RowStatus::Verified, DisabledState::Skipped | DisabledState::Reverted) => match skipped {
                // One record with the agent: it is to stay on (DESIGN.md, Disabling). The run has not done what was asked
                // for, and says so by its end and exit code; about the row there is nothing to do.
                Some(SkipReason::OneRecord | SkipReason::AnotherRow | SkipReason::NotVerified) | None => {
                    Self::Done
                }
                Some(SkipReason::AgentMissing) => Self::NeedsAttention,
                Some(
                    SkipReason::BeyondLimit
                    | SkipReason::OverMaximum
                    | SkipReason::CannotTell
                    | SkipReason::NotAllowed
                    | SkipReason::Stopped,
                ) => Self::Pending,
            },
            (RowStatus::Duplicate, _)
            | (
                RowStatus::Verified,
                DisabledState::NotRequested
                | DisabledState::WouldDisable
                | DisabledState::Disabled
                | DisabledState::AlreadyDisabled
                | DisabledState::ReEnabled,
            ) => Self::Done,
        }
    }
}

/// Rows by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressCounts {
    /// Those that are done.
    pub done: u64,
    /// Those that need somebody.
    pub needs_attention: u64,
    /// Those that no run has come to.
    pub pending: u64,
}

impl ProgressCounts {
    /// Takes in the next row.
    pub const fn count(&mut self, progress: RowProgress) {
        match progress {
            RowProgress::Done => self.done += 1,
            RowProgress::NeedsAttention => self.needs_attention += 1,
            RowProgress::Pending => self.pending += 1,
        }
    }

    /// All of them.
    pub const fn rows(self) -> u64 {
        self.done + self.needs_attention + self.pending
    }
}

impl Add for ProgressCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            done: self.done + other.done,
            needs_attention: self.needs_attention + other.needs_attention,
            pending: self.pending + other.pending,
        }
    }
}
