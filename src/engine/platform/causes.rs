//! What went wrong on the wire, in words.

use std::error::Error;
use std::time::Duration;

/// Whether the bytes came but could not be unpacked. What went wrong on the wire comes wrapped in an error of the HTTP
/// library; what the unpacking says stands bare.
pub(super) fn is_garbled(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause.filter(|cause| cause.is::<reqwest::Error>()) {
        cause = current.source();
    }
    cause.is_some_and(|cause| {
        cause.is::<std::io::Error>() || cause.to_string().contains("after body has been decompressed")
    })
}

/// Whether a proxy answered 407 to our request for a tunnel: on https the status itself never gets here, only these words.
pub(super) fn is_refused_by_proxy(error: &reqwest::Error) -> bool {
    error.is_connect() && root_causes(error).contains("proxy authorization required")
}

/// The causes of an error down to the root, without the phrases that say nothing.
pub(super) fn root_causes(error: &reqwest::Error) -> String {
    const SAYS_NOTHING: [&str; 5] = [
        "builder error",
        "error sending request",
        "client error (",
        "request or response body error",
        "error decoding response body",
    ];
    let mut causes: Vec<String> = Vec::new();
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(current) = cause {
        let words = current.to_string();
        // Some errors repeat their cause in their own words.
        causes.retain(|outer| *outer != words);
        causes.push(words);
        cause = current.source();
    }
    let telling: Vec<&str> = causes
        .iter()
        .map(String::as_str)
        .filter(|words| !SAYS_NOTHING.iter().any(|phrase| words.starts_with(phrase)))
        .collect();
    if telling.is_empty() { causes.join(": ") } else { telling.join(": ") }
}

/// A timeout for people.
pub(super) fn in_words(timeout: Duration) -> String {
    if timeout.subsec_nanos() == 0 {
        format!("{} s", timeout.as_secs())
    } else {
        format!("{} ms", timeout.as_millis())
    }
}
