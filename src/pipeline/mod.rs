//! The run: rows in flight, stop rules, one row's way; then switching off under a guard, and taking it back.
//!
//! One loop ([`drive`]) owns the truth: it starts rows, takes their ends, decides whether to stop and tells the
//! observer. Row tasks share nothing; each ends with the ledger's acknowledgement, so that "reported as done" and
//! "on disk" are one event.

mod agent_list;
mod debts;
mod disable;
mod drive;
mod end_watch;
mod feed;
mod guard;
mod models;
mod one_side;
mod rehearsal;
mod rollback;
mod row;
mod send_log;
mod stop_rules;
mod stopping;
mod switchboard;
mod switching;
mod undo;
mod verify;

pub use agent_list::ListState;
pub use debts::settle_debts;
pub use disable::{Asker, DisableSettings, decline, disable, plan};
pub use drive::{DriveSettings, Reading, drive};
pub use models::{add_models, keep_models};
pub use rehearsal::{REHEARSED_ROWS, rehearse};
pub use rollback::roll_back;
pub use send_log::{LedgerSendLog, MemorySendLog};
pub use switchboard::Switchboard;
pub use verify::{Kept, Verified, VerifySettings, VerifySink, verify};
