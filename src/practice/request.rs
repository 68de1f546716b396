//! A request as the platform reads it: which call, for which id.

use axum::http::header;
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use super::write_names::read_names;

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
    /// `PATCH /agent/v1/update`
    AgentUpdate,
    /// `POST /agent/v1/publish`
    AgentPublish,
    /// `POST /agent/v1/create`
    AgentCreate,
    /// Anything else: another path, or another method on one of these paths.
    Elsewhere,
}

impl Endpoint {
    /// Whether the call belongs to the deprecated Assistants API.
    pub const fn is_assistants_api(self) -> bool {
        matches!(self, Self::AssistantGet | Self::AssistantDisable)
    }

    /// Whether the call writes agents.
    pub const fn writes_agents(self) -> bool {
        matches!(self, Self::AgentUpdate | Self::AgentPublish | Self::AgentCreate)
    }
}

/// One of the two kinds of things in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Assistant,
    Agent,
}

impl Side {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::Agent => "agent",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Assistant => "Assistant",
            Self::Agent => "Agent",
        }
    }

    pub(super) const fn id_name(self) -> &'static str {
        match self {
            Self::Assistant => "assistantId",
            Self::Agent => "agentId",
        }
    }
}

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
    /// What is to change, in read names.
    Update {
        id: Uuid,
        fields: Map<String, Value>,
    },
    Publish {
        id: Uuid,
        description: Option<String>,
    },
    /// What the new agent is to be, in read names.
    Create {
        fields: Map<String, Value>,
    },
    Models,
    List(Page),
    Governance(Page),
    /// A call that is known, with a parameter or body that makes no sense; the words name it.
    Malformed(String),
    WrongMethod {
        allowed: &'static str,
    },
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) cursor: Option<Uuid>,
}

/// Characters that whoever publishes may say about it (PLATFORM.md, Write names).
const VERSION_TEXT: usize = 500;

/// Agents on a page without a `limit`; the largest `limit` of either list (PLATFORM.md, Calls).
const USUAL_LIMIT: usize = 50;
const LIST_LIMIT: usize = 250;
const GOVERNANCE_LIMIT: usize = 100;

impl Ask {
    /// Reads a request, and the call that it is counted as; `body` is `None` where it did not arrive, or is too large.
    pub(super) fn read(parts: &Parts, body: Option<&[u8]>) -> (Endpoint, Self) {
        let path = parts.uri.path();
        let (endpoint, allowed) = match path {
            "/assistant/v1/get" => (Endpoint::AssistantGet, "GET"),
            "/agent/v1/get" => (Endpoint::AgentGet, "GET"),
            "/assistant/v1/disable" => (Endpoint::AssistantDisable, "PATCH"),
            "/agent/v1/disable" => (Endpoint::AgentDisable, "PATCH"),
            "/agent/v1/models" => (Endpoint::Models, "GET"),
            "/agent/v1/list" => (Endpoint::List, "GET"),
            "/governance/v1/agents" => (Endpoint::Governance, "GET"),
            "/agent/v1/update" => (Endpoint::AgentUpdate, "PATCH"),
            "/agent/v1/publish" => (Endpoint::AgentPublish, "POST"),
            "/agent/v1/create" => (Endpoint::AgentCreate, "POST"),
            _ => return (Endpoint::Elsewhere, Self::Elsewhere),
        };
        if parts.method != allowed {
            return (Endpoint::Elsewhere, Self::WrongMethod { allowed });
        }
        let object = || object(parts, body);
        let read = match endpoint {
            Endpoint::AssistantGet => Self::read_get(Side::Assistant, parts),
            Endpoint::AgentGet => Self::read_get(Side::Agent, parts),
            Endpoint::AssistantDisable => object().and_then(|body| Self::read_disable(Side::Assistant, body)),
            Endpoint::AgentDisable => object().and_then(|body| Self::read_disable(Side::Agent, body)),
            Endpoint::Models => Ok(Self::Models),
            Endpoint::List => read_page(parts, LIST_LIMIT).map(Self::List),
            Endpoint::Governance => read_page(parts, GOVERNANCE_LIMIT).map(Self::Governance),
            Endpoint::AgentUpdate => object().and_then(Self::read_update),
            Endpoint::AgentPublish => object().and_then(Self::read_publish),
            Endpoint::AgentCreate => {
                object().and_then(|body| read_names(body, true)).map(|fields| Self::Create { fields })
            }
            Endpoint::Elsewhere => Ok(Self::Elsewhere),
        };
        (endpoint, read.unwrap_or_else(Self::Malformed))
    }

    fn read_get(side: Side, parts: &Parts) -> Result<Self, String> {
        let name = side.id_name();
        let value = parameter(parts, name).ok_or_else(|| format!("{name} is required"))?;
        Ok(Self::Get { side, id: valid_id(name, &value)? })
    }

    /// Only the name that belongs to the path is looked at, as on the platform.
    fn read_disable(side: Side, mut body: Map<String, Value>) -> Result<Self, String> {
        let id = take_id(side, &mut body)?;
        let disabled = body.get("disabled").ok_or_else(|| "disabled is required".to_owned())?;
        let disabled = disabled.as_bool().ok_or_else(|| "disabled: must be true or false".to_owned())?;
        Ok(Self::Disable { side, id, disabled })
    }

    fn read_update(mut body: Map<String, Value>) -> Result<Self, String> {
        let id = take_id(Side::Agent, &mut body)?;
        Ok(Self::Update { id, fields: read_names(body, false)? })
    }

    fn read_publish(mut body: Map<String, Value>) -> Result<Self, String> {
        let id = take_id(Side::Agent, &mut body)?;
        let description = match body.shift_remove("description") {
            None => None,
            Some(Value::String(text)) if text.chars().count() <= VERSION_TEXT => Some(text),
            Some(_) => {
                return Err(format!("description: must be a text of at most {VERSION_TEXT} characters"));
            }
        };
        match body.keys().next() {
            None => Ok(Self::Publish { id, description }),
            Some(name) => Err(format!("Unrecognized key: {name}")),
        }
    }

    pub(super) const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Get { id, .. }
            | Self::Disable { id, .. }
            | Self::Update { id, .. }
            | Self::Publish { id, .. } => Some(*id),
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
    let cursor = parameter(parts, "cursor").map(|value| valid_id("cursor", &value)).transpose()?;
    Ok(Page { limit, cursor })
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A UUID in the one form that the platform takes: 36 characters with hyphens, any case.
fn valid_id(name: &str, text: &str) -> Result<Uuid, String> {
    let id = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    id.ok_or_else(|| format!("Invalid {name}: must be a valid UUID"))
}

fn object(parts: &Parts, body: Option<&[u8]>) -> Result<Map<String, Value>, String> {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json")) {
        return Err("Expected a JSON body (Content-Type: application/json)".into());
    }
    let body = body.ok_or_else(|| "Body too large or incomplete".to_owned())?;
    serde_json::from_slice(body).map_err(|error| format!("Invalid body: {error}"))
}

fn take_id(side: Side, body: &mut Map<String, Value>) -> Result<Uuid, String> {
    let name = side.id_name();
    let id = body.shift_remove(name).ok_or_else(|| format!("{name} is required"))?;
    valid_id(name, id.as_str().unwrap_or_default())
}

/// Whether a request looks like a browser's; the platform refuses those (PLATFORM.md, Calls).
pub(super) fn looks_like_a_browser(parts: &Parts) -> bool {
    let agent = parts.headers.get(header::USER_AGENT);
    parts.headers.contains_key(header::ORIGIN)
        || agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}
