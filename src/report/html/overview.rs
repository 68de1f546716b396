//! What the top of a page says about all rows, the ones that it leaves out included.

use std::collections::BTreeMap;

use super::super::PartCounts;
use crate::domain::{DisabledState, Remedy, ReportRow, RowStatus, one_line};

/// Carried-through columns that are counted by value.
const COLUMNS: usize = 12;

/// A column with more different values than this is no list of people or teams.
const VALUES: usize = 2_000;

/// Names of columns that say who has to act, the best first.
const PEOPLE: [&str; 18] = [
    "owner",
    "besitzer",
    "eigent",
    "responsible",
    "verantwortlich",
    "ansprechpartner",
    "contact",
    "editor",
    "creator",
    "author",
    "mail",
    "user",
    "person",
    "team",
    "department",
    "abteilung",
    "bereich",
    "group",
];

/// Whether the row is one that a person has to see to. What a run left over on purpose is not, nor what stands on as it
/// should because switching off was not for it.
pub(super) fn needs_somebody(row: &ReportRow) -> bool {
    let is_in_doubt =
        matches!(row.disabled, DisabledState::RevertFailed | DisabledState::Unknown | DisabledState::Failed);
    row.status.needs_attention() || is_in_doubt
}

/// Rows of one value of a carried-through column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// All of them.
    pub(super) rows: u64,
    /// Those that need somebody.
    pub(super) needing: u64,
}

/// Counted over all rows, in a pass of its own before the first row is written.
#[derive(Debug, Default)]
pub struct Overview {
    remedies: BTreeMap<Remedy, u64>,
    needing: u64,
    not_checked: u64,
    /// For each carried-through column its values; `None` for one with too many.
    columns: Vec<Option<BTreeMap<String, Share>>>,
}

impl Overview {
    /// Takes in the next row.
    pub fn count(&mut self, row: &ReportRow) {
        let needs_somebody = needs_somebody(row);
        *self.remedies.entry(row.remedy()).or_default() += 1;
        self.needing += u64::from(needs_somebody);
        self.not_checked += u64::from(row.status == RowStatus::NotChecked && !needs_somebody);
        let counted = row.carried.len().min(COLUMNS);
        if self.columns.len() < counted {
            self.columns.resize_with(counted, || Some(BTreeMap::new()));
        }
        for (column, cell) in self.columns.iter_mut().zip(&row.carried) {
            let Some(values) = column else { continue };
            let share = values.entry(one_line(cell).trim().to_owned()).or_default();
            share.rows += 1;
            share.needing += u64::from(needs_somebody);
            if values.len() > VALUES {
                *column = None;
            }
        }
    }

    /// What an index of parts says of these rows, of which there are `rows`.
    pub const fn counts(&self, rows: u64) -> PartCounts {
        PartCounts { rows, needing: self.needing, not_checked: self.not_checked }
    }

    /// Rows that need somebody.
    pub(super) const fn needing(&self) -> u64 {
        self.needing
    }

    /// Rows that no run has come to.
    pub(super) const fn not_checked(&self) -> u64 {
        self.not_checked
    }

    /// What to do, each with its number of rows: first what may do harm while it waits, then by that number.
    pub(super) fn remedies(&self) -> Vec<(Remedy, u64)> {
        let mut remedies: Vec<_> = self
            .remedies
            .iter()
            .map(|(remedy, rows)| (*remedy, *rows))
            .filter(|(remedy, _)| *remedy != Remedy::Nothing)
            .collect();
        remedies.sort_by_key(|(remedy, rows)| (!is_pressing(*remedy), std::cmp::Reverse(*rows), *remedy));
        remedies
    }

    /// The carried-through column that best says who has to act, by its place among `names`, with its values: those
    /// with most to do first. `None` when there is nothing to do, or no such column.
    pub(super) fn people(&self, names: &[String]) -> Option<(usize, Vec<(&str, Share)>)> {
        if self.needing == 0 {
            return None;
        }
        let (at, values) = self.column_of_people(names)?;
        let mut values: Vec<_> = values
            .iter()
            .map(|(value, share)| (value.as_str(), *share))
            .filter(|(_, share)| share.needing > 0)
            .collect();
        values.sort_by_key(|(_, share)| std::cmp::Reverse(share.needing));
        Some((at, values))
    }

