//! What the report says in `disabled`, from what is on disk: a pure function.
//!
//! `skipped` and `would_disable` are about what the last run was asked for, not about the assistant: they follow from its plan and
//! end rather than being written into a million rows.

use rusqlite::{Connection, OptionalExtension};

use super::super::encode::{from_json, from_word, text, to_count};
use super::super::file::error::LedgerError;
use super::super::identity::RunId;
use crate::base::{DisabledState, Disabling, DisablingEnd, RowStatus, SkipReason, StopReason};

/// What the last `run` was to switch off, and how that went; of an audit, whether the Assistants API had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastRun {
    pub(crate) run: RunId,
    pub(crate) disabling: Disabling,
    pub(crate) has_plan: bool,
    pub(crate) end: Option<DisablingEnd>,
    /// Whether it ended because the Assistants API has.
    pub(crate) assistants_gone: bool,
}

impl LastRun {
    /// Nothing was asked for in a ledger without a run.
    pub(crate) fn read(connection: &Connection) -> Result<Self, LedgerError> {
        let mut statement = connection.prepare(
            "SELECT id, disabling, has_plan, disabling_end, stopped FROM run WHERE command IN ('run', 'audit') ORDER BY id DESC LIMIT 1",
        )?;
        let last = statement.query_row([], |row| {
            Ok((|| {
                let end =
                    text(row.get_ref(3)?)?.map(|word| from_word(word, DisablingEnd::parse)).transpose()?;
                let stopped: Option<StopReason> = text(row.get_ref(4)?)?.map(from_json).transpose()?;
                Ok(Self {
                    run: row.get(0)?,
                    disabling: from_word(text(row.get_ref(1)?)?.unwrap_or_default(), Disabling::parse)?,
                    has_plan: row.get(2)?,
                    end,
                    assistants_gone: stopped == Some(StopReason::AssistantsApiGone),
                })
            })())
        });
        last.optional()?.unwrap_or(Ok(Self::default()))
    }
}

/// Where a row stands in the last run's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    None,
    Planned,
    AnotherRow,
    /// The list still shows off what we have switched on a moment ago.
    StillShownOff,
}

/// What is on disk about a row whose pair some run has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The run that reached the verdict.
    pub(crate) run: RunId,
    pub(crate) state: DisabledState,
    /// The run of that attempt.
    pub(crate) switch_run: Option<RunId>,
    /// Its place in the last run's plan.
    pub(crate) place: Place,
    /// Whether a later read has said nothing about it.
    pub(crate) is_kept: bool,
}

impl Checked {
    /// Whether the state says something about this very run, or about the assistant whatever was asked for since.
    fn is_still_true(self, last: &LastRun) -> bool {
        match self.state {
            DisabledState::NotRequested | DisabledState::WouldDisable | DisabledState::Skipped => false,
            DisabledState::Failed | DisabledState::Reverted | DisabledState::ReEnabled => {
                !last.disabling.is_asked_for() || self.switch_run.is_some_and(|run| run >= last.run)
            }
            DisabledState::Disabled
            | DisabledState::AlreadyDisabled
            | DisabledState::RevertFailed
            | DisabledState::Unknown => true,
        }
    }
}

/// The state that the report shows for a row of this status, and for `skipped` and what was `reverted` the reason.
/// `checked` is `None` for a row without a result of its own.
pub(crate) fn effective_state(
    status: RowStatus,
    checked: Option<Checked>,
    last: &LastRun,
) -> (DisabledState, Option<SkipReason>) {
    if let Some(checked) = checked.filter(|checked| checked.is_still_true(last)) {
        let reverted_by_it = checked.state == DisabledState::Reverted && checked.switch_run == Some(last.run);
        return (checked.state, last.end.filter(|_| reverted_by_it).map(DisablingEnd::revert_reason));
    }
    let skipped = |reason| (DisabledState::Skipped, Some(reason));
    match (last.disabling, checked) {
        (Disabling::No, _) => (DisabledState::NotRequested, None),
        _ if status != RowStatus::Verified || checked.is_some_and(|checked| checked.is_kept) => {
            skipped(SkipReason::NotVerified)
        }
        (_, Some(Checked { place: Place::AnotherRow, .. })) => skipped(SkipReason::AnotherRow),
        (_, Some(Checked { place: Place::StillShownOff, .. })) => skipped(SkipReason::Stopped),
        (Disabling::DryRun, Some(Checked { place: Place::Planned, .. })) => {
            (DisabledState::WouldDisable, None)
        }
        (Disabling::Yes, Some(Checked { place: Place::Planned, .. })) => {
            skipped(last.end.map_or(SkipReason::Stopped, DisablingEnd::skip_reason))
        }
        _ if !last.has_plan => skipped(SkipReason::Stopped),
        // Was off before us, and is shown on by now: this run did not read it again.
        (_, Some(Checked { state: DisabledState::Skipped, run, .. })) if run != last.run => {
            skipped(SkipReason::Stopped)
        }
        // What the guard found out holds for those over the maximum as well.
        (_, Some(checked)) if checked.run == last.run => match last.end {
            Some(end) if end.is_no_to_all() => skipped(end.skip_reason()),
            _ => skipped(SkipReason::OverMaximum),
        },
        _ => skipped(SkipReason::BeyondLimit),
    }
}

