//! Takes what looks like a secret out of everything that is shown: where it was found, and wherever else its words stand.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::secrets::{self, PRIVATE_KEY, Spot};
use crate::domain::JsonText;
use crate::migrate::json::{Json, Object};
use crate::migrate::record::Record;

/// A shorter one may be part of any word: it is hidden where it was found, and not elsewhere.
const LEAST: usize = 6;

/// Lines of a private key are long.
const LEAST_OF_KEY: usize = 16;

/// What belongs to the place of a secret and not to its words.
const LEADS: [&str; 9] = [
    "Bearer ",
    "bearer ",
    "BEARER ",
    "Basic ",
    "basic ",
    "BASIC ",
    "AccountKey=",
    "SharedAccessKey=",
    "hooks.slack.com/services/",
];

/// As much of a value as is looked at behind the name of its member.
const LONGEST_MEMBER: usize = 250;

/// The name with a mark in place of whatever is a secret in it, or anywhere else in the record.
pub fn name_without_secrets(record: &Record) -> String {
    let mut secrets = Secrets::default();
    secrets.add(record);
    secrets.hide(record.name()).into_owned()
}

/// The words of all secrets that were found. It has no voice: what it gives are texts without them.
pub struct Secrets {
    /// By their first four bytes.
    known: HashMap<[u8; 4], Vec<(String, &'static str)>>,
    /// The bytes with which one begins: quicker to ask than the map.
    firsts: [bool; 256],
}

impl Secrets {
    /// Remembers what looks like a secret in any text of the record.
    pub fn add(&mut self, record: &Record) {
        self.add_object(record.object());
    }

    /// The text with a mark in place of what looks like a secret, and of every secret known.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.hide_member("", text)
    }

    /// The JSON text likewise, whatever the escapes with which its strings are spelled; the very same text where nothing
    /// is hidden. `None` for what cannot be taken apart and so not be looked through.
    pub fn hide_in_json(&self, text: &str) -> Option<JsonText> {
        let value = Json::read(text).ok()?;
        match self.hidden("", &value)? {
            Cow::Borrowed(_) => JsonText::new(text.to_owned()),
            Cow::Owned(hidden) => Some(hidden.to_json_text()),
        }
    }

    fn add_value(&mut self, key: &str, value: &Json) {
        match value {
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
            Json::Text(text) => {
                for Spot { span, kind } in found(key, text) {
                    self.remember(text.get(span).unwrap_or_default(), kind);
                }
            }
            Json::List(items) => items.iter().for_each(|item| self.add_value(key, item)),
            Json::Object(object) => self.add_object(object),
        }
    }

    fn add_object(&mut self, object: &Object) {
        for (key, value) in object.members() {
            self.add_value("", &Json::Text(key.clone()));
            self.add_value(key, value);
        }
    }

    fn remember(&mut self, secret: &str, kind: &'static str) {
        self.remember_words(secret, kind);
        // `Password=…;Encrypt=yes`: what follows may be part of the password, or the next member; so both are known.
        let first = secret.split([';', ',', '&']).next().unwrap_or_default();
        if kind != PRIVATE_KEY && first.len() < secret.len() && !first.chars().all(char::is_alphabetic) {
            self.remember_words(first, kind);
        }
    }

    fn remember_words(&mut self, secret: &str, kind: &'static str) {
        let words = LEADS.iter().find_map(|lead| secret.strip_prefix(lead)).unwrap_or(secret).trim();
        let least = if kind == PRIVATE_KEY { LEAST_OF_KEY } else { LEAST };
        let Some(start) = words.as_bytes().first_chunk().filter(|_| words.len() >= least) else { return };
        // The first and last line of a private key are no secret.
        if words.starts_with("-----") {
            return;
        }
        self.firsts[usize::from(start[0])] = true;
        let known = self.known.entry(*start).or_default();
        if known.iter().all(|(other, _)| other != words) {
            known.push((words.to_owned(), kind));
        }
    }

