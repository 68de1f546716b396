//! When two values agree.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use uuid::Uuid;

use super::json::Json;
use super::{excerpt, number};

/// What an element or an id is known by; ids of any case and spelling are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key<'a> {
    Id(Uuid),
    /// Any other text, to the letter.
    Text(&'a str),
}

impl<'a> Key<'a> {
    /// The key in a list of ids; null is the empty text.
    pub(super) fn of_id(value: &'a Json) -> Self {
        let text = value.text().unwrap_or_default();
        Uuid::try_parse(text).map_or(Self::Text(text), Self::Id)
    }

    /// The key as it stands.
    pub(super) fn of_text(value: &'a Json) -> Self {
        Self::Text(value.text().unwrap_or_default())
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.hyphenated().fmt(f),
            Self::Text(text) => f.write_str(&excerpt::label(text)),
        }
    }
}

/// Whether two values that the program does not know agree: empty with empty, else by type and content; keys of
/// objects that only the agent has do not count against it.
pub(crate) fn agree(assistant: &Json, agent: &Json) -> bool {
    match (assistant, agent) {
        _ if assistant.is_empty() || agent.is_empty() => assistant.is_empty() && agent.is_empty(),
        (Json::Text(one), Json::Text(other)) => one == other,
        (Json::Number(one), Json::Number(other)) => number::same(one, other),
        (Json::Bool(one), Json::Bool(other)) => one == other,
        (Json::List(one), Json::List(other)) if are_ids(one) && are_ids(other) => keys(one) == keys(other),
        (Json::List(one), Json::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| agree(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.members().iter().all(|(key, value)| value.is_empty() || agree(value, other.get(key)))
        }
        _ => false,
    }
}

/// Whether the two lists hold the same texts in the same order; null is the empty text.
pub(crate) fn same_texts(one: &Json, other: &Json) -> bool {
    one.items().iter().map(Key::of_text).eq(other.items().iter().map(Key::of_text))
}

pub(crate) fn are_ids(items: &[Json]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(Key::of_id(item), Key::Id(_)))
}

/// The ids of `items` that are not among `others`, each once, as spelled.
pub(crate) fn ids_only_in(items: &[Json], others: &[Json]) -> Vec<Json> {
    let mut seen = keys(others);
    items.iter().filter(|item| seen.insert(Key::of_id(item))).cloned().collect()
}

fn keys(items: &[Json]) -> HashSet<Key<'_>> {
    items.iter().map(Key::of_id).collect()
}

/// Whether a text or a list names the same file types as another.
pub(crate) fn same_file_types(one: &Json, other: &Json) -> bool {
    file_types(one) == file_types(other)
}

/// The file types that a text or a list names: separated by comma, semicolon or space, without leading dot and case.
fn file_types(value: &Json) -> BTreeSet<String> {
    let named = |text: &str| -> Vec<String> {
        text.split(|character: char| matches!(character, ',' | ';') || character.is_whitespace())
            .map(|name| name.strip_prefix('.').unwrap_or(name).to_lowercase())
            .filter(|name| !name.is_empty())
            .collect()
    };
    std::slice::from_ref(value).iter().chain(value.items()).filter_map(Json::text).flat_map(named).collect()
}

/// One text for all values that are the same but for order of keys, empty members and spelling of numbers; the
/// outermost member `but` is left out.
pub(crate) fn canonical(value: &Json, but: &str) -> String {
    let mut out = String::new();
    write_canonical(value, Some(but), &mut out);
    out
}

fn write_canonical(value: &Json, but: Option<&str>, out: &mut String) {
    match value {
        empty if empty.is_empty() => out.push_str("null"),
        Json::Number(number) => out.push_str(&number::normal(number)),
        Json::List(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, None, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(object) => {
            let is_kept = |key: &str, value: &Json| value.is_set() && but != Some(key);
            let mut members: Vec<_> =
                object.members().iter().filter(|(key, value)| is_kept(key, value)).collect();
            members.sort_by_key(|(key, _)| key);
            out.push('{');
            for (key, value) in members {
                out.push_str(&Json::Text(key.clone()).compact());
                out.push(':');
                write_canonical(value, None, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.compact()),
    }
}
