//! The client's record of sends, kept in the ledger so that the pace holds across restarts.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::engine::ledger::Writer;
use crate::engine::platform::{RecordFuture, SendLog, SendLogError};

/// Records sends through the ledger's writer.
pub struct LedgerSendLog(pub Writer);

impl SendLog for LedgerSendLog {
    fn record(&self, at: Timestamp) -> RecordFuture<'_> {
        Box::pin(async move { self.0.record_sent(at).await.map_err(|error| SendLogError(error.to_string())) })
    }
}

/// Remembers sends until there is a ledger for them.
#[derive(Debug, Default)]
pub struct MemorySendLog(Mutex<Vec<(Timestamp, u32)>>);

impl MemorySendLog {
    /// What was sent, and when.
    pub fn sent(&self) -> Vec<(Timestamp, u32)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SendLog for MemorySendLog {
    fn record(&self, at: Timestamp) -> RecordFuture<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((at, 1));
        Box::pin(std::future::ready(Ok(())))
    }
}
