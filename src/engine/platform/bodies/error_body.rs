//! The platform's own words, out of every shape of error body (PLATFORM.md, Errors).

use serde_json::{Map, Value};

/// Largest part of an error body that is looked at, in bytes.
pub(crate) const LONGEST_ERROR_BODY: usize = 64 * 1024;

/// Words are for people: more than this is kept nowhere.
const LONGEST_WORDS: usize = 2_000;

/// What the platform calls a key without the scope that a call needs (PLATFORM.md, Errors).
const SCOPE_CODE: &str = "INSUFFICIENT_SCOPE";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// The platform's own words; empty when it said nothing.
    pub(crate) words: String,
    pub(crate) is_html: bool,
    /// Whether it says that the key lacks a scope, and which, as far as it names them.
    pub(crate) missing_scopes: Option<Vec<String>>,
}

/// Reads an error body, whatever it is; `content_type` is the header's value.
pub(crate) fn read(body: &[u8], content_type: Option<&str>) -> ErrorBody {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.is_empty() {
        return ErrorBody { words: String::new(), is_html: false, missing_scopes: None };
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let words = json_words(&value).unwrap_or_default();
        return ErrorBody { words: shorten(&words), is_html: false, missing_scopes: missing_scopes(&value) };
    }
    let says_html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let is_html = says_html || begins_like_html(text);
    let words = if begins_like_html(text) {
        title(text).unwrap_or_else(|| "an HTML page".to_owned())
    } else {
        text.to_owned()
    };
    let missing_scopes = text.contains(SCOPE_CODE).then(Vec::new);
    ErrorBody { words: shorten(&words), is_html, missing_scopes }
}

/// The platform's own words in the body of a 200 that is an error all the same; `None` where it has no field that is known
/// to hold them: what else stands there may be somebody's prompt.
pub fn words_of_a_200(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    named_words(value.as_object()?).map(|words| shorten(&words))
}

/// At most [`LONGEST_WORDS`] characters, an ellipsis at the end of what was longer.
pub(crate) fn shorten(words: &str) -> String {
    match words.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words.to_owned(),
    }
}

/// The words of any JSON value; `None` when it says nothing.
fn json_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(elements) => joined(elements),
        Value::Object(object) => object_words(object),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn joined(elements: &[Value]) -> Option<String> {
    // Of validation errors the message is enough: their codes are the library's, not the platform's.
    let words: Vec<String> =
        elements.iter().filter_map(|element| json_words(element.get("message").unwrap_or(element))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn object_words(object: &Map<String, Value>) -> Option<String> {
    // A shape that nobody has met: better all of it than nothing.
    let whole = || (!object.is_empty()).then(|| Value::Object(object.clone()).to_string());
    named_words(object).or_else(whole)
}

/// Code and message, whatever they are called; what is said twice is said once.
fn named_words(object: &Map<String, Value>) -> Option<String> {
    let words = |name: &&str| {
        let value = object.get(*name)?;
        if *name == "details" { details_words(value) } else { json_words(value) }
    };
    // `{"type":"error","error":{…}}`: the words are inside.
    let inner = object.get("error").filter(|error| error.is_object()).and_then(json_words);
    let parts = [
        inner.or_else(|| first_text(object, &["error", "code", "type"])),
        words(&"errorCode"),
        ["message", "errors", "details", "detail", "title"].iter().find_map(words),
        words(&"errorMessage"),
    ];
    parts.into_iter().flatten().reduce(|said, part| match (said.contains(&part), part.contains(&said)) {
        (true, _) => said,
        (false, true) => part,
        (false, false) => format!("{said}: {part}"),
    })
}

fn details_words(details: &Value) -> Option<String> {
    let Value::Object(object) = details else { return json_words(details) };
    let missing = scope_names(object.get("missing"));
    if missing.is_empty() { object_words(object) } else { Some(format!("missing {}", missing.join(", "))) }
}

fn first_text(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name) {
        // `"type":"error"` says only what the status has said.
        Some(Value::String(text)) if !text.trim().is_empty() && text != "error" => {
            Some(text.trim().to_owned())
        }
        _ => None,
    })
}

