//! The models of the key, read before the rows and once more behind them: the catalogue is another one from call to call
//! (PLATFORM.md, Models).

use tokio::sync::watch;

use super::row::KnownModel;
use crate::base::{Signal, StopReason};
use crate::engine::ledger::Writer;
use crate::engine::platform::{Client, Model};
use crate::engine::session::{unwritable, wait_for_signal};

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
        Ok(models) => writer.keep_models(known(models)).await.err().as_ref().map(unwritable),
        Err(failure) => {
            tracing::debug!(error = %failure, "the models cannot be read");
            // An older deployment may answer any path that it does not know with a web page: the rows will tell.
            failure.stop_reason().filter(|_| failure.address_reason().is_none())
        }
    }
}

/// Reads them once more, when the rows are done, and keeps what was not there before. What goes wrong here is no reason to
/// call the rows unfinished; only a ledger that cannot be written is.
pub async fn add_models(
    client: &Client,
    writer: &Writer,
    mut signal: watch::Receiver<Option<Signal>>,
) -> Option<StopReason> {
    let read = tokio::select! {
        biased;
        _ = wait_for_signal(&mut signal) => return None,
        read = client.models() => read,
    };
    match read {
        Ok(models) => writer.add_models(known(models)).await.err().as_ref().map(unwritable),
        Err(failure) => {
            tracing::debug!(error = %failure, "the models cannot be read once more");
            None
        }
    }
}

fn known(models: Vec<Model>) -> Vec<KnownModel> {
    let known =
        |model: Model| KnownModel { id: model.id, extended_thinking: model.supports_extended_thinking };
    models.into_iter().map(known).collect()
}
