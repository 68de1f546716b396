//! Texts within texts: the same body with one level of escapes taken out, and where each byte of it came from.

use memchr::{memchr_iter, memchr3_iter};

/// Encoders break base64 into lines of 60, 64 or 76 characters; ordinary words are shorter than this.
const BASE64_LINE: usize = 40;

/// What a text says once its escapes are read.
pub(super) struct Layer {
    pub(super) text: Vec<u8>,
    pub(super) origins: Origins,
}

/// From places in a layer's text to places in the text that it was made from.
pub(super) struct Origins {
    /// For every edit the place behind which it counts, and how many bytes are gone up to there.
    gone: Vec<(usize, usize)>,
}

impl Origins {
    /// The place that `at` comes from; an escape counts as a whole, at its start as at its end.
    pub(super) fn of(&self, at: usize) -> usize {
        let edits = self.gone.partition_point(|(place, _)| *place < at);
        at + edits.checked_sub(1).and_then(|last| self.gone.get(last)).map_or(0, |(_, gone)| *gone)
    }
}

/// A piece of a text, and what it stands for.
struct Edit {
    start: usize,
    end: usize,
    character: Option<u8>,
}

impl Layer {
    /// The text with its escapes read, URL, JSON and HTML alike; `None` when no escape stands for a character that
    /// `matters`, for the beginning of another escape, or for a line break within base64.
    pub(super) fn unescaped(text: &[u8], matters: impl Fn(u8) -> bool) -> Option<Self> {
        let is_worth_it = escapes(text).any(|edit| match edit.character {
            Some(b'%' | b'\\' | b'&') => true,
            Some(character) if matters(character) => true,
            Some(b'\r' | b'\n') => ends_base64_line(text, edit.start),
            Some(_) | None => false,
        });
        is_worth_it.then(|| Self::of(text, escapes(text)))
    }

    /// The text with its base64 on one line; `None` when it is.
    pub(super) fn joined(text: &[u8]) -> Option<Self> {
        let mut breaks = memchr_iter(b'\n', text).filter_map(|at| line_break(text, at)).peekable();
        breaks.peek()?;
        Some(Self::of(text, breaks))
    }

    fn of(text: &[u8], edits: impl Iterator<Item = Edit>) -> Self {
        let mut read = Vec::with_capacity(text.len());
        let mut gone = Vec::new();
        let mut kept = 0;
        for edit in edits {
            read.extend_from_slice(text.get(kept..edit.start).unwrap_or_default());
            let place = read.len();
            read.extend(edit.character);
            gone.push((place, edit.end - read.len()));
            kept = edit.end;
        }
        read.extend_from_slice(text.get(kept..).unwrap_or_default());
        Self { text: read, origins: Origins { gone } }
    }
}

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

/// The text without escapes at its end that more text would complete, such as `%4`.
pub(super) fn without_begun_escape(mut text: &[u8]) -> &[u8] {
    let begun = |text: &[u8]| {
        let start = memchr::memrchr3(b'%', b'\\', b'&', text)?;
        is_begun(text.get(start..)?).then_some(start)
    };
    while let Some(start) = begun(text) {
        text = text.get(..start).unwrap_or_default();
    }
    text
}

fn is_begun(text: &[u8]) -> bool {
    let hex = |digits: &[u8], most: usize| digits.len() <= most && digits.iter().all(u8::is_ascii_hexdigit);
    match text {
        [b'\\', b'u', digits @ ..] => hex(digits, 3),
        [b'%', digits @ ..] | [b'\\', b'x', digits @ ..] => hex(digits, 1),
        [b'&', b'#', number @ ..] => number.iter().all(u8::is_ascii_alphanumeric),
        [b'&', ..] => ENTITIES.iter().any(|(entity, _)| entity.starts_with(text)) && !text.ends_with(b";"),
        [b'\\'] => true,
        _ => false,
    }
}

fn ends_base64_line(text: &[u8], at: usize) -> bool {
    at.checked_sub(BASE64_LINE)
        .and_then(|start| text.get(start..at))
        .is_some_and(|line| line.iter().rev().all(|byte| is_base64(*byte)))
}

