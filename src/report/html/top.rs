//! The top of the page: what this is, how many are done, who must act and how.

use askama::Template;
use jiff::Timestamp;

use super::columns::Column;
use super::overview::Overview;
use super::switching::Switching;
use super::{MAX_ROWS, PartOf, policy};
use crate::domain::{RowStatus, RunFacts, grouped, one_line};

/// The bar is so many units long.
const BAR: u64 = 1_000;

/// A part of the bar is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 6;

/// A table with more rows than this is long.
const LONG: u64 = 200;

/// Those who have to act, shown at most.
const PEOPLE: usize = 12;

/// All that stands above the table's rows.
#[derive(Template)]
#[template(path = "top.html", config = "src/report/html/askama.toml")]
pub(super) struct Top<'a> {
    policy: String,
    style: &'static str,
    facts: &'a RunFacts,
    part: Option<&'a PartOf>,
    redacted: bool,
    when: String,
    stopped: Option<String>,
    done: String,
    rows: String,
    percent_done: String,
    needing: Option<Count>,
    not_checked: Option<Count>,
    bar: Vec<Part>,
    statuses: Vec<StatusLine>,
    remedies: Vec<RemedyLine>,
    people: Option<People>,
    switching: Option<Switching>,
    left_out: Option<String>,
    columns: &'a [Column],
    shown_carried: usize,
    /// So many rows that the browser had better not lay out those that are out of sight.
    is_long: bool,
}

/// A number of rows that is not 0.
struct Count {
    rows: String,
    one: bool,
}

struct Part {
    status: RowStatus,
    from: u64,
    length: u64,
}

struct StatusLine {
    status: RowStatus,
    rows: String,
    percent: String,
    meaning: &'static str,
}

struct RemedyLine {
    count: Count,
    sentence: &'static str,
}

struct People {
    /// The key of their column.
    key: String,
    column: String,
    shown: Vec<Person>,
    others: Option<String>,
}

struct Person {
    value: String,
    needing: String,
    rows: String,
}

impl<'a> Top<'a> {
    /// Gathers it. `stopped` is why the run ended early, redacted if asked for; `carried` are the names of the
    /// carried-through columns.
    pub(super) fn new(
        facts: &'a RunFacts,
        overview: &Overview,
        stopped: Option<String>,
        redacted: bool,
        carried: &[String],
        columns: &'a [Column],
    ) -> Self {
        let rows = facts.rows();
        let done = rows.saturating_sub(overview.needing()).saturating_sub(overview.not_checked());
        let counts: Vec<_> = RowStatus::ALL
            .into_iter()
            .map(|status| (status, facts.count(status)))
            .filter(|(_, count)| *count > 0)
            .collect();
        Self {
            policy: policy::content_security_policy(),
            style: policy::STYLE,
            facts,
            part: None,
            redacted,
            when: when(facts),
            stopped,
            done: grouped(done),
            rows: grouped(rows),
            percent_done: percent(done, rows),
            needing: Count::of(overview.needing()),
            not_checked: Count::of(overview.not_checked()),
            bar: bar(&counts, rows),
            statuses: counts.iter().map(|(status, count)| StatusLine::new(*status, *count, rows)).collect(),
            remedies: remedies(overview),
            people: people(overview, carried),
            switching: Switching::of(facts),
            left_out: left_out(rows),
            columns,
            shown_carried: columns.iter().filter(|column| column.is_carried() && column.is_shown).count(),
            is_long: rows > LONG,
        }
    }

    /// The same, with a heading that says whose rows these are, and without the list of those who have to act where that
    /// would only say it again.
    pub(super) fn of_part(self, part: Option<&'a PartOf>) -> Self {
        let says_it_again =
            |people: &People| part.is_some_and(|part| people.key == Column::carried_key(part.at));
        Self { part, people: self.people.filter(|people| !says_it_again(people)), ..self }
    }
}

impl StatusLine {
    fn new(status: RowStatus, count: u64, rows: u64) -> Self {
        Self { status, rows: grouped(count), percent: percent(count, rows), meaning: meaning(status) }
    }
}

