//! Every status, in every shape of error body, at the first, a middle and the last row, for the assistant and its agent.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::faults::answers::{Shape, WORDS, scope_missing};
use crate::faults::cases::try_all;
use crate::faults::reading::{
    ALWAYS, Comes, READS, Reading, case, each_read_at_each_place, error, goes_on, report,
};
use crate::faults::workspace::{Answer, Call, Place, Scene};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::whole;

/// What a row that is refused for good comes to: its `status`, a part of its `remedy`, the exit code of the run.
type Refused = (&'static str, &'static str, i32);

/// What the case is, the status, the shapes of its body, and what comes of it for an assistant and for an agent.
type Line = (&'static str, u16, &'static [Shape], Refused, Refused);

const ANY: &[Shape] = &Shape::ALL;
const NO_PAGE: &[Shape] = Shape::NO_PAGE;
const PAGE: &[Shape] = &[Shape::Html];

#[rustfmt::skip] // A line per fact.
const STATUSES: &[Line] = &[
    // "Other 4xx are `failed`."
    ("400", 400, ANY, ("failed", "mend what its words name", 3), ("failed", "mend what its words name", 3)),
    ("409", 409, ANY, ("failed", "mend what its words name", 3), ("failed", "mend what its words name", 3)),
    // "At once, for the whole run: 401 …: exit 5."
    ("401", 401, ANY, ("failed", "Check the API key", 5), ("failed", "Check the API key", 5)),
    // "A page (HTML) for an answer is never the platform": here all rows are among the first five.
    ("200 page", 200, PAGE, ("failed", "/api/public", 5), ("failed", "/api/public", 5)),
    ("403 page", 403, PAGE, ("failed", "/api/public", 5), ("failed", "/api/public", 5)),
    // "403 of any body is `no_access`."
    ("403", 403, NO_PAGE, ("no_access", "Share this assistant", 3), ("no_access", "Share this agent", 3)),
    // "404 with JSON, text or no body is `…_not_found`, an HTML one stops the run."
    ("404", 404, NO_PAGE, ("assistant_not_found", "Check the id", 3), ("agent_not_found", "Share the agent", 3)),
    ("404 page", 404, PAGE, ("failed", "/api/public", 5), ("failed", "/api/public", 5)),
    // "410 from the Assistants API: exit 5"; from the Agents API it is one of the other 4xx.
    ("410", 410, ANY, ("failed", "has ended", 5), ("failed", "mend what its words name", 3)),
    // "`failed`: 5xx, timeout, connection after the last retry"; 408 is retried like them.
    ("408", 408, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("500", 500, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("502", 502, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("503", 503, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("504", 504, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("524", 524, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
    ("529", 529, ANY, ("failed", "again later", 3), ("failed", "again later", 3)),
];

fn a_status_in_any_shape_makes_the_row_that_the_contract_promises(extent: Extent) {
    let mut cases = Vec::new();
    for (what, status, shapes, assistant, agent) in STATUSES {
        for shape in *shapes {
            for (call, place) in each_read_at_each_place() {
                let (row, remedy, code) = if call == Call::Assistant { *assistant } else { *agent };
                let comes = Comes::of(row, error(call, &status.to_string(), shape.words()), remedy, code);
                let answer = shape.answer(*status, &[]);
                let case = case(&format!("{what} as {shape:?}"), (call, place), answer, ALWAYS, comes);
                cases.push(case.like(&format!("{what}, {call:?}")));
            }
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

#[test]
fn a_scope_that_is_missing_ends_the_run() {
    let cases: Vec<_> = each_read_at_each_place()
        .map(|(call, place)| {
            let comes = Comes::of("failed", error(call, "403", "AGENT_API"), "scope", 5);
            case("403 with a missing scope", (call, place), scope_missing(), ALWAYS, comes)
        })
        .collect();
    try_all(&cases, Reading::check);
}

/// `Retry-After` in two seconds, as a date.
pub(crate) fn at_a_date() -> Answer {
    Arc::new(|_| {
        let moment = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
        whole(429, &[("retry-after", &moment)], b"")
    })
}

fn a_429_is_waited_out_whatever_it_says_about_waiting(extent: Extent) {
    let second = Duration::from_secs(1);
    let lines: [(&str, Answer, Duration); 6] = [
        ("no Retry-After", Shape::TypedError.answer(429, &[]), Duration::ZERO),
        ("seconds", Shape::Message.answer(429, &[("retry-after", "1")]), second),
        ("two of them", Shape::Error.answer(429, &[("retry-after", "soon"), ("retry-after", "1")]), second),
        // Dates hold whole seconds, so that one in two is more than one from now.
        ("date", at_a_date(), second),
        ("negative", Shape::Html.answer(429, &[("retry-after", "-1")]), Duration::ZERO),
        ("garbage", Shape::Empty.answer(429, &[("retry-after", "when it stops raining")]), Duration::ZERO),
    ];
    let mut cases = Vec::new();
    for (what, answer, silence) in lines {
        for at in each_read_at_each_place() {
            let comes = Comes { silence, ..Comes::well() };
            cases.push(case(&format!("429 once, {what}"), at, answer.clone(), 1, comes));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn a_wait_that_is_absurd_ends_the_run(extent: Extent) {
    let mut cases = Vec::new();
    #[rustfmt::skip] // A line per fact.
    let lines = [
        (429, Shape::TypedError, "99999999"),
        (429, Shape::Html, "901"),
        (429, Shape::Empty, "99999999999999999999999999"),
        (429, Shape::Error, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (503, Shape::Message, "99999999"),
    ];
    for (status, shape, wait) in lines {
        for (call, place) in each_read_at_each_place() {
            let answer = shape.answer(status, &[("retry-after", wait)]);
            let remedy = "the same command again later";
            let comes = Comes::of("failed", error(call, &status.to_string(), shape.words()), remedy, 4);
            cases.push(case(
                &format!("{status} with a wait of {wait}, {shape:?}"),
                (call, place),
                answer,
                ALWAYS,
                comes,
            ));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

#[test]
fn a_request_that_meets_429_ten_times_gives_its_row_up_and_no_other() {
    let mut cases = Vec::new();
    for (call, place) in [(Call::Assistant, Place::First), (Call::Agent, Place::Last)] {
        let answer = Shape::TypedError.answer(429, &[("retry-after", "0")]);
        let comes = Comes::of("failed", error(call, "429", WORDS), "--rpm", 3);
        cases.push(case("429 for ever", (call, place), answer, ALWAYS, comes));
    }
    try_all(&cases, Reading::check);
}

fn what_ends_a_run_ends_it_among_many_at_a_time(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer, remedy, code) in [
        ("401", Shape::Message.answer(401, &[]), "Check the API key", 5),
        ("403 with a missing scope", scope_missing(), "scope", 5),
        ("404 page", Shape::Html.answer(404, &[]), "/api/public", 5),
        ("429 with an absurd wait", Shape::Empty.answer(429, &[("retry-after", "99999999")]), "again", 4),
    ] {
        for (call, place) in each_read_at_each_place() {
            let comes = Comes::of("failed", error(call, "4", ""), remedy, code);
            cases.push(case(what, (call, place), answer.clone(), ALWAYS, comes));
        }
    }
    try_all(&extent.of(cases), |reading| {
        let scene = Scene::of(reading.workspace());
        let row = reading.place.row();
        let ran = scene.run(&[]).exits_with(reading.comes.code);
        let report = report(&scene);
        for (other, line) in (1..).zip(&report.rows) {
            // "Rows under way are `not_checked`."
            let may_be: &[&str] = if other == row { &["failed"] } else { &["verified", "not_checked"] };
            assert!(may_be.contains(&line["status"].as_str()), "row {other}: {line:?}\n{}", ran.stderr);
        }
        assert!(report.rows[row - 1]["remedy"].contains(reading.comes.remedy), "{:?}", report.rows[row - 1]);
        goes_on(&scene, &report, &[]);
    });
}

fn what_is_worth_another_try_gets_it(extent: Extent) {
    let mut cases = Vec::new();
    for ((status, place), shape) in
        [408, 500, 502, 503, 504, 524, 529].into_iter().zip(Place::ALL.into_iter().cycle()).zip(Shape::ALL)
    {
        for call in READS {
            let mut case =
                case(&format!("{status} once"), (call, place), shape.answer(status, &[]), 1, Comes::well());
            case.told.arguments = &["--retries", "1"];
            cases.push(case);
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

sampled! {
    a_status_in_any_shape_makes_the_row_that_the_contract_promises
    a_429_is_waited_out_whatever_it_says_about_waiting
    a_wait_that_is_absurd_ends_the_run
    what_ends_a_run_ends_it_among_many_at_a_time
    what_is_worth_another_try_gets_it
}
