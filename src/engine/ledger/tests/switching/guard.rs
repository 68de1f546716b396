//! What the guard, or an earlier run that was killed, still owes a row.

use super::*;
use crate::disable::store::{LastLook, PlanOptions, Recovery};

#[test]
fn a_probe_is_owed_its_return_until_the_guard_lets_it_stay_off() {
    let run = verified_run(&[1, 2, 3]);
    let [probe, second, third] = run.planned().try_into().unwrap();
    run.switch_off(&probe, Probe, conclusion(Disabled));
    assert_eq!(run.place.killed().unsettled(), Unsettled { reverts: 1, ..NOTHING });
    assert_eq!(run.owed(Recovery::RollbackRest), []);

    block_on(run.writer.let_stay_off(&probe)).unwrap();
    assert_eq!(run.place.killed().unsettled(), Unsettled { looks: 1, ..NOTHING });
    run.switch_off(&second, Watched, conclusion(Disabled));
    run.switch_off(&third, Watched, failed(Unknown, FailureKind::Timeout));
    assert_eq!(run.place.killed().unsettled(), Unsettled { answers: 1, looks: 3, ..NOTHING });
    let LastLook { agents, last, probe_wait } = block_on(run.writer.last_look()).unwrap();
    assert_eq!(probe_wait, PROBE_WAIT);
    assert_eq!(agents, [1, 2, 3].map(Uuid::from_u128).into());
    assert!(last.is_some());

    let place = {
        block_on(run.writer.looks_are_done()).unwrap();
        run.killed()
    };
    assert_eq!(place.unsettled(), Unsettled { answers: 1, ..NOTHING });
    assert_eq!([1, 2, 3].map(|number| place.state(number)), [Disabled, Disabled, Unknown]);
}

#[test]
fn what_the_last_look_condemns_is_owed_its_return_until_it_is_on_again() {
    let run = verified_run(&[1, 2, 3, 4]);
    let [probe, second, third, unwatched] = run.planned().try_into().unwrap();
    run.switch_off(&unwatched, Unwatched, conclusion(Disabled));
    run.switch_off(&probe, Probe, conclusion(Disabled));
    block_on(run.writer.let_stay_off(&probe)).unwrap();
    run.switch_off(&second, Watched, conclusion(Disabled));
    run.switch_off(&third, Watched, failed(Unknown, FailureKind::Timeout));
    assert_eq!(block_on(run.writer.condemn()).unwrap(), 3);
    assert_eq!(run.place.killed().unsettled(), Unsettled { reverts: 3, ..NOTHING });

    let condemned = run.owed(Recovery::Revert);
    assert_eq!(condemned.iter().map(|row| row.pair).collect::<Vec<_>>(), [pair(1), pair(2), pair(3)]);
    run.switch_on(&condemned[0], conclusion(Reverted));
    assert_eq!(run.place.killed().unsettled(), Unsettled { reverts: 2, ..NOTHING });
    run.switch_on(&condemned[1], failed(RevertFailed, FailureKind::Timeout));
    // The third was not come to.
    assert_eq!(block_on(run.writer.give_up_reverts()).unwrap(), 2);
    block_on(run.writer.end_disabling(DisablingEnd::FlippedLate)).unwrap();
    let place = run.ended();
    let states = [1, 2, 3, 4].map(|number| place.state(number));
    assert_eq!(states, [Reverted, RevertFailed, RevertFailed, Disabled]);
    assert_eq!(place.row(2).error(), "enable: timeout: sorry");
    assert_eq!(place.unsettled(), Unsettled { reverts: 2, ..NOTHING });

    // The next run does this first.
    let run = Running::begin(place, Disabling::No, &rows(&[1, 2, 3, 4]));
    for row in run.owed(Recovery::Revert) {
        assert_eq!(row.state, RevertFailed);
        run.switch_on(&row, conclusion(Reverted));
    }
    let place = run.ended();
    assert_eq!(place.unsettled(), NOTHING);
    let states = [1, 2, 3, 4].map(|number| place.state(number));
    assert_eq!(states, [Reverted, Reverted, Reverted, Disabled]);
    assert_eq!(place.row(2).error(), "");
}

#[test]
fn where_some_agents_are_missed_their_rows_alone_are_owed_their_return() {
    let run = verified_run(&[1, 2, 3]);
    for row in run.planned() {
        run.switch_off(&row, Watched, conclusion(Disabled));
    }
    // The last is none of those looked at.
    let missing = [2, 9].map(|number| AgentId(Uuid::from_u128(number)));
    assert_eq!(block_on(run.writer.condemn_alone(missing.to_vec())).unwrap(), 1);
    assert_eq!(run.place.killed().unsettled(), Unsettled { reverts: 1, ..NOTHING });
    let condemned = run.owed(Recovery::Revert);
    assert_eq!(condemned.iter().map(|row| row.pair).collect::<Vec<_>>(), [pair(2)]);
    run.switch_on(&condemned[0], conclusion(Reverted));
    block_on(run.writer.end_disabling(DisablingEnd::SomeMissing)).unwrap();
    let place = run.ended();
    assert_eq!(place.unsettled(), NOTHING);
    assert_eq!([1, 2, 3].map(|number| place.state(number)), [Disabled, Reverted, Disabled]);
    assert_eq!(place.row(2).remedy(), crate::base::Remedy::FindAgent);
}

