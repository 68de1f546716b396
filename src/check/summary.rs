//! What is said before and after a run: pure functions from facts to text.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::base::{
    Backlog, Disabling, FIRST_AT_ONCE, REQUESTS_PER_ROW, Remedy, RowStatus, RunFacts, StopReason, Unsettled,
    grouped, terminal_safe,
};
use crate::disable;
use crate::engine::terminal::{Blocks, WHOLE, assistants, by_word, counted, rows, wrapped};

/// Remedies shown at most.
const REMEDIES: usize = 4;

/// What a run is about to do: where, how many rows and requests, how long. `rpm` is `--rpm`; `disabling` says whether
/// anything will be switched off. A practice run says so in its first line.
pub fn before(
    backlog: &Backlog,
    rpm: u32,
    base_url: Option<&str>,
    practice: bool,
    disabling: Disabling,
    unsettled: Unsettled,
) -> String {
    let mut text = String::new();
    if practice {
        text.push_str(
            "PRACTICE: a made-up workspace inside this program; nothing real is read or changed.\n",
        );
    } else if let Some(base_url) = base_url {
        let _ = writeln!(text, "Platform: {}", terminal_safe(base_url, WHOLE));
    }
    let _ = writeln!(text, "{}", work(backlog, rpm, REQUESTS_PER_ROW));
    text.push_str(&not_asked_for(backlog));
    if !unsettled.is_empty() {
        let _ = writeln!(text, "{}", wrapped(&left_open(unsettled, disabling), "", ""));
    }
    text.push_str(match disabling {
        Disabling::No if unsettled.reverts + unsettled.looks > 0 => "For the rest it only reads.",
        Disabling::No => "It only reads; nothing is changed.",
        Disabling::DryRun => "It reads, and shows what would be switched off. Nothing is switched off.",
        Disabling::Yes => {
            "It reads first. What is then to be switched off is shown, and asked about, before anything is changed."
        }
    });
    text
}

/// The rows that cost no request, as a line of its own; nothing where there are none.
pub(crate) fn not_asked_for(backlog: &Backlog) -> String {
    let unusable = [
        (backlog.invalid, "without exactly one UUID"),
        (backlog.duplicates, "like an earlier one"),
        (backlog.beyond_limit, "left for another run by --limit"),
    ];
    let unusable: Vec<_> = unusable
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", rows(count)))
        .collect();
    if unusable.is_empty() {
        return String::new();
    }
    format!("No request is spent on {}.\n", unusable.join(", "))
}

