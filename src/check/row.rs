//! One row's way: `Job -> two Documents -> two Records -> Verdict -> Outcome`.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::compare;
use crate::base::{Call, CallFailure, Documents, FailureKind, Outcome, RowStatus, defect};
use crate::engine::ledger::Job;
use crate::engine::platform::{self, Client, Meter};
use crate::engine::record::{self, Nonsense, Record, Side};

/// Bodies larger than this are read on a thread of their own, so that one giant does not hold up the other rows.
const INLINE_BODY_BYTES: usize = 256 * 1024;

/// Reads both sides and compares them. The agent is asked for only when the assistant is there: a request that need
/// not be sent is the dearest of all under a rate limit.
pub(crate) async fn check(client: &Client, job: Job) -> Outcome {
    let mut meter = Meter::default();
    let mut outcome = unchecked(job);
    let checked = fetch_and_compare(client, &mut outcome, &mut meter).await;
    concluded(outcome, checked, meter)
}

/// The same with an assistant that an earlier run has kept: only the agent is asked for.
pub(super) async fn check_kept(client: &Client, job: Job, assistant: &Record) -> Outcome {
    let mut meter = Meter::default();
    let mut outcome = unchecked(job);
    let checked = compare_with_agent(client, assistant, &mut outcome, &mut meter).await;
    concluded(outcome, checked, meter)
}

fn concluded(mut outcome: Outcome, checked: Result<RowStatus, CallFailure>, meter: Meter) -> Outcome {
    match checked {
        Ok(status) => outcome.status = status,
        Err(failure) => {
            outcome.status = failure.row_status();
            outcome.failure = Some(failure);
        }
    }
    outcome.requests = meter.requests;
    outcome.elapsed = meter.elapsed;
    outcome.checked_at = Timestamp::now();
    outcome
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

async fn fetch_and_compare(
    client: &Client,
    outcome: &mut Outcome,
    meter: &mut Meter,
) -> Result<RowStatus, CallFailure> {
    let pair = outcome.pair;
    let body = client.get_assistant(pair.assistant, meter).await?;
    let assistant = read(Side::Assistant, &body, pair.assistant.0).await?;
    outcome.name = Some(assistant.name().to_owned());
    outcome.assistant_updated_at = assistant.updated_at();
    outcome.documents.assistant = Some(body);
    compare_with_agent(client, &assistant, outcome, meter).await
}

async fn compare_with_agent(
    client: &Client,
    assistant: &Record,
    outcome: &mut Outcome,
    meter: &mut Meter,
) -> Result<RowStatus, CallFailure> {
    let pair = outcome.pair;
    let body = client.get_agent(pair.agent, meter).await?;
    let agent = read(Side::Agent, &body, pair.agent.0).await?;
    outcome.agent_updated_at = agent.updated_at();
    outcome.documents.agent = Some(body);

    let verdict = compare::compare(assistant, &agent);
    let status = verdict.status();
    outcome.differences = verdict.differences;
    outcome.notes = verdict.notes;
    Ok(status)
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
