//! What looks like a password, key or token. It is named by kind and place; its words leave this file only as their span.
//!
//! Conservative on purpose: a finding that is wrong three times is not read the fourth time. So a well-known prefix needs
//! something random behind it, and a word such as `Passwort:` a value that no prose would have.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;

use super::{items, labelled};
use crate::migrate::json::Json;
use crate::migrate::record::Record;

/// What its first line tells; the others follow it.
pub(super) const PRIVATE_KEY: &str = "private key";

/// The longest login in an address that is looked for behind a slash: bounds the work in hostile texts.
const LONGEST_LOGIN: usize = 512;

/// Something in a line that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Its bytes in the line.
    pub(super) span: Range<usize>,
    /// What it looks like.
    pub(super) kind: &'static str,
}

/// A secret that is known by how it begins.
struct Prefixed {
    kind: &'static str,
    prefixes: &'static [&'static str],
    /// Bytes that may follow the prefix.
    body: fn(u8) -> bool,
    /// Bytes that have to follow.
    at_least: usize,
    /// What the bytes behind the prefix have to look like.
    looks: fn(&str) -> bool,
}

const fn prefixed(
    kind: &'static str,
    prefixes: &'static [&'static str],
    body: fn(u8) -> bool,
    at_least: usize,
    looks: fn(&str) -> bool,
) -> Prefixed {
    Prefixed { kind, prefixes, body, at_least, looks }
}

/// The longer prefix before the shorter one that it begins with: the first kind to claim a place names it.
const PREFIXED: &[Prefixed] = &[
    prefixed("Langdock or Odeus API key", &["sk-ld-"], is_url_safe, 12, is_random),
    prefixed("Anthropic API key", &["sk-ant-"], is_url_safe, 16, is_random),
    prefixed("API key (OpenAI style)", &["sk-"], is_url_safe, 16, is_random),
    prefixed("Stripe key", &["sk_live_", "rk_live_", "sk_test_", "rk_test_"], is_word, 16, is_varied),
    prefixed(
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        is_word,
        20,
        is_varied,
    ),
    prefixed("GitLab token", &["glpat-"], is_url_safe, 16, is_varied),
    prefixed("AWS access key", &["AKIA", "ASIA"], |byte| byte.is_ascii_alphanumeric(), 16, is_aws),
    prefixed(
        "Slack token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe.", "xapp-"],
        is_dotted,
        10,
        has_digit,
    ),
    prefixed("Google API key", &["AIza"], is_url_safe, 30, is_varied),
    prefixed("Google access token", &["ya29."], is_url_safe, 20, is_varied),
    prefixed("SendGrid API key", &["SG."], is_dotted, 40, is_random),
    prefixed("Hugging Face token", &["hf_"], |byte| byte.is_ascii_alphanumeric(), 30, is_varied),
    prefixed("npm token", &["npm_"], |byte| byte.is_ascii_alphanumeric(), 30, is_varied),
    prefixed("PyPI token", &["pypi-"], is_url_safe, 40, is_random),
    prefixed("signed token (JWT)", &["eyJ"], is_dotted, 30, is_jwt),
    prefixed("bearer token", &["Bearer ", "bearer ", "BEARER "], is_token, 20, is_random),
    prefixed("basic credentials", &["Basic ", "basic ", "BASIC "], is_base64, 8, is_login_in_base64),
    prefixed("Slack webhook", &["hooks.slack.com/services/"], is_base64, 36, is_webhook),
    prefixed("storage account key", &["AccountKey=", "SharedAccessKey="], is_base64, 40, is_varied),
];

