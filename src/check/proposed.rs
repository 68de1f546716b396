//! The agent that an assistant asks for, in write names.

use crate::base::JsonText;
use crate::engine::record::{FIELDS, Field, Json, Object, Record, Rule};

/// The assistant in write names, ready for `POST /agent/v1/create` (PLATFORM.md, Write names).
///
/// Missing and null fields and empty lists are left out, unknown fields too: they have no write name. Values are
/// never cut to the platform's limits; numbers keep their text. A form of which a slug is not shown is left out whole:
/// its choices and file types are not shown either, so that it cannot be rebuilt, and one without them would be another
/// form.
pub fn proposed(assistant: &Record) -> JsonText {
    written(FIELDS, assistant.object()).to_json_text()
}

/// A known field's value as `update` takes it, an empty one as what clears it (PLATFORM.md, Write names); `None` for what
/// cannot be written or cleared.
pub(crate) fn for_update(field: &Field, value: &Json) -> Option<Json> {
    field.write_name?;
    if value.is_empty() { cleared(field) } else { self::value(field.rule, value) }
}

fn cleared(field: &Field) -> Option<Json> {
    match (field.name, field.rule) {
        ("emojiIcon", _) => Some(Json::Null),
        ("description" | "instruction", _) => Some(Json::Text(String::new())),
        (_, Rule::Flag) => Some(Json::Bool(false)),
        (_, Rule::OrderedTexts | Rule::IdSet | Rule::IdSetOfAgents | Rule::Keyed(_)) => {
            Some(Json::List(Vec::new()))
        }
        _ => None,
    }
}

fn written(fields: &[Field], object: &Object) -> Json {
    let members = fields
        .iter()
        .filter_map(|field| Some((field.write_name?.to_owned(), value(field.rule, object.get(field.name))?)))
        .collect();
    Json::Object(Object::of_distinct(members))
}

/// The value to write; `None` when there is nothing to.
fn value(rule: Rule, value: &Json) -> Option<Json> {
    match (rule, value) {
        (_, Json::Null) => None,
        (Rule::Keyed(element), Json::List(items))
            if items.iter().any(|item| element.key_of(item).is_none()) =>
        {
            None
        }
        (_, Json::List(items)) => {
            let items: Vec<Json> = items.iter().filter_map(|item| self::item(rule, item)).collect();
            (!items.is_empty()).then_some(Json::List(items))
        }
        (_, other) => Some(other.clone()),
    }
}

fn item(rule: Rule, item: &Json) -> Option<Json> {
    match (rule, item) {
        (_, Json::Null) => None,
        (Rule::Keyed(element), Json::Object(object)) => Some(written(element.fields, object)),
        (_, other) => Some(other.clone()),
    }
}
