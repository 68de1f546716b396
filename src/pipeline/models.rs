//! The models of the key, read once a run.

use tokio::sync::watch;

use super::stopping::{unwritable, wait_for_signal};
use crate::api::Client;
use crate::domain::{KnownModel, Signal, StopReason};
use crate::ledger::Writer;

/// Reads the models of the key into the ledger; gives the reason if that is one to stop for. Where a deployment has no
/// such list, or is in trouble, the rows are read all the same.
pub async fn keep_models(
    client: &Client,
    writer: &Writer,
    mut signal: watch::Receiver<Option<Signal>>,
) -> Option<StopReason> {
    let read = tokio::select! {
        biased;
        asked = wait_for_signal(&mut signal) => return Some(StopReason::Signal { signal: asked }),
        read = client.models() => read,
    };
    match read {
        // An empty list says nothing about which models there are: somebody uses one.
        Ok(models) if models.is_empty() => None,
        Ok(models) => {
            let known = models.into_iter().map(|model| KnownModel {
                id: model.id,
                extended_thinking: model.supports_extended_thinking,
            });
            writer.keep_models(known.collect()).await.err().as_ref().map(unwritable)
        }
        Err(failure) => {
            tracing::debug!(error = %failure, "the models cannot be read");
            // An older deployment may answer any path that it does not know with a web page: the rows will tell.
            failure.stop_reason().filter(|_| failure.address_reason().is_none())
        }
    }
}
