//! What ends a run before its last row, whatever it is doing.

use tokio::sync::watch;

use crate::base::{Signal, StopReason};
use crate::engine::ledger::LedgerError;

pub(crate) fn unwritable(error: &LedgerError) -> StopReason {
    StopReason::LedgerUnwritable { words: error.to_string() }
}

pub(crate) async fn wait_for_signal(signal: &mut watch::Receiver<Option<Signal>>) -> Signal {
    match signal.wait_for(Option::is_some).await.map(|asked| *asked) {
        Ok(Some(asked)) => asked,
        // Nobody is left to send one.
        _ => std::future::pending().await,
    }
}
