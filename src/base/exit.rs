//! Exit codes, in one place.

use std::process::ExitCode;

use super::failure::{CallFailure, FailureKind};
use super::report::report_row::RunFacts;
use super::stop::StopReason;

/// How a command ends (DESIGN.md, Exit codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything is as asked for, duplicates included.
    Done = 0,
    /// Nothing could be done: input unreadable or empty, ledger foreign, locked or unwritable.
    NothingDone = 1,
    /// Usage error.
    Usage = 2,
    /// Finished; some rows need attention.
    NeedsAttention = 3,
    /// Stopped early; the same command goes on.
    StoppedEarly = 4,
    /// Stopped early; something must be mended first.
    MendFirst = 5,
    /// Second Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
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
            | FailureKind::NotRecorded
            | FailureKind::Defect => Self::StoppedEarly,
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

    /// How a command ends whose rows need somebody, or not: why it stopped beats what its rows say.
    pub const fn of(stopped: Option<&StopReason>, needs_attention: bool) -> Self {
        match stopped {
            Some(reason) if reason.must_be_mended() => Self::MendFirst,
            Some(_) => Self::StoppedEarly,
            None if needs_attention => Self::NeedsAttention,
            None => Self::Done,
        }
    }

    /// How a run ends.
    pub fn of_run(facts: &RunFacts, stopped: Option<&StopReason>) -> Self {
        match Self::of(stopped, facts.needs_attention()) {
            // Loud: agents may be off, and the same command switches them on again first.
            Self::Done | Self::NeedsAttention if facts.stuck_off > 0 => Self::StoppedEarly,
            exit => exit,
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
    use crate::base::ProgressCounts;
    use crate::base::stop::Signal;

    #[test]
    fn a_run_ends_as_its_rows_or_its_stop_say() {
        let rows = |needs_attention, pending| ProgressCounts { done: 7, needs_attention, pending };
        for (progress, stuck_off, stopped, code) in [
            (rows(0, 0), 0, None, 0),
            (rows(0, 5), 0, None, 0),
            (rows(1, 5), 0, None, 3),
            (rows(1, 0), 1, None, 4),
            // Its row may be gone from the input.
            (rows(0, 0), 1, None, 4),
            (rows(0, 0), 0, Some(StopReason::Signal { signal: Signal::Interrupt }), 4),
            (rows(1, 0), 0, Some(StopReason::OutOfReach), 4),
            (rows(1, 0), 1, Some(StopReason::KeyRefused), 5),
        ] {
            let facts = RunFacts { progress, stuck_off, ..RunFacts::default() };
            assert_eq!(Exit::of_run(&facts, stopped.as_ref()).code(), code, "{facts:?} {stopped:?}");
        }
    }
}
