//! Takes what looks like a secret out of everything that is shown: where it was found, and wherever else its words stand.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

use super::{PRIVATE_KEY, Spot, kinds, spots_in_member, visible};
use crate::base::JsonText;
use crate::engine::record::{Json, Record};

/// A shorter one may be part of any word: it is hidden where it was found, and not elsewhere.
const LEAST: usize = 6;

/// Lines of a private key are long.
const LEAST_OF_KEY: usize = 16;

/// A longer one is known by its pieces of so many characters; with [`MOST`] this bounds the memory.
const LONGEST: usize = 64;

/// No workspace has more secrets.
const MOST: usize = 100_000;

/// Words of a secret, and what they look like. It has no voice either.
#[derive(Serialize, Deserialize)]
pub(in crate::audit) struct Words(String, String);

impl Words {
    /// Those in any text of the record; `None` where nothing in it looks like a secret. A secret may be too short to be
    /// known elsewhere.
    pub(in crate::audit) fn of(record: &Record) -> Option<Vec<Self>> {
        let (mut words, mut has_spots) = (Vec::new(), false);
        let mut look = |key: &str, text: &str| {
            let text = visible(text);
            for spot in spots_in_member(key, &text) {
                has_spots = true;
                add_words(&mut words, &spot, text.get(spot.span.clone()).unwrap_or_default());
            }
        };
        for (key, value) in record.object().members() {
            look("", key);
            value.each_text(key, &mut look);
        }
        has_spots.then_some(words)
    }
}

fn add_words(words: &mut Vec<Words>, spot: &Spot, secret: &str) {
    let mut add = |text: &str| {
        if text.len() >= LEAST {
            words.push(Words(spot.kind.to_owned(), text.to_owned()));
        }
    };
    if spot.kind == PRIVATE_KEY {
        // What follows its last line in JSON that is pasted as text is no secret, nor is the first line.
        let lines = secret.split("-----END").next().unwrap_or_default();
        let lines = lines.split(char::is_whitespace).flat_map(|line| line.split("\\n"));
        return lines.filter(|line| line.len() >= LEAST_OF_KEY && !line.contains("-----")).for_each(add);
    }
    add(secret);
    // `Password=…;Encrypt=yes`: what follows may be part of the password, or the next member; so both are known.
    let first = secret.split([';', ',', '&']).next().unwrap_or_default();
    if first.len() < secret.len() && !first.chars().all(char::is_alphabetic) {
        add(first);
    }
}

/// The words of all secrets that were found. It has no voice: what it gives are texts without them.
#[derive(Default)]
pub struct Secrets {
    /// Words in every spelling, and what they look like.
    words: BTreeMap<String, &'static str>,
    /// What finds all words in one pass, and the kind of each; made when they are first looked for.
    known: OnceLock<(AhoCorasick, Vec<&'static str>)>,
}

impl Secrets {
    /// Remembers what looks like a secret in any text of the record.
    pub fn add(&mut self, record: &Record) {
        self.learn(&Words::of(record).unwrap_or_default());
    }

    pub(in crate::audit) fn learn(&mut self, words: &[Words]) {
        for Words(kind, words) in words {
            if let Some(kind) = kinds().find(|known| known == kind) {
                self.known = OnceLock::new();
                self.remember(words, kind);
            }
        }
    }

    /// The text with a mark in place of what looks like a secret, and of every secret known.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.hide_member("", text)
    }

    /// The JSON text likewise, whatever the escapes with which its strings are spelled; the very same text where nothing
    /// is hidden. `None` for what cannot be taken apart and so not be looked through, or has two keys of one name once
    /// they are hidden.
    pub fn hide_in_json(&self, text: &str) -> Option<JsonText> {
        let mut is_changed = false;
        let hidden =
            Json::read(text).ok()?.map_texts("", &mut |key, text| match self.hide_member(key, &text) {
                Cow::Borrowed(_) => text,
                Cow::Owned(hidden) => {
                    is_changed = true;
                    hidden
                }
            })?;
        if is_changed { Some(hidden.to_json_text()) } else { JsonText::new(text.to_owned()) }
    }

    /// Remembers the words as they are, and as JSON, HTML and addresses spell them.
    fn remember(&mut self, words: &str, kind: &'static str) {
        if self.words.len() >= MOST {
            return;
        }
        let json = Json::Text(words.to_owned()).compact();
        let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        let html = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for spelling in [words.to_owned(), json, html, byte_serialize(words.as_bytes()).collect()] {
            let letters: Vec<char> = spelling.chars().collect();
            for start in (0..letters.len()).step_by(LONGEST).take(MOST) {
                // The last piece is as long as the others.
                let rest = &letters[start.min(letters.len().saturating_sub(LONGEST))..];
                self.words.entry(rest.iter().take(LONGEST).collect()).or_insert(kind);
            }
        }
    }

