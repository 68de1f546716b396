//! From a request to its answer: the order in which a request is looked at, and what is done for it.

mod list;
mod switching;
mod writing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::sync::watch;
use uuid::Uuid;

use super::agents::Agent;
use super::made_up::MixedFate;
use super::options::{LostAnswer, RetryAfter, SandboxOptions, Times, WriteTrouble};
use super::request::{Ask, Endpoint, Side, looks_like_a_browser};
use super::state::{Arrival, Book, Switches, count, locked};
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
    options: Mutex<Arc<SandboxOptions>>,
    pub(super) key: String,
    authorization: String,
    workspace: Workspace,
    pub(super) book: Mutex<Book>,
    pub(super) switches: Mutex<Switches>,
    pub(super) agents: Mutex<BTreeMap<Uuid, Agent>>,
    /// Made-up agents that were read or switched, but never written: the lists show these.
    made_up: Mutex<BTreeSet<Uuid>>,
    /// How many requests that change something came how far: by call and what may happen to them there. What was refused is
    /// not among them.
    counts: Mutex<HashMap<(&'static str, u64), u64>>,
    stopped: watch::Receiver<bool>,
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
            options: Mutex::new(Arc::new(options)),
            workspace,
            book: Mutex::default(),
            switches: Mutex::default(),
            agents: Mutex::new(agents),
            made_up: Mutex::default(),
            counts: Mutex::default(),
            stopped,
        };
        for id in off {
            for side in shared.sides(Side::Assistant, id) {
                locked(&shared.switches).off_at_start(side, id);
            }
        }
        shared
    }

    /// What there is under an id, for whoever may see it.
    fn presence(&self, side: Side, id: Uuid) -> Presence {
        let agents = locked(&self.agents);
        let agent = agents.get(&id);
        let is_there = match side {
            Side::Assistant => self.workspace.assistants.contains_key(&id),
            Side::Agent => agent.is_some(),
        };
        if is_there {
            Presence::There
        } else if agent.is_some_and(Agent::is_service_accounts) || self.workspace.named.contains(&id) {
            Presence::Absent
        } else {
            Presence::Unnamed
        }
    }

    fn options(&self) -> Arc<SandboxOptions> {
        Arc::clone(&locked(&self.options))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut SandboxOptions)) {
        let mut current = locked(&self.options);
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
    let (endpoint, ask) = Ask::read(&parts, body.as_deref());
    let body = body.as_deref().unwrap_or_default();
    let arrival = locked(&shared.book).arrive(endpoint, &ask, &parts, body, &options);
    let dice = Dice::new(options.seed, endpoint, ask.id(), arrival.attempt);
    let visit = Visit { shared, options: &options, parts: &parts, endpoint, arrival: &arrival, dice };
    let answer = visit.answer(&ask);
    if !options.latency.is_zero() {
        tokio::time::sleep(options.latency).await;
    }
    let response = match answer {
        Ok(response) => response,
        Err(Instead::Refused(response)) => *response,
        Err(Instead::Lost) => match options.lost_answer {
            LostAnswer::Closed => return None,
            LostAnswer::Silent => std::future::pending().await,
        },
    };
    locked(&shared.book).answered(&arrival, response.status().as_u16());
    Some(response)
}

/// What comes in place of the answer that was meant.
enum Instead {
    Refused(Box<Response>),
    /// Nothing, in the way that is asked for.
    Lost,
}

impl From<Response> for Instead {
    fn from(refusal: Response) -> Self {
        Self::Refused(refusal.into())
    }
}

/// One request, with all that decides about it.
struct Visit<'a> {
    shared: &'a Shared,
    options: &'a SandboxOptions,
    parts: &'a Parts,
    endpoint: Endpoint,
    arrival: &'a Arrival,
    dice: Dice,
}

