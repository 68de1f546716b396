//! Numbers of rows for the top of a page, and the bar of statuses.

use crate::base::grouped;

/// The bar is so many units long.
const BAR: u64 = 1_000;

/// A part of the bar is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 6;

/// A number of rows that is not 0.
pub(crate) struct Count {
    pub(crate) rows: String,
    pub(crate) one: bool,
}

impl Count {
    pub(crate) fn of(rows: u64) -> Option<Self> {
        (rows > 0).then(|| Self { rows: grouped(rows), one: rows == 1 })
    }
}

/// Rows that stand alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heap {
    /// Its colour and sign.
    pub(crate) class: &'static str,
    /// What their status is called on this page.
    pub(crate) word: &'static str,
    pub(crate) meaning: &'static str,
    /// Whether they need somebody, where that tells them from others of their status.
    pub(crate) needs_somebody: Option<bool>,
    pub(crate) rows: u64,
}

impl Heap {
    /// In two: `needing` of its rows need somebody, which means that for them; the others do not.
    pub(crate) const fn split(self, needing: u64, meaning: &'static str) -> [Self; 2] {
        let others = self.rows.saturating_sub(needing);
        [
            Self { needs_somebody: Some(false), rows: others, ..self },
            Self { class: "heavy", meaning, needs_somebody: Some(true), rows: needing, ..self },
        ]
    }
}

/// How many rows there are of each heap, as a bar and as a list.
pub(crate) struct Standing {
    /// What the bar says to those who do not see it.
    pub(crate) says: String,
    pub(crate) bar: Vec<Part>,
    pub(crate) lines: Vec<StatusLine>,
}

/// A part of the bar.
pub(crate) struct Part {
    pub(crate) class: &'static str,
    pub(crate) from: u64,
    pub(crate) length: u64,
}

/// The rows of one heap.
pub(crate) struct StatusLine {
    pub(crate) heap: Heap,
    pub(crate) rows: String,
    pub(crate) percent: String,
}

impl StatusLine {
    /// What the filter of those that need somebody is set to: its option, empty for all rows.
    pub(crate) const fn needing(&self) -> &'static str {
        match self.heap.needs_somebody {
            None => "",
            Some(true) => "1",
            Some(false) => "0",
        }
    }
}

impl Standing {
    /// Of these heaps, those without rows left out.
    pub(crate) fn new(heaps: impl IntoIterator<Item = Heap>, says: String) -> Self {
        let heaps: Vec<_> = heaps.into_iter().filter(|heap| heap.rows > 0).collect();
        let all = heaps.iter().map(|heap| heap.rows).sum();
        let line = |heap: &Heap| StatusLine {
            heap: *heap,
            rows: grouped(heap.rows),
            percent: percent(heap.rows, all),
        };
        Self { says, lines: heaps.iter().map(line).collect(), bar: bar(&heaps, all) }
    }
}

/// One after the other, together as long as the bar, none too short to be seen.
fn bar(heaps: &[Heap], all: u64) -> Vec<Part> {
    let spread = BAR.saturating_sub(SHORTEST * heaps.len() as u64);
    let mut from = 0;
    let mut parts = Vec::with_capacity(heaps.len());
    for (at, heap) in heaps.iter().enumerate() {
        let share = u128::from(spread) * u128::from(heap.rows) / u128::from(all.max(1));
        let length = SHORTEST + u64::try_from(share).unwrap_or(spread);
        // What rounding left over goes to the last one.
        let length = if at + 1 == heaps.len() { BAR - from } else { length };
        parts.push(Part { class: heap.class, from, length });
        from += length;
    }
    parts
}

/// To the nearest whole one; never 0 % of something, nor 100 % of less than everything.
pub(crate) fn percent(part: u64, whole: u64) -> String {
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
            let heap = |rows| Heap { class: "", word: "", meaning: "", needs_somebody: None, rows };
            let heaps: Vec<_> = counts.into_iter().map(heap).collect();
            let parts = bar(&heaps, heaps.iter().map(|heap| heap.rows).sum());
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
