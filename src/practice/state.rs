//! What a practice workspace remembers while it runs: the requests that came, and what is switched off.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;
use axum::http::request::Parts;
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

/// Counts one more of a kind; gives how many there were before.
pub(super) fn count<K: Eq + Hash>(counts: &mut HashMap<K, u64>, kind: K) -> u64 {
    let count = counts.entry(kind).or_default();
    *count += 1;
    *count - 1
}

/// A request that the practice workspace received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// When it was received, on the runtime's clock.
    pub at: Instant,
    /// `GET`, `PATCH`, ...
    pub method: Method,
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
    by_call: HashMap<Endpoint, u64>,
    by_id: HashMap<(Endpoint, Option<Uuid>), u64>,
    window: Window,
    pub(super) log: Vec<LoggedRequest>,
}

impl Book {
    pub(super) fn arrive(
        &mut self,
        endpoint: Endpoint,
        ask: &Ask,
        parts: &Parts,
        body: &[u8],
        options: &SandboxOptions,
    ) -> Arrival {
        let at = Instant::now();
        let before = self.total();
        let assistants_before =
            self.of_call(Endpoint::AssistantGet) + self.of_call(Endpoint::AssistantDisable);
        let calls_before = count(&mut self.by_call, endpoint);
        let (mut attempt, mut logged) = (before, None);
        if !options.no_log {
            attempt = count(&mut self.by_id, (endpoint, ask.id()));
            logged = Some(self.log.len());
            let disabled = if let Ask::Disable { disabled, .. } = ask { Some(*disabled) } else { None };
            let (method, path, id) = (parts.method.clone(), parts.uri.path().to_owned(), ask.id());
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

    pub(super) fn total(&self) -> u64 {
        self.by_call.values().sum()
    }

    pub(super) fn of_call(&self, endpoint: Endpoint) -> u64 {
        self.by_call.get(&endpoint).copied().unwrap_or_default()
    }

    pub(super) fn of_id(&self, endpoint: Endpoint, id: Uuid) -> u64 {
        self.by_id.get(&(endpoint, Some(id))).copied().unwrap_or_default()
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

/// When something was switched, which has no time for what was so at the start, and whether off.
type Switching = (Option<Instant>, bool);

/// Every switching of each assistant and agent, in order.
#[derive(Debug, Default)]
pub(super) struct Switches {
    by_side: HashMap<(Side, Uuid), Vec<Switching>>,
}

impl Switches {
    pub(super) fn off_at_start(&mut self, side: Side, id: Uuid) {
        self.by_side.entry((side, id)).or_default().push((None, true));
    }

    pub(super) fn set(&mut self, side: Side, id: Uuid, off: bool) {
        self.by_side.entry((side, id)).or_default().push((Some(Instant::now()), off));
    }

    /// Whether it is shown as off by something that learns of changes only after `lag`.
    pub(super) fn shown_off(&self, side: Side, id: Uuid, lag: Duration) -> bool {
        let known = Instant::now().checked_sub(lag);
        let mut changes = self.by_side.get(&(side, id)).into_iter().flatten().rev();
        changes.find(|(when, _)| *when <= known).is_some_and(|(_, off)| *off)
    }

    pub(super) fn all_off(&self, side: Side) -> BTreeSet<Uuid> {
        let is_off = |changes: &[(_, bool)]| changes.last().is_some_and(|(_, off)| *off);
        let off = self.by_side.iter().filter(|((on, _), changes)| *on == side && is_off(changes));
        off.map(|((_, id), _)| *id).collect()
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
