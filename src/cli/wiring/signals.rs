//! Ctrl-C, `SIGTERM`, `SIGHUP` and their like: the first asks the run to end, the second ends the process. `SIGHUP` is never a
//! second one: a terminal that goes away says so twice, by its shell and by the system, and nobody is left to insist.

use anyhow::Context;
use tokio::sync::watch;

use crate::base::{Exit, Signal};
use crate::cli::error::CommandError;
use crate::engine::os::SignalSource;

/// Hears the signals of the process from now on.
pub(crate) struct Signals {
    first: watch::Receiver<Option<Signal>>,
}

impl Signals {
    /// Begins to listen, on a thread of its own: signals are heard while files are read and written, too. The ledger
    /// is sound at any moment, so that the second signal may end the process where it stands.
    pub(crate) fn listen() -> Result<Self, CommandError> {
        Ok(Self::begin().context("signals cannot be listened to")?)
    }

    fn begin() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut source = {
            let _inside = runtime.enter();
            SignalSource::new()?
        };
        let (sender, first) = watch::channel(None);
        let listen = async move {
            sender.send_replace(Some(source.next().await));
            while source.next().await == Signal::Hangup {}
            std::process::exit(i32::from(Exit::Interrupted.code()));
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(listen))?;
        Ok(Self { first })
    }

    /// For the loop of a run.
    pub(crate) fn receiver(&self) -> watch::Receiver<Option<Signal>> {
        self.first.clone()
    }

    /// For work that does not await: whether a signal has come.
    pub(crate) fn heard(&self) -> bool {
        self.first.borrow().is_some()
    }

    /// Waits for the first signal.
    pub(crate) async fn wait(&self) -> Signal {
        let mut first = self.first.clone();
        match first.wait_for(Option::is_some).await.map(|signal| *signal) {
            Ok(Some(signal)) => signal,
            // The listener is gone, which it is only after a second signal.
            _ => std::future::pending().await,
        }
    }
}
