//! `Passwort: …`, `api_key = …`: values that stand behind a word for a secret.

use std::ops::Range;

use super::secrets::{Spot, is_random, is_uuid, is_varied};

/// Longer values are no passwords; bounds the work in hostile texts.
const LONGEST: usize = 200;

/// Longest part between the word and the sign: `Passwort (Testsystem) für den Export:`.
const LONGEST_BETWEEN: usize = 40;

/// How much a value has to look like a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Something that nobody would write in prose: letters, and digits or odd signs.
    Password,
    /// The same; a UUID counts as well, since many keys are nothing else.
    Key,
    /// A long random stretch: "token" and "secret" have other meanings, too.
    Token,
}

struct Label {
    /// In lower case.
    word: &'static str,
    kind: &'static str,
    strictness: Strictness,
}

const fn label(word: &'static str, kind: &'static str, strictness: Strictness) -> Label {
    Label { word, kind, strictness }
}

const LABELS: &[Label] = &[
    label("password", "password", Strictness::Password),
    label("passwort", "password", Strictness::Password),
    label("passwd", "password", Strictness::Password),
    label("kennwort", "password", Strictness::Password),
    label("passphrase", "password", Strictness::Password),
    label("mot de passe", "password", Strictness::Password),
    label("pwd", "password", Strictness::Password),
    label("pass", "password", Strictness::Password),
    label("pw", "password", Strictness::Password),
    label("api key", "API key", Strictness::Key),
    label("api-key", "API key", Strictness::Key),
    label("api_key", "API key", Strictness::Key),
    label("apikey", "API key", Strictness::Key),
    label("api-schlüssel", "API key", Strictness::Key),
    label("api schlüssel", "API key", Strictness::Key),
    label("api token", "API key", Strictness::Key),
    label("api_token", "API key", Strictness::Key),
    label("access key", "access key", Strictness::Key),
    label("access_key", "access key", Strictness::Key),
    label("secret key", "secret", Strictness::Key),
    label("secret_key", "secret", Strictness::Key),
    label("secret_access_key", "secret", Strictness::Key),
    label("client secret", "secret", Strictness::Key),
    label("client_secret", "secret", Strictness::Key),
    label("client-secret", "secret", Strictness::Key),
    label("secret", "secret", Strictness::Token),
    label("access token", "token", Strictness::Token),
    label("access_token", "token", Strictness::Token),
    label("token", "token", Strictness::Token),
    label("zugangsschlüssel", "access key", Strictness::Token),
];

/// Signs and words between the label and its value.
const SIGNS: [&str; 7] = ["=>", "->", ":=", ":", "=", "：", "＝"];
const VERBS: [&str; 6] = ["is ", "is: ", "ist ", "lautet ", "lautet: ", "ist: "];

/// Labels that are one also at the end of a longer word: `Initialpasswort`, `dbpassword`.
const ENDINGS: [&str; 3] = ["password", "passwort", "kennwort"];

/// What a phrase between the label and the sign begins with: `Passwort für SAP:`.
const PREPOSITIONS: [&str; 11] =
    ["for ", "of ", "to ", "für ", "von ", "vom ", "zu ", "zum ", "zur ", "im ", "in "];

/// Values behind a word for a secret.
pub(super) fn find(line: &str) -> Vec<Spot> {
    // The lower case of ASCII keeps every byte in its place.
    let lower = line.to_ascii_lowercase();
    let mut found: Vec<Spot> = Vec::new();
    for label in LABELS {
        for (at, _) in lower.match_indices(label.word) {
            let end = at + label.word.len();
            if !stands_alone(line, at, end, label.word) {
                continue;
            }
            if let Some(spot) = value(line, &lower, at..end, label) {
                found.push(spot);
            }
        }
    }
    found
}

/// Whether the label is a whole word, or the last part of a name such as `SAP_PASSWORD` or `clientSecret`.
fn stands_alone(line: &str, at: usize, end: usize, word: &str) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().next_back());
    let after = line.get(end..).and_then(|after| after.chars().next());
    // `BoardingPass` is another thing.
    let is_camel = |before: char| {
        before.is_lowercase() && word != "pass" && line.as_bytes().get(at).is_some_and(u8::is_ascii_uppercase)
    };
    before.is_none_or(|letter| !letter.is_alphanumeric() || ENDINGS.contains(&word) || is_camel(letter))
        && after.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
}

