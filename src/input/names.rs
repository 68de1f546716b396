//! Names of columns: which are known, when two are alike, how clashes are resolved, how they are shown.

use std::collections::{HashMap, HashSet};

use super::cell;
use crate::domain::{REPORT_COLUMNS, terminal_safe};

/// The names under which the assistant is looked for, in this order (DESIGN.md, Input).
pub(super) const ASSISTANT: [&str; 5] = ["assistant_id", "assistantId", "assistant", "id", "uuid"];
/// The name of the agent column (DESIGN.md, Input).
pub(super) const AGENT: &str = "agent_id";

/// The own columns that make a report one, in order. Not all of them: people delete what they do not need.
const MARKS_OF_A_REPORT: [&str; 6] = ["line", "input", "assistant_id", "agent_id", "status", "disabled"];

/// Characters that a list of columns may have in a message.
const SHOWN_CHARACTERS: usize = 60;
/// Columns that a message lists.
const SHOWN_COLUMNS: usize = 20;

/// Whether the two are one name to a person: any case; spaces, `-` and `_` do not count, so `assistantId` is
/// `Assistant ID`.
pub(super) fn alike(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = char> {
        cell::trimmed(name)
            .chars()
            .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '_'))
            .flat_map(char::to_lowercase)
    }
    letters(one).eq(letters(other)) && letters(one).next().is_some()
}

/// Whether a column of this name has a meaning for the program.
pub(super) fn is_known(name: &str) -> bool {
    ASSISTANT.iter().chain([&AGENT]).any(|known| alike(known, name))
}

/// Whether this is the header of a report of ours: its marks in their order, whatever stands between them.
pub(super) fn is_report(header: &[String]) -> bool {
    let mut names = header.iter();
    MARKS_OF_A_REPORT.iter().all(|mark| names.any(|name| name == mark))
}

/// Where the own columns of a report of ours stand: the first of each name.
pub(super) fn own_columns(header: &[String]) -> HashSet<usize> {
    REPORT_COLUMNS.iter().filter_map(|own| header.iter().position(|name| name == own)).collect()
}

/// The name of a column without one, by its position from 0.
pub(super) fn unnamed(index: usize) -> String {
    format!("column_{}", index + 1)
}

/// Names that are free of clashes with the report's own columns (`input_<name>`) and with each other (`<name>_2`).
pub(super) fn without_clashes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: Vec<String> = names
        .map(|name| if REPORT_COLUMNS.contains(&name) { format!("input_{name}") } else { name.to_owned() })
        .collect();
    // A name that was really there is nobody's second choice.
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut unique = Vec::with_capacity(names.len());
    for name in names {
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            unique.push(name);
            continue;
        }
        let mut candidate = format!("{name}_{count}");
        while !taken.insert(candidate.clone()) {
            *count += 1;
            candidate = format!("{name}_{count}");
        }
        unique.push(candidate);
    }
    unique
}

/// A column's name in a sentence.
pub(super) fn quoted(name: &str) -> String {
    format!("'{}'", terminal_safe(name, SHOWN_CHARACTERS))
}

/// Columns in a sentence: `'a', 'b'`, the first twenty of them.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown: Vec<String> = all.iter().take(SHOWN_COLUMNS).map(|name| quoted(name)).collect();
    match all.len().saturating_sub(SHOWN_COLUMNS) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_read_them() {
        for (one, other, expected) in [
            ("assistant_id", "Assistant ID", true),
            ("assistant_id", "assistantId", true),
            ("assistant_id", " ASSISTANT-ID\u{a0}", true),
            ("id", "\u{feff}Id", true),
            ("id", "ids", false),
            ("", "", false),
            ("-", "_", false),
        ] {
            assert_eq!(alike(one, other), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn clashes_are_resolved_without_taking_a_name_that_is_there() {
        for (names, expected) in [
            (&["owner", "team"][..], &["owner", "team"][..]),
            (&["owner", "owner"], &["owner", "owner_2"]),
            (&["owner", "owner", "owner_2", "owner"], &["owner", "owner_3", "owner_2", "owner_4"]),
            (&["name", "status"], &["input_name", "input_status"]),
            (&["name", "input_name", "Name"], &["input_name", "input_name_2", "Name"]),
        ] {
            assert_eq!(without_clashes(names.iter().copied()), expected);
        }
    }

    #[test]
    fn many_columns_of_one_name_are_no_trouble() {
        let names = without_clashes(std::iter::repeat_n("x", 16_384));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 16_384);
    }

    #[test]
    fn a_report_is_known_by_its_columns_even_if_the_person_added_or_deleted_some() {
        let header = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert!(is_report(&REPORT_COLUMNS.map(str::to_owned)));
        assert!(is_report(&header("mine,line,input,assistant_id,agent_id,status,disabled,owner")));
        assert!(!is_report(&header("assistant_id,agent_id,name,status")));
        assert!(!is_report(&header("status,line,input,assistant_id,agent_id,disabled")));
        let own = own_columns(&header("mine,line,input,assistant_id,agent_id,status,disabled,owner,status"));
        assert_eq!(own, (1..7).collect());
    }

    #[test]
    fn long_lists_of_columns_are_cut() {
        assert_eq!(listed(["a", "b\n"].into_iter()), "'a', 'b '");
        assert!(listed(std::iter::repeat_n("x", 23)).ends_with("'x' and 3 more"));
    }
}
