//! The seam to whoever remembers, across processes, how many requests left.

use std::pin::Pin;

use jiff::Timestamp;
use thiserror::Error;

/// What [`SendLog::record`] gives back.
pub type RecordFuture<'a> = Pin<Box<dyn Future<Output = Result<(), SendLogError>> + Send + 'a>>;

/// The memory of requests sent, so that a restart within the minute counts them in (DESIGN.md, Manners on the network).
pub trait SendLog: Send + Sync {
    /// Called before a request leaves, which it does by `at` at the latest. When the future resolves, this must survive
    /// `kill -9`. After an error the request does not leave.
    fn record(&self, at: Timestamp) -> RecordFuture<'_>;
}

/// The memory could not be written; its own words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SendLogError(pub String);

/// Remembers nothing: for commands without a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSendLog;

impl SendLog for NoSendLog {
    fn record(&self, _at: Timestamp) -> RecordFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }
}
