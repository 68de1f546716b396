//! Faults of the switch: what is on record, what is off, and that both ways on from there lead where they should: the same
//! command, and `rollback`.

use std::sync::Arc;

use crate::faults::answers::{
    Shape, body, body_as_it_is, bomb, json_head, packed, scope_missing, too_large, wire,
};
use crate::faults::cases::{Case, try_all};
use crate::faults::reading::{PATIENT, calm, report, written};
use crate::faults::statuses::at_a_date;
use crate::faults::workspace::{Answer, Asked, Call, Fault, Place, ROWS, Scene, Workspace};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::Step::{Close, Drip, Reset, Send, Silence};
use crate::support::{Ran, Report};

/// A `run --disable` in which something is not as it should be.
pub(crate) struct Disabling {
    pub(crate) fault: Fault,
    /// Then the agents are given up as well.
    pub(crate) is_one_record: bool,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) comes: Comes,
    /// Whether the same command goes on, or `rollback` takes it back at once.
    pub(crate) goes_on: bool,
}

/// What has to come of it.
#[derive(Clone, Debug)]
pub(crate) struct Comes {
    pub(crate) disabled: [&'static str; ROWS],
    pub(crate) code: i32,
    /// The row that has an `error`, how that begins and what stands in its `remedy`.
    pub(crate) told: Option<(usize, String, &'static str)>,
}

/// The states of the rows before this one, of it, and of those behind it.
pub(crate) fn around(
    row: usize,
    before: &'static str,
    this: &'static str,
    behind: &'static str,
) -> [&'static str; ROWS] {
    std::array::from_fn(|index| match (index + 1).cmp(&row) {
        std::cmp::Ordering::Less => before,
        std::cmp::Ordering::Equal => this,
        std::cmp::Ordering::Greater => behind,
    })
}

pub(crate) const ALL_OFF: [&str; ROWS] = ["disabled"; ROWS];

impl Comes {
    pub(crate) fn all_off() -> Self {
        Self { disabled: ALL_OFF, code: 0, told: None }
    }

    /// "4xx to a disable is `failed`"; "a probe that is refused hands over to the next".
    fn refused(row: usize, status: &str, remedy: &'static str) -> Self {
        let told = Some((row, format!("disable: {status}"), remedy));
        Self { disabled: around(row, "disabled", "failed", "disabled"), code: 3, told }
    }

    /// "… ends disabling: exit 5, the rest `skipped`."
    fn ends(row: usize, status: &str, remedy: &'static str, code: i32) -> Self {
        let told = Some((row, format!("disable: {status}"), remedy));
        Self { disabled: around(row, "disabled", "failed", "skipped"), code, told }
    }

    /// "5xx or silence after the retries is `unknown`"; a probe "that ends `unknown` is re-enabled and disabling stops".
    fn untold(row: usize, status: &str) -> Self {
        if row == Place::First.row() {
            return Self { disabled: around(row, "", "reverted", "skipped"), code: 3, told: None };
        }
        let told = Some((row, format!("disable: {status}"), "rollback"));
        Self { disabled: around(row, "disabled", "unknown", "disabled"), code: 3, told }
    }
}

pub(crate) fn command(scene: &Scene, arguments: &[&str]) -> Ran {
    let fixed = ["--disable", "--yes", "--probe-wait", "0", "--concurrency", "1"];
    scene.run(&[&fixed, arguments].concat())
}

pub(crate) fn rollback(scene: &Scene) -> Ran {
    let mut program = scene.desk.program();
    program.args(["rollback", "assistants.ledger", "--yes", "--rpm", "1000000", "--retries", "0"]);
    program.args(["--timeout", PATIENT]);
    calm(&scene.desk, Ran::of(&mut program))
}

/// Nothing is off without the ledger knowing that it may be, and nothing is called off that is on.
pub(crate) fn the_ledger_is_right(scene: &Scene, report: &Report) {
    let off = scene.workspace.off();
    for (row, line) in (1..).zip(&report.rows) {
        match line["disabled"].as_str() {
            "disabled" => assert!(off.contains(&row), "row {row} is on: {line:?}"),
            "unknown" | "revert_failed" => {}
            _ => assert!(!off.contains(&row), "row {row} is off: {line:?}"),
        }
    }
}

impl Disabling {
    pub(crate) fn check(&self) {
        let workspace = Workspace::new(vec![self.fault.clone()]);
        let scene = Scene::of(if self.is_one_record { workspace.of_one_record() } else { workspace });
        let arguments = self.arguments();
        let ran = command(&scene, &arguments);
        let before = report(&scene);
        let errors = before.column("error");
        assert_eq!(before.disabled(), self.comes.disabled, "errors {errors:?}\n{}", ran.stderr);
        assert_eq!(ran.code, self.comes.code, "errors {errors:?}\n{}", ran.stderr);
        assert_eq!(before.column("status"), ["verified"; ROWS]);
        for line in &before.rows {
            let is_well = line["disabled"] == "disabled";
            assert_eq!(line["remedy"].is_empty(), is_well, "{line:?}");
            assert!(!is_well || line["error"].is_empty(), "{line:?}");
        }
        if let Some((row, error, remedy)) = &self.comes.told {
            let line = &before.rows[row - 1];
            assert!(line["error"].starts_with(error) && line["remedy"].contains(remedy), "{line:?}");
        }
        the_ledger_is_right(&scene, &before);
        scene.workspace.heal();
        if self.goes_on {
            self.go_on(&scene, &before);
        }
        let before = written(&scene);
        rollback(&scene).exits_with(0);
        assert_eq!(scene.workspace.off(), [0; 0], "on again");
        for (was, is) in before.disabled().into_iter().zip(report(&scene).disabled()) {
            let back = if matches!(was, "disabled" | "unknown") { "re_enabled" } else { was };
            assert!(is == back || (was, is) == ("revert_failed", "re_enabled"), "{was} became {is}");
        }
    }

    fn arguments(&self) -> Vec<&'static str> {
        let shared: &[&str] = if self.is_one_record { &["--disable-shared"] } else { &[] };
        [self.arguments, shared].concat()
    }

    /// The same command makes the rest go off, and asks nothing more of what is off on record.
    fn go_on(&self, scene: &Scene, before: &Report) {
        scene.workspace.asked();
        command(scene, &self.arguments()).exits_with(0);
        assert_eq!(written(scene).disabled(), ALL_OFF);
        assert_eq!(scene.workspace.off(), [1, 2, 3, 4, 5]);
        let is_settled = |asked: &Asked| asked.row > 0 && before.disabled()[asked.row - 1] == "disabled";
        let again: Vec<_> = scene.workspace.asked().into_iter().filter(is_settled).collect();
        assert!(again.is_empty(), "asked for again: {again:?}");
    }
}

/// One case more, for what is still to be told of it; every other one is taken back at once.
pub(crate) fn add<'a>(
    cases: &'a mut Vec<Case<Disabling>>,
    name: &str,
    fault: Fault,
    comes: Comes,
) -> &'a mut Disabling {
    let goes_on = cases.len().is_multiple_of(2);
    let Fault { call, row, spared, times, is_applied, .. } = &fault;
    let rows = row.map_or(String::new(), |row| format!(" of row {row}"));
    let full_name = format!(
        "{name}, {call:?}{rows}, after {spared} good ones, {times} times, applied: {is_applied}, goes on: {goes_on}: {comes:?}"
    );
    let told = Disabling { fault, is_one_record: false, arguments: &[], comes, goes_on };
    cases.push(Case::of(name, full_name, told));
    &mut cases.last_mut().unwrap().told
}

