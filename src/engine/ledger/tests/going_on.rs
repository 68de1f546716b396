//! Which rows a run asks for, and what becomes of earlier results.

use proptest::prelude::*;

use super::*;
use crate::base::RowStatus::{AgentNotFound, Failed, Mismatch, NoAccess, Verified};
use crate::base::{NotPlanned, Remedy, SkipReason};
use crate::disable::store::PlanOptions;

fn lines(page: &[Job]) -> Vec<u64> {
    page.iter().map(|job| job.line).collect()
}

/// Every line, paged by two.
fn all_lines(open_rows: &mut OpenRows) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let page = open_rows.next_page(2).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(lines(&page));
    }
}

#[test]
fn a_second_run_asks_only_for_what_is_not_settled() {
    let place = Place::new();
    let input = rows(&[1, 2, 3, 4]);
    assert_eq!(place.run(&input, &[Verified, NoAccess, Verified]), [2, 3, 4, 5]);
    let backlog = place.import(&input).backlog(&Selection::default()).unwrap();
    assert_eq!(backlog, Backlog { rows: 4, settled_before: 2, to_do: 2, ..Backlog::default() });
    // Line 5 was never checked: it comes before line 3.
    assert_eq!(place.run(&input, &[Verified, Verified]), [5, 3]);
    assert_eq!(place.run(&input, &[]), Vec::<u64>::new());
}

#[test]
fn rows_never_checked_come_first_then_the_open_ones_each_in_input_order_and_once() {
    let place = Place::new();
    place.run(&rows(&[1, 2, 3, 4, 5]), &[Mismatch, Verified, Failed, NoAccess, AgentNotFound]);
    let ledger = place.import(&rows(&[9, 5, 4, 3, 2, 1, 8, 7]));
    let (writer, mut open_rows, thread) = start(ledger, Selection::default());
    let mut seen = Vec::new();
    loop {
        let page = open_rows.next_page(2).unwrap();
        if page.is_empty() {
            break;
        }
        for job in page {
            seen.push(job.line);
            // Not settled by this run either: all the same it does not come again.
            settle(&writer, outcome(job.pair, Mismatch)).unwrap();
        }
    }
    assert_eq!(seen, [2, 8, 9, 3, 4, 5, 7]);
    assert_eq!(open_rows.next_page(2).unwrap(), []);
    drop(open_rows);
    thread.finish(end()).unwrap();
}

#[test]
fn a_limit_counts_rows_that_are_not_settled() {
    let place = Place::new();
    let input = rows(&[1, 2, 3, 4, 5]);
    place.run(&input, &[Verified]);
    let selection = Selection { limit: Some(3), ..Selection::default() };
    let mut ledger = place.import(&input);
    let expected = Backlog { rows: 5, settled_before: 1, to_do: 3, beyond_limit: 1, ..Backlog::default() };
    assert_eq!(ledger.backlog(&selection).unwrap(), expected);
    let (_writer, mut open_rows, thread) = start(ledger, selection);
    assert_eq!(all_lines(&mut open_rows), [3, 4, 5]);
    drop(open_rows);
    thread.finish(end()).unwrap();
}

#[test]
fn verdicts_older_than_asked_for_are_checked_again() {
    let place = Place::new();
    let input = rows(&[1, 2, 3]);
    let (writer, open_rows, thread) = start(place.import(&input), Selection::default());
    for (number, seconds) in [(1, 10), (2, 20)] {
        settle(&writer, Outcome { checked_at: time(seconds), ..outcome(pair(number), Verified) }).unwrap();
    }
    drop(open_rows);
    thread.finish(end()).unwrap();
    let selection = Selection { recheck_before: Some(time(20)), ..Selection::default() };
    let mut ledger = place.import(&input);
    let expected = Backlog { rows: 3, settled_before: 1, to_do: 2, ..Backlog::default() };
    assert_eq!(ledger.backlog(&selection).unwrap(), expected);
    let (writer, mut open_rows, thread) = start(ledger, selection);
    let page = open_rows.next_page(1).unwrap();
    assert_eq!(lines(&page), [4]);
    // A clock that was set back must not bring the row again in this run.
    settle(&writer, Outcome { checked_at: time(-100), ..outcome(pair(3), Verified) }).unwrap();
    assert_eq!(all_lines(&mut open_rows), [2]);
    drop(open_rows);
    thread.finish(end()).unwrap();
}