/// The scopes that the key lacks, when that is what the body says.
fn missing_scopes(value: &Value) -> Option<Vec<String>> {
    let object = value.as_object()?;
    let inner = object.get("error").and_then(Value::as_object);
    let levels = [Some(object), inner];
    let named = levels.iter().flatten().any(|level| {
        ["error", "errorCode", "code", "type", "message", "errorMessage"]
            .iter()
            .filter_map(|name| level.get(*name).and_then(Value::as_str))
            .any(|text| text.contains(SCOPE_CODE))
    });
    let missing = scope_names(levels.iter().flatten().find_map(|level| level.get("details")?.get("missing")));
    (named || !missing.is_empty()).then_some(missing)
}

fn scope_names(missing: Option<&Value>) -> Vec<String> {
    match missing {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn begins_like_html(text: &str) -> bool {
    let mut text = text;
    // An XML declaration or comments may stand in front.
    while let Some(end) = ["<?xml", "<!--"].iter().find_map(|open| {
        let close = if *open == "<!--" { "-->" } else { "?>" };
        text.starts_with(open).then(|| text.find(close).map(|at| at + close.len())).flatten()
    }) {
        text = text.get(end..).unwrap_or_default().trim_start();
    }
    ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|open| text.get(..open.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(open)))
}

fn title(page: &str) -> Option<String> {
    // ASCII lower case keeps every byte where it was.
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let begin = open + lower.get(open..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find("</title")?;
    let text = page.get(begin..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let text =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
            .into_iter()
            .fold(text, |text, (entity, character)| text.replace(entity, character));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> String {
        read(body.as_bytes(), Some("application/json")).words
    }

    #[test]
    fn every_shape_of_error_body_gives_the_platforms_words() {
        for (body, expected) in [
            (r#"{"message":"Assistant not found"}"#, "Assistant not found"),
            (
                r#"{"message":[{"code":"invalid_string","path":["assistantId"],"message":"Invalid uuid"},{"message":"Required"}]}"#,
                "Invalid uuid; Required",
            ),
            (r#"{"message":["a","b"]}"#, "a; b"),
            (r#"{"error":"Forbidden"}"#, "Forbidden"),
            (r#"{"error":"ASSISTANT_DISABLED","message":"It is off"}"#, "ASSISTANT_DISABLED: It is off"),
            (r#"{"error":"Forbidden","message":"Forbidden resource"}"#, "Forbidden resource"),
            (
                r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#,
                "INSUFFICIENT_SCOPES: missing AGENT_API",
            ),
            (r#"{"error":"BAD","details":{"field":"x"}}"#, r#"BAD: {"field":"x"}"#),
            (r#"{"error":"BAD","details":{"message":"too long"}}"#, "BAD: too long"),
            (r#"{"errors":[{"message":"one"},{"message":"two"}]}"#, "one; two"),
            (
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}"#,
                "rate_limit_error: Slow down",
            ),
            (r#"{"type":"error","message":"Slow down"}"#, "Slow down"),
            (r#"{"code":"X","message":"y"}"#, "X: y"),
            (r#"{"error":{"code":403,"message":"no"}}"#, "no"),
            (r#"{"errorCode":"NOT_SHARED","errorMessage":"Share it"}"#, "NOT_SHARED: Share it"),
            (r#"{"error":"Forbidden","errorMessage":"Share it"}"#, "Forbidden: Share it"),
            (r#"{"message":"Share it","errorCode":4031}"#, "4031: Share it"),
            (
                r#"{"error":"Bad Request","message":"No","errorCode":"E7","errorMessage":"Model is gone"}"#,
                "Bad Request: E7: No: Model is gone",
            ),
            (
                r#"{"error":"FORBIDDEN","errorCode":"FORBIDDEN","message":"No","errorMessage":"No"}"#,
                "FORBIDDEN: No",
            ),
            (r#"{"error":{"message":"no"},"errorCode":"E7"}"#, "no: E7"),
            (r#"{"errors":[{"errorMessage":"one"},{"message":"two"}]}"#, "one; two"),
            (r#"{"status":"error","errorMessage":"Share it"}"#, "Share it"),
            (r#""just text""#, "just text"),
            (r#"{"detail":"Not found."}"#, "Not found."),
            (r#"{"status":"error"}"#, r#"{"status":"error"}"#),
            ("upstream connect error", "upstream connect error"),
            ("\u{FEFF}{\"message\":\"x\"}", "x"),
            (r#"{"message":""}"#, r#"{"message":""}"#),
            ("{}", ""),
            ("null", ""),
            ("[]", ""),
            ("  \r\n", ""),
        ] {
            assert_eq!(words(body), expected, "{body}");
        }
    }

    #[test]
    fn of_a_200_nothing_is_told_but_what_is_known_to_be_words() {
        for (body, expected) in [
            (r#"{"status":"error","message":"The index is rebuilt"}"#, Some("The index is rebuilt")),
            (r#"{"status":"error","error":{"type":"x","message":"y"}}"#, Some("x: y")),
            (r#"{"status":"failed","errorCode":"E7","errorMessage":"y"}"#, Some("E7: y")),
            (r#"{"status":"error","agent":{"instruction":"a prompt"}}"#, None),
            (r#"{"status":"error"}"#, None),
            (r#"[{"message":"x"}]"#, None),
            ("<html>", None),
        ] {
            assert_eq!(words_of_a_200(body.as_bytes()).as_deref(), expected, "{body}");
        }
        let long = format!(r#"{{"status":"error","message":"{}"}}"#, "ä".repeat(1 << 20));
        assert_eq!(words_of_a_200(long.as_bytes()).map(|words| words.chars().count()), Some(2_001));
    }

    #[test]
    fn a_web_page_gives_its_title() {
        for (page, expected) in [
            ("<!DOCTYPE html><html><head><title>\n 502 Bad &amp; Gateway\n</title>", "502 Bad & Gateway"),
            ("<HTML><HEAD><TITLE lang=en>Sign in</TITLE>", "Sign in"),
            ("<!-- x --> <html><body>hello</body></html>", "an HTML page"),
            ("<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"\"><title></title>", "an HTML page"),
            ("<html><title>never closed", "an HTML page"),
        ] {
            let read = read(page.as_bytes(), None);
            assert!(read.is_html, "{page}");
            assert_eq!(read.words, expected, "{page}");
        }
    }

    #[test]
    fn what_is_html_is_told_by_header_or_beginning_unless_it_is_json() {
        for (body, content_type, is_html) in [
            ("Not Found", Some("text/html; charset=utf-8"), true),
            ("Not Found", Some("text/plain"), false),
            ("", Some("text/html"), false),
            (r#"{"message":"x"}"#, Some("text/html"), false),
            ("<html>", Some("application/json"), true),
            ("<?xml version=\"1.0\"?><Error/>", Some("application/xml"), false),
            ("<!-- never closed", None, false),
        ] {
            assert_eq!(read(body.as_bytes(), content_type).is_html, is_html, "{body:?} {content_type:?}");
        }
    }

    #[test]
    fn missing_scopes_are_told_apart_from_other_refusals() {
        for (body, missing) in [
            (
                r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API","X"]}}"#,
                Some(vec!["AGENT_API", "X"]),
            ),
            (r#"{"error":"forbidden","details":{"missing":"AGENT_API"}}"#, Some(vec!["AGENT_API"])),
            (r#"{"code":"INSUFFICIENT_SCOPES"}"#, Some(vec![])),
            (r#"{"errorCode":"INSUFFICIENT_SCOPES","details":{"missing":["A"]}}"#, Some(vec!["A"])),
            (r#"{"errorMessage":"INSUFFICIENT_SCOPES"}"#, Some(vec![])),
            (r#"{"type":"error","error":{"type":"permission_error","message":"Not shared"}}"#, None),
            (r#"{"type":"error","error":{"type":"permission_error","details":{"missing":null}}}"#, None),
            (r#"{"message":"INSUFFICIENT_SCOPES: AGENT_API"}"#, Some(vec![])),
            (r#"{"error":{"type":"INSUFFICIENT_SCOPES","details":{"missing":["A"]}}}"#, Some(vec!["A"])),
            ("INSUFFICIENT_SCOPES", Some(vec![])),
            (r#"{"error":"ASSISTANT_DISABLED"}"#, None),
            (r#"{"details":{"reason":"x"}}"#, None),
            ("[1]", None),
        ] {
            let missing = missing.map(|names: Vec<&str>| names.into_iter().map(str::to_owned).collect());
            assert_eq!(read(body.as_bytes(), None).missing_scopes, missing, "{body}");
        }
    }

    #[test]
    fn long_words_are_cut_between_characters_and_bad_utf8_does_no_harm() {
        let cut = words(&"ä".repeat(3_000));
        assert_eq!(cut.chars().count(), 2_001);
        assert!(cut.ends_with("ä…"));
        assert_eq!(words(&"b".repeat(2_000)).len(), 2_000);
        assert_eq!(read(b"caf\xE9", None).words, "caf\u{FFFD}");
    }
}
