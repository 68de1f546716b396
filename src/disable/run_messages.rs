//! What is said before and after a run: pure functions from facts to text.

use std::fmt::Write as _;
use std::path::Path;

use super::ending_messages::{take_back, tell, warn};
use crate::base::{Backlog, Disabling, REQUESTS_PER_ROW, RunFacts, StopReason, Unsettled, terminal_safe};
use crate::check::{Summary, next, verdicts, what_to_do};
use crate::engine::terminal::{Blocks, Text, WHOLE, assistants, ended_before, not_asked_for, platform, work};

/// What a run is about to do: where, how many rows and requests, how long. `rpm` is `--rpm`; `disabling` says whether
/// anything will be switched off. A practice run says so in its first line.
pub(crate) fn before_run(
    backlog: &Backlog,
    rpm: u32,
    base_url: Option<&str>,
    disabling: Disabling,
    unsettled: Unsettled,
) -> Text {
    let mut text = format!("{}\n{}\n", platform(base_url), work(backlog, rpm, REQUESTS_PER_ROW));
    text.push_str(&not_asked_for(backlog));
    if !unsettled.is_empty() {
        let _ = writeln!(text, "{}", left_open(unsettled, disabling));
    }
    text.push_str(match disabling {
        Disabling::No if unsettled.reverts + unsettled.looks > 0 => "For the rest it only reads.",
        Disabling::No => "It only reads; nothing is changed.",
        Disabling::DryRun => "It reads, and shows what would be switched off. Nothing is switched off.",
        Disabling::Yes => {
            "It reads first. What is then to be switched off is shown, and asked about, before anything is changed."
        }
    });
    Text::from(text)
}

