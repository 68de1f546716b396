//! One call within the time that its check has, whatever the platform asks to wait.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::MEND_ADDRESS;
use crate::base::{Call, CallFailure, FailureKind, WaitReason, long_wait};
use crate::engine::platform::Client;

/// Before the second try at a server that stumbled.
const BREATH: Duration = Duration::from_millis(500);

/// Of a pause that the platform did not ask for, no more than this is ever left: what is longer stood in `Retry-After`.
const LONGEST_OWN_PAUSE: Duration = Duration::from_secs(75);

/// Asks, and once more where the server stumbles: that alone is no reason to send for somebody. `client` is not to try
/// again by itself. After `patience` the failure tells what is in the way: a try that failed, a pause, or silence.
pub(super) async fn within<T, F>(
    patience: Duration,
    client: &Client,
    call: Call,
    ask: impl Fn() -> F,
) -> Result<T, CallFailure>
where
    F: Future<Output = Result<T, CallFailure>>,
{
    let deadline = Instant::now() + patience;
    let pace_before = client.limiter_status().allowed_per_minute;
    match timeout_at(deadline, ask()).await {
        Ok(Err(failure)) if failure.is_out_of_reach() => {
            let once_more = async {
                sleep(BREATH).await;
                ask().await
            };
            timeout_at(deadline, once_more).await.unwrap_or(Err(failure))
        }
        Ok(answer) => answer,
        Err(_) => Err(unanswered(patience, client, call, pace_before)),
    }
}

/// Why there is no answer in time.
fn unanswered(patience: Duration, client: &Client, call: Call, pace_before: u32) -> CallFailure {
    let status = client.limiter_status();
    let (kind, words) = match status.waiting {
        Some((WaitReason::RateLimited, left)) if left > LONGEST_OWN_PAUSE => {
            let seconds = left.as_secs();
            let words = format!("429: asks to wait {} (Retry-After)", long_wait(seconds));
            (FailureKind::RetryAfterTooLong { seconds }, words)
        }
        Some((WaitReason::RateLimited, left)) => {
            let words = format!("throttled; the next request may go in {} s", left.as_secs().max(1));
            (FailureKind::Throttled, words)
        }
        Some((WaitReason::ServerAsked, left)) => {
            let words = format!("asks to wait {} s more (Retry-After)", left.as_secs().max(1));
            (FailureKind::Server { status: 503 }, words)
        }
        // Between two pauses: a slower pace than before tells of a 429.
        Some((WaitReason::Limiter, _)) | None if status.allowed_per_minute < pace_before => {
            (FailureKind::Throttled, "throttled".to_owned())
        }
        Some((WaitReason::Limiter, _)) | None => {
            (FailureKind::Timeout, format!("no whole answer within {} s", patience.as_secs()))
        }
    };
    CallFailure::new(call, kind, words)
}

/// Whether the platform only asks to come back later.
pub(super) const fn is_throttled(failure: &CallFailure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Throttled | FailureKind::ThrottledTooLong | FailureKind::RetryAfterTooLong { .. }
    )
}

/// What a person does about it who has asked the doctor: no assistant of theirs was looked at.
pub(super) fn what_to_do(failure: &CallFailure) -> String {
    match (&failure.kind, failure.call) {
        (FailureKind::Throttled | FailureKind::ThrottledTooLong, _) => {
            "Others use the workspace's rate limit as well. Ask the doctor again in a minute.".to_owned()
        }
        (FailureKind::RetryAfterTooLong { seconds }, _) => format!(
            "The platform asks for it, mostly because others use up the workspace's rate limit. Ask the doctor again in {}.",
            long_wait(*seconds)
        ),
        (FailureKind::NotFound, Call::Models) => {
            format!("There is no Agents API at this address. {MEND_ADDRESS}")
        }
        (FailureKind::Nonsense { .. }, _) => format!(
            "What answers at this address is not the Agents API, or something on the way changes its answers. \
             {MEND_ADDRESS}"
        ),
        (FailureKind::Forbidden, _) => {
            "Check that the key is one of this workspace, and has the scope AGENT_API.".to_owned()
        }
        _ => match failure.stop_reason().or_else(|| failure.address_reason()) {
            Some(reason) => reason.to_string(),
            None => failure.remedy().sentence().replace("run the same command again", "ask the doctor again"),
        },
    }
}
