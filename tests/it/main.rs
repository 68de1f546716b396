//! Every test from outside, in one binary: a folder a feature, `support` their common language.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apply;
mod audit;
mod check;
mod corpus;
#[cfg(unix)]
mod crashes;
mod disable;
mod faults;
mod inventory;
mod layers;
mod practice;
mod report;
mod secrets;
mod support;
mod terminal;
mod usage;
