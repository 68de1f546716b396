//! Which rows are planned, in which order, and which are open for a run that switches off.

use super::*;
use crate::base::NotPlanned;
use crate::disable::store::{PlanOptions, Recovery, Switchable};

fn two(assistant: u128, agent: u128) -> Pair {
    Pair { assistant: AssistantId(Uuid::from_u128(assistant)), agent: AgentId(Uuid::from_u128(agent)) }
}

/// A run that has verified these pairs, last updated at these times.
fn updated(rows: &[(Pair, Option<&str>)]) -> Running {
    let input: Vec<_> = (2..)
        .zip(rows)
        .map(|(line, (pair, _))| InputRow { target: Ok(*pair), ..row(line, pair.assistant.0.as_u128()) })
        .collect();
    let run = Running::begin(Place::new(), Disabling::Yes, &input);
    for (pair, updated_at) in rows {
        let assistant_updated_at = updated_at.map(|time| time.parse().unwrap());
        let verified = Outcome { assistant_updated_at, ..outcome(*pair, RowStatus::Verified) };
        settle(&run.writer, verified).unwrap();
    }
    run
}

fn assistants(rows: &[Switchable]) -> Vec<u128> {
    rows.iter().map(|row| row.pair.assistant.0.as_u128()).collect()
}

fn shown_off(numbers: &[u128]) -> PlanOptions {
    let shown_off = numbers.iter().copied().map(Uuid::from_u128).collect();
    PlanOptions { shown_off, ..PlanOptions::default() }
}

