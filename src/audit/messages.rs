//! What is said before and after an audit: pure functions from facts to text.

use std::fmt::Write as _;
use std::path::Path;

use super::counters::AuditCounters;
use super::row::{AuditFacts, Source, reading_word};
use crate::base::{Backlog, Lang, RowStatus, StopReason, grouped, terminal_safe};
use crate::engine::terminal::{
    Blocks, Text, WHOLE, Wording, by_status, ended_before, hanging, most_first, not_asked_for, platform,
    rows, work,
};

/// How an audit speaks of its events.
pub static WORDING: Wording = Wording { requests_each: 1, word: reading_word, says: |_, _| None };

/// What an audit is about to do: where, how many rows and requests, how long. `base_url` is `None` in the practice
/// workspace.
pub fn before_audit(backlog: &Backlog, rpm: u32, base_url: Option<&str>, source: Source) -> Text {
    let mut text = format!("{}\n{}\n", platform(base_url), work(backlog, rpm, 1));
    text.push_str(&not_asked_for(backlog));
    text.push_str(match source {
        Source::Assistant => "It reads assistants, and changes nothing.",
        Source::Agent => "It reads agents, and changes nothing.",
        Source::Auto => {
            "It reads assistants, or agents where the Assistants API has ended, and changes nothing."
        }
    });
    Text::from(text)
}

/// How an audit ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditSummary<'a> {
    pub(crate) facts: &'a AuditFacts,
    /// What was found; `None` where it could not be worked out.
    pub(crate) counters: Option<&'a AuditCounters>,
    /// Rows that were read from the Agents API although assistants were asked for.
    pub(crate) agents_instead: u64,
    /// The files, with what each one is.
    pub(crate) files: &'a [(&'a str, &'a Path)],
    pub(crate) next: Option<&'a str>,
    pub(crate) stopped: Option<&'a StopReason>,
}

