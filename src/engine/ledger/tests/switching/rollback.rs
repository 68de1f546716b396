//! What `rollback` finds out before it writes, and opening a ledger for it.

use std::collections::BTreeSet;

use super::*;
use crate::base::RollbackPlan;
use crate::disable::store::{PlanOptions, Recovery};
use crate::engine::ledger::file::error::OpenError;

/// Rows 1 to 9: disabled, unknown, a probe that is stuck, off before we came, refused, never asked for, and three more
/// that are disabled.
fn mixed() -> Place {
    let numbers: Vec<u128> = (1..=9).collect();
    let run = verified_run(&numbers);
    let planned = run.planned();
    run.plan(PlanOptions { shown_off: vec![Uuid::from_u128(4)], ..PlanOptions::default() });
    run.switch_off(&planned[0], Unwatched, conclusion(Disabled));
    run.switch_off(&planned[1], Unwatched, failed(Unknown, FailureKind::Timeout));
    run.switch_off(&planned[2], Probe, conclusion(Disabled));
    run.switch_on(&planned[2], failed(RevertFailed, FailureKind::Timeout));
    run.switch_off(&planned[4], Unwatched, failed(DisabledState::Failed, FailureKind::Forbidden));
    for row in &planned[6..] {
        run.switch_off(row, Unwatched, conclusion(Disabled));
    }
    run.ended()
}

fn ids(numbers: &[u128]) -> BTreeSet<Uuid> {
    numbers.iter().copied().map(Uuid::from_u128).collect()
}

fn names(plan: &RollbackPlan) -> Vec<u128> {
    plan.first.iter().map(|candidate| candidate.pair.assistant.0.as_u128()).collect()
}

#[test]
fn a_rollback_takes_back_all_that_may_be_off_because_of_us() {
    let place = mixed();
    // Rows gone from the input stay for it.
    drop(place.import(&rows(&[20])));
    let ledger = Ledger::open_existing(&place.ledger()).unwrap();
    let plan = ledger.rollback_plan(None).unwrap();
    assert_eq!(plan.rows, [(Disabled, 4), (RevertFailed, 1), (Unknown, 1)]);
    assert_eq!((plan.count(), plan.left_alone, plan.already_disabled), (6, 0, 1));
    assert_eq!(names(&plan), [1, 2, 3, 7, 8], "the first few");
    assert_eq!(plan.first[0].name.as_deref(), Some("Contract helper"));
    assert_eq!(plan.first[0].updated_at, Some(time(-500)));
    assert_eq!(ledger.assistants_off().unwrap(), [1, 2, 3, 7, 8, 9].map(Uuid::from_u128));
}

#[test]
fn a_rollback_of_some_leaves_the_others_alone_but_for_what_an_earlier_run_owes() {
    let place = mixed();
    let ledger = Ledger::open_existing(&place.ledger()).unwrap();
    let plan = ledger.rollback_plan(Some(&ids(&[2, 4, 5, 8, 99]))).unwrap();
    assert_eq!(plan.rows, [(Disabled, 1), (RevertFailed, 1), (Unknown, 1)]);
    assert_eq!((names(&plan), plan.left_alone), (vec![2, 3, 8], 3));
    let is_known = [2, 99, 50].map(|id| ledger.knows_assistant(Uuid::from_u128(id)).unwrap());
    assert_eq!(is_known, [true, false, false]);
}

#[test]
fn what_a_rollback_did_is_what_there_is_nothing_left_of() {
    let run = Running::rollback(mixed());
    for owed in [Recovery::Revert, Recovery::RollbackRest] {
        for row in run.owed(owed) {
            run.switch_on(&row, conclusion(ReEnabled));
        }
    }
    assert_eq!(run.owed(Recovery::Rollback), []);
    let place = run.ended();
    let ledger = Ledger::open_existing(&place.ledger()).unwrap();
    let left = RollbackPlan { already_disabled: 1, ..RollbackPlan::default() };
    assert_eq!(ledger.rollback_plan(None).unwrap(), left);
    assert_eq!(ledger.assistants_off().unwrap(), [] as [Uuid; 0]);
    drop(ledger);
    let states: Vec<_> = place.report().iter().map(|row| row.disabled).collect();
    let failed = DisabledState::Failed;
    let on = ReEnabled;
    assert_eq!(states, [on, on, on, AlreadyDisabled, failed, Skipped, on, on, on]);
    assert!(!place.refuses_to_go_aside());
}

#[test]
fn a_ledger_that_must_exist_is_never_made() {
    let place = Place::new();
    assert!(matches!(Ledger::open_existing(&place.ledger()), Err(OpenError::Missing { .. })));
    assert!(matches!(Ledger::open_existing(&place.file("none/x.ledger")), Err(OpenError::Refused { .. })));
    assert_eq!(place.names(), [] as [&str; 0]);
}

#[test]
fn what_is_no_ledger_is_refused_there_too_and_left_as_it_was() {
    let place = Place::new();
    for (name, bytes) in
        [("empty", String::new()), ("text", "assistant_id\n1\n".into()), ("x", "x".repeat(9_999))]
    {
        fs::write(place.file(name), &bytes).unwrap();
        assert!(
            matches!(Ledger::open_existing(&place.file(name)), Err(OpenError::NotALedger { .. })),
            "{name}"
        );
        assert_eq!(fs::read(place.file(name)).unwrap(), bytes.as_bytes());
    }
    fs::create_dir(place.file("folder")).unwrap();
    assert!(matches!(Ledger::open_existing(&place.file("folder")), Err(OpenError::NotALedger { .. })));
    tamper(&place.file("y"), "CREATE TABLE t (x)");
    assert!(matches!(Ledger::open_existing(&place.file("y")), Err(OpenError::NotALedger { .. })));
    assert_eq!(place.names(), ["empty", "folder", "text", "x", "y"]);
}

#[test]
fn a_ledger_that_exists_is_opened_wherever_its_rows_come_from_and_by_one_at_a_time() {
    let place = Place::new();
    let elsewhere =
        Identity { base_url: "https://api.odeus.ai".into(), practice: false, purpose: Purpose::Run };
    let ours = Ledger::open(&place.ledger(), &elsewhere).unwrap();
    assert!(matches!(Ledger::open_existing(&place.ledger()), Err(OpenError::Locked { .. })));
    drop(ours);
    assert_eq!(Ledger::open_existing(&place.ledger()).unwrap().identity().unwrap(), elsewhere);
}
