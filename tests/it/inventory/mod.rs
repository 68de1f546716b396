//! `list` and `doctor`.

mod doctor;
mod list;
