//! The other commands that ask the platform: `list`, `doctor`, `audit`, `verify`.

use std::sync::Arc;

use crate::faults::answers::{Shape, body, body_as_it_is, bomb, packed, scope_missing, too_large, wire};
use crate::faults::cases::{Case, try_all};
use crate::faults::reading::{PATIENT, calm, report, written};
use crate::faults::watching::no_list;
use crate::faults::workspace::{Answer, Call, Fault, Place, ROWS, Scene, Workspace};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::Step::Reset;
use crate::support::{Ran, Report, id};

/// A command of one call that is answered so, and its exit code.
struct Asking {
    call: Call,
    answer: Answer,
    code: i32,
    timeout: &'static str,
}

fn asking(what: &str, call: Call, answer: Answer, code: i32) -> Case<Asking> {
    let name = format!("{what}, {call:?}: exit {code}");
    Case::of(what, name, Asking { call, answer, code, timeout: PATIENT })
}

impl Asking {
    fn scene(&self) -> Scene {
        Scene::of(Workspace::new(vec![Fault::of(self.call, Arc::clone(&self.answer))]))
    }
}

fn of_itself(scene: &Scene, command: &[&str], timeout: &str) -> Ran {
    let mut program = scene.desk.program();
    program.args(command).args(["--base-url", &scene.url, "--timeout", timeout]);
    calm(&scene.desk, Ran::of(&mut program))
}

