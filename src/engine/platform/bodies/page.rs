//! A web page for an answer is never the platform: a wrong address, a login, or a gateway that wants to see a browser.

use reqwest::header::HeaderMap;

use super::error_body::{self, ErrorBody, LONGEST_ERROR_BODY};

/// Headers with which gateways mark what they answer in the platform's place, and the value of it.
const CHALLENGE_HEADERS: [(&str, &str); 4] = [
    ("cf-mitigated", "challenge"),
    ("x-vercel-mitigated", "challenge"),
    ("x-amzn-waf-action", "challenge"),
    ("x-amzn-waf-action", "captcha"),
];

/// How the titles of such pages begin, in lower case.
const CHALLENGE_TITLES: [&str; 9] = [
    "just a moment",
    "attention required! | cloudflare",
    "access denied | ",
    "checking your browser",
    "ddos-guard",
    "vercel security checkpoint",
    "one moment, please",
    "human verification",
    "pardon our interruption",
];

/// A web page that came in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it is, with its title.
    pub words: String,
    /// Whether a gateway wants to see a browser.
    pub is_challenge: bool,
}

impl Page {
    /// The page that this body is, if it is one; what is said of it is the platform's.
    pub(crate) fn of(read: &ErrorBody, is_challenged: bool) -> Option<Self> {
        let title = read.words.to_lowercase();
        let is_challenge = is_challenged
            || read.is_html && CHALLENGE_TITLES.iter().any(|beginning| title.starts_with(beginning));
        let what = if is_challenge { "a challenge page" } else { "a web page" };
        let words = if read.words.is_empty() { what.to_owned() } else { format!("{what} ({})", read.words) };
        (read.is_html || is_challenge).then_some(Self { words, is_challenge })
    }

    /// The same for a body that should be JSON, and mostly is: then it is not looked at any further.
    pub(crate) fn in_place_of_json(
        body: &[u8],
        content_type: Option<&str>,
        is_challenged: bool,
    ) -> Option<Self> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
        if matches!(body.first(), None | Some(b'{' | b'[')) {
            return None;
        }
        let beginning = body.get(..LONGEST_ERROR_BODY).unwrap_or(body);
        Self::of(&error_body::read(beginning, content_type), is_challenged)
    }
}

/// Whether a gateway says of its answer that it wants to see a browser.
pub(crate) fn is_challenged(headers: &HeaderMap) -> bool {
    CHALLENGE_HEADERS
        .iter()
        .any(|(name, value)| headers.get(*name).and_then(|said| said.to_str().ok()) == Some(*value))
}