#[test]
fn duplicates_are_rows_with_both_ids_of_an_earlier_line() {
    let place = Place::new();
    let other_agent = Pair { agent: AgentId(Uuid::from_u128(77)), ..pair(1) };
    let input = vec![
        row(2, 1),
        InputRow { target: Ok(other_agent), ..row(3, 1) },
        InputRow { input: "{UPPER}".into(), ..row(4, 1) },
        row(5, 2),
        row(6, 1),
        InputRow { target: Ok(other_agent), ..row(7, 1) },
        InputRow { target: Err(InvalidId::Empty), input: String::new(), ..row(8, 1) },
        InputRow { target: Err(InvalidId::Empty), input: String::new(), ..row(9, 1) },
    ];
    let backlog = place.import(&input).backlog(&Selection::default()).unwrap();
    assert_eq!(backlog, Backlog { rows: 8, invalid: 2, duplicates: 3, to_do: 3, ..Backlog::default() });
    assert_eq!(place.run(&input, &[Verified, Mismatch]), [2, 3, 5]);
    let repeats: Vec<_> = place.report().iter().map(|row| row.duplicate_of).collect();
    let (first, second) = (Some((2, Verified)), Some((3, Mismatch)));
    assert_eq!(repeats, [None, None, first, None, first, second, None, None]);
}

#[test]
fn a_mended_cell_and_more_lines_are_simply_new_rows() {
    let place = Place::new();
    place.run(&rows(&[1, 2, 3]), &[Verified, Verified, Verified]);
    assert_eq!(place.run(&rows(&[1, 20, 3, 4]), &[]), [3, 5]);
}

#[test]
fn results_of_rows_gone_from_the_input_stay_for_their_return() {
    let place = Place::new();
    place.run(&rows(&[1, 2, 3]), &[Verified, Verified, Mismatch]);
    assert_eq!(place.run(&rows(&[3]), &[]), [2]);
    assert_eq!(place.report().len(), 1);
    let statuses: Vec<_> = {
        place.run(&rows(&[2, 3, 1]), &[]);
        place.report().iter().map(|row| row.status).collect()
    };
    assert_eq!(statuses, [Verified, Mismatch, Verified]);
}

#[test]
fn an_input_that_changes_anywhere_is_what_the_report_shows() {
    let before = rows(&[1, 2, 3, 2]);
    let mut changed_cell = before.clone();
    changed_cell[1].input = "urn:uuid:2".into();
    let mut changed_column = before.clone();
    changed_column[3].carried = vec!["Sales".into()];
    let mut moved = before.clone();
    for row in &mut moved {
        row.line += 1;
    }
    let mut longer = before.clone();
    longer.push(row(6, 3));
    for after in
        [before.clone(), changed_cell, changed_column, moved, longer, rows(&[2, 2]), rows(&[1, 2]), vec![]]
    {
        let place = Place::new();
        drop(place.import(&before));
        drop(place.import(&after));
        let fresh = Place::new();
        drop(fresh.import(&after));
        assert_eq!(place.report(), fresh.report());
        assert_eq!(place.report().len(), after.len());
    }
}

