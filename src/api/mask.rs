//! Masks the key in whatever comes back, in every spelling in which servers are known to echo a header: raw,
//! percent-encoded, JSON-escaped, base64 (so also `Bearer <key>` in base64, since every alignment is looked for).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use memchr::memmem::Finder;

use super::ApiKey;

const MASK: &[u8] = b"***";

/// Shorter keys have base64 forms that ordinary text holds by chance.
const SHORTEST_FOR_BASE64: usize = 6;

/// A base64 form of the key, cut to the characters that do not depend on what stands around it.
struct Encoded {
    finder: Finder<'static>,
    /// Whether the character before, or after, holds some bits of the key, too.
    partial_before: bool,
    partial_after: bool,
}

/// Finds and masks one key; prepared once.
pub(super) struct Masker {
    key: secrecy::SecretSlice<u8>,
    raw: Finder<'static>,
    encoded: Vec<Encoded>,
}

impl Masker {
    pub(super) fn new(key: &ApiKey) -> Self {
        let bytes = key.expose().as_bytes();
        Self {
            key: bytes.to_vec().into(),
            raw: Finder::new(bytes).into_owned(),
            encoded: encoded_forms(bytes),
        }
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
    fn spans(&self, body: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for form in &self.encoded {
            spans.extend(form.finder.find_iter(body).map(|start| form.span(body, start)));
        }
        spans.extend(self.raw.find_iter(body).map(|start| (start, start + self.raw.needle().len())));
        if self.may_hold_escaped(body) {
            self.escaped_spans(body, &mut spans);
        }
        spans.sort_unstable();
        spans.dedup_by(|next, kept| {
            let overlaps = next.0 < kept.1;
            if overlaps {
                kept.1 = kept.1.max(next.1);
            }
            overlaps
        });
        spans
    }

    /// Whether a character of the key stands there escaped: rules most bodies out without the slow search.
    fn may_hold_escaped(&self, body: &[u8]) -> bool {
        let key = self.key();
        memchr::memchr2_iter(b'%', b'\\', body).any(|start| {
            let rest = body.get(start..).unwrap_or_default();
            escape(rest).is_some_and(|(character, _)| key.contains(&character))
        })
    }

    /// Every place where the key stands, each of its characters escaped or raw.
    fn escaped_spans(&self, body: &[u8], spans: &mut Vec<(usize, usize)>) {
        let mut start = 0;
        while let Some(rest) = body.get(start..).filter(|rest| !rest.is_empty()) {
            match self.length_at(rest) {
                Some(length) => {
                    spans.push((start, start + length));
                    start += length;
                }
                None => start += 1,
            }
        }
    }

    /// How many bytes the key takes up at the beginning of `text`; `None` when it does not stand there.
    fn length_at(&self, text: &[u8]) -> Option<usize> {
        let mut length = 0;
        for character in self.key() {
            let rest = text.get(length..)?;
            length += match escape(rest) {
                Some((escaped, taken)) if escaped == *character => taken,
                _ if rest.first() == Some(character) => 1,
                _ => return None,
            };
        }
        Some(length)
    }

    fn key(&self) -> &[u8] {
        use secrecy::ExposeSecret;
        self.key.expose_secret()
    }
}

impl Encoded {
    fn span(&self, body: &[u8], start: usize) -> (usize, usize) {
        let end = start + self.finder.needle().len();
        let before = start.checked_sub(1).filter(|at| self.partial_before && is_base64(body, *at));
        let after = self.partial_after && is_base64(body, end);
        (before.unwrap_or(start), end + usize::from(after))
    }
}

fn is_base64(body: &[u8], at: usize) -> bool {
    body.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
}

/// The character that an escape at the beginning of `text` stands for (`%2D`, `\u002d`, `\/`), and its length. JSON
/// inside JSON doubles the backslashes: any number of them counts.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', high, low, ..] => Some((hex(*high)? << 4 | hex(*low)?, 3)),
        [b'\\', ..] => {
            let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
            match text.get(slashes..).unwrap_or_default() {
                [b'u', b'0', b'0', high, low, ..] => Some((hex(*high)? << 4 | hex(*low)?, slashes + 5)),
                [character @ (b'"' | b'/'), ..] => Some((*character, slashes + 1)),
                _ if slashes > 1 => Some((b'\\', 2)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn encoded_forms(key: &[u8]) -> Vec<Encoded> {
    let mut forms: Vec<Encoded> = Vec::new();
    if key.len() < SHORTEST_FOR_BASE64 {
        return forms;
    }
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
            forms.push(Encoded {
                finder: Finder::new(own).into_owned(),
                partial_before: !first_bit.is_multiple_of(6),
                partial_after: !last_bit.is_multiple_of(6),
            });
        }
    }
    forms
}

fn replace(body: &[u8], spans: &[(usize, usize)]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(body.len());
    let mut kept = 0;
    for (start, end) in spans {
        masked.extend_from_slice(body.get(kept..*start).unwrap_or_default());
        masked.extend_from_slice(MASK);
        kept = *end;
    }
    masked.extend_from_slice(body.get(kept..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use base64::engine::DecodePaddingMode;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "sk-ld-A1b2/C3+d4\"~x_y";

    fn masker(key: &str) -> Masker {
        Masker::new(&ApiKey::parse(key).unwrap())
    }

    fn masked(text: &str) -> String {
        masker(KEY).mask_text(text.to_owned())
    }

    #[test]
    fn every_spelling_of_the_key_is_masked() {
        let percent: String =
            KEY.bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect();
        let some_percent = KEY.replace('/', "%2F").replace('+', "%2b").replace('"', "%22");
        let unicode: String =
            KEY.bytes().flat_map(|byte| format!("\\u{byte:04X}").into_bytes()).map(char::from).collect();
        let json = serde_json::to_string(KEY).unwrap();
        let json = json.trim_matches('"').to_owned();
        let php = json.replace('/', "\\/");
        let json_in_json = json.replace('\\', "\\\\\\");
        for spelling in [KEY.to_owned(), percent, some_percent, unicode, json, php, json_in_json] {
            assert_eq!(masked(&format!("a{spelling}z")), "a***z", "{spelling}");
            assert_eq!(masked(&format!("{spelling}{spelling}")), "******", "{spelling}");
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
                    assert!(shown.len() <= plain.len() + 2 - KEY.len() * 4 / 3 + 4, "{shown}");
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
        assert_eq!(read["message"], "bad key ***");
    }

    #[test]
    fn a_short_key_is_masked_where_it_stands_in_the_open() {
        assert_eq!(masker("k1").mask_text("key k1, k2".into()), "key ***, k2");
    }

    /// The text in one of the spellings in which servers echo a header; `escaped` chooses characters.
    fn spelled(text: &str, form: usize, escaped: u64) -> String {
        let is_escaped = |at: usize| escaped >> (at % 64) & 1 == 1;
        let each = |spell: fn(char) -> String| {
            let one =
                |(at, character)| if is_escaped(at) { spell(character) } else { String::from(character) };
            text.chars().enumerate().map(one).collect::<String>()
        };
        match form {
            0 => text.to_owned(),
            1 => spelled(text, 2, u64::MAX).to_lowercase(),
            2 => each(|character| format!("%{:02X}", u32::from(character))),
            3 => each(|character| format!("\\u{:04x}", u32::from(character))),
            4 => serde_json::to_string(text).unwrap(),
            5 => serde_json::to_string(&serde_json::to_string(text).unwrap()).unwrap(),
            6 => STANDARD.encode(text),
            7 => URL_SAFE.encode(text),
            8 => URL_SAFE_NO_PAD.encode(text),
            _ => STANDARD.encode(format!("Bearer {text}")),
        }
    }

    /// Everything that somebody could read out of the text.
    fn readings(text: &str) -> Vec<Vec<u8>> {
        let mut readings = vec![text.as_bytes().to_vec()];
        let mut unescaped = text.to_owned();
        for code in b'!'..=b'~' {
            let character = char::from(code).to_string();
            for escape in [format!("%{code:02x}"), format!("%{code:02X}"), format!("\\u{code:04x}")] {
                unescaped = unescaped.replace(&escape, &character);
            }
        }
        readings.push(unescaped.into_bytes());
        let mut json = text.to_owned();
        while let Ok(inner) = serde_json::from_str::<String>(&json) {
            readings.push(inner.clone().into_bytes());
            json = inner;
        }
        let cut_anywhere = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let lenient = GeneralPurpose::new(&base64::alphabet::STANDARD, cut_anywhere);
        for run in text.split(|character: char| !is_base64(character.to_string().as_bytes(), 0)) {
            let run = run.replace('-', "+").replace('_', "/");
            for start in 0..run.len().min(4) {
                // One character by itself holds no byte.
                let end = run.len() - usize::from((run.len() - start) % 4 == 1);
                readings.extend(lenient.decode(&run[start..end]));
            }
        }
        readings
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_024))]

        #[test]
        fn nobody_reads_the_key_out_of_what_is_left(
            // What begins an escape in the key itself would have to be told from what an escape brings in.
            key in "[!-$&-\\[\\]-~]{8,40}",
            // What would itself be read as an escape is another text.
            before in "[ -$&-\\[\\]-~]{0,20}",
            after in "[ -$&-\\[\\]-~]{0,20}",
            form in 0_usize..10,
            escaped: u64,
            times in 1_usize..3,
        ) {
            let echo = spelled(&format!("{before}{key}{after}").repeat(times), form, escaped);
            let could_be_read = readings(&echo).iter().any(|reading| Finder::new(&key).find(reading).is_some());
            prop_assert!(could_be_read, "the readings know every form: {}", echo);
            let shown = masker(&key).mask_text(echo);
            for reading in readings(&shown) {
                prop_assert!(Finder::new(&key).find(&reading).is_none(), "{}", shown);
            }
        }

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
    }
}
