//! What every command that works on rows says before and after: pure functions from facts to text.

use std::path::Path;
use std::time::Duration;

use super::layout::{Blocks, WHOLE, by_word, counted, rows};
use super::markup::{Text, Tone};
use crate::base::{Backlog, FIRST_AT_ONCE, Lang, RowStatus, RunFacts, StopReason, grouped, terminal_safe};

/// Where the requests go; `None` is the practice workspace.
pub(crate) fn platform(base_url: Option<&str>) -> String {
    match base_url {
        None => {
            "PRACTICE: a made-up workspace inside this program; nothing real is read or changed.".to_owned()
        }
        Some(base_url) => format!("Platform: {}", terminal_safe(base_url, WHOLE)),
    }
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

/// Where work on rows ended, and why (`words`); the last row may be what ended it.
pub(crate) fn ended_before(facts: &RunFacts, words: &str) -> String {
    let when = if facts.count(RowStatus::NotChecked) > 0 { "before the last row" } else { "early" };
    format!("Ended {when}: {words}")
}

/// How a run ended that was to begin afresh and got no answer: why, what stands as it stood, and the command line to type
/// next.
pub fn nothing_begun(stopped: &StopReason, ledger: &Path, next: &str) -> Text {
    let mut blocks = Blocks::new(false);
    let reason = terminal_safe(&stopped.to_string(), WHOLE);
    blocks.push(&format!("Ended before the platform answered for a row: {reason}"));
    let ledger = terminal_safe(&ledger.display().to_string(), WHOLE);
    blocks.push(&format!("Nothing was put aside: {ledger} and its reports are as they were."));
    blocks.command("Next:", next);
    blocks.finish()
}

/// Rows by status, each called by its `word`, and what has changed since last time.
pub(crate) fn by_status(blocks: &mut Blocks, facts: &RunFacts, word: fn(RowStatus) -> &'static str) {
    let statuses =
        RowStatus::ALL.map(|status| (word(status), Tone::of(status), facts.count(status), String::new()));
    blocks.push(&format!("{}:{}", rows(facts.rows()), by_word(statuses)));
    if let Some(kept) = kept(facts) {
        blocks.say(&kept);
    }
    if let Some(since) = &facts.since_last {
        blocks.say(&since.sentence(facts.started_at, Lang::En));
    }
}

/// Rows whose status is not what this run has found out.
fn kept(facts: &RunFacts) -> Option<String> {
    let (of, it) = if facts.kept == 1 { ("keeps its", "it") } else { ("keep their", "them") };
    (facts.kept > 0).then(|| {
        format!(
            "{} of these {of} earlier status: the last read got no answer about {it} (see `error` in the report).",
            grouped(facts.kept)
        )
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
