//! What one row's way through the pipeline gave.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::difference::{Difference, Note};
use super::failure::CallFailure;
use super::ids::Pair;
use super::status::RowStatus;

/// Answers of the platform as they came (JSON, the key masked), kept for `verify` and for the proposed agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// Body of `GET /assistant/v1/get`; `None` when it was not read or made no sense.
    pub assistant: Option<Bytes>,
    /// Body of `GET /agent/v1/get`; likewise.
    pub agent: Option<Bytes>,
    /// What an audit has found in what it read, so that nobody has to look again.
    pub inspection: Option<String>,
}

/// A checked row, ready for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was asked for.
    pub pair: Pair,
    /// First line of the input that asks for it.
    pub line: u64,
    /// The verdict.
    pub status: RowStatus,
    /// The assistant's name; `None` when it was not read.
    pub name: Option<String>,
    /// What the agent lacks or has otherwise.
    pub differences: Vec<Difference>,
    /// What differs without harm.
    pub notes: Vec<Note>,
    /// The call that failed; `None` for `verified` and `mismatch`.
    pub failure: Option<CallFailure>,
    /// The assistant's `updatedAt`.
    pub assistant_updated_at: Option<Timestamp>,
    /// The agent's `updatedAt`.
    pub agent_updated_at: Option<Timestamp>,
    /// The answers.
    pub documents: Documents,
    /// Requests sent for this row in this run, retries included.
    pub requests: u32,
    /// Time spent on them in this run, waiting excluded.
    pub elapsed: Duration,
    /// When the verdict was reached.
    pub checked_at: Timestamp,
}
