//! What the switching of assistants shares: whom it talks to, and the reasons to stop that show on the way.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::base::{Call, CallFailure, Event, FailureKind, Observer, Signal, StopReason, WaitReason};
use crate::engine::ledger::{LedgerError, Writer};
use crate::engine::platform::Client;
use crate::engine::session::{LIMITER_TICK, OUT_OF_REACH_ROWS, unwritable, wait_for_signal};

/// So many 403 in a row, with no success before, are about the key (DESIGN.md, Disabling).
const FORBIDDEN_ROWS: u32 = 3;

/// What a request does after a signal while the platform makes everybody wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InPause {
    GiveUp,
    Wait,
}

/// Why an answer was not waited for any longer, after a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GaveUp {
    /// The platform makes everybody wait: no request is under way.
    Paused,
    /// The time for a request is over.
    TimedOut,
}

/// Switches assistants, one after the other.
pub struct Switchboard<'a> {
    pub(super) client: &'a Client,
    pub(super) writer: &'a Writer,
    pub(super) observer: &'a mut dyn Observer,
    signal: watch::Receiver<Option<Signal>>,
    /// How long an answer is waited for after a signal: `--timeout`.
    timeout: Duration,
    stop: Option<StopReason>,
    pub(super) assistants_api_is_gone: bool,
    pub(super) any_went_off: bool,
    /// Rows that could not be switched on, in a row.
    pub(super) stuck_in_a_row: u32,
    forbidden_in_a_row: u32,
    out_of_reach_in_a_row: u32,
    has_said_that_it_waits: bool,
}

impl<'a> Switchboard<'a> {
    /// `timeout`: how long a request under way is waited for once a signal has come.
    pub fn new(
        client: &'a Client,
        writer: &'a Writer,
        observer: &'a mut dyn Observer,
        signal: watch::Receiver<Option<Signal>>,
        timeout: Duration,
    ) -> Self {
        Self {
            client,
            writer,
            observer,
            signal,
            timeout,
            stop: None,
            assistants_api_is_gone: false,
            any_went_off: false,
            stuck_in_a_row: 0,
            forbidden_in_a_row: 0,
            out_of_reach_in_a_row: 0,
            has_said_that_it_waits: false,
        }
    }

    /// Why no further request may be sent, if so.
    pub const fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// The reason to stop, given back.
    pub fn into_stop_reason(self) -> Option<StopReason> {
        self.stop
    }

    pub(super) fn is_signalled(&self) -> bool {
        self.signal.borrow().is_some()
    }

    /// The first reason stays.
    pub(super) fn stop_for(&mut self, reason: StopReason) {
        if self.stop.is_none() {
            self.observer.observe(&Event::Stopping(reason.clone()));
            self.stop = Some(reason);
        }
    }

    /// Whether to begin with another row; notices a signal.
    pub(super) fn may_go_on(&mut self) -> bool {
        let signal = *self.signal.borrow();
        if let Some(signal) = signal {
            self.stop_for(StopReason::Signal { signal });
        }
        if self.out_of_reach_in_a_row >= OUT_OF_REACH_ROWS {
            self.stop_for(StopReason::OutOfReach);
        }
        self.stop.is_none()
    }

    /// Whether to go on with switching on what must not stay off: also when nothing more may be switched off, and for a
    /// moment after a signal.
    pub(super) fn may_still_undo(&mut self, after_signal_until: Instant) -> bool {
        self.may_go_on()
            || match &self.stop {
                Some(StopReason::Signal { .. }) => Instant::now() < after_signal_until,
                stop => stop.as_ref().is_some_and(StopReason::leaves_the_agents),
            }
    }

    /// What the ledger made, unless it cannot be written, which is a reason to stop.
    pub(super) fn on_disk<T>(&mut self, made: Result<T, LedgerError>) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                self.stop_for(unwritable(&error));
                None
            }
        }
    }

    /// Waits so long; `false` when a signal came first.
    pub(super) async fn wait(&mut self, time: Duration) -> bool {
        self.unless_signalled(tokio::time::sleep(time)).await.is_some()
    }

    /// Waits for what a signal may drop: a read, an answer to a question. `None` when a signal came.
    pub async fn unless_signalled<T>(&mut self, reading: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            signal = wait_for_signal(&mut self.signal) => {
                self.stop_for(StopReason::Signal { signal });
                None
            }
            read = reading => Some(read),
        }
    }

    /// Sees a request through. After a signal it is waited for as long as a request may take, since an answer that is
    /// not waited for leaves its row `unknown`.
    pub(super) async fn patiently<T>(
        &mut self,
        call: impl Future<Output = T>,
        in_pause: InPause,
    ) -> Result<T, GaveUp> {
        let mut call = pin!(call);
        let mut tick = interval(LIMITER_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_signalled() {
            tokio::select! {
                biased;
                done = &mut call => return Ok(done),
                _ = wait_for_signal(&mut self.signal) => {}
                _ = tick.tick() => self.observer.observe(&Event::Limiter(self.client.limiter_status())),
            }
        }
        self.may_go_on();
        if !self.has_said_that_it_waits {
            self.has_said_that_it_waits = true;
            self.observer.observe(&Event::WaitingForAnswer(self.timeout));
        }
        let deadline = Instant::now() + self.timeout;
        loop {
            tokio::select! {
                biased;
                done = timeout_at(deadline, &mut call) => return done.map_err(|_| GaveUp::TimedOut),
                _ = tick.tick() => {
                    let waiting = self.client.limiter_status().waiting;
                    let pauses = matches!(waiting, Some((WaitReason::RateLimited | WaitReason::ServerAsked, _)));
                    if pauses && in_pause == InPause::GiveUp {
                        return Err(GaveUp::Paused);
                    }
                }
            }
        }
    }

    /// Keeps count of what speaks against going on.
    pub(super) fn learn_from(&mut self, failure: Option<&CallFailure>) {
        let Some(failure) = failure else {
            (self.forbidden_in_a_row, self.out_of_reach_in_a_row) = (0, 0);
            return;
        };
        // What may not be switched on is a row's trouble: it must not hold the others back.
        let is_forbidden = failure.kind == FailureKind::Forbidden && failure.call == Call::Disable;
        self.forbidden_in_a_row = if is_forbidden { self.forbidden_in_a_row + 1 } else { 0 };
        self.out_of_reach_in_a_row =
            if failure.is_out_of_reach() { self.out_of_reach_in_a_row + 1 } else { 0 };
        if self.forbidden_in_a_row >= FORBIDDEN_ROWS && !self.any_went_off {
            self.stop_for(StopReason::MayNotDisable);
        }
        if let Some(reason) = stop_reason(failure) {
            self.stop_for(reason);
        }
    }
}

/// Why a failed call ends the run, if it does.
pub(super) fn stop_reason(failure: &CallFailure) -> Option<StopReason> {
    match (&failure.kind, failure.call) {
        (FailureKind::NotRecorded, _) => Some(StopReason::LedgerUnwritable { words: failure.words.clone() }),
        // The Agents API may be there all the same, for the other rows.
        (FailureKind::NotTheApi { .. } | FailureKind::Redirect { .. }, Call::Enable) => None,
        _ => failure.stop_reason(),
    }
}