    /// Where something is hidden, what nobody sees is left out as well.
    fn hide_member<'a>(&self, key: &str, text: &'a str) -> Cow<'a, str> {
        let seen = visible(text);
        let mut spots = spots_in_member(key, &seen);
        self.add_known(&seen, &mut spots);
        if spots.is_empty() {
            return Cow::Borrowed(text);
        }
        spots.sort_by_key(|spot| (spot.span.start, Reverse(spot.span.end)));
        let mut shown = String::with_capacity(text.len());
        let mut from = 0;
        for Spot { span, kind } in spots {
            // One that overlaps or touches the last one is hidden with it.
            if span.start > from || shown.is_empty() {
                shown.push_str(seen.get(from..span.start).unwrap_or_default());
                shown.extend(["[", kind, ", hidden]"]);
            }
            from = from.max(span.end);
        }
        shown.push_str(seen.get(from..).unwrap_or_default());
        Cow::Owned(shown)
    }

    /// Adds every place of a word that is known, but for those inside another one.
    #[expect(clippy::expect_used, reason = "as many words, and as long ones, as it has room for")]
    fn add_known(&self, text: &str, spots: &mut Vec<Spot>) {
        if self.words.is_empty() {
            return;
        }
        let (automaton, kinds) = self.known.get_or_init(|| {
            let automaton = AhoCorasick::new(self.words.keys()).expect("words within bounds");
            (automaton, self.words.values().copied().collect())
        });
        for found in automaton.find_overlapping_iter(text) {
            let is_inside = |last: &Spot| last.span.start <= found.start() && found.end() <= last.span.end;
            if !spots.last().is_some_and(is_inside) {
                spots.push(Spot { span: found.range(), kind: kinds[found.pattern()] });
            }
        }
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
    use crate::engine::record::{Side, read};

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
        assert_eq!(Secrets::default().hide(&bearer), "Bearer [bearer token, hidden]");
    }

    #[test]
    fn of_two_that_overlap_nothing_is_left() {
        let text =
            "Bearer QmVh==========password: ===================sk-".to_owned() + "ld-Fuffffffff6grOSJr";
        let shown = "Bearer QmVh==========password: [Langdock or Odeus API key, hidden]";
        assert_eq!(Secrets::default().hide(&text), shown);
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
    fn the_lines_of_a_key_that_is_pasted_as_json_are_known_and_what_follows_it_is_not() {
        let lines = ["MIIEpAIBAAKCAQEA1qaz2wsx3edc", "4rfv5tgb6yhn7ujm8ik9olpQAZ=="];
        let key =
            format!(r"-----BEGIN {}-----\n{}\n{}\n-----END KEY-----\n", "PRIVATE KEY", lines[0], lines[1]);
        let secrets = secrets(
            &json!({"instruction": format!(r#"{{"private_key":"{key}","id":"an-account-of-example"}}"#)}),
        );
        for line in lines {
            assert_eq!(secrets.hide(&format!("x {line}")), "x [private key, hidden]");
        }
        assert_eq!(secrets.hide("an-account-of-example"), "an-account-of-example");
    }

    #[test]
    fn a_long_token_is_hidden_wherever_it_stands_and_so_is_any_larger_part_of_it() {
        let token = (10..50).fold(String::new(), |token, number| format!("{token}aB{number}dE"));
        let secrets = secrets(&json!({ "instruction": format!("Bearer {token}") }));
        assert_eq!(secrets.hide(&format!("was: {token}.")), "was: [bearer token, hidden].");
        assert!(!secrets.hide(&token[..150]).contains(&token[..100]), "an excerpt");
    }

    #[test]
    fn words_are_known_as_json_html_and_addresses_spell_them() {
        let secrets = secrets(&json!({"instruction": r"Passwort: Tr0ub\4<dor+3"}));
        for spelling in [r"Tr0ub\4<dor+3", r"Tr0ub\\4<dor+3", r"Tr0ub\4&lt;dor+3", "Tr0ub%5C4%3Cdor%2B3"] {
            assert_eq!(secrets.hide(spelling), "[password, hidden]", "{spelling}");
        }
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
