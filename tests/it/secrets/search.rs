//! Looks for a key in what the program left behind, in any disguise. Shares no code with the mask.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The readings of a text that somebody after a key would try.
const READINGS: [(&str, Reading); 4] =
    [("percent", unpercent), ("json", unjson), ("html", unhtml), ("lines", without_blanks)];

type Reading = fn(&[u8]) -> Vec<u8>;

/// How the key can be got out of `bytes`; `None` when it cannot.
pub(crate) fn trace(bytes: &[u8], key: &str) -> Option<String> {
    let mut texts = vec![(String::new(), bytes.to_vec())];
    for depth in 0..4 {
        for (way, text) in &texts {
            if let Some(found) = in_text(text, key.as_bytes()) {
                return Some(format!("{found}, reading{way}"));
            }
        }
        if depth == 3 {
            break;
        }
        let mut next: Vec<(String, Vec<u8>)> = Vec::new();
        for (way, text) in &texts {
            for (name, read) in READINGS {
                let other = read(text);
                if other != *text && !next.iter().any(|(_, known)| *known == other) {
                    next.push((format!("{way} {name}"), other));
                }
            }
        }
        texts = next;
    }
    None
}

fn in_text(text: &[u8], key: &[u8]) -> Option<String> {
    if let Some(at) = memchr::memmem::find(text, key) {
        let around = &text[at.saturating_sub(40)..(at + key.len() + 40).min(text.len())];
        return Some(format!("raw in {:?}", String::from_utf8_lossy(around)));
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut runs = text.split(|byte| !is_base64(byte)).filter(|run| run.len() * 3 / 4 >= key.len());
    runs.find_map(|run| {
        let shown = || String::from_utf8_lossy(run).into_owned();
        let hex = (0..2).any(|start| holds(&unhex(&run[start..]), key));
        let base64 = || {
            [STANDARD, URL_SAFE]
                .iter()
                .any(|alphabet| (0..4).any(|start| holds(&unbase64(&run[start..], alphabet), key)))
        };
        if hex {
            Some(format!("hex in {}", shown()))
        } else {
            base64().then(|| format!("base64 in {}", shown()))
        }
    })
}

fn holds(text: &[u8], key: &[u8]) -> bool {
    memchr::memmem::find(text, key).is_some()
}

fn unbase64(run: &[u8], alphabet: &base64::alphabet::Alphabet) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let run = if run.len() % 4 == 1 { &run[..run.len() - 1] } else { run };
    GeneralPurpose::new(alphabet, config).decode(run).unwrap_or_default()
}

fn unhex(run: &[u8]) -> Vec<u8> {
    run.chunks_exact(2)
        .map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// A text in which `read` takes what begins with `mark`: the byte that it stands for, and how many bytes it takes up.
fn reading(text: &[u8], mark: u8, read: impl Fn(&[u8]) -> Option<(u8, usize)>) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(mark, rest) {
        result.extend_from_slice(&rest[..at]);
        let (byte, length) = read(&rest[at..]).unwrap_or((mark, 1));
        result.push(byte);
        rest = &rest[at + length..];
    }
    result.extend_from_slice(rest);
    result
}

fn digits(text: Option<&[u8]>, radix: u32) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(text?).ok()?, radix).ok()
}

fn unpercent(text: &[u8]) -> Vec<u8> {
    reading(text, b'%', |rest| Some((digits(rest.get(1..3), 16)?, 3)))
}

fn unjson(text: &[u8]) -> Vec<u8> {
    reading(text, b'\\', |rest| match rest.get(1)? {
        b'u' => Some((digits(rest.get(2..6), 16)?, 6)),
        b'x' => Some((digits(rest.get(2..4), 16)?, 4)),
        b'n' => Some((b'\n', 2)),
        b'r' => Some((b'\r', 2)),
        b't' => Some((b'\t', 2)),
        other => Some((*other, 2)),
    })
}

fn unhtml(text: &[u8]) -> Vec<u8> {
    reading(text, b'&', |rest| {
        let end = rest.iter().take(12).position(|byte| *byte == b';')?;
        let character = match &rest[1..end] {
            b"amp" => b'&',
            b"quot" => b'"',
            b"lt" => b'<',
            b"gt" => b'>',
            b"apos" => b'\'',
            [b'#', b'x' | b'X', hex @ ..] => digits(Some(hex), 16)?,
            [b'#', decimal @ ..] => digits(Some(decimal), 10)?,
            _ => return None,
        };
        Some((character, end + 1))
    })
}

fn without_blanks(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}
