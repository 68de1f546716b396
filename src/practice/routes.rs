//! From a request to its answer: the order in which a request is looked at, and what is done for it.

mod list;
mod switching;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::watch;
use uuid::Uuid;

use super::agents::Agent;
use super::made_up::MixedFate;
use super::options::{LostAnswer, RetryAfter, SandboxOptions, Times};
use super::request::{Ask, Side, looks_like_a_browser, method_word};
use super::state::{Arrival, Book, Switches, locked};
use super::trouble::Dice;
use super::wire::Cut;
use super::workspace::{Access, Scripted, Workspace};
use super::{GRACE, answers, made_up};

/// Bodies beyond this are refused; the largest that makes sense is an instruction of 50,000 characters.
const BODY_LIMIT: usize = 1024 * 1024;

/// The id of an answer that was not asked for.
const OTHER_ID: &str = "3b0f7d52-8c1e-4f6a-9d27-51c4e0a8b963";

/// What every request sees.
#[derive(Debug)]
pub(super) struct Shared {
    options: RwLock<Arc<SandboxOptions>>,
    key: String,
    authorization: String,
    workspace: Workspace,
    book: Mutex<Book>,
    switches: Mutex<Switches>,
    agents: Mutex<BTreeMap<Uuid, Agent>>,
    /// Made-up agents that were read or switched, but never written: the lists show these.
    made_up: Mutex<BTreeSet<Uuid>>,
    switch_requests: switching::Counters,
    write_requests: writing::Counters,
    stopped: watch::Receiver<bool>,
}

enum Fate {
    Answer(Response),
    Hangup,
    Silence,
}

impl Shared {
    pub(super) fn new(
        options: SandboxOptions,
        key: String,
        mut workspace: Workspace,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let agents = std::mem::take(&mut workspace.agents);
        let off: Vec<Uuid> = workspace.disabled.iter().chain(&options.disabled).copied().collect();
        let shared = Self {
            authorization: format!("Bearer {key}"),
            key,
            options: RwLock::new(Arc::new(options)),
            workspace,
            book: Mutex::default(),
            switches: Mutex::default(),
            agents: Mutex::new(agents),
            made_up: Mutex::default(),
            switch_requests: switching::Counters::default(),
            write_requests: writing::Counters::default(),
            stopped,
        };
        for id in off {
            for side in shared.sides(Side::Assistant, id) {
                locked(&shared.switches).off_at_start(side, id);
            }
        }
        shared
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) const fn book(&self) -> &Mutex<Book> {
        &self.book
    }

    pub(super) const fn switches(&self) -> &Mutex<Switches> {
        &self.switches
    }

    pub(super) const fn agents(&self) -> &Mutex<BTreeMap<Uuid, Agent>> {
        &self.agents
    }

    /// What there is under an id, for whoever may see it.
    fn presence(&self, side: Side, id: Uuid) -> Presence {
        let agents = locked(&self.agents);
        let (is_there, is_no_other) = match side {
            Side::Assistant => {
                let agent = agents.get(&id);
                (self.workspace.assistants.contains_key(&id), agent.is_some_and(Agent::is_service_accounts))
            }
            Side::Agent => (agents.contains_key(&id), false),
        };
        if is_there {
            Presence::There
        } else if is_no_other || self.workspace.named.contains(&id) {
            Presence::Absent
        } else {
            Presence::Unnamed
        }
    }

    fn options(&self) -> Arc<SandboxOptions> {
        Arc::clone(&self.options.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut SandboxOptions)) {
        let mut current = self.options.write().unwrap_or_else(PoisonError::into_inner);
        let mut options = SandboxOptions::clone(&current);
        change(&mut options);
        if options.bad_share().is_none() {
            *current = Arc::new(options);
        }
    }
}

/// Every path goes to one function: what a request meets hardly hangs on its path.
pub(super) fn service(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, Cut> {
    Router::new().fallback(serve).with_state(shared).into_make_service_with_connect_info::<Cut>()
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let mut stopped = shared.stopped.clone();
    let end = async {
        // An error means that the sandbox was dropped, which ends it as well.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(GRACE).await;
    };
    let response = tokio::select! {
        response = answer(&shared, request) => response,
        () = end => None,
    };
    response.unwrap_or_else(|| {
        connection.cut();
        Response::default()
    })
}

/// The answer; `None` for a connection that ends without one.
async fn answer(shared: &Shared, request: Request) -> Option<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.ok();
    let options = shared.options();
    let ask = Ask::read(&parts, body.as_deref());
    let method = method_word(&parts.method);
    let body = body.as_deref().unwrap_or_default();
    let arrival = locked(&shared.book).arrive(&ask, method, parts.uri.path(), body, &options);
    let dice = Dice::new(options.seed, ask.endpoint(), ask.id(), arrival.attempt);
    let visit = Visit { shared, options: &options, parts: &parts, ask: &ask, arrival: &arrival, dice };
    let fate = visit.fate();
    if !options.latency.is_zero() {
        tokio::time::sleep(options.latency).await;
    }
    match fate {
        Fate::Answer(response) => {
            locked(&shared.book).answered(&arrival, response.status().as_u16());
            Some(response)
        }
        Fate::Hangup => None,
        Fate::Silence => std::future::pending().await,
    }
}

