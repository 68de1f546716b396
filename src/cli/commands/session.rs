//! What every command that sends requests does around the ledger's writer.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;

use super::CommandError;
use crate::base::StopReason;
use crate::engine::ledger::{Ledger, RunEnd, WriterThread};

/// Sends of an earlier process matter for a minute; a little more covers clocks that were set.
const PACE_MEMORY: Duration = Duration::from_secs(90);

/// From when on sends of earlier processes count.
pub(super) fn since_it_counts(now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(PACE_MEMORY).ok()
}

/// The sends of earlier processes that the pace has to count in.
pub(super) fn sends_that_count(
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Vec<(Timestamp, u32)>, CommandError> {
    let sent = since_it_counts(now).map_or_else(|| Ok(Vec::new()), |since| ledger.sent_since(since));
    Ok(sent.context("the ledger")?)
}

/// Ends the writer when the work is over; a ledger that could not be written is a reason to have stopped.
pub(super) fn ended(
    thread: WriterThread,
    worked: Result<Option<StopReason>, CommandError>,
) -> Result<Option<StopReason>, CommandError> {
    let stopped = worked.as_ref().ok().cloned().flatten();
    let ended = thread.finish(RunEnd { finished_at: Timestamp::now(), stopped });
    match (worked, ended) {
        (Err(error), _) => Err(error),
        (Ok(stopped), Ok(())) => Ok(stopped),
        (Ok(stopped), Err(error)) => {
            Ok(stopped.or(Some(StopReason::LedgerUnwritable { words: error.to_string() })))
        }
    }
}
