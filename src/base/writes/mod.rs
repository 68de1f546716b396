//! What writes and switches: what is asked for, what is planned, what becomes of it.

pub(super) mod applying;
pub(super) mod disabling;
