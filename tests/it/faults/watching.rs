//! Faults of the list that the guard of `run --disable` looks at, at each of its looks.

use std::sync::Arc;

use crate::faults::answers::{
    Shape, body, body_as_it_is, bomb, json_head, packed, scope_missing, too_large, wire,
};
use crate::faults::cases::try_all;
use crate::faults::disabling::{ALL_OFF, Comes, Disabling, add, around, hasty};
use crate::faults::workspace::{Answer, Call, Fault, ROWS};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::Step::{Reset, Send, Silence};

/// Answers of the list that tell nothing.
#[rustfmt::skip] // A line per fact.
pub(crate) fn no_list() -> Vec<(&'static str, Answer)> {
    vec![
        ("400", Shape::Errors.answer(400, &[])),
        ("403", Shape::Error.answer(403, &[])),
        ("403 with a missing scope", scope_missing()),
        ("404", Shape::Message.answer(404, &[])),
        ("404 page", Shape::Html.answer(404, &[])),
        ("408", Shape::Empty.answer(408, &[])),
        ("409", Shape::Messages.answer(409, &[])),
        ("410", Shape::Message.answer(410, &[])),
        ("500", Shape::TypedError.answer(500, &[])),
        ("502", Shape::Html.answer(502, &[])),
        ("503", Shape::ErrorAndMessage.answer(503, &[])),
        ("504", Shape::Html.answer(504, &[])),
        ("524", Shape::Html.answer(524, &[])),
        ("529", Shape::TypedError.answer(529, &[])),
        ("redirect", Shape::Empty.answer(302, &[("location", "/login")])),
        ("reset", wire(|_| vec![Reset])),
        ("reset in the body", wire(|body| vec![Send(json_head(body.len())), Send(body[..99].to_vec()), Reset])),
        ("silence", wire(|_| vec![Silence])),
        ("cut JSON", body(|good| good.bytes()[..99].to_vec())),
        ("empty", body_as_it_is(200, "")),
        ("a page", body_as_it_is(200, "<!DOCTYPE html><title>Welcome</title>")),
        ("no agents", body_as_it_is(200, r#"{"agents":[],"nextCursor":null}"#)),
        ("agents as text", body_as_it_is(200, r#"{"agents":"five","nextCursor":null}"#)),
        ("disabled as text", body(|good| good.body.to_string().replace("false", "\"false\"").into_bytes())),
        ("not a word on disabled", body(|good| good.body.to_string().replace("\"disabled\":false", "\"on\":true").into_bytes())),
        ("disabled twice", body(|good| good.body.to_string().replace("\"disabled\":false", "\"disabled\":true,\"disabled\":false").into_bytes())),
        ("100,000 brackets", body(|_| "[".repeat(100_000).into_bytes())),
        ("no UTF-8", body(|_| b"{\"agents\":[{\"id\":\"00000001-0000-4000-8000-000000000000\",\"name\":\"\xff\",\"disabled\":false}]}".to_vec())),
        ("33 MiB", body(too_large)),
        ("300 MB in 2 MB", packed(|_| bomb())),
    ]
}

fn a_list_that_tells_nothing_leaves_nothing_off(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer) in no_list() {
        // "No list, or not in it: cannot be told, the same": the probe comes back, and the rest stays on. Once everything is
        // off, a last look that sees none of the agents on undoes every same-UUID disable of this process.
        let by_the_probe = around(1, "", "reverted", "skipped");
        let lines = [(0, by_the_probe), (1, by_the_probe), (2, ["reverted"; ROWS])];
        for (spared, disabled) in lines {
            let fault = Fault { spared, ..Fault::of(Call::List, Arc::clone(&answer)) };
            let comes = Comes { disabled, code: 3, told: None };
            add(&mut cases, what, fault, comes).arguments = hasty(what == "silence");
        }
    }
    try_all(&extent.of(cases), Disabling::check);
}

fn a_list_that_ends_the_run_leaves_nothing_off_that_nobody_knows_of(extent: Extent) {
    let mut cases = Vec::new();
    let unauthorized = || Shape::Message.answer(401, &[]);
    let absurd = || Shape::Empty.answer(429, &[("retry-after", "99999999")]);
    #[rustfmt::skip] // A line per fact.
    let lines: [(&str, Answer, u32, [&str; ROWS], i32); 6] = [
        ("401", unauthorized(), 0, ["skipped"; ROWS], 5),
        ("401", unauthorized(), 1, around(1, "", "reverted", "skipped"), 5),
        ("401 at the last look", unauthorized(), 2, ALL_OFF, 5),
        ("429 with an absurd wait", absurd(), 0, ["skipped"; ROWS], 4),
        // Nobody waits so long, not even to switch the probe on: loud, and the first thing that the next run does.
        ("429 with an absurd wait", absurd(), 1, around(1, "", "revert_failed", "skipped"), 4),
        ("429 with an absurd wait", absurd(), 2, ALL_OFF, 4),
    ];
    for (what, answer, spared, disabled, code) in lines {
        for _ in 0..2 {
            let fault = Fault { spared, ..Fault::of(Call::List, Arc::clone(&answer)) };
            add(&mut cases, what, fault, Comes { disabled, code, told: None });
        }
    }
    for spared in [0, 1, 2] {
        let answer = Shape::TypedError.answer(429, &[("retry-after", "1")]);
        let fault = Fault { spared, times: 1, ..Fault::of(Call::List, answer) };
        add(&mut cases, "429 once", fault, Comes::all_off());
    }
    try_all(&extent.of(cases), Disabling::check);
}

sampled! {
    a_list_that_tells_nothing_leaves_nothing_off
    a_list_that_ends_the_run_leaves_nothing_off_that_nobody_knows_of
}
