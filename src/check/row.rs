//! One row's way: `Job -> two Documents -> two Records -> Verdict -> Outcome`.

use bytes::Bytes;
use jiff::Timestamp;

use super::accept::Accepted;
use crate::base::{CallFailure, Outcome, RowStatus};
use crate::engine::ledger::Job;
use crate::engine::platform::{Client, Meter};
use crate::engine::record::Side;
use crate::engine::session::{AtTheEnd, RowReader, read, unchecked};

/// Reads both sides and compares them. The agent is asked for only when the assistant is there: a request that need
/// not be sent is the dearest of all under a rate limit.
#[derive(Clone, Debug, Default)]
pub struct BothSides {
    /// Where a difference is only a note.
    pub accepted: Accepted,
}

impl RowReader for BothSides {
    async fn read(self, client: Client, job: Job, spent: Meter) -> Outcome {
        check(&client, &self.accepted, job, None, spent).await
    }

    fn at_the_end(&self) -> AtTheEnd {
        AtTheEnd::Stops
    }
}

/// `kept`: the answer about the assistant that an earlier run has kept; then only the agent is asked for.
pub(super) async fn check(
    client: &Client,
    accepted: &Accepted,
    job: Job,
    kept: Option<Result<Bytes, CallFailure>>,
    mut spent: Meter,
) -> Outcome {
    let mut outcome = unchecked(job);
    match compare_both(client, accepted, kept, &mut outcome, &mut spent).await {
        Ok(status) => outcome.status = status,
        Err(failure) => {
            outcome.status = failure.row_status();
            outcome.failure = Some(failure);
        }
    }
    outcome.requests = spent.requests;
    outcome.elapsed = spent.elapsed;
    outcome.checked_at = Timestamp::now();
    outcome
}

async fn compare_both(
    client: &Client,
    accepted: &Accepted,
    kept: Option<Result<Bytes, CallFailure>>,
    outcome: &mut Outcome,
    meter: &mut Meter,
) -> Result<RowStatus, CallFailure> {
    let pair = outcome.pair;
    let assistant = if let Some(kept) = kept {
        read(Side::Assistant, &kept?, pair.assistant.0).await?
    } else {
        let body = client.get_assistant(pair.assistant, meter).await?;
        let assistant = read(Side::Assistant, &body, pair.assistant.0).await?;
        outcome.name = Some(assistant.name().to_owned());
        outcome.assistant_updated_at = assistant.updated_at();
        outcome.documents.assistant = Some(body);
        assistant
    };
    let body = client.get_agent(pair.agent, meter).await?;
    let agent = read(Side::Agent, &body, pair.agent.0).await?;
    outcome.agent_updated_at = agent.updated_at();
    outcome.documents.agent = Some(body);

    let verdict = accepted.compare(&assistant, &agent);
    let status = verdict.status();
    outcome.differences = verdict.differences;
    outcome.notes = verdict.notes;
    Ok(status)
}