impl Visit<'_> {
    /// What becomes of the request: first what stands in front of the platform, then the platform.
    fn answer(&self, ask: &Ask) -> Result<Response, Instead> {
        self.before_the_platform(ask)?;
        if let Some(turn) = self.dice.fails(self.options.fail_rate) {
            return Ok(answers::server_trouble(turn));
        }
        self.at_the_door()?;
        match ask {
            Ask::Get { side, id } => self.get(*side, *id),
            Ask::Disable { side, id, disabled } => self.disable(*side, *id, *disabled),
            Ask::Models => Ok(answers::success(self.shared.workspace.catalogue.clone())),
            Ask::Update { id, fields } => self.update(*id, fields),
            Ask::Publish { id, description } => self.publish(*id, description.as_deref()),
            Ask::Create { fields } => self.create(fields),
            Ask::List(page) => Ok(self.list(*page)),
            Ask::Governance(page) => Ok(self.governance(*page)),
            Ask::Malformed(words) => Ok(answers::malformed(&self.words(words))),
            Ask::WrongMethod { allowed } => Ok(answers::wrong_method(allowed)),
            Ask::Elsewhere => Ok(answers::page(StatusCode::NOT_FOUND)),
        }
    }

    /// Wrong addresses and the limit.
    fn before_the_platform(&self, ask: &Ask) -> Result<(), Instead> {
        if let Some(to) = &self.options.redirect {
            return Err(answers::redirect(to).into());
        }
        if self.options.html_404 || *ask == Ask::Elsewhere {
            return Err(answers::page(StatusCode::NOT_FOUND).into());
        }
        match self.arrival.over_limit {
            None => Ok(()),
            Some(wait) => {
                let wait = retry_after(self.options.retry_after, wait);
                Err(answers::throttled(self.arrival.before, wait).into())
            }
        }
    }

    /// Who may come in at all, and what is still open.
    fn at_the_door(&self) -> Result<(), Instead> {
        let authorization = self.parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let revoked = self.options.unauthorized_after.is_some_and(|after| self.arrival.before >= after);
        if revoked || authorization != Some(self.shared.authorization.as_bytes()) {
            let words = if authorization.is_none() { "Missing API key" } else { "Invalid API key" };
            return Err(self.refused(StatusCode::UNAUTHORIZED, words).into());
        }
        if looks_like_a_browser(self.parts) {
            let words = "Requests from browsers are not allowed. Use the API from a server.";
            return Err(answers::plain_refusal(StatusCode::FORBIDDEN, words).into());
        }
        if self.options.missing_scope {
            return Err(answers::missing_scope("AGENT_API").into());
        }
        let gone = self.options.gone_after.is_some_and(|after| self.arrival.assistants_before >= after);
        if gone && self.endpoint.is_assistants_api() {
            let words = "The Assistants API has been discontinued. Use the Agents API.";
            return Err(answers::plain_refusal(StatusCode::GONE, words).into());
        }
        Ok(())
    }

    fn get(&self, side: Side, id: Uuid) -> Result<Response, Instead> {
        if self.find(side, id)? == Found::MadeUp {
            // `doctor` asks for an assistant that cannot be there: that makes no agent.
            if side == Side::Agent {
                self.is_there(id);
            }
            return Ok(match self.mixed(id) {
                Some(MixedFate::OtherId) if side == Side::Agent => {
                    under_another_id(side, made_up::object(side, id))
                }
                _ => answers::success(made_up::body(side, id)),
            });
        }
        let object = match side {
            Side::Assistant => self.shared.workspace.assistants.get(&id).cloned(),
            Side::Agent => locked(&self.shared.agents).get(&id).map(|agent| agent.shown().clone()),
        }
        .unwrap_or_default();
        Ok(match self.shared.workspace.trouble(side, id) {
            None => answers::object(StatusCode::OK, None, side, object),
            Some(Scripted::GatewayPage(code)) => answers::page(answers::status(code)),
            Some(Scripted::Throttled(seconds)) => {
                answers::throttled(self.arrival.before, Some(seconds.to_string()))
            }
            Some(Scripted::OtherId) => under_another_id(side, object),
            Some(Scripted::NotJson) => answers::not_json(),
        })
    }

    /// Looks up an assistant or agent as this key may see it.
    fn find(&self, side: Side, id: Uuid) -> Result<Found, Instead> {
        let makes_up = !self.options.no_made_up && self.shared.workspace.made_up;
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

    /// Does it and answers, unless the trouble of this call comes before or after.
    fn apply(
        &self,
        call: &'static str,
        trouble: WriteTrouble,
        write: impl FnOnce() -> Response,
    ) -> Result<Response, Instead> {
        if self.happens(trouble.failed, call, 10) {
            return Ok(answers::server_trouble(0));
        }
        if self.happens(trouble.dropped, call, 11) {
            return Err(Instead::Lost);
        }
        let answer = write();
        if self.happens(trouble.lost, call, 12) { Err(Instead::Lost) } else { Ok(answer) }
    }

    /// Whether it happens to this request, one more of those that are counted; `what` tells apart what hangs on chance.
    fn happens(&self, times: Times, call: &'static str, what: u64) -> bool {
        let before = count(&mut locked(&self.shared.counts), (call, what));
        match times {
            Times::Never => false,
            Times::First(count) => before < u64::from(count),
            Times::Share(share) => self.dice.falls(what, share),
        }
    }

    /// A refusal that is not about one assistant or agent.
    fn refused(&self, status: StatusCode, words: &str) -> Response {
        answers::plain_refusal(status, &self.words(words))
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

fn under_another_id(side: Side, mut object: Map<String, Value>) -> Response {
    object.insert("id".into(), OTHER_ID.into());
    answers::object(StatusCode::OK, None, side, object)
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
