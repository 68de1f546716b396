//! The write names of an agent, the forms that their values must have, and the read names that they become (PLATFORM.md,
//! Write names).

use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Debug)]
enum Form {
    Flag,
    Id,
    Share,
    Number,
    /// So many characters, from and to.
    Text(usize, usize),
    OneOf(&'static [&'static str]),
    /// At most so many of a form.
    List(usize, &'static Form),
    Object(&'static [Field]),
    OrNull(&'static Form),
    Either(&'static Form, &'static Form),
}

/// A key of an object; those that are not named are refused.
#[derive(Debug)]
struct Field {
    name: &'static str,
    required: bool,
    form: Form,
}

const fn required(name: &'static str, form: Form) -> Field {
    Field { name, required: true, form }
}

const fn optional(name: &'static str, form: Form) -> Field {
    Field { name, required: false, form }
}

const ANY: usize = usize::MAX;

const INPUT_TYPES: Form = Form::OneOf(&["PROMPT", "STRUCTURED", "INTEGRATION", "SCHEDULED", "WEBHOOK"]);

const ACTION: Form = Form::Object(&[
    required("actionId", Form::Id),
    required("requiresConfirmation", Form::Flag),
    optional("connectionId", Form::OrNull(&Form::Text(0, ANY))),
]);

const FIELD_TYPES: Form = Form::OneOf(&[
    "TEXT",
    "MULTI_LINE_TEXT",
    "NUMBER",
    "CHECKBOX",
    "FILE",
    "SELECT",
    "DATE",
    "EMAIL",
    "MULTI_SELECT",
]);

const INPUT_FIELD: Form = Form::Object(&[
    required("slug", Form::Text(1, 64)),
    required("type", FIELD_TYPES),
    required("label", Form::Text(1, 255)),
    optional("description", Form::OrNull(&Form::Text(0, 512))),
    required("required", Form::Flag),
    required("order", Form::Number),
    optional("options", Form::List(ANY, &Form::Text(0, ANY))),
    optional("fileTypes", FILE_TYPES),
    optional("emailDomain", Form::OrNull(&Form::Text(0, ANY))),
]);

const FILE_TYPES: Form =
    Form::OrNull(&Form::Either(&Form::Text(0, ANY), &Form::List(ANY, &Form::Text(0, ANY))));

/// Every write name but `agentId`, and the read name that it becomes; `None` is accepted and ignored.
const NAMES: [(Field, Option<&str>); 17] = [
    (required("name", Form::Text(1, 255)), Some("name")),
    (optional("description", Form::Text(0, 800)), Some("description")),
    (optional("emoji", Form::OrNull(&Form::Text(0, 16))), Some("emojiIcon")),
    (optional("instruction", Form::Text(0, 50_000)), Some("instruction")),
    (optional("model", Form::Text(1, ANY)), Some("model")),
    (optional("creativity", Form::Share), Some("temperature")),
    (optional("webSearch", Form::Flag), Some("webSearchEnabled")),
    (optional("imageGeneration", Form::Flag), Some("imageGenerationEnabled")),
    (optional("dataAnalyst", Form::Flag), None),
    (optional("canvas", Form::Flag), Some("canvasEnabled")),
    (optional("extendedThinking", Form::Flag), Some("extendedThinking")),
    (optional("inputType", INPUT_TYPES), Some("inputType")),
    (optional("conversationStarters", Form::List(20, &Form::Text(1, 255))), Some("conversationStarters")),
    (optional("actions", Form::List(ANY, &ACTION)), Some("actions")),
    (optional("inputFields", Form::List(ANY, &INPUT_FIELD)), Some("inputFields")),
    (optional("attachments", Form::List(50, &Form::Id)), Some("attachments")),
    (optional("knowledgeFolderIds", Form::List(ANY, &Form::Id)), Some("knowledgeFolderIds")),
];

/// What is written, in read names: what it sets, and nothing else. The error is what a validator says. `is_new`: whether
/// what cannot be left out of a new agent has to be there.
pub(super) fn read_names(written: Map<String, Value>, is_new: bool) -> Result<Map<String, Value>, String> {
    let missing = NAMES.iter().find(|(field, _)| field.required && !written.contains_key(field.name));
    if let Some((field, _)) = missing.filter(|_| is_new) {
        return Err(format!("{} is required", field.name));
    }
    let mut read = Map::new();
    for (name, value) in written {
        let (field, becomes) = NAMES
            .iter()
            .find(|(field, _)| field.name == name)
            .ok_or_else(|| format!("Unrecognized key: {name}"))?;
        field.form.check(&name, &value)?;
        if let Some(becomes) = becomes {
            read.insert((*becomes).into(), value);
        }
    }
    Ok(read)
}

impl Form {
    /// Holds a value against the form; `at` is where it stands.
    fn check(&self, at: &str, value: &Value) -> Result<(), String> {
        let has = |form: bool, words: &str| if form { Ok(()) } else { Err(format!("{at}: {words}")) };
        match (self, value) {
            (Self::OrNull(_), Value::Null) => Ok(()),
            (Self::OrNull(form), _) => form.check(at, value),
            (Self::Either(one, other), _) => one.check(at, value).or_else(|_| other.check(at, value)),
            (Self::Flag, _) => has(value.is_boolean(), "must be true or false"),
            (Self::Number, _) => has(value.is_number(), "must be a number"),
            (Self::Share, _) => {
                let share = value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share));
                has(share, "must be a number from 0 to 1")
            }
            (Self::Id, Value::String(text)) => {
                has(text.len() == 36 && Uuid::try_parse(text).is_ok(), "must be a valid UUID")
            }
            (Self::OneOf(words), Value::String(text)) => {
                has(words.contains(&text.as_str()), &format!("must be one of {}", words.join(", ")))
            }
            (Self::Text(least, most), Value::String(text)) => {
                let long = (*least..=*most).contains(&text.chars().count());
                has(long, &format!("must be {least} to {most} characters long"))
            }
            (Self::Id | Self::OneOf(_) | Self::Text(..), _) => has(false, "must be a text"),
            (Self::List(most, form), Value::Array(items)) => {
                has(items.len() <= *most, &format!("must hold at most {most}"))?;
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| form.check(&format!("{at}.{index}"), item))
            }
            (Self::List(..), _) => has(false, "must be a list"),
            (Self::Object(fields), Value::Object(object)) => check_object(fields, at, object),
            (Self::Object(_), _) => has(false, "must be an object"),
        }
    }
}

