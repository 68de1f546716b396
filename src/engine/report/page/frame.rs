//! What every page has, whatever it is about: head, heading, controls, the table's headings.

use jiff::Timestamp;

use super::columns::Column;
use super::part::PartOf;
use super::policy;
use super::writer::MAX_ROWS;
use crate::base::{RunFacts, grouped};

/// A table with more rows than this is long.
const LONG: u64 = 200;

/// What a page is about.
pub(crate) struct About {
    /// What the browser shows of it elsewhere.
    pub(crate) title: String,
    pub(crate) heading: &'static str,
    pub(crate) lead: &'static str,
    /// Rows there are, those left out included.
    pub(crate) rows: u64,
    /// The class of the table, beside those that follow from its columns.
    pub(crate) table: &'static str,
}

/// What a page was asked to show, and how.
pub struct Asked<'a> {
    pub(crate) columns: &'a [Column],
    /// Names of the carried-through columns.
    pub(crate) carried: &'a [String],
    /// Why the run ended early, redacted if asked for.
    pub(crate) stopped: Option<String>,
    /// Whether lengths stand in place of texts.
    pub(crate) redacted: bool,
    /// Whose rows these are, where they are not all.
    pub(crate) part: Option<&'a PartOf>,
}

/// All that `base.html` shows.
pub(crate) struct Frame<'a> {
    pub(crate) about: About,
    pub(crate) asked: Asked<'a>,
    pub(crate) facts: &'a RunFacts,
    pub(crate) policy: String,
    pub(crate) style: &'static str,
    pub(crate) when: String,
    /// What has changed since the run before.
    pub(crate) since: Option<String>,
    pub(crate) left_out: Option<String>,
    pub(crate) shown_carried: usize,
    /// So many rows that the browser had better not lay out those that are out of sight.
    pub(crate) is_long: bool,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(facts: &'a RunFacts, about: About, asked: Asked<'a>) -> Self {
        let shown = |column: &&Column| column.is_carried() && column.is_shown;
        Self {
            policy: policy::content_security_policy(),
            style: policy::STYLE,
            when: when(facts),
            since: facts.since_last.as_ref().map(|since| since.sentence(facts.started_at)),
            left_out: left_out(about.rows),
            shown_carried: asked.columns.iter().filter(shown).count(),
            is_long: about.rows > LONG,
            about,
            asked,
            facts,
        }
    }
}

/// The last run, in the words of a person: `2025-04-01, 08:00 to 08:07 UTC`.
pub(super) fn when(facts: &RunFacts) -> String {
    let time = |time: Timestamp, form| time.strftime(form).to_string();
    let (day, minute) = ("%Y-%m-%d", "%H:%M");
    match (facts.started_at, facts.finished_at) {
        (None, _) => "no run yet".to_owned(),
        (Some(start), None) => {
            format!("begun {}, {} UTC; not finished", time(start, day), time(start, minute))
        }
        (Some(start), Some(end)) => {
            let same_day = time(start, day) == time(end, day);
            let end_day = if same_day { String::new() } else { format!("{}, ", time(end, day)) };
            format!("{}, {} to {end_day}{} UTC", time(start, day), time(start, minute), time(end, minute))
        }
    }
}

fn left_out(rows: u64) -> Option<String> {
    (rows > MAX_ROWS).then(|| {
        format!(
            "This page shows {} of {} rows: those that need somebody come first, in the order of the list, the others \
             fill up. The other {} rows are counted above and stand in the CSV and JSON reports of the same run.",
            grouped(MAX_ROWS),
            grouped(rows),
            grouped(rows - MAX_ROWS)
        )
    })
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
            (
                Some("2025-04-01T23:00:00Z"),
                Some("2025-04-02T00:10:00Z"),
                "2025-04-01, 23:00 to 2025-04-02, 00:10 UTC",
            ),
        ] {
            assert_eq!(when(&facts(start, end)), said);
        }
    }
}