/// One request, with all that decides about it.
struct Visit<'a> {
    shared: &'a Shared,
    options: &'a SandboxOptions,
    parts: &'a Parts,
    ask: &'a Ask,
    arrival: &'a Arrival,
    dice: Dice,
}

impl Visit<'_> {
    /// What becomes of the request: first what stands in front of the platform, then the platform.
    fn fate(&self) -> Fate {
        if let Some(answer) = self.before_the_platform() {
            return Fate::Answer(answer);
        }
        if let Some(turn) = self.dice.fails(self.options.fail_rate) {
            return Fate::Answer(answers::server_trouble(turn));
        }
        match self.at_the_door() {
            Some(answer) => Fate::Answer(answer),
            None => self.platform(),
        }
    }

    /// Wrong addresses and the limit.
    fn before_the_platform(&self) -> Option<Response> {
        if let Some(to) = &self.options.redirect {
            return Some(answers::redirect(to));
        }
        if self.options.html_404 || *self.ask == Ask::Elsewhere {
            return Some(answers::page(StatusCode::NOT_FOUND));
        }
        let wait = self.arrival.over_limit?;
        Some(answers::throttled(self.arrival.before, retry_after(self.options.retry_after, wait)))
    }

    /// Who may come in at all, and what is still open.
    fn at_the_door(&self) -> Option<Response> {
        let authorization = self.parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let revoked = self.options.unauthorized_after.is_some_and(|after| self.arrival.before >= after);
        if revoked || authorization != Some(self.shared.authorization.as_bytes()) {
            let words = if authorization.is_none() { "Missing API key" } else { "Invalid API key" };
            return Some(answers::plain_refusal(StatusCode::UNAUTHORIZED, &self.words(words)));
        }
        if looks_like_a_browser(self.parts) {
            let words = "Requests from browsers are not allowed. Use the API from a server.";
            return Some(answers::plain_refusal(StatusCode::FORBIDDEN, words));
        }
        if self.options.missing_scope {
            return Some(answers::missing_scope("AGENT_API"));
        }
        let gone = self.options.gone_after.is_some_and(|after| self.arrival.assistants_before >= after);
        if gone && self.ask.endpoint().is_assistants_api() {
            let words = "The Assistants API has been discontinued. Use the Agents API.";
            return Some(answers::plain_refusal(StatusCode::GONE, words));
        }
        None
    }

    fn platform(&self) -> Fate {
        match self.ask {
            Ask::Get { side, id } => self.get(*side, *id),
            Ask::Disable { side, id, disabled } => self.disable(*side, *id, *disabled),
            Ask::Models => Fate::Answer(answers::success(self.shared.workspace.catalogue.clone())),
            Ask::Update { id, fields } => self.update(*id, fields),
            Ask::Publish { id, description } => self.publish(*id, description.as_deref()),
            Ask::Create { fields } => self.create(fields),
            Ask::List(page) => Fate::Answer(self.list(*page)),
            Ask::Governance(page) => Fate::Answer(self.governance(*page)),
            Ask::Malformed { words, .. } => Fate::Answer(answers::malformed(&self.words(words))),
            Ask::WrongMethod { allowed } => Fate::Answer(answers::wrong_method(allowed)),
            Ask::Elsewhere => Fate::Answer(answers::page(StatusCode::NOT_FOUND)),
        }
    }

    fn get(&self, side: Side, id: Uuid) -> Fate {
        match self.find(side, id) {
            Ok(Found::Named) => {}
            Ok(Found::MadeUp) => {
                // `doctor` asks for an assistant that cannot be there: that makes no agent.
                if side == Side::Agent {
                    self.is_there(id);
                }
                return Fate::Answer(match self.mixed(id) {
                    Some(MixedFate::OtherId) if side == Side::Agent => {
                        let mut object = made_up::object(side, id);
                        object.insert("id".into(), OTHER_ID.into());
                        answers::object(StatusCode::OK, None, side, object)
                    }
                    _ => answers::success(made_up::body(side, id)),
                });
            }
            Err(refusal) => return Fate::Answer(*refusal),
        }
        let mut object = match side {
            Side::Assistant => self.shared.workspace.assistants.get(&id).cloned(),
            Side::Agent => locked(&self.shared.agents).get(&id).map(|agent| agent.shown().clone()),
        }
        .unwrap_or_default();
        Fate::Answer(match self.shared.workspace.trouble(side, id) {
            None => answers::object(StatusCode::OK, None, side, object),
            Some(Scripted::GatewayPage(code)) => answers::page(answers::status(code)),
            Some(Scripted::Throttled(seconds)) => {
                answers::throttled(self.arrival.before, Some(seconds.to_string()))
            }
            Some(Scripted::OtherId) => {
                object.insert("id".into(), OTHER_ID.into());
                answers::object(StatusCode::OK, None, side, object)
            }
            Some(Scripted::NotJson) => answers::not_json(),
        })
    }

    /// Looks up an assistant or agent as this key may see it.
    fn find(&self, side: Side, id: Uuid) -> Result<Found, Refusal> {
        let makes_up = self.options.made_up && self.shared.workspace.made_up;
        match self.shared.presence(side, id) {
            Presence::There if self.access(side, id) != Access::NotShared => Ok(Found::Named),
            Presence::There => Err(self.not_shared(side, id).into()),
            Presence::Unnamed if makes_up => match self.mixed(id) {
                Some(MixedFate::NotFound(missing)) if missing == side => Err(self.not_found(side, id).into()),
                Some(MixedFate::NotShared(hidden)) if hidden == side && !self.options.share_all => {
                    Err(self.not_shared(side, id).into())
                }
                _ => Ok(Found::MadeUp),
            },
            Presence::Unnamed | Presence::Absent => Err(self.not_found(side, id).into()),
        }
    }

    fn mixed(&self, id: Uuid) -> Option<MixedFate> {
        if self.options.mix { made_up::mixed_fate(id) } else { None }
    }

    fn not_found(&self, side: Side, id: Uuid) -> Response {
        let words = format!("{} not found", side.title());
        answers::refusal(StatusCode::NOT_FOUND, id, &self.words(&words))
    }

    fn is_there(&self, id: Uuid) {
        locked(&self.shared.made_up).insert(id);
    }

    fn not_shared(&self, side: Side, id: Uuid) -> Response {
        let words = format!("API key does not have access to this {}", side.word());
        answers::refusal(StatusCode::FORBIDDEN, id, &self.words(&words))
    }

    fn access(&self, side: Side, id: Uuid) -> Access {
        if self.options.share_all { Access::Shared } else { self.shared.workspace.access(side, id) }
    }

    /// Whether it happens to this request, one more of those that are counted; `what` tells apart what hangs on chance.
    fn happens(&self, times: Times, counter: &AtomicU64, what: u64) -> bool {
        let before = count(counter);
        match times {
            Times::Never => false,
            Times::First(count) => before < u64::from(count),
            Times::Share(share) => self.dice.falls(what, share),
        }
    }

    /// No answer, in the way that is asked for.
    fn lost(&self) -> Fate {
        match self.options.lost_answer {
            LostAnswer::Closed => Fate::Hangup,
            LostAnswer::Silent => Fate::Silence,
        }
    }

    /// The words of a refusal, with the caller's key behind them where a careless gateway is played.
    fn words(&self, words: &str) -> String {
        let sent = self.parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match sent {
            Some(sent) if self.options.echo_key => format!("{words} (request had Authorization: {sent})"),
            _ => words.to_owned(),
        }
    }
}

type Refusal = Box<Response>;

/// What there is under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    There,
    /// The workspace knows the id, and there is nothing of this kind.
    Absent,
    /// The workspace does not know it.
    Unnamed,
}

/// What this key may see under an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Named,
    MadeUp,
}

/// Counts one more; gives how many there were before.
fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed)
}

fn retry_after(form: RetryAfter, wait: Duration) -> Option<String> {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = seconds.max(1);
    match form {
        RetryAfter::Absent => None,
        RetryAfter::Seconds => Some(seconds.to_string()),
        // A date has no fractions: one second more, so that it is never too early.
        RetryAfter::Date => {
            Some(httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds + 1)))
        }
        RetryAfter::Fixed(seconds) => Some(seconds.to_string()),
    }
}