fn check_object(fields: &[Field], at: &str, object: &Map<String, Value>) -> Result<(), String> {
    let is_known = |name: &String| fields.iter().any(|field| field.name == name);
    if let Some(unknown) = object.keys().find(|name| !is_known(name)) {
        return Err(format!("Unrecognized key: {at}.{unknown}"));
    }
    for field in fields {
        let at = format!("{at}.{}", field.name);
        match object.get(field.name) {
            Some(value) => field.form.check(&at, value)?,
            None if field.required => return Err(format!("{at} is required")),
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(written: &Value) -> String {
        let written = written.as_object().expect("an object").clone();
        read_names(written, false).err().unwrap_or_default()
    }

    const ID: &str = "5a1c7e0d-3b94-4f26-8e57-d0c9b1a4632f";

    #[test]
    fn each_value_has_its_form_and_its_limit() {
        let long = |length: usize| "ü".repeat(length);
        let field = |more: &Value| {
            let mut field = json!({"slug": "a", "type": "TEXT", "label": "A", "required": true, "order": 0});
            let more = more.as_object().expect("an object").clone();
            field.as_object_mut().expect("an object").extend(more);
            json!([field])
        };
        for (name, good, bad) in [
            ("name", json!(long(255)), json!(long(256))),
            ("name", json!("x"), json!("")),
            ("name", json!("x"), Value::Null),
            ("description", json!(long(800)), json!(long(801))),
            ("description", json!(""), Value::Null),
            ("emoji", Value::Null, json!(long(17))),
            ("instruction", json!(long(50_000)), json!(long(50_001))),
            ("creativity", json!(1), json!(1.01)),
            ("creativity", json!(0.25), json!("0.25")),
            ("webSearch", json!(false), json!("false")),
            ("dataAnalyst", json!(true), json!(1)),
            ("inputType", json!("STRUCTURED"), json!("FORM")),
            ("conversationStarters", json!(vec!["x"; 20]), json!(vec!["x"; 21])),
            ("conversationStarters", json!([]), json!([""])),
            ("attachments", json!(vec![ID; 50]), json!(vec![ID; 51])),
            ("knowledgeFolderIds", json!([ID]), json!(["a"])),
            ("actions", json!([]), json!([{"actionId": ID}])),
            (
                "actions",
                json!([{"actionId": ID, "requiresConfirmation": true, "connectionId": null}]),
                json!([{"actionId": ID, "requiresConfirmation": true, "name": "x"}]),
            ),
            ("inputFields", field(&json!({})), json!([{"type": "TEXT"}])),
            ("inputFields", field(&json!({"slug": long(64)})), field(&json!({"slug": long(65)}))),
            ("inputFields", field(&json!({"label": long(255)})), field(&json!({"label": long(256)}))),
            (
                "inputFields",
                field(&json!({"description": long(512)})),
                field(&json!({"description": long(513)})),
            ),
            ("inputFields", field(&json!({"fileTypes": "pdf"})), field(&json!({"fileTypes": 1}))),
            ("inputFields", field(&json!({"fileTypes": ["pdf"]})), field(&json!({"type": "COLOUR"}))),
        ] {
            assert_eq!(said(&json!({ name: good })), "", "{name}");
            assert!(said(&json!({ name: bad.clone() })).contains(name), "{name}: {bad}");
        }
    }

    #[test]
    fn write_names_become_read_names_and_nothing_else_is_taken() {
        let written =
            json!({"emoji": null, "creativity": 0, "canvas": true, "dataAnalyst": true, "actions": []});
        let read = read_names(written.as_object().expect("an object").clone(), false);
        let read = Value::Object(read.expect("all of them can be written"));
        assert_eq!(read, json!({"emojiIcon": null, "temperature": 0, "canvasEnabled": true, "actions": []}));
        for (name, value) in
            [("temperature", json!(0.3)), ("id", json!("x")), ("guardrailPolicyId", json!("x"))]
        {
            assert_eq!(said(&json!({ name: value })), format!("Unrecognized key: {name}"));
        }
        assert_eq!(read_names(Map::new(), true), Err("name is required".into()));
    }
}