/// The line break whose `\n` stands there, with the next line's indentation, if it is one within base64.
fn line_break(text: &[u8], at: usize) -> Option<Edit> {
    let start = at - usize::from(text.get(..at).is_some_and(|before| before.ends_with(b"\r")));
    let indentation = text.get(at + 1..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    ends_base64_line(text, start).then_some(Edit { start, end: at + 1 + indentation, character: None })
}

fn escapes(text: &[u8]) -> impl Iterator<Item = Edit> {
    let mut end = 0;
    memchr3_iter(b'%', b'\\', b'&', text).filter_map(move |start| {
        if start < end {
            return None;
        }
        let (character, length) = escape(text.get(start..)?)?;
        end = start + length;
        Some(Edit { start, end, character: Some(character) })
    })
}

/// The character that an escape at the beginning of `text` stands for, and its length.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', high, low, ..] => Some((byte(*high, *low)?, 3)),
        [b'\\', b'u', b'0', b'0', high, low, ..] => Some((byte(*high, *low)?, 6)),
        [b'\\', b'x', high, low, ..] => Some((byte(*high, *low)?, 4)),
        [b'\\', b'n', ..] => Some((b'\n', 2)),
        [b'\\', b'r', ..] => Some((b'\r', 2)),
        [b'\\', character @ (b'\\' | b'/' | b'"' | b'\''), ..] => Some((*character, 2)),
        [b'&', b'#', number @ ..] => {
            numeric_entity(number).map(|(character, length)| (character, length + 2))
        }
        [b'&', ..] => ENTITIES
            .iter()
            .find(|(entity, _)| text.starts_with(entity))
            .map(|(entity, character)| (*character, entity.len())),
        _ => None,
    }
}

const ENTITIES: [(&[u8], u8); 5] =
    [(b"&amp;", b'&'), (b"&quot;", b'"'), (b"&apos;", b'\''), (b"&lt;", b'<'), (b"&gt;", b'>')];

/// `43;`, `043;`, `x2B;`: what stands behind `&#`.
fn numeric_entity(text: &[u8]) -> Option<(u8, usize)> {
    let is_hex = matches!(text, [b'x' | b'X', ..]);
    let (start, radix) = if is_hex { (1, 16) } else { (0, 10) };
    // A character of ASCII has few digits, also with zeros in front.
    let length = text.iter().take(10).position(|byte| *byte == b';')?;
    let digits = std::str::from_utf8(text.get(start..length)?).ok()?;
    Some((u8::from_str_radix(digits, radix).ok()?, length + 1))
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        String::from_utf8(Layer::unescaped(text.as_bytes(), |_| true).unwrap().text).unwrap()
    }

    #[test]
    fn one_level_of_escapes_is_read() {
        for (text, expected) in [
            ("a%2Fb%2fc", "a/b/c"),
            (r#"a\/b\"c\\d\u002Be\x2bf\n"#, "a/b\"c\\d+e+f\n"),
            (r"\\u002b", r"\u002b"),
            ("%252F", "%2F"),
            ("&amp;quot;&lt;&gt;&quot;&apos;", "&quot;<>\"'"),
            ("&#43;&#043;&#x2b;&#X2B;&#00043;", "+++++"),
            (
                "%41 % %4 %zz & &# &#; &#x; &nope; &#99999; \\u00zz \\q \\",
                "A % %4 %zz & &# &#; &#x; &nope; &#99999; \\u00zz \\q \\",
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_without_escapes_that_matter_is_left_alone() {
        for text in ["", "50 % off", "a\\nb", "x%20y", "\\u00e4", "&nbsp;", "\\\"said\\\""] {
            assert!(Layer::unescaped(text.as_bytes(), |character| character == b'+').is_none(), "{text}");
        }
    }

    #[test]
    fn base64_is_put_on_one_line_and_nothing_else() {
        let line = "QUJD".repeat(15);
        for (text, expected) in [
            (format!("{line}\nQUJD"), Some(format!("{line}QUJD"))),
            (format!("x {line}\r\n\t {line}\n="), Some(format!("x {line}{line}="))),
            (format!("{line} \nQUJD"), None),
            ("QUJD\nQUJD\n".to_owned(), None),
        ] {
            let joined = Layer::joined(text.as_bytes()).map(|layer| String::from_utf8(layer.text).unwrap());
            assert_eq!(joined, expected, "{text:?}");
        }
        let escaped = format!("{line}\\r\\nQUJD");
        assert!(Layer::unescaped(escaped.as_bytes(), |_| false).is_some());
    }

    #[test]
    fn an_escape_that_is_only_begun_is_taken_off() {
        for (text, expected) in [
            ("a\\", "a"),
            ("a%4", "a"),
            ("a%%", "a"),
            ("a&am", "a"),
            ("a&#04", "a"),
            ("a\\u00", "a"),
            ("a&b", "a&b"),
            ("a%4%", "a"),
            ("a&amp;", "a&amp;"),
            ("a%41", "a%41"),
            ("a% off, all", "a% off, all"),
            ("", ""),
        ] {
            assert_eq!(without_begun_escape(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn every_place_is_known_where_it_came_from() {
        let text = br"ab%2Bcd\u002F&amp;e";
        let layer = Layer::unescaped(text, |_| true).unwrap();
        assert_eq!(layer.text, b"ab+cd/&e");
        let origins: Vec<usize> = (0..=layer.text.len()).map(|at| layer.origins.of(at)).collect();
        assert_eq!(origins, [0, 1, 2, 5, 6, 7, 13, 18, 19]);
    }
}