    /// `None` when two keys are the same once they are hidden.
    fn hidden<'a>(&self, key: &str, value: &'a Json) -> Option<Cow<'a, Json>> {
        Some(match value {
            Json::Null | Json::Bool(_) | Json::Number(_) => Cow::Borrowed(value),
            Json::Text(text) => match self.hide_member(key, text) {
                Cow::Borrowed(_) => Cow::Borrowed(value),
                Cow::Owned(text) => Cow::Owned(Json::Text(text)),
            },
            Json::List(items) => {
                let hidden: Vec<_> =
                    items.iter().map(|item| self.hidden(key, item)).collect::<Option<_>>()?;
                if hidden.iter().all(|item| matches!(item, Cow::Borrowed(_))) {
                    return Some(Cow::Borrowed(value));
                }
                Cow::Owned(Json::List(hidden.into_iter().map(Cow::into_owned).collect()))
            }
            Json::Object(object) => {
                let hidden: Vec<_> = object
                    .members()
                    .iter()
                    .map(|(key, value)| Some((self.hide(key), self.hidden(key, value)?)))
                    .collect::<Option<_>>()?;
                let is_as_before = |member: &(Cow<'_, str>, Cow<'_, Json>)| {
                    matches!(member, (Cow::Borrowed(_), Cow::Borrowed(_)))
                };
                if hidden.iter().all(is_as_before) {
                    return Some(Cow::Borrowed(value));
                }
                let members = hidden.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned()));
                Cow::Owned(Json::Object(Object::new(members.collect()).ok()?))
            }
        })
    }

    fn hide_member<'a>(&self, key: &str, text: &'a str) -> Cow<'a, str> {
        let mut spots = found(key, text);
        spots.extend(self.known_in(text));
        if spots.is_empty() {
            return Cow::Borrowed(text);
        }
        spots.sort_by_key(|spot| (spot.span.start, spot.span.end));
        let mut shown = String::with_capacity(text.len());
        let mut from = 0;
        for Spot { span, kind } in spots {
            // One that overlaps the last one is hidden with it.
            if span.start >= from {
                shown.push_str(text.get(from..span.start).unwrap_or_default());
                for part in ["[", kind, ", hidden]"] {
                    shown.push_str(part);
                }
            }
            from = from.max(span.end);
        }
        shown.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(shown)
    }

    fn known_in(&self, text: &str) -> Vec<Spot> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let bytes = text.as_bytes();
        let mut spots = Vec::new();
        for (at, start) in bytes.windows(4).enumerate() {
            let [first, ..] = *start else { continue };
            if !self.firsts[usize::from(first)] {
                continue;
            }
            let known = <[u8; 4]>::try_from(start).ok().and_then(|start| self.known.get(&start));
            for (words, kind) in known.into_iter().flatten() {
                if bytes.get(at..).is_some_and(|rest| rest.starts_with(words.as_bytes())) {
                    spots.push(Spot { span: at..at + words.len(), kind });
                }
            }
        }
        spots
    }
}

/// What looks like a secret in the text, which stands in a member of that name; of a private key every line.
fn found(key: &str, text: &str) -> Vec<Spot> {
    let mut spots = behind_name(key, text);
    let mut at = 0;
    let mut key_ends = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        if at < key_ends {
            spots.push(Spot { span: at..at + bare.len(), kind: PRIVATE_KEY });
        } else {
            for Spot { span, kind } in secrets::spots(bare) {
                if kind == PRIVATE_KEY {
                    key_ends = at + end_of_key(text.get(at..).unwrap_or_default());
                }
                spots.push(Spot { span: shifted(&span, at), kind });
            }
        }
        at += line.len();
    }
    spots.retain(|spot| !spot.span.is_empty());
    spots
}

/// Where the private key ends that begins in the first line: at its last line; where it has none, before the first line
/// with a blank in it. The lines of its head, `DEK-Info: AES-128-CBC,…`, have blanks and belong to it.
fn end_of_key(text: &str) -> usize {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let begin = text.find(BEGIN).unwrap_or_default();
    if let Some(at) = text.get(begin..).unwrap_or_default().find(END) {
        return begin + at + END.len();
    }
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().map_or(0, str::len);
    let mut is_head = true;
    let body = lines.take_while(|line| {
        is_head &= is_of_a_key_head(line);
        is_head || !line.trim().contains(' ')
    });
    first + body.map(str::len).sum::<usize>()
}

