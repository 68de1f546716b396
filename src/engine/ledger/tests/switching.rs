//! What the ledger remembers of switching off and on again, and what a kill leaves of it.

use super::*;
use crate::base::DisabledState::{
    AlreadyDisabled, Disabled, NotRequested, ReEnabled, RevertFailed, Reverted, Skipped, Unknown,
};
use crate::disable::store::Role::{self, Probe, Unwatched, Watched};
use crate::disable::store::{Conclusion, Intent, PlanOptions, Recovery, Switchable};
use crate::engine::ledger::file::error::OpenError;

mod facts;
mod guard;
mod plan;
mod rollback;
mod sequences;

/// A command that has begun, and the place of its ledger.
struct Running {
    place: Place,
    writer: Writer,
    open_rows: Option<OpenRows>,
    thread: WriterThread,
}

/// When intents are made: ten seconds after the verdicts of [`outcome`].
const NOW: i64 = 20;

/// A run with `--disable` that has verified these rows.
fn verified_run(numbers: &[u128]) -> Running {
    let run = Running::begin(Place::new(), Disabling::Yes, &rows(numbers));
    for number in numbers {
        run.settle(pair(*number), RowStatus::Verified);
    }
    run
}

impl Running {
    /// A run of these rows that has asked for none yet.
    fn begin(place: Place, disabling: Disabling, rows: &[InputRow]) -> Self {
        let selection = Selection { disabling: disabling.is_asked_for(), ..Selection::default() };
        let (writer, open_rows, thread) = start_to(disabling, place.import(rows), selection);
        Self { place, writer, open_rows: Some(open_rows), thread }
    }

    /// A rollback.
    fn rollback(place: Place) -> Self {
        let settings = json!({});
        let command = RunCommand::Rollback;
        let run = NewRun { command, program_version: "0.1.0", settings: &settings, started_at: time(3_600) };
        let ledger = Ledger::open_existing(&place.ledger()).unwrap();
        let (writer, thread) = ledger.start_without_rows(&run).unwrap();
        Self { place, writer, open_rows: None, thread }
    }

    /// The process dies here.
    fn killed(self) -> Place {
        self.place.killed()
    }

    /// The command comes to its end.
    fn ended(self) -> Place {
        let Self { place, open_rows, thread, .. } = self;
        drop(open_rows);
        thread.finish(end()).unwrap();
        place
    }

    /// The next run of the same kind, after this one was killed, that has verified nothing yet.
    fn killed_and_begun_again(self, numbers: &[u128]) -> Self {
        Self::begin(self.killed(), Disabling::Yes, &rows(numbers))
    }

    fn settle(&self, pair: Pair, status: RowStatus) {
        settle(&self.writer, outcome(pair, status)).unwrap();
    }

    fn plan(&self, options: PlanOptions) -> crate::base::Plan {
        block_on(self.writer.plan(options, time(20))).unwrap()
    }

    /// All pages of the plan, each of at least one row.
    fn plan_pages(&self) -> Vec<Vec<Switchable>> {
        let mut pages = Vec::new();
        let mut seq = 0;
        loop {
            let page = block_on(self.writer.planned_after(seq)).unwrap();
            let Some(last) = page.last() else { return pages };
            assert!(page.iter().map(|planned| planned.seq).is_sorted() && page[0].seq > seq);
            seq = last.seq;
            pages.push(page.into_iter().map(|planned| planned.row).collect());
        }
    }

    /// The rows of a new plan, in its order.
    fn planned(&self) -> Vec<Switchable> {
        self.plan(PlanOptions::default());
        self.plan_pages().concat()
    }

    /// A row that this run has verified and that is not off.
    fn row(&self, number: u128) -> Switchable {
        self.planned().into_iter().find(|row| row.pair == pair(number)).unwrap()
    }

    fn intend(&self, row: &Switchable, role: Role) -> Option<Intent> {
        self.intend_at(row, role, time(NOW))
    }

    fn intend_at(&self, row: &Switchable, role: Role, now: Timestamp) -> Option<Intent> {
        block_on(self.writer.intend(row.clone(), role, now)).unwrap()
    }

