//! The run's memory: one `SQLite` file. The only place with SQL.
//!
//! [`Ledger`] is the locked handle: only it can write, and only [`Ledger::start`] makes a [`Writer`]. [`LedgerReader`]
//! reads beside it. Everything here blocks but the two `async` methods of [`Writer`]: call it from a blocking thread.
//!
//! What holds it together with a `kill -9`, a full disk or a power cut at any moment (DESIGN.md, The ledger):
//! a new ledger appears whole, by a rename; every settled row is committed with `synchronous=FULL` before its
//! [`Settled`] is handed out; the lock is the operating system's and dies with the process; a copy that lacks the log beside it
//! is noticed.
//!
//! Nothing else in the program may open the file itself, not even to copy it: on unix, closing any descriptor of a file
//! drops all locks that this process holds on it, `SQLite`'s among them.

mod carried;
mod earlier;
mod encode;
mod file;
mod history;
mod identity;
mod open;
mod read;
mod rows;
mod set_aside;
#[cfg(test)]
mod tests;
mod writer;

pub use earlier::Remembering;
pub(crate) use encode::{
    blob, from_json, from_nanoseconds, from_word, list_to_json, text, time_from_text, to_count, to_integer,
    to_json, to_nanoseconds, to_uuid,
};
pub use file::error::{ImportError, LedgerError, SetAsideError};
pub use file::log::lacks_log;
pub use history::SessionRecord;
pub use identity::{Identity, NewRun, Purpose, RunCommand, RunEnd};
pub(crate) use identity::{RunId, meta, set_meta};
pub use open::Ledger;
pub use read::{LedgerReader, RowKey};
pub(crate) use rows::open_rows::for_each_row;
pub use rows::open_rows::{Job, OpenRows, Selection};
pub use rows::reread::{ReadBefore, Reread};
#[cfg(test)]
pub(crate) use rows::state::IN_STATE;
pub(crate) use rows::state::{Place, count_disabled};
pub use set_aside::Aside;
pub use writer::{Settled, Writer, WriterThread};
