//! One function per call, and the one loop that every request goes through: pace, send, judge, wait, again.

use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::bodies::answers::{self, AgentPage, ListedAgent, Model};
use super::bodies::error_body::shorten;
use super::limits::GivenUp;
use super::limits::SendLog;
use super::limits::{Jitter, RetryBackoff};
use super::limits::{NoPermit, RateLimiter};
use super::meaning::{self, Meaning};
use super::transport::{ClientError, ClientSettings, Request, Transport};
use crate::base::{
    AgentId, AssistantId, Call, CallFailure, FailureKind, LimiterStatus, RecordedIntent, SupportId, long_wait,
};

/// A request that meets 429 this often is given up (DESIGN.md, Manners on the network).
const MOST_429: u32 = 10;

const ASSISTANT_SWITCH: &str = "/assistant/v1/disable";
pub(super) const AGENT_SWITCH: &str = "/agent/v1/disable";

/// What was spent on a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Requests sent, retries included.
    pub requests: u32,
    /// Time from each request to the end of its answer; waiting for the pace or for another try is not in it.
    pub elapsed: Duration,
    /// Of the requests, those without a sensible answer (5xx, 408, timeout, broken connection, nonsense): they may have
    /// been carried out all the same, however the call ended. 429 and refusals are answers.
    pub unanswered: u32,
}

impl std::ops::AddAssign for Meter {
    fn add_assign(&mut self, more: Self) {
        self.requests = self.requests.saturating_add(more.requests);
        self.elapsed += more.elapsed;
        self.unanswered = self.unanswered.saturating_add(more.unanswered);
    }
}

impl Meter {
    pub(super) fn count_unanswered(&mut self) {
        self.unanswered = self.unanswered.saturating_add(1);
    }
}

/// A list of agents (PLATFORM.md, Calls).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Those that are shared with the key.
    Shared,
    /// Those of the whole workspace, from the governance API.
    Workspace,
}

impl Listing {
    /// The call, its path, and as many agents on a page as there may be.
    const fn request(self) -> (Call, &'static str, &'static str) {
        match self {
            Self::Shared => (Call::List, "/agent/v1/list", "250"),
            Self::Workspace => (Call::Governance, "/governance/v1/agents", "100"),
        }
    }
}

/// How a walk over a list of agents ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListWalk {
    /// This deployment has no such list: older ones answer 404 (PLATFORM.md, Calls).
    NoList,
    /// The visitor had seen enough.
    Stopped,
    /// Every page was seen: an agent that did not come is not in the list.
    Whole,
}

/// The platform over HTTP. A clone shares connections, pace and pauses.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    limiter: RateLimiter,
    timeout: Duration,
    retries: u32,
    backoff: RetryBackoff,
    jitter: Jitter,
}

impl Client {
    /// `send_log` hears of requests before they leave; `sent_before` is what earlier processes told it within the last
    /// minute or so: when, and how many.
    pub fn new(
        settings: &ClientSettings,
        send_log: Arc<dyn SendLog>,
        sent_before: &[(Timestamp, u32)],
    ) -> Result<Self, ClientError> {
        Self::with_waits(settings, send_log, sent_before, RetryBackoff::USUAL, Jitter::random())
    }

