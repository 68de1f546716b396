//! Whatever is done, in whatever order, and wherever it is cut off: what may be off is known to be.

use proptest::prelude::*;

use super::*;
use crate::disable::store::{PlanOptions, Recovery, Role, Switchable};

const NUMBERS: [u128; 3] = [1, 2, 3];

#[derive(Clone, Debug)]
enum Step {
    /// Time goes by, in minutes.
    Wait(i64),
    Verify(u128),
    Mismatch(u128),
    /// A plan, by a list that shows these as off.
    Plan(Vec<u128>),
    /// An intent and what came of it, with who the row is to the guard; `None`: the process dies first.
    Off(u128, Role, Option<DisabledState>),
    On(u128, DisabledState),
    LetStayOff(u128),
    LooksDone,
    Condemn,
    GiveUp,
    /// Open intents are answered in this way.
    Answer(DisabledState),
    Kill(Disabling),
}

fn step() -> impl Strategy<Value = Step> {
    let row = || prop::sample::select(NUMBERS.to_vec());
    let role = prop::sample::select(vec![Unwatched, Probe, Watched]);
    let came = prop::option::weighted(
        0.8,
        prop::sample::select(vec![Disabled, DisabledState::Failed, Unknown, NotRequested]),
    );
    let disabling = prop::sample::select(vec![Disabling::Yes, Disabling::DryRun, Disabling::No]);
    prop_oneof![
        1 => (1_i64..12).prop_map(Step::Wait),
        6 => row().prop_map(Step::Verify),
        1 => row().prop_map(Step::Mismatch),
        2 => prop::sample::subsequence(NUMBERS.to_vec(), 0..=3).prop_map(Step::Plan),
        8 => (row(), role, came).prop_map(|(row, role, came)| Step::Off(row, role, came)),
        2 => (row(), prop::sample::select(vec![Reverted, ReEnabled, RevertFailed]))
            .prop_map(|(row, state)| Step::On(row, state)),
        1 => row().prop_map(Step::LetStayOff),
        1 => Just(Step::LooksDone),
        1 => Just(Step::Condemn),
        1 => Just(Step::GiveUp),
        1 => prop::sample::select(vec![Disabled, Unknown]).prop_map(Step::Answer),
        2 => disabling.prop_map(Step::Kill),
    ]
}

/// What the world knows of a row.
#[derive(Clone, Copy, Debug, Default)]
struct Truth {
    /// Some request of ours may have switched it off, and none has switched it on since.
    may_be_off: bool,
    was_intended_off: bool,
    /// In minutes, by this run.
    verified_at: Option<i64>,
    guard: Option<Guard>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    Revert,
    Look,
}

struct World {
    run: Option<Running>,
    rows: Vec<Switchable>,
    truth: [Truth; 3],
    now: i64,
}

impl World {
    /// All rows have been verified and planned once, so that they can be named.
    fn new() -> Self {
        let run = verified_run(&NUMBERS);
        let rows = run.planned();
        let truth = [Truth { verified_at: Some(0), ..Truth::default() }; 3];
        Self { run: Some(run), rows, truth, now: 0 }
    }

    fn run(&self) -> &Running {
        self.run.as_ref().unwrap()
    }

    fn index(number: u128) -> usize {
        usize::try_from(number - 1).unwrap()
    }

    /// The verdicts of [`verified_run`] are of minute 0.
    fn clock(&self) -> Timestamp {
        time(10 + self.now * 60)
    }

    fn kill(&mut self, disabling: Disabling) {
        let place = self.run.take().unwrap().killed();
        let owed = |guard| self.truth.iter().filter(|row| row.guard == Some(guard)).count() as u64;
        let unsettled = place.unsettled();
        assert!(unsettled.reverts >= owed(Guard::Revert), "{unsettled:?} {:?}", self.truth);
        assert_eq!(unsettled.looks, owed(Guard::Look), "{:?}", self.truth);
        self.run = Some(Running::begin(place, disabling, &rows(&NUMBERS)));
        for row in &mut self.truth {
            row.verified_at = None;
        }
    }

    fn settle(&mut self, number: u128, status: RowStatus) {
        let checked = Outcome { checked_at: self.clock(), ..outcome(pair(number), status) };
        settle(&self.run().writer, checked).unwrap();
        let is_verified = status == RowStatus::Verified;
        self.truth[Self::index(number)].verified_at = is_verified.then_some(self.now);
    }

