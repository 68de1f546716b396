//! What a report says about switching off, in figures and row by row.

use super::*;
use crate::base::{RunFacts, SkipReason};
use crate::disable::store::{PlanOptions, Recovery};

fn facts(place: &Place) -> RunFacts {
    LedgerReader::open(&place.ledger()).unwrap().facts().unwrap()
}

/// A run of this kind: rows 1 to 3 verified, row 4 a mismatch, row 5 the same as row 1, row 6 not checked.
fn checked(disabling: Disabling) -> Running {
    let run = Running::begin(Place::new(), disabling, &rows(&[1, 2, 3, 4, 1, 6]));
    for number in 1..=3 {
        run.settle(pair(number), RowStatus::Verified);
    }
    run.settle(pair(4), RowStatus::Mismatch);
    run
}

#[test]
fn a_run_that_only_reads_asks_for_nothing() {
    let place = checked(Disabling::No).ended();
    let facts = facts(&place);
    assert_eq!((facts.disabling, facts.disabling_end), (Disabling::No, None));
    assert_eq!((facts.disabled, facts.skipped), (vec![(NotRequested, 6)], vec![]));
}

#[test]
fn a_dry_run_shows_its_plan_and_counts_what_is_not_in_it() {
    let run = checked(Disabling::DryRun);
    run.plan(PlanOptions { maximum: Some(2), ..PlanOptions::default() });
    let place = run.ended();
    let facts = facts(&place);
    assert_eq!((facts.disabling, facts.disabling_end), (Disabling::DryRun, None));
    assert_eq!(facts.disabled, [(DisabledState::WouldDisable, 2), (Skipped, 4)]);
    assert_eq!(facts.skipped, [(SkipReason::NotVerified, 3), (SkipReason::OverMaximum, 1)]);
    assert!(!place.refuses_to_go_aside());
}

#[test]
fn a_run_that_is_killed_before_its_plan_was_stopped() {
    let place = checked(Disabling::Yes).killed();
    let facts = facts(&place);
    assert_eq!((facts.disabling, facts.disabling_end), (Disabling::Yes, None));
    assert_eq!(facts.disabled, [(Skipped, 6)]);
    assert_eq!(facts.skipped, [(SkipReason::NotVerified, 3), (SkipReason::Stopped, 3)]);
}

#[test]
fn a_run_whose_probe_took_its_agent_along_says_so_in_every_row_it_left_alone() {
    let run = checked(Disabling::Yes);
    let probe = run.planned().remove(0);
    run.switch_off(&probe, Probe, conclusion(Disabled));
    run.switch_on(&probe, conclusion(Reverted));
    block_on(run.writer.end_disabling(DisablingEnd::OneRecord)).unwrap();
    let place = run.ended();
    let before = facts(&place);
    assert_eq!(before.disabling_end, Some(DisablingEnd::OneRecord));
    assert_eq!(before.disabled, [(Skipped, 5), (Reverted, 1)]);
    assert_eq!(before.skipped, [(SkipReason::NotVerified, 3), (SkipReason::OneRecord, 2)]);
    assert_eq!(place.row(1).skipped, Some(SkipReason::OneRecord));

    // A rollback is no run: what was asked for stays what it was.
    let run = Running::rollback(place);
    assert_eq!(run.owed(Recovery::Rollback), []);
    let place = run.ended();
    assert_eq!(facts(&place), before);
    // The next run that only reads asks for nothing, and says what was done.
    let place = Running::begin(place, Disabling::No, &rows(&[1, 2, 3])).ended();
    let facts = facts(&place);
    assert_eq!((facts.disabling, facts.disabling_end), (Disabling::No, None));
    assert_eq!(facts.disabled, [(NotRequested, 2), (Reverted, 1)]);
}

#[test]
fn a_rollback_changes_what_the_rows_are_and_not_what_the_run_was_asked_for() {
    let run = checked(Disabling::Yes);
    let planned = run.planned();
    for row in &planned {
        run.switch_off(row, Unwatched, conclusion(Disabled));
    }
    block_on(run.writer.end_disabling(DisablingEnd::Completed)).unwrap();
    let place = run.ended();
    let before = facts(&place);
    assert_eq!(before.disabled, [(Disabled, 3), (Skipped, 3)]);
    let run = Running::rollback(place);
    run.switch_on(&planned[0], conclusion(ReEnabled));
    let after = facts(&run.killed());
    assert_eq!(after.disabled, [(Disabled, 2), (Skipped, 3), (ReEnabled, 1)]);
    let only_the_rows = RunFacts {
        disabled: before.disabled.clone(),
        off_with_agents_id: before.off_with_agents_id,
        ..after
    };
    assert_eq!(only_the_rows, before);
}

#[test]
fn a_refusal_needs_somebody_until_another_intent_passes_over_it() {
    let run = checked(Disabling::Yes);
    let refused = run.planned().remove(0);
    run.switch_off(&refused, Unwatched, failed(DisabledState::Failed, FailureKind::Forbidden));
    block_on(run.writer.end_disabling(DisablingEnd::Stopped)).unwrap();
    let place = run.ended();
    let progress = |place: &Place| {
        let rows = place.report();
        let counted = facts(place).progress;
        assert_eq!(counted.rows(), rows.len() as u64);
        (counted.done, counted.needs_attention, counted.pending)
    };
    // The duplicate is done; the refused one and the mismatch need somebody; two are on, one is not checked.
    assert_eq!(progress(&place), (1, 2, 3));
    let place = Running::begin(place, Disabling::No, &rows(&[1, 2, 3, 4, 1, 6])).ended();
    assert_eq!(progress(&place), (3, 2, 1), "the refusal is still shown");
    let place = Running::begin(place, Disabling::Yes, &rows(&[1, 2, 3, 4, 1, 6])).killed();
    assert_eq!(progress(&place), (1, 1, 4));
}

#[test]
fn a_new_run_and_the_end_of_the_earlier_plan_are_one_event() {
    let run = checked(Disabling::DryRun);
    run.plan(PlanOptions::default());
    let place = run.ended();
    let before = (facts(&place), place.report());
    tamper(
        &place.ledger(),
        "CREATE TRIGGER kill BEFORE DELETE ON planned BEGIN SELECT raise(ABORT, 'killed'); END",
    );
    let settings = json!({});
    let command = RunCommand::Run { disabling: Disabling::Yes, probe_wait: PROBE_WAIT };
    let run = NewRun { command, program_version: "0.2.0", settings: &settings, started_at: time(99) };
    place.open().start(&run, Selection::default()).unwrap_err();
    assert_eq!((facts(&place), place.report()), before);
}
