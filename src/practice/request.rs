//! A request as the platform reads it: which call, for which id.

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Method, header};
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

/// A call of the platform (PLATFORM.md, Calls).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET /assistant/v1/get`
    AssistantGet,
    /// `GET /agent/v1/get`
    AgentGet,
    /// `PATCH /assistant/v1/disable`
    AssistantDisable,
    /// `PATCH /agent/v1/disable`
    AgentDisable,
    /// `GET /agent/v1/models`
    Models,
    /// `GET /agent/v1/list`
    List,
    /// `GET /governance/v1/agents`
    Governance,
    /// Anything else: another path, or another method on one of these paths.
    Elsewhere,
}

impl Endpoint {
    /// Every call, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::AssistantGet,
        Self::AgentGet,
        Self::AssistantDisable,
        Self::AgentDisable,
        Self::Models,
        Self::List,
        Self::Governance,
        Self::Elsewhere,
    ];

    /// Whether the call belongs to the deprecated Assistants API.
    pub const fn is_assistants_api(self) -> bool {
        matches!(self, Self::AssistantGet | Self::AssistantDisable)
    }
}

/// One of the two kinds of things in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Assistant,
    Agent,
}

impl Side {
    /// The word in paths and sentences.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::Agent => "agent",
        }
    }

    /// The word at the start of a sentence.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Assistant => "Assistant",
            Self::Agent => "Agent",
        }
    }

    /// The parameter that holds its id.
    pub(super) const fn id_name(self) -> &'static str {
        match self {
            Self::Assistant => "assistantId",
            Self::Agent => "agentId",
        }
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Get {
        side: Side,
        id: Uuid,
    },
    Disable {
        side: Side,
        id: Uuid,
        disabled: bool,
    },
    Models,
    List(Page),
    Governance(Page),
    /// A call that is known, with a parameter or body that makes no sense; the words name it.
    Malformed {
        endpoint: Endpoint,
        words: String,
    },
    WrongMethod {
        allowed: &'static str,
    },
    Elsewhere,
}

/// The part of a list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) cursor: Option<Uuid>,
}

/// Bodies beyond this are refused; the platform's are under 100 bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Agents on a page without a `limit`; the largest `limit` of either list (PLATFORM.md, Calls).
const USUAL_LIMIT: usize = 50;
const LIST_LIMIT: usize = 250;
const GOVERNANCE_LIMIT: usize = 100;

impl Ask {
    /// Reads a request.
    pub(super) async fn read(parts: &Parts, body: Body) -> Self {
        let path = parts.uri.path();
        let (endpoint, allowed) = match path {
            "/assistant/v1/get" => (Endpoint::AssistantGet, "GET"),
            "/agent/v1/get" => (Endpoint::AgentGet, "GET"),
            "/assistant/v1/disable" => (Endpoint::AssistantDisable, "PATCH"),
            "/agent/v1/disable" => (Endpoint::AgentDisable, "PATCH"),
            "/agent/v1/models" => (Endpoint::Models, "GET"),
            "/agent/v1/list" => (Endpoint::List, "GET"),
            "/governance/v1/agents" => (Endpoint::Governance, "GET"),
            _ => return Self::Elsewhere,
        };
        if parts.method != allowed {
            return Self::WrongMethod { allowed };
        }
        let read = match endpoint {
            Endpoint::AssistantGet => Self::read_get(Side::Assistant, parts),
            Endpoint::AgentGet => Self::read_get(Side::Agent, parts),
            Endpoint::AssistantDisable => Self::read_disable(Side::Assistant, parts, body).await,
            Endpoint::AgentDisable => Self::read_disable(Side::Agent, parts, body).await,
            Endpoint::Models => Ok(Self::Models),
            Endpoint::List => read_page(parts, LIST_LIMIT).map(Self::List),
            Endpoint::Governance => read_page(parts, GOVERNANCE_LIMIT).map(Self::Governance),
            Endpoint::Elsewhere => Ok(Self::Elsewhere),
        };
        read.unwrap_or_else(|words| Self::Malformed { endpoint, words })
    }

