//! What a value looks like: random, a password, or what stands for neither.
//!
//! Conservative on purpose: a finding that is wrong three times is not read the fourth time.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::Regex;

/// What stands where a person is to put the real thing.
const PLACEHOLDERS: &[&str] = &[
    r"^[<{\[$%(*•…_]",
    r"^[\W_xX]*$",
    "(?i-u:your|dein|ihr[_-]|placeholder|platzhalter|beispiel|example|xxx|changeme|redacted)",
    r"^[\W_]*(?i-u:password|passwort|pass|pw|kennwort|secret|token|pwd)[\W_]*$",
];

/// What stands behind `password:` in instructions to people.
const PROSE: &[&str] = &[
    // Addresses, also of mailboxes.
    r"://|^\D*@\D*\.\D*$",
    // `12-stellig`, `AES-256`, `IT-4711-AB`.
    r"^\d+(?:[-_–](?:\d+|[^\W\d_]*))+$|^[^\W\d_]{1,4}(?:[-_–](?:\d+|[^\W\d_]{0,2}))+$",
    // `min8Zeichen`.
    "(?i-u:zeichen|character|chars|stellig|digits)",
    // How something is stored: `SHA256`, `base64-encoded`, `bcrypt(12)`.
    r"^[\W_]*(?i-u:(?:sha|md|base|aes|argon|pbkdf)[0-9]{1,3}|[bs]crypt)(?:[\W_]+(?:(?i-u:sha|md)\d{1,3}|[^\W\d_]+|\d+))*[\W_]*$",
];

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| any_of(PLACEHOLDERS));
static PATH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[\\.#@§]|/"));
static BASE64_KEY: LazyLock<Regex> =
    LazyLock::new(|| pattern("^(?:[[:alnum:]+/]{40}|[[:alnum:]+/]{39,}={1,2})$"));
static IN_PROSE: LazyLock<Regex> = LazyLock::new(|| any_of(PROSE));

/// A pattern of ours. Of Unicode it may use `\w`, `\d`, `\s` and their opposites only, and ignore case in ASCII alone: the
/// tables for the rest are left out of the program, and not out of its tests.
#[expect(clippy::expect_used, reason = "no pattern comes from outside; a test makes them all")]
pub(super) fn pattern(pattern: &str) -> Regex {
    debug_assert!(
        !["(?i:", "(?i)", r"\p"].iter().any(|part| pattern.contains(part)),
        "{pattern} needs a table"
    );
    Regex::new(pattern).expect("a pattern of ours is one")
}

fn any_of(patterns: &[&str]) -> Regex {
    pattern(&patterns.join("|"))
}

#[cfg(test)]
pub(super) fn patterns() -> impl Iterator<Item = String> {
    [&PLACEHOLDER, &PATH, &BASE64_KEY, &IN_PROSE].map(|pattern| pattern.to_string()).into_iter()
}

/// Anything but a placeholder.
pub(super) fn is_given(value: &str) -> bool {
    !PLACEHOLDER.is_match(value)
}

pub(super) fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Not `xxxxxxxx` and its like: at least six different bytes.
pub(super) fn is_varied(value: &str) -> bool {
    let mut seen = [false; 256];
    value.bytes().filter(|byte| !std::mem::replace(&mut seen[usize::from(*byte)], true)).take(6).count() == 6
}

/// A stretch of letters and digits mixed that no word has: `iso-27001-handbook` is none, a UUID is none.
pub(super) fn is_random(value: &str) -> bool {
    let mut stretches = value.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_mixed = |stretch: &str| {
        stretch.len() >= 12 && has_digit(stretch) && stretch.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    stretches.any(is_mixed) && is_varied(value) && !is_uuid(value)
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && uuid::Uuid::try_parse(value).is_ok()
}

/// `user:password` in base64.
pub(super) fn is_login_in_base64(value: &str) -> bool {
    // What is cut off at the end may be a sign of the next word; the name in front is enough.
    let value = value.trim_end_matches('=');
    let login =
        STANDARD_NO_PAD.decode(value.get(..value.len() / 4 * 4).unwrap_or_default()).unwrap_or_default();
    let name = login.iter().position(|byte| *byte == b':').and_then(|colon| login.get(..colon));
    name.is_some_and(|name| name.len() >= 2 && name.iter().all(u8::is_ascii_graphic))
}

/// Letters with digits, or with odd signs in their middle, which nobody would write in prose: `Sommer2024!`, `hunter2`,
/// `k#9x_Lw`. Not `mindestens`, not `IT-Hotline`, not `12`, not a version, a time, an address or a path.
pub(super) fn is_password(value: &str) -> bool {
    let count = |is_one: fn(char) -> bool| value.chars().filter(|letter| is_one(*letter)).count();
    value.chars().count() >= 6
        && count(char::is_alphabetic) >= 2
        && (has_digit(value) || count(|letter| "!#$%&?^~+=@|€§".contains(letter)) >= 2)
        && (value.len() < 8 || is_varied(value))
        && (!PATH.is_match(value) || is_base64_key(value))
        && !is_uuid(value)
        && is_given(value)
        && !IN_PROSE.is_match(value)
}

/// A longer password, or a UUID, since many keys are nothing else.
pub(super) fn is_key(value: &str) -> bool {
    is_uuid(value) || (value.chars().count() >= 12 && is_password(value))
}

/// A long random stretch: "token" and "secret" have other meanings, too.
pub(super) fn is_token(value: &str) -> bool {
    value.len() >= 16 && is_random(value) && is_given(value)
}

/// The forty characters of a secret of AWS, or what ends like base64: a `/` in it makes no path.
fn is_base64_key(value: &str) -> bool {
    let has = |is_in: fn(char) -> bool| value.contains(is_in);
    BASE64_KEY.is_match(value)
        && has(|letter| letter.is_ascii_uppercase())
        && has(|letter| letter.is_ascii_lowercase())
        && has_digit(value)
}
