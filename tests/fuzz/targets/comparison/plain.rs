//! A second comparison, made from DESIGN.md ("What counts as the same") without a look at the program's. It answers only
//! where the answer is plain.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

type Object = Map<String, Value>;

const TEXTS: [&str; 6] = ["name", "description", "instruction", "emojiIcon", "model", "inputType"];
const FLAGS: [&str; 4] = ["webSearchEnabled", "imageGenerationEnabled", "canvasEnabled", "extendedThinking"];

/// Every field of either side, and whether it is the same; `None` where it is not plain.
pub(super) fn fields(one: &Object, other: &Object) -> Vec<(String, Option<bool>)> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let [one, other] = [one, other].map(|side| side.get(name).unwrap_or(&Value::Null));
            (name.clone(), field(name, one, other))
        })
        .collect()
}

/// Whether a name stands in a place as it is.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn field(name: &str, one: &Value, other: &Value) -> Option<bool> {
    match name {
        "id" | "createdAt" | "updatedAt" => Some(true),
        "temperature" => numbers(one, other),
        "codeInterpreterEnabled" if other.is_null() => Some(true),
        "codeInterpreterEnabled" => Some(flag(one) == flag(other)),
        "conversationStarters" => Some(texts(one) == texts(other)),
        "attachments" => Some(ids(one) == ids(other)),
        "actions" => elements(one, other, "actionId", action),
        "inputFields" => form(one, other),
        // Assistants never had it.
        "knowledgeFolderIds" => Some(is_empty(one) || ids(one) == ids(other)),
        _ if TEXTS.contains(&name) => Some(text(one) == text(other)),
        _ if FLAGS.contains(&name) => Some(flag(one) == flag(other)),
        _ => unknown(one, other),
    }
}

fn action(name: &str, one: &Value, other: &Value) -> Option<bool> {
    match name {
        "actionId" => Some(true),
        "requiresConfirmation" => Some(flag(one) == flag(other)),
        _ => unknown(one, other),
    }
}

fn input_field(name: &str, one: &Value, other: &Value) -> Option<bool> {
    match name {
        "slug" => Some(true),
        "type" | "label" | "description" | "emailDomain" => Some(text(one) == text(other)),
        "required" => Some(flag(one) == flag(other)),
        "order" => numbers(one, other),
        "options" => Some(texts(one) == texts(other)),
        "fileTypes" => Some(file_types(one) == file_types(other)),
        _ => unknown(one, other),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    items(value).iter().map(text).collect()
}

fn key(text: &str) -> String {
    Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |id| id.to_string())
}

fn ids(value: &Value) -> BTreeSet<String> {
    items(value).iter().map(|id| key(text(id))).collect()
}

fn file_types(value: &Value) -> BTreeSet<String> {
    let named = std::iter::once(text(value)).chain(items(value).iter().map(text));
    let types = named.flat_map(|names| names.split(|c: char| c == ',' || c == ';' || c.is_whitespace()));
    let types = types.map(|name| name.strip_prefix('.').unwrap_or(name).to_lowercase());
    types.filter(|name| !name.is_empty()).collect()
}

/// Within 1e-9; 0 is a value. Near the border, and where a float cannot tell, it is not plain.
fn numbers(one: &Value, other: &Value) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    if one.is_null() || other.is_null() {
        return Some(false);
    }
    if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64()) {
        return Some(one == other);
    }
    let (one, other) = (one.as_f64()?, other.as_f64()?);
    match (one - other).abs() {
        _ if one.abs().max(other.abs()) > 1e6 => None,
        apart if apart < 5e-10 => Some(true),
        apart if apart > 2e-9 => Some(false),
        _ => None,
    }
}

/// Whether there is a form on both sides, and neither shows what answers leave out.
pub(super) fn is_form_hidden(one: &Object, other: &Object) -> bool {
    let [one, other] = [one, other].map(|side| side.get("inputFields").map(items).unwrap_or_default());
    let hidden = ["slug", "options", "fileTypes", "emailDomain"];
    let shows =
        |field: &Value| hidden.iter().any(|name| field.get(name).is_some_and(|value| !is_empty(value)));
    !one.is_empty() && !other.is_empty() && !one.iter().chain(other).any(shows)
}

/// By slug where all have one. Where one side shows none, every field has to find another, by order or by label.
fn form(one: &Value, other: &Value) -> Option<bool> {
    let has = |name: &'static str| move |field: &Value| field.get(name).is_some_and(|value| !is_empty(value));
    let [own, others] = [one, other].map(items);
    let both = || own.iter().chain(others);
    if both().all(has("slug")) {
        return elements(one, other, "slug", input_field);
    }
    if own.iter().any(has("slug")) && others.iter().any(has("slug")) {
        return None;
    }
    if own.len() != others.len() {
        return Some(false);
    }
    let key = match (both().all(has("order")), both().any(has("order"))) {
        // Spelled alike: what a second reader takes for one number may be two.
        (true, _) if both().all(|field| field["order"].as_i64().is_some()) => "order",
        (_, false) if both().all(has("label")) => "label",
        _ => return None,
    };
    elements(one, other, key, input_field)
}

/// Elements known by a key that none has twice.
fn elements(
    one: &Value,
    other: &Value,
    key_name: &str,
    member: fn(&str, &Value, &Value) -> Option<bool>,
) -> Option<bool> {
    let by_key = |list: &Value| -> Option<BTreeMap<String, Object>> {
        let mut found = BTreeMap::new();
        for element in items(list) {
            let element = element.as_object()?;
            let key = match element.get(key_name)? {
                Value::String(id) if key_name == "actionId" => key(id),
                Value::String(spelled) => spelled.clone(),
                other => other.to_string(),
            };
            if found.insert(key, element.clone()).is_some() {
                return None;
            }
        }
        Some(found)
    };
    let (one, other) = (by_key(one)?, by_key(other)?);
    if !one.keys().eq(other.keys()) {
        return Some(false);
    }
    all(one.iter().flat_map(|(key, own)| {
        let others = &other[key];
        let names: BTreeSet<&String> = own.keys().chain(others.keys()).collect();
        names.into_iter().map(move |name| {
            let [own, others] = [own, others].map(|side| side.get(name).unwrap_or(&Value::Null));
            member(name, own, others)
        })
    }))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
    }
}

/// What the program does not know: what the assistant has may not be missing; what only the agent has is a note.
fn unknown(one: &Value, other: &Value) -> Option<bool> {
    match (one, other) {
        _ if one == other || is_empty(one) => Some(true),
        _ if is_empty(other) => Some(false),
        (Value::Number(_), Value::Number(_)) => numbers(one, other),
        (Value::Array(own), Value::Array(others)) => {
            let is_id = |item: &Value| item.as_str().is_some_and(|id| Uuid::try_parse(id).is_ok());
            match (own.iter().all(is_id), others.iter().all(is_id)) {
                (true, true) => Some(ids(one) == ids(other)),
                _ if own.len() != others.len() => Some(false),
                // In a list, more on the agent's element is a note as well.
                _ => all(own.iter().zip(others).map(|(one, other)| {
                    if is_empty(one) && !is_empty(other) { None } else { unknown(one, other) }
                })),
            }
        }
        (Value::Object(own), Value::Object(others)) => {
            all(own.iter().map(|(name, value)| unknown(value, others.get(name).unwrap_or(&Value::Null))))
        }
        _ => Some(false),
    }
}

/// All of them: false if one is, true only if all are.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(false)) {
        Some(false)
    } else {
        parts.iter().all(|part| *part == Some(true)).then_some(true)
    }
}
