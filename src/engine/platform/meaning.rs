//! What an answer means for the request: the one table of statuses.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;

use super::bodies::error_body::{self, ErrorBody, shorten};
use super::bodies::page::Page;
use super::causes::in_words;
use super::transport::{Answer, BodyEnd, Trouble};
use crate::base::FailureKind;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// 200, and its whole body.
    Done(Bytes),
    /// 429: wait with everything, then send it again; does not count as a try.
    Throttled { retry_after: Option<Duration>, words: String },
    /// Worth another try; what to say when there is none left. `pause`: everybody waits so long (503).
    Again { kind: FailureKind, words: String, pause: Option<Duration> },
    /// Another try would give the same.
    Failed { kind: FailureKind, words: String },
}

impl Meaning {
    /// Whether the request may have been carried out without our hearing of it: silence, 5xx, or an answer that makes no
    /// sense.
    pub(super) const fn leaves_open(&self) -> bool {
        matches!(
            self,
            Self::Again { .. }
                | Self::Failed {
                    kind: FailureKind::Nonsense { .. } | FailureKind::NotTheApi { status: 200, .. },
                    ..
                }
        )
    }
}

/// Judges an exchange; `timeout` is only for the words.
pub(super) fn of(exchange: Result<Answer, Trouble>, timeout: Duration) -> Meaning {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Trouble { kind: kind @ (FailureKind::Refused { .. } | FailureKind::Unresolved), words }) => {
            return Meaning::Failed { kind, words };
        }
        Err(Trouble { kind, words }) => return Meaning::Again { kind, words, pause: None },
    };
    // In these the body decides what is meant, so that half of it decides nothing.
    if matches!(answer.status.as_u16(), 200 | 403 | 404)
        && let Some(again) = broken_off(&answer.end, timeout)
    {
        return again;
    }
    if answer.status == StatusCode::OK {
        return whole_or_nonsense(answer);
    }
    by_status(answer)
}

fn broken_off(end: &BodyEnd, timeout: Duration) -> Option<Meaning> {
    match end {
        BodyEnd::Broken(words) => Some(Meaning::Again {
            kind: FailureKind::Connection,
            words: format!("the answer broke off: {words}"),
            pause: None,
        }),
        BodyEnd::TimedOut => Some(Meaning::Again {
            kind: FailureKind::Timeout,
            words: format!("the answer was not complete within {}", in_words(timeout)),
            pause: None,
        }),
        BodyEnd::Whole | BodyEnd::TooLong | BodyEnd::Garbled(_) => None,
    }
}

fn whole_or_nonsense(answer: Answer) -> Meaning {
    let content_type = answer.content_type.as_deref();
    if !matches!(answer.end, BodyEnd::Garbled(_))
        && let Some(page) = Page::in_place_of_json(&answer.body, content_type, answer.is_challenged)
    {
        return not_the_api(200, page);
    }
    let words = match answer.end {
        BodyEnd::TooLong => "larger than 32 MiB".to_owned(),
        BodyEnd::Garbled(words) => format!("it cannot be unpacked: {words}"),
        BodyEnd::Whole | BodyEnd::Broken(_) | BodyEnd::TimedOut => return Meaning::Done(answer.body),
    };
    Meaning::Failed { kind: FailureKind::Nonsense { status: 200 }, words }
}

