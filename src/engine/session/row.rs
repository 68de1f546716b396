//! What every command does with the answer for a row: an outcome to fill, a body that becomes a record.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::base::{Call, CallFailure, Documents, FailureKind, Outcome, RowStatus, defect};
use crate::engine::ledger::Job;
use crate::engine::platform::{self, Client, Meter};
use crate::engine::record::{self, Nonsense, Record, Side};

/// Bodies larger than this are worked on by a thread of their own, so that one giant does not hold up the other rows.
const INLINE_BODY_BYTES: usize = 256 * 1024;

/// What a command finds out about a row. Clones are for the rows of one run and share what that run has learnt.
pub trait RowReader: Clone + Send + 'static {
    /// One row's way, from the first request to its outcome. `spent`: on this row before.
    fn read(self, client: Client, job: Job, spent: Meter) -> impl Future<Output = Outcome> + Send + 'static;

    /// What the end of the Assistants API means for the rows.
    fn at_the_end(&self) -> AtTheEnd;

    /// From here on agents are read.
    fn turn_to_agents(&self) {}

    /// Whether agents are read, since the Assistants API has ended.
    fn has_turned(&self) -> bool {
        false
    }
}

/// What the end of the Assistants API means for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtTheEnd {
    /// It stops.
    Stops,
    /// It reads agents from there on.
    TurnsToAgents,
    /// Nothing: it asks for no assistant.
    GoesOn,
}

/// The outcome of a row whose task panicked.
pub(crate) fn broken(job: Job) -> Outcome {
    Outcome { failure: Some(met_a_defect(Call::Assistant)), checked_at: Timestamp::now(), ..unchecked(job) }
}

fn met_a_defect(call: Call) -> CallFailure {
    CallFailure::new(call, FailureKind::Defect, defect("met this row"))
}

pub(crate) fn unchecked(job: Job) -> Outcome {
    Outcome {
        pair: job.pair,
        line: job.line,
        status: RowStatus::Failed,
        name: None,
        differences: Vec::new(),
        notes: Vec::new(),
        failure: None,
        assistant_updated_at: None,
        agent_updated_at: None,
        documents: Documents::default(),
        requests: 0,
        elapsed: Duration::ZERO,
        checked_at: Timestamp::UNIX_EPOCH,
    }
}

/// Reads the body of a 200 answer.
pub(crate) async fn read(side: Side, body: &Bytes, asked: Uuid) -> Result<Record, CallFailure> {
    let call = match side {
        Side::Assistant => Call::Assistant,
        Side::Agent => Call::Agent,
    };
    let nonsense = |words: String| CallFailure::new(call, FailureKind::Nonsense { status: 200 }, words);
    let record = if body.len() <= INLINE_BODY_BYTES {
        read_here(side, body, asked)
    } else {
        let body = body.clone();
        tokio::task::spawn_blocking(move || read_here(side, &body, asked))
            .await
            .map_err(|_| met_a_defect(call))?
    };
    record.map_err(nonsense)
}

/// The record, or why the body makes no sense; of an error that came as a 200, in the platform's words.
fn read_here(side: Side, body: &[u8], asked: Uuid) -> Result<Record, String> {
    record::read(side, body, asked).map_err(|nonsense| {
        let words = match nonsense {
            Nonsense::Status { .. } | Nonsense::NoObject => platform::words_of_a_200(body),
            _ => None,
        };
        words.map_or_else(|| nonsense.to_string(), |words| format!("{nonsense}: {words}"))
    })
}
