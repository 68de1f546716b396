//! Errors whose bodies are broken themselves, and web pages in all their dress.

use std::sync::Arc;
use std::time::Duration;

use crate::faults::answers::{bomb, too_large};
use crate::faults::cases::try_all;
use crate::faults::reading::{ALWAYS, Comes, Reading, case, each_read_at_each_place, error};
use crate::faults::workspace::{Answer, Call, Good};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::{Step, head, whole};

/// What the body is, how the head says that it is packed, and its bytes.
type Unhelpful = (&'static str, &'static str, fn(&Good) -> Vec<u8>);

fn unhelpful() -> Vec<Unhelpful> {
    vec![
        ("33 MiB", "identity", too_large),
        ("300 MB in 2 MB", "gzip", |_| bomb()),
        ("called packed and is not", "gzip", |_| b"{\"message\":\"x\"}".to_vec()),
        ("packed in an unknown way", "br", |_| vec![0x8b, 0x02, 0x80, 0xff]),
        ("100,000 brackets", "identity", |_| "[".repeat(100_000).into_bytes()),
        ("brackets in brackets", "identity", |_| ("[".repeat(20_000) + &"]".repeat(20_000)).into_bytes()),
        ("no UTF-8", "identity", |_| b"{\"message\":\"\xff\xfe\"}".to_vec()),
        ("zeros", "identity", |_| vec![0; 5_000]),
        ("a long line", "identity", |_| "words ".repeat(20_000).into_bytes()),
    ]
}

fn an_error_is_judged_by_its_status_whatever_its_body_is(extent: Extent) {
    let mut cases = Vec::new();
    #[rustfmt::skip] // A line per fact.
    let lines = [
        (400, ["failed", "failed"], [3, 3]),
        (401, ["failed", "failed"], [5, 5]),
        (403, ["no_access", "no_access"], [3, 3]),
        (404, ["assistant_not_found", "agent_not_found"], [3, 3]),
        (410, ["failed", "failed"], [5, 3]),
        (500, ["failed", "failed"], [3, 3]),
    ];
    for (status, rows, codes) in lines {
        for (what, packed, body) in unhelpful() {
            for (call, place) in each_read_at_each_place().step_by(2) {
                let side = usize::from(call == Call::Agent);
                let answer: Answer = Arc::new(move |good| {
                    whole(
                        status,
                        &[("content-type", "application/json"), ("content-encoding", packed)],
                        &body(good),
                    )
                });
                let comes = Comes::of(rows[side], error(call, &status.to_string(), ""), "", codes[side]);
                let case = case(&format!("{status}, {what}"), (call, place), answer, ALWAYS, comes);
                cases.push(case.like(what));
            }
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn an_error_that_never_ends_is_an_error_once_its_time_is_over(extent: Extent) {
    let mut cases = Vec::new();
    // 403 and 404 are judged by their bodies, so that half of one is none.
    for (status, begin, remedy, code) in [
        (400, "400", "mend", 3),
        (401, "401", "Check the API key", 5),
        (403, "timeout", "again later", 3),
        (404, "timeout", "again later", 3),
        (503, "503", "again later", 3),
    ] {
        for (call, place) in each_read_at_each_place() {
            let answer: Answer = Arc::new(move |_| {
                let drip = Step::Drip(b"{\"message\":\"never so far\"}".repeat(9), Duration::from_secs(1));
                vec![Step::Send(head(status, &[("content-type", "application/json")], 999)), drip]
            });
            let comes = Comes::of("failed", error(call, begin, ""), remedy, code);
            let mut case = case(&format!("{status}, a byte a second"), (call, place), answer, ALWAYS, comes);
            case.told.arguments = &["--timeout", "3"];
            cases.push(case);
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn a_page_is_a_page_in_whatever_dress(extent: Extent) {
    #[rustfmt::skip] // A line per fact.
    let pages: [(&str, &str); 11] = [
        ("text/html", "<!DOCTYPE html><html><head><title>404</title></head></html>"),
        ("text/html; charset=utf-8", "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body></html>"),
        ("TEXT/HTML", "<HTML><HEAD><TITLE>404</TITLE></HEAD></HTML>"),
        ("application/json", "<!doctype html><title>404</title>"),
        ("", "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html></html>"),
        ("text/html", "\u{feff}\n\n  <!DOCTYPE html><p>x"),
        ("text/html", "<!-- built by a tool --><html></html>"),
        ("", "<!-- built by a tool -->\n<!DOCTYPE html><html></html>"),
        ("application/xhtml+xml", "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"/>"),
        ("text/html", "<h1>Not Found</h1>"),
        ("text/html", "Cannot GET /assistant/v1/get"),
    ];
    let mut cases = Vec::new();
    for (kind, page) in pages {
        for (call, place) in each_read_at_each_place().step_by(2) {
            let answer: Answer = Arc::new(move |_| {
                let header = (!kind.is_empty()).then_some(("content-type", kind));
                whole(404, header.as_slice(), page.as_bytes())
            });
            let comes = Comes::of("failed", error(call, "404", ""), "/api/public", 5);
            cases.push(case(&format!("404 as {kind:?}: {page:?}"), (call, place), answer, ALWAYS, comes));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn what_only_looks_like_a_page_is_the_platforms_404(extent: Extent) {
    #[rustfmt::skip] // A line per fact.
    let answers: [(&str, &str); 5] = [
        ("text/html", r#"{"message":"Assistant not found"}"#),
        ("text/html", ""),
        ("text/plain", "Not found: <none>"),
        ("application/json", r#"{"message":"<html> is not allowed here"}"#),
        ("application/json", r#""<!DOCTYPE html>""#),
    ];
    let mut cases = Vec::new();
    for (kind, text) in answers {
        for (call, place) in each_read_at_each_place().step_by(2) {
            let answer: Answer = Arc::new(move |_| whole(404, &[("content-type", kind)], text.as_bytes()));
            let row = if call == Call::Assistant { "assistant_not_found" } else { "agent_not_found" };
            let comes = Comes::of(row, error(call, "404", ""), "hare", 3);
            cases.push(case(&format!("404 as {kind:?}: {text:?}"), (call, place), answer, ALWAYS, comes));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

sampled! {
    an_error_is_judged_by_its_status_whatever_its_body_is
    an_error_that_never_ends_is_an_error_once_its_time_is_over
    a_page_is_a_page_in_whatever_dress
    what_only_looks_like_a_page_is_the_platforms_404
}