fn by_status(answer: Answer) -> Meaning {
    let status = answer.status.as_u16();
    let garbled = matches!(answer.end, BodyEnd::Garbled(_));
    let body = if garbled { Bytes::new() } else { answer.body };
    let read = error_body::read(&body, answer.content_type.as_deref());
    if matches!(status, 403 | 404)
        && let Some(page) = Page::of(&read, answer.is_challenged)
    {
        return not_the_api(status, page);
    }
    let ErrorBody { words, missing_scopes, .. } = read;
    let words = if words.is_empty() { reason(answer.status) } else { words };
    let failed = |kind, words| Meaning::Failed { kind, words };
    match status {
        401 => failed(FailureKind::Unauthorized, words),
        403 => match missing_scopes {
            Some(missing) => {
                let words = with_scopes(words, &missing);
                failed(FailureKind::ScopeMissing { missing }, words)
            }
            None => failed(FailureKind::Forbidden, words),
        },
        404 => failed(FailureKind::NotFound, words),
        410 => failed(FailureKind::Gone { status }, words),
        429 => Meaning::Throttled { retry_after: answer.retry_after, words },
        503 => Meaning::Again { kind: FailureKind::Server { status }, words, pause: answer.retry_after },
        408 | 500..=599 => Meaning::Again { kind: FailureKind::Server { status }, words, pause: None },
        300..=399 => {
            let location = answer.location.map(|location| shorten(&location));
            let words = match &location {
                Some(location) => format!("redirects to {location}"),
                None => "redirects without saying where to".to_owned(),
            };
            failed(FailureKind::Redirect { status, location }, words)
        }
        400..=499 => failed(FailureKind::Refused { status }, words),
        _ => {
            let words = format!("answered {status} {} where 200 was due", reason(answer.status));
            failed(FailureKind::Nonsense { status }, words.replace("  ", " "))
        }
    }
}

/// The words, and the scopes that they do not name: it is those that somebody has to give the key.
fn with_scopes(words: String, missing: &[String]) -> String {
    let unnamed: Vec<_> = missing.iter().map(String::as_str).filter(|scope| !words.contains(scope)).collect();
    if unnamed.is_empty() { words } else { shorten(&format!("{words} (missing {})", unnamed.join(", "))) }
}

fn not_the_api(status: u16, page: Page) -> Meaning {
    let Page { words, is_challenge } = page;
    Meaning::Failed { kind: FailureKind::NotTheApi { status, is_challenge }, words }
}