fn at(place: Place, answer: Answer) -> Fault {
    Fault::at(Call::Disable, place.row(), answer)
}

const MEND: &str = "mend what its words name";
const ALLOW: &str = "permission to disable";

fn what_is_refused_is_failed_and_the_others_go_off(extent: Extent) {
    let mut cases = Vec::new();
    #[rustfmt::skip] // A line per fact.
    let lines: [(u16, &[Shape], &str); 5] = [
        (400, &Shape::ALL, MEND),
        (403, Shape::NO_PAGE, ALLOW),
        (403, &[Shape::Html], "/api/public"),
        (404, Shape::NO_PAGE, "Check the id"),
        (409, &Shape::ALL, MEND),
    ];
    for (status, shapes, remedy) in lines {
        for shape in shapes {
            for place in Place::ALL {
                let comes = Comes::refused(place.row(), &status.to_string(), remedy);
                let fault = at(place, shape.answer(status, &[]));
                add(&mut cases, &format!("{status} as {shape:?}"), fault, comes);
                cases.last_mut().unwrap().line = status.to_string();
            }
        }
    }
    try_all(&extent.of(cases), Disabling::check);
}

fn what_every_further_disable_would_meet_ends_it(extent: Extent) {
    #[rustfmt::skip] // A line per fact.
    let mut lines: Vec<(String, Answer, &str, &str, i32)> = vec![
        ("403 with a missing scope".into(), scope_missing(), "403", "the scope that", 5),
        ("404 page".into(), Shape::Html.answer(404, &[]), "404", "/api/public", 5),
        ("redirect".into(), Shape::Empty.answer(307, &[("location", "https://example.com/login")]), "307", "/api/public", 5),
        ("429 with an absurd wait".into(), Shape::Empty.answer(429, &[("retry-after", "99999999")]), "429", "again", 4),
    ];
    for shape in Shape::ALL {
        lines.push((format!("401 as {shape:?}"), shape.answer(401, &[]), "401", "Check the API key", 5));
        lines.push((format!("410 as {shape:?}"), shape.answer(410, &[]), "410", "has ended", 5));
    }
    let mut cases = Vec::new();
    for (what, answer, status, remedy, code) in lines {
        for place in Place::ALL {
            let comes = Comes::ends(place.row(), status, remedy, code);
            add(&mut cases, &what, at(place, Arc::clone(&answer)), comes);
            cases.last_mut().unwrap().line = format!("{status} {code} {remedy}");
        }
    }
    try_all(&extent.of(cases), Disabling::check);
}

