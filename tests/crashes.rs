//! Killed, out of disk, interrupted: the promises of DESIGN.md, "The ledger", held against the account of a platform
//! that the program knows nothing of.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

#[path = "crashes/around.rs"]
mod around;
#[path = "crashes/chain.rs"]
mod chain;
#[path = "crashes/kills.rs"]
mod kills;
#[path = "crashes/pace.rs"]
mod pace;
#[path = "crashes/platform.rs"]
mod platform;
#[path = "crashes/signals.rs"]
mod signals;
#[path = "crashes/space.rs"]
mod space;
#[path = "crashes/turns.rs"]
mod turns;
#[path = "crashes/victim.rs"]
mod victim;