#[test]
fn other_uuids_go_first_then_the_least_recently_updated() {
    let run = updated(&[
        (pair(1), None),
        (pair(2), Some("2026-01-01T00:00:00.3Z")),
        (pair(3), Some("2026-01-01T00:00:00.2500001Z")),
        (pair(4), Some("2026-01-01T00:00:00Z")),
        (pair(5), Some("2026-01-01T00:00:00.25Z")),
        (pair(6), Some("2025-12-31T23:59:59.999999999Z")),
        (two(7, 70), Some("2026-06-01T00:00:00Z")),
        (two(8, 80), Some("2026-05-01T02:00:00+03:00")),
        (pair(9), Some("1999-01-01T00:00:00Z")),
        (two(10, 100), None),
        (pair(11), None),
    ]);
    let plan = run.plan(PlanOptions::default());
    assert_eq!(assistants(&run.plan_pages().concat()), [8, 7, 10, 9, 6, 4, 5, 3, 2, 1, 11]);
    assert_eq!((plan.rows, plan.other_uuid, plan.not_planned), (11, 3, vec![]));
    let probe = plan.probe.unwrap();
    assert_eq!((probe.pair, probe.name.as_deref()), (pair(9), Some("Contract helper")));
    assert_eq!(probe.updated_at, Some("1999-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn a_plan_without_shared_uuids_needs_no_probe() {
    let run = updated(&[(two(1, 10), None), (two(2, 20), None)]);
    let plan = run.plan(PlanOptions::default());
    assert_eq!((plan.rows, plan.other_uuid, plan.probe), (2, 2, None));
}

#[test]
fn the_maximum_takes_from_the_front() {
    let run = updated(&[(pair(1), Some("2026-01-02T00:00:00Z")), (pair(2), None), (two(3, 30), None)]);
    for (maximum, expected, probe) in [
        (0, vec![], None),
        (1, vec![3], None),
        (2, vec![3, 1], Some(pair(1))),
        (u64::MAX, vec![3, 1, 2], Some(pair(1))),
    ] {
        let plan = run.plan(PlanOptions { maximum: Some(maximum), ..PlanOptions::default() });
        assert_eq!(assistants(&run.plan_pages().concat()), expected);
        let left = 3 - expected.len() as u64;
        let not_planned = if left == 0 { vec![] } else { vec![(NotPlanned::OverMaximum, left)] };
        assert_eq!((plan.rows, plan.not_planned), (expected.len() as u64, not_planned));
        assert_eq!(plan.probe.map(|probe| probe.pair), probe);
    }
}

#[test]
fn what_the_list_shows_off_without_us_is_already_off_and_no_probe() {
    let run = verified_run(&[1, 2, 3]);
    let plan = run.plan(shown_off(&[1, 99]));
    assert_eq!((plan.rows, plan.not_planned), (2, vec![(NotPlanned::AlreadyOff, 1)]));
    assert_eq!(plan.probe.unwrap().pair, pair(2));
    assert_eq!(run.report(1).disabled, AlreadyDisabled);
    // Seen on by a later list, it is forgotten; not seen at all, what was seen last counts.
    assert_eq!(run.plan(PlanOptions::default()).rows, 2);
    let shown_on = vec![Uuid::from_u128(1)];
    assert_eq!(run.plan(PlanOptions { shown_on, ..PlanOptions::default() }).rows, 3);
    assert_eq!(run.report(1).disabled, Skipped);
}

#[test]
fn only_what_this_run_has_verified_is_marked_as_already_off() {
    let run = verified_run(&[1, 2]).killed_and_begun_again(&[1, 2, 3]);
    run.settle(pair(3), RowStatus::Mismatch);
    let plan = run.plan(shown_off(&[1, 2, 3]));
    assert_eq!(plan.rows, 0);
    let not_planned = [(NotPlanned::Status(RowStatus::Mismatch), 1), (NotPlanned::BeyondLimit, 2)];
    assert_eq!(plan.not_planned, not_planned);
    assert_eq!([1, 2, 3].map(|number| run.report(number).disabled), [Skipped; 3]);
}

#[test]
fn an_intent_of_ours_wins_over_what_the_list_shows() {
    let run = verified_run(&[1, 2, 3, 4, 5]);
    let rows = run.planned();
    run.switch_off(&rows[0], Unwatched, failed(Unknown, FailureKind::Timeout));
    run.switch_off(&rows[1], Unwatched, conclusion(Disabled));
    run.switch_on(&rows[1], conclusion(ReEnabled));
    run.switch_off(&rows[2], Unwatched, failed(DisabledState::Failed, FailureKind::Forbidden));
    run.switch_off(&rows[3], Unwatched, failed(Unknown, FailureKind::Timeout));
    let run = run.killed_and_begun_again(&[1, 2, 3, 4, 5]);
    for number in 1..=5 {
        run.settle(pair(number), RowStatus::Verified);
    }
    let plan = run.plan(shown_off(&[1, 2, 3, 5]));
    // 2 was on again a moment ago: the list may be behind, so it is left for another run. 3 was refused: not our doing.
    assert_eq!(assistants(&run.plan_pages().concat()), [4]);
    let (off, ours, behind) =
        (NotPlanned::AlreadyOff, NotPlanned::OffByEarlierRun, NotPlanned::StillShownOff);
    assert_eq!(plan.not_planned, [(off, 2), (ours, 1), (behind, 1)]);
    let place = run.killed();
    let states = [1, 3, 4, 5].map(|number| place.state(number));
    assert_eq!(states, [Disabled, AlreadyDisabled, Unknown, AlreadyDisabled]);
    let found_off = place.row(1);
    assert_eq!((found_off.error().as_str(), found_off.remedy()), ("", crate::base::Remedy::Nothing));
    assert!(place.refuses_to_go_aside());
}

#[test]
fn what_was_on_again_long_ago_and_is_shown_off_somebody_else_has_switched_off() {
    let run = verified_run(&[1]);
    let row = run.row(1);
    run.switch_off(&row, Unwatched, conclusion(Disabled));
    run.switch_on(&row, conclusion(ReEnabled));
    let later = time(20) + jiff::SignedDuration::from_mins(3);
    assert_eq!(block_on(run.writer.plan(shown_off(&[1]), later)).unwrap().rows, 0);
    assert_eq!(run.report(1).disabled, AlreadyDisabled);
}

#[test]
fn of_several_rows_of_one_assistant_the_one_with_its_own_id_decides() {
    let input = [row(2, 1), InputRow { target: Ok(two(1, 10)), ..row(3, 1) }, row(4, 2)];
    let other = InputRow { target: Ok(two(3, 30)), ..row(5, 3) };
    let another = InputRow { target: Ok(two(3, 31)), ..row(6, 3) };
    let input = [&input[..], &[other, another]].concat();
    let run = Running::begin(Place::new(), Disabling::Yes, &input);
    for pair in [two(3, 31), two(3, 30), two(1, 10), pair(1), pair(2)] {
        run.settle(pair, RowStatus::Verified);
    }
    let plan = run.plan(PlanOptions::default());
    assert_eq!((plan.rows, plan.other_uuid), (3, 1));
    assert_eq!(plan.not_planned, [(NotPlanned::AnotherRow, 2)]);
    assert_eq!(assistants(&run.plan_pages().concat()), [3, 1, 2]);
    // Where the row with its own id is not verified, its agent is in use all the same: none goes off.
    run.settle(pair(1), RowStatus::Mismatch);
    assert_eq!(run.plan(PlanOptions::default()).rows, 2);
}

#[test]
fn agents_that_the_list_does_not_show_are_told_of_unless_there_is_no_list() {
    let run = verified_run(&[1, 2, 3]);
    assert_eq!(run.plan(PlanOptions::default()).unlisted, None);
    let shown_on = vec![Uuid::from_u128(1)];
    let (agents, first) = run.plan(PlanOptions { shown_on, ..PlanOptions::default() }).unlisted.unwrap();
    assert_eq!((agents, first.pair), (2, pair(2)));
}

/// On and off are the assistant's: a second request would find nothing to do, and "off before us" would be wrong.
#[test]
fn what_we_switched_off_beside_another_agent_is_off_by_us_in_each_of_its_rows() {
    let run = verified_run(&[1]);
    run.switch_off(&run.row(1), Unwatched, conclusion(Disabled));
    let mended = InputRow { target: Ok(two(1, 10)), ..row(2, 1) };
    let run = Running::begin(run.killed(), Disabling::Yes, &[mended]);
    run.settle(two(1, 10), RowStatus::Verified);
    let plan = run.plan(shown_off(&[1]));
    assert_eq!((plan.rows, plan.not_planned), (0, vec![(NotPlanned::OffByEarlierRun, 1)]));
    assert_eq!(run.place.report()[0].disabled, Disabled);
    let first = run.owed(Recovery::Rollback).remove(0);
    run.switch_on(&first, conclusion(ReEnabled));
    assert_eq!(run.owed(Recovery::Rollback), [], "all its rows are on again");
}

#[test]
fn planned_and_not_planned_rows_are_all_rows() {
    let numbers = [1, 2, 3, 4, 5, 6, 7];
    let earlier = verified_run(&numbers);
    let rows = earlier.planned();
    earlier.switch_off(&rows[0], Unwatched, conclusion(Disabled));
    let mut input = crate::engine::ledger::tests::rows(&[1, 2, 3, 4, 5, 6, 7, 3, 8, 9]);
    input.push(InputRow { target: Err(InvalidId::Empty), ..row(12, 1) });
    let run = Running::begin(earlier.killed(), Disabling::Yes, &input);
    for number in [1, 2, 3, 4, 5] {
        run.settle(pair(number), RowStatus::Verified);
    }
    run.settle(pair(8), RowStatus::AgentNotFound);
    let plan = run.plan(PlanOptions { maximum: Some(2), ..shown_off(&[5, 6]) });
    assert_eq!(plan.rows, 2);
    let expected = [
        (NotPlanned::Status(RowStatus::AgentNotFound), 1),
        (NotPlanned::Status(RowStatus::InvalidId), 1),
        (NotPlanned::Status(RowStatus::Duplicate), 1),
        (NotPlanned::Status(RowStatus::NotChecked), 1),
        (NotPlanned::AlreadyOff, 1),
        (NotPlanned::OffByEarlierRun, 1),
        (NotPlanned::BeyondLimit, 2),
        (NotPlanned::OverMaximum, 1),
    ];
    assert_eq!(plan.not_planned, expected);
    assert_eq!(plan.rows + expected.iter().map(|(_, rows)| rows).sum::<u64>(), input.len() as u64);
}

#[test]
fn a_plan_lives_until_the_next_run_and_a_rollback_leaves_it() {
    let run = Running::begin(Place::new(), Disabling::DryRun, &rows(&[1]));
    run.settle(pair(1), RowStatus::Verified);
    assert_eq!(run.planned().len(), 1);
    let run = Running::rollback(run.killed());
    assert_eq!(run.plan_pages().len(), 1);
    let place = run.killed();
    assert_eq!(place.state(1), DisabledState::WouldDisable);
    let run = Running::begin(place, Disabling::DryRun, &rows(&[1]));
    assert_eq!(run.plan_pages().len(), 0);
    assert_eq!(run.killed().state(1), Skipped);
}

#[test]
fn a_run_that_switches_off_asks_for_verified_rows_until_they_are_off() {
    let numbers = [1, 2, 3, 4, 5, 6];
    let run = verified_run(&numbers);
    let planned = run.planned();
    run.plan(shown_off(&[2]));
    run.switch_off(&planned[0], Unwatched, conclusion(Disabled));
    run.switch_off(&planned[2], Unwatched, failed(Unknown, FailureKind::Timeout));
    run.switch_off(&planned[3], Unwatched, failed(DisabledState::Failed, FailureKind::Forbidden));
    run.settle(pair(5), RowStatus::Mismatch);
    let place = run.ended();
    let disabling = Selection { disabling: true, ..Selection::default() };
    for (selection, expected, beyond_limit) in [
        (Selection::default(), vec![6], 0),
        (disabling, vec![4, 5, 6, 7], 0),
        (Selection { limit: Some(2), ..disabling }, vec![4, 5], 2),
        (Selection { recheck_before: Some(time(10)), ..disabling }, vec![4, 5, 6, 7], 0),
        (Selection { recheck_before: Some(time(11)), ..disabling }, vec![2, 3, 4, 5, 6, 7], 0),
        (Selection { recheck_before: Some(time(11)), limit: Some(3), ..disabling }, vec![2, 3, 4], 3),
    ] {
        for counts_first in [true, false] {
            let place = place.killed();
            let mut ledger = place.import(&rows(&numbers));
            if counts_first {
                let backlog = ledger.backlog(&selection).unwrap();
                let to_do = expected.len() as u64;
                let settled_before = 6 - to_do - beyond_limit;
                let counted = Backlog { rows: 6, settled_before, to_do, beyond_limit, ..Backlog::default() };
                assert_eq!(backlog, counted, "{selection:?}");
            }
            let (_writer, mut open_rows, _thread) = start_to(Disabling::Yes, ledger, selection);
            let lines: Vec<_> = open_rows.next_page(100).unwrap().iter().map(|job| job.line).collect();
            assert_eq!(lines, expected, "{selection:?}");
        }
    }
}
