//! Numbers of rows for the top of a page, and the bar of statuses.

use crate::domain::{RowStatus, grouped};

/// The bar is so many units long.
const BAR: u64 = 1_000;

/// A part of the bar is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 6;

/// A number of rows that is not 0.
pub(super) struct Count {
    pub(super) rows: String,
    pub(super) one: bool,
}

impl Count {
    pub(super) fn of(rows: u64) -> Option<Self> {
        (rows > 0).then(|| Self { rows: grouped(rows), one: rows == 1 })
    }
}

/// How many rows there are of each status, as a bar and as a list.
pub(super) struct Standing {
    /// What the bar says to those who do not see it.
    pub(super) says: String,
    pub(super) bar: Vec<Part>,
    pub(super) lines: Vec<StatusLine>,
}

/// A part of the bar.
pub(super) struct Part {
    pub(super) status: RowStatus,
    pub(super) from: u64,
    pub(super) length: u64,
}

/// The rows of one status.
pub(super) struct StatusLine {
    pub(super) status: RowStatus,
    /// What the status is called on this page.
    pub(super) word: &'static str,
    pub(super) rows: String,
    pub(super) percent: String,
    pub(super) meaning: &'static str,
}

impl Standing {
    /// Of the rows so counted; `word` and `meaning` say what a status is called and means here.
    pub(super) fn new(
        count: impl Fn(RowStatus) -> u64,
        word: fn(RowStatus) -> &'static str,
        meaning: fn(RowStatus) -> &'static str,
        says: String,
    ) -> Self {
        let counts = RowStatus::ALL.map(|status| (status, count(status)));
        let counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        let rows = counts.iter().map(|(_, count)| count).sum();
        let line = |(status, count): &(RowStatus, u64)| StatusLine {
            status: *status,
            word: word(*status),
            rows: grouped(*count),
            percent: percent(*count, rows),
            meaning: meaning(*status),
        };
        Self { says, lines: counts.iter().map(line).collect(), bar: bar(&counts, rows) }
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
pub(super) fn percent(part: u64, whole: u64) -> String {
    match u128::from(part) * 100 / u128::from(whole.max(1)) {
        0 if part > 0 => "<1 %".to_owned(),
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
}