    fn read_get(side: Side, parts: &Parts) -> Result<Self, String> {
        let name = side.id_name();
        let value = parameter(parts, name).ok_or_else(|| format!("{name} is required"))?;
        let id = strict_uuid(&value).ok_or_else(|| format!("Invalid {name}: must be a valid UUID"))?;
        Ok(Self::Get { side, id })
    }

    async fn read_disable(side: Side, parts: &Parts, body: Body) -> Result<Self, String> {
        /// Only the name that belongs to the path is looked at, as on the platform.
        #[derive(Deserialize)]
        struct Switch {
            #[serde(rename = "assistantId")]
            assistant: Option<String>,
            #[serde(rename = "agentId")]
            agent: Option<String>,
            disabled: Option<bool>,
        }
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
        if !is_json {
            return Err("Expected a JSON body (Content-Type: application/json)".into());
        }
        let bytes =
            to_bytes(body, BODY_LIMIT).await.map_err(|_| "Body too large or incomplete".to_owned())?;
        let asked: Switch =
            serde_json::from_slice(&bytes).map_err(|error| format!("Invalid body: {error}"))?;
        let id = match side {
            Side::Assistant => asked.assistant,
            Side::Agent => asked.agent,
        };
        let name = side.id_name();
        let id = id.ok_or_else(|| format!("{name} is required"))?;
        let id = strict_uuid(&id).ok_or_else(|| format!("Invalid {name}: must be a valid UUID"))?;
        let disabled = asked.disabled.ok_or_else(|| "disabled is required".to_owned())?;
        Ok(Self::Disable { side, id, disabled })
    }

    /// The call that this is counted as.
    pub(super) const fn endpoint(&self) -> Endpoint {
        match self {
            Self::Get { side: Side::Assistant, .. } => Endpoint::AssistantGet,
            Self::Get { side: Side::Agent, .. } => Endpoint::AgentGet,
            Self::Disable { side: Side::Assistant, .. } => Endpoint::AssistantDisable,
            Self::Disable { side: Side::Agent, .. } => Endpoint::AgentDisable,
            Self::Models => Endpoint::Models,
            Self::List(_) => Endpoint::List,
            Self::Governance(_) => Endpoint::Governance,
            Self::Malformed { endpoint, .. } => *endpoint,
            Self::WrongMethod { .. } | Self::Elsewhere => Endpoint::Elsewhere,
        }
    }

    /// The assistant or agent that it is about.
    pub(super) const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Get { id, .. } | Self::Disable { id, .. } => Some(*id),
            _ => None,
        }
    }
}

fn read_page(parts: &Parts, most: usize) -> Result<Page, String> {
    let limit = match parameter(parts, "limit") {
        None => USUAL_LIMIT,
        Some(value) => value
            .parse()
            .ok()
            .filter(|limit| (1..=most).contains(limit))
            .ok_or_else(|| format!("Invalid limit: must be a number from 1 to {most}"))?,
    };
    let cursor = match parameter(parts, "cursor") {
        None => None,
        Some(value) => {
            Some(strict_uuid(&value).ok_or_else(|| "Invalid cursor: must be a valid UUID".to_owned())?)
        }
    };
    Ok(Page { limit, cursor })
}

/// The first value of a query parameter.
fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A UUID in the one form that the platform takes: 36 characters with hyphens, any case.
fn strict_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// Whether a request looks like a browser's; the platform refuses those (PLATFORM.md, Calls).
pub(super) fn looks_like_a_browser(parts: &Parts) -> bool {
    let agent = parts.headers.get(header::USER_AGENT);
    parts.headers.contains_key(header::ORIGIN)
        || agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

/// The method's word, without an allocation for those that the platform knows.
pub(super) fn method_word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