/// Answers that leave open whether the switch was set: how the `error` begins.
#[rustfmt::skip] // A line per fact.
fn open() -> Vec<(String, Answer, String)> {
    let second = std::time::Duration::from_secs(1);
    let mut open: Vec<(String, Answer, String)> = [408, 500, 502, 503, 504, 524, 529]
        .into_iter()
        .zip(Shape::ALL.into_iter().rev().cycle())
        .map(|(status, shape)| (format!("{status} as {shape:?}"), shape.answer(status, &[]), status.to_string()))
        .collect();
    let wires: [(&str, Answer, &str); 13] = [
        ("reset after the request", wire(|_| vec![Reset]), "connection"),
        ("closed after the request", wire(|_| vec![Close]), "connection"),
        ("reset in the body", wire(|body| vec![Send(json_head(body.len())), Send(body[..9].to_vec()), Reset]), "connection"),
        ("closed in the body", wire(|body| vec![Send(json_head(body.len())), Send(body[..9].to_vec()), Close]), "connection"),
        ("silence", wire(|_| vec![Silence]), "timeout"),
        ("a byte a second", wire(move |body| vec![Send(json_head(body.len())), Drip(body.to_vec(), second)]), "timeout"),
        ("cut JSON", body(|good| good.bytes()[..9].to_vec()), "200"),
        ("empty", body_as_it_is(200, ""), "200"),
        ("a page", body_as_it_is(200, "<!DOCTYPE html><title>Welcome</title>"), "200"),
        ("not a success", body_as_it_is(200, r#"{"status":"error"}"#), "200"),
        ("no UTF-8", body(|_| b"{\"status\":\"succ\xffss\"}".to_vec()), "200"),
        ("33 MiB", body(too_large), "200"),
        ("300 MB in 2 MB", packed(|_| bomb()), "200"),
    ];
    open.extend(wires.map(|(what, answer, begin)| (what.to_owned(), answer, begin.to_owned())));
    open
}

/// Where nothing comes, little time is given; where much comes, a slow machine may take its time.
pub(crate) fn hasty(is_waited_for: bool) -> &'static [&'static str] {
    if is_waited_for { &["--timeout", "3"] } else { &[] }
}

fn what_leaves_it_open_is_unknown_and_a_probe_comes_on_again(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer, begin) in open() {
        for place in Place::ALL {
            for is_applied in [true, false] {
                let fault = Fault { is_applied, ..at(place, Arc::clone(&answer)) };
                add(&mut cases, &what, fault, Comes::untold(place.row(), &begin)).arguments =
                    hasty(begin == "timeout");
            }
        }
    }
    try_all(&extent.of(cases), Disabling::check);
}

fn of_one_record_the_list_tells_what_the_answer_did_not(extent: Extent) {
    let mut cases = Vec::new();
    for ((what, answer, begin), place) in open().into_iter().zip(Place::ALL.into_iter().cycle()) {
        for is_applied in [true, false] {
            let row = place.row();
            let comes = if is_applied {
                Comes::all_off()
            } else {
                let told = Some((row, format!("disable: {begin}"), "rollback"));
                Comes { disabled: around(row, "disabled", "unknown", "disabled"), code: 3, told }
            };
            let fault = Fault { is_applied, ..at(place, Arc::clone(&answer)) };
            let told = add(&mut cases, &format!("one record: {what}"), fault, comes);
            (told.is_one_record, told.arguments) = (true, hasty(begin == "timeout"));
        }
    }
    try_all(&extent.of(cases), Disabling::check);
}

fn what_passes_is_sent_again_and_all_go_off(extent: Extent) {
    let mut cases = Vec::new();
    #[rustfmt::skip] // A line per fact.
    let throttled: [(&str, Answer); 5] = [
        ("no Retry-After", Shape::TypedError.answer(429, &[])),
        ("seconds", Shape::Message.answer(429, &[("retry-after", "1")])),
        ("date", at_a_date()),
        ("negative", Shape::Html.answer(429, &[("retry-after", "-1")])),
        ("garbage", Shape::Empty.answer(429, &[("retry-after", "soon")])),
    ];
    for (what, answer) in throttled {
        for place in Place::ALL {
            let fault = Fault { times: 1, ..at(place, Arc::clone(&answer)) };
            add(&mut cases, &format!("429 once, {what}"), fault, Comes::all_off());
        }
    }
    // "An unanswered disable is sent again (it sets a state)."
    let passing = open().into_iter().filter(|(_, _, begin)| begin != "200" && begin != "timeout");
    for ((what, answer, _), place) in passing.zip(Place::ALL.into_iter().cycle()) {
        let fault = Fault { times: 1, is_applied: true, ..at(place, answer) };
        add(&mut cases, &format!("{what}, once"), fault, Comes::all_off()).arguments = &["--retries", "1"];
    }
    try_all(&extent.of(cases), Disabling::check);
}

sampled! {
    what_is_refused_is_failed_and_the_others_go_off
    what_every_further_disable_would_meet_ends_it
    what_leaves_it_open_is_unknown_and_a_probe_comes_on_again
    of_one_record_the_list_tells_what_the_answer_did_not
    what_passes_is_sent_again_and_all_go_off
}
