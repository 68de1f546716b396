//! What looks like a password, key or token: a table of rules. It is named by kind and place; its words leave this file
//! only as their span.
//!
//! One pass over a text finds the literals that announce a secret; only there are the patterns tried, each from the
//! literal on. What a rule has looked at it does not look at again, or it is bounded, so that the time is linear.

mod hiding;
mod labelled;
mod looks;
#[cfg(test)]
pub(super) mod tests;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

pub use self::hiding::Secrets;
pub(super) use self::hiding::Words;
use self::looks::{
    has_digit, is_given, is_key, is_login_in_base64, is_password, is_random, is_token, is_varied, pattern,
};
use crate::engine::record::Record;

/// The kind of which every line is a secret.
const PRIVATE_KEY: &str = "private key";

/// A kind of secret and how it is known.
struct Rule {
    kind: &'static str,
    /// What announces it, separated by `|`. Any case will do, except where the keyword is a part of the secret.
    keywords: &'static str,
    place: Place,
    /// What the secret has to look like.
    looks: fn(&str) -> bool,
}

/// Where the secret stands, seen from the keyword.
#[derive(Debug)]
enum Place {
    /// It begins with the keyword, and goes on like the pattern.
    From(&'static str),
    /// It follows what the first pattern describes, and is what the second one does, but for an `@` at its end.
    Behind(&'static str, &'static str),
    /// It is the value of a label.
    Value,
    /// The same, with the name of a user in front of it.
    ValueWithUser,
}

use self::Place::{Behind, From, Value, ValueWithUser};

/// Where two secrets overlap, the rule that stands first names them.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule(PRIVATE_KEY, "-----BEGIN ", Behind("", KEY), |_| true),
    rule("password in an address", "://", Behind(USER, PASSWORD), is_given),
    rule("Langdock or Odeus API key", "sk-ld-", From("[[:word:]-]{12,}"), is_random),
    rule("Anthropic API key", "sk-ant-", From("[[:word:]-]{16,}"), is_random),
    rule("API key (OpenAI style)", "sk-", From("[[:word:]-]{16,}"), is_random),
    rule("Stripe key", "sk_live_|rk_live_|sk_test_|rk_test_", From("[[:word:]]{16,}"), is_varied),
    rule("GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_", From("[[:word:]]{20,}"), is_varied),
    rule("GitLab token", "glpat-", From("[[:word:]-]{16,}"), is_varied),
    rule("AWS access key", "AKIA|ASIA", From(r"[A-Z0-9]{16}(?-u:\b)"), has_digit),
    rule("Slack token", "xoxb-|xoxp-|xoxa-|xoxr-|xoxs-|xoxe.|xapp-", From("[[:word:].-]{10,}"), has_digit),
    rule("Google API key", "AIza", From("[[:word:]-]{30,}"), is_varied),
    rule("Google access token", "ya29.", From("[[:word:]-]{20,}"), is_varied),
    rule("SendGrid API key", "SG.", From("[[:word:].-]{40,}"), is_random),
    rule("Hugging Face token", "hf_", From("[[:alnum:]]{30,}"), is_varied),
    rule("npm token", "npm_", From("[[:alnum:]]{30,}"), is_varied),
    rule("PyPI token", "pypi-", From("[[:word:]-]{40,}"), is_random),
    rule("signed token (JWT)", "eyJ", From(r"[[:word:]-]{8,}\.eyJ[[:word:]-]{5,}\.[[:word:]-]{8,}"), |_| true),
    rule("bearer token", "Bearer ", Behind("", "[[:word:].+/=~-]{19,}[[:word:]+/=~]"), is_random),
    rule("basic credentials", "Basic ", Behind("", "[[:alnum:]+/]{8,}={0,2}"), is_login_in_base64),
    rule("Slack webhook", "hooks.slack.com/services/", Behind("", "(?:[[:alnum:]]+/){2}[[:alnum:]]{20,}"), is_random),
    rule("storage account key", "AccountKey=|SharedAccessKey=", Behind("", "[[:alnum:]+/]{40,}={0,2}"), is_varied),
    rule("password", "password|passwort|kennwort|passwd|passphrase|mot de passe", Value, is_password),
    rule("password", "pwd|pass|pw|zugangscode", Value, is_password),
    rule("credentials", "zugangsdaten|anmeldedaten|logindaten|credentials", ValueWithUser, is_password),
    rule("API key", "api key|api-key|api_key|apikey|api-schlüssel|api schlüssel", Value, is_key),
    rule("API key", "api token|api-token|api_token", Value, is_key),
    rule("access key", "access key|access_key|accesskey", Value, is_key),
    rule("secret", "secret key|secret_key|client secret|client_secret|client-secret", Value, is_key),
    rule("secret", "secret", Value, is_token),
    rule("token", "token", Value, is_token),
    rule("access key", "zugangsschlüssel", Value, is_token),
];

