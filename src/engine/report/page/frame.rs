//! What page and index say alike: where and when the last run was, and what stopped it.

use jiff::Timestamp;

use super::words::{Words, fill, words};
use crate::base::{Lang, RunFacts};
use crate::engine::report::Texts;

/// What stands above the rows whatever they are.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) w: &'static Words,
    pub(super) is_practice: bool,
    pub(super) is_redacted: bool,
    pub(super) workspace: Option<String>,
    pub(super) program_version: String,
    pub(super) when: String,
    pub(super) stopped: Option<String>,
}

impl Frame {
    pub(super) fn new(run: &RunFacts, texts: Texts) -> Self {
        Self {
            lang: texts.lang,
            w: words(texts.lang),
            is_practice: run.practice,
            is_redacted: texts.redact,
            workspace: run.base_url.clone(),
            program_version: run.program_version.clone(),
            when: when(run, texts.lang),
            stopped: texts.stopped(run).map(|reason| plain(&reason)),
        }
    }
}

/// The last run, in the words of a person: `2025-04-01, 08:00 to 08:07 UTC`.
fn when(facts: &RunFacts, lang: Lang) -> String {
    let w = words(lang);
    let minute = |time: Timestamp| time.strftime("%H:%M").to_string();
    let Some(start) = facts.started_at else { return w.no_run.to_owned() };
    let (day, from) = (lang.day(start), minute(start));
    let Some(end) = facts.finished_at else { return fill(w.begun, &[&day, &from]) };
    let (end_day, to) = (lang.day(end), minute(end));
    if end_day != day {
        fill(w.to_other_day, &[&day, &from, &end_day, &to])
    } else if to != from {
        fill(w.from_to, &[&day, &from, &to])
    } else {
        fill(w.at, &[&day, &from])
    }
}

/// The sentence without the marks that words of a command line stand in elsewhere.
pub(super) fn plain(sentence: &str) -> String {
    sentence.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_run_is_said_in_minutes() {
        let facts = |start: Option<&str>, end: Option<&str>| RunFacts {
            started_at: start.map(|time| time.parse().unwrap()),
            finished_at: end.map(|time| time.parse().unwrap()),
            ..RunFacts::default()
        };
        for (start, end, said) in [
            (None, None, "no run yet"),
            (Some("2025-04-01T08:00:59Z"), None, "begun 2025-04-01, 08:00 UTC; not finished"),
            (Some("2025-04-01T08:00:59Z"), Some("2025-04-01T08:07:00Z"), "2025-04-01, 08:00 to 08:07 UTC"),
            (Some("2025-04-01T08:00:01Z"), Some("2025-04-01T08:00:59Z"), "2025-04-01, 08:00 UTC"),
            (
                Some("2025-04-01T23:00:00Z"),
                Some("2025-04-02T00:10:00Z"),
                "2025-04-01, 23:00 to 2025-04-02, 00:10 UTC",
            ),
        ] {
            assert_eq!(when(&facts(start, end), Lang::En), said);
        }
        let german = when(&facts(Some("2025-04-01T08:00:59Z"), Some("2025-04-01T08:07:00Z")), Lang::De);
        assert_eq!(german, "01.04.2025, 08:00 bis 08:07 Uhr UTC");
    }
}
