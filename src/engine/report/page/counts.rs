//! Numbers of rows for the top of a page, and the bar of statuses.

use std::borrow::Cow;

use crate::base::Lang;

/// The bar is so many units long.
const BAR: u64 = 1_000;

/// A part of the bar is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 6;

/// Rows that stand alike.
#[derive(Clone, Copy, Debug)]
pub struct StatusGroup {
    /// Where it stands among the others.
    pub(crate) rank: usize,
    /// Its colour and sign.
    pub(crate) class: &'static str,
    /// What their status is called on this page.
    pub(crate) word: &'static str,
    /// What such rows are called where they are told apart from others of their status.
    pub(crate) label: &'static str,
    pub(crate) meaning: &'static str,
}

/// What a row stands for in a plot.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    pub(crate) value: Cow<'a, str>,
    pub(crate) class: &'static str,
    /// What there is to say about the value; mostly nothing.
    pub(crate) mark: &'static str,
    /// The more, the further in front.
    pub(crate) rank: usize,
}

pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) from: u64,
    pub(super) length: u64,
}

pub(super) struct StatusLine {
    pub(super) group: StatusGroup,
    pub(super) rows: String,
    pub(super) percent: String,
    /// What the filter of those that need somebody is set to: its option, empty for all rows.
    pub(super) needing: &'static str,
}

/// A line for each of these groups, which have whether their rows need somebody and their number.
pub(super) fn statuses(groups: &[(StatusGroup, bool, u64)], lang: Lang) -> Vec<StatusLine> {
    let all = groups.iter().map(|(_, _, rows)| rows).sum();
    let line = |(group, needs_somebody, rows): &(StatusGroup, bool, u64)| {
        let is_split = groups.iter().filter(|(other, _, _)| other.rank == group.rank).count() > 1;
        StatusLine {
            group: *group,
            rows: lang.number(*rows),
            percent: percent(*rows, all),
            needing: match (is_split, needs_somebody) {
                (false, _) => "",
                (true, true) => "1",
                (true, false) => "0",
            },
        }
    };
    groups.iter().map(line).collect()
}

/// One after the other, together as long as the bar, none too short to be seen.
pub(super) fn bar(groups: &[(StatusGroup, bool, u64)]) -> Vec<Part> {
    let all: u64 = groups.iter().map(|(_, _, rows)| rows).sum();
    let spread = BAR.saturating_sub(SHORTEST * groups.len() as u64);
    let mut from = 0;
    let mut parts = Vec::with_capacity(groups.len());
    for (at, (group, _, rows)) in groups.iter().enumerate() {
        let share = u128::from(spread) * u128::from(*rows) / u128::from(all.max(1));
        let length = SHORTEST + u64::try_from(share).unwrap_or(spread);
        // What rounding left over goes to the last one.
        let length = if at + 1 == groups.len() { BAR - from } else { length };
        parts.push(Part { class: group.class, from, length });
        from += length;
    }
    parts
}

/// To the nearest whole one; never 0 % of something, nor 100 % of less than everything.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let all = u128::from(whole.max(1));
    match (u128::from(part) * 200 + all) / (all * 2) {
        0 if part > 0 => "<1 %".to_owned(),
        100 if part < whole => ">99 %".to_owned(),
        whole_percent => format!("{whole_percent} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_always_as_long_and_shows_the_smallest_part() {
        for counts in
            [vec![35], vec![1, 4_999], vec![4_999, 1], vec![1; 9], vec![3, 3, 3], vec![1, 999_999_999]]
        {
            let group = StatusGroup { rank: 0, class: "", word: "", label: "", meaning: "" };
            let groups: Vec<_> = counts.into_iter().map(|rows| (group, false, rows)).collect();
            let parts = bar(&groups);
            assert!(parts.iter().all(|part| part.length >= SHORTEST));
            let end = parts.iter().fold(0, |end, part| {
                assert_eq!(part.from, end);
                end + part.length
            });
            assert_eq!(end, BAR);
        }
        assert!(bar(&[]).is_empty());
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_everything() {
        for (part, whole, said) in [
            (0, 0, "0 %"),
            (0, 5, "0 %"),
            (1, 5_000, "<1 %"),
            (1, 200, "1 %"),
            (5, 9, "56 %"),
            (4, 9, "44 %"),
            (1, 8, "13 %"),
            (4_974, 5_000, "99 %"),
            (4_999, 5_000, ">99 %"),
            (u64::MAX - 1, u64::MAX, ">99 %"),
            (5, 5, "100 %"),
        ] {
            assert_eq!(percent(part, whole), said);
        }
    }
}
