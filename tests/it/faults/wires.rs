//! What goes wrong below the answer: connections that break, stall or never were, heads that lie, redirects, proxies and
//! certificates.

use std::sync::Arc;
use std::time::Duration;

use crate::faults::answers::{Shape, json_head, wire};
use crate::faults::cases::try_all;
use crate::faults::reading::{ALWAYS, Comes, READS, Reading, case, check, each_read_at_each_place, error};
use crate::faults::workspace::{Answer, Call, Place, Scene, Workspace};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::Step::{Close, Drip, Reset, Send, Silence};

const SECOND: Duration = Duration::from_secs(1);

/// A head with these lines in place of an honest length.
fn head_with(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 Said\r\ncontent-type: application/json\r\n{lines}\r\n").into_bytes()
}

fn half(body: &[u8]) -> Vec<u8> {
    body[..body.len() / 2].to_vec()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn chunked() -> Vec<u8> {
    head_with("transfer-encoding: chunked\r\n")
}

#[rustfmt::skip] // A line per fact.
fn broken() -> Vec<(&'static str, Answer)> {
    vec![
        ("reset after the request", wire(|_| vec![Reset])),
        ("closed after the request", wire(|_| vec![Close])),
        ("reset in the head", wire(|_| vec![Send(b"HTTP/1.1 200 Sa".to_vec()), Reset])),
        ("reset behind the head", wire(|body| vec![Send(json_head(body.len())), Reset])),
        ("reset in the body", wire(|body| vec![Send(json_head(body.len())), Send(half(body)), Reset])),
        ("closed in the body", wire(|body| vec![Send(json_head(body.len())), Send(half(body)), Close])),
        ("closed a byte before the end", wire(|body| vec![Send(json_head(body.len() + 1)), Send(body.to_vec()), Close])),
        ("reset in a chunk", wire(|body| vec![Send(chunked()), Send(half(&chunk(body))), Reset])),
        ("closed before the last chunk", wire(|body| vec![Send(chunked()), Send(chunk(body)), Close])),
        ("a chunk of no length", wire(|body| vec![Send(chunked()), Send(b"odd\r\n".to_vec()), Send(body.to_vec()), Close])),
        ("another protocol", wire(|_| vec![Send(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), Close])),
        ("two lengths", wire(|body| vec![Send(head_with("content-length: 7\r\ncontent-length: 9\r\n")), Send(body.to_vec()), Close])),
        ("no length at all", wire(|body| vec![Send(head_with("content-length: many\r\n")), Send(body.to_vec()), Close])),
        ("a head of 1 MB", wire(|body| vec![Send(head_with(&format!("odd: {}\r\n", "x".repeat(1 << 20)))), Send(body.to_vec()), Close])),
        ("a head of 1,000 lines", wire(|body| vec![Send(head_with(&"odd: x\r\n".repeat(1_000))), Send(body.to_vec()), Close])),
    ]
}

fn connection(call: Call) -> Comes {
    Comes::of("failed", error(call, "connection", ""), "Check network", 3)
}

fn a_connection_that_breaks_fails_its_row_and_no_other(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer) in broken() {
        for (call, place) in each_read_at_each_place() {
            cases.push(case(what, (call, place), answer.clone(), ALWAYS, connection(call)));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn a_connection_that_is_reset_at_once_fails_its_row_and_no_other(extent: Extent) {
    let mut cases = Vec::new();
    for (call, place) in each_read_at_each_place() {
        let answer = wire(|_| Vec::new());
        cases.push(case("reset at connect", (call, place), answer, 0, connection(call)));
    }
    try_all(&extent.of(cases), |reading| {
        // One after the other, two for a row: the assistant's, then the agent's.
        let connection = 2 * (reading.place.row() - 1) + usize::from(reading.call == Call::Agent);
        let scene = Scene::of(reading.workspace().shut_at(connection));
        check(&scene, reading.place.row(), &reading.comes, &[]);
    });
}

fn what_broke_once_is_tried_again(extent: Extent) {
    let mut cases = Vec::new();
    for ((what, answer), place) in broken().into_iter().zip(Place::ALL.into_iter().cycle()) {
        for call in READS {
            let mut case = case(&format!("{what}, once"), (call, place), answer.clone(), 1, Comes::well());
            case.told.arguments = &["--retries", "1"];
            cases.push(case);
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

#[rustfmt::skip] // A line per fact.
fn slow() -> Vec<(&'static str, Answer)> {
    vec![
        ("silence", wire(|_| vec![Silence])),
        ("silence behind the head", wire(|body| vec![Send(json_head(body.len())), Silence])),
        ("silence in the body", wire(|body| vec![Send(json_head(body.len())), Send(half(body)), Silence])),
        ("more promised than sent", wire(|body| vec![Send(json_head(body.len() + 9)), Send(body.to_vec()), Silence])),
        ("no last chunk", wire(|body| vec![Send(chunked()), Send(chunk(body)), Silence])),
        ("a byte of the body a second", wire(|body| vec![Send(json_head(body.len())), Drip(body.to_vec(), SECOND)])),
        ("a byte of the head a second", wire(|body| vec![Drip(json_head(body.len()), SECOND)])),
        ("early hints for ever", wire(|_| vec![Drip(b"HTTP/1.1 103 Hints\r\n\r\n".repeat(99), SECOND / 20)])),
    ]
}

fn an_answer_that_takes_too_long_fails_its_row_and_no_other(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer) in slow() {
        for (call, place) in each_read_at_each_place() {
            let comes = Comes::of("failed", error(call, "timeout", ""), "again later", 3);
            let mut case = case(what, (call, place), answer.clone(), ALWAYS, comes);
            case.told.arguments = &["--timeout", "3"];
            cases.push(case);
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

#[rustfmt::skip] // A line per fact.
fn odd() -> Vec<(&'static str, Answer)> {
    vec![
        ("100 Continue before", wire(|body| vec![Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Send(json_head(body.len())), Send(body.to_vec())])),
        ("103 Early Hints before", wire(|body| vec![Send(b"HTTP/1.1 103 Hints\r\nlink: </x>\r\n\r\n".to_vec()), Send(json_head(body.len())), Send(body.to_vec())])),
        ("lines doubled", wire(|body| {
            let lines = format!("content-type: text/html\r\ncontent-length: {}\r\ndate: x\r\ndate: y\r\n", body.len());
            vec![Send(head_with(&lines)), Send(body.to_vec())]
        })),
        ("the same length twice", wire(|body| {
            let line = format!("content-length: {}\r\n", body.len());
            vec![Send(head_with(&line.repeat(2))), Send(body.to_vec()), Close]
        })),
        ("no length, closed behind", wire(|body| vec![Send(head_with("connection: close\r\n")), Send(body.to_vec()), Close])),
        ("HTTP/1.0", wire(|body| vec![Send(b"HTTP/1.0 200 OK\r\n\r\n".to_vec()), Send(body.to_vec()), Close])),
        ("chunked with a trailer", wire(|body| vec![Send(chunked()), Send(chunk(body)), Send(b"0\r\nodd: x\r\n\r\n".to_vec())])),
        ("a chunk a byte", wire(|body| vec![Send(chunked()), Send(body.iter().flat_map(|byte| chunk(&[*byte])).collect()), Send(b"0\r\n\r\n".to_vec())])),
        ("a head without names' manners", wire(|body| vec![Send(format!("HTTP/1.1 200\r\nCONTENT-LENGTH:{}\r\n\r\n", body.len()).into_bytes()), Send(body.to_vec())])),
        ("closed behind it without a word", wire(|body| vec![Send(json_head(body.len())), Send(body.to_vec()), Close])),
    ]
}

fn an_answer_that_comes_in_an_odd_way_is_an_answer(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer) in odd() {
        for (call, place) in each_read_at_each_place() {
            let mut case = case(what, (call, place), answer.clone(), ALWAYS, Comes::well());
            // A request that meets a connection as it is closed is sent again.
            case.told.arguments = &["--retries", "1"];
            cases.push(case);
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn bytes_behind_an_answer_are_no_answer_to_the_next_request(extent: Extent) {
    let mut cases = Vec::new();
    for (call, place) in each_read_at_each_place() {
        // In one piece, so that what is too much is there when the connection is given back.
        let lie = wire(|body| vec![Send([&json_head(body.len() / 2), body].concat())]);
        let comes = Comes::of("failed", error(call, "200", "makes no sense"), "support", 3);
        let mut short = case("less promised than sent", (call, place), lie, ALWAYS, comes);
        // Whoever comes next on that connection is sent again.
        short.told.arguments = &["--retries", "1"];
        cases.push(short);
        let more = wire(|body| vec![Send([&json_head(body.len()), body, &json_head(2), b"{}"].concat())]);
        let mut twice = case("two answers to one request", (call, place), more, ALWAYS, Comes::well());
        twice.told.arguments = &["--retries", "1"];
        cases.push(twice);
    }
    try_all(&extent.of(cases), Reading::check);
}

fn half_an_error_is_an_error(extent: Extent) {
    let mut cases = Vec::new();
    for (status, row, remedy) in [
        // Of these the body decides what is meant, so that half of it decides nothing.
        (403, None, "Check network"),
        (404, None, "Check network"),
        (400, Some("failed"), "mend"),
        (500, Some("failed"), "again later"),
    ] {
        for (call, place) in READS.into_iter().zip(Place::ALL.into_iter().cycle()) {
            let answer: Answer = Arc::new(move |good| {
                let mut steps = Shape::Message.answer(status, &[])(good);
                let Some(Send(bytes)) = steps.first_mut() else { panic!("an answer of one step") };
                bytes.truncate(bytes.len() - 9);
                steps.push(Close);
                steps
            });
            let begin = if row.is_some() { status.to_string() } else { "connection".to_owned() };
            let comes = Comes::of(row.unwrap_or("failed"), error(call, &begin, ""), remedy, 3);
            cases.push(case(&format!("{status}, cut"), (call, place), answer, ALWAYS, comes));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

#[test]
fn a_workspace_that_is_well_is_verified() {
    let scene = Scene::of(Workspace::new(Vec::new()));
    check(&scene, 1, &Comes::well(), &[]);
}

sampled! {
    a_connection_that_breaks_fails_its_row_and_no_other
    a_connection_that_is_reset_at_once_fails_its_row_and_no_other
    what_broke_once_is_tried_again
    an_answer_that_takes_too_long_fails_its_row_and_no_other
    an_answer_that_comes_in_an_odd_way_is_an_answer
    bytes_behind_an_answer_are_no_answer_to_the_next_request
    half_an_error_is_an_error
}
