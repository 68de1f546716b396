//! The limiter that every request passes: window and backoff under one lock, a fair queue in front of it, and a
//! record on disk before anything leaves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::run_backoff::{GivenUp, RunBackoff};
use super::send_log::{SendLog, SendLogError};
use super::window::{FULL_PACE, LENGTH, Moment, Window};
use crate::base::{LimiterStatus, WaitReason};

/// Sends of earlier processes lie before the start of this one.
const BEFORE_START: Duration = Duration::from_secs(2 * 60);

/// Of a faster pace nothing is remembered across processes (DESIGN.md, Manners on the network).
const MOST_REMEMBERED: u32 = 2_000;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) enum NoPermit {
    GivenUp(GivenUp),
    NotRecorded(SendLogError),
}

#[derive(Debug)]
struct State {
    window: Window,
    backoff: RunBackoff,
}

pub(crate) struct RateLimiter {
    rpm: u32,
    start: Instant,
    state: Mutex<State>,
    /// Held by whoever is next; the others queue here, first come, first served.
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    log: Arc<dyn SendLog>,
}

impl RateLimiter {
    /// `sent_before`: when earlier processes sent how many requests.
    pub(crate) fn new(rpm: u32, log: Arc<dyn SendLog>, sent_before: &[(Timestamp, u32)]) -> Self {
        let wall_now = Timestamp::now();
        let mut earlier: Vec<(Moment, u32)> = sent_before
            .iter()
            .filter_map(|(at, requests)| {
                // A send in the future (the clock was set back) counts as one just now: at worst a minute is waited.
                let age = Duration::try_from(wall_now.duration_since(*at)).unwrap_or_default();
                (age < LENGTH).then(|| (BEFORE_START.saturating_sub(age), *requests))
            })
            .collect();
        earlier.sort_unstable();
        Self {
            rpm,
            start: Instant::now(),
            state: Mutex::new(State {
                window: Window::new(rpm, BEFORE_START, earlier),
                backoff: RunBackoff::new(),
            }),
            turn: tokio::sync::Mutex::new(()),
            waiting: AtomicUsize::new(0),
            log,
        }
    }

    /// Waits until a request may leave and is on record. Gives the moment at which it left, for the backoff.
    ///
    /// Dropping the future gives the place in the queue up and blocks nobody.
    pub(crate) async fn acquire(&self) -> Result<Moment, NoPermit> {
        loop {
            let place = self.reserve().await.map_err(NoPermit::GivenUp)?;
            match self.record().await {
                Ok(()) => {}
                Err(error) => {
                    place.release();
                    return Err(NoPermit::NotRecorded(error));
                }
            }
            // A pause that began while the record was written: the place is spent, since it is on disk.
            let sent = place.send();
            if matches!(self.state().backoff.pause(sent), Ok(None)) {
                return Ok(sent);
            }
        }
    }

    /// A 429 to the request that left at `sent`; `jitter` from 0 to 1.
    pub(crate) fn on_429(
        &self,
        sent: Moment,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Result<(), GivenUp> {
        let now = self.now();
        let mut state = self.state();
        let outcome = state.backoff.on_429(sent, now, retry_after, jitter);
        if let Ok(Some((_, until))) = state.backoff.pause(now) {
            state.window.hold(until);
        }
        outcome
    }

    /// A 503 with a usable `Retry-After`.
    pub(crate) fn on_unavailable(&self, asked: Duration) -> Result<(), GivenUp> {
        let now = self.now();
        self.state().backoff.on_unavailable(now, asked)
    }

    /// Any answer but 429 to the request that left at `sent`.
    pub(crate) fn on_other_answer(&self, sent: Moment) {
        self.state().backoff.on_other_answer(sent);
    }

    pub(crate) fn status(&self) -> LimiterStatus {
        let now = self.now();
        let someone_waits = self.waiting.load(Ordering::Relaxed) > 0;
        let mut state = self.state();
        let allowed = u64::from(self.rpm) * u64::from(state.backoff.pace(now)) / u64::from(FULL_PACE);
        let waiting = match state.backoff.pause(now) {
            Ok(Some((reason, until))) => Some((reason, until.saturating_sub(now))),
            Ok(None) if someone_waits => {
                let wait = state.window.due(now).saturating_sub(now);
                (!wait.is_zero()).then_some((WaitReason::Limiter, wait))
            }
            _ => None,
        };
        LimiterStatus {
            sent_last_minute: state.window.sent_within(now, MINUTE),
            allowed_per_minute: u32::try_from(allowed).unwrap_or(self.rpm).max(1),
            waiting,
        }
    }

    async fn reserve(&self) -> Result<Place<'_>, GivenUp> {
        // Nobody queues: no need to queue either.
        if let Ok(turn) = self.turn.try_lock() {
            if let Ok(place) = self.try_reserve()? {
                return Ok(place);
            }
            drop(turn);
        }
        let _counted = Waiting::new(&self.waiting);
        let _turn = self.turn.lock().await;
        loop {
            match self.try_reserve()? {
                Ok(place) => return Ok(place),
                Err(due) => tokio::time::sleep_until(self.instant(due)).await,
            }
        }
    }

    /// A place in the window, or when to ask again.
    fn try_reserve(&self) -> Result<Result<Place<'_>, Moment>, GivenUp> {
        let now = self.now();
        let mut state = self.state();
        if let Some((_, until)) = state.backoff.pause(now)? {
            return Ok(Err(until));
        }
        let due = state.window.due(now);
        if due > now {
            return Ok(Err(due));
        }
        let pace = state.backoff.pace(now);
        state.window.reserve(now, pace);
        Ok(Ok(Place { limiter: self, open: true }))
    }

    /// Puts one request on record. More than any platform allows is for tests on loopback, and not worth the disk.
    async fn record(&self) -> Result<(), SendLogError> {
        if self.rpm > MOST_REMEMBERED { Ok(()) } else { self.log.record(Timestamp::now()).await }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Instant::now().saturating_duration_since(self.start) + BEFORE_START
    }

    fn instant(&self, moment: Moment) -> Instant {
        self.start + moment.saturating_sub(BEFORE_START)
    }
}

struct Place<'a> {
    limiter: &'a RateLimiter,
    open: bool,
}

impl Place<'_> {
    fn send(mut self) -> Moment {
        self.open = false;
        self.limiter.send_reserved()
    }

    /// Nothing leaves, and nothing is on record.
    fn release(mut self) {
        self.open = false;
        self.limiter.state().window.release();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.open {
            // Cancelled while it was being recorded: it may be on disk, so it counts here as well.
            self.limiter.send_reserved();
        }
    }
}

impl RateLimiter {
    fn send_reserved(&self) -> Moment {
        let now = self.now();
        self.state().window.send_reserved(now);
        now
    }
}

/// Counts whoever waits, for the display.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