#[test]
fn an_open_intent_of_an_earlier_run_is_answered_and_stays_to_be_looked_up_while_it_is_unknown() {
    for (found, unsettled) in [
        (Disabled, Unsettled { looks: 1, ..NOTHING }),
        (Unknown, Unsettled { answers: 2, looks: 1, ..NOTHING }),
    ] {
        let run = verified_run(&[1, 2, 3]);
        let [first, second, _] = run.planned().try_into().unwrap();
        run.intend(&first, Unwatched).unwrap();
        run.intend(&second, Watched).unwrap();
        let run = run.killed_and_begun_again(&[1, 2, 3]);
        assert_eq!(run.place.killed().unsettled(), Unsettled { answers: 2, looks: 1, ..NOTHING });
        for row in run.owed(Recovery::Answer) {
            let switched = block_on(run.writer.answer(row.clone(), conclusion(found))).unwrap();
            assert_eq!((switched.pair, switched.state), (row.pair, found));
        }
        assert_eq!(run.owed(Recovery::Answer).len() as u64, unsettled.answers);
        let place = run.killed();
        assert_eq!(place.unsettled(), unsettled);
        assert_eq!([1, 2, 3].map(|number| place.state(number)), [found, found, Skipped]);
        let outcome = attempt("off", found.as_str());
        assert_eq!(place.attempts(), [outcome.clone(), outcome]);
    }
}

#[test]
fn an_unanswered_request_is_looked_up_by_each_run_and_keeps_its_error() {
    let run = verified_run(&[1]);
    run.switch_off(&run.row(1), Unwatched, failed(Unknown, FailureKind::Timeout));
    let place = run.killed();
    assert_eq!((place.state(1), place.unsettled()), (Unknown, Unsettled { answers: 1, ..NOTHING }));
    let run = Running::begin(place, Disabling::No, &rows(&[1]));
    block_on(run.writer.answer(run.owed(Recovery::Answer).remove(0), conclusion(Unknown))).unwrap();
    assert_eq!(run.killed().row(1).error(), "disable: timeout: sorry");
}

#[test]
fn what_comes_on_again_closes_every_open_intent() {
    for (on, role) in [(Reverted, Probe), (ReEnabled, Unwatched), (ReEnabled, Watched)] {
        let run = verified_run(&[1]);
        let row = run.row(1);
        run.intend(&row, role).unwrap();
        let run = run.killed_and_begun_again(&[1]);
        run.settle(pair(1), RowStatus::Verified);
        run.intend(&row, role).unwrap();
        let run = Running::rollback(run.killed());
        run.switch_on(&row, conclusion(on));
        let place = run.killed();
        assert_eq!(place.unsettled(), NOTHING, "{on}");
        assert_eq!(place.attempts(), ["off", "off", "on"].map(|wanted| attempt(wanted, on.as_str())));
        assert!(!place.refuses_to_go_aside());
    }
}

#[test]
fn what_does_not_come_on_again_stays_owed() {
    for (role, state, unsettled) in [
        (Probe, RevertFailed, Unsettled { reverts: 1, ..NOTHING }),
        (Probe, Disabled, Unsettled { reverts: 1, ..NOTHING }),
        (Watched, Disabled, Unsettled { looks: 1, ..NOTHING }),
        (Watched, Unknown, Unsettled { answers: 1, looks: 1, ..NOTHING }),
        (Unwatched, Disabled, NOTHING),
        (Unwatched, RevertFailed, Unsettled { reverts: 1, ..NOTHING }),
    ] {
        let run = verified_run(&[1]);
        let row = run.row(1);
        run.switch_off(&row, role, conclusion(Disabled));
        run.switch_on(&row, failed(state, FailureKind::Server { status: 500 }));
        let place = run.killed();
        assert_eq!((place.state(1), place.unsettled()), (state, unsettled), "{role:?}");
        assert!(place.refuses_to_go_aside(), "{role:?} {state}");
    }
}

#[test]
fn a_probe_that_was_switched_on_again_can_be_switched_off_at_the_persons_word() {
    let run = verified_run(&[1]);
    let row = run.row(1);
    run.switch_off(&row, Probe, conclusion(Disabled));
    run.switch_on(&row, conclusion(Reverted));
    assert_eq!(run.place.killed().unsettled(), NOTHING);
    run.switch_off(&row, Watched, conclusion(Disabled));
    let place = run.killed();
    assert_eq!((place.state(1), place.unsettled()), (Disabled, Unsettled { looks: 1, ..NOTHING }));
}

#[test]
fn hundreds_of_rows_are_owed_in_pages() {
    let run = verified_run(&[]);
    let numbers: Vec<u128> = (1..=700).collect();
    let run = Running::begin(run.ended(), Disabling::Yes, &rows(&numbers));
    for number in &numbers {
        run.settle(pair(*number), RowStatus::Verified);
    }
    run.plan(PlanOptions::default());
    let pages = run.plan_pages();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 188]);
    let planned = pages.concat();
    for row in &planned {
        run.intend(row, Watched).unwrap();
    }
    assert_eq!(run.owed(Recovery::Answer).len(), 700);
    assert_eq!(block_on(run.writer.last_look()).unwrap().agents.len(), 700);
    let taken_back: Vec<_> = run.owed(Recovery::Rollback).into_iter().map(|row| row.pair).collect();
    assert_eq!(taken_back, planned.into_iter().map(|row| row.pair).collect::<Vec<_>>());
}