    /// As [`Client::new`], with other waits between tries.
    pub(super) fn with_waits(
        settings: &ClientSettings,
        send_log: Arc<dyn SendLog>,
        sent_before: &[(Timestamp, u32)],
        backoff: RetryBackoff,
        jitter: Jitter,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            shared: Arc::new(Shared {
                transport: Transport::new(settings)?,
                limiter: RateLimiter::new(settings.rpm.get(), send_log, sent_before),
                timeout: settings.timeout,
                retries: settings.retries,
                backoff,
                jitter,
            }),
        })
    }

    /// `GET /assistant/v1/get`: the body of the 200, the key masked, at most 32 MiB; whether it makes sense is not
    /// looked at.
    pub async fn get_assistant(&self, id: AssistantId, meter: &mut Meter) -> Result<Bytes, CallFailure> {
        let id = id.to_string();
        self.get(Call::Assistant, "/assistant/v1/get", &[("assistantId", &id)], meter).await
    }

    /// `GET /agent/v1/get`, likewise.
    pub async fn get_agent(&self, id: AgentId, meter: &mut Meter) -> Result<Bytes, CallFailure> {
        let id = id.to_string();
        self.get(Call::Agent, "/agent/v1/get", &[("agentId", &id)], meter).await
    }

    /// `GET /agent/v1/models`.
    pub async fn models(&self) -> Result<Vec<Model>, CallFailure> {
        let body = self.get(Call::Models, "/agent/v1/models", &[], &mut Meter::default()).await?;
        answers::read_models(&body).map_err(|words| self.nonsense(Call::Models, 200, words))
    }

    /// One page of a list; `None` when this deployment has none: older ones answer 404 (PLATFORM.md, Calls).
    pub async fn list_agents(
        &self,
        list: Listing,
        cursor: Option<Uuid>,
    ) -> Result<Option<AgentPage>, CallFailure> {
        let (call, path, limit) = list.request();
        let cursor = cursor.map(|cursor| cursor.hyphenated().to_string());
        let mut query = vec![("limit", limit)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        match self.get(call, path, &query, &mut Meter::default()).await {
            Ok(body) => {
                answers::read_agent_page(&body).map(Some).map_err(|words| self.nonsense(call, 200, words))
            }
            Err(CallFailure {
                kind: FailureKind::NotFound | FailureKind::NotTheApi { status: 404, .. },
                ..
            }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Shows `visit` one agent of the list after the other until it breaks or the last page is through; then no further
    /// page is asked for. A list that runs in a circle or ends in its middle makes no sense.
    pub async fn all_agents(
        &self,
        list: Listing,
        mut visit: impl FnMut(ListedAgent) -> ControlFlow<()>,
    ) -> Result<ListWalk, CallFailure> {
        let (call, ..) = list.request();
        let mut cursor = None;
        let mut seen = HashSet::new();
        loop {
            let Some(page) = self.list_agents(list, cursor).await? else {
                return match cursor {
                    None => Ok(ListWalk::NoList),
                    Some(cursor) => {
                        let words = format!("the list ends in its middle: no page at cursor {cursor}");
                        Err(self.nonsense(call, 404, words))
                    }
                };
            };
            if page.agents.into_iter().try_for_each(&mut visit).is_break() {
                return Ok(ListWalk::Stopped);
            }
            let Some(next) = page.next_cursor else { return Ok(ListWalk::Whole) };
            if !seen.insert(next) {
                let words = format!("the list runs in a circle: cursor {next} came before");
                return Err(self.nonsense(call, 200, words));
            }
            cursor = Some(next);
        }
    }

    /// `PATCH /assistant/v1/disable` with `disabled: true`, for the assistant whose intent is on disk. It sets a state, so
    /// that silence is followed by the same again; whether an earlier try may have been carried out although this fails,
    /// `meter.unanswered` tells.
    pub async fn disable_assistant(
        &self,
        intent: &dyn RecordedIntent,
        meter: &mut Meter,
    ) -> Result<(), CallFailure> {
        let wanted = json!({"assistantId": intent.assistant().to_string(), "disabled": true});
        let request = self.patch(ASSISTANT_SWITCH, &wanted).good_until(intent.good_until());
        self.switch(Call::Disable, request, meter).await
    }

    /// `PATCH /assistant/v1/disable` with `disabled: false`; `meter.unanswered` as for [`Client::disable_assistant`].
    pub async fn enable_assistant(&self, id: AssistantId, meter: &mut Meter) -> Result<(), CallFailure> {
        let wanted = json!({"assistantId": id.to_string(), "disabled": false});
        self.switch(Call::Enable, self.patch(ASSISTANT_SWITCH, &wanted), meter).await
    }

    /// `PATCH /agent/v1/disable` with `disabled: false`, likewise. Only agents that this program has made are ever
    /// switched off as agents ([`Client::disable_agent`]).
    pub async fn enable_agent(&self, id: AgentId, meter: &mut Meter) -> Result<(), CallFailure> {
        let wanted = json!({"agentId": id.to_string(), "disabled": false});
        self.switch(Call::EnableAgent, self.patch(AGENT_SWITCH, &wanted), meter).await
    }

    /// How the pace stands, for the display.
    pub fn limiter_status(&self) -> LimiterStatus {
        self.shared.limiter.status()
    }

    async fn get(
        &self,
        call: Call,
        path: &str,
        query: &[(&str, &str)],
        meter: &mut Meter,
    ) -> Result<Bytes, CallFailure> {
        let url = self.shared.transport.base_url().join(path, query);
        self.call(call, &Request::get(url), meter).await
    }

    fn patch(&self, path: &str, wanted: &serde_json::Value) -> Request {
        Request::patch(self.address(path), wanted.to_string())
    }

    /// Where a call without a query goes.
    pub(super) fn address(&self, path: &str) -> Url {
        self.shared.transport.base_url().join(path, &[])
    }

    async fn switch(&self, call: Call, request: Request, meter: &mut Meter) -> Result<(), CallFailure> {
        let body = self.call(call, &request, meter).await?;
        answers::read_switched(&body).map_err(|words| {
            meter.count_unanswered();
            self.nonsense(call, 200, words)
        })
    }

    pub(super) async fn call(
        &self,
        call: Call,
        request: &Request,
        meter: &mut Meter,
    ) -> Result<Bytes, CallFailure> {
        let mut support_id = None;
        self.until_done(request, meter, &mut support_id).await.map_err(|Failure { kind, words }| {
            CallFailure { call, kind, words: self.shared.transport.mask_text(words), support_id }
        })
    }

    /// Sends until there is an answer to go by, or no try left. `support_id` is then the last answer's.
    async fn until_done(
        &self,
        request: &Request,
        meter: &mut Meter,
        support_id: &mut Option<SupportId>,
    ) -> Result<Bytes, Failure> {
        let Shared { transport, limiter, backoff, jitter, .. } = &*self.shared;
        let mut failures = 0;
        let mut met_429 = 0;
        loop {
            let sent = limiter.acquire().await?;
            if request.is_outdated() {
                let words = "not sent: verified more than 10 minutes ago".to_owned();
                return Err(Failure { kind: FailureKind::Outdated, words });
            }
            meter.requests = meter.requests.saturating_add(1);
            let started = Instant::now();
            let exchange = transport.send(request.clone()).await.map(|answer| request.due(answer));
            meter.elapsed += started.elapsed();
            let answered = exchange.is_ok();
            *support_id = exchange.as_ref().ok().and_then(|answer| answer.support_id.clone());
            let meaning = meaning::of(exchange, self.shared.timeout);
            if answered && !matches!(meaning, Meaning::Throttled { .. }) {
                limiter.on_other_answer(sent);
            }
            if meaning.leaves_open() {
                meter.count_unanswered();
            }
            match meaning {
                Meaning::Done(body) => return Ok(body),
                Meaning::Failed { kind, words } => return Err(Failure { kind, words }),
                Meaning::Throttled { retry_after, words } => {
                    met_429 += 1;
                    tracing::debug!(path = request.path(), ?retry_after, "429: the run pauses");
                    limiter
                        .on_429(sent, retry_after, jitter.next())
                        .map_err(|hopeless| Failure::hopeless(hopeless, "429", &words))?;
                    if met_429 >= MOST_429 {
                        let words = format!("{words} ({met_429} times)");
                        return Err(Failure { kind: FailureKind::Throttled, words });
                    }
                }
                Meaning::Again { kind, words, pause } => {
                    if let Some(asked) = pause {
                        limiter
                            .on_unavailable(asked)
                            .map_err(|hopeless| Failure::hopeless(hopeless, "503", &words))?;
                    }
                    failures += 1;
                    if failures > self.shared.retries || request.is_sent_once() {
                        return Err(Failure { kind, words: with_tries(&words, failures) });
                    }
                    let wait = backoff.wait(failures, jitter.next());
                    let words = transport.mask_text(words);
                    tracing::debug!(path = request.path(), ?kind, words, ?wait, "tried, will try again");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    pub(super) fn nonsense(&self, call: Call, status: u16, words: String) -> CallFailure {
        let words = shorten(&self.shared.transport.mask_text(words));
        CallFailure::new(call, FailureKind::Nonsense { status }, words)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", self.shared.transport.base_url()).finish_non_exhaustive()
    }
}

/// A [`CallFailure`] that does not know yet which call it belongs to.
struct Failure {
    kind: FailureKind,
    words: String,
}

impl Failure {
    fn hopeless(hopeless: GivenUp, status: &str, words: &str) -> Self {
        match hopeless {
            GivenUp::ThrottledTooLong => {
                Self { kind: FailureKind::ThrottledTooLong, words: words.to_owned() }
            }
            GivenUp::RetryAfterTooLong { seconds } => {
                let said = format!("{status} {words}: ");
                Self::retry_after_too_long(seconds, &said)
            }
        }
    }

    fn retry_after_too_long(seconds: u64, said: &str) -> Self {
        let words = format!("{said}asks to wait {} (Retry-After)", long_wait(seconds));
        Self { kind: FailureKind::RetryAfterTooLong { seconds }, words }
    }
}

impl From<NoPermit> for Failure {
    fn from(no_permit: NoPermit) -> Self {
        match no_permit {
            NoPermit::NotRecorded(error) => Self { kind: FailureKind::NotRecorded, words: error.to_string() },
            NoPermit::GivenUp(GivenUp::RetryAfterTooLong { seconds }) => {
                Self::retry_after_too_long(seconds, "")
            }
            NoPermit::GivenUp(hopeless @ GivenUp::ThrottledTooLong) => Self::hopeless(hopeless, "429", ""),
        }
    }
}

fn with_tries(words: &str, tries: u32) -> String {
    match (tries, words) {
        (1, words) => words.to_owned(),
        (tries, "") => format!("({tries} tries)"),
        (tries, words) => format!("{words} ({tries} tries)"),
    }
}

#[cfg(test)]
mod tests;
