//! JSON that loses nothing: numbers keep their text, keys their order, and a doubled key is refused.
//!
//! `serde_json` decides what is JSON; the walk over the text that it has approved only takes it apart. Its own tree
//! would lose the digits of long numbers and the first of two equal keys. The walk is linear whatever the nesting.

use std::borrow::Cow;
use std::fmt::Write as _;

use memchr::memchr2;
use serde_json::value::RawValue;

use super::nonsense::{DEEPEST, Nonsense};
use super::quoting::quoted;
use crate::base::JsonText;

/// From this many keys on an object is searched by halves, not from end to end.
const MANY_KEYS: usize = 24;

/// What stands for a key that is not there: absent and null are one and the same.
static NULL: Json = Json::Null;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Json {
    /// `null`, and what is absent.
    #[default]
    Null,
    Bool(bool),
    /// A number as the platform spelled it.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// An object's members in the order in which they came; no key stands twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    members: Vec<(String, Json)>,
    /// Places in `members`, sorted by key; empty where a search from end to end is as good.
    by_key: Vec<usize>,
}

impl Json {
    pub(crate) fn read(text: &str) -> Result<Self, Nonsense> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
        Walk { text: raw.get(), at: 0 }.value(0)
    }

    /// Absent, null, `""`, `[]`, `{}`, `false`, and an object that holds nothing but these. `[null]` holds something.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Bool(true) | Self::Number(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(object) => object.members().iter().all(|(_, value)| value.is_empty()),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        !self.is_empty()
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value of that member of an object; null where there is none.
    pub(crate) fn member(&self, name: &str) -> &Self {
        self.object().map_or(&NULL, |object| object.get(name))
    }

    /// The type in words that follow "is": `a number`.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Shows every text with the key of the member that it stands in, and every key by itself.
    pub(crate) fn each_text(&self, key: &str, visit: &mut dyn FnMut(&str, &str)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::Text(text) => visit(key, text),
            Self::List(items) => items.iter().for_each(|item| item.each_text(key, visit)),
            Self::Object(object) => {
                for (key, value) in &object.members {
                    visit("", key);
                    value.each_text(key, visit);
                }
            }
        }
    }

    /// Changes every text and key, shown as [`Json::each_text`] does; `None` when two keys become the same.
    pub(crate) fn map_texts(self, key: &str, change: &mut dyn FnMut(&str, String) -> String) -> Option<Self> {
        Some(match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => self,
            Self::Text(text) => Self::Text(change(key, text)),
            Self::List(items) => {
                Self::List(items.into_iter().map(|item| item.map_texts(key, change)).collect::<Option<_>>()?)
            }
            Self::Object(object) => {
                let members = object.members.into_iter().map(|(key, value)| {
                    let value = value.map_texts(&key, change)?;
                    Some((change("", key), value))
                });
                Self::Object(Object::new(members.collect::<Option<_>>()?).ok()?)
            }
        })
    }

    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The value for the outside world.
    #[expect(
        clippy::expect_used,
        reason = "what `write` writes is JSON whatever the platform sent; a property holds it to that"
    )]
    pub(crate) fn to_json_text(&self) -> JsonText {
        JsonText::new(self.compact()).expect("compact JSON is JSON")
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => write_text(out, text),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(object) => {
                out.push('{');
                for (index, (key, value)) in object.members().iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(out, key);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl Object {
    /// Takes members in their order; a key that stands twice is nonsense.
    pub(super) fn new(members: Vec<(String, Json)>) -> Result<Self, Nonsense> {
        let key_at = |place: usize| members.get(place).map(|(key, _)| key.as_str());
        let mut by_key = Vec::new();
        let doubled = if members.len() < MANY_KEYS {
            members.iter().enumerate().find_map(|(place, (key, _))| {
                members.iter().take(place).any(|(earlier, _)| earlier == key).then_some(key.as_str())
            })
        } else {
            by_key = (0..members.len()).collect();
            by_key.sort_by_key(|&place| key_at(place));
            by_key.windows(2).find_map(|pair| match *pair {
                [one, other] if key_at(one) == key_at(other) => key_at(one),
                _ => None,
            })
        };
        match doubled {
            Some(key) => Err(Nonsense::DoubledKey { key: quoted(key) }),
            None => Ok(Self { members, by_key }),
        }
    }

    /// Takes members whose keys are known to differ.
    pub(crate) const fn of_distinct(members: Vec<(String, Json)>) -> Self {
        Self { members, by_key: Vec::new() }
    }

    /// The same with another value for that key.
    pub(super) fn with(mut self, key: &str, value: Json) -> Self {
        if let Some((_, own)) = self.place(key).and_then(|place| self.members.get_mut(place)) {
            *own = value;
        } else {
            self.members.push((key.to_owned(), value));
            // The order of a search by halves is not kept up: what is changed here has few keys.
            self.by_key.clear();
        }
        self
    }

    /// Keys and values in the order in which they came.
    pub(crate) fn members(&self) -> &[(String, Json)] {
        &self.members
    }

    /// The value of that key; null when it is not there.
    pub(crate) fn get(&self, key: &str) -> &Json {
        self.place(key).and_then(|place| self.members.get(place)).map_or(&NULL, |(_, value)| value)
    }

    /// Whether the key is there, be it with null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Takes the object out that this key holds, if it holds one.
    pub(super) fn take_object(&mut self, key: &str) -> Option<Self> {
        let place = self.place(key)?;
        match self.members.get_mut(place) {
            Some((_, Json::Object(object))) => Some(std::mem::take(object)),
            _ => None,
        }
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.by_key.is_empty() {
            return self.members.iter().position(|(own, _)| own == key);
        }
        let found = self
            .by_key
            .binary_search_by(|&place| self.members.get(place).map(|(own, _)| own.as_str()).cmp(&Some(key)));
        self.by_key.get(found.ok()?).copied()
    }
}

fn not_json(words: String) -> Nonsense {
    Nonsense::NotJson { words }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| matches!(character, '"' | '\\' | '\0'..='\u{1f}')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Takes apart a text that is known to be JSON.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    /// The value that begins here, `level` objects and lists deep.
    fn value(&mut self, level: usize) -> Result<Json, Nonsense> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(deeper(level)?),
            Some(b'[') => self.list(deeper(level)?),
            Some(b'"') => Ok(Json::Text(self.string()?.into_owned())),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self, level: usize) -> Result<Json, Nonsense> {
        let mut members = Vec::new();
        self.at += 1;
        while !self.ends_with(b'}') {
            let key = self.string()?.into_owned();
            self.skip_space();
            self.at += 1; // the colon
            members.push((key, self.value(level)?));
        }
        Object::new(members).map(Json::Object)
    }

    fn list(&mut self, level: usize) -> Result<Json, Nonsense> {
        let mut items = Vec::new();
        self.at += 1;
        while !self.ends_with(b']') {
            items.push(self.value(level)?);
        }
        Ok(Json::List(items))
    }

    /// Steps over a comma to what follows it, or over the closing bracket, and says whether it was the bracket. The
    /// end of the text counts as one, so that no walk is endless.
    fn ends_with(&mut self, bracket: u8) -> bool {
        self.skip_space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip_space();
        }
        let closes = self.peek().is_none_or(|byte| byte == bracket);
        self.at += usize::from(closes);
        closes
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Nonsense> {
        let start = self.at;
        let mut end = start + 1;
        let mut is_plain = true;
        loop {
            let rest = self.text.as_bytes().get(end..).unwrap_or_default();
            let Some(step) = memchr2(b'"', b'\\', rest) else { return Err(cut_off()) };
            end += step + 1;
            if rest.get(step) == Some(&b'"') {
                break;
            }
            is_plain = false;
            end += 1; // what the backslash escapes
        }
        self.at = end;
        if is_plain {
            return self.text.get(start + 1..end - 1).map(Cow::Borrowed).ok_or_else(cut_off);
        }
        let quoted = self.text.get(start..end).ok_or_else(cut_off)?;
        // The text is JSON, so that a half of a surrogate pair is all that can be wrong with it.
        serde_json::from_str::<String>(quoted).map(Cow::Owned).map_err(|_| Nonsense::LoneSurrogate)
    }

    fn number(&mut self) -> Result<Json, Nonsense> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        self.at += length;
        match rest.get(..length) {
            Some(number) if length > 0 => Ok(Json::Number(number.to_owned())),
            _ => Err(cut_off()),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "an arm beside others that can fail")]
    fn word(&mut self, word: &str, value: Json) -> Result<Json, Nonsense> {
        self.at += word.len();
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }
}

