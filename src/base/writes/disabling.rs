//! Switching the old assistants off: what a run was asked for, how that ended, and why a row was passed over.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::{AssistantId, Pair};
use super::super::status::{DisabledState, RowStatus};
use super::super::text::worded::worded;

worded! {
    /// Whether a run switches verified assistants off.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Disabling {
        /// It only reads.
        #[default]
        No = "no",
        /// It shows what it would switch off (`--dry-run`).
        DryRun = "dry_run",
        /// It does (`--disable`).
        Yes = "yes",
    }
}

impl Disabling {
    /// Whether there is a plan at all.
    pub const fn is_asked_for(self) -> bool {
        matches!(self, Self::DryRun | Self::Yes)
    }
}

worded! {
    /// How the switching off ended (DESIGN.md, Disabling).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum DisablingEnd {
        /// Every planned row was asked for.
        Completed = "completed",
        /// The probe's agent went off with its assistant: the two are one record.
        OneRecord = "one_record",
        /// The last look found an agent off: all same-UUID rows of this process were switched on again.
        FlippedLate = "flipped_late",
        /// At the last look there was no list, or none of the agents was in it: likewise.
        LostSight = "lost_sight",
        /// At the last look some agents were not in the list, and others in it as enabled: only the rows of the former were
        /// switched on again.
        SomeMissing = "some_missing",
        /// The person said yes without knowing, and the last look could not tell either.
        CompletedBlind = "completed_blind",
        /// The list does not show what becomes of the probe's agent.
        CannotTell = "cannot_tell",
        /// The platform refused one probe after another.
        ProbesRefused = "probes_refused",
        /// The probe was asked for, and whether it went off is not known.
        ProbeUnanswered = "probe_unanswered",
        /// The key may not switch assistants off.
        NotAllowed = "not_allowed",
        /// A signal, the server out of reach, or another reason to stop the run; the same command goes on.
        Stopped = "stopped",
    }
}

impl DisablingEnd {
    /// Whether the guard said no to all: the same command again would only find the same.
    pub const fn is_no_to_all(self) -> bool {
        matches!(self, Self::OneRecord | Self::FlippedLate | Self::LostSight | Self::CannotTell)
    }

    /// Whether the guard said no at all.
    pub const fn is_the_guards(self) -> bool {
        self.is_no_to_all() || matches!(self, Self::SomeMissing)
    }

    /// Why the guard had a row switched on again when the switching off ended so.
    pub const fn revert_reason(self) -> SkipReason {
        match self {
            Self::SomeMissing => SkipReason::AgentMissing,
            end => end.skip_reason(),
        }
    }

    /// Why a planned row was passed over when the switching off ended so.
    pub const fn skip_reason(self) -> SkipReason {
        match self {
            Self::OneRecord | Self::FlippedLate => SkipReason::OneRecord,
            Self::CannotTell | Self::LostSight => SkipReason::CannotTell,
            Self::NotAllowed => SkipReason::NotAllowed,
            Self::ProbesRefused
            | Self::ProbeUnanswered
            | Self::Completed
            | Self::SomeMissing
            | Self::CompletedBlind
            | Self::Stopped => SkipReason::Stopped,
        }
    }
}

worded! {
    /// Why a row was not switched off by a run that was to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum SkipReason {
        /// Its status is not `verified`.
        NotVerified = "not verified",
        /// An earlier run verified it, this one did not come to it (`--limit`).
        BeyondLimit = "left by --limit",
        /// `--max-disable`.
        OverMaximum = "over --max-disable",
        /// Another row of the same assistant decides.
        AnotherRow = "same assistant as another row",
        /// The guard found that assistant and agent are one record.
        OneRecord = "one record with the agent",
        /// The guard could not find out whether they are.
        CannotTell = "agent might go off, too",
        /// At the last look its agent was not in the list, and others were.
        AgentMissing = "agent not in the list",
        /// The key may not switch assistants off.
        NotAllowed = "the key may not",
        /// Switching off ended before this row, or the person said no.
        Stopped = "not come to",
    }
}

impl SkipReason {
    /// Whether a row that was left on so is as asked for: what `--limit` and `--max-disable` leave over is, and what is not
    /// verified says so by its status (DESIGN.md, Exit codes).
    pub const fn is_as_asked_for(self) -> bool {
        matches!(self, Self::NotVerified | Self::BeyondLimit | Self::OverMaximum | Self::AnotherRow)
    }
}

