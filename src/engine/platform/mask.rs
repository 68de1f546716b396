//! Masks the key in whatever comes back, in every spelling in which servers are known to echo a header: raw, base64 (so
//! also `Bearer <key>` in base64, since every alignment is looked for), hex, and each of them in percent-encoding, JSON
//! escapes or HTML entities, one inside the other included.

mod layer;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use memchr::memmem::Finder;

use self::layer::{Layer, Origins, is_base64};
use super::key::ApiKey;

/// What stands in the key's place. It says in which form the key was there, and is nothing that people write: an agent
/// that holds stars, or another form of the key, where the assistant held the key is not the same agent.
const RAW_MASK: &str = "***API key***";
const BASE64_MASK: &str = "***API key in base64***";
const HEX_MASK: &str = "***API key in hex***";

/// Shorter texts stand in others by chance.
const SHORTEST_FORM: usize = 6;

/// Escapes within escapes beyond this are nobody's doing.
const MOST_LAYERS: usize = 5;

/// Finds and masks one key; prepared once.
pub(super) struct Masker {
    /// What is looked for in every text.
    forms: Vec<Form>,
    /// What becomes of a key that holds escapes itself when they are read; looked for only where they were.
    read_forms: Vec<Form>,
    /// The characters that the forms are made of.
    alphabet: [bool; 256],
}

/// A form of the key, in base64 cut to the characters that do not depend on what stands around it.
struct Form {
    finder: Finder<'static>,
    mask: &'static str,
    /// Whether the character before, or after, holds some bits of the key, too.
    partial_before: bool,
    partial_after: bool,
}

/// A piece of a body that is the key.
struct Span {
    start: usize,
    end: usize,
    mask: &'static str,
}

impl Masker {
    pub(super) fn new(key: &ApiKey) -> Self {
        let key = key.expose().as_bytes();
        let mut forms = vec![Form::whole(key, RAW_MASK)];
        if key.len() >= SHORTEST_FORM {
            forms.extend(base64_forms(key));
            forms.extend(hex_forms(key));
        }
        let read_forms = read_forms(key);
        let mut alphabet = [false; 256];
        for byte in forms.iter().chain(&read_forms).flat_map(|form| form.finder.needle()) {
            if let Some(is_in) = alphabet.get_mut(usize::from(*byte)) {
                *is_in = true;
            }
        }
        Self { forms, read_forms, alphabet }
    }

    /// The body with every spelling of the key masked; the same bytes, not copied, where there is none.
    pub(super) fn mask(&self, body: Bytes) -> Bytes {
        let spans = self.spans(&body);
        if spans.is_empty() { body } else { replace(&body, &spans).into() }
    }

    /// As [`Masker::mask`], for text.
    pub(super) fn mask_text(&self, text: String) -> String {
        let spans = self.spans(text.as_bytes());
        if spans.is_empty() {
            return text;
        }
        // Every spelling is ASCII, so that what is left is still UTF-8.
        String::from_utf8_lossy(&replace(text.as_bytes(), &spans)).into_owned()
    }

    /// Where the key stands, in order, without overlaps.
    fn spans(&self, body: &[u8]) -> Vec<Span> {
        let mut spans: Vec<Span> = self.forms.iter().flat_map(|form| form.spans(body)).collect();
        self.spans_in_layers(body, &mut spans);
        spans.sort_by_key(|span| span.start);
        spans.dedup_by(|next, kept| {
            let overlaps = next.start < kept.end;
            if overlaps {
                kept.end = kept.end.max(next.end);
            }
            overlaps
        });
        spans
    }

    /// Where it stands once escapes are read. Most bodies have none that matter: then nothing is copied.
    fn spans_in_layers(&self, body: &[u8], spans: &mut Vec<Span>) {
        let matters = |character| self.alphabet.get(usize::from(character)).is_some_and(|is_in| *is_in);
        let mut text = Cow::Borrowed(body);
        let mut ways: Vec<Origins> = Vec::new();
        while ways.len() < MOST_LAYERS
            && let Some(layer) = Layer::unescaped(&text, matters).or_else(|| Layer::joined(&text))
        {
            ways.push(layer.origins);
            let origin = |at| ways.iter().rev().fold(at, |at, origins| origins.of(at));
            for form in self.forms.iter().chain(&self.read_forms) {
                spans.extend(form.spans(&layer.text).map(|span| Span {
                    start: origin(span.start),
                    end: origin(span.end),
                    ..span
                }));
            }
            text = Cow::Owned(layer.text);
        }
    }
}

impl Form {
    fn whole(text: &[u8], mask: &'static str) -> Self {
        Self { finder: Finder::new(text).into_owned(), mask, partial_before: false, partial_after: false }
    }

    fn spans(&self, text: &[u8]) -> impl Iterator<Item = Span> {
        let belongs = |at: usize| text.get(at).is_some_and(|byte| is_base64(*byte));
        self.finder.find_iter(text).map(move |start| {
            let end = start + self.finder.needle().len();
            let before = start.checked_sub(1).filter(|at| self.partial_before && belongs(*at));
            let after = self.partial_after && belongs(end);
            Span { start: before.unwrap_or(start), end: end + usize::from(after), mask: self.mask }
        })
    }
}

