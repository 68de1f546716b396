//! The body of a 200 answer becomes a record, or makes no sense.

use jiff::Timestamp;
use uuid::Uuid;

use super::excerpt;
use super::fields::{self, FIELDS};
use super::json::{Json, Object};
use super::nonsense::Nonsense;
use super::path::Path;
use crate::base::JsonText;

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `GET /assistant/v1/get`
    Assistant,
    /// `GET /agent/v1/get`
    Agent,
}

impl Side {
    /// The keys that may hold the object, its own first: the older `OpenAPI` text requires `agent` of both.
    const fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Assistant => ["assistant", "agent"],
            Self::Agent => ["agent", "assistant"],
        }
    }
}

/// An assistant or an agent as the platform sent it; known fields are of their types.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    id: Uuid,
    object: Object,
}

/// Takes the body of a 200 answer to one of the `get` calls and the id asked for; gives the record, or why it makes
/// no sense.
pub fn read(side: Side, body: &[u8], asked: Uuid) -> Result<Record, Nonsense> {
    let text = str::from_utf8(body).map_err(|_| Nonsense::NotUtf8)?;
    let mut answer = match Json::read(text)? {
        Json::Object(answer) => answer,
        other => return Err(Nonsense::NotAnObject { found: other.kind() }),
    };
    match answer.get("status") {
        Json::Null => {}
        Json::Text(status) if status == "success" => {}
        other => return Err(Nonsense::Status { found: excerpt::one(other) }),
    }
    let object = side.keys().into_iter().find_map(|key| answer.take_object(key)).ok_or(Nonsense::NoObject)?;
    check_id(&object, asked)?;
    fields::check(FIELDS, &Path::Record, &object)?;
    Ok(Record { id: asked, object })
}

fn check_id(object: &Object, asked: Uuid) -> Result<(), Nonsense> {
    match object.get("id") {
        Json::Text(id) if Uuid::try_parse(id).is_ok_and(|id| id == asked) => Ok(()),
        Json::Text(id) if !id.is_empty() => Err(Nonsense::OtherId { id: excerpt::label(id) }),
        Json::Null | Json::Text(_) => Err(Nonsense::NoId),
        other => {
            let place = Path::Member(&Path::Record, "id").subject();
            Err(Nonsense::OtherType { place, found: other.kind(), expected: "text" })
        }
    }
}

impl Record {
    /// The id, the one asked for.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The name, raw; empty if it has none.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// `createdAt`; `None` when it is missing or not RFC 3339.
    pub fn created_at(&self) -> Option<Timestamp> {
        fields::instant(self.object.get("createdAt"))
    }

    /// `updatedAt`; `None` when it is missing or not RFC 3339.
    pub fn updated_at(&self) -> Option<Timestamp> {
        fields::instant(self.object.get("updatedAt"))
    }

    /// The text in that field, known or not, by its read name; `None` when there is none.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.object.get(field).text()
    }

    /// The flag in that field, known or not; `None` when there is none.
    pub fn flag(&self, field: &str) -> Option<bool> {
        match self.object.get(field) {
            Json::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The value of that field, known or not, whole; `None` when it is missing or null.
    pub fn value(&self, field: &str) -> Option<JsonText> {
        match self.object.get(field) {
            Json::Null => None,
            value => Some(value.to_json_text()),
        }
    }

    /// How many items the list in that field has; 0 when there is none.
    pub fn count(&self, field: &str) -> usize {
        self.object.get(field).items().len()
    }

    /// Names of the fields that the platform's documents do not know and that hold something, in their order.
    pub fn unknown_fields(&self) -> impl Iterator<Item = &str> {
        self.object
            .members()
            .iter()
            .filter(|(name, value)| value.is_set() && FIELDS.iter().all(|field| field.name != name))
            .map(|(name, _)| name.as_str())
    }

    /// The same record with another value in that field.
    pub(crate) fn with(self, field: &str, value: Json) -> Self {
        Self { object: self.object.with(field, value), ..self }
    }

    pub(crate) fn object(&self) -> &Object {
        &self.object
    }
}