    /// The intent and what became of it.
    fn switch_off(&self, row: &Switchable, role: Role, conclusion: Conclusion) -> DisabledState {
        let intent = self.intend(row, role).unwrap();
        block_on(self.writer.conclude(intent, conclusion)).unwrap().state
    }

    fn switch_on(&self, row: &Switchable, conclusion: Conclusion) {
        block_on(self.writer.will_be_back_on(row, conclusion.at)).unwrap();
        block_on(self.writer.back_on(row.clone(), conclusion)).unwrap();
    }

    /// All that is owed this, over all pages.
    fn owed(&self, owed: Recovery) -> Vec<Switchable> {
        let mut all: Vec<Switchable> = Vec::new();
        loop {
            let page = block_on(self.writer.owed(owed, all.last())).unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    fn report(&self, number: u128) -> ReportRow {
        self.place.row(number)
    }
}

impl Place {
    fn row(&self, number: u128) -> ReportRow {
        self.report().into_iter().find(|row| row.pair == Some(pair(number))).unwrap()
    }

    fn state(&self, number: u128) -> DisabledState {
        self.row(number).disabled
    }

    fn unsettled(&self) -> Unsettled {
        self.open().unsettled().unwrap()
    }

    /// Whether `--fresh` refuses; what it does not refuse, it does.
    fn refuses_to_go_aside(&self) -> bool {
        match set_aside(&self.ledger(), false, time(0)) {
            Ok(_) => false,
            Err(SetAsideError::MayBeOff { .. }) => true,
            Err(SetAsideError::Open(error)) => panic!("{error}"),
        }
    }

    /// Every attempt: what was wanted and what came of it, oldest first.
    fn attempts(&self) -> Vec<(String, Option<String>)> {
        let connection = rusqlite::Connection::open(self.ledger()).unwrap();
        let mut statement = connection.prepare("SELECT wanted, outcome FROM attempt ORDER BY id").unwrap();
        let attempts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        attempts.map(Result::unwrap).collect()
    }
}

fn conclusion(state: DisabledState) -> Conclusion {
    Conclusion { state, failure: None, requests: 1, elapsed: Duration::from_millis(1), at: time(NOW + 1) }
}

fn failed(state: DisabledState, kind: FailureKind) -> Conclusion {
    let call = if state == RevertFailed { Call::Enable } else { Call::Disable };
    let failure = CallFailure::new(call, kind, "sorry");
    Conclusion { failure: Some(failure), ..conclusion(state) }
}

fn attempt(wanted: &str, outcome: &str) -> (String, Option<String>) {
    (wanted.to_owned(), Some(outcome.to_owned()))
}

const NOTHING: Unsettled = Unsettled { reverts: 0, answers: 0, looks: 0 };

#[test]
fn a_row_that_this_run_has_not_verified_gets_no_intent() {
    let earlier = verified_run(&[1]);
    let row = earlier.row(1);
    let run = earlier.killed_and_begun_again(&[1]);
    assert!(run.intend(&row, Unwatched).is_none(), "verified by an earlier run");
    run.settle(pair(1), RowStatus::Mismatch);
    assert!(run.intend(&row, Unwatched).is_none(), "a mismatch in this run");
    run.settle(pair(1), RowStatus::Verified);
    run.settle(pair(1), RowStatus::Failed);
    assert!(run.intend(&row, Probe).is_none(), "failed in this run");
    let place = run.killed();
    assert_eq!(place.attempts(), []);
    assert_eq!((place.state(1), place.unsettled()), (Skipped, NOTHING));
}

#[test]
fn a_verdict_holds_for_ten_minutes_and_not_if_the_clock_was_set_back() {
    for (checked_ago, is_given) in [(600, true), (601, false), (0, true), (-1, false)] {
        let run = verified_run(&[1]);
        let row = run.row(1);
        let intent = run.intend_at(&row, Watched, time(10 + checked_ago));
        assert_eq!(intent.is_some(), is_given, "{checked_ago}");
        let place = run.killed();
        let (state, looks) = if is_given { (Unknown, 1) } else { (Skipped, 0) };
        assert_eq!((place.state(1), place.unsettled().looks), (state, looks), "{checked_ago}");
        assert_eq!(place.attempts().len(), usize::from(is_given), "{checked_ago}");
    }
}

#[test]
fn a_row_that_was_read_again_gets_its_intent() {
    let run = verified_run(&[1]);
    let row = run.row(1);
    assert!(run.intend_at(&row, Unwatched, time(2_000)).is_none());
    let again = Outcome { checked_at: time(2_000), ..outcome(pair(1), RowStatus::Verified) };
    settle(&run.writer, again).unwrap();
    let intent = run.intend_at(&row, Unwatched, time(2_001)).unwrap();
    assert_eq!(crate::base::RecordedIntent::assistant(&intent), pair(1).assistant);
    assert_eq!(intent.row(), &row);
}

#[test]
fn a_kill_after_an_intent_leaves_unknown_and_what_is_owed_by_its_role() {
    for (role, unsettled) in [
        (Unwatched, Unsettled { answers: 1, ..NOTHING }),
        (Probe, Unsettled { reverts: 1, ..NOTHING }),
        (Watched, Unsettled { answers: 1, looks: 1, ..NOTHING }),
    ] {
        let run = verified_run(&[1, 2]);
        let row = run.row(1);
        let _never_concluded = run.intend(&row, role).unwrap();
        let place = run.killed();
        assert_eq!((place.state(1), place.state(2)), (Unknown, Skipped), "{role:?}");
        assert_eq!(place.unsettled(), unsettled, "{role:?}");
        assert!(!unsettled.is_empty());
        assert_eq!(place.attempts(), [("off".to_owned(), None)], "{role:?}");
        assert!(place.refuses_to_go_aside(), "{role:?}");
    }
}

#[test]
fn an_intent_outlives_a_writer_that_is_never_finished() {
    let Running { place, writer, open_rows, thread } = {
        let run = verified_run(&[1]);
        run.intend(&run.row(1), Probe).unwrap();
        run
    };
    drop((writer, open_rows, thread));
    let mut tries = 0;
    let ledger = loop {
        match Ledger::open_existing(&place.ledger()) {
            Ok(ledger) => break ledger,
            Err(error) => assert!(matches!(error, OpenError::Locked { .. }) && tries < 400, "{error}"),
        }
        tries += 1;
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(ledger.unsettled().unwrap().reverts, 1);
    assert_eq!(place.state(1), Unknown);
}

#[test]
fn what_became_of_an_intent_decides_what_stays_owed() {
    let (looks, reverts) = (Unsettled { looks: 1, ..NOTHING }, Unsettled { reverts: 1, ..NOTHING });
    for (state, shown, outcome) in [
        (Disabled, Disabled, "disabled"),
        (Unknown, Unknown, "unknown"),
        (DisabledState::Failed, DisabledState::Failed, "failed"),
        (NotRequested, Skipped, "not_requested"),
    ] {
        for (role, unsettled) in [(Unwatched, NOTHING), (Probe, reverts), (Watched, looks)] {
            let run = verified_run(&[1]);
            let row = run.row(1);
            assert_eq!(run.switch_off(&row, role, conclusion(state)), state);
            let place = run.killed();
            assert_eq!(place.state(1), shown, "{state} {role:?}");
            let unsettled = if state.may_be_off() { unsettled } else { NOTHING };
            let answers = u64::from(state == Unknown && role != Probe);
            let unsettled = Unsettled { answers, ..unsettled };
            assert_eq!(place.unsettled(), unsettled, "{state} {role:?}");
            assert_eq!(place.attempts(), [attempt("off", outcome)]);
            assert_eq!(place.refuses_to_go_aside(), state.may_be_off(), "{state}");
        }
    }
}

#[test]
fn a_failure_stands_in_the_error_cell_until_a_later_success_and_the_cost_adds_up() {
    let run = verified_run(&[1]);
    let row = run.row(1);
    let refused = Conclusion {
        requests: 3,
        elapsed: Duration::from_micros(2_500),
        ..failed(DisabledState::Failed, FailureKind::Forbidden)
    };
    let intent = run.intend(&row, Unwatched).unwrap();
    let switched = block_on(run.writer.conclude(intent, refused.clone())).unwrap();
    assert_eq!((switched.pair, switched.name.as_deref()), (pair(1), Some("Contract helper")));
    assert_eq!((switched.state, switched.error.as_str()), (DisabledState::Failed, "disable: 403 sorry"));
    let shown = run.report(1);
    assert_eq!((shown.switch_failure.as_ref(), shown.failure.as_ref()), (refused.failure.as_ref(), None));
    assert_eq!(shown.error(), "disable: 403 sorry");
    // The verdict took 2 requests and 1.6 ms.
    assert_eq!((shown.requests, shown.elapsed_ms), (5, 4));

    assert_eq!(run.switch_off(&row, Unwatched, conclusion(Disabled)), Disabled);
    let shown = run.report(1);
    assert_eq!((shown.disabled, shown.error().as_str()), (Disabled, ""));
    assert_eq!((shown.requests, shown.elapsed_ms), (6, 5));
    // What is checked again keeps what is known of the assistant.
    run.settle(pair(1), RowStatus::NoAccess);
    assert_eq!((run.report(1).status, run.report(1).disabled), (RowStatus::NoAccess, Disabled));
    assert_eq!(run.ended().attempts(), [attempt("off", "failed"), attempt("off", "disabled")]);
}

/// What an earlier request may have done, a later one that was refused, or never sent, has not undone.
#[test]
fn an_intent_that_comes_to_nothing_leaves_what_may_be_off_as_it_was() {
    let unanswered = |run: &Running, row: &Switchable| {
        run.switch_off(row, Watched, failed(Unknown, FailureKind::Timeout));
    };
    let stuck = |run: &Running, row: &Switchable| {
        run.switch_off(row, Probe, conclusion(Disabled));
        run.switch_on(row, failed(RevertFailed, FailureKind::Connection));
    };
    for nothing in [failed(DisabledState::Failed, FailureKind::Forbidden), conclusion(NotRequested)] {
        for role in [Unwatched, Probe, Watched] {
            for (earlier, state, unsettled) in [
                (&unanswered as &dyn Fn(&_, &_), Unknown, Unsettled { answers: 1, looks: 1, ..NOTHING }),
                (&stuck, RevertFailed, Unsettled { reverts: 1, ..NOTHING }),
            ] {
                let run = verified_run(&[1]);
                earlier(&run, &run.row(1));
                let run = run.killed_and_begun_again(&[1]);
                run.settle(pair(1), RowStatus::Verified);
                assert_eq!(run.switch_off(&run.row(1), role, nothing.clone()), state, "{role:?}");
                let place = run.ended();
                assert_eq!(
                    (place.state(1), place.unsettled()),
                    (state, unsettled),
                    "{role:?} {}",
                    nothing.state
                );
                assert!(place.refuses_to_go_aside());
            }
        }
    }
}

#[test]
fn no_intent_is_given_out_that_is_not_on_disk() {
    let numbers: Vec<u128> = (1..=400).collect();
    let verify_all = |run: &Running| {
        for number in &numbers {
            run.settle(pair(*number), RowStatus::Verified);
        }
        run.planned()
    };
    let run = Running::begin(Place::new(), Disabling::Yes, &rows(&numbers));
    verify_all(&run);
    let pages = rusqlite::Connection::open(run.place.ledger())
        .unwrap()
        .query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0))
        .unwrap();

    let place = Place::new();
    let ledger = place.import(&rows(&numbers));
    ledger.limit_pages(pages);
    let (writer, open_rows, thread) = start_to(Disabling::Yes, ledger, Selection::default());
    let run = Running { place, writer, open_rows: Some(open_rows), thread };
    let mut planned = verify_all(&run).into_iter();
    let mut next = || {
        let row = planned.next().unwrap();
        (row.pair, block_on(run.writer.intend(row, Unwatched, time(NOW))))
    };
    let mut given = 0;
    let (refused, error) = loop {
        match next() {
            (_, Ok(intent)) => given += usize::from(intent.is_some()),
            (pair, Err(error)) => break (pair, error),
        }
    };
    assert!(given > 0);
    assert_eq!(error, LedgerError::DiskFull);
    assert_eq!(next().1.unwrap_err(), LedgerError::DiskFull, "and no later one");
    let place = run.killed();
    let unknown = place.report().iter().filter(|row| row.disabled == Unknown).count();
    assert_eq!((unknown, place.attempts().len()), (given, given));
    assert_eq!(place.report().iter().find(|row| row.pair == Some(refused)).unwrap().disabled, Skipped);
}
