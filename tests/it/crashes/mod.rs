//! Killed, out of disk, interrupted: the promises of DESIGN.md, "The ledger", held against the account of a platform
//! that the program knows nothing of.

#![cfg(unix)]
mod around;
mod chain;
mod kills;
mod pace;
mod platform;
mod signals;
mod space;
mod turns;
mod victim;