fn value(line: &str, lower: &str, place: Range<usize>, label: &Label) -> Option<Spot> {
    let rest = head(lower.get(place.end..)?, 3 * LONGEST_BETWEEN);
    let (after_sign, sign) = end_of_sign(rest).or_else(|| flag(lower.get(..place.start)?, rest))?;
    let from = place.end + after_sign;
    // Two more than the longest, so that one that is too long is known as such.
    let rest = head(line.get(from..)?, LONGEST + 2);
    let begins = from + quotes(rest);
    let token = rest.get(quotes(rest)..)?;
    let token = if sign == Sign::Tag { token.split_once("</")?.0 } else { token };
    let token = token.split(|letter: char| letter.is_whitespace() || QUOTES.contains(letter)).next()?;
    let token = token.trim_end_matches([',', ';', '.', ')', ']', '!', '?', ':', '\\']);
    if token.chars().count() > LONGEST || is_placeholder(token) {
        return None;
    }
    let is_secret = match label.strictness {
        Strictness::Password => is_password(token, if sign == Sign::Verb { 8 } else { 6 }),
        Strictness::Key => is_uuid(token) || (token.len() >= 12 && is_password(token, 12)),
        Strictness::Token => token.len() >= 16 && is_random(token),
    };
    is_secret.then(|| Spot { span: begins..begins + token.len(), kind: label.kind })
}

/// Quotes and marks of emphasis around a value or a label.
const QUOTES: &str = "\"'`*„“”‚‘’«»";

/// What stands between a label and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `:` and its like.
    Mark,
    /// `is` and its like.
    Verb,
    /// The end of a tag: `<password>…</password>`.
    Tag,
}

/// How many bytes of blanks and quotes the text begins with; in JSON that is pasted as text a quote is `\"`.
fn quotes(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || QUOTES.contains(letter));
        let quote = rest.trim_start_matches('\\');
        if quote.len() == rest.len() || !quote.starts_with('"') {
            return text.len() - rest.len();
        }
        rest = quote;
    }
}

/// `--password …`: the blank behind an option is its sign.
fn flag(before: &str, rest: &str) -> Option<(usize, Sign)> {
    if !rest.starts_with(' ') || rest.starts_with(" -") {
        return None;
    }
    let start = before.char_indices().rev().nth(LONGEST_BETWEEN).map_or(0, |(start, _)| start);
    let before = before.get(start..)?;
    let name = before.rsplit(|letter: char| letter.is_whitespace() || QUOTES.contains(letter)).next()?;
    name.starts_with("--").then_some((1, Sign::Mark))
}

/// Where the sign behind the label ends; `None` when no sign follows.
fn end_of_sign(rest: &str) -> Option<(usize, Sign)> {
    if rest.starts_with('>') {
        return Some((1, Sign::Tag));
    }
    let mut at = quotes(rest);
    if rest.get(at..)?.starts_with('(') {
        let inside = rest.get(at..)?;
        at += inside.find(')').filter(|length| *length <= LONGEST_BETWEEN)? + 1;
        at += quotes(rest.get(at..)?);
    }
    let here = rest.get(at..)?;
    if PREPOSITIONS.iter().any(|preposition| here.starts_with(preposition)) {
        let (length, sign) = sign_in(here)?;
        return Some((at + length, sign));
    }
    if let Some(sign) = SIGNS.iter().find(|sign| here.starts_with(**sign)) {
        return Some((at + sign.len(), Sign::Mark));
    }
    VERBS.iter().find(|verb| here.starts_with(**verb)).map(|verb| (at + verb.len(), Sign::Verb))
}