fn base64_forms(key: &[u8]) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for offset in 0..3 {
        let mut bytes = vec![0; offset];
        bytes.extend_from_slice(key);
        let (first_bit, last_bit) = (offset * 8, bytes.len() * 8);
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // Characters of six bits each that hold bits of the key and of nothing else.
            let Some(own) = text.get(first_bit.div_ceil(6)..last_bit / 6) else { continue };
            if forms.iter().any(|form| form.finder.needle() == own.as_bytes()) {
                continue;
            }
            forms.push(Form {
                partial_before: !first_bit.is_multiple_of(6),
                partial_after: !last_bit.is_multiple_of(6),
                ..Form::whole(own.as_bytes(), BASE64_MASK)
            });
        }
    }
    forms
}

fn hex_forms(key: &[u8]) -> [Form; 2] {
    let lower: String = key.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect();
    [lower.to_ascii_uppercase(), lower].map(|hex| Form::whole(hex.as_bytes(), HEX_MASK))
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or_default()
}

/// The key after every level of reading, also without an escape that is begun at its end: what follows may complete it.
fn read_forms(key: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut text = key.to_vec();
    loop {
        for read in [&text[..], layer::without_begun_escape(&text)] {
            if read != key && read.len() >= SHORTEST_FORM {
                forms.push(Form::whole(read, RAW_MASK));
            }
        }
        let Some(layer) = Layer::unescaped(&text, |_| true) else { return forms };
        text = layer.text;
    }
}

