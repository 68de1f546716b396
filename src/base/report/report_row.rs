//! What a report is made of, whatever its format.

use jiff::Timestamp;

use super::super::difference::{Difference, JsonText, Note};
use super::super::failure::{CallFailure, SupportId};
use super::super::ids::Pair;
use super::super::input::InvalidId;
use super::super::remedy::Remedy;
use super::super::status::{DisabledState, RowStatus};
use super::super::stop::StopReason;
use super::super::writes::disabling::{Disabling, DisablingEnd, SkipReason};
use super::progress::{ProgressCounts, RowProgress};
use super::since_last::{SinceLast, Standing};

/// One line of the report, as data: each format spells it in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Line of the input where the row starts.
    pub line: u64,
    /// The cell as given.
    pub input: String,
    /// The ids; `None` when the cell holds none.
    pub pair: Option<Pair>,
    /// The assistant's name; empty if unknown.
    pub name: String,
    /// The verdict.
    pub status: RowStatus,
    /// Whether it was switched off.
    pub disabled: DisabledState,
    /// For `skipped`, and for what this run has `reverted`: why.
    pub skipped: Option<SkipReason>,
    /// The request to switch it off or on that failed last.
    pub switch_failure: Option<CallFailure>,
    /// What the agent lacks or has otherwise.
    pub differences: Vec<Difference>,
    /// What differs without harm.
    pub notes: Vec<Note>,
    /// For `duplicate`: line and status of the earlier row.
    pub duplicate_of: Option<(u64, RowStatus)>,
    /// For `invalid_id`: what is wrong with the cell.
    pub invalid: Option<InvalidId>,
    /// The call that failed.
    pub failure: Option<CallFailure>,
    /// Why a read after the verdict said nothing about the row: the verdict stands as of `checked_at`, and the row is
    /// asked for again.
    pub later_failure: Option<CallFailure>,
    /// Whether the Assistants API had ended when the last run stopped: a row that no run has come to cannot be read any more.
    pub assistants_gone: bool,
    /// The assistant's `updatedAt`.
    pub assistant_updated_at: Option<Timestamp>,
    /// The agent's `updatedAt`.
    pub agent_updated_at: Option<Timestamp>,
    /// Requests spent on this row over all runs.
    pub requests: u64,
    /// Milliseconds spent on them, waiting excluded.
    pub elapsed_ms: u64,
    /// When the verdict was reached; `None` for rows that no run has checked.
    pub checked_at: Option<Timestamp>,
    /// How it stood before the last run that asked for rows again; `None` where that is not known, and for a duplicate.
    pub before: Option<Standing>,
    /// Cells of the carried-through columns, in the order of `InputFormat::carried_columns`.
    pub carried: Vec<String>,
    /// The agent in write names (PLATFORM.md, Write names); only where a format asks for it and the assistant was read.
    pub proposed: Option<JsonText>,
}

impl ReportRow {
    /// A row of the input of which only that is known.
    pub const fn new(line: u64, input: String, pair: Option<Pair>, status: RowStatus) -> Self {
        Self {
            line,
            input,
            pair,
            name: String::new(),
            status,
            disabled: DisabledState::NotRequested,
            skipped: None,
            switch_failure: None,
            differences: Vec::new(),
            notes: Vec::new(),
            duplicate_of: None,
            invalid: None,
            failure: None,
            later_failure: None,
            assistants_gone: false,
            before: None,
            assistant_updated_at: None,
            agent_updated_at: None,
            requests: 0,
            elapsed_ms: 0,
            checked_at: None,
            carried: Vec::new(),
            proposed: None,
        }
    }

    /// What its status was before, where it is another one now.
    pub fn status_before(&self) -> Option<RowStatus> {
        self.before.as_ref().map(|before| before.status).filter(|before| *before != self.status)
    }

    /// The report's `error` cell, what happened last first, raw: may hold line breaks.
    pub fn error(&self) -> String {
        self.error_as(ToString::to_string)
    }

    /// The same with the failed calls spelled in another way.
    pub fn error_as(&self, spell: impl Fn(&CallFailure) -> String) -> String {
        let failures: Vec<_> = [&self.later_failure, &self.failure, &self.switch_failure]
            .into_iter()
            .flatten()
            .map(spell)
            .collect();
        match self.invalid {
            Some(invalid) => invalid.sentence().to_owned(),
            None => failures.join("; "),
        }
    }