fn kinds() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.kind)
}

/// What the rules say and not what they do, for the edition that a test holds against it.
#[cfg(test)]
pub(super) fn known_by() -> impl Iterator<Item = String> {
    let rules =
        RULES.iter().map(|Rule { kind, keywords, place, .. }| format!("{kind}: {keywords} {place:?}"));
    rules.chain(labelled::patterns()).chain(looks::patterns())
}

const fn rule(kind: &'static str, keywords: &'static str, place: Place, looks: fn(&str) -> bool) -> Rule {
    Rule { kind, keywords, place, looks }
}

/// The rest of its first line; the lines of its head, `DEK-Info: AES-128-CBC,…`; and every line that is one word, quoted or
/// not. Its last line has blanks.
const KEY: &str = concat!(
    r"[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[^\n]*(?:\n[>|#*+\s--\n]*[[:alnum:]-]+: [^\n]*)*",
    r"(?m:\n(?:[>|#*+-]*[^\S\n]+)?\S*[^\S\n]*$)*"
);

/// `scheme://user:password@host`, behind the slashes.
const USER: &str = r#"[^\s/"'<>`:]*:"#;

/// A password may hold an `@`, a host does not. What holds a `/` is no port: it has letters and digits.
const PASSWORD: &str = concat!(
    r#"[^\s/"'<>`]{3,}@|(?:[^\s/"'<>`]*[A-Za-z][^\s/"'<>`]*[0-9]|[^\s/"'<>`]*[0-9][^\s/"'<>`]*[A-Za-z])"#,
    r#"[^\s/"'<>`]*/[^\s"'<>`?]{0,100}?@(?:[^\s/"'<>`:]*@)*"#
);

/// Something in a text that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    /// Its bytes in the text.
    span: Range<usize>,
    kind: &'static str,
}

/// What looks like a secret in the texts of a record, the instruction first: kind and place of each.
pub(super) fn found(record: &Record) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    let mut look = |key: &str, text: &str, place: &dyn Fn(usize) -> String| {
        let text = visible(text);
        let (mut line, mut counted) = (1, 0);
        for Spot { span, kind } in spots_in_member(key, &text) {
            line += text.get(counted..span.start).unwrap_or_default().matches('\n').count();
            counted = span.start;
            let said = format!("{kind} in {}", place(line));
            // The same kind once a place, which has no more kinds than there are rules.
            if places.iter().rev().take(RULES.len()).all(|other| *other != said) {
                places.push(said);
            }
        }
    };
    look("", record.text("instruction").unwrap_or_default(), &|line| format!("line {line}"));
    look("", record.text("description").unwrap_or_default(), &|line| {
        format!("line {line} of the description")
    });
    let items = |field| record.object().get(field).items();
    for (starter, number) in items("conversationStarters").iter().zip(1_usize..) {
        look("", starter.text().unwrap_or_default(), &|_| format!("conversation starter {number}"));
    }
    for (field, number) in items("inputFields").iter().zip(1_usize..) {
        field.each_text("", &mut |key, text| look(key, text, &|_| format!("field {number}")));
    }
    look("", record.name(), &|_| "the name".to_owned());
    places
}

/// The text without characters that nobody sees: they would tear words apart.
fn visible(text: &str) -> Cow<'_, str> {
    let is_invisible = |character: char| {
        matches!(character, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E01EF}')
    };
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(is_invisible, ""))
}

/// Everything in the text that looks like a secret, as [`spots`] does it; the name of the member in which the text stands
/// may be a label.
fn spots_in_member(key: &str, text: &str) -> Vec<Spot> {
    if !FINDER.keywords.is_match(key) {
        return spots(text);
    }
    let named = format!("{key}: {text}");
    let lead = named.len() - text.len();
    let in_text = spots(&named).into_iter().filter(|spot| spot.span.start >= lead);
    in_text.map(|Spot { span, kind }| Spot { span: span.start - lead..span.end - lead, kind }).collect()
}