impl Count {
    fn of(rows: u64) -> Option<Self> {
        (rows > 0).then(|| Self { rows: grouped(rows), one: rows == 1 })
    }
}

fn remedies(overview: &Overview) -> Vec<RemedyLine> {
    let remedies = overview.remedies().into_iter();
    remedies
        .filter_map(|(remedy, rows)| {
            Some(RemedyLine { count: Count::of(rows)?, sentence: remedy.sentence() })
        })
        .collect()
}

const fn meaning(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Verified => "the agent is what the assistant was",
        RowStatus::Mismatch => "the agent is there and differs",
        RowStatus::AssistantNotFound => "no such assistant, or not shared with the API key",
        RowStatus::AgentNotFound => "no such agent, or not shared with the API key",
        RowStatus::NoAccess => "not shared with the API key",
        RowStatus::Failed => "no sensible answer from the platform",
        RowStatus::InvalidId => "the cell does not hold exactly one id",
        RowStatus::Duplicate => "the same as an earlier row",
        RowStatus::NotChecked => "the run ended before it",
    }
}

/// One after the other, together as long as the bar, none too short to be seen.
fn bar(counts: &[(RowStatus, u64)], rows: u64) -> Vec<Part> {
    let spread = BAR.saturating_sub(SHORTEST * counts.len() as u64);
    let mut from = 0;
    let mut parts = Vec::with_capacity(counts.len());
    for (at, (status, count)) in counts.iter().enumerate() {
        let share = u128::from(spread) * u128::from(*count) / u128::from(rows.max(1));
        let length = SHORTEST + u64::try_from(share).unwrap_or(spread);
        // What rounding left over goes to the last one.
        let length = if at + 1 == counts.len() { BAR - from } else { length };
        parts.push(Part { status: *status, from, length });
        from += length;
    }
    parts
}

/// Never 0 % of something, nor 100 % of less than everything.
fn percent(part: u64, whole: u64) -> String {
    match u128::from(part) * 100 / u128::from(whole.max(1)) {
        0 if part > 0 => "<1 %".to_owned(),
        whole_percent => format!("{whole_percent} %"),
    }
}

/// The last run, in the words of a person: `2025-04-01, 08:00 to 08:07 UTC`.
pub(in crate::report) fn when(facts: &RunFacts) -> String {
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

fn people(overview: &Overview, carried: &[String]) -> Option<People> {
    let (at, values) = overview.people(carried)?;
    let others = values.iter().skip(PEOPLE);
    let (more, their_rows) =
        (others.clone().count() as u64, others.map(|(_, share)| share.needing).sum::<u64>());
    Some(People {
        key: Column::carried_key(at),
        column: carried.get(at).map(|name| one_line(name)).unwrap_or_default(),
        shown: values
            .iter()
            .take(PEOPLE)
            .map(|(value, share)| Person {
                value: (*value).to_owned(),
                needing: grouped(share.needing),
                rows: grouped(share.rows),
            })
            .collect(),
        others: (more > 0).then(|| format!("{} more, with {} rows", grouped(more), grouped(their_rows))),
    })
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
    fn the_bar_is_always_as_long_and_shows_the_smallest_part() {
        for counts in
            [vec![35], vec![1, 4_999], vec![4_999, 1], vec![1; 9], vec![3, 3, 3], vec![1, 999_999_999]]
        {
            let counts: Vec<_> = RowStatus::ALL.into_iter().zip(counts).collect();
            let rows = counts.iter().map(|(_, count)| count).sum();
            let parts = bar(&counts, rows);
            assert!(parts.iter().all(|part| part.length >= SHORTEST));
            let end = parts.iter().fold(0, |end, part| {
                assert_eq!(part.from, end);
                part.from + part.length
            });
            assert_eq!(end, BAR);
        }
        assert!(bar(&[], 0).is_empty());
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_everything() {
        for (part, whole, said) in
            [(0, 0, "0 %"), (0, 5, "0 %"), (1, 5_000, "<1 %"), (4_999, 5_000, "99 %"), (5, 5, "100 %")]
        {
            assert_eq!(percent(part, whole), said);
        }
    }

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