/// Why a row is not among those that a plan switches off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotPlanned {
    /// Its status is another than `verified`.
    Status(RowStatus),
    /// The list shows it off already, and not because of us.
    AlreadyOff,
    /// This program switched it off in an earlier run.
    OffByEarlierRun,
    /// An earlier run verified it, this one did not (`--limit`).
    BeyondLimit,
    /// An earlier run verified it, this one could not read it.
    NotRead,
    /// `--max-disable`.
    OverMaximum,
    /// Another row of the same assistant decides.
    AnotherRow,
    /// The list still shows off what this program switched on a moment ago.
    StillShownOff,
}

/// An assistant by what a person knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub pair: Pair,
    /// Its name, raw from the platform: may hold anything.
    pub name: Option<String>,
    /// Its `updatedAt`.
    pub updated_at: Option<Timestamp>,
}

/// What is about to be switched off, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Assistants to switch off: verified by this process, at most `--max-disable`.
    pub rows: u64,
    /// Of these, those whose agent has another UUID: switched off without a probe.
    pub other_uuid: u64,
    /// Of the others, the first to go: the least recently updated. `None` where there are no others.
    pub probe: Option<Candidate>,
    /// All other rows of the input, by why; nothing that counts 0.
    pub not_planned: Vec<(NotPlanned, u64)>,
    /// Of those that are to be watched, how many have an agent that the list does not show, and the first of them: the
    /// last look will miss it.
    pub unlisted: Option<(u64, Candidate)>,
}

/// What `rollback` is about to switch on again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackPlan {
    /// Assistants by the state in which they are now; nothing that counts 0.
    pub rows: Vec<(DisabledState, u64)>,
    /// Others that may be off because of this program and that `--only` leaves alone.
    pub left_alone: u64,
    /// Those that were off before this program came and stay so.
    pub already_disabled: u64,
    /// The first few, by name.
    pub first: Vec<Candidate>,
}

impl RollbackPlan {
    /// Assistants to switch on.
    pub fn count(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

/// What earlier runs left open: to be settled before anything else (DESIGN.md, Disabling).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Assistants to be switched on again.
    pub reverts: u64,
    /// Assistants that were asked to go off, without an outcome on record.
    pub answers: u64,
    /// Assistants whose agents were not looked at for the last time.
    pub looks: u64,
}

impl Unsettled {
    /// Whether there is nothing to do before anything else.
    pub const fn is_empty(&self) -> bool {
        self.reverts == 0 && self.answers == 0 && self.looks == 0
    }
}

/// Proof that the intent to switch this assistant off is on disk: without one, no request to disable can be sent. Only
/// the ledger implements it, by a type that it makes after its commit (held by `tests/it/layers.rs`).
pub trait RecordedIntent: Send + Sync {
    /// Whom the intent is about.
    fn assistant(&self) -> AssistantId;
    /// The last moment at which a request may leave for it: by then it was verified too long ago (DESIGN.md, Disabling).
    fn good_until(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_what_it_was_written_for() {
        for disabling in [Disabling::No, Disabling::DryRun, Disabling::Yes] {
            assert_eq!(Disabling::parse(disabling.as_str()), Some(disabling));
        }
        for end in DisablingEnd::ALL {
            assert_eq!(DisablingEnd::parse(end.as_str()), Some(end));
            // Serialized, it is the same word.
            assert_eq!(serde_json::to_string(&end).unwrap(), format!("\"{}\"", end.as_str()));
        }
        assert_eq!((Disabling::parse("Yes"), DisablingEnd::parse("")), (None, None));
    }

    #[test]
    fn a_row_passed_over_says_what_ended_the_switching_off_before_it() {
        for (end, reason) in [
            (DisablingEnd::Completed, SkipReason::Stopped),
            (DisablingEnd::OneRecord, SkipReason::OneRecord),
            (DisablingEnd::FlippedLate, SkipReason::OneRecord),
            (DisablingEnd::CannotTell, SkipReason::CannotTell),
            (DisablingEnd::LostSight, SkipReason::CannotTell),
            (DisablingEnd::SomeMissing, SkipReason::Stopped),
            (DisablingEnd::CompletedBlind, SkipReason::Stopped),
            (DisablingEnd::ProbesRefused, SkipReason::Stopped),
            (DisablingEnd::ProbeUnanswered, SkipReason::Stopped),
            (DisablingEnd::NotAllowed, SkipReason::NotAllowed),
            (DisablingEnd::Stopped, SkipReason::Stopped),
        ] {
            assert_eq!(end.skip_reason(), reason, "{end:?}");
            assert!(!reason.is_as_asked_for(), "{end:?}");
            let reverted = if end == DisablingEnd::SomeMissing { SkipReason::AgentMissing } else { reason };
            assert_eq!(end.revert_reason(), reverted, "{end:?}");
        }
    }
}
