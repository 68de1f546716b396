//! Names of columns: which are known, how clashes are resolved.

use std::collections::{HashMap, HashSet};

use crate::base::{REPORT_COLUMNS, alike};

/// The names under which the assistant is looked for, in this order (DESIGN.md, Input).
pub(super) const ASSISTANT: [&str; 5] = ["assistant_id", "assistantId", "assistant", "id", "uuid"];
/// The name of the agent column (DESIGN.md, Input).
pub(super) const AGENT: &str = "agent_id";

/// The own columns that make a report one, in the order of today's reports and in that of the first ones. Not all of them:
/// people delete what they do not need.
const MARKS_OF_A_REPORT: [[&str; 6]; 2] = [
    ["line", "status", "disabled", "input", "assistant_id", "agent_id"],
    ["line", "input", "assistant_id", "agent_id", "status", "disabled"],
];

/// Whether a column of this name has a meaning for the program.
pub(super) fn is_known(name: &str) -> bool {
    ASSISTANT.iter().chain([&AGENT]).any(|known| alike(known, name))
}

/// Whether this is the header of a report of ours: its marks in their order, whatever stands between them.
pub(super) fn is_report(header: &[String]) -> bool {
    MARKS_OF_A_REPORT.iter().any(|marks| {
        let mut names = header.iter();
        marks.iter().all(|mark| names.any(|name| name == mark))
    })
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
    let mut seen: HashMap<&str, u64> = HashMap::new();
    let unique = names.iter().map(|name| {
        let count = seen.entry(name).or_insert(0);
        *count += 1;
        if *count == 1 {
            return name.clone();
        }
        loop {
            let candidate = format!("{name}_{count}");
            if taken.insert(candidate.clone()) {
                return candidate;
            }
            *count += 1;
        }
    });
    unique.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(is_report(&header("mine,line,status,disabled,input,assistant_id,agent_id,owner")));
        assert!(is_report(&header("mine,line,input,assistant_id,agent_id,status,disabled,owner")));
        assert!(!is_report(&header("assistant_id,agent_id,name,status")));
        assert!(!is_report(&header("status,line,input,assistant_id,agent_id,disabled")));
        for marks in MARKS_OF_A_REPORT {
            let own = own_columns(&header(&format!("mine,{},owner,status", marks.join(","))));
            assert_eq!(own, (1..7).collect());
        }
    }
}
