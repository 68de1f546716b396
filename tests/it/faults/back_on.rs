//! Faults of `rollback`.

use std::sync::Arc;

use crate::faults::answers::{Shape, body_as_it_is, scope_missing, wire};
use crate::faults::cases::{Case, try_all};
use crate::faults::disabling::{around, command, rollback, the_ledger_is_right};
use crate::faults::reading::{report, written};
use crate::faults::workspace::{Answer, Call, Fault, Place, ROWS, Scene, Workspace};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::Step::Reset;

/// What the case is, the answer, the states of all rows when it is this row's, and the exit code.
type Line = (&'static str, Answer, fn(usize) -> [&'static str; ROWS], i32);

/// A fault of `rollback` behind a run that switched everything off.
struct BackOn {
    place: Place,
    answer: Answer,
    /// The states after it, and its exit code.
    comes: ([&'static str; ROWS], i32),
}

impl BackOn {
    fn check(&self) {
        let scene = Scene::of(Workspace::new(Vec::new()));
        command(&scene, &[]).exits_with(0);
        scene.workspace.ail(Fault::at(Call::Enable, self.place.row(), Arc::clone(&self.answer)));
        let ran = rollback(&scene);
        let before = report(&scene);
        assert_eq!((before.disabled(), ran.code), (self.comes.0.to_vec(), self.comes.1), "{}", ran.stderr);
        the_ledger_is_right(&scene, &before);
        scene.workspace.heal();
        rollback(&scene).exits_with(0);
        assert_eq!(scene.workspace.off(), [0; 0]);
        assert_eq!(written(&scene).disabled(), ["re_enabled"; ROWS]);
    }
}

fn what_rollback_cannot_switch_on_stays_on_record_and_comes_on_the_next_time(extent: Extent) {
    let stays = |row| around(row, "re_enabled", "disabled", "re_enabled");
    let open = |row| around(row, "re_enabled", "unknown", "re_enabled");
    let stops = |row| around(row, "re_enabled", "disabled", "disabled");
    #[rustfmt::skip] // A line per fact.
    let lines: [Line; 9] = [
        ("400", Shape::Message.answer(400, &[]), stays, 3),
        ("403", Shape::Error.answer(403, &[]), stays, 3),
        ("404", Shape::Empty.answer(404, &[]), stays, 3),
        ("401", Shape::Message.answer(401, &[]), stops, 5),
        ("403 with a missing scope", scope_missing(), stops, 5),
        ("429 with an absurd wait", Shape::Empty.answer(429, &[("retry-after", "99999999")]), stops, 4),
        ("500", Shape::TypedError.answer(500, &[]), open, 3),
        ("reset", wire(|_| vec![Reset]), open, 3),
        ("a page", body_as_it_is(200, "<!DOCTYPE html><title>Welcome</title>"), open, 3),
    ];
    let mut cases = Vec::new();
    for (what, answer, states, code) in lines {
        for place in Place::ALL {
            let comes = (states(place.row()), code);
            let name = format!("{what}, Enable of {place:?} row: {comes:?}");
            cases.push(Case::of(what, name, BackOn { place, answer: Arc::clone(&answer), comes }));
        }
    }
    try_all(&extent.of(cases), BackOn::check);
}

sampled! {
    what_rollback_cannot_switch_on_stays_on_record_and_comes_on_the_next_time
}
