//! `Passwort: …`, `api_key = …`: the value behind a word for a secret.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::looks::pattern;

/// Longer values are no passwords, longer options no options; both bound the work in hostile texts.
const LONGEST: usize = 200;
const LONGEST_OPTION: usize = 40;

/// Blanks, quotes and marks of emphasis; in JSON that is pasted as text a quote is `\"`.
const QUOTES: &str = r#"(?:[^\S\r\n]|["'`*„“”‚‘’«»]|\\+")*"#;

/// `Passwort (Testsystem) für den Export`: what may follow the word, up to the sign.
const PHRASE: &str = r"(?:\([^)\r\n]{0,40}\)Q)?(?:(?:(?i-u:for|of|to|von|vom|zu|zum|zur|im|in)|[Ff]ür)[^\S\r\n][^.;,!?:=\r\n]{0,40}?)?";

/// What stands between a label and its value, and how many characters the value then has at least.
static LEADS: LazyLock<[(Regex, usize); 2]> = LazyLock::new(|| {
    let lead = |sign: &str| pattern(&format!("^(?:QP{sign})Q").replace('P', PHRASE).replace('Q', QUOTES));
    // A tag ends in the sign: `<password>…</password>`.
    [(lead("(?:=>|->|:=|[:=：＝])|>"), 6), (lead(r"(?-u:\b)(?i-u:is|ist|lautet|est):?[^\S\r\n]"), 8)]
});

/// The name in front of the password where both stand behind one label: `admin / …`.
static USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\s:/|,]{1,64}[^\S\r\n]?[:/|,][^\S\r\n]?"));

static VALUE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^[^\s"'`*„“”‚‘’«»]+"#));

#[cfg(test)]
pub(super) fn patterns() -> impl Iterator<Item = String> {
    let leads = LEADS.iter().map(|(lead, least)| format!("{lead} {least}"));
    leads.chain([&USER, &VALUE].map(|pattern| pattern.to_string()))
}

/// The value behind the label, whatever it looks like. `is_login`: a name may stand in front of it.
pub(super) fn value(text: &str, label: Range<usize>, is_login: bool) -> Option<Range<usize>> {
    let rest = text.get(label.end..)?;
    let lead = LEADS.iter().find_map(|(lead, least)| Some((lead.find(rest)?.end(), *least)));
    let (lead, least) = lead.or_else(|| is_option(text.get(..label.start)?, rest).then_some((1, 6)))?;
    let mut start = label.end + lead;
    if is_login {
        start += USER.find(text.get(start..)?).map_or(0, |user| user.end());
    }
    // One more than the longest, so that one that is too long is known as such.
    let rest_of_value = head(text.get(start..)?, LONGEST + 1);
    let value = VALUE.find(rest_of_value)?.as_str();
    let is_open_tag = rest.starts_with('>') && !rest_of_value.contains("</");
    if is_open_tag || value.chars().count() > LONGEST {
        return None;
    }
    let value = value.split("</").next()?;
    let value = value.trim_end_matches([',', ';', '.', ')', ']', '!', '?', ':', '\\']);
    (value.chars().count() >= least).then(|| start..start + value.len())
}

/// `--password …`: the blank behind an option is its sign.
fn is_option(before: &str, after: &str) -> bool {
    let is_in = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name: Vec<u8> = before.bytes().rev().take(LONGEST_OPTION).take_while(is_in).collect();
    name.ends_with(b"--") && after.starts_with(' ') && !after.starts_with(" -")
}

/// The first characters of the text.
fn head(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
