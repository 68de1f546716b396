//! What a command shares that writes one thing after the other: whom it talks to, and the reasons to stop on the way.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::{LIMITER_TICK, OUT_OF_REACH_ROWS, unwritable, wait_for_signal};
use crate::base::{Call, CallFailure, Event, FailureKind, Observer, Signal, StopReason, WaitReason};
use crate::engine::ledger::{LedgerError, Writer};
use crate::engine::platform::{Client, Meter};

/// What a request does after a signal while the platform makes everybody wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InPause {
    GiveUp,
    /// It is waited for, since half of the work is done.
    Wait,
}

/// Why an answer was not waited for any longer, after a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GaveUp {
    /// The platform makes everybody wait: no request is under way.
    Paused,
    TimedOut,
}

/// What is known after a request that changes something.
pub(crate) enum Sent<T> {
    Done(T),
    /// It was not carried out; `None` when it did not leave.
    Not(Option<CallFailure>),
    /// It may have been.
    Unknown(CallFailure),
}

/// Writes one thing after the other.
pub struct Board<'a> {
    pub(crate) client: &'a Client,
    pub(crate) writer: &'a Writer,
    pub(crate) observer: &'a mut dyn Observer,
    signal: watch::Receiver<Option<Signal>>,
    /// How long an answer is waited for after a signal: `--timeout`.
    timeout: Duration,
    stop: Option<StopReason>,
    out_of_reach_in_a_row: u32,
    has_said_that_it_waits: bool,
}

impl<'a> Board<'a> {
    /// `timeout`: how long a request under way is waited for once a signal has come.
    pub fn new(
        client: &'a Client,
        writer: &'a Writer,
        observer: &'a mut dyn Observer,
        signal: watch::Receiver<Option<Signal>>,
        timeout: Duration,
    ) -> Self {
        let (stop, out_of_reach_in_a_row, has_said_that_it_waits) = (None, 0, false);
        Self {
            client,
            writer,
            observer,
            signal,
            timeout,
            stop,
            out_of_reach_in_a_row,
            has_said_that_it_waits,
        }
    }

    /// Whether no further request may be sent.
    pub const fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// Why not, if so.
    pub const fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// The reason to stop, given back.
    pub fn into_stop_reason(self) -> Option<StopReason> {
        self.stop
    }

    /// The first reason stays.
    pub fn stop_for(&mut self, reason: StopReason) {
        if self.stop.is_none() {
            self.observer.observe(&Event::Stopping(reason.clone()));
            self.stop = Some(reason);
        }
    }

    /// The person did not say yes: nothing that is under way has to be told.
    pub(crate) fn decline(&mut self) {
        self.stop.get_or_insert(StopReason::Declined);
    }

    pub(crate) fn signal(&self) -> watch::Receiver<Option<Signal>> {
        self.signal.clone()
    }

    /// Whether to begin with another one; notices a signal.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let signal = *self.signal.borrow();
        if let Some(signal) = signal {
            self.stop_for(StopReason::Signal { signal });
        }
        if self.out_of_reach_in_a_row >= OUT_OF_REACH_ROWS {
            self.stop_for(StopReason::OutOfReach);
        }
        self.stop.is_none()
    }

    /// What the ledger made, unless it cannot be written, which is a reason to stop.
    pub(crate) fn on_disk<T>(&mut self, made: Result<T, LedgerError>) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                self.stop_for(unwritable(&error));
                None
            }
        }
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
    /// not waited for leaves unknown what became of it.
    pub(crate) async fn patiently<T>(
        &mut self,
        call: impl Future<Output = T>,
        in_pause: InPause,
    ) -> Result<T, GaveUp> {
        let mut call = pin!(call);
        let mut tick = interval(LIMITER_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.signal.borrow().is_none() {
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

    /// Sends a request that changes something and sees it through; what it takes is added to `spent`.
    pub(crate) async fn send<T>(
        &mut self,
        call: Call,
        request: impl AsyncFnOnce(&Client, &mut Meter) -> Result<T, CallFailure>,
        in_pause: InPause,
        spent: &mut Meter,
    ) -> Sent<T> {
        let client = self.client;
        let mut meter = Meter::default();
        let answer = self.patiently(request(client, &mut meter), in_pause).await;
        *spent += meter;
        match answer {
            Ok(Ok(done)) => Sent::Done(done),
            Ok(Err(failure)) if meter.unanswered == 0 && !failure.may_have_been_applied() => {
                Sent::Not(Some(failure))
            }
            Ok(Err(failure)) => Sent::Unknown(failure),
            // Nothing but 429 came, or nothing was sent yet.
            Err(GaveUp::Paused) if meter.unanswered == 0 => Sent::Not(None),
            Err(GaveUp::TimedOut) if meter.requests == 0 => Sent::Not(None),
            Err(GaveUp::Paused | GaveUp::TimedOut) => Sent::Unknown(no_answer(call)),
        }
    }

    /// Keeps count of what speaks against going on.
    pub(crate) fn learn_from(&mut self, failure: Option<&CallFailure>) {
        let is_out_of_reach = failure.is_some_and(CallFailure::is_out_of_reach);
        self.out_of_reach_in_a_row = if is_out_of_reach { self.out_of_reach_in_a_row + 1 } else { 0 };
        if let Some(reason) = failure.and_then(stop_reason) {
            self.stop_for(reason);
        }
    }
}

/// After a signal an answer did not come in time.
pub(crate) fn no_answer(call: Call) -> CallFailure {
    CallFailure::new(call, FailureKind::Timeout, "no answer before the program had to end")
}

/// Why a failed call ends a command that writes, if it does.
pub(crate) fn stop_reason(failure: &CallFailure) -> Option<StopReason> {
    match (&failure.kind, failure.call) {
        (FailureKind::NotRecorded, _) => Some(StopReason::LedgerUnwritable { words: failure.words.clone() }),
        // The Agents API may be there all the same, for the other rows.
        (FailureKind::NotTheApi { .. } | FailureKind::Redirect { .. }, Call::Enable) => None,
        _ => failure.stop_reason(),
    }
}