    fn column_of_people(&self, names: &[String]) -> Option<(usize, &BTreeMap<String, Share>)> {
        let columns: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(at, values)| Some((at, values.as_ref()?, names.get(at)?.to_lowercase())))
            .collect();
        let by_name =
            PEOPLE.iter().find_map(|word| columns.iter().find(|(_, _, column)| column.contains(word)));
        let by_shape = || columns.iter().find(|(_, values, _)| makes_heaps(values));
        by_name.or_else(by_shape).map(|(at, values, _)| (*at, *values))
    }
}

/// Whether the values sort the rows into a few heaps.
fn makes_heaps(values: &BTreeMap<String, Share>) -> bool {
    let rows: u64 = values.values().map(|share| share.rows).sum();
    values.len() >= 2 && values.len() as u64 * 2 <= rows
}

const fn is_pressing(remedy: Remedy) -> bool {
    matches!(remedy, Remedy::SwitchOnByHand | Remedy::SettleUnknown)
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{rows, verified};
    use super::*;

    fn counted(rows: &[ReportRow]) -> Overview {
        let mut overview = Overview::default();
        for row in rows {
            overview.count(row);
        }
        overview
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_may_do_harm_comes_first_then_what_most_rows_need() {
        let mut rows = rows();
        rows.extend(std::iter::repeat_n(rows[2].clone(), 3));
        let remedies = counted(&rows).remedies();
        assert_eq!(remedies[..2], [(Remedy::SwitchOnByHand, 1), (Remedy::ShareAssistant, 4)]);
        assert!(remedies.iter().all(|(remedy, _)| *remedy != Remedy::Nothing));
    }

    #[test]
    fn rows_that_need_somebody_are_those_that_a_person_has_to_see_to() {
        let overview = counted(&rows());
        // Mismatch, no access, invalid id; refused and not switched on again.
        assert_eq!((overview.needing(), overview.not_checked()), (5, 0));
        let left = ReportRow { status: RowStatus::NotChecked, ..verified() };
        assert_eq!((counted(std::slice::from_ref(&left)).needing(), counted(&[left]).not_checked()), (0, 1));
    }

    #[test]
    fn the_column_of_owners_is_known_by_its_name_else_by_its_shape() {
        let row = |cells: [&str; 3], status| ReportRow { status, carried: names(&cells), ..verified() };
        let rows = [
            row(["1", "a", "HR"], RowStatus::Mismatch),
            row(["2", "a", "HR"], RowStatus::Mismatch),
            row(["3", "b\n", "IT"], RowStatus::Failed),
            row(["4", "c", "IT"], RowStatus::Verified),
        ];
        let overview = counted(&rows);
        let people = |columns: [&str; 3]| overview.people(&names(&columns));
        let (at, owners) = people(["no", "Assistant Owner", "team"]).unwrap();
        assert_eq!(at, 1);
        let share = |rows, needing| Share { rows, needing };
        assert_eq!(owners, [("a", share(2, 2)), ("b", share(1, 1))]);
        let (at, heaps) = people(["x", "y", "z"]).unwrap();
        assert_eq!((at, heaps.len()), (2, 2), "the first column has another value in each row");
        assert!(counted(&[verified()]).people(&names(&["owner"])).is_none(), "nobody has to act");
    }

    #[test]
    fn a_column_of_free_text_takes_no_memory() {
        let mut overview = Overview::default();
        for number in 0..VALUES + 10 {
            let carried = vec![number.to_string(), "HR".into()];
            overview.count(&ReportRow { status: RowStatus::Failed, carried, ..verified() });
        }
        assert!(overview.columns[0].is_none());
        assert_eq!(overview.people(&names(&["owner", "team"])).unwrap().0, 1);
    }
}