    /// What the platform's support asks for about the call that failed.
    pub fn support_id(&self) -> Option<&SupportId> {
        [&self.failure, &self.switch_failure]
            .into_iter()
            .flatten()
            .find_map(|failure| failure.support_id.as_ref())
    }

    /// How far the row is.
    pub const fn progress(&self) -> RowProgress {
        let failed = self.failure.is_some() || self.later_failure.is_some() || self.switch_failure.is_some();
        RowProgress::of(self.status, self.disabled, self.skipped, failed)
    }

    /// What to do about the row: [`Remedy::Nothing`] exactly where it is [`RowProgress::Done`].
    pub fn remedy(&self) -> Remedy {
        match self.disabled {
            DisabledState::RevertFailed => return Remedy::SwitchOnByHand,
            DisabledState::Unknown => return Remedy::SettleUnknown,
            _ => {}
        }
        match (self.verdicts_remedy(), &self.later_failure) {
            // What the verdict calls for ends with another run, too.
            (Remedy::Nothing, Some(later)) => later.remedy(),
            (remedy, _) => remedy,
        }
    }

    fn verdicts_remedy(&self) -> Remedy {
        match self.status {
            RowStatus::Verified => self.remedy_of_verified(),
            RowStatus::Duplicate => Remedy::Nothing,
            RowStatus::Mismatch => Remedy::MendAgent,
            RowStatus::InvalidId => Remedy::MendCell,
            RowStatus::NotChecked if self.assistants_gone => Remedy::WorkFromSavedRun,
            RowStatus::NotChecked => Remedy::RunAgain,
            RowStatus::AssistantNotFound
            | RowStatus::AgentNotFound
            | RowStatus::NoAccess
            | RowStatus::Failed => self.failure.as_ref().map_or(Remedy::RunAgainLater, CallFailure::remedy),
        }
    }

    /// What to do about a verified row that could not be read again, or that was to be switched off and is not, or was and
    /// could not be switched on.
    fn remedy_of_verified(&self) -> Remedy {
        match (self.failure.as_ref().or(self.switch_failure.as_ref()), self.skipped) {
            (Some(failure), _) => failure.remedy(),
            (None, Some(SkipReason::CannotTell)) => Remedy::TryOneByHand,
            (None, Some(SkipReason::AgentMissing)) => Remedy::FindAgent,
            (None, Some(SkipReason::NotAllowed)) => Remedy::AllowDisabling,
            (None, Some(SkipReason::BeyondLimit | SkipReason::OverMaximum | SkipReason::Stopped)) => {
                Remedy::RunAgainToDisable
            }
            (None, Some(SkipReason::OneRecord | SkipReason::NotVerified | SkipReason::AnotherRow)) => {
                Remedy::Nothing
            }
            (None, None) if self.disabled == DisabledState::Failed => Remedy::RunAgainToDisable,
            (None, None) => Remedy::Nothing,
        }
    }
}

/// What a report says about the run as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// Version of the program that wrote the ledger's last run.
    pub program_version: String,
    /// The base URL; `None` in the practice workspace.
    pub base_url: Option<String>,
    /// Whether the rows come from the built-in practice workspace.
    pub practice: bool,
    /// When the last run began.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it is going on or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// Why it ended early, if it did.
    pub stopped: Option<StopReason>,
    /// Rows by status; statuses without rows may be absent.
    pub counts: Vec<(RowStatus, u64)>,
    /// Rows by how far they are.
    pub progress: ProgressCounts,
    /// Whether the last run was to switch assistants off.
    pub disabling: Disabling,
    /// How that ended; `None` when it did not come to it, is going on or was killed.
    pub disabling_end: Option<DisablingEnd>,
    /// Rows by what became of their assistant; states without rows may be absent.
    pub disabled: Vec<(DisabledState, u64)>,
    /// Skipped rows by why; reasons without rows may be absent.
    pub skipped: Vec<(SkipReason, u64)>,
    /// Assistants that could not be switched on again, those whose row is gone from the input included.
    pub stuck_off: u64,
    /// Rows with the UUID of their agent that this program has switched off, or may have.
    pub off_with_agents_id: u64,
    /// What has changed since the run before; `None` where there was none, and where nobody has counted it.
    pub since_last: Option<SinceLast>,
    /// Rows that keep an earlier verdict, since the last read said nothing about them: they are not settled.
    pub kept: u64,
}

