//! A row of a report, and how far all of them are.

pub(super) mod progress;
pub(super) mod report_column;
pub(super) mod report_row;
pub(super) mod since_last;