/// `Proc-Type: 4,ENCRYPTED`: a name of one word before the colon.
fn is_of_a_key_head(line: &str) -> bool {
    let name = line.trim_start().split_once(": ").map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `{"password": "…"}`: the name of the member is the word before the value.
fn behind_name(key: &str, text: &str) -> Vec<Spot> {
    if key.is_empty() {
        return Vec::new();
    }
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(LONGEST_MEMBER).map_or(line.len(), |(end, _)| end);
    let lead = format!("{key}: ");
    let spots = secrets::spots(&format!("{lead}{}", line.get(..end).unwrap_or_default()));
    let in_value = spots.into_iter().filter(|spot| spot.span.start >= lead.len());
    in_value
        .map(|Spot { span, kind }| Spot { span: span.start - lead.len()..span.end - lead.len(), kind })
        .collect()
}

fn shifted(span: &Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

impl Default for Secrets {
    fn default() -> Self {
        Self { known: HashMap::new(), firsts: [false; 256] }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::migrate::{Side, read};

    /// In two pieces, so that no scanner of sources takes it for real.
    fn key() -> String {
        format!("sk-{}", "ld-9fK2mQ7xLp4Zt8Vb3Nw6")
    }

    fn record(changes: &Value) -> Record {
        let id = Uuid::from_u128(1);
        let mut record = json!({"id": id.to_string(), "name": "Bot", "model": "gpt-5"});
        for (field, value) in changes.as_object().unwrap() {
            record[field] = value.clone();
        }
        let body = json!({"status": "success", "assistant": record}).to_string();
        read(Side::Assistant, body.as_bytes(), id).unwrap()
    }

    fn secrets(changes: &Value) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(&record(changes));
        secrets
    }

    #[test]
    fn a_secret_is_hidden_where_it_was_found_and_wherever_else_its_words_stand() {
        let secrets = secrets(&json!({"instruction": "Passwort: Sommer2024x\nBearer abc1DEF2ghi3JKL4mno5"}));
        for (text, shown) in [
            ("Passwort: Sommer2024x", "Passwort: [password, hidden]"),
            ("say sOmmer or Sommer2024x.", "say sOmmer or [password, hidden]."),
            ("abc1DEF2ghi3JKL4mno5", "[bearer token, hidden]"),
            ("pw: hunter2x", "pw: [password, hidden]"),
            (
                "postgres://a:b2c@db.example/b2c",
                "postgres://a:[password in an address, hidden]@db.example/b2c",
            ),
            ("nothing", "nothing"),
        ] {
            assert_eq!(secrets.hide(text), shown);
        }
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }

    #[test]
    fn a_password_is_known_without_what_follows_it_in_a_list_of_members() {
        for (line, secret) in [
            ("Server=db;Password=Qw8rtz!77x;Encrypt=yes", "Qw8rtz!77x"),
            ("password=Hw8rtz!77y,user=bob", "Hw8rtz!77y"),
            ("https://a.example/?password=Kw8rtz!77z&user=bob", "Kw8rtz!77z"),
        ] {
            let secrets = secrets(&json!({"instruction": line}));
            assert!(!secrets.hide(line).contains(secret), "{line}");
            assert_eq!(secrets.hide(&format!("log in: {secret}.")), "log in: [password, hidden].", "{line}");
        }
        let prose = secrets(&json!({"instruction": "Passwort: Sommer,Winter2024"}));
        assert_eq!(prose.hide("im Sommer"), "im Sommer");
    }

    #[test]
    fn a_giant_token_is_hidden_to_its_end() {
        let key = format!("sk-{}TAIL", "aB3dE5fG7h".repeat(2_000));
        assert_eq!(Secrets::default().hide(&key), "[API key (OpenAI style), hidden]");
        let bearer = format!("Bearer {}", "aB3dE5fG7h".repeat(2_000));
        assert_eq!(Secrets::default().hide(&bearer), "[bearer token, hidden]");
    }

    #[test]
    fn of_a_private_key_every_line_is_hidden() {
        let lines = ["MIIEpAIBAAKCAQEA1qaz2wsx3edc", "4rfv5tgb6yhn7ujm8ik9olpQAZ=="];
        let begin = format!("-----BEGIN {} KEY-----", "PRIVATE");
        let whole = format!("Use:\n{begin}\n{}\n{}\n-----END PRIVATE KEY-----\nBe kind.", lines[0], lines[1]);
        let cut = format!("{begin}\r\n{}\n{}\nBe kind to all.", lines[0], lines[1]);
        let secrets = secrets(&json!({"instruction": whole}));
        for text in [&whole, &cut] {
            let shown = secrets.hide(text);
            assert!(lines.iter().all(|line| !shown.contains(line)) && shown.contains("Be kind"), "{shown}");
        }
        assert!(!secrets.hide(lines[1]).contains(lines[1]), "a line of it elsewhere");
        let head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n";
        let with_head = format!("{begin}\n{head}\n{}\n{}\n\nBe kind: to all.", lines[0], lines[1]);
        let shown = Secrets::default().hide(&with_head).into_owned();
        assert!(lines.iter().all(|line| !shown.contains(line)) && shown.contains("Be kind: to"), "{shown}");
        assert!(!Secrets::default().hide(&cut).contains(lines[1]));
    }

    #[test]
    fn json_is_looked_through_whatever_its_escapes_and_stays_as_it_was_where_nothing_is_hidden() {
        let key = key();
        let secrets = secrets(&json!({"instruction": format!("Use {key}\n")}));
        let escaped = key.replacen('s', "\\u0073", 1).replacen('-', "\\u002D", 1);
        for document in [
            format!(r#"{{"instruction":"Use {escaped}\nnow"}}"#),
            format!(r#"{{"a":[[{{"{escaped}":1}}]]}}"#),
            format!(r#"{{"defaults":["x","{key}"],"n":1.10}}"#),
            format!(r#"{{"url":"https:\/\/a:{key}@b.example\/x"}}"#),
        ] {
            let shown = secrets.hide_in_json(&document).unwrap();
            assert!(!shown.get().contains(&key[6..]) && shown.get().contains("hidden]"), "{}", shown.get());
            assert!(serde_json::from_str::<Value>(shown.get()).is_ok());
        }
        let plain = r#"{"a" : "b\u0063\/", "n":1.10}"#;
        assert_eq!(secrets.hide_in_json(plain).unwrap().get(), plain);
        assert_eq!(secrets.hide_in_json(r#"{"a":1,"a":2}"#), None, "what cannot be taken apart");
        let named = secrets.hide_in_json(r#"{"password":"hunter2x","api_key":"Zq81mmP0aTTr"}"#).unwrap();
        assert_eq!(named.get(), r#"{"password":"[password, hidden]","api_key":"[API key, hidden]"}"#);
    }

    proptest! {
        #[test]
        fn nothing_known_ever_comes_through(
            before in "[a-zA-Z0-9:=\"\\\\\n\u{e9} ]{0,30}", key in "[a-z]{4}[0-9][A-Z]{3}[0-9][a-zA-Z0-9]{10,20}", after in "[a-zA-Z0-9:=\" \n]{0,30}",
        ) {
            let secrets = secrets(&json!({"instruction": format!("sk-ld-{key}")}));
            let text = format!("{before}sk-ld-{key}{after}");
            prop_assert!(!secrets.hide(&text).contains(&key));
            let document = json!({"a": [text, {text.clone(): text}]}).to_string();
            let shown = secrets.hide_in_json(&document).unwrap();
            let shown: Value = serde_json::from_str(shown.get()).unwrap();
            prop_assert!(!shown.to_string().contains(&key));
        }
    }
}