/// What an earlier run left open, and what becomes of it.
fn left_open(unsettled: Unsettled, disabling: Disabling) -> String {
    let begun = |count: u64, one: &str, many: &str| {
        (count > 0).then(|| format!("{} {}", assistants(count), if count == 1 { one } else { many }))
    };
    let parts: Vec<_> = [
        begun(unsettled.reverts, "is to be switched on again", "are to be switched on again"),
        begun(unsettled.answers, "was asked to go off and may be off", "were asked to go off and may be off"),
        begun(
            unsettled.looks,
            "is off and its agent to be looked at",
            "are off and their agents to be looked at",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    match disabling {
        Disabling::DryRun => {
            format!("An earlier run left open: {}. A dry run leaves that so.", parts.join("; "))
        }
        Disabling::No | Disabling::Yes => {
            format!("First it settles what an earlier run left open: {}.", parts.join("; "))
        }
    }
}

/// How a run ended: what may be off against everybody's will, why it stopped early, rows by status, what became of
/// the assistants, the remedies that matter most (`remedies`: each with its number of rows, in any order), `files` with
/// what each one is, `rollback` (the command line that takes everything back, shown while something may be off), and
/// the command line to type next. Every block of a practice run says so in its first line.
pub fn after(
    facts: &RunFacts,
    remedies: &[(Remedy, u64)],
    files: &[(&str, &Path)],
    next: Option<&str>,
    stopped: Option<&StopReason>,
    rollback: Option<&str>,
) -> String {
    let mut blocks = Blocks::new(facts.practice);
    disable::warn(&mut blocks, facts, rollback);
    if let Some(reason) = stopped {
        blocks.push(&ended_early(facts, reason));
    }
    blocks.push(&format!("{}:{}", rows(facts.rows()), statuses(facts)));
    if let Some(kept) = kept(facts) {
        blocks.say(&kept);
    }
    disable::tell(&mut blocks, facts, stopped);
    let remedies = most_important(remedies);
    if !remedies.is_empty() {
        blocks.push(&format!("What to do:{remedies}"));
    }
    blocks.files(files);
    disable::take_back(&mut blocks, facts, rollback);
    if let Some(next) = next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

/// How a run ended that was to begin afresh and got no answer: why, what stands as it stood, and the command line to type
/// next.
pub fn nothing_begun(stopped: &StopReason, ledger: &Path, next: &str) -> String {
    let mut blocks = Blocks::new(false);
    let reason = terminal_safe(&stopped.to_string(), WHOLE);
    blocks.push(&format!("Ended before the platform answered for a row: {reason}"));
    let ledger = terminal_safe(&ledger.display().to_string(), WHOLE);
    blocks.push(&format!("Nothing was put aside: {ledger} and its reports are as they were."));
    blocks.command("Next:", next);
    blocks.finish()
}

/// Where the run ended, and why.
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

/// The same where nothing was to be switched off; the last row may be what ended it.
pub(crate) fn ended_before(facts: &RunFacts, words: &str) -> String {
    let when = if facts.count(RowStatus::NotChecked) > 0 { "before the last row" } else { "early" };
    format!("Ended {when}: {words}")
}

/// How much there is to do, and how long it takes at that pace.
pub(crate) fn work(backlog: &Backlog, rpm: u32, requests_each: u64) -> String {
    let all = rows(backlog.rows);
    let to_do = grouped(backlog.to_do);
    let done = backlog.rows.saturating_sub(backlog.to_do).saturating_sub(backlog.beyond_limit);
    if backlog.to_do == 0 {
        return format!("{all}: {} done, nothing to go.", grouped(done));
    }
    let requests = backlog.to_do.saturating_mul(requests_each);
    let paced = requests.saturating_sub(u64::from(FIRST_AT_ONCE));
    let time = Duration::from_secs(paced.saturating_mul(60).div_ceil(u64::from(rpm.max(1))));
    let cost = format!(
        "{} each, about {} in all, at most {} a minute: {}",
        counted(requests_each, "request", "requests"),
        grouped(requests),
        grouped(u64::from(rpm)),
        about(time)
    );
    if backlog.settled_before > 0 {
        format!("{all}: {} done, {to_do} to go ({cost}).", grouped(done))
    } else {
        format!("{all}: {to_do} to check ({cost}).")
    }
}

/// Rows whose status is not what this run has found out.
pub(crate) fn kept(facts: &RunFacts) -> Option<String> {
    let (of, it) = if facts.kept == 1 { ("keeps its", "it") } else { ("keep their", "them") };
    (facts.kept > 0).then(|| {
        format!(
            "{} of these {of} earlier status: the last read got no answer about {it} (see `error` in the report).",
            grouped(facts.kept)
        )
    })
}

fn statuses(facts: &RunFacts) -> String {
    by_word(RowStatus::ALL.map(|status| (status.as_str(), facts.count(status), String::new())))
}

fn most_important(remedies: &[(Remedy, u64)]) -> String {
    let mut remedies: Vec<_> =
        remedies.iter().filter(|(remedy, rows)| *remedy != Remedy::Nothing && *rows > 0).collect();
    remedies.sort_by_key(|(remedy, rows)| (std::cmp::Reverse(*rows), *remedy));
    let width = remedies.first().map_or(0, |(_, rows)| grouped(*rows).len());
    remedies.iter().take(REMEDIES).fold(String::new(), |mut text, (remedy, rows)| {
        let unit = if *rows == 1 { "row: " } else { "rows:" };
        let _ = write!(text, "\n  {:>width$} {unit} {}", grouped(*rows), remedy.sentence());
        text
    })
}

/// A duration as a person says it, rounded up: `about 6 min 30 s`, `about 14 min`, `about 2 h 10 min`.
pub(crate) fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => "less than a minute".to_owned(),
        60..=570 => {
            let halves = seconds.div_ceil(30);
            match halves % 2 {
                0 => format!("about {} min", halves / 2),
                _ => format!("about {} min 30 s", halves / 2),
            }
        }
        571..=5_940 => format!("about {} min", seconds.div_ceil(60)),
        _ => {
            let tens = seconds.div_ceil(600);
            match tens % 6 {
                0 => format!("about {} h", grouped(tens / 6)),
                rest => format!("about {} h {} min", grouped(tens / 6), rest * 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DisabledState, DisablingEnd};

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
        insta::assert_snapshot!(before(&backlog, 300, Some("https://api.langdock.com"), false, Disabling::No, Unsettled::default()), @r"
        Platform: https://api.langdock.com
        1,000 rows: 988 to check (2 requests each, about 1,976 in all, at most 300 a minute: about 6 min 30 s).
        No request is spent on 7 rows without exactly one UUID, 5 rows like an earlier one.
        It only reads; nothing is changed.
        ");
    }

    #[test]
    fn before_going_on() {
        let backlog = Backlog { rows: 10_000, settled_before: 9_988, to_do: 12, ..Backlog::default() };
        insta::assert_snapshot!(before(&backlog, 300, Some("https://api.odeus.ai"), false, Disabling::Yes, Unsettled::default()), @r"
        Platform: https://api.odeus.ai
        10,000 rows: 9,988 done, 12 to go (2 requests each, about 24 in all, at most 300 a minute: less than a minute).
        It reads first. What is then to be switched off is shown, and asked about, before anything is changed.
        ");
    }

    #[test]
    fn before_a_practice_run_with_a_limit_and_before_one_with_nothing_to_do() {
        let backlog = Backlog { rows: 10, to_do: 4, beyond_limit: 6, ..Backlog::default() };
        insta::assert_snapshot!(before(&backlog, 300, None, true, Disabling::No, Unsettled::default()), @r"
        PRACTICE: a made-up workspace inside this program; nothing real is read or changed.
        10 rows: 4 to check (2 requests each, about 8 in all, at most 300 a minute: less than a minute).
        No request is spent on 6 rows left for another run by --limit.
        It only reads; nothing is changed.
        ");
        let backlog = Backlog { rows: 1, settled_before: 1, ..Backlog::default() };
        insta::assert_snapshot!(before(&backlog, 300, None, true, Disabling::No, Unsettled::default()), @r"
        PRACTICE: a made-up workspace inside this program; nothing real is read or changed.
        1 row: 1 done, nothing to go.
        It only reads; nothing is changed.
        ");
    }

    #[test]
    fn after_a_run() {
        let remedies = [
            (Remedy::Nothing, 1_180),
            (Remedy::MendAgent, 1),
            (Remedy::ShareAssistant, 12),
            (Remedy::MendCell, 1),
            (Remedy::RunAgain, 0),
            (Remedy::RunAgainLater, 3),
            (Remedy::CheckConnection, 1),
        ];
        let files =
            [("report", Path::new("assistants.report.csv")), ("ledger", Path::new("a\u{1b}[31m.ledger"))];
        let next = "agent-migrate run assistants.csv --platform langdock";
        insta::assert_snapshot!(after(&facts(false), &remedies, &files, Some(next), None, None), @r"
        1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        What to do:
          12 rows: Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.
           3 rows: The platform was in trouble: run the same command again later; only what is not settled is asked for again.
           1 row:  Bring the agent in line with the assistant (see differences), publish it, then run the same command again.
           1 row:  Put exactly one UUID into this cell, or delete the row, then run the same command again.

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
            after(&facts(true), &[(Remedy::GiveScope, 12)], &files, Some("agent-migrate run --sandbox"), Some(&stopped), None),
            @r"
        PRACTICE: Ended early: the key lacks a scope: AGENT [31m_API. Give it that scope in the workspace's API key settings.

        PRACTICE: 1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        PRACTICE: What to do:
          12 rows: Give the API key the scope that `error` names (AGENT_API, if it names none), then run the same command again.

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
        let (next, rollback) =
            ("agent-migrate run --sandbox --disable", "agent-migrate rollback sample.ledger");
        let files = [("ledger", Path::new("sample.ledger"))];
        insta::assert_snapshot!(
            after(&facts, &[(Remedy::SwitchOnByHand, 1)], &files, Some(next), Some(&stopped), Some(rollback)),
            @r"
        PRACTICE: WARNING: 1 assistant could not be switched on again and may be off with its agent. Run the
        rollback now (it switches on all 1,001 that may be off because of this program; --only UUID picks
        one):
          agent-migrate rollback sample.ledger

        PRACTICE: Ended before the last assistant was switched off: the server seems out of reach: the rows asked for last got no sensible answer. Check the connection and the platform's status page, then run the same command again.

        PRACTICE: 1,193 rows:
          verified             1,180
          mismatch                 1
          no_access               12

        PRACTICE: Switched off or not:
          disabled             1,000
          revert_failed            1

        PRACTICE: Switching off ended early. 1,000 assistants are off because of this program. The others
        were left as they are. The same command goes on.

        PRACTICE: What to do:
          1 row:  It may be off, and its agent with it: run `rollback` on the ledger now, or switch it on in the web app.

        PRACTICE: Files:
          ledger  sample.ledger

        PRACTICE: To take it back:
          agent-migrate rollback sample.ledger

        PRACTICE: Next:
          agent-migrate run --sandbox --disable
        "
        );
        let declined = after(&facts, &[], &[], None, Some(&StopReason::Declined), None);
        assert!(
            declined.contains("PRACTICE: Nothing more is switched off: you did not say yes.\n"),
            "{declined}"
        );
    }

    #[test]
    fn before_it_settles_what_an_earlier_run_left_open_it_says_so() {
        let said = |unsettled, disabling| {
            let text = before(&Backlog::default(), 300, None, true, disabling, unsettled);
            text.lines().skip(2).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(said(Unsettled { reverts: 1, ..Unsettled::default() }, Disabling::No), @r"
        First it settles what an earlier run left open: 1 assistant is to be switched on again.
        For the rest it only reads.
        ");
        let unsettled = Unsettled { reverts: 0, answers: 2, looks: 1_000 };
        insta::assert_snapshot!(said(unsettled, Disabling::Yes), @r"
        First it settles what an earlier run left open: 2 assistants were asked to go off and may be off;
        1,000 assistants are off and their agents to be looked at.
        It reads first. What is then to be switched off is shown, and asked about, before anything is changed.
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
            let text = before(&Backlog::default(), 300, None, true, disabling, Unsettled::default());
            assert_eq!(text.lines().last(), Some(said), "{disabling:?}");
        }
    }

    #[test]
    fn durations_are_rounded_up_to_what_a_person_says() {
        for (seconds, said) in [
            (0, "less than a minute"),
            (60, "about 1 min"),
            (61, "about 1 min 30 s"),
            (383, "about 6 min 30 s"),
            (390, "about 6 min 30 s"),
            (571, "about 10 min"),
            (840, "about 14 min"),
            (5_940, "about 99 min"),
            (7_200, "about 2 h"),
            (7_201, "about 2 h 10 min"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), said, "{seconds}");
        }
    }
}
