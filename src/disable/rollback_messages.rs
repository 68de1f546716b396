//! What is said before and after assistants are switched on again: pure functions from facts to text.

use std::fmt::Write as _;
use std::path::Path;

use crate::base::{DisabledState, RollbackPlan, StopReason, grouped, terminal_safe};
use crate::engine::terminal::{Blocks, Text, WHOLE, assistants, counted, counts, quoted};

/// How a rollback ended, counted in assistants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RollbackResult {
    pub(crate) switched_on: u64,
    /// Asked for, and refused or not answered: may still be off.
    pub(crate) failed: u64,
    /// Not asked for, though they may be off because of this program: the rollback ended before, or `--only`.
    pub(crate) left: u64,
}

/// What `rollback` is about to switch on again, where, and what it leaves. `base_url` is `None` in the practice
/// workspace.
pub(crate) fn rollback_plan(
    plan: &RollbackPlan,
    base_url: Option<&str>,
    practice: bool,
    dry_run: bool,
) -> Text {
    let mut blocks = Blocks::new(practice);
    blocks.platform(base_url);
    blocks.say(&headline(plan, dry_run));
    if plan.count() > 0 {
        let states = counts(plan.rows.iter().map(|(state, rows)| (*rows, plain(*state))));
        blocks.push(&format!("They are:{states}"));
        if !plan.first.is_empty() {
            blocks.push(&format!("By name:{}", names(plan)));
        }
    }
    let left = [
        (plan.already_disabled, "off before this program came, and to stay off"),
        (plan.left_alone, "may be off because of this program, but --only does not name them"),
    ];
    let left = counts(left.into_iter().filter(|(rows, _)| *rows > 0));
    if !left.is_empty() {
        blocks.push(&format!("Left as they are:{left}"));
    }
    blocks.finish()
}

pub(crate) fn rollback_question(plan: &RollbackPlan) -> String {
    format!("Switch {} on again?", assistants(plan.count()))
}

/// How a rollback ended: what is on again, what may still be off and what to do about it, `files` with what each one
/// is, the command line to type next, and why it stopped early.
pub(crate) fn after_rollback(
    result: &RollbackResult,
    practice: bool,
    files: &[(&str, &Path)],
    next: Option<&str>,
    stopped: Option<&StopReason>,
) -> Text {
    let mut blocks = Blocks::new(practice);
    if result.failed > 0 {
        blocks.say(&still_off(result.failed));
    }
    if let Some(reason) = stopped {
        let reason = terminal_safe(&reason.to_string(), WHOLE);
        blocks.push(&format!("Ended before the last assistant: {reason}"));
    }
    let switched_on = match result.switched_on {
        0 => "No assistant was switched on again.".to_owned(),
        on => counted(on, "assistant is on again.", "assistants are on again."),
    };
    match (result.left, result.failed) {
        (0, 0) => blocks.say(&format!("{switched_on} Nothing is off because of this program any more.")),
        (0, _) => blocks.say(&switched_on),
        (left, _) => blocks.say(&format!("{switched_on} {}", not_asked_for(left))),
    }
    blocks.files(files);
    if let Some(next) = next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

fn headline(plan: &RollbackPlan, dry_run: bool) -> String {
    let count = plan.count();
    match (count, dry_run) {
        (0, _) if plan.left_alone > 0 => {
            "There is nothing to switch on again among the assistants that --only names.".to_owned()
        }
        (0, _) => "There is nothing to switch on again: nothing is off because of this program.".to_owned(),
        (_, true) => format!(
            "Nothing is switched on: this is a dry run. Without --dry-run, {} would be switched on again.",
            assistants(count)
        ),
        (_, false) => counted(
            count,
            "assistant is about to be switched on again, for all its users.",
            "assistants are about to be switched on again, for all their users.",
        ),
    }
}

const fn plain(state: DisabledState) -> &'static str {
    match state {
        DisabledState::Disabled => "switched off by this program",
        DisabledState::Unknown => "asked to be switched off; whether that was done is not known",
        DisabledState::RevertFailed => "could not be switched on again before",
        DisabledState::NotRequested
        | DisabledState::WouldDisable
        | DisabledState::AlreadyDisabled
        | DisabledState::Skipped
        | DisabledState::Failed
        | DisabledState::Reverted
        | DisabledState::ReEnabled => state.as_str(),
    }
}

fn names(plan: &RollbackPlan) -> String {
    let mut names = plan.first.iter().fold(String::new(), |mut names, candidate| {
        let _ = write!(names, "\n  {}  {}", candidate.pair.assistant, quoted(candidate.name.as_deref()));
        names
    });
    let shown = u64::try_from(plan.first.len()).unwrap_or(u64::MAX);
    let more = plan.count().saturating_sub(shown);
    if more > 0 {
        let _ = write!(names, "\n  and {} more", grouped(more));
    }
    names
}

fn still_off(failed: u64) -> String {
    let (them, their_ids) = if failed == 1 { ("it", "its id") } else { ("them", "their ids") };
    format!(
        "WARNING: {} could not be switched on again and may be off. Run the same command again. If that does not \
         help, switch {them} on in the web app; the report has {their_ids} and says why.",
        assistants(failed)
    )
}