/// How an audit ended, for the person. Every block of a practice run says so in its first line.
pub(crate) fn after_audit(summary: &AuditSummary<'_>) -> Text {
    let AuditFacts { run, models_known } = summary.facts;
    let mut blocks = Blocks::new(run.practice);
    if let Some(reason) = summary.stopped {
        blocks.push(&ended_before(run, &terminal_safe(&reason.to_string(), WHOLE)));
    }
    by_status(&mut blocks, run, reading_word);
    if summary.agents_instead > 0 {
        blocks.say(&format!(
            "The Assistants API has ended here: {} came from the Agents API.",
            rows(summary.agents_instead)
        ));
    }
    if let Some(counters) = summary.counters.filter(|_| run.count(RowStatus::Verified) > 0) {
        blocks.push(&found(counters));
        if !models_known {
            blocks.say("The models of this key could not be read: nothing is said about models.");
        }
    }
    if let Some(counters) = summary.counters.filter(|counters| !counters.remedies.is_empty()) {
        blocks.push(&format!("What to do about rows that were not read:{}", most_first(&counters.remedies)));
    }
    blocks.files(summary.files);
    if let Some(next) = summary.next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

/// The findings, the heaviest first.
fn found(counters: &AuditCounters) -> String {
    let mut found: Vec<_> = counters.found.values().collect();
    if found.is_empty() {
        return "Nothing was found.".to_owned();
    }
    found.sort_by_key(|found| (std::cmp::Reverse((found.kind.weight, found.rows)), found.kind.code));
    let width = found.iter().map(|found| grouped(found.rows).len()).max().unwrap_or_default();
    let code = found.iter().map(|found| found.kind.code.len()).max().unwrap_or_default();
    found.iter().fold("Found, the heaviest first:".to_owned(), |mut text, found| {
        let (weight, rows) = (found.kind.weight.as_str(), grouped(found.rows));
        let head = format!("  {weight:<6}  {rows:>width$}  {:<code$}  ", found.kind.code);
        let _ = write!(text, "\n{}", hanging(&head, Lang::En.of(found.kind.advice)));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::counters::Found;
    use crate::audit::{FindingKind, Weight};
    use crate::base::RunFacts;

    fn facts() -> AuditFacts {
        AuditFacts {
            run: RunFacts {
                practice: false,
                counts: vec![
                    (RowStatus::Verified, 1_180),
                    (RowStatus::NoAccess, 12),
                    (RowStatus::InvalidId, 1),
                ],
                ..RunFacts::default()
            },
            models_known: true,
        }
    }

    fn summary<'a>(facts: &'a AuditFacts, counters: &'a AuditCounters) -> AuditSummary<'a> {
        let counters = Some(counters);
        AuditSummary { facts, counters, agents_instead: 0, files: &[], next: None, stopped: None }
    }

    #[test]
    fn before_an_audit() {
        let backlog =
            Backlog { rows: 1_200, invalid: 2, settled_before: 198, to_do: 1_000, ..Backlog::default() };
        let said = before_audit(&backlog, 300, Some("https://api.langdock.com"), Source::Auto);
        insta::assert_snapshot!(said, @"
        Platform: https://api.langdock.com
        1,200 rows: 200 done, 1,000 to go (1 request each, about 1,000 in all, at most 300 a minute: about 3
        min 30 s).
        No request is spent on 2 rows without exactly one UUID.
        It reads assistants, or agents where the Assistants API has ended, and changes nothing.
        ");
        let backlog = Backlog { rows: 1, to_do: 1, ..Backlog::default() };
        insta::assert_snapshot!(before_audit(&backlog, 300, None, Source::Agent), @r"
        PRACTICE: a made-up workspace inside this program; nothing real is read or changed.
        1 row: 1 to check (1 request each, about 1 in all, at most 300 a minute: less than a minute).
        It reads agents, and changes nothing.
        ");
    }

    #[test]
    fn after_an_audit() {
        let found = [
            ("attachments", Weight::Low, "Attach them again", 1_000),
            ("secret", Weight::High, "Take it out", 1),
            ("name_over_80", Weight::Medium, "Shorten it", 7),
        ]
        .map(|(code, weight, advice, rows)| {
            let kind = FindingKind { code, weight, advice: [advice; 2], is_administrators: false };
            Found { kind: Box::leak(Box::new(kind)), rows }
        });
        let files = [("audit", Path::new("a.audit.csv")), ("ledger", Path::new("a.audit.ledger"))];
        let facts = facts();
        let counters = AuditCounters {
            found: found.map(|found| (found.kind.code, found)).into(),
            remedies: [("Mend the cell.", 1), ("Share it.", 12)].into(),
            ..AuditCounters::default()
        };
        let summary = AuditSummary {
            files: &files,
            next: Some("agent-migrate audit a.csv --platform langdock"),
            ..summary(&facts, &counters)
        };
        insta::assert_snapshot!(after_audit(&summary), @r"
        1,193 rows:
          read                 1,180
          no_access               12
          invalid_id               1

        Found, the heaviest first:
          high        1  secret        Take it out
          medium      7  name_over_80  Shorten it
          low     1,000  attachments   Attach them again

        What to do about rows that were not read:
          12  Share it.
           1  Mend the cell.

        Files:
          audit   a.audit.csv
          ledger  a.audit.ledger

        Next:
          agent-migrate audit a.csv --platform langdock
        ");
    }

    #[test]
    fn what_is_not_known_and_where_it_came_from_are_said() {
        let mut facts = facts();
        facts.models_known = false;
        facts.run.practice = true;
        let reason = StopReason::OutOfReach;
        let counters = AuditCounters::default();
        let summary =
            AuditSummary { agents_instead: 3, stopped: Some(&reason), ..summary(&facts, &counters) };
        insta::assert_snapshot!(after_audit(&summary), @"
        PRACTICE: Ended early: the server seems out of reach: the rows asked for last got no sensible
        answer. Check the connection and the platform's status page, then run the same command again.

        PRACTICE: 1,193 rows:
          read                 1,180
          no_access               12
          invalid_id               1

        PRACTICE: The Assistants API has ended here: 3 rows came from the Agents API.

        PRACTICE: Nothing was found.

        PRACTICE: The models of this key could not be read: nothing is said about models.
        ");
    }
}
