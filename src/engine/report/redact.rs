//! `--redact`: lengths in place of the platform's texts (DESIGN.md, Commands).
//!
//! Stay: ids, times, numbers, flags, names of fields, and the words of the platform's closed lists (`model`,
//! `inputType`, `type`) where they look like identifiers. Go: every other string value, the name, the words of an
//! error, and the slug in `inputFields[slug]`, which becomes `#1`, `#2`, … within its row. What the person's own
//! file held stays as well.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::base::{JsonText, grouped};

/// The length in place of the text; nothing in place of nothing.
pub(crate) fn text(text: &str) -> String {
    match text.chars().count() {
        0 => String::new(),
        1 => "1 character".to_owned(),
        count => format!("{} characters", grouped(count as u64)),
    }
}

/// The words of an error likewise, in brackets.
pub(crate) fn words(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("({})", text(words)) }
}

/// The value with lengths in place of its strings, spelled as before otherwise, so that long numbers keep every
/// digit. `field` is where the value stands. `None` only for text that is not JSON after all.
pub(super) fn value(value: &JsonText, field: &str) -> Option<JsonText> {
    spelled(value, field, stays)
}

/// The same, and no word of a list stays: only ids and times do.
pub(crate) fn strictly(value: &JsonText) -> Option<JsonText> {
    spelled(value, "", |string, _| is_uuid(string) || is_time(string))
}

fn spelled(value: &JsonText, field: &str, stays: fn(&str, &str) -> bool) -> Option<JsonText> {
    let mut redacted = String::with_capacity(value.get().len().min(1_024));
    let mut key = field.rsplit(['.', ']']).next().unwrap_or_default();
    let mut outer_keys = Vec::new();
    let mut rest = value.get();
    while let Some(next) = rest.find(['"', '{', '[', '}', ']']) {
        let (before, from) = rest.split_at(next);
        redacted.push_str(before);
        let token = if from.starts_with('"') { string_token(from) } else { from.get(..1)? };
        rest = from.get(token.len()..)?;
        match token {
            "{" | "[" => outer_keys.push(key),
            "}" | "]" => key = outer_keys.pop()?,
            _ if rest.trim_start().starts_with(':') => key = token.trim_matches('"'),
            string => {
                redacted.push_str(&redacted_string(string, key, stays));
                continue;
            }
        }
        redacted.push_str(token);
    }
    redacted.push_str(rest);
    JsonText::new(redacted)
}

/// The JSON string at the start of the text, quotes included.
fn string_token(text: &str) -> &str {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return text.get(..=index).unwrap_or(text),
            _ => {}
        }
    }
    text
}

fn redacted_string(token: &str, key: &str, stays: fn(&str, &str) -> bool) -> String {
    // A lone surrogate is JSON but no text; its spelling is counted in place of its characters.
    let string = serde_json::from_str(token).unwrap_or_else(|_| token.trim_matches('"').to_owned());
    if stays(&string, key) { token.to_owned() } else { format!("\"{}\"", text(&string)) }
}

fn stays(string: &str, key: &str) -> bool {
    is_uuid(string)
        || is_time(string)
        || (matches!(key, "model" | "inputType" | "type") && is_identifier(string))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_time(text: &str) -> bool {
    text.len() <= 35
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"TZ:.+-".contains(&byte))
        && text.parse::<Timestamp>().is_ok()
}

pub(crate) fn is_identifier(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@:/".contains(&byte))
}

/// Numbers in place of the slugs of one row, so that its differences can still be told apart.
#[derive(Default)]
pub(super) struct Slugs(HashMap<String, usize>);

impl Slugs {
    /// The field with its bracket made harmless: UUIDs and positions stay, anything else becomes `#n`. A slug may
    /// hold brackets itself, so the first `[` and the last `]` count.
    pub(super) fn field(&mut self, field: &str) -> String {
        let Some((before, from)) = field.split_once('[') else { return field.to_owned() };
        let (slug, after) = from.rsplit_once(']').unwrap_or((from, ""));
        if is_uuid(slug) || slug.bytes().all(|byte| byte.is_ascii_digit()) {
            return field.to_owned();
        }
        let next = self.0.len() + 1;
        let number = *self.0.entry(slug.to_owned()).or_insert(next);
        format!("{before}[#{number}]{after}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(json: &str, field: &str) -> String {
        value(&JsonText::new(json.to_owned()).unwrap(), field).unwrap().get().to_owned()
    }

    #[test]
    fn a_text_becomes_its_length() {
        for (given, shown) in [("", ""), ("ä", "1 character"), ("a\nb", "3 characters")] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(text(&"x".repeat(1_234)), "1,234 characters");
    }

    #[test]
    fn strings_go_and_ids_numbers_flags_times_and_closed_words_stay() {
        let uuid = "11111111-2222-3333-4444-555555555555";
        for (field, json, shown) in [
            ("name", r#""Bot \"x\"""#, r#""7 characters""#),
            ("model", r#""gpt-5""#, r#""gpt-5""#),
            ("model", r#""my secret""#, r#""9 characters""#),
            ("inputFields[a].type", r#""TEXT""#, r#""TEXT""#),
            ("x", "12345678901234567890.10", "12345678901234567890.10"),
            ("x", "[true, null, \"\", {}]", "[true, null, \"\", {}]"),
            ("x", r#""2025-01-02T03:04:05.6Z""#, r#""2025-01-02T03:04:05.6Z""#),
            ("x", r#""2025""#, r#""4 characters""#),
            ("x", r#""\ud800""#, r#""6 characters""#),
        ] {
            assert_eq!(redacted(json, field), shown, "{field} {json}");
        }
        let fields = format!(
            r#"{{"id" : "{uuid}", "list":[{{"type":"TEXT","label":"L\\","options":["a","b,c"]}}, "free"], "n": -1e5}}"#
        );
        let shown = format!(
            r#"{{"id" : "{uuid}", "list":[{{"type":"TEXT","label":"2 characters","options":["1 character","3 characters"]}}, "4 characters"], "n": -1e5}}"#
        );
        assert_eq!(redacted(&fields, ""), shown);
    }

    #[test]
    fn a_slug_becomes_a_number_that_holds_for_the_row() {
        let mut slugs = Slugs::default();
        assert_eq!(slugs.field("inputFields[topic].label"), "inputFields[#1].label");
        assert_eq!(slugs.field("inputFields[a]b[c].label"), "inputFields[#2].label");
        assert_eq!(slugs.field("inputFields[topic]"), "inputFields[#1]");
        assert_eq!(slugs.field("inputFields[open"), "inputFields[#3]");
        assert_eq!(slugs.field("temperature"), "temperature");
        assert_eq!(slugs.field("conversationStarters[2]"), "conversationStarters[2]");
        let action = "actions[11111111-2222-3333-4444-555555555555].requiresConfirmation";
        assert_eq!(slugs.field(action), action);
    }

    proptest! {
        #[test]
        fn no_text_survives_in_a_value(secret in "[a-z\"\\\\ ]{1,20}", key in "[a-z\"\\\\:{]{0,8}") {
            let secret = format!("Secret {secret}");
            let json = serde_json::json!({key: [secret, {"type": secret}, 5]}).to_string();
            let shown = redacted(&json, "type");
            prop_assert!(!shown.contains("Secret"), "{shown}");
            prop_assert!(shown.contains("characters") && shown.contains(",5]"));
        }
    }
}