impl RunFacts {
    /// Whether anybody asked for switching off, now or in an earlier run.
    pub fn tells_of_switching(&self) -> bool {
        let is_touched =
            |(state, rows): &(DisabledState, u64)| *state != DisabledState::NotRequested && *rows > 0;
        self.disabling.is_asked_for() || self.disabled.iter().any(is_touched)
    }

    /// Number of rows of that status.
    pub fn count(&self, status: RowStatus) -> u64 {
        self.counts.iter().filter(|(counted, _)| *counted == status).map(|(_, rows)| rows).sum()
    }

    /// Number of rows whose assistant is in that state.
    pub fn count_disabled(&self, state: DisabledState) -> u64 {
        self.disabled.iter().filter(|(counted, _)| *counted == state).map(|(_, rows)| rows).sum()
    }

    /// Skipped rows by why, in the order of [`SkipReason::ALL`].
    pub fn skipped_by_reason(&self) -> impl Iterator<Item = (SkipReason, u64)> {
        let rows_of = |reason| self.skipped.iter().filter(move |(counted, _)| *counted == reason);
        let counts = SkipReason::ALL.map(|reason| (reason, rows_of(reason).map(|(_, rows)| rows).sum()));
        counts.into_iter().filter(|(_, rows)| *rows > 0)
    }

    /// Whether a finished run ends with exit code 3: a row needs somebody, or what was asked for was not done.
    pub fn needs_attention(&self) -> bool {
        self.progress.needs_attention > 0 || self.is_short_of_what_was_asked_for()
    }

    /// Whether rows were to be asked for, and no run has had an answer that says something about any.
    pub fn nothing_is_known(&self) -> bool {
        let has = |wanted: fn(RowStatus) -> bool| {
            self.counts.iter().any(|(status, rows)| wanted(*status) && *rows > 0)
        };
        has(|status| matches!(status, RowStatus::Failed | RowStatus::NotChecked))
            && !has(RowStatus::is_answer)
    }

    /// Whether verified assistants are on that were to go off. What `--limit` and `--max-disable` leave over is as asked
    /// for (DESIGN.md, Exit codes); that the guard said no is not, though nobody has to act where the two are
    /// one record (DESIGN.md, Disabling).
    fn is_short_of_what_was_asked_for(&self) -> bool {
        let is_left_on = |(reason, rows): &(SkipReason, u64)| !reason.is_as_asked_for() && *rows > 0;
        let is_on = self.count_disabled(DisabledState::Reverted) > 0 || self.skipped.iter().any(is_left_on);
        self.disabling_end.is_some_and(DisablingEnd::is_the_guards) || self.disabling.is_asked_for() && is_on
    }

