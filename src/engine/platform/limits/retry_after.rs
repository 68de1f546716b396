//! What an answer asks to wait: the `Retry-After` header, in both its forms.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// How long the answer with these headers asks to wait, by the first of them that makes sense.
pub(crate) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let mut asked = headers.get_all(RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    asked.find_map(|value| parse(value, date, now))
}

/// How long the header asks to wait, zero if one may come back at once; `None` when it asks for nothing that could be
/// obeyed: unreadable, negative, or a date in the past.
///
/// `date` is the answer's own `Date` header: against it a date in `Retry-After` does not depend on our clock being
/// right. Without it, `now` has to do.
fn parse(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds still mean a number of seconds, a very large one.
        Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)))
    } else if value.starts_with(|first: char| first.is_ascii_digit()) {
        // Not in the standard, but sent: `1.5`.
        Duration::try_from_secs_f64(value.parse().ok()?).ok()
    } else {
        let until = httpdate::parse_http_date(value).ok()?;
        let from = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now);
        until.duration_since(from).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> SystemTime {
        httpdate::parse_http_date("Mon, 03 Aug 2026 12:00:00 GMT").unwrap()
    }

    #[test]
    fn seconds_and_dates_are_waits() {
        for (value, date, wait) in [
            ("0", None, 0),
            ("0.0", None, 0),
            ("1", None, 1_000),
            (" 30 ", None, 30_000),
            ("1.5", None, 1_500),
            ("Mon, 03 Aug 2026 12:00:20 GMT", None, 20_000),
            ("Mon, 03 Aug 2026 12:00:20 GMT", Some("Mon, 03 Aug 2026 12:00:15 GMT"), 5_000),
            ("Mon, 03 Aug 2026 12:00:20 GMT", Some("yesterday"), 20_000),
            ("Monday, 03-Aug-26 12:01:00 GMT", None, 60_000),
        ] {
            assert_eq!(parse(value, date, noon()), Some(Duration::from_millis(wait)), "{value:?} {date:?}");
        }
        assert_eq!(parse("99999999999999999999999", None, noon()), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn the_first_header_that_makes_sense_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers, noon()), None);
        for value in ["soon", "7", "9"] {
            headers.append(RETRY_AFTER, value.parse().unwrap());
        }
        assert_eq!(of(&headers, noon()), Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_cannot_be_waited_for_is_none() {
        for value in ["", "-5", "soon", "1e400", "NaN", "inf", "5 s", "Mon, 03 Aug 2026 11:59:59 GMT", "３"]
        {
            assert_eq!(parse(value, None, noon()), None, "{value:?}");
        }
    }
}
