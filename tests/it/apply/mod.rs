//! Agents that are made what a ledger keeps: whole runs against a practice workspace.

mod bench;
mod creating;
mod elsewhere;
mod interrupted;
mod undoing;
mod writing;
