//! One row's way when only one side is read: `Job -> Document -> Record -> Outcome`. Nothing is compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use jiff::Timestamp;

use super::row::{Inspection, Source};
use super::secrets::Secrets;
use crate::base::{Call, CallFailure, FailureKind, Outcome, RowStatus};
use crate::engine::ledger::Job;
use crate::engine::platform::{Client, Meter};
use crate::engine::record::{Record, Side};
use crate::engine::session::{AtTheEnd, RowReader, read, unchecked};

/// Records out of larger bodies are looked through on a thread of their own.
const INLINE_BYTES: usize = 64 * 1024;

/// Reads one side; a row that was read is [`RowStatus::Verified`].
#[derive(Clone, Debug)]
pub struct OneSide {
    source: Source,
    assistants_gone: Arc<AtomicBool>,
}

impl OneSide {
    /// Of that API.
    pub fn of(source: Source) -> Self {
        Self { source, assistants_gone: Arc::default() }
    }
}

impl RowReader for OneSide {
    async fn read(self, client: Client, job: Job, mut meter: Meter) -> Outcome {
        let mut outcome = unchecked(job);
        let side =
            if self.source == Source::Agent || self.has_turned() { Side::Agent } else { Side::Assistant };
        let mut fetched = fetch(&client, job, side, &mut meter).await;
        if self.source == Source::Auto && fetched.as_ref().is_err_and(is_the_end) {
            self.turn_to_agents();
            fetched = fetch(&client, job, Side::Agent, &mut meter).await;
        }
        outcome.checked_at = Timestamp::now();
        match fetched {
            Ok(fetched) => fetched.tell(&mut outcome).await,
            Err(mut failure) => {
                outcome.status = failure.row_status();
                // The terminal and the log repeat the platform's words, which may repeat anything.
                failure.words = Secrets::default().hide(&failure.words).into_owned();
                outcome.failure = Some(failure);
            }
        }
        outcome.requests = meter.requests;
        outcome.elapsed = meter.elapsed;
        outcome
    }

    fn at_the_end(&self) -> AtTheEnd {
        match self.source {
            Source::Assistant => AtTheEnd::Stops,
            Source::Auto => AtTheEnd::TurnsToAgents,
            Source::Agent => AtTheEnd::GoesOn,
        }
    }

    fn turn_to_agents(&self) {
        if !self.assistants_gone.swap(true, Ordering::Relaxed) {
            tracing::info!("the Assistants API has ended here: agents are read from here on");
        }
    }

    fn has_turned(&self) -> bool {
        self.assistants_gone.load(Ordering::Relaxed)
    }
}

fn is_the_end(failure: &CallFailure) -> bool {
    failure.call == Call::Assistant && matches!(failure.kind, FailureKind::Gone { .. })
}

struct Fetched {
    side: Side,
    body: Bytes,
    record: Record,
}

async fn fetch(client: &Client, job: Job, side: Side, meter: &mut Meter) -> Result<Fetched, CallFailure> {
    let (body, id) = match side {
        Side::Assistant => (client.get_assistant(job.pair.assistant, meter).await?, job.pair.assistant.0),
        Side::Agent => (client.get_agent(job.pair.agent, meter).await?, job.pair.agent.0),
    };
    let record = read(side, &body, id).await?;
    Ok(Fetched { side, body, record })
}

impl Fetched {
    async fn tell(self, outcome: &mut Outcome) {
        let Self { side, body, record } = self;
        outcome.status = RowStatus::Verified;
        let updated_at = record.updated_at();
        let (name, inspection) = inspected(record, side, body.len(), outcome.checked_at).await;
        outcome.name = Some(name);
        outcome.documents.inspection = inspection;
        match side {
            Side::Assistant => {
                outcome.assistant_updated_at = updated_at;
                outcome.documents.assistant = Some(body);
            }
            Side::Agent => {
                outcome.agent_updated_at = updated_at;
                outcome.documents.agent = Some(body);
            }
        }
    }
}

/// The name as it may be shown, and what is kept of the record; a giant is looked through on a thread of its own, so that
/// the other rows go on.
async fn inspected(record: Record, side: Side, bytes: usize, read_at: Timestamp) -> (String, Option<String>) {
    if bytes <= INLINE_BYTES {
        return inspect(&record, side, read_at);
    }
    let inspected = tokio::task::spawn_blocking(move || inspect(&record, side, read_at)).await;
    // A panic is this row's, as it would be on its own thread.
    inspected.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()))
}

fn inspect(record: &Record, side: Side, read_at: Timestamp) -> (String, Option<String>) {
    let inspection = Inspection::of(record, side, read_at);
    let mut secrets = Secrets::default();
    inspection.tell(&mut secrets);
    // The name is shown everywhere; a secret of this assistant, wherever it is told, is not.
    (secrets.hide(record.name()).into_owned(), inspection.kept())
}
