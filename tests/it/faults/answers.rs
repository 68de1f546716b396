//! What is answered in place of what should be: the shapes of error bodies, and bodies and wires that are broken.

use std::sync::{Arc, LazyLock};

use crate::faults::workspace::{Answer, Good};
use crate::support::raw_server::{Step, head, whole};

/// What the platform says in an error body; no word of ours.
pub(crate) const WORDS: &str = "Vesuvius erupted in room 77";

/// The shape of an error body (PLATFORM.md, Errors).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Message,
    Messages,
    Error,
    ErrorAndMessage,
    ErrorAndDetails,
    Errors,
    TypedError,
    Html,
    Empty,
}

impl Shape {
    pub(crate) const ALL: [Self; 9] = [
        Self::Message,
        Self::Messages,
        Self::Error,
        Self::ErrorAndMessage,
        Self::ErrorAndDetails,
        Self::Errors,
        Self::TypedError,
        Self::Html,
        Self::Empty,
    ];

    /// All but the web page.
    pub(crate) const NO_PAGE: &[Self] = &[
        Self::Message,
        Self::Messages,
        Self::Error,
        Self::ErrorAndMessage,
        Self::ErrorAndDetails,
        Self::Errors,
        Self::TypedError,
        Self::Empty,
    ];

    fn body(self) -> String {
        match self {
            Self::Message => format!(r#"{{"message":"{WORDS}"}}"#),
            Self::Messages => format!(r#"{{"message":[{{"code":"odd","message":"{WORDS}"}}]}}"#),
            Self::Error => format!(r#"{{"error":"{WORDS}"}}"#),
            Self::ErrorAndMessage => format!(r#"{{"error":"ODD","message":"{WORDS}"}}"#),
            Self::ErrorAndDetails => format!(r#"{{"error":"ODD","details":{{"why":"{WORDS}"}}}}"#),
            Self::Errors => format!(r#"{{"errors":[{{"message":"{WORDS}"}}]}}"#),
            Self::TypedError => {
                format!(r#"{{"type":"error","error":{{"type":"odd_error","message":"{WORDS}"}}}}"#)
            }
            Self::Html => {
                format!("<!DOCTYPE html><html><head><title>{WORDS}</title></head><body>x</body></html>")
            }
            Self::Empty => String::new(),
        }
    }

    /// What of it has to stand in the report.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Empty => "",
            _ => WORDS,
        }
    }

    pub(crate) fn answer(self, status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let kind = match self {
            Self::Html => "text/html; charset=utf-8",
            _ => "application/json",
        };
        let headers = [&[("content-type", kind)], headers].concat();
        Arc::new(move |_| whole(status, &headers, self.body().as_bytes()))
    }
}

/// 403 as the platform answers it to a key that lacks a scope (PLATFORM.md, Errors).
pub(crate) fn scope_missing() -> Answer {
    body_as_it_is(403, r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#)
}

/// A JSON body that hangs on nothing.
pub(crate) fn body_as_it_is(status: u16, body: &'static str) -> Answer {
    Arc::new(move |_| whole(status, &[("content-type", "application/json")], body.as_bytes()))
}

/// 200 and a body made of what it should have been.
pub(crate) fn body(make: impl Fn(&Good) -> Vec<u8> + Send + Sync + 'static) -> Answer {
    Arc::new(move |good| whole(200, &[("content-type", "application/json")], &make(good)))
}

/// The same, which the head calls packed.
pub(crate) fn packed(make: impl Fn(&Good) -> Vec<u8> + Send + Sync + 'static) -> Answer {
    let headers = &[("content-type", "application/json"), ("content-encoding", "gzip")];
    Arc::new(move |good| whole(200, headers, &make(good)))
}

/// Anything done to the connection, made of what the body should have been.
pub(crate) fn wire(make: impl Fn(&[u8]) -> Vec<Step> + Send + Sync + 'static) -> Answer {
    Arc::new(move |good| make(&good.bytes()))
}

/// The head of a JSON answer of that length.
pub(crate) fn json_head(length: usize) -> Vec<u8> {
    head(200, &[("content-type", "application/json")], length)
}

/// More than the 32 MiB that are taken, and JSON throughout.
pub(crate) fn too_large(good: &Good) -> Vec<u8> {
    static FILLING: LazyLock<String> = LazyLock::new(|| "x".repeat(33 << 20));
    let mut body = good.bytes();
    let filling = format!(r#""filling":"{}","#, *FILLING);
    body.splice(1..1, filling.into_bytes());
    body
}

/// gzip of 300 MB of brackets in about 1.9 MB, without a library: one literal, then the longest match at distance 1, over
/// and over (RFC 1951, 3.2.6).
pub(crate) fn bomb() -> Vec<u8> {
    static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut bits = vec![1, 1, 0];
        let mut push =
            |code: u16, length: u16| bits.extend((0..length).rev().map(|bit| u8::from(code >> bit & 1 == 1)));
        push(0x30 + u16::from(b'['), 8);
        for _ in 0..300_000_000 / 258 {
            push(0b1100_0101, 8);
            push(0, 5);
        }
        push(0, 7);
        let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        packed.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0_u8, |value, bit| value << 1 | bit)));
        packed.extend([0; 8]);
        packed
    });
    BOMB.clone()
}
