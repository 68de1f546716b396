//! What commands have in common from their settings to their first request, and while they run.

pub(super) mod command_line;
pub(super) mod connection;
pub(super) mod elsewhere;
pub(super) mod fresh;
pub(super) mod intake;
pub(super) mod next;
pub(super) mod owners;
pub(super) mod session;
pub(super) mod signals;
pub(super) mod switching;