/// What looks like a secret in the texts of a record, the instruction first: kind and place of each.
pub(super) fn found(record: &Record) -> Vec<String> {
    let mut places = Vec::new();
    for (field, of_field) in [("instruction", ""), ("description", " of the description")] {
        for (number, kind) in kinds_by_line(record.text(field).unwrap_or_default()) {
            places.push(format!("{kind} in line {number}{of_field}"));
        }
    }
    for (starter, number) in items(record, "conversationStarters").iter().zip(1_usize..) {
        for (_, kind) in kinds_by_line(starter.text().unwrap_or_default()) {
            places.push(format!("{kind} in conversation starter {number}"));
        }
    }
    for (field, number) in items(record, "inputFields").iter().zip(1_usize..) {
        let mut kinds = Vec::new();
        kinds_within(field, &mut kinds);
        places.extend(kinds.into_iter().map(|kind| format!("{kind} in field {number}")));
    }
    for (_, kind) in kinds_by_line(record.name()) {
        places.push(format!("{kind} in the name"));
    }
    places
}

/// Kinds of everything in the value's texts that looks like a secret; the same kind once.
fn kinds_within(value: &Json, kinds: &mut Vec<&'static str>) {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
        Json::Text(text) => {
            for (_, kind) in kinds_by_line(text) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        Json::List(items) => items.iter().for_each(|item| kinds_within(item, kinds)),
        Json::Object(object) => object.members().iter().for_each(|(_, value)| kinds_within(value, kinds)),
    }
}

/// Line, from 1, and kind of everything that looks like a secret; the same kind once a line.
fn kinds_by_line(text: &str) -> Vec<(usize, &'static str)> {
    let mut kinds: Vec<(usize, &'static str)> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for Spot { kind, .. } in spots(line) {
            let mut of_line = kinds.iter().rev().take_while(|(of_line, _)| *of_line == number);
            if of_line.all(|(_, other)| *other != kind) {
                kinds.push((number, kind));
            }
        }
    }
    kinds
}

/// Everything in the line that looks like a secret, from left to right; no two overlap.
pub(super) fn spots(line: &str) -> Vec<Spot> {
    let mut spots: BTreeMap<usize, Spot> = BTreeMap::new();
    let mut claim = |found: Vec<Spot>| {
        for spot in found {
            let before = spots.range(..spot.span.end).next_back();
            if before.is_none_or(|(_, before)| before.span.end <= spot.span.start) {
                spots.insert(spot.span.start, spot);
            }
        }
    };
    claim(private_keys(line));
    claim(credentials_in_addresses(line));
    for prefixed in PREFIXED {
        claim(prefixed.find(line));
    }
    claim(labelled::find(line));
    spots.into_values().collect()
}

impl Prefixed {
    fn find(&self, line: &str) -> Vec<Spot> {
        self.prefixes.iter().flat_map(|prefix| self.find_prefix(line, prefix)).collect()
    }

    fn find_prefix(&self, line: &str, prefix: &str) -> Vec<Spot> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = find_from(line, from, prefix) {
            let body = at + prefix.len();
            let length = run(line, body, self.body);
            from = body + length;
            let text = line.get(body..from).unwrap_or_default().trim_end_matches(['.', '-', '=']);
            if begins_a_word(line, at) && text.len() >= self.at_least && (self.looks)(text) {
                found.push(Spot { span: at..body + text.len(), kind: self.kind });
            }
        }
        found
    }
}

/// `-----BEGIN RSA PRIVATE KEY-----`, to the end of the line.
fn private_keys(line: &str) -> Vec<Spot> {
    const BEGIN: &str = "-----BEGIN ";
    let Some(at) = line.find(BEGIN) else { return Vec::new() };
    let title = line.get(at + BEGIN.len()..).unwrap_or_default();
    let title = title.split("-----").next().unwrap_or_default();
    let is_private = title.ends_with("PRIVATE KEY") || title.ends_with("PRIVATE KEY BLOCK");
    let spot = Spot { span: at..line.len(), kind: PRIVATE_KEY };
    if is_private { vec![spot] } else { Vec::new() }
}