#[test]
fn an_input_that_breaks_off_changes_nothing() {
    let place = Place::new();
    let mut ledger = place.import(&rows(&[1, 2]));
    for good in [0, 1, 2, 5] {
        let mut input: Vec<Result<InputRow, &str>> =
            rows(&[1, 7, 8, 9, 10]).into_iter().take(good).map(Ok).collect();
        input.push(Err("line 4: a quote is never closed"));
        let error = ledger.import(&format(), input.into_iter()).unwrap_err();
        assert!(matches!(error, ImportError::Input("line 4: a quote is never closed")));
    }
    drop(ledger);
    let pairs: Vec<_> = place.report().iter().map(|row| row.pair).collect();
    assert_eq!(pairs, [Some(pair(1)), Some(pair(2))]);
}

#[test]
fn a_failed_recheck_keeps_what_was_read_before_and_adds_what_it_cost() {
    let place = Place::new();
    let input = rows(&[1]);
    place.run(&input, &[Mismatch]);
    let failure = CallFailure::new(Call::Agent, FailureKind::NotFound, "gone");
    let (writer, open_rows, thread) = start(place.import(&input), Selection::default());
    let recheck = Outcome {
        name: None,
        failure: Some(failure.clone()),
        assistant_updated_at: Some(time(-5)),
        agent_updated_at: None,
        documents: Documents {
            assistant: Some(Bytes::from_static(b"{\"assistant\":1}")),
            agent: None,
            inspection: None,
        },
        checked_at: time(99),
        ..outcome(pair(1), AgentNotFound)
    };
    settle(&writer, recheck).unwrap();
    drop(open_rows);
    thread.finish(end()).unwrap();
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    let row = &report(&reader)[0];
    assert_eq!((row.status, row.name.as_str()), (AgentNotFound, "Contract helper"));
    assert_eq!(row.failure, Some(failure));
    assert_eq!((row.assistant_updated_at, row.agent_updated_at), (Some(time(-5)), Some(time(-400))));
    assert_eq!((row.requests, row.elapsed_ms, row.checked_at), (4, 3, Some(time(99))));
    assert_eq!(bodies(&reader), [(Some("{\"assistant\":1}".into()), Some("{\"agent\":{}}".into()))]);
}

/// A verdict of this status, with everything that may stand beside one.
fn verdict(status: RowStatus) -> Outcome {
    let json = |text: &str| JsonText::new(text.into());
    let difference = Difference {
        field: "temperature".into(),
        old: json("0.7"),
        new: json("0.3"),
        short: "0.7 -> 0.3".into(),
    };
    let note = Note {
        kind: NoteKind::OnlyOnAgent,
        field: "owner".into(),
        value: None,
        new: None,
        short: "x".into(),
    };
    let refused = |call, kind| Some(CallFailure::new(call, kind, "no"));
    Outcome {
        differences: if status == Mismatch { vec![difference] } else { vec![] },
        notes: vec![note],
        failure: match status {
            NoAccess => refused(Call::Agent, FailureKind::Forbidden),
            AgentNotFound => refused(Call::Agent, FailureKind::NotFound),
            _ => None,
        },
        ..outcome(pair(1), status)
    }
}

/// What a read gives that has failed at this call.
fn failed(call: Call, kind: FailureKind) -> Outcome {
    let assistant = (call == Call::Agent).then(|| Bytes::from_static(b"{\"assistant\":\"new\"}"));
    Outcome {
        failure: Some(CallFailure::new(call, kind, "sorry")),
        name: (call == Call::Agent).then(|| "New name".into()),
        assistant_updated_at: (call == Call::Agent).then(|| time(5)),
        agent_updated_at: None,
        documents: Documents { assistant, agent: None, inspection: None },
        requests: 5,
        elapsed: Duration::from_micros(2_400),
        checked_at: time(99),
        ..outcome(pair(1), Failed)
    }
}