/// What an earlier run left open, and what becomes of it.
fn left_open(unsettled: Unsettled, disabling: Disabling) -> String {
    let parts = [
        (unsettled.reverts, "is to be switched on again", "are to be switched on again"),
        (unsettled.answers, "was asked to go off and may be off", "were asked to go off and may be off"),
        (unsettled.looks, "is off and its agent to be looked at", "are off and their agents to be looked at"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{} {}", assistants(count), if count == 1 { one } else { many }))
        .collect();
    let parts = parts.join("; ");
    match disabling {
        Disabling::DryRun => format!("An earlier run left open: {parts}. A dry run leaves that so."),
        Disabling::No | Disabling::Yes => {
            format!("First it settles what an earlier run left open: {parts}.")
        }
    }
}

/// How a run ended: what may be off against everybody's will, why it stopped early, rows by status, what became of the
/// assistants, what to do, what differs, `files` with what each one is, `rollback` (the command line that takes everything
/// back, shown while something may be off), and `commands`, the lines that get on from here, each with what it is for.
/// Every block of a practice run says so in its first line.
pub(crate) fn after_run(
    facts: &RunFacts,
    summary: &Summary,
    files: &[(&str, &Path)],
    commands: &[(&str, String)],
    stopped: Option<&StopReason>,
    rollback: Option<&str>,
) -> Text {
    let mut blocks = Blocks::new(facts.practice);
    warn(&mut blocks, facts, rollback);
    if let Some(reason) = stopped {
        blocks.push(&ended_early(facts, reason));
    }
    verdicts(&mut blocks, facts);
    tell(&mut blocks, facts, stopped);
    what_to_do(&mut blocks, summary);
    blocks.files(files);
    take_back(&mut blocks, facts, rollback);
    next(&mut blocks, commands);
    if stopped.is_none() && commands.is_empty() && summary.remedies().is_empty() {
        blocks.say("Nothing is left to do.");
    }
    blocks.finish()
}

fn ended_early(facts: &RunFacts, reason: &StopReason) -> String {
    let words = terminal_safe(&reason.to_string(), WHOLE);
    match reason {
        StopReason::Declined => format!("Nothing more is switched off: {words}."),
        _ if facts.disabling_end.is_some() => {
            format!("Ended before the last assistant was switched off: {words}")
        }
        _ => ended_before(facts, &words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DisabledState, DisablingEnd, InvalidId, ReportRow, RowStatus};
    use crate::engine::report::samples::verified;

    fn facts(practice: bool) -> RunFacts {
        RunFacts {
            program_version: "0.1.0".into(),
            base_url: None,
            practice,
            started_at: None,
            finished_at: None,
            stopped: None,
            counts: vec![
                (RowStatus::NoAccess, 12),
                (RowStatus::Verified, 1_180),
                (RowStatus::Mismatch, 1),
                (RowStatus::Failed, 0),
            ],
            ..RunFacts::default()
        }
    }

    #[test]
    fn before_a_first_run() {
        let backlog = Backlog { rows: 1_000, invalid: 7, duplicates: 5, to_do: 988, ..Backlog::default() };
        insta::assert_snapshot!(before_run(&backlog, 300, Some("https://api.langdock.com"), Disabling::No, Unsettled::default()), @"
        Platform: https://api.langdock.com
        1,000 rows: 988 to check (2 requests each, about 1,976 in all, at most 300 a minute: about 6 min 30
        s).
        No request is spent on 7 rows without exactly one UUID, 5 rows like an earlier one.
        It only reads; nothing is changed.
        ");
    }

    #[test]
    fn before_going_on() {
        let backlog = Backlog { rows: 10_000, settled_before: 9_988, to_do: 12, ..Backlog::default() };
        insta::assert_snapshot!(before_run(&backlog, 300, Some("https://api.odeus.ai"), Disabling::Yes, Unsettled::default()), @"
        Platform: https://api.odeus.ai
        10,000 rows: 9,988 done, 12 to go (2 requests each, about 24 in all, at most 300 a minute: less than
        a minute).
        It reads first. What is then to be switched off is shown, and asked about, before anything is
        changed.
        ");
    }

    #[test]
    fn before_a_practice_run_with_a_limit_and_before_one_with_nothing_to_do() {
        let backlog = Backlog { rows: 10, to_do: 4, beyond_limit: 6, ..Backlog::default() };
        insta::assert_snapshot!(before_run(&backlog, 300, None, Disabling::No, Unsettled::default()), @r"
        PRACTICE: a made-up workspace inside this program; nothing real is read or changed.
        10 rows: 4 to check (2 requests each, about 8 in all, at most 300 a minute: less than a minute).
        No request is spent on 6 rows left for another run by --limit.
        It only reads; nothing is changed.
        ");
        let backlog = Backlog { rows: 1, settled_before: 1, ..Backlog::default() };
        insta::assert_snapshot!(before_run(&backlog, 300, None, Disabling::No, Unsettled::default()), @r"
        PRACTICE: a made-up workspace inside this program; nothing real is read or changed.
        1 row: 1 done, nothing to go.
        It only reads; nothing is changed.
        ");
    }

    fn counted(rows: &[(RowStatus, usize)]) -> Summary {
        let mut summary = Summary::default();
        for (status, rows) in rows {
            let invalid = (*status == RowStatus::InvalidId).then_some(InvalidId::NoUuid);
            let row = ReportRow { status: *status, invalid, ..verified() };
            (0..*rows).for_each(|_| summary.count(&row));
        }
        summary
    }

    #[test]
    fn after_a_run() {
        let summary =
            counted(&[(RowStatus::Mismatch, 1), (RowStatus::NotChecked, 3), (RowStatus::InvalidId, 1)]);
        let files =
            [("report", Path::new("assistants.report.csv")), ("ledger", Path::new("a\u{1b}[31m.ledger"))];
        let next = [("Next:", "agent-migrate run assistants.csv --platform langdock".to_owned())];
        insta::assert_snapshot!(after_run(&facts(false), &summary, &files, &next, None, None), @"
        1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        What to do:
          1 row:  Bring the agent in line with the assistant (see differences), publish it, then run the
                  same command again.
          1 row:  Put exactly one UUID into this cell, or delete the row, then run the same command again.
          3 rows: Run the same command again; it goes on here.

        Files:
          report  assistants.report.csv
          ledger  a [31m.ledger

        Next:
          agent-migrate run assistants.csv --platform langdock
        ");
    }

    #[test]
    fn every_block_after_a_practice_run_says_so() {
        let stopped = StopReason::ScopeMissing { missing: vec!["AGENT\u{1b}[31m_API".into()] };
        let files = [("report", Path::new("sample.sandbox.report.csv"))];
        insta::assert_snapshot!(
            after_run(&facts(true), &counted(&[(RowStatus::NotChecked, 12)]), &files, &[("Next:", "agent-migrate run --sandbox".to_owned())], Some(&stopped), None),
            @"
        PRACTICE: Ended early: the key lacks a scope: AGENT [31m_API. Give it that scope in the workspace's
        API key settings.

        PRACTICE: 1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        PRACTICE: What to do:
          12 rows: Run the same command again; it goes on here.

        PRACTICE: Files:
          report  sample.sandbox.report.csv

        PRACTICE: Next:
          agent-migrate run --sandbox
        "
        );
    }

    #[test]
    fn after_a_run_that_was_to_switch_off() {
        let mut facts = facts(true);
        facts.disabling = Disabling::Yes;
        facts.disabling_end = Some(DisablingEnd::Stopped);
        facts.disabled = vec![(DisabledState::Disabled, 1_000), (DisabledState::RevertFailed, 1)];
        let stopped = StopReason::OutOfReach;
        let (next, rollback) = (
            [("Next:", "agent-migrate run --sandbox --disable".to_owned())],
            "agent-migrate rollback sample.ledger",
        );
        let files = [("ledger", Path::new("sample.ledger"))];
        insta::assert_snapshot!(
            after_run(&facts, &Summary::default(), &files, &next, Some(&stopped), Some(rollback)),
            @"
        PRACTICE: WARNING: 1 assistant could not be switched on again and may be off with its agent. Run the
        rollback now (it switches on all 1,001 that may be off because of this program; --only UUID picks
        one):
          agent-migrate rollback sample.ledger

        PRACTICE: Ended before the last assistant was switched off: the server seems out of reach: the rows
        asked for last got no sensible answer. Check the connection and the platform's status page, then run
        the same command again.

        PRACTICE: 1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        PRACTICE: Switched off or not:
          disabled             1,000
          revert_failed            1

        PRACTICE: Switching off ended early. 1,000 assistants are off because of this program. The others
        were left as they are. The same command goes on.

        PRACTICE: Files:
          ledger  sample.ledger

        PRACTICE: To take it back:
          agent-migrate rollback sample.ledger

        PRACTICE: Next:
          agent-migrate run --sandbox --disable
        "
        );
        let declined =
            after_run(&facts, &Summary::default(), &[], &[], Some(&StopReason::Declined), None).to_string();
        assert!(
            declined.contains("PRACTICE: Nothing more is switched off: you did not say yes.\n"),
            "{declined}"
        );
    }

    #[test]
    fn before_it_settles_what_an_earlier_run_left_open_it_says_so() {
        let said = |unsettled, disabling| {
            let text = before_run(&Backlog::default(), 300, None, disabling, unsettled).to_string();
            text.lines().skip(2).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(said(Unsettled { reverts: 1, ..Unsettled::default() }, Disabling::No), @r"
        First it settles what an earlier run left open: 1 assistant is to be switched on again.
        For the rest it only reads.
        ");
        let unsettled = Unsettled { reverts: 0, answers: 2, looks: 1_000 };
        insta::assert_snapshot!(said(unsettled, Disabling::Yes), @"
        First it settles what an earlier run left open: 2 assistants were asked to go off and may be off;
        1,000 assistants are off and their agents to be looked at.
        It reads first. What is then to be switched off is shown, and asked about, before anything is
        changed.
        ");
        insta::assert_snapshot!(said(unsettled, Disabling::DryRun), @r"
        An earlier run left open: 2 assistants were asked to go off and may be off; 1,000 assistants are off
        and their agents to be looked at. A dry run leaves that so.
        It reads, and shows what would be switched off. Nothing is switched off.
        ");
    }

    #[test]
    fn before_a_run_it_says_what_may_be_changed() {
        for (disabling, said) in [
            (Disabling::No, "It only reads; nothing is changed."),
            (Disabling::DryRun, "It reads, and shows what would be switched off. Nothing is switched off."),
            (
                Disabling::Yes,
                "It reads first. What is then to be switched off is shown, and asked about, before anything is changed.",
            ),
        ] {
            let text =
                before_run(&Backlog::default(), 300, None, disabling, Unsettled::default()).to_string();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.ends_with(said), "{disabling:?}");
        }
    }
}
