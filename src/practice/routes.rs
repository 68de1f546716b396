//! From a request to its answer: the order in which a request is looked at, and what is done for it.

mod list;
mod switching;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::HttpBody;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use uuid::Uuid;

use super::options::{RetryAfter, SandboxOptions};
use super::request::{Ask, Side, looks_like_a_browser, method_word};
use super::state::{Arrival, Book, Switches, locked};
use super::trouble::{Dice, Mishap};
use super::wire::{Shape, Wire};
use super::workspace::{Access, Lookup, Record, Scripted, Workspace};
use super::{answers, made_up};

/// What every request sees.
#[derive(Debug)]
pub(super) struct Shared {
    options: RwLock<Arc<SandboxOptions>>,
    key: String,
    authorization: String,
    workspace: Workspace,
    book: Mutex<Book>,
    switches: Mutex<Switches>,
    /// Made-up agents that were read or switched: the lists show these.
    made_up: Mutex<BTreeSet<Uuid>>,
    switch_requests: switching::Counters,
}

/// What becomes of a request.
enum Fate {
    /// It is answered.
    Answer(Response),
    /// It was dealt with, its answer ends half-way.
    Cut { answer: Response, reset: bool },
    /// The connection ends without an answer.
    Hangup { reset: bool },
    /// No answer, ever.
    Silence,
}

impl Shared {
    pub(super) fn new(options: SandboxOptions, key: String, workspace: Workspace) -> Self {
        let mut switches = Switches::default();
        for id in workspace.disabled.iter().chain(&options.disabled) {
            for side in switching::sides(&options, &workspace, Side::Assistant, *id) {
                switches.off_at_start(side, *id);
            }
        }
        Self {
            authorization: format!("Bearer {key}"),
            key,
            options: RwLock::new(Arc::new(options)),
            workspace,
            book: Mutex::default(),
            switches: Mutex::new(switches),
            made_up: Mutex::default(),
            switch_requests: switching::Counters::default(),
        }
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
pub(super) fn service(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, Wire> {
    Router::new().fallback(serve).with_state(shared).into_make_service_with_connect_info::<Wire>()
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let options = shared.options();
    let ask = Ask::read(&parts, body).await;
    let method = method_word(&parts.method);
    let arrival = locked(&shared.book).arrive(&ask, method, parts.uri.path(), options.rpm, options.keep_log);
    let dice = Dice::new(options.seed, ask.endpoint(), ask.id(), arrival.attempt);
    let visit =
        Visit { shared: &shared, options: &options, parts: &parts, ask: &ask, arrival: &arrival, dice };
    let fate = visit.fate();

    let delay = dice.delay(&options);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let whole = options.slow.map_or(Shape::Whole, Shape::Slow);
    let (response, shape) = match fate {
        Fate::Answer(response) => (response, whole),
        Fate::Cut { answer, reset } => {
            let length = answer.body().size_hint().exact().unwrap_or(0);
            let body = usize::try_from(length / 2).unwrap_or(0);
            (answer, Shape::Cut { body, reset })
        }
        Fate::Hangup { reset } => {
            wire.shape(Shape::Nothing { reset });
            return Response::default();
        }
        Fate::Silence => std::future::pending().await,
    };
    wire.shape(shape);
    locked(&shared.book).answered(&arrival, response.status().as_u16());
    response
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
        let mishap = self.dice.mishap(self.options);
        match mishap {
            Mishap::Fails(turn) => return Fate::Answer(answers::server_trouble(turn)),
            Mishap::ResetBefore => return Fate::Hangup { reset: true },
            Mishap::None | Mishap::ResetWithin | Mishap::Truncated => {}
        }
        let fate = match self.at_the_door() {
            Some(answer) => Fate::Answer(answer),
            None => self.platform(),
        };
        match (mishap, fate) {
            (Mishap::ResetWithin, Fate::Answer(answer)) => Fate::Cut { answer, reset: true },
            (Mishap::Truncated, Fate::Answer(answer)) => Fate::Cut { answer, reset: false },
            (_, fate) => fate,
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
            Ask::Models => Fate::Answer(answers::success(self.shared.workspace.models.clone())),
            Ask::List(page) => Fate::Answer(self.list(*page)),
            Ask::Governance(page) => Fate::Answer(self.governance(*page)),
            Ask::Malformed { words, .. } => Fate::Answer(answers::malformed(&self.words(words))),
            Ask::WrongMethod { allowed } => Fate::Answer(answers::wrong_method(allowed)),
            Ask::Elsewhere => Fate::Answer(answers::page(StatusCode::NOT_FOUND)),
        }
    }

    fn get(&self, side: Side, id: Uuid) -> Fate {
        let record = match self.find(side, id) {
            Found::Named(record) => record,
            Found::MadeUp => {
                // `doctor` asks for an assistant that cannot be there: that makes no agent.
                if side == Side::Agent {
                    self.is_there(id);
                }
                return Fate::Answer(answers::success(made_up::body(side, id)));
            }
            Found::Refused(refusal) => return Fate::Answer(refusal),
        };
        Fate::Answer(match record.trouble() {
            None => answers::success(record.body.clone()),
            Some(Scripted::GatewayPage(code)) => answers::page(answers::status(code)),
            Some(Scripted::Throttled(seconds)) => {
                answers::throttled(self.arrival.before, Some(seconds.to_string()))
            }
            Some(Scripted::OtherId) => answers::success(record.other_id_body.clone()),
            Some(Scripted::NotJson) => answers::not_json(),
            Some(Scripted::Reset) => return Fate::Hangup { reset: true },
        })
    }

    /// Looks up an assistant or agent as this key may see it.
    fn find(&self, side: Side, id: Uuid) -> Found<'_> {
        match self.shared.workspace.look_up(side, id) {
            Lookup::Found(record) if self.is_shared(record) => Found::Named(record),
            Lookup::Found(_) => Found::Refused(self.not_shared(side, id)),
            Lookup::Unnamed if self.options.made_up => Found::MadeUp,
            Lookup::Unnamed | Lookup::Absent => {
                let words = format!("{} not found", side.title());
                Found::Refused(answers::refusal(StatusCode::NOT_FOUND, id, &self.words(&words)))
            }
        }
    }

    /// From now on the lists show this made-up agent.
    fn is_there(&self, id: Uuid) {
        locked(&self.shared.made_up).insert(id);
    }

    /// 403 for this one alone.
    fn not_shared(&self, side: Side, id: Uuid) -> Response {
        let words = format!("API key does not have access to this {}", side.word());
        answers::refusal(StatusCode::FORBIDDEN, id, &self.words(&words))
    }

    fn is_shared(&self, record: &Record) -> bool {
        self.options.share_all || record.access == Access::Shared
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

/// What there is under an id, for this key.
enum Found<'a> {
    Named(&'a Record),
    MadeUp,
    Refused(Response),
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