#[test]
fn what_is_known_of_a_row_stays_known_when_a_later_read_says_nothing() {
    let nothing = [
        FailureKind::Connection,
        FailureKind::Timeout,
        FailureKind::Server { status: 503 },
        FailureKind::Unauthorized,
        FailureKind::Gone { status: 410 },
        FailureKind::Throttled,
        FailureKind::Nonsense { status: 200 },
        FailureKind::Refused { status: 400 },
    ];
    let earlier = [Verified, Mismatch, NoAccess, AgentNotFound];
    for (status, kind) in
        earlier.into_iter().flat_map(|status| nothing.iter().map(move |kind| (status, kind)))
    {
        for call in [Call::Assistant, Call::Agent] {
            let place = Place::new();
            let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
            assert_eq!(settle(&writer, verdict(status)).unwrap().kept(), None);
            drop(open_rows);
            thread.finish(end()).unwrap();
            let before = (place.report().remove(0), bodies(&LedgerReader::open(&place.ledger()).unwrap()));

            let now = failed(call, kind.clone());
            let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
            let settled = settle(&writer, now.clone()).unwrap();
            let kept = settled.kept().map(|kept| (kept.status, kept.name.as_deref(), kept.differences));
            assert_eq!(kept, Some((status, Some("Contract helper"), before.0.differences.len())));
            drop(open_rows);
            thread.finish(end()).unwrap();

            let reader = LedgerReader::open(&place.ledger()).unwrap();
            let row = report(&reader).remove(0);
            let expected =
                ReportRow { later_failure: now.failure.clone(), requests: 7, elapsed_ms: 4, ..before.0 };
            assert_eq!((&row, bodies(&reader)), (&expected, before.1), "{status} {kind:?} {call:?}");
            assert!(row.error().starts_with(&now.failure.unwrap().to_string()), "{}", row.error());
            let facts = reader.facts().unwrap();
            assert_eq!((facts.count(status), facts.kept), (1, 1));
            assert!(facts.needs_attention());
            drop(reader);
            // Not settled, whatever the status.
            assert_eq!(place.run(&rows(&[1]), &[Verified]), [2]);
            let facts = LedgerReader::open(&place.ledger()).unwrap().facts().unwrap();
            assert_eq!((facts.count(Verified), facts.kept), (1, 0));
            assert_eq!(place.report()[0].error(), "");
        }
    }
}

#[test]
fn a_read_that_says_something_replaces_a_verdict_and_failed_is_a_row_that_was_never_read_well() {
    let assistant_hidden = || Outcome {
        failure: Some(CallFailure {
            call: Call::Assistant,
            kind: FailureKind::Forbidden,
            words: "no".into(),
            support_id: None,
        }),
        documents: Documents::default(),
        ..verdict(NoAccess)
    };
    let timeout = |call| failed(call, FailureKind::Timeout);
    for (earlier, now, status) in [
        (verdict(Mismatch), verdict(NoAccess), NoAccess),
        (verdict(Verified), verdict(AgentNotFound), AgentNotFound),
        (verdict(NoAccess), verdict(Mismatch), Mismatch),
        (failed(Call::Agent, FailureKind::Gone { status: 410 }), timeout(Call::Assistant), Failed),
        // The assistant could not be read, and now it was: that is not what stands in the way any more.
        (assistant_hidden(), timeout(Call::Agent), Failed),
        (assistant_hidden(), timeout(Call::Assistant), NoAccess),
    ] {
        let place = Place::new();
        for outcome in [earlier, now.clone()] {
            let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
            settle(&writer, outcome).unwrap();
            drop(open_rows);
            thread.finish(end()).unwrap();
        }
        let row = place.report().remove(0);
        assert_eq!(row.status, status);
        let is_kept = status != now.status;
        assert_eq!(
            (row.later_failure.is_some(), row.checked_at == Some(now.checked_at)),
            (is_kept, !is_kept)
        );
    }
}

