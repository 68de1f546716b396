//! The rows of the input, and what is known of each.

pub(super) mod import;
pub(super) mod open_rows;
pub(super) mod reread;
pub(super) mod state;
pub(super) mod verdicts;
