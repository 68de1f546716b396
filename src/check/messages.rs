//! What is said of verdicts, and before and after the agents are read once more: pure functions from facts to text.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::accept::Accepted;
use super::summary::Summary;
use super::verify::Verified;
use crate::base::{
    Backlog, FIRST_AT_ONCE, Lang, RowStatus, RunFacts, StopReason, grouped, quoted, terminal_safe,
};
use crate::engine::ledger::ReadBefore;
use crate::engine::terminal::{
    Blocks, Text, WHOLE, Wording, about, by_status, counted, counts, ended_before, enumerated, hanging,
    platform, rows,
};

/// Different changes shown at most; the report has them all.
const CHANGES: usize = 8;

/// Characters of one shown at most.
const CHANGE: usize = 160;

pub(crate) static WORDING: Wording = Wording { requests_each: 1, word: RowStatus::as_str, says: |_, _| None };

/// What `verify` is about to do: where, how many agents, how long. `before`: what one that was stopped early has read;
/// `rpm` is `--rpm`; `base_url` is `None` in the practice workspace.
pub(crate) fn before_verify(
    backlog: &Backlog,
    before: Option<ReadBefore>,
    rpm: u32,
    base_url: Option<&str>,
) -> Text {
    let mut text = format!("{}\n", platform(base_url));
    if let Some(ReadBefore { rows, since }) = before {
        let _ = writeln!(
            text,
            "It goes on where the last verify was stopped: what was read of {} since {} stands.",
            counted(rows, "agent", "agents"),
            Lang::En.moment(since)
        );
    }
    let paced = backlog.to_do.saturating_sub(u64::from(FIRST_AT_ONCE));
    let time = Duration::from_secs(paced.saturating_mul(60).div_ceil(u64::from(rpm.max(1))));
    let _ = writeln!(
        text,
        "{}: {} to read again (1 request each, at most {} a minute: {}).",
        rows(backlog.rows),
        counted(backlog.to_do, "agent", "agents"),
        grouped(u64::from(rpm)),
        about(time)
    );
    text.push_str(
        "They are compared with the assistants kept in the ledger, whose verdicts stay as they are. It only reads; \
         nothing is changed.",
    );
    Text::from(text)
}

/// In which fields differences are accepted, of which `typed` were asked for now; `None` where in none.
pub(crate) fn accepting(accepted: &Accepted, typed: &[String]) -> Option<String> {
    let names = |earlier: bool| -> Vec<&str> {
        accepted.names().filter(|name| typed.iter().any(|typed| typed == name) != earlier).collect()
    };
    let said = |names: Vec<&str>, from: &str| {
        let names: Vec<_> = names.into_iter().map(quoted).collect();
        (!names.is_empty()).then(|| format!("{}{from}", enumerated(&names)))
    };
    let parts: Vec<_> =
        [said(names(false), ""), said(names(true), " (from an earlier run; --fresh forgets it)")]
            .into_iter()
            .flatten()
            .collect();
    let sentence = format!("A difference is accepted, and only a note, in: {}.", parts.join("; "));
    (!parts.is_empty()).then_some(sentence)
}

/// An accepted name is that of no known field, and in no row anything differs in it.
pub(crate) fn differs_nowhere(name: &str) -> String {
    format!(
        "--accept {}: no known field, and no row differs in it; is it spelled as in the report?",
        quoted(name)
    )
}

/// Which verdicts are not what they were, and how many rows cannot have a new one. `ended`: every row was come to.
pub(crate) fn changed_verdicts(
    Verified { changed, never_read, .. }: &Verified,
    practice: bool,
    ended: bool,
) -> Text {
    let mut blocks = Blocks::new(practice);
    if changed.is_empty() {
        blocks.say(if ended {
            "No verdict changed since the run."
        } else {
            "No verdict changed since the run, as far as this came."
        });
    } else {
        let all: u64 = changed.values().sum();
        let lines = changed.iter().map(|((before, now), rows)| (*rows, format!("{before} -> {now}")));
        blocks.push(&format!("Changed since the run: {}{}", rows(all), counts(lines)));
    }
    if *never_read > 0 {
        blocks.say(&format!(
            "Not compared: {}, since no run has read their assistants; they keep their status. `run` reads them, while \
             the Assistants API answers.",
            rows(*never_read)
        ));
    }
    blocks.finish()
}

/// How `verify` ended: why it stopped early, rows by status, what to do, what differs, `files` with what each one is, and the
/// command lines that get on from here.
pub(crate) fn after_verify(
    facts: &RunFacts,
    summary: &Summary,
    files: &[(&str, &Path)],
    commands: &[(&str, String)],
    stopped: Option<&StopReason>,
) -> Text {
    let mut blocks = Blocks::new(facts.practice);
    if let Some(reason) = stopped {
        blocks.push(&ended_before(facts, &terminal_safe(&reason.to_string(), WHOLE)));
    }
    verdicts(&mut blocks, facts);
    what_to_do(&mut blocks, summary);
    blocks.files(files);
    next(&mut blocks, commands);
    blocks.finish()
}