/// The end of the first sign or verb in a phrase, which ends with its sentence.
fn sign_in(phrase: &str) -> Option<(usize, Sign)> {
    let bounded = head(phrase, LONGEST_BETWEEN);
    let bounded = bounded.split(['.', ';', ',', '!', '?']).next().unwrap_or_default();
    let sign = bounded.find([':', '=']).map(|at| (at + 1, Sign::Mark));
    let verb = || {
        VERBS
            .iter()
            .filter_map(|verb| Some((bounded.find(&format!(" {verb}"))? + 1 + verb.len(), Sign::Verb)))
            .min_by_key(|(end, _)| *end)
    };
    sign.or_else(verb)
}

/// The first characters of the text.
fn head(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Letters with digits, or with odd signs in their middle: `Sommer2024!`, `hunter2`, `k#9x_Lw`. Not `mindestens`, not
/// `IT-Hotline`, not `12`, not a version, a time, an address or a path.
fn is_password(token: &str, at_least: usize) -> bool {
    let letters = token.chars().filter(|letter| letter.is_alphabetic()).count();
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let odd = token.chars().filter(|letter| "!#$%&?^~+=@|€§".contains(*letter)).count();
    let is_address = token.contains("://") || (token.contains('@') && token.contains('.') && digits == 0);
    let is_path = token.starts_with(['/', '\\', '.', '#', '@', '§']) || token.contains('/');
    token.chars().count() >= at_least
        && letters >= 2
        && (digits >= 1 || odd >= 2)
        && is_varied_enough(token)
        && !is_address
        && (!is_path || is_base64_key(token))
        && !is_uuid(token)
        && !is_prose(token)
}

/// The forty characters of a secret of AWS, or what ends like base64: a `/` in it makes no path.
fn is_base64_key(token: &str) -> bool {
    let has = |is_in: fn(&u8) -> bool| token.bytes().any(|byte| is_in(&byte));
    (token.len() == 40 || (token.len() > 40 && token.len().is_multiple_of(4) && token.ends_with('=')))
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

fn is_varied_enough(token: &str) -> bool {
    token.len() < 8 || is_varied(token)
}

/// Words that stand behind `password:` in instructions to people: `8-stellig`, `min8Zeichen`, `AES-256`.
fn is_prose(token: &str) -> bool {
    let lower = token.to_lowercase();
    let parts: Vec<&str> = lower.split(['-', '_', '–']).collect();
    // Every part is a word or a number, none both, and it is a measure or a standard: `12-stellig`, `AES-256`.
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_compound = parts.len() > 1
        && parts.iter().all(|part| is_number(part) || part.chars().all(char::is_alphabetic))
        && (parts.first().is_some_and(is_number)
            || lower.chars().filter(|letter| letter.is_alphabetic()).count() <= 4);
    is_compound
        || names_an_algorithm(&lower)
        || ["zeichen", "character", "chars", "stellig", "digits"].iter().any(|word| lower.contains(word))
}

/// `SHA256`, `base64-encoded`, `bcrypt(12)`: how something is stored, and words or numbers beside it.
fn names_an_algorithm(lower: &str) -> bool {
    const ALGORITHMS: [&str; 6] = ["sha", "md", "base", "aes", "argon", "pbkdf"];
    let is_named = |part: &str| {
        part == "bcrypt"
            || part == "scrypt"
            || ALGORITHMS.iter().any(|name| {
                part.strip_prefix(name).is_some_and(|size| {
                    (1..=3).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_digit())
                })
            })
    };
    let mut parts = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.next().is_some_and(is_named)
        && parts.all(|part| {
            is_named(part) || part.chars().all(char::is_alphabetic) || part.chars().all(char::is_numeric)
        })
}

/// What stands where a person is to put the real thing.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let inner = lower.trim_matches(|letter: char| !letter.is_alphanumeric());
    value.starts_with(['<', '{', '[', '$', '%', '(', '*', '•', '…', '_'])
        || inner.is_empty()
        || inner.chars().all(|letter| letter == 'x' || letter == '.')
        || [
            "your",
            "dein",
            "ihr_",
            "ihr-",
            "placeholder",
            "platzhalter",
            "beispiel",
            "example",
            "xxx",
            "changeme",
            "redacted",
        ]
        .iter()
        .any(|word| lower.contains(word))
        || ["password", "passwort", "pass", "pw", "kennwort", "secret", "token", "pwd"].contains(&inner)
}
