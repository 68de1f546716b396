//! What ends a run before its last row, whatever it is doing.

use tokio::sync::watch;

use crate::domain::{Signal, StopReason};
use crate::ledger::LedgerError;

pub(super) fn unwritable(error: &LedgerError) -> StopReason {
    StopReason::LedgerUnwritable { words: error.to_string() }
}

pub(super) async fn wait_for_signal(signal: &mut watch::Receiver<Option<Signal>>) -> Signal {
    match signal.wait_for(Option::is_some).await.map(|asked| *asked) {
        Ok(Some(asked)) => asked,
        // Nobody is left to send one.
        _ => std::future::pending().await,
    }
}