pub(crate) fn verdicts(blocks: &mut Blocks, facts: &RunFacts) {
    by_status(blocks, facts, RowStatus::as_str);
}

/// What to do, and what differs how often.
pub(crate) fn what_to_do(blocks: &mut Blocks, summary: &Summary) {
    let remedies = summary.remedies();
    let width = remedies.iter().map(|(_, rows)| grouped(*rows).len()).max().unwrap_or_default();
    let lines = remedies.iter().fold(String::new(), |mut text, (remedy, rows)| {
        let unit = if *rows == 1 { "row: " } else { "rows:" };
        let head = format!("  {:>width$} {unit} ", grouped(*rows));
        let _ = write!(text, "\n{}", hanging(&head, remedy.sentence()));
        text
    });
    if !lines.is_empty() {
        blocks.push(&format!("What to do:{lines}"));
    }
    let changes = summary.changes();
    let lines = changes.iter().take(CHANGES).fold(String::new(), |mut text, (rows, what)| {
        let _ =
            write!(text, "\n{}", hanging(&format!("  {} x ", grouped(*rows)), &terminal_safe(what, CHANGE)));
        text
    });
    let others = changes.len().saturating_sub(CHANGES);
    if others > 0 {
        blocks.push(&format!("What differs:{lines}\n  and {others} more: see `differences` in the report"));
    } else if !lines.is_empty() {
        blocks.push(&format!("What differs:{lines}"));
    }
}

/// The command lines that get on from here, each with what it is for.
pub(crate) fn next(blocks: &mut Blocks, commands: &[(&str, String)]) {
    for (what, command) in commands {
        blocks.command(what, command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_it_says_what_it_costs_and_what_stays() {
        let backlog = Backlog { rows: 1_000, to_do: 900, ..Backlog::default() };
        insta::assert_snapshot!(before_verify(&backlog, None, 300, Some("https://api.langdock.com")), @r"
        Platform: https://api.langdock.com
        1,000 rows: 900 agents to read again (1 request each, at most 300 a minute: about 3 min).
        They are compared with the assistants kept in the ledger, whose verdicts stay as they are. It only
        reads; nothing is changed.
        ");
        assert!(before_verify(&backlog, None, 300, None).to_string().starts_with("PRACTICE: "));
        let before = ReadBefore { rows: 888, since: "2026-11-27T14:05:59Z".parse().unwrap() };
        let backlog = Backlog { settled_before: 888, to_do: 12, ..backlog };
        insta::assert_snapshot!(before_verify(&backlog, Some(before), 300, Some("https://api.langdock.com")), @r"
        Platform: https://api.langdock.com
        It goes on where the last verify was stopped: what was read of 888 agents since 2026-11-27 14:05:59
        UTC stands.
        1,000 rows: 12 agents to read again (1 request each, at most 300 a minute: less than a minute).
        They are compared with the assistants kept in the ledger, whose verdicts stay as they are. It only
        reads; nothing is changed.
        ");
    }

    #[test]
    fn what_is_accepted_is_said_with_where_it_comes_from() {
        let typed = ["temperature".to_owned(), "model".to_owned()];
        let said =
            |names: &[&str]| accepting(&Accepted::new(names.iter().map(|name| (*name).to_owned())), &typed);
        assert_eq!(said(&[]), None);
        insta::assert_snapshot!(said(&["temperature", "model"]).unwrap(), @"A difference is accepted, and only a note, in: 'model' and 'temperature'.");
        insta::assert_snapshot!(said(&["temperature", "color", "actions"]).unwrap(), @"A difference is accepted, and only a note, in: 'temperature'; 'actions' and 'color' (from an earlier run; --fresh forgets it).");
    }

    #[test]
    fn after_it_says_which_verdicts_changed_and_which_cannot() {
        let changed = Verified {
            changed: [
                ((RowStatus::Verified, RowStatus::Mismatch), 3),
                ((RowStatus::Mismatch, RowStatus::Verified), 1_200),
            ]
            .into(),
            never_read: 2,
            ..Verified::default()
        };
        insta::assert_snapshot!(changed_verdicts(&changed, false, true), @r"
        Changed since the run: 1,203 rows
              3  verified -> mismatch
          1,200  mismatch -> verified

        Not compared: 2 rows, since no run has read their assistants; they keep their status. `run` reads
        them, while the Assistants API answers.
        ");
        insta::assert_snapshot!(changed_verdicts(&Verified::default(), true, true), @"PRACTICE: No verdict changed since the run.");
        insta::assert_snapshot!(changed_verdicts(&Verified::default(), false, false), @"No verdict changed since the run, as far as this came.");
    }
}
