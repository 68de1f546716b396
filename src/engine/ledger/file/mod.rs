//! The file: its name, lock, tables and log, and what can be wrong with it.

pub(super) mod error;
pub(super) mod format;
pub(super) mod lock;
pub(super) mod locked;
pub(super) mod log;
pub(super) mod name;
pub(super) mod schema;