const fn deeper(level: usize) -> Result<usize, Nonsense> {
    if level < DEEPEST { Ok(level + 1) } else { Err(Nonsense::TooDeep) }
}

/// Cannot come about in a text that is JSON.
fn cut_off() -> Nonsense {
    not_json("it ends early".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Json, Nonsense> {
        Json::read(text)
    }

    #[test]
    fn numbers_keep_their_text_and_keys_their_order() {
        let text = r#"{"z":1.50,"a":-0,"m":[1E+2,9007199254740993,1e999999999],"e":{},"l":[]}"#;
        assert_eq!(read(text).unwrap().compact(), text);
    }

    #[test]
    fn space_around_every_part_is_nothing() {
        let json = read(" { \"a\" : [ 1 , true ,\tnull ] ,\r\n \"b\" : \"x\" } ").unwrap();
        assert_eq!(json.compact(), r#"{"a":[1,true,null],"b":"x"}"#);
        assert_eq!(read("[ ]").unwrap(), Json::List(vec![]));
        assert_eq!(read("{ }").unwrap(), Json::Object(Object::default()));
    }

    #[test]
    fn escapes_are_read_and_written() {
        let json = read(r#""\u00e4\n\"\\\/\ud83d\ude00 \u0001""#).unwrap();
        assert_eq!(json, Json::Text("ä\n\"\\/😀 \u{1}".to_owned()));
        assert_eq!(json.compact(), r#""ä\n\"\\/😀 \u0001""#);
        assert_eq!(read(&json.compact()).unwrap(), json);
    }

    #[test]
    fn what_is_not_json_is_said_with_its_place() {
        for (text, words) in [
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
            ("<!doctype html>", "not JSON: expected value at line 1 column 1"),
            ("{} x", "not JSON: trailing characters at line 1 column 4"),
            ("{\"a\":NaN}", "not JSON: expected value at line 1 column 6"),
            ("[1,]", "not JSON: expected value at line 1 column 4"),
            ("[01]", "not JSON: invalid number at line 1 column 3"),
            ("\u{feff}{}", "not JSON: expected value at line 1 column 1"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), words, "{text}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_refused_in_texts_and_in_keys() {
        for text in [r#"["\ud800"]"#, r#"{"\udc00":1}"#, r#"["\ud83dx"]"#] {
            assert_eq!(read(text), Err(Nonsense::LoneSurrogate), "{text}");
        }
    }

    #[test]
    fn a_doubled_key_is_found_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"name":1,"name":2}"#,
            r#"{"a":[{"b":{"name":1,"c":2,"name":1}}]}"#,
            r#"{"name":1,"n\u0061me":1}"#,
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), r#"key "name" stands twice"#, "{text}");
        }
        let many: Vec<String> = (0..5_000).map(|number| format!("\"k{number}\":{number}")).collect();
        let object = format!("{{{}}}", many.join(","));
        let Json::Object(read_object) = read(&object).unwrap() else { panic!("an object") };
        assert_eq!(read_object.get("k4321"), &Json::Number("4321".to_owned()));
        assert_eq!(read_object.get("k5000"), &Json::Null);
        assert!(read_object.has("k0") && !read_object.has("k"));
        let doubled = format!("{{{},\"k77\":0}}", many.join(","));
        assert_eq!(read(&doubled).unwrap_err().to_string(), r#"key "k77" stands twice"#);
    }

    #[test]
    fn the_128th_level_is_read_and_the_129th_is_not() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
            assert!(read(&nested(128)).is_ok());
            assert_eq!(read(&nested(129)), Err(Nonsense::TooDeep));
            assert_eq!(read(&nested(100_000)), Err(Nonsense::TooDeep));
        }
        let brackets_in_a_text = format!("[\"{}\"]", "[".repeat(1_000));
        assert!(read(&brackets_in_a_text).is_ok());
    }

    #[test]
    fn empty_is_what_holds_nothing() {
        for text in ["null", "false", "\"\"", "[]", "{}", r#"{"a":null,"b":{"c":""}}"#] {
            assert!(read(text).unwrap().is_empty(), "{text}");
        }
        for text in ["0", "true", "\" \"", "[null]", "[[]]", r#"{"a":0}"#, r#"{"a":[""]}"#] {
            assert!(read(text).unwrap().is_set(), "{text}");
        }
    }
}