/// `scheme://user:password@host`.
fn credentials_in_addresses(line: &str) -> Vec<Spot> {
    const SLASHES: &str = "://";
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = find_from(line, from, SLASHES) {
        let start = at + SLASHES.len();
        from = start;
        let length = run(line, start, |byte| !byte.is_ascii_whitespace() && !b"/\"'<>`".contains(&byte));
        let authority = line.get(start..start + length).unwrap_or_default();
        // A password may hold an `@`, a host does not.
        let login = authority.rsplit_once('@').or_else(|| login_with_slash(line, start, authority));
        let Some((login, host)) = login else { continue };
        let Some((user, password)) = login.split_once(':') else { continue };
        if host.starts_with(|first: char| first.is_alphanumeric() || first == '[')
            && password.len() >= 3
            && !labelled::is_placeholder(password)
        {
            let begins = start + user.len() + 1;
            found.push(Spot { span: begins..begins + password.len(), kind: "password in an address" });
            from = (start + length).max(begins + password.len());
        }
    }
    found
}

/// Login and host where the password holds a `/`, which ends the authority: `app:Zt8abc/xyz@db`. What stands behind the
/// colon is no port, then: it has letters and digits.
fn login_with_slash<'a>(line: &'a str, start: usize, authority: &str) -> Option<(&'a str, &'a str)> {
    let (_, port) = authority.split_once(':')?;
    if !has_digit(port) || !port.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let mut left = LONGEST_LOGIN;
    let length = run(line, start, |byte| {
        left = left.saturating_sub(1);
        left > 0 && !byte.is_ascii_whitespace() && !b"\"'<>`?".contains(&byte)
    });
    line.get(start..start + length)?.rsplit_once('@')
}

fn find_from(line: &str, from: usize, what: &str) -> Option<usize> {
    let rest = line.as_bytes().get(from..)?;
    memmem::find(rest, what.as_bytes()).map(|at| from + at)
}

/// How many bytes from there on are of that kind. ASCII or all of a character, so that the end is one of a character.
fn run(line: &str, from: usize, mut is_in: impl FnMut(u8) -> bool) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    let end = rest.bytes().take_while(|byte| is_in(*byte)).count();
    (0..=end).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(0)
}

fn begins_a_word(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '-' | '_'))
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const fn is_url_safe(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

const fn is_dotted(byte: u8) -> bool {
    is_url_safe(byte) || byte == b'.'
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

const fn is_token(byte: u8) -> bool {
    is_dotted(byte) || is_base64(byte) || byte == b'~'
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Not `xxxxxxxx` and its like: at least six different bytes.
pub(super) fn is_varied(text: &str) -> bool {
    let mut seen = [false; 256];
    text.bytes().filter(|byte| !std::mem::replace(&mut seen[usize::from(*byte)], true)).count() >= 6
}

/// A stretch of letters and digits mixed that no word has: `iso-27001-handbook` is none, a UUID is none.
pub(super) fn is_random(text: &str) -> bool {
    let stretches = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    is_varied(text)
        && !is_uuid(text)
        && stretches.into_iter().any(|stretch| {
            let changes = stretch.as_bytes().windows(2).filter(
                |pair| matches!(pair, [one, other] if one.is_ascii_digit() != other.is_ascii_digit()),
            );
            stretch.len() >= 12 && has_digit(stretch) && changes.count() >= 1
        })
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The sixteen of an AWS access key, no more and no less, upper case.
fn is_aws(text: &str) -> bool {
    text.len() == 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && has_digit(text)
}

/// `user:password` in base64.
fn is_login_in_base64(text: &str) -> bool {
    // What is cut off at the end may be a sign of the next word; the name in front is enough.
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    let login = STANDARD_NO_PAD.decode(whole).unwrap_or_default();
    let name = login.iter().position(|byte| *byte == b':').and_then(|colon| login.get(..colon));
    name.is_some_and(|name| name.len() >= 2 && name.iter().all(u8::is_ascii_graphic))
}

/// Workspace, channel and a random part: `T0AB12CD3/B0AB12CD3/…`.
fn is_webhook(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    matches!(parts.as_slice(), [workspace, _, random]
        if workspace.starts_with('T') && random.len() >= 20 && has_digit(random) && is_varied(random))
}

/// What follows `eyJ`: the rest of the header, a body that is JSON as well, a signature.
fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.as_slice(), [header, body, signature]
        if header.len() >= 8 && body.starts_with("eyJ") && body.len() >= 8 && signature.len() >= 8)
}
