//! The run: rows in flight, stop rules, one row's way.
//!
//! One loop ([`drive`]) owns the truth: it starts rows, takes their ends, decides whether to stop and tells the
//! observer. Row tasks share nothing; each ends with the ledger's acknowledgement, so that "reported as done" and
//! "on disk" are one event.

mod drive;
mod feed;
mod row;
mod send_log;
mod stop_rules;

pub use drive::{DriveSettings, drive};
pub use send_log::LedgerSendLog;