fn a_list_is_written_whole_or_not_at_all(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer) in no_list() {
        let code = match what {
            // An empty list is one, and so is one that does not say which agents are off.
            "no agents" | "not a word on disabled" => continue,
            // "Older deployments answer 404."
            "404" | "404 page" => 3,
            // "Server out of reach": the same command goes on.
            "408" | "500" | "502" | "503" | "504" | "524" | "529" | "reset" | "reset in the body"
            | "silence" => 4,
            // Something has to be mended first.
            _ => 5,
        };
        let mut case = asking(what, Call::List, answer, code);
        if what == "silence" {
            case.told.timeout = "3";
        }
        cases.push(case);
    }
    for (what, next) in [
        ("a cursor in a circle", r#""nextCursor":"ffffffff-0000-4000-8000-000000000000""#),
        ("a cursor that is no UUID", r#""nextCursor":"2""#),
        ("a cursor that is a number", r#""nextCursor":2"#),
    ] {
        let answer = body(|good| good.body.to_string().replace(r#""nextCursor":null"#, next).into_bytes());
        cases.push(asking(what, Call::List, answer, 5));
    }
    cases.push(asking("401", Call::List, Shape::Messages.answer(401, &[]), 5));
    cases.push(asking("absurd", Call::List, Shape::Empty.answer(429, &[("retry-after", "99999999")]), 4));
    try_all(&extent.of(cases), |told| {
        let scene = told.scene();
        let list = ["list", "-o", "list.csv", "--retries", "0"];
        let ran = of_itself(&scene, &list, told.timeout).exits_with(told.code);
        assert!(!ran.stderr.trim().is_empty());
        assert!(!scene.desk.path("list.csv").exists());
        scene.workspace.heal();
        of_itself(&scene, &list, PATIENT).exits_with(0);
        let ids: Vec<_> = (1..=ROWS).map(|row| id(u32::try_from(row).unwrap())).collect();
        assert_eq!(Report::parse(&scene.desk.read("list.csv")).column("assistant_id"), ids);
    });
}

/// Answers of the models: what ends an audit is about the key, everything else about the models.
#[rustfmt::skip] // A line per fact.
fn no_models() -> Vec<(&'static str, Answer, bool)> {
    vec![
        ("400", Shape::Errors.answer(400, &[]), false),
        ("401", Shape::Message.answer(401, &[]), true),
        ("403", Shape::Error.answer(403, &[]), false),
        ("403 with a missing scope", scope_missing(), true),
        ("404", Shape::Empty.answer(404, &[]), false),
        ("404 page", Shape::Html.answer(404, &[]), false),
        ("410", Shape::Message.answer(410, &[]), false),
        ("500", Shape::TypedError.answer(500, &[]), false),
        ("503", Shape::Html.answer(503, &[]), false),
        ("reset", wire(|_| vec![Reset]), false),
        ("cut JSON", body(|good| good.bytes()[..20].to_vec()), false),
        ("data as text", body_as_it_is(200, r#"{"object":"list","data":"many"}"#), false),
        ("100,000 brackets", body(|_| "[".repeat(100_000).into_bytes()), false),
        ("no UTF-8", body(|_| b"{\"data\":[{\"id\":\"\xff\"}]}".to_vec()), false),
        ("33 MiB", body(too_large), false),
        ("300 MB in 2 MB", packed(|_| bomb()), false),
    ]
}

fn a_doctor_names_what_is_wrong_with_the_models(extent: Extent) {
    let cases: Vec<_> =
        no_models().into_iter().map(|(what, answer, _)| asking(what, Call::Models, answer, 5)).collect();
    try_all(&extent.of(cases), |told| {
        let scene = told.scene();
        let ran = of_itself(&scene, &["doctor"], told.timeout).exits_with(told.code);
        assert!(ran.stdout.contains("failed"), "{}", ran.stdout);
        scene.workspace.heal();
        of_itself(&scene, &["doctor"], PATIENT).exits_with(0);
    });
}

fn audit(scene: &Scene, arguments: &[&str]) -> (Ran, Report) {
    let fixed = ["audit", "assistants.csv", "--rpm", "1000000", "--concurrency", "1", "--retries", "0"];
    let ran = of_itself(scene, &[&fixed, arguments].concat(), PATIENT);
    (ran, Report::parse(&scene.desk.read("assistants.audit.csv")))
}

/// How an audit of a workspace ends that is as it should be: its exit code is about what it finds.
fn sound_audit() -> i32 {
    let (ran, report) = audit(&Scene::of(Workspace::new(Vec::new())), &[]);
    assert!([0, 3].contains(&ran.code), "{}", ran.stderr);
    assert_eq!(report.column("status"), ["read"; ROWS]);
    ran.code
}

fn an_audit_goes_on_without_the_models_unless_it_is_the_key_that_is_refused(extent: Extent) {
    let sound = sound_audit();
    let cases: Vec<_> = no_models()
        .into_iter()
        .map(|(what, answer, ends)| asking(what, Call::Models, answer, if ends { 5 } else { sound }))
        .collect();
    try_all(&extent.of(cases), |told| {
        let scene = told.scene();
        let (ran, report) = audit(&scene, &[]);
        let ran = ran.exits_with(told.code);
        let status = if told.code == 5 { "not_checked" } else { "read" };
        assert_eq!(report.column("status"), [status; ROWS], "{}", ran.stderr);
        scene.workspace.heal();
        let (ran, report) = audit(&scene, &[]);
        ran.exits_with(sound);
        assert_eq!(report.column("status"), ["read"; ROWS]);
    });
}

/// What the case is, the answer, the row's status from the assistant and from the agent, the exit codes.
type Line = (&'static str, Answer, [&'static str; 2], [i32; 2]);

#[rustfmt::skip] // A line per fact.
fn rows() -> Vec<Line> {
    vec![
        ("400", Shape::Error.answer(400, &[]), ["failed", "failed"], [3, 3]),
        ("401", Shape::Message.answer(401, &[]), ["failed", "failed"], [5, 5]),
        ("403", Shape::Error.answer(403, &[]), ["no_access", "no_access"], [3, 3]),
        ("403 page", Shape::Html.answer(403, &[]), ["failed", "failed"], [5, 5]),
        ("403 with a missing scope", scope_missing(), ["failed", "failed"], [5, 5]),
        ("404", Shape::Errors.answer(404, &[]), ["assistant_not_found", "agent_not_found"], [3, 3]),
        ("404 page", Shape::Html.answer(404, &[]), ["failed", "failed"], [5, 5]),
        ("410", Shape::Empty.answer(410, &[]), ["failed", "failed"], [5, 3]),
        ("429 with an absurd wait", Shape::Empty.answer(429, &[("retry-after", "99999999")]), ["failed", "failed"], [4, 4]),
        ("500", Shape::TypedError.answer(500, &[]), ["failed", "failed"], [3, 3]),
        ("529", Shape::Html.answer(529, &[]), ["failed", "failed"], [3, 3]),
        ("redirect", Shape::Empty.answer(302, &[("location", "/login")]), ["failed", "failed"], [5, 5]),
        ("reset", wire(|_| vec![Reset]), ["failed", "failed"], [3, 3]),
        ("cut JSON", body(|good| good.bytes()[..99].to_vec()), ["failed", "failed"], [3, 3]),
        ("33 MiB", body(too_large), ["failed", "failed"], [3, 3]),
    ]
}

/// A command that reads one side of every row, in which one is not as it should be.
struct OneSide {
    place: Place,
    answer: Answer,
    status: &'static str,
    code: i32,
}

impl OneSide {
    fn statuses(&self, well: &'static str) -> [&'static str; ROWS] {
        let is_over = self.code > 3;
        std::array::from_fn(|index| match index + 1 {
            row if row == self.place.row() => self.status,
            row if row > self.place.row() && is_over => "not_checked",
            _ => well,
        })
    }
}

fn one_side(side: usize) -> Vec<Case<OneSide>> {
    let mut cases = Vec::new();
    for (what, answer, statuses, codes) in rows() {
        for place in Place::ALL {
            let (status, code) = (statuses[side], codes[side]);
            let name = format!("{what}, {place:?} row: {status}, exit {code}");
            cases.push(Case::of(what, name, OneSide { place, answer: Arc::clone(&answer), status, code }));
        }
    }
    cases
}

fn audits_of(call: Call, source: &'static str, cases: &[Case<OneSide>]) {
    let sound = sound_audit();
    try_all(cases, |told| {
        let fault = Fault::at(call, told.place.row(), Arc::clone(&told.answer));
        let scene = Scene::of(Workspace::new(vec![fault]));
        let (ran, report) = audit(&scene, &["--source", source]);
        let ran = ran.exits_with(told.code);
        assert_eq!(report.column("status"), told.statuses("read"), "{}", ran.stderr);
        scene.workspace.heal();
        scene.workspace.asked();
        let (ran, after) = audit(&scene, &["--source", source]);
        ran.exits_with(sound);
        assert_eq!(after.column("status"), ["read"; ROWS]);
        let open = report.column("status").iter().filter(|status| **status != "read").count();
        let mut asked = scene.workspace.asked();
        asked.retain(|asked| asked.call != Call::Models);
        assert_eq!(asked.len(), open, "{asked:?}");
    });
}

fn an_audit_of_assistants_has_a_line_for_every_row_and_goes_on(extent: Extent) {
    audits_of(Call::Assistant, "assistant", &extent.of(one_side(0)));
}

fn an_audit_of_agents_has_a_line_for_every_row_and_goes_on(extent: Extent) {
    audits_of(Call::Agent, "agent", &extent.of(one_side(1)));
}

fn an_audit_that_may_choose_turns_to_the_agents_where_the_assistants_api_has_ended(extent: Extent) {
    let sound = sound_audit();
    let cases: Vec<_> = Shape::ALL
        .map(|shape| {
            let name = format!("410 as {shape:?}");
            asking(&name, Call::Assistant, shape.answer(410, &[]), sound).like("410")
        })
        .into();
    try_all(&extent.of(cases), |told| {
        let (ran, report) = audit(&told.scene(), &[]);
        ran.exits_with(told.code);
        assert_eq!(report.column("status"), ["read"; ROWS]);
        assert_eq!(report.column("read_from"), ["agent"; ROWS]);
    });
}

fn what_verify_meets_leaves_the_verdicts_of_the_run_alone(extent: Extent) {
    try_all(&extent.of(one_side(1)), |told| {
        let scene = Scene::of(Workspace::new(Vec::new()));
        scene.run(&[]).exits_with(0);
        let before = written(&scene).timeless();
        scene.workspace.ail(Fault::at(Call::Agent, told.place.row(), Arc::clone(&told.answer)));
        let verify = || {
            let mut program = scene.desk.program();
            program.args([
                "verify",
                "--timeout",
                PATIENT,
                "assistants.ledger",
                "--rpm",
                "1000000",
                "--retries",
                "0",
                "--concurrency",
                "1",
            ]);
            let ran = calm(&scene.desk, Ran::of(&mut program));
            (ran, Report::parse(&scene.desk.read("assistants.verify.csv")))
        };
        let (ran, verified) = verify();
        let ran = ran.exits_with(told.code);
        let errors = verified.column("error");
        // What says nothing about the agent leaves the run's verdict, with what happened now beside it.
        let mut expected = told.statuses("verified");
        for (status, error) in expected.iter_mut().zip(&errors) {
            if *status == "failed" {
                *status = "verified";
                assert_ne!(*error, "", "{}", ran.stderr);
            }
        }
        assert_eq!(verified.column("status"), expected, "errors {errors:?}\n{}", ran.stderr);
        assert_eq!(written(&scene).timeless(), before);
        scene.workspace.heal();
        let (ran, verified) = verify();
        ran.exits_with(0);
        assert_eq!(verified.column("status"), ["verified"; ROWS]);
        assert_eq!(report(&scene).timeless(), before);
    });
}

sampled! {
    a_list_is_written_whole_or_not_at_all
    a_doctor_names_what_is_wrong_with_the_models
    an_audit_goes_on_without_the_models_unless_it_is_the_key_that_is_refused
    an_audit_of_assistants_has_a_line_for_every_row_and_goes_on
    an_audit_of_agents_has_a_line_for_every_row_and_goes_on
    an_audit_that_may_choose_turns_to_the_agents_where_the_assistants_api_has_ended
    what_verify_meets_leaves_the_verdicts_of_the_run_alone
}
