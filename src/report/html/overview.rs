//! What the top of a page says about all rows, the ones that it leaves out included.

use std::collections::BTreeMap;

use super::shares::Shares;
use crate::domain::{DisabledState, Remedy, ReportRow, RowStatus};
use crate::report::PartCounts;

/// Whether the row is one that a person has to see to. What a run left over on purpose is not, nor what stands on as it
/// should because switching off was not for it.
pub(super) fn needs_somebody(row: &ReportRow) -> bool {
    let is_in_doubt =
        matches!(row.disabled, DisabledState::RevertFailed | DisabledState::Unknown | DisabledState::Failed);
    row.status.needs_attention() || row.later_failure.is_some() || is_in_doubt
}

/// Counted over all rows, in a pass of its own before the first row is written.
#[derive(Debug, Default)]
pub struct Overview {
    remedies: BTreeMap<Remedy, u64>,
    needing: u64,
    not_checked: u64,
    shares: Shares,
}

impl Overview {
    /// Takes in the next row.
    pub fn count(&mut self, row: &ReportRow) {
        let needs_somebody = needs_somebody(row);
        *self.remedies.entry(row.remedy()).or_default() += 1;
        self.needing += u64::from(needs_somebody);
        self.not_checked += u64::from(row.status == RowStatus::NotChecked && !needs_somebody);
        self.shares.count(&row.carried, needs_somebody);
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

    /// All rows by the values of their carried-through columns.
    pub(super) const fn shares(&self) -> &Shares {
        &self.shares
    }
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
}