fn replace(body: &[u8], spans: &[Span]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(body.len());
    let mut kept = 0;
    for span in spans {
        masked.extend_from_slice(body.get(kept..span.start).unwrap_or_default());
        masked.extend_from_slice(span.mask.as_bytes());
        kept = span.end;
    }
    masked.extend_from_slice(body.get(kept..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "sk-ld-A1b2/C3+d4\"~x_y";

    fn masker(key: &str) -> Masker {
        Masker::new(&ApiKey::parse(key).unwrap())
    }

    fn masked(text: &str) -> String {
        masker(KEY).mask_text(text.to_owned())
    }

    fn percent(text: &str) -> String {
        text.bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect()
    }

    fn json(text: &str) -> String {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn html(text: &str) -> String {
        [('&', "&amp;"), ('"', "&quot;"), ('\'', "&#39;"), ('<', "&lt;"), ('>', "&gt;")]
            .into_iter()
            .fold(text.to_owned(), |text, (character, entity)| text.replace(character, entity))
    }

    fn hex(text: &str) -> String {
        text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).map(char::from).collect()
    }

    #[test]
    fn every_spelling_of_the_key_is_masked() {
        let some_percent = KEY.replace('/', "%2F").replace('+', "%2b").replace('"', "%22");
        let unicode: String =
            KEY.bytes().flat_map(|byte| format!("\\u{byte:04X}").into_bytes()).map(char::from).collect();
        let php = json(KEY).replace('/', "\\/");
        let in_each_other = [
            json(&json(&json(KEY))),
            percent(&percent(KEY)),
            json(&percent(KEY)),
            percent(&json(KEY)),
            html(&json(KEY)),
            json(&html(&html(KEY))),
        ];
        let alone =
            [KEY.to_owned(), percent(KEY), some_percent, unicode, json(KEY), php, html(KEY)].into_iter();
        for spelling in alone.chain(in_each_other) {
            let many = format!("{spelling}{spelling}");
            assert_eq!(masked(&format!("a{spelling}z")), "a***API key***z", "{spelling}");
            assert_eq!(masked(&many), "***API key******API key***", "{spelling}");
        }
        for spelling in [hex(KEY), hex(KEY).to_uppercase()] {
            assert_eq!(masked(&format!("[{spelling}]")), "[***API key in hex***]");
        }
    }

    #[test]
    fn base64_is_masked_in_every_spelling() {
        let encoded = STANDARD.encode(format!("~~~???{}", KEY.repeat(3)));
        assert!(encoded.contains('+') && encoded.contains('/'), "{encoded}");
        let whole = masked(&encoded);
        assert_eq!(whole.matches("***API key in base64***").count(), 3, "{whole}");
        for spelling in [
            percent(&encoded),
            encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            encoded.replace('+', "\\u002B").replace('/', "\\/"),
            encoded.replace('+', "&#43;").replace('=', "&#x3D;"),
        ] {
            let shown = masked(&spelling);
            assert_eq!(shown.matches("***API key in base64***").count(), 3, "{spelling}: {shown}");
        }
        for (width, end) in
            [(60, "\n"), (64, "\r\n"), (76, "\\n"), (76, "\\r\\n"), (76, "%0D%0A"), (76, "\n  ")]
        {
            for before in 0..76 {
                let encoded = STANDARD.encode(format!("{}{KEY}", "x".repeat(before)));
                let lines: Vec<&str> =
                    encoded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
                let shown = masked(&lines.join(end));
                assert!(shown.contains("***API key in base64***"), "{before} {width} {end:?}: {shown}");
            }
        }
    }

    #[test]
    fn another_form_of_the_key_has_another_mask() {
        let shown: HashSet<String> = [KEY, &STANDARD.encode(KEY), &hex(KEY), "***"].map(masked).into();
        assert_eq!(shown.len(), 4, "{shown:?}");
    }

    #[test]
    fn keys_full_of_escapes_are_masked() {
        for key in [
            r"sk-a%41b%2Fc\/d",
            r#"\"quoted\"\"#,
            r"sk-\\\\x",
            r"sk-&amp;amp;&quot;%25",
            r"sk-\u0041\n\x41%",
            "%2525252525",
            "&#38;#38;#38;",
            r#"sk-%&\'a\/b%2Fc&amp;d\u0041"e\"#,
        ] {
            for spelling in
                [key.to_owned(), json(key), json(&json(key)), percent(key), html(key), json(&percent(key))]
            {
                // At most a last escape of the key stays behind, where what follows could have been a part of it.
                for (before, after) in [('<', '>'), ('"', '"')] {
                    let shown = masker(key).mask_text(format!("{before}{spelling}{after}"));
                    assert!(
                        shown.starts_with(&format!("{before}***API key***")) && shown.len() < 22,
                        "{key} as {spelling}: {shown}"
                    );
                }
            }
        }
    }

    #[test]
    fn base64_is_masked_in_every_alignment_and_alphabet() {
        for before in ["", "x", "xy", "Bearer ", "user:", "Authorization: Bearer "] {
            for after in ["", "!", "!!", "\r\nAccept: */*"] {
                for engine in [&STANDARD, &URL_SAFE] {
                    let encoded = engine.encode(format!("{before}{KEY}{after}"));
                    let shown = masked(&format!("[{encoded}]"));
                    assert!(shown.contains("***"), "{before:?} {after:?}: {shown}");
                    let plain = engine.encode(format!("{before}{}{after}", "?".repeat(KEY.len())));
                    let left = shown.replace("***API key in base64***", "***");
                    assert!(left.len() <= plain.len() + 2 - KEY.len() * 4 / 3 + 4, "{shown}");
                }
            }
        }
    }

    #[test]
    fn what_holds_no_key_is_not_copied() {
        let body =
            Bytes::from_static(b"{\"instruction\":\"50%25 off \\\"sk-ld-\\\" \\n \\u00e4 100% \\\\ \"}");
        let same = masker(KEY).mask(body.clone());
        assert_eq!(same.as_ptr(), body.as_ptr());
        assert_eq!(masked("sk-ld-A1b2"), "sk-ld-A1b2");
        for cut in ["", "%", "%2", "\\", "\\u", "\\u00", "\\u002", "\\\\", "%zz", "\\u00zz"] {
            assert_eq!(masked(cut), cut);
        }
    }

    #[test]
    fn a_json_answer_is_still_json_afterwards() {
        let answer = serde_json::json!({ "message": format!("bad key {KEY}"), "name": "x" }).to_string();
        let shown = masker(KEY).mask(answer.into());
        let read: serde_json::Value = serde_json::from_slice(&shown).unwrap();
        assert_eq!(read["message"], "bad key ***API key***");
    }

    #[test]
    fn a_short_key_is_masked_where_it_stands_in_the_open() {
        assert_eq!(masker("k1").mask_text("key k1, k2".into()), "key ***API key***, k2");
    }

    proptest! {
        #[test]
        fn no_key_survives_whatever_surrounds_it(
            key in "[!-~]{8,40}",
            before in "[ -~]{0,20}",
            after in "[ -~]{0,20}",
        ) {
            let masker = masker(&key);
            let plain = masker.mask_text(format!("{before}{key}{after}"));
            prop_assert!(!plain.contains(&key));
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{key}{after}"));
            let shown = masker.mask_text(encoded.clone());
            prop_assert_ne!(shown, encoded);
        }

        #[test]
        fn no_key_survives_in_any_chain_of_encodings(
            key in "[!-~]{8,40}",
            // Nothing that an escape at the key's own end could take in.
            before in r"[ -$'-\[\]-~]{0,20}",
            after in r"( [ -$'-\[\]-~]{0,20})?",
            chain in proptest::collection::vec(0..4_usize, 0..4),
        ) {
            let encoders = [percent, json, html, |text: &str| json(text).replace('/', "\\/")];
            let body = |key: &str| chain.iter().fold(format!("{before}{key}{after}"), |text, next| encoders[*next](&text));
            let shown = masker(&key).mask_text(body(&key));
            prop_assert_eq!(shown.matches("***API key***").count(), 1, "{}", body(&key));
            prop_assert!(shown.len() <= body("").len() + "***API key***".len(), "{} {}", body(&key), shown);
        }
    }
}
