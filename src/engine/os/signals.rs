//! What asks the process to end.

use std::io;

use crate::base::Signal;

/// Hears the signals of the process, on the runtime that it was made on.
#[cfg(unix)]
#[derive(Debug)]
pub struct SignalSource {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` under `nohup`, which is there so that a closing terminal does not end the run.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl SignalSource {
    /// From now on no signal ends the process by itself.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hangup => Signal::Hangup,
        }
    }
}

/// Whether the process was started with `SIGHUP` ignored. Linux tells in `/proc`; macOS does not tell, but its shells say
/// which program they have started, and that was `nohup`.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    if cfg!(target_os = "macos") {
        return std::env::var_os("_").is_some_and(|started| started.as_encoded_bytes().ends_with(b"/nohup"));
    }
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .is_some_and(|ignored| ignored & 1 == 1)
}

/// Hears the signals of the process, on the runtime that it was made on. Windows waits for about five seconds after the
/// last three.
#[cfg(windows)]
#[derive(Debug)]
pub struct SignalSource {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    closed: tokio::signal::windows::CtrlClose,
    logged_off: tokio::signal::windows::CtrlLogoff,
    shut_down: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl SignalSource {
    /// From now on no signal ends the process by itself.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            closed: ctrl_close()?,
            logged_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Interrupt,
            _ = self.closed.recv() => Signal::Hangup,
            _ = self.logged_off.recv() => Signal::Terminate,
            _ = self.shut_down.recv() => Signal::Terminate,
        }
    }
}
