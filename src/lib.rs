//! `agent-migrate`: checks, row by row, that every Langdock or Odeus assistant has become the agent it should be.
//!
//! The floors, each importing only what stands to its left (a test holds the code against this):
//!
//! `base` < `engine` < { `check` `audit` `disable` `apply` `inventory` } < `cli` < `main`
//!
//! The engine knows no feature, and the features in braces do not know each other; but `disable` and `apply` know
//! `check`: its verdicts, and how it reads a row. `practice` imports nothing of ours, so that it cannot share a mistake with the client.
//!
//! | to change | look into |
//! | --- | --- |
//! | what counts as the same, `run`, `verify` | `check` |
//! | which fields there are, what an answer holds | `engine::record` |
//! | what an audit finds | `audit` |
//! | switching off and on again, `rollback` | `disable` |
//! | writing agents, `apply` | `apply` |
//! | `list`, `doctor` | `cli::commands`; what is checked and said: `inventory` |
//! | requests, rate limit, retries, what a status means | `engine::platform` |
//! | which files are read | `engine::input` |
//! | what is kept, and survives a kill | `engine::ledger` |
//! | what every command that sends requests does | `engine::session` |
//! | CSV, JSON Lines, pages | `engine::report` |
//! | what a person sees meanwhile | `engine::terminal` |
//! | what differs from system to system | `engine::os` |
//! | what a person can type | `cli` |
//!
//! A row's way is data, each arrow one function, nothing goes back:
//! `InputRow -> Job -> two Documents -> two Records -> Verdict -> Outcome -> Settled`.
//!
//! With `--disable` a second pass follows when every row is settled, one assistant after the other, under a guard that is
//! a pure machine: `Plan -> Switchable -> Intent -> request -> Conclusion -> Switched`. Only the ledger makes an `Intent`,
//! after its commit, and no request to disable can be sent without one.
//!
//! Comments cite `DESIGN.md`, which is what follows here, and `PLATFORM.md`, which is the documentation of
//! [`engine::platform`].
#![doc = include_str!("DESIGN.md")]

mod apply;
pub mod audit;
pub mod base;
pub mod check;
pub mod cli;
mod disable;
pub mod engine;
pub mod inventory;
pub mod practice;
