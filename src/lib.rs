//! `agent-migrate`: checks, row by row, that every Langdock or Odeus assistant has become the agent it should be.
//!
//! The layers, each importing only what stands to its left (a test holds the code against this):
//!
//! `domain` < { `migrate` `input` `api` `ledger` `report` `ui` } < `pipeline` < `cli` < `commands` < `main`
//!
//! The six in braces know `domain` and not each other. `sandbox` imports nothing of ours, so that it cannot share a
//! mistake with the client.
//!
//! A row's way is data, each arrow one function, nothing goes back:
//! `InputRow -> Job -> two Documents -> two Records -> Verdict -> Outcome -> Settled`.
//!
//! With `--disable` a second pass follows when every row is settled, one assistant after the other, under a guard that is
//! a pure machine: `Plan -> Switchable -> Intent -> request -> Conclusion -> Switched`. Only the ledger makes an `Intent`,
//! after its commit, and no request to disable can be sent without one.
//!
//! Comments cite `DESIGN.md`, which is what follows here, and `PLATFORM.md`, which is the documentation of [`api`].
#![doc = include_str!("DESIGN.md")]

pub mod api;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod input;
pub mod ledger;
pub mod migrate;
pub mod pipeline;
pub mod report;
pub mod sandbox;
pub mod ui;
