//! How often requests leave: the limiter that all of them pass, and the waits that answers and failures ask for.

mod backoff;
mod limiter;
mod retry;
pub(super) mod retry_after;
mod send_log;
mod window;

pub(super) use backoff::GivenUp;
pub(super) use limiter::{NoPermit, RateLimiter};
pub(super) use retry::{Jitter, RetryBackoff};
pub use send_log::{NoSendLog, RecordFuture, SendLog, SendLogError};
