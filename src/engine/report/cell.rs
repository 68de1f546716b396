//! The report's own CSV cells: one line, at most 8,000 characters, no formula.

use std::borrow::Cow;

use crate::base::{may_run_as_formula, one_line};

/// Characters that an own cell holds at most, the shield's `'` included (DESIGN.md, Report).
pub(super) const LIMIT: usize = 8_000;

/// The text as an own cell.
pub(crate) fn own(text: &str) -> Cow<'_, str> {
    // Most cells are plain ASCII such as an id or a time: nothing to copy.
    let limited = shortened(text, LIMIT);
    let clean = if limited.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        limited
    } else {
        Cow::Owned(one_line(&limited))
    };
    if may_run_as_formula(&clean) { Cow::Owned(format!("'{}", shortened(&clean, LIMIT - 1))) } else { clean }
}

/// The entries with `; ` between them; where they are too many for a cell, as many as fit and `… (+N more)`.
pub(crate) fn joined(entries: &[String]) -> String {
    let whole = entries.join("; ");
    // One less than the limit, since the shield may need a place.
    let limit = LIMIT - 1;
    if byte_at(&whole, limit).is_none() {
        return whole;
    }
    let mut kept = 0;
    let mut used = 0;
    for entry in entries {
        let more = entry.chars().count() + 2;
        if used + more + tail(entries.len() - kept).chars().count() > limit {
            break;
        }
        used += more;
        kept += 1;
    }
    match entries.split_at(kept) {
        ([], [first]) => shortened(first, limit).into_owned(),
        ([], [first, rest @ ..]) => {
            let tail = format!(" (+{} more)", rest.len());
            format!("{}{tail}", shortened(first, limit - tail.len()))
        }
        (kept, rest) => format!("{}; {}", kept.join("; "), tail(rest.len())),
    }
}

fn tail(left_out: usize) -> String {
    format!("… (+{left_out} more)")
}

/// At most `limit` characters, the last of them an ellipsis when something is left out.
pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match (byte_at(text, limit), byte_at(text, limit.saturating_sub(1))) {
        (Some(_), Some(end)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        _ => Cow::Borrowed(text),
    }
}

/// Where the character with that index starts; `None` when the text has no more than `index` characters.
fn byte_at(text: &str, index: usize) -> Option<usize> {
    if text.len() <= index {
        return None;
    }
    text.char_indices().nth(index).map(|(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_and_line_breaks_become_a_space() {
        assert_eq!(own("a\r\nb\tc\u{2028}d\u{0}e\u{85}f"), "a  b c d e f");
        assert_eq!(own("\t=1+1"), "' =1+1");
        assert!(matches!(own("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn a_long_cell_ends_in_an_ellipsis_on_a_character_boundary() {
        assert_eq!(own(&"ä".repeat(LIMIT)), "ä".repeat(LIMIT));
        assert_eq!(own(&"ä".repeat(LIMIT + 1)), format!("{}…", "ä".repeat(LIMIT - 1)));
        let shielded = own(&format!("={}", "ä".repeat(LIMIT - 1))).into_owned();
        assert_eq!(shielded.chars().count(), LIMIT);
        assert!(shielded.starts_with("'=ä") && shielded.ends_with('…'));
    }

    #[test]
    fn entries_that_do_not_fit_are_counted() {
        let entries = |count: usize, length: usize| vec!["x".repeat(length); count];
        assert_eq!(joined(&[]), "");
        assert_eq!(joined(&entries(2, 3)), "xxx; xxx");
        assert!(joined(&entries(9, 1_000)).ends_with("x; … (+2 more)"));
        assert!(joined(&entries(1, 9_000)).ends_with("x…"));
        assert!(joined(&entries(3, 9_000)).ends_with("x… (+2 more)"));
        assert!(joined(&entries(3_000, 3)).ends_with("xxx; … (+1403 more)"));
    }

    proptest! {
        #[test]
        fn an_own_cell_is_short_one_line_and_no_formula(text in r"[ \t\r\n\x00]{0,2}[-=+@＝＋－＠]?.{0,12}", times in 1_usize..900) {
            let text = text.repeat(times);
            let cell = own(&text);
            prop_assert!(cell.chars().count() <= LIMIT);
            prop_assert!(!cell.contains(|c: char| c.is_control()));
            prop_assert!(!may_run_as_formula(&cell));
        }

        #[test]
        fn joined_entries_always_fit(lengths in proptest::collection::vec(0_usize..3_000, 0..12)) {
            let entries: Vec<String> = lengths.iter().map(|length| "é".repeat(*length)).collect();
            let cell = joined(&entries);
            prop_assert!(cell.chars().count() < LIMIT);
            prop_assert!(cell == entries.join("; ") || cell.contains('…'));
        }
    }
}
