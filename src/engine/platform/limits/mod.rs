//! How often requests leave: the limiter that all of them pass, and the waits that answers and failures ask for.

mod limiter;
pub(super) mod retry_after;
mod retry_backoff;
mod run_backoff;
mod send_log;
mod window;

pub(super) use limiter::{NoPermit, RateLimiter};
pub(super) use retry_backoff::{Jitter, RetryBackoff};
pub(super) use run_backoff::GivenUp;
pub use send_log::{NoSendLog, RecordFuture, SendLog, SendLogError};