    fn off(&mut self, number: u128, role: Role, came: Option<DisabledState>) {
        let index = Self::index(number);
        let before = self.truth[index];
        let intent = self.run().intend_at(&self.rows[index], role, self.clock());
        let is_fresh = before.verified_at.is_some_and(|at| self.now - at <= 10);
        assert_eq!(intent.is_some(), is_fresh);
        let Some(intent) = intent else { return };
        let guard = match role {
            Unwatched => None,
            Probe => Some(Guard::Revert),
            Watched => Some(Guard::Look),
        };
        self.truth[index] = Truth { may_be_off: true, was_intended_off: true, guard, ..before };
        let Some(state) = came else { return self.kill(Disabling::Yes) };
        block_on(self.run().writer.conclude(intent, conclusion(state))).unwrap();
        if !state.may_be_off() {
            self.truth[index] = Truth { was_intended_off: true, ..before };
        }
    }

    fn on(&mut self, number: u128, state: DisabledState) {
        let index = Self::index(number);
        // Nothing is switched on that was never asked to be off.
        if !self.truth[index].was_intended_off {
            return;
        }
        self.run().switch_on(&self.rows[index], conclusion(state));
        if !state.may_be_off() {
            let row = &mut self.truth[index];
            (row.may_be_off, row.guard) = (false, None);
        }
    }

    fn guards(&mut self, from: Guard, to: Option<Guard>) {
        for row in &mut self.truth {
            if row.guard == Some(from) {
                row.guard = to;
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(minutes) => self.now += minutes,
            Step::Verify(number) => self.settle(number, RowStatus::Verified),
            Step::Mismatch(number) => self.settle(number, RowStatus::Mismatch),
            Step::Plan(shown_off) => {
                let shown_off = shown_off.into_iter().map(Uuid::from_u128).collect();
                let plan = self.run().plan(PlanOptions { shown_off, ..PlanOptions::default() });
                let not_planned: u64 = plan.not_planned.iter().map(|(_, rows)| rows).sum();
                assert_eq!(plan.rows + not_planned, NUMBERS.len() as u64);
            }
            Step::Off(number, role, came) => self.off(number, role, came),
            Step::On(number, state) => self.on(number, state),
            Step::LetStayOff(number) => {
                let index = Self::index(number);
                if self.truth[index].may_be_off {
                    block_on(self.run().writer.let_stay_off(&self.rows[index])).unwrap();
                    self.truth[index].guard = Some(Guard::Look);
                }
            }
            Step::LooksDone => {
                block_on(self.run().writer.looks_are_done()).unwrap();
                self.guards(Guard::Look, None);
            }
            Step::Condemn => {
                block_on(self.run().writer.condemn()).unwrap();
                self.guards(Guard::Look, Some(Guard::Revert));
            }
            Step::GiveUp => drop(block_on(self.run().writer.give_up_reverts()).unwrap()),
            Step::Answer(state) => {
                for row in self.run().owed(Recovery::Answer) {
                    block_on(self.run().writer.answer(row, conclusion(state))).unwrap();
                }
            }
            Step::Kill(disabling) => self.kill(disabling),
        }
    }

    fn check(&self) {
        let reader = LedgerReader::open(&self.run().place.ledger()).unwrap();
        let report = report(&reader);
        for (row, truth) in report.iter().zip(&self.truth) {
            assert!(!truth.may_be_off || row.disabled.may_be_off(), "{} {truth:?}", row.disabled);
            let is_untouched = matches!(
                row.disabled,
                NotRequested | DisabledState::WouldDisable | Skipped | AlreadyDisabled
            );
            assert!(truth.was_intended_off || is_untouched, "{} {truth:?}", row.disabled);
        }
        let facts = reader.facts().unwrap();
        for state in DisabledState::ALL {
            let rows = report.iter().filter(|row| row.disabled == state).count() as u64;
            assert_eq!(facts.count_disabled(state), rows, "{state}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_may_be_off_is_never_reported_as_on(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        let may_be_off = world.truth.iter().any(|row| row.may_be_off);
        let place = world.run.take().unwrap().killed();
        prop_assert!(!may_be_off || place.refuses_to_go_aside());
    }
}