fn not_asked_for(left: u64) -> String {
    counted(
        left,
        "other may be off because of this program and was not asked for: a rollback without --only switches it on.",
        "others may be off because of this program and were not asked for: a rollback without --only switches them on.",
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{Candidate, Pair, Signal};

    fn candidate(id: u128, name: Option<&str>) -> Candidate {
        Candidate { pair: Pair::same(Uuid::from_u128(id)), name: name.map(str::to_owned), updated_at: None }
    }

    fn many() -> RollbackPlan {
        RollbackPlan {
            rows: vec![
                (DisabledState::Disabled, 2_970),
                (DisabledState::Unknown, 9),
                (DisabledState::RevertFailed, 2),
            ],
            left_alone: 0,
            already_disabled: 12,
            first: vec![candidate(1, Some("Travel\u{1b}[2J\u{202e}\nBot")), candidate(2, None)],
        }
    }

    #[test]
    fn before_a_rollback_of_many() {
        insta::assert_snapshot!(rollback_plan(&many(), Some("https://api.langdock.com"), false, false), @r#"
        Platform: https://api.langdock.com

        2,981 assistants are about to be switched on again, for all their users.

        They are:
          2,970  switched off by this program
              9  asked to be switched off; whether that was done is not known
              2  could not be switched on again before

        By name:
          00000000-0000-0000-0000-000000000001  "Travel [2J  Bot"
          00000000-0000-0000-0000-000000000002  (no name)
          and 2,979 more

        Left as they are:
          12  off before this program came, and to stay off
        "#);
        insta::assert_snapshot!(rollback_question(&many()), @"Switch 2,981 assistants on again?");
    }

    #[test]
    fn before_a_dry_run_of_a_practice_rollback_of_one() {
        let plan = RollbackPlan {
            rows: vec![(DisabledState::Disabled, 1)],
            left_alone: 3,
            first: vec![candidate(1, Some("Travel"))],
            ..RollbackPlan::default()
        };
        insta::assert_snapshot!(rollback_plan(&plan, None, true, true), @r#"
        PRACTICE: Nothing is switched on: this is a dry run. Without --dry-run, 1 assistant would be
        switched on again.

        PRACTICE: They are:
          1  switched off by this program

        PRACTICE: By name:
          00000000-0000-0000-0000-000000000001  "Travel"

        PRACTICE: Left as they are:
          3  may be off because of this program, but --only does not name them
        "#);
        insta::assert_snapshot!(rollback_question(&plan), @"Switch 1 assistant on again?");
    }

    #[test]
    fn before_a_rollback_of_nothing() {
        let nothing = RollbackPlan { already_disabled: 12, ..RollbackPlan::default() };
        insta::assert_snapshot!(rollback_plan(&nothing, None, false, false), @r"
        There is nothing to switch on again: nothing is off because of this program.

        Left as they are:
          12  off before this program came, and to stay off
        ");
        let nothing_named = RollbackPlan { left_alone: 1, ..RollbackPlan::default() };
        insta::assert_snapshot!(rollback_plan(&nothing_named, None, false, true), @r"
        There is nothing to switch on again among the assistants that --only names.

        Left as they are:
          1  may be off because of this program, but --only does not name them
        ");
    }

    #[test]
    fn after_a_rollback_of_everything() {
        let result = RollbackResult { switched_on: 2_981, ..RollbackResult::default() };
        let files = [("report", Path::new("assistants.report.csv")), ("ledger", Path::new("a\u{7}.ledger"))];
        insta::assert_snapshot!(after_rollback(&result, false, &files, None, None), @r"
        2,981 assistants are on again. Nothing is off because of this program any more.

        Files:
          report  assistants.report.csv
          ledger  a .ledger
        ");
    }

    #[test]
    fn after_a_rollback_that_left_some_off() {
        let result = RollbackResult { switched_on: 1, failed: 2, left: 1_500 };
        let stopped = StopReason::Signal { signal: Signal::Interrupt };
        let next = "agent-migrate rollback assistants.ledger";
        insta::assert_snapshot!(after_rollback(&result, true, &[], Some(next), Some(&stopped)), @r"
        PRACTICE: WARNING: 2 assistants could not be switched on again and may be off. Run the same command
        again. If that does not help, switch them on in the web app; the report has their ids and says why.

        PRACTICE: Ended before the last assistant: stopped by Ctrl-C

        PRACTICE: 1 assistant is on again. 1,500 others may be off because of this program and were not
        asked for: a rollback without --only switches them on.

        PRACTICE: Next:
          agent-migrate rollback assistants.ledger
        ");
        let result = RollbackResult { switched_on: 0, failed: 1, left: 0 };
        insta::assert_snapshot!(after_rollback(&result, false, &[], Some(next), None), @r"
        WARNING: 1 assistant could not be switched on again and may be off. Run the same command again. If
        that does not help, switch it on in the web app; the report has its id and says why.

        No assistant was switched on again.

        Next:
          agent-migrate rollback assistants.ledger
        ");
    }
}