/// The standard phrase of a status; empty for statuses that have none.
fn reason(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            content_type: Some(content_type.to_owned()),
            location: None,
            is_challenged: false,
            support_id: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
            end: BodyEnd::Whole,
        }
    }

    fn judge(answer: Answer) -> Meaning {
        of(Ok(answer), Duration::from_secs(30))
    }

    fn json(status: u16, body: &str) -> Meaning {
        judge(answer(status, "application/json", body))
    }

    fn failed(kind: FailureKind, words: &str) -> Meaning {
        Meaning::Failed { kind, words: words.to_owned() }
    }

    fn again(kind: FailureKind, words: &str) -> Meaning {
        Meaning::Again { kind, words: words.to_owned(), pause: None }
    }

    #[test]
    fn every_status_has_its_meaning() {
        use crate::base::FailureKind as K;
        let said = r#"{"message":"said"}"#;
        for (status, body, meaning) in [
            (200, said, Meaning::Done(Bytes::from_static(said.as_bytes()))),
            (200, "", Meaning::Done(Bytes::new())),
            (201, said, failed(K::Nonsense { status: 201 }, "answered 201 Created where 200 was due")),
            (204, "", failed(K::Nonsense { status: 204 }, "answered 204 No Content where 200 was due")),
            (299, "", failed(K::Nonsense { status: 299 }, "answered 299 where 200 was due")),
            (
                304,
                "",
                failed(K::Redirect { status: 304, location: None }, "redirects without saying where to"),
            ),
            (400, said, failed(K::Refused { status: 400 }, "said")),
            (401, said, failed(K::Unauthorized, "said")),
            (403, said, failed(K::Forbidden, "said")),
            (403, "", failed(K::Forbidden, "Forbidden")),
            (
                403,
                r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#,
                failed(
                    K::ScopeMissing { missing: vec!["AGENT_API".into()] },
                    "INSUFFICIENT_SCOPES: missing AGENT_API",
                ),
            ),
            (
                403,
                r#"{"error":"INSUFFICIENT_SCOPES","message":"Not enough","details":{"missing":["AGENT_WRITE"]}}"#,
                failed(
                    K::ScopeMissing { missing: vec!["AGENT_WRITE".into()] },
                    "INSUFFICIENT_SCOPES: Not enough (missing AGENT_WRITE)",
                ),
            ),
            (404, said, failed(K::NotFound, "said")),
            (404, "", failed(K::NotFound, "Not Found")),
            (404, "no such thing", failed(K::NotFound, "no such thing")),
            (407, "", failed(K::Refused { status: 407 }, "Proxy Authentication Required")),
            (408, said, again(K::Server { status: 408 }, "said")),
            (409, said, failed(K::Refused { status: 409 }, "said")),
            (410, said, failed(K::Gone { status: 410 }, "said")),
            (422, said, failed(K::Refused { status: 422 }, "said")),
            (429, "", Meaning::Throttled { retry_after: None, words: "Too Many Requests".into() }),
            (500, said, again(K::Server { status: 500 }, "said")),
            (502, "<html><title>Bad</title>", again(K::Server { status: 502 }, "Bad")),
            (503, said, again(K::Server { status: 503 }, "said")),
            (504, "", again(K::Server { status: 504 }, "Gateway Timeout")),
            (524, "", again(K::Server { status: 524 }, "")),
            (529, said, again(K::Server { status: 529 }, "said")),
            (600, "", failed(K::Nonsense { status: 600 }, "answered 600 where 200 was due")),
        ] {
            assert_eq!(json(status, body), meaning, "{status} {body}");
        }
    }

    #[test]
    fn only_silence_server_trouble_and_nonsense_leave_open_what_was_done() {
        for (status, open) in [
            (200, false),
            (202, true),
            (204, true),
            (302, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (409, false),
            (410, false),
            (429, false),
            (500, true),
            (503, true),
            (529, true),
            (600, true),
        ] {
            assert_eq!(json(status, "").leaves_open(), open, "{status}");
        }
        for end in
            [BodyEnd::TooLong, BodyEnd::Garbled("x".into()), BodyEnd::Broken("x".into()), BodyEnd::TimedOut]
        {
            assert!(judge(Answer { end: end.clone(), ..answer(200, "", "") }).leaves_open(), "{end:?}");
        }
        for (kind, open) in [
            (FailureKind::Timeout, true),
            (FailureKind::Connection, true),
            (FailureKind::Refused { status: 407 }, false),
            (FailureKind::Unresolved, false),
        ] {
            let trouble = Err(Trouble { kind: kind.clone(), words: String::new() });
            assert_eq!(of(trouble, Duration::from_secs(30)).leaves_open(), open, "{kind:?}");
        }
    }

    #[test]
    fn a_web_page_for_an_answer_is_not_the_api_whatever_its_status() {
        let page = "<!doctype html><title>Sign in</title>";
        for status in [200, 403, 404] {
            for content_type in ["text/html", "application/octet-stream"] {
                let kind = FailureKind::NotTheApi { status, is_challenge: false };
                let meaning = judge(answer(status, content_type, page));
                assert_eq!(meaning.leaves_open(), status == 200, "whether a switch was set");
                assert_eq!(meaning, failed(kind, "a web page (Sign in)"));
            }
        }
        for (status, body) in [(200, "Cannot GET /"), (403, "<h1>Forbidden</h1>"), (404, "Cannot GET /")] {
            let kind = FailureKind::NotTheApi { status, is_challenge: false };
            let meaning = judge(answer(status, "text/html", body));
            assert_eq!(meaning, failed(kind, &format!("a web page ({body})")));
        }
    }

    #[test]
    fn json_and_nothing_are_no_page_whatever_the_header_says() {
        for body in [r#"{"message":"said"}"#, "\u{FEFF} [1]"] {
            assert!(matches!(judge(answer(200, "text/html", body)), Meaning::Done(_)), "{body}");
        }
        assert!(matches!(judge(answer(200, "text/html", "")), Meaning::Done(_)));
        let said = judge(answer(403, "text/html", r#"{"message":"said"}"#));
        assert_eq!(said, failed(FailureKind::Forbidden, "said"));
        assert_eq!(judge(answer(403, "text/html", "")), failed(FailureKind::Forbidden, "Forbidden"));
    }

    #[test]
    fn a_gateway_that_wants_to_see_a_browser_is_told_by_its_header_or_its_title() {
        let challenged = |status| FailureKind::NotTheApi { status, is_challenge: true };
        for title in ["Just a moment...", "Attention Required! | Cloudflare", "Vercel Security Checkpoint"] {
            let page = format!("<!DOCTYPE html><html><head><title>{title}</title>");
            for status in [200, 403] {
                let meaning = judge(answer(status, "text/html", &page));
                assert_eq!(meaning, failed(challenged(status), &format!("a challenge page ({title})")));
            }
        }
        let page = answer(403, "text/html", "<html><title>Nur einen Moment…</title>");
        let meaning = judge(Answer { is_challenged: true, ..page });
        assert_eq!(meaning, failed(challenged(403), "a challenge page (Nur einen Moment…)"));
        let meaning = judge(Answer { is_challenged: true, ..answer(403, "", "") });
        assert_eq!(meaning, failed(challenged(403), "a challenge page"));
        let text = judge(answer(403, "text/plain", "Just a moment: you may not"));
        assert_eq!(text, failed(FailureKind::Forbidden, "Just a moment: you may not"));
    }

    #[test]
    fn retry_after_goes_with_429_and_503_only() {
        let asked = Some(Duration::from_secs(7));
        for (status, pause) in [(503, asked), (500, None), (408, None)] {
            let meaning = judge(Answer { retry_after: asked, ..answer(status, "", "x") });
            assert_eq!(
                meaning,
                Meaning::Again { kind: FailureKind::Server { status }, words: "x".into(), pause },
                "{status}"
            );
        }
        let throttled = judge(Answer { retry_after: asked, ..answer(429, "", "x") });
        assert_eq!(throttled, Meaning::Throttled { retry_after: asked, words: "x".into() });
    }

    #[test]
    fn half_an_answer_counts_only_where_the_status_says_it_all() {
        let broken = || BodyEnd::Broken("reset".into());
        for status in [200, 403, 404] {
            assert_eq!(
                judge(Answer { end: broken(), ..answer(status, "", "{\"mess") }),
                again(FailureKind::Connection, "the answer broke off: reset"),
                "{status}"
            );
            assert_eq!(
                judge(Answer { end: BodyEnd::TimedOut, ..answer(status, "", "{\"mess") }),
                again(FailureKind::Timeout, "the answer was not complete within 30 s"),
                "{status}"
            );
        }
        let unauthorized = judge(Answer { end: broken(), ..answer(401, "", "") });
        assert_eq!(unauthorized, failed(FailureKind::Unauthorized, "Unauthorized"));
    }

    #[test]
    fn answers_that_are_too_large_or_garbled_make_no_sense() {
        let nonsense = FailureKind::Nonsense { status: 200 };
        let meaning = judge(Answer { end: BodyEnd::TooLong, ..answer(200, "", "x") });
        assert_eq!(meaning, failed(nonsense.clone(), "larger than 32 MiB"));
        let meaning = judge(Answer { end: BodyEnd::Garbled("bad header".into()), ..answer(200, "", "") });
        assert_eq!(meaning, failed(nonsense, "it cannot be unpacked: bad header"));
        let meaning =
            judge(Answer { end: BodyEnd::Garbled("x".into()), ..answer(404, "text/plain", "\u{1}") });
        assert_eq!(meaning, failed(FailureKind::NotFound, "Not Found"));
        let meaning = judge(Answer { end: BodyEnd::TooLong, ..answer(404, "text/plain", "long") });
        assert_eq!(meaning, failed(FailureKind::NotFound, "long"));
    }
}
