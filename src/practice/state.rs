//! What a practice workspace remembers while it runs: the requests that came, and what is switched off.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::options::SandboxOptions;
use super::request::{Ask, Endpoint, Side};

/// The limit's window (PLATFORM.md, Errors: requests a minute).
const WINDOW: Duration = Duration::from_secs(60);

/// Locks, also after a panic elsewhere: what is kept here is sound after every statement.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request that the practice workspace received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// When it was received, on the runtime's clock.
    pub at: Instant,
    /// `GET`, `PATCH`, ...
    pub method: &'static str,
    /// The path as asked for, without the query.
    pub path: String,
    /// The call.
    pub endpoint: Endpoint,
    /// The assistant or agent; `None` if it named none that can be read.
    pub id: Option<Uuid>,
    /// For the two calls that disable: whether it asked for on (`false`) or off (`true`).
    pub disabled: Option<bool>,
    /// What it carried, of a request that changes something; a body that is no JSON as a text.
    pub body: Option<Value>,
    /// The status that was sent; `None` while there is no answer, and if there never was one.
    pub status: Option<u16>,
}

/// What is known about a request when it comes in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) logged: Option<usize>,
    pub(super) before: u64,
    /// How many requests to the Assistants API came before it.
    pub(super) assistants_before: u64,
    /// How many requests of the same call came before it.
    pub(super) calls_before: u64,
    /// How often the same call came before for the same id (without a log: the same as `before`).
    pub(super) attempt: u64,
    /// For a request over the limit: how long until one fits again.
    pub(super) over_limit: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    total: u64,
    assistants: u64,
    by_call: HashMap<Endpoint, u64>,
    by_id: HashMap<(Endpoint, Option<Uuid>), u64>,
    window: Window,
    log: Vec<LoggedRequest>,
}

impl Book {
    pub(super) fn arrive(
        &mut self,
        ask: &Ask,
        method: &'static str,
        path: &str,
        body: &[u8],
        options: &SandboxOptions,
    ) -> Arrival {
        let at = Instant::now();
        let endpoint = ask.endpoint();
        let before = self.total;
        let assistants_before = self.assistants;
        self.total += 1;
        self.assistants += u64::from(endpoint.is_assistants_api());
        let calls = self.by_call.entry(endpoint).or_default();
        let calls_before = *calls;
        *calls += 1;
        let (mut attempt, mut logged) = (before, None);
        if options.keep_log {
            let count = self.by_id.entry((endpoint, ask.id())).or_default();
            attempt = *count;
            *count += 1;
            logged = Some(self.log.len());
            let disabled = if let Ask::Disable { disabled, .. } = ask { Some(*disabled) } else { None };
            let (path, id) = (path.to_owned(), ask.id());
            let text = || json!(String::from_utf8_lossy(body));
            let body = (!body.is_empty()).then(|| serde_json::from_slice(body).unwrap_or_else(|_| text()));
            self.log.push(LoggedRequest { at, method, path, endpoint, id, disabled, body, status: None });
        }
        let over_limit = options.rpm.and_then(|rpm| self.window.receive(at, rpm));
        Arrival { logged, before, assistants_before, calls_before, attempt, over_limit }
    }

    /// Takes note of the status that a request is answered with.
    pub(super) fn answered(&mut self, arrival: &Arrival, status: u16) {
        if let Some(entry) = arrival.logged.and_then(|at| self.log.get_mut(at)) {
            entry.status = Some(status);
        }
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn of_call(&self, endpoint: Endpoint) -> u64 {
        self.by_call.get(&endpoint).copied().unwrap_or_default()
    }

    pub(super) fn of_id(&self, endpoint: Endpoint, id: Uuid) -> u64 {
        self.by_id.get(&(endpoint, Some(id))).copied().unwrap_or_default()
    }

    pub(super) fn log(&self) -> Vec<LoggedRequest> {
        self.log.clone()
    }
}

/// The requests of the last 60 seconds; refused ones count as well, so hammering never helps.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<Instant>);

impl Window {
    /// Counts a request; over the limit, gives how long until one fits again.
    fn receive(&mut self, now: Instant, rpm: u32) -> Option<Duration> {
        while self.0.front().is_some_and(|oldest| now.duration_since(*oldest) >= WINDOW) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        let most = usize::try_from(rpm).unwrap_or(usize::MAX);
        if self.0.len() <= most {
            return None;
        }
        // A next request fits once all but `most - 1` of these have left.
        let last_to_leave = self.0.len().saturating_sub(most.max(1));
        let leaves = self.0.get(last_to_leave).map_or(now, |at| *at) + WINDOW;
        Some(leaves.saturating_duration_since(now))
    }
}

/// One assistant or agent that was ever switched off or on.
#[derive(Debug, Default)]
struct Switch {
    at_start: bool,
    changes: Vec<(Instant, bool)>,
}

impl Switch {
    fn was_off(&self, at: Instant) -> bool {
        self.changes.iter().rev().find(|(when, _)| *when <= at).map_or(self.at_start, |(_, off)| *off)
    }

    fn is_off(&self) -> bool {
        self.changes.last().map_or(self.at_start, |(_, off)| *off)
    }
}

#[derive(Debug, Default)]
pub(super) struct Switches {
    by_side: HashMap<(Side, Uuid), Switch>,
}

impl Switches {
    pub(super) fn off_at_start(&mut self, side: Side, id: Uuid) {
        self.by_side.entry((side, id)).or_default().at_start = true;
    }

    pub(super) fn set(&mut self, side: Side, id: Uuid, off: bool) {
        self.by_side.entry((side, id)).or_default().changes.push((Instant::now(), off));
    }

    /// Whether it is shown as off by something that learns of changes only after `lag`.
    pub(super) fn shown_off(&self, side: Side, id: Uuid, lag: Duration) -> bool {
        let Some(switch) = self.by_side.get(&(side, id)) else { return false };
        match Instant::now().checked_sub(lag) {
            Some(at) => switch.was_off(at),
            None => switch.at_start,
        }
    }

    pub(super) fn all_off(&self, side: Side) -> BTreeSet<Uuid> {
        self.by_side
            .iter()
            .filter(|((on, _), switch)| *on == side && switch.is_off())
            .map(|((_, id), _)| *id)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_over_the_limit_is_refused_until_the_oldest_leaves_the_window() {
        let mut window = Window::default();
        assert_eq!(window.receive(Instant::now(), 2), None);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(window.receive(Instant::now(), 2), None);
        // The refused one counts: with three in the window, one fits again when two of them have left.
        assert_eq!(window.receive(Instant::now(), 2), Some(Duration::from_secs(60)));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(window.receive(Instant::now(), 2), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(window.receive(Instant::now(), 2), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_zero_refuses_everything() {
        let mut window = Window::default();
        assert_eq!(window.receive(Instant::now(), 0), Some(WINDOW));
        tokio::time::advance(Duration::from_secs(600)).await;
        assert_eq!(window.receive(Instant::now(), 0), Some(WINDOW));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lagging_reader_sees_every_change_late_and_in_order() {
        let mut switches = Switches::default();
        let id = Uuid::from_u128(7);
        let lag = Duration::from_secs(5);
        switches.set(Side::Agent, id, true);
        tokio::time::advance(Duration::from_secs(3)).await;
        switches.set(Side::Agent, id, false);
        assert!(!switches.shown_off(Side::Agent, id, Duration::ZERO));
        assert!(!switches.shown_off(Side::Agent, id, lag));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(switches.shown_off(Side::Agent, id, lag));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(!switches.shown_off(Side::Agent, id, lag));
        assert!(switches.all_off(Side::Agent).is_empty());
    }
}