/// Everything in the text that looks like a secret, from left to right; no two overlap.
fn spots(text: &str) -> Vec<Spot> {
    let mut found = FINDER.candidates(text);
    found.sort_by_key(|(span, rule)| (span.start, *rule));
    found.dedup_by(|later, kept| {
        let is_overlap = later.0.start < kept.0.end;
        if is_overlap {
            // The whole of both, or the rest of one would still be there once the other is hidden.
            kept.0.end = kept.0.end.max(later.0.end);
            kept.1 = kept.1.min(later.1);
        }
        is_overlap
    });
    found.into_iter().map(|(span, rule)| Spot { span, kind: RULES[rule].kind }).collect()
}

/// The rules, made ready once.
struct Finder {
    keywords: AhoCorasick,
    /// For each keyword its rule.
    rules: Vec<usize>,
    /// For each rule its lead and its secret; a label's stand in `labelled`.
    patterns: Vec<Option<(Regex, Regex)>>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(Finder::new);

impl Finder {
    #[expect(clippy::expect_used, reason = "no keyword comes from outside")]
    fn new() -> Self {
        let mut keywords = Vec::new();
        let mut rules = Vec::new();
        for (number, rule) in RULES.iter().enumerate() {
            for keyword in rule.keywords.split('|') {
                // The automaton folds the case of ASCII alone; `Ü` makes a keyword of its own.
                keywords.push(keyword.to_lowercase());
                keywords.extend((!keyword.is_ascii()).then(|| keyword.to_uppercase()));
                rules.resize(keywords.len(), number);
            }
        }
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(keywords)
            .expect("a few dozen keywords");
        let patterns = RULES.iter().map(|rule| {
            let (lead, secret) = match rule.place {
                From(body) => ("", body),
                Behind(lead, secret) => (lead, secret),
                Value | ValueWithUser => return None,
            };
            Some((pattern(&format!("^(?:{lead})")), pattern(&format!("^(?:{secret})"))))
        });
        Self { keywords, rules, patterns: patterns.collect() }
    }

    /// What looks like a secret to some rule: its span, and the number of the rule.
    fn candidates(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let mut found = Vec::new();
        // Up to where each rule has looked.
        let mut seen = [0; RULES.len()];
        for hit in self.keywords.find_overlapping_iter(text) {
            let number = self.rules[hit.pattern()];
            let rule = &RULES[number];
            if hit.start() < seen[number] || !rule.may_begin(text, hit.range()) {
                continue;
            }
            let span = match &self.patterns[number] {
                Some((lead, secret)) => {
                    rule.find(text, hit.end(), lead, secret).inspect(|span| seen[number] = span.end)
                }
                None => labelled::value(text, hit.range(), matches!(rule.place, ValueWithUser)),
            };
            let Some(span) = span else { continue };
            if (rule.looks)(text.get(span.clone()).unwrap_or_default()) {
                let start = if matches!(rule.place, From(_)) { hit.start() } else { span.start };
                found.push((start..span.end, number));
            }
        }
        found
    }
}

impl Rule {
    /// Whether the keyword there begins where a word does, as far as this rule asks for that.
    fn may_begin(&self, text: &str, keyword: Range<usize>) -> bool {
        let before = text.get(..keyword.start).and_then(|before| before.chars().next_back());
        let after = text.get(keyword.end..).and_then(|after| after.chars().next());
        let keyword = text.get(keyword).unwrap_or_default();
        let is_word = before.is_none_or(|before| !before.is_alphanumeric());
        let is_apart = is_word && !matches!(before, Some('-' | '_'));
        match self.place {
            From(_) => is_apart && self.keywords.split('|').any(|own| own == keyword),
            Behind(..) => is_apart || !keyword.starts_with(char::is_alphanumeric),
            Value | ValueWithUser => {
                // A longer word may end in a label: `Initialpasswort`, `clientSecret`, `dbPw`; `BoardingPass` is another thing.
                let is_camel = before.is_some_and(char::is_lowercase)
                    && keyword.starts_with(char::is_uppercase)
                    && keyword != "Pass";
                (is_word || keyword.len() > 4 || is_camel)
                    && after.is_none_or(|after| !after.is_alphanumeric() && after != '_')
            }
        }
    }

    /// The secret that begins with its lead there.
    fn find(&self, text: &str, from: usize, lead: &Regex, secret: &Regex) -> Option<Range<usize>> {
        let start = from + lead.find(text.get(from..)?)?.end();
        let found = secret.find(text.get(start..)?)?.as_str();
        let found = match self.place {
            // The dash or full stop behind it.
            From(_) => found.trim_end_matches(['.', '-']),
            _ => found.strip_suffix('@').unwrap_or(found),
        };
        Some(start..start + found.len())
    }
}
