//! The client's record of sends, kept in the ledger so that the pace holds across restarts.

use jiff::Timestamp;

use crate::api::{RecordFuture, SendLog, SendLogError};
use crate::ledger::Writer;

/// Records sends through the ledger's writer.
pub struct LedgerSendLog(pub Writer);

impl SendLog for LedgerSendLog {
    fn record(&self, at: Timestamp, requests: u32) -> RecordFuture<'_> {
        Box::pin(async move {
            self.0.record_sent(at, requests).await.map_err(|error| SendLogError(error.to_string()))
        })
    }
}