pub(crate) fn count_disabled(connection: &Connection, state: DisabledState) -> Result<u64, LedgerError> {
    let mut statement = connection.prepare_cached(IN_STATE)?;
    Ok(to_count(statement.query_row([state.as_str()], |row| row.get(0))?))
}

pub(crate) const IN_STATE: &str =
    "SELECT count(*) FROM result WHERE disabled = ?1 AND disabled <> 'not_requested'";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DisabledState as S;
    use crate::base::SkipReason as R;

    const LAST: LastRun =
        LastRun { run: 5, disabling: Disabling::Yes, has_plan: true, end: None, assistants_gone: false };

    const fn checked(state: S, run: RunId, switch_run: Option<RunId>, planned: bool) -> Checked {
        let place = if planned { Place::Planned } else { Place::None };
        Checked { run, state, switch_run, place, is_kept: false }
    }

    #[test]
    fn what_was_not_attempted_follows_from_the_last_runs_intent() {
        let untouched = |run, planned| Some(checked(S::NotRequested, run, None, planned));
        let another_row =
            Some(Checked { place: Place::AnotherRow, ..checked(S::NotRequested, 5, None, true) });
        let kept = |planned| Some(Checked { is_kept: true, ..checked(S::NotRequested, 5, None, planned) });
        let reading = LastRun { disabling: Disabling::No, has_plan: false, ..LAST };
        let dry = LastRun { disabling: Disabling::DryRun, ..LAST };
        let ended = |end| LastRun { end: Some(end), ..LAST };
        let verified = RowStatus::Verified;
        for (status, checked, last, expected) in [
            (verified, untouched(5, false), reading, (S::NotRequested, None)),
            (RowStatus::Mismatch, untouched(5, false), reading, (S::NotRequested, None)),
            (verified, untouched(5, true), dry, (S::WouldDisable, None)),
            (verified, untouched(5, false), dry, (S::Skipped, Some(R::OverMaximum))),
            (verified, untouched(3, false), dry, (S::Skipped, Some(R::BeyondLimit))),
            (verified, untouched(5, false), ended(DisablingEnd::OneRecord), (S::Skipped, Some(R::OneRecord))),
            (
                verified,
                untouched(5, false),
                ended(DisablingEnd::SomeMissing),
                (S::Skipped, Some(R::OverMaximum)),
            ),
            (verified, another_row, LAST, (S::Skipped, Some(R::AnotherRow))),
            (verified, kept(true), LAST, (S::Skipped, Some(R::NotVerified))),
            (verified, kept(false), dry, (S::Skipped, Some(R::NotVerified))),
            (verified, kept(false), reading, (S::NotRequested, None)),
            (RowStatus::Mismatch, untouched(5, false), dry, (S::Skipped, Some(R::NotVerified))),
            (RowStatus::InvalidId, None, dry, (S::Skipped, Some(R::NotVerified))),
            (RowStatus::NotChecked, None, LAST, (S::Skipped, Some(R::NotVerified))),
            (verified, untouched(5, true), LAST, (S::Skipped, Some(R::Stopped))),
            (verified, untouched(5, true), ended(DisablingEnd::OneRecord), (S::Skipped, Some(R::OneRecord))),
            (
                verified,
                untouched(5, true),
                ended(DisablingEnd::NotAllowed),
                (S::Skipped, Some(R::NotAllowed)),
            ),
            (
                verified,
                untouched(5, false),
                LastRun { has_plan: false, ..LAST },
                (S::Skipped, Some(R::Stopped)),
            ),
        ] {
            assert_eq!(effective_state(status, checked, &last), expected, "{status} {checked:?} {last:?}");
        }
    }

    #[test]
    fn what_was_attempted_stays_true_until_another_intent_passes_over_it() {
        let reading = LastRun { disabling: Disabling::No, ..LAST };
        let one_record = LastRun { end: Some(DisablingEnd::OneRecord), ..LAST };
        let some_missing = LastRun { end: Some(DisablingEnd::SomeMissing), ..LAST };
        for (state, switch_run, last, expected) in [
            (S::Disabled, 2, LAST, (S::Disabled, None)),
            (S::AlreadyDisabled, 2, LAST, (S::AlreadyDisabled, None)),
            (S::Unknown, 2, LAST, (S::Unknown, None)),
            (S::RevertFailed, 2, LAST, (S::RevertFailed, None)),
            (S::Failed, 2, reading, (S::Failed, None)),
            (S::Failed, 5, LAST, (S::Failed, None)),
            (S::Failed, 2, LAST, (S::Skipped, Some(R::Stopped))),
            (S::Reverted, 5, one_record, (S::Reverted, Some(R::OneRecord))),
            (S::Reverted, 2, one_record, (S::Skipped, Some(R::OneRecord))),
            (S::Reverted, 5, some_missing, (S::Reverted, Some(R::AgentMissing))),
            (S::Reverted, 2, some_missing, (S::Skipped, Some(R::Stopped))),
            (S::Disabled, 5, some_missing, (S::Disabled, None)),
            (S::ReEnabled, 6, LAST, (S::ReEnabled, None)),
            (S::ReEnabled, 4, reading, (S::ReEnabled, None)),
        ] {
            let checked = checked(state, 5, Some(switch_run), true);
            assert_eq!(
                effective_state(RowStatus::Verified, Some(checked), &last),
                expected,
                "{state} {switch_run}"
            );
        }
    }
}
