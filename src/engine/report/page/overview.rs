//! What the top of a page says about all rows, the ones that it leaves out included.

use std::collections::BTreeMap;

use super::shares::Shares;
use crate::base::{ProgressCounts, Remedy, ReportRow, RowProgress, RowStatus};

/// Counted over all rows, in a pass of its own before the first row is written.
#[derive(Debug, Default)]
pub struct Overview {
    remedies: BTreeMap<Remedy, u64>,
    progress: ProgressCounts,
    /// Of the rows that need somebody, those whose status alone does not say so.
    verified_needing: u64,
    shares: Shares,
}

impl Overview {
    /// Takes in the next row.
    pub fn count(&mut self, row: &ReportRow) {
        let progress = row.progress();
        let needs_somebody = progress == RowProgress::NeedsAttention;
        *self.remedies.entry(row.remedy()).or_default() += 1;
        self.progress.count(progress);
        self.verified_needing += u64::from(needs_somebody && row.status == RowStatus::Verified);
        self.shares.count(&row.carried, needs_somebody);
    }

    /// How far the rows are.
    pub const fn progress(&self) -> ProgressCounts {
        self.progress
    }

    /// Verified rows that need somebody.
    pub(super) const fn verified_needing(&self) -> u64 {
        self.verified_needing
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
    use super::*;
    use crate::engine::report::samples::rows;

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
        let expected = ProgressCounts { done: 4, needs_attention: 5, pending: 0 };
        assert_eq!((overview.progress(), overview.verified_needing()), (expected, 2));
    }
}