#[test]
fn a_row_that_keeps_its_verdict_is_asked_for_once_a_run_and_never_planned() {
    let place = Place::new();
    let input = rows(&[1, 2]);
    place.run(&input, &[Verified, Verified]);
    let selection = Selection { recheck_before: Some(time(1_000)), ..Selection::default() };
    let (writer, mut open_rows, thread) = start_to(Disabling::Yes, place.import(&input), selection);
    let job = open_rows.next_page(1).unwrap()[0];
    settle(&writer, failed(Call::Assistant, FailureKind::Timeout)).unwrap();
    assert_eq!((job.pair, all_lines(&mut open_rows)), (pair(1), vec![3]));
    settle(&writer, Outcome { checked_at: time(30), ..outcome(pair(2), Verified) }).unwrap();
    let plan = block_on(writer.plan(PlanOptions::default(), time(31))).unwrap();
    assert_eq!((plan.rows, plan.not_planned), (1, vec![(NotPlanned::NotRead, 1)]));
    drop(open_rows);
    thread.finish(end()).unwrap();
    let row = place.report().remove(0);
    assert_eq!(
        (row.status, row.disabled, row.skipped),
        (Verified, DisabledState::Skipped, Some(SkipReason::NotVerified))
    );
    assert_eq!(row.remedy(), Remedy::RunAgainLater);
}

#[test]
fn requests_sent_are_remembered_across_runs_and_forgotten_after_minutes() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.open(), Selection::default());
    block_on(async {
        for seconds in [0, 700, 700, 705] {
            writer.record_sent(time(seconds)).await.unwrap();
        }
    });
    drop(open_rows);
    thread.finish(end()).unwrap();
    let ledger = place.open();
    assert_eq!(ledger.sent_since(time(0)).unwrap(), [(time(700), 2), (time(705), 1)]);
    assert_eq!(ledger.sent_since(time(701)).unwrap(), [(time(705), 1)]);
}

/// What a run should ask for, by the plain words of the contract.
fn expected(
    input: &[u128],
    known: &std::collections::HashMap<u128, (RowStatus, i64)>,
    before: i64,
) -> Vec<u64> {
    let firsts: Vec<_> = (2_u64..)
        .zip(input)
        .filter(|(line, number)| {
            let index = usize::try_from(line - 2).unwrap();
            !input[..index].contains(number)
        })
        .collect();
    let new = firsts.iter().filter(|(_, number)| !known.contains_key(number));
    let open = firsts.iter().filter(|(_, number)| {
        known.get(number).is_some_and(|(status, at)| *status != Verified || *at < before)
    });
    new.chain(open).map(|(line, _)| *line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_run_asks_for_exactly_what_is_open_in_the_right_order(
        runs in prop::collection::vec(
            (
                prop::collection::vec(0_u128..6, 0..9),
                prop::collection::vec(prop::sample::select(vec![Verified, Mismatch, Failed]), 0..6),
                any::<bool>(),
                0_i64..4,
            ),
            1..5,
        )
    ) {
        let place = Place::new();
        let mut known = std::collections::HashMap::new();
        for (now, (input, statuses, counts_first, before)) in (0..).zip(runs) {
            let mut ledger = place.import(&rows(&input));
            let selection = Selection { recheck_before: Some(time(before)), ..Selection::default() };
            let expected = expected(&input, &known, before);
            if counts_first {
                let to_do = ledger.backlog(&selection).unwrap().to_do;
                prop_assert_eq!(to_do, expected.len() as u64);
            }
            let (writer, mut open_rows, thread) = start(ledger, selection);
            let jobs: Vec<_> =
                std::iter::from_fn(|| open_rows.next_page(1).unwrap().first().copied()).collect();
            prop_assert_eq!(lines(&jobs), expected);
            for (job, status) in jobs.iter().zip(statuses) {
                settle(&writer, Outcome { checked_at: time(now), ..outcome(job.pair, status) }).unwrap();
                known.insert(job.pair.assistant.0.as_u128(), (status, now));
            }
            drop(open_rows);
            thread.finish(end()).unwrap();
        }
    }
}
