//! Exit codes, in one place.

use std::process::ExitCode;

use crate::domain::{CallFailure, FailureKind, RunFacts, StopReason};

/// How a command ends (DESIGN.md, Exit codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as asked for, duplicates included.
    Done,
    /// Nothing could be done: input unreadable or empty, ledger foreign, locked or unwritable.
    NothingDone,
    /// Usage error.
    Usage,
    /// Finished; some rows need attention.
    NeedsAttention,
    /// Stopped early; the same command goes on.
    StoppedEarly,
    /// Stopped early; something must be mended first.
    MendFirst,
    /// Second Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NothingDone => 1,
            Self::Usage => 2,
            Self::NeedsAttention => 3,
            Self::StoppedEarly => 4,
            Self::MendFirst => 5,
            Self::Interrupted => 130,
        }
    }

    /// How a command ends that only asks, when this call got no usable answer: what another try may mend, or what only a
    /// person can.
    pub const fn of_failed_call(failure: &CallFailure) -> Self {
        match failure.kind {
            FailureKind::Throttled
            | FailureKind::ThrottledTooLong
            | FailureKind::RetryAfterTooLong { .. }
            | FailureKind::Server { .. }
            | FailureKind::Timeout
            | FailureKind::Connection
            | FailureKind::Unresolved
            | FailureKind::Outdated
            | FailureKind::NotRecorded => Self::StoppedEarly,
            FailureKind::Unauthorized
            | FailureKind::ScopeMissing { .. }
            | FailureKind::Forbidden
            | FailureKind::NotFound
            | FailureKind::NotTheApi { .. }
            | FailureKind::Redirect { .. }
            | FailureKind::Gone { .. }
            | FailureKind::Refused { .. }
            | FailureKind::Nonsense { .. } => Self::MendFirst,
        }
    }

    /// How a command ends whose report could not be written: the same command goes on, unless something must be mended.
    #[must_use]
    pub const fn without_report(self) -> Self {
        match self {
            Self::MendFirst => Self::MendFirst,
            Self::Done
            | Self::NothingDone
            | Self::Usage
            | Self::NeedsAttention
            | Self::StoppedEarly
            | Self::Interrupted => Self::StoppedEarly,
        }
    }

    /// How a run ends: why it stopped beats what its rows say. Rows that `--limit` left over do not count.
    pub fn of_run(facts: &RunFacts, stopped: Option<&StopReason>) -> Self {
        match stopped {
            Some(reason) if reason.must_be_mended() => Self::MendFirst,
            Some(_) => Self::StoppedEarly,
            // Loud: agents may be off, and the same command switches them on again first.
            None if facts.stuck_off > 0 => Self::StoppedEarly,
            None if facts.needs_attention() => Self::NeedsAttention,
            None => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RowStatus, Signal};

    fn facts(counts: &[(RowStatus, u64)]) -> RunFacts {
        RunFacts {
            program_version: String::new(),
            base_url: None,
            practice: true,
            started_at: None,
            finished_at: None,
            stopped: None,
            counts: counts.to_vec(),
            ..RunFacts::default()
        }
    }

    #[test]
    fn a_run_ends_as_its_rows_or_its_stop_say() {
        type Case<'a> = (&'a [(RowStatus, u64)], Option<StopReason>, u8);
        let verified = (RowStatus::Verified, 7);
        let cases: [Case<'_>; 7] = [
            (&[verified, (RowStatus::Duplicate, 1)], None, 0),
            (&[verified, (RowStatus::NotChecked, 5)], None, 0),
            (&[verified, (RowStatus::Mismatch, 0)], None, 0),
            (&[verified, (RowStatus::InvalidId, 1)], None, 3),
            (&[verified], Some(StopReason::Signal { signal: Signal::Interrupt }), 4),
            (&[verified, (RowStatus::Failed, 1)], Some(StopReason::OutOfReach), 4),
            (&[verified, (RowStatus::Failed, 1)], Some(StopReason::KeyRefused), 5),
        ];
        for (counts, stopped, code) in cases {
            assert_eq!(Exit::of_run(&facts(counts), stopped.as_ref()).code(), code, "{counts:?} {stopped:?}");
        }
    }
}