    /// Number of all rows.
    pub fn rows(&self) -> u64 {
        self.counts.iter().map(|(_, rows)| rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::failure::{Call, FailureKind};

    fn row(status: RowStatus, disabled: DisabledState, skipped: Option<SkipReason>) -> ReportRow {
        ReportRow { disabled, skipped, ..ReportRow::new(2, String::new(), None, status) }
    }

    fn refused(call: Call, kind: FailureKind) -> CallFailure {
        CallFailure::new(call, kind, "words")
    }

    /// What a verified row says to do, by what became of its assistant and, where it was passed over, why.
    const REMEDIES: [(DisabledState, Option<SkipReason>, Remedy); 20] = [
        (DisabledState::NotRequested, None, Remedy::Nothing),
        (DisabledState::WouldDisable, None, Remedy::Nothing),
        (DisabledState::Disabled, None, Remedy::Nothing),
        (DisabledState::AlreadyDisabled, None, Remedy::Nothing),
        (DisabledState::ReEnabled, None, Remedy::Nothing),
        (DisabledState::Skipped, Some(SkipReason::NotVerified), Remedy::Nothing),
        (DisabledState::Skipped, Some(SkipReason::BeyondLimit), Remedy::RunAgainToDisable),
        (DisabledState::Skipped, Some(SkipReason::AnotherRow), Remedy::Nothing),
        (DisabledState::Skipped, Some(SkipReason::OverMaximum), Remedy::RunAgainToDisable),
        (DisabledState::Skipped, Some(SkipReason::Stopped), Remedy::RunAgainToDisable),
        (DisabledState::Skipped, Some(SkipReason::OneRecord), Remedy::Nothing),
        (DisabledState::Skipped, Some(SkipReason::CannotTell), Remedy::TryOneByHand),
        (DisabledState::Skipped, Some(SkipReason::NotAllowed), Remedy::AllowDisabling),
        (DisabledState::Reverted, Some(SkipReason::OneRecord), Remedy::Nothing),
        (DisabledState::Reverted, Some(SkipReason::CannotTell), Remedy::TryOneByHand),
        (DisabledState::Reverted, Some(SkipReason::AgentMissing), Remedy::FindAgent),
        (DisabledState::Reverted, Some(SkipReason::Stopped), Remedy::RunAgainToDisable),
        (DisabledState::RevertFailed, None, Remedy::SwitchOnByHand),
        (DisabledState::RevertFailed, Some(SkipReason::OneRecord), Remedy::SwitchOnByHand),
        (DisabledState::Unknown, None, Remedy::SettleUnknown),
    ];

    #[test]
    fn a_verified_row_says_what_to_do_about_its_switching_off() {
        for (disabled, skipped, remedy) in REMEDIES {
            let row = row(RowStatus::Verified, disabled, skipped);
            assert_eq!(row.remedy(), remedy, "{disabled} {skipped:?}");
            assert_eq!(row.error(), "");
        }
        let reasons = |reason| REMEDIES.iter().any(|(_, skipped, _)| *skipped == Some(reason));
        assert!(SkipReason::ALL.into_iter().all(reasons));
    }

    #[test]
    fn a_row_is_done_exactly_where_its_remedy_is_empty() {
        let failures = [None, Some(refused(Call::Assistant, FailureKind::Timeout))];
        let switch_failures = [None, Some(refused(Call::Enable, FailureKind::Forbidden))];
        let mut seen = Vec::new();
        for (status, disabled) in product(&RowStatus::ALL, &DisabledState::ALL) {
            let is_left_on = matches!(disabled, DisabledState::Skipped | DisabledState::Reverted);
            let reasons = SkipReason::ALL.into_iter().filter(|_| is_left_on).map(Some);
            let reasons: Vec<_> = reasons.chain([None]).collect();
            for ((failure, switch_failure), skipped) in
                product(&product(&failures, &switch_failures), &reasons)
            {
                let row = ReportRow { switch_failure, failure, ..row(status, disabled, skipped) };
                let is_done = row.progress() == RowProgress::Done;
                assert_eq!(is_done, row.remedy().sentence().is_empty(), "{row:?}");
                seen.push(row.progress());
            }
        }
        for progress in [RowProgress::Done, RowProgress::NeedsAttention, RowProgress::Pending] {
            assert!(seen.contains(&progress));
        }
    }

    fn product<A: Clone, B: Clone>(one: &[A], other: &[B]) -> Vec<(A, B)> {
        one.iter().flat_map(|a| other.iter().map(|b| (a.clone(), b.clone()))).collect()
    }

    #[test]
    fn how_far_a_row_is_follows_from_what_the_report_says_of_it() {
        use crate::base::RowProgress::{Done, NeedsAttention, Pending};
        for (status, progress) in RowStatus::ALL.into_iter().zip([
            Done,
            NeedsAttention,
            NeedsAttention,
            NeedsAttention,
            NeedsAttention,
            NeedsAttention,
            NeedsAttention,
            Done,
            Pending,
        ]) {
            assert_eq!(row(status, DisabledState::NotRequested, None).progress(), progress, "{status}");
            let in_doubt = row(status, DisabledState::Unknown, None);
            assert_eq!(in_doubt.progress(), NeedsAttention, "{status}");
        }
        for (reason, progress) in SkipReason::ALL.into_iter().zip([
            Done,
            Pending,
            Pending,
            Done,
            Done,
            Pending,
            NeedsAttention,
            Pending,
            Pending,
        ]) {
            for disabled in [DisabledState::Skipped, DisabledState::Reverted] {
                assert_eq!(
                    row(RowStatus::Verified, disabled, Some(reason)).progress(),
                    progress,
                    "{reason:?}"
                );
            }
        }
        // An earlier verdict stands, and this time it could not be read.
        let unread = ReportRow {
            failure: Some(refused(Call::Assistant, FailureKind::Timeout)),
            ..row(RowStatus::Verified, DisabledState::Disabled, None)
        };
        assert_eq!((unread.progress(), unread.remedy()), (NeedsAttention, Remedy::RunAgainLater));
    }

    #[test]
    fn a_finished_run_falls_short_by_its_rows_or_by_what_it_was_to_switch_off() {
        let asked = |disabling, skipped: &[(SkipReason, u64)]| RunFacts {
            progress: ProgressCounts { done: 3, pending: 4, ..ProgressCounts::default() },
            disabling,
            skipped: skipped.to_vec(),
            ..RunFacts::default()
        };
        for reason in SkipReason::ALL {
            for disabling in [Disabling::DryRun, Disabling::Yes] {
                let facts = asked(disabling, &[(reason, 1)]);
                assert_eq!(facts.needs_attention(), !reason.is_as_asked_for(), "{reason:?} {disabling:?}");
            }
            assert!(!asked(Disabling::No, &[(reason, 1)]).needs_attention(), "{reason:?}");
        }
        let mut one_record = asked(Disabling::Yes, &[]);
        one_record.disabling_end = Some(DisablingEnd::OneRecord);
        assert!(one_record.needs_attention(), "nobody has to act, and yet nothing went off");
        let mut by_row = asked(Disabling::No, &[]);
        by_row.progress.count(RowProgress::NeedsAttention);
        assert!(by_row.needs_attention());
    }

    #[test]
    fn a_refused_disable_says_what_its_own_words_call_for() {
        let server = FailureKind::Server { status: 500 };
        for (disabled, kind, remedy, error) in [
            (DisabledState::Failed, FailureKind::Forbidden, Remedy::AllowDisabling, "disable: 403 words"),
            (DisabledState::Failed, FailureKind::NotFound, Remedy::CheckAssistantId, "disable: 404 words"),
            (DisabledState::Failed, FailureKind::Throttled, Remedy::RunAgainSlower, "disable: 429 words"),
            (DisabledState::Unknown, server.clone(), Remedy::SettleUnknown, "disable: 500 words"),
            (DisabledState::RevertFailed, server, Remedy::SwitchOnByHand, "disable: 500 words"),
        ] {
            let switch_failure = Some(refused(Call::Disable, kind));
            let row = ReportRow { switch_failure, ..row(RowStatus::Verified, disabled, None) };
            assert_eq!((row.remedy(), row.error().as_str()), (remedy, error), "{disabled}");
            assert!(!row.remedy().sentence().is_empty());
        }
    }

    #[test]
    fn a_row_that_is_not_verified_is_mended_first_unless_its_assistant_may_be_off() {
        let skipped = Some(SkipReason::NotVerified);
        for status in RowStatus::ALL.into_iter().filter(|status| *status != RowStatus::Verified) {
            let mut skipped = row(status, DisabledState::Skipped, skipped);
            let mut plain = row(status, DisabledState::NotRequested, None);
            for row in [&mut skipped, &mut plain] {
                row.failure = Some(refused(Call::Agent, FailureKind::Forbidden));
            }
            assert_eq!(skipped.remedy(), plain.remedy(), "{status}");
            assert_eq!(skipped.remedy() == Remedy::Nothing, status == RowStatus::Duplicate, "{status}");
            for (disabled, remedy) in [
                (DisabledState::Unknown, Remedy::SettleUnknown),
                (DisabledState::RevertFailed, Remedy::SwitchOnByHand),
            ] {
                let row = ReportRow { disabled, ..plain.clone() };
                assert_eq!(row.remedy(), remedy, "{status} {disabled}");
            }
        }
    }

    #[test]
    fn a_check_and_a_disable_that_failed_are_both_named_and_a_bad_cell_alone() {
        let both = ReportRow {
            failure: Some(refused(Call::Assistant, FailureKind::Timeout)),
            switch_failure: Some(refused(Call::Enable, FailureKind::Server { status: 502 })),
            ..row(RowStatus::Failed, DisabledState::RevertFailed, None)
        };
        assert_eq!(both.error(), "assistant: timeout: words; enable: 502 words");
        let invalid = ReportRow { invalid: Some(InvalidId::NoUuid), ..both };
        assert_eq!(invalid.error(), InvalidId::NoUuid.sentence());
    }

    #[test]
    fn rows_are_counted_by_status_and_by_state() {
        let facts = RunFacts {
            counts: vec![(RowStatus::Verified, 3), (RowStatus::Failed, 1)],
            disabled: vec![(DisabledState::Disabled, 2), (DisabledState::Skipped, 2)],
            ..RunFacts::default()
        };
        assert_eq!(
            (facts.rows(), facts.count(RowStatus::Verified), facts.count(RowStatus::Mismatch)),
            (4, 3, 0)
        );
        let counted = DisabledState::ALL.map(|state| facts.count_disabled(state));
        assert_eq!(counted, [0, 0, 2, 0, 2, 0, 0, 0, 0, 0]);
    }
}
