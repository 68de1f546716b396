//! The rows of a command: in flight, stop rules, signals, the end of the Assistants API.
//!
//! One loop ([`drive`]) owns the truth: it starts rows, takes their ends, decides whether to stop and tells the
//! observer. Row tasks share nothing; each ends with the ledger's acknowledgement, so that "reported as done" and
//! "on disk" are one event.

mod board;
mod drive;
mod end_watch;
mod queue;
mod rehearsal;
mod row;
mod send_log;
mod stop_rules;
mod stopping;

pub use board::Board;
pub(crate) use board::{GaveUp, InPause, Sent, no_answer, stop_reason};
pub(crate) use drive::LIMITER_TICK;
pub use drive::{RowWork, drive};
pub use rehearsal::{REHEARSED_ROWS, rehearse};
pub use row::{AtTheEnd, RowReader};
pub(crate) use row::{read, unchecked};
pub use send_log::{LedgerSendLog, MemorySendLog};
pub(crate) use stop_rules::{OUT_OF_REACH_ROWS, StopRules};
pub(crate) use stopping::{unwritable, wait_for_signal};
