//! One assistant off or on, seen through to the ledger's record; the reasons to stop that show on the way.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::drive::PACE_TICK;
use super::row;
use super::stop_rules::OUT_OF_REACH_ROWS;
use super::stopping::{unwritable, wait_for_signal};
use crate::api::{Client, Meter};
use crate::domain::{
    Call, CallFailure, DisabledState, Event, FailureKind, Observer, Pair, RowStatus, Sight, Signal,
    StopReason, WaitReason,
};
use crate::ledger::{Conclusion, Intent, Job, LedgerError, Role, Switchable, Writer};

/// So many 403 in a row, with no success before, are about the key (DESIGN.md, Fine print, Disabling).
const FORBIDDEN_ROWS: u32 = 3;

/// How often switching on again is begun anew after the client's own retries: what is off by mistake must not stay so
/// for a hiccup.
const ROUNDS_BACK_ON: u32 = 3;

const BETWEEN_ROUNDS: Duration = Duration::from_secs(2);

/// What came of a wish to switch an assistant off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SwitchedOff {
    /// It is off.
    Yes,
    /// The platform refused.
    Refused,
    /// It may be off.
    Unknown,
    /// Read again, it is not verified any more; no request to disable was sent.
    NotVerified,
    /// The run has to stop; no request to disable was sent.
    NotSent,
}

/// What a request does after a signal while the platform makes everybody wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InPause {
    GiveUp,
    Wait,
}

/// Why an answer was not waited for any longer, after a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GaveUp {
    /// The platform makes everybody wait: no request is under way.
    Paused,
    /// The time for a request is over.
    TimedOut,
}

/// Switches assistants, one after the other.
pub struct Switchboard<'a> {
    pub(super) client: &'a Client,
    pub(super) writer: &'a Writer,
    pub(super) observer: &'a mut dyn Observer,
    signal: watch::Receiver<Option<Signal>>,
    /// How long an answer is waited for after a signal: `--timeout`.
    patience: Duration,
    stop: Option<StopReason>,
    assistants_api_is_gone: bool,
    any_went_off: bool,
    forbidden_in_a_row: u32,
    out_of_reach_in_a_row: u32,
    has_said_that_it_waits: bool,
}

impl<'a> Switchboard<'a> {
    /// `patience`: how long a request under way is waited for once a signal has come.
    pub fn new(
        client: &'a Client,
        writer: &'a Writer,
        observer: &'a mut dyn Observer,
        signal: watch::Receiver<Option<Signal>>,
        patience: Duration,
    ) -> Self {
        Self {
            client,
            writer,
            observer,
            signal,
            patience,
            stop: None,
            assistants_api_is_gone: false,
            any_went_off: false,
            forbidden_in_a_row: 0,
            out_of_reach_in_a_row: 0,
            has_said_that_it_waits: false,
        }
    }

    /// Why no further request may be sent, if so.
    pub const fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// The reason to stop, given back.
    pub fn into_stop_reason(self) -> Option<StopReason> {
        self.stop
    }

    pub(super) fn is_signalled(&self) -> bool {
        self.signal.borrow().is_some()
    }

    /// The first reason stays.
    pub(super) fn stop_for(&mut self, reason: StopReason) {
        if self.stop.is_none() {
            self.observer.observe(&Event::Stopping(reason.clone()));
            self.stop = Some(reason);
        }
    }

    /// Whether to begin with another row; notices a signal.
    pub(super) fn may_go_on(&mut self) -> bool {
        let signal = *self.signal.borrow();
        if let Some(signal) = signal {
            self.stop_for(StopReason::Signal { signal });
        }
        if self.out_of_reach_in_a_row >= OUT_OF_REACH_ROWS {
            self.stop_for(StopReason::OutOfReach);
        }
        self.stop.is_none()
    }

    /// Whether to go on with switching on what must not stay off: also when nothing more may be switched off, and for a
    /// moment after a signal.
    pub(super) fn may_still_undo(&mut self, after_signal_until: Instant) -> bool {
        self.may_go_on()
            || match &self.stop {
                Some(
                    StopReason::MayNotDisable
                    | StopReason::ScopeMissing { .. }
                    | StopReason::AssistantsApiGone,
                ) => true,
                Some(StopReason::Signal { .. }) => Instant::now() < after_signal_until,
                _ => false,
            }
    }

    /// What the ledger made, unless it cannot be written, which is a reason to stop.
    pub(super) fn on_disk<T>(&mut self, made: Result<T, LedgerError>) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                self.stop_for(unwritable(&error));
                None
            }
        }
    }

    /// Waits so long; `false` when a signal came first.
    pub(super) async fn wait(&mut self, time: Duration) -> bool {
        tokio::select! {
            biased;
            signal = wait_for_signal(&mut self.signal) => {
                self.stop_for(StopReason::Signal { signal });
                false
            }
            () = tokio::time::sleep(time) => true,
        }
    }

    /// Waits for what a signal may drop: a read, an answer to a question. `None` when a signal came.
    pub async fn unless_signalled<T>(&mut self, reading: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            signal = wait_for_signal(&mut self.signal) => {
                self.stop_for(StopReason::Signal { signal });
                None
            }
            read = reading => Some(read),
        }
    }

    /// Switches an assistant off: the wish goes on disk, then the request leaves, then its outcome goes on disk.
    pub(super) async fn switch_off(&mut self, row: Switchable, role: Role) -> SwitchedOff {
        let intent = match self.intend(row, role).await {
            Ok(intent) => intent,
            Err(why_not) => return why_not,
        };
        let client = self.client;
        let mut meter = Meter::default();
        let call = client.disable_assistant(&intent, &mut meter);
        let answer = self.patiently(call, InPause::GiveUp).await;
        let (state, failure) = self.judge(&intent, answer, meter).await;
        self.any_went_off |= state == DisabledState::Disabled;
        self.learn_from(failure.as_ref());
        let conclusion = conclusion(state, failure, meter);
        if let Some(switched) = self.on_disk(self.writer.conclude(intent, conclusion).await) {
            self.observer.observe(&Event::Switched(switched));
        }
        match state {
            DisabledState::Disabled => SwitchedOff::Yes,
            DisabledState::Failed => SwitchedOff::Refused,
            DisabledState::NotRequested => SwitchedOff::NotSent,
            _ => SwitchedOff::Unknown,
        }
    }

    /// Gets the wish on disk; a row that was verified too long ago is read again before.
    async fn intend(&mut self, row: Switchable, role: Role) -> Result<Intent, SwitchedOff> {
        for is_reread in [false, true] {
            let intent = self.writer.intend(row.clone(), role, Timestamp::now()).await;
            match self.on_disk(intent) {
                Some(Some(intent)) => return Ok(intent),
                Some(None) if !is_reread => self.verify_again(row.pair).await?,
                Some(None) => return Err(SwitchedOff::NotVerified),
                None => return Err(SwitchedOff::NotSent),
            }
        }
        Err(SwitchedOff::NotVerified)
    }

    async fn verify_again(&mut self, pair: Pair) -> Result<(), SwitchedOff> {
        let client = self.client;
        let check = row::check(client, Job { line: 0, pair });
        let outcome = self.unless_signalled(check).await.ok_or(SwitchedOff::NotSent)?;
        let status = outcome.status;
        if let Some(reason) = outcome.failure.as_ref().and_then(CallFailure::stop_reason) {
            self.stop_for(reason);
        }
        if self.on_disk(self.writer.settle(outcome).await).is_none() {
            return Err(SwitchedOff::NotSent);
        }
        if status == RowStatus::Verified { Ok(()) } else { Err(SwitchedOff::NotVerified) }
    }

    /// What is known after a request to disable.
    async fn judge(
        &mut self,
        intent: &Intent,
        answer: Result<Result<(), CallFailure>, GaveUp>,
        meter: Meter,
    ) -> (DisabledState, Option<CallFailure>) {
        let failure = match answer {
            Ok(Ok(())) => return (DisabledState::Disabled, None),
            Ok(Err(failure)) if meter.unanswered == 0 && !failure.may_have_been_applied() => {
                return (DisabledState::Failed, Some(failure));
            }
            Ok(Err(failure)) => failure,
            // Nothing but 429 came, or nothing was sent yet.
            Err(GaveUp::Paused) if meter.unanswered == 0 => return (DisabledState::NotRequested, None),
            Err(GaveUp::TimedOut) if meter.requests == 0 => return (DisabledState::NotRequested, None),
            Err(GaveUp::Paused | GaveUp::TimedOut) => no_answer(Call::Disable),
        };
        // One record in place of two: what the list shows of the agent is then the assistant's own state.
        let assistant = intent.row().pair.assistant.0;
        let shown = if self.is_signalled() { None } else { self.sight_of(assistant).await };
        match shown {
            Some(Sight::Off) => (DisabledState::Disabled, None),
            _ => (DisabledState::Unknown, Some(failure)),
        }
    }

    /// Switches an assistant on again; whether it is. `on` is what it is called then: `reverted` or `re_enabled`.
    pub(super) async fn switch_on(&mut self, row: Switchable, on: DisabledState) -> bool {
        let mut spent = Meter::default();
        let mut failure = None;
        for round in 1..=ROUNDS_BACK_ON {
            let mut meter = Meter::default();
            let answer = self.request_on(row.pair, &mut meter).await;
            add(&mut spent, meter);
            failure = match answer {
                Ok(Ok(())) => None,
                Ok(Err(failure)) => Some(failure),
                Err(_) => Some(no_answer(Call::Enable)),
            };
            let is_hiccup = failure.as_ref().is_some_and(CallFailure::is_out_of_reach);
            if !is_hiccup || round == ROUNDS_BACK_ON || !self.wait(BETWEEN_ROUNDS).await {
                break;
            }
        }
        self.learn_from(failure.as_ref());
        let is_on = failure.is_none();
        let state = if is_on { on } else { still_off(&row, on, failure.as_ref(), spent) };
        let conclusion = conclusion(state, failure, spent);
        if let Some(switched) = self.on_disk(self.writer.back_on(row, conclusion).await) {
            self.observer.observe(&Event::Switched(switched));
        }
        is_on
    }

    /// Through the Assistants API; where that has ended, through the Agents API, which has the same record under the same
    /// UUID (DESIGN.md, `rollback`).
    async fn request_on(&mut self, pair: Pair, meter: &mut Meter) -> Result<Result<(), CallFailure>, GaveUp> {
        let client = self.client;
        if !(self.assistants_api_is_gone && pair.is_one_uuid()) {
            let call = client.enable_assistant(pair.assistant, meter);
            match self.patiently(call, InPause::Wait).await {
                Ok(Err(failure)) if pair.is_one_uuid() && has_ended(&failure.kind) => {
                    self.assistants_api_is_gone = true;
                }
                answer => return answer,
            }
        }
        let call = client.enable_agent(pair.agent, meter);
        self.patiently(call, InPause::Wait).await
    }

    /// Sees a request through. After a signal it is waited for as long as a request may take, since an answer that is
    /// not waited for leaves its row `unknown`.
    async fn patiently<T>(&mut self, call: impl Future<Output = T>, in_pause: InPause) -> Result<T, GaveUp> {
        let mut call = pin!(call);
        let mut tick = interval(PACE_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_signalled() {
            tokio::select! {
                biased;
                done = &mut call => return Ok(done),
                _ = wait_for_signal(&mut self.signal) => {}
                _ = tick.tick() => self.observer.observe(&Event::Pace(self.client.pace_status())),
            }
        }
        self.may_go_on();
        if !self.has_said_that_it_waits {
            self.has_said_that_it_waits = true;
            self.observer.observe(&Event::WaitingForAnswer(self.patience));
        }
        let deadline = Instant::now() + self.patience;
        loop {
            tokio::select! {
                biased;
                done = timeout_at(deadline, &mut call) => return done.map_err(|_| GaveUp::TimedOut),
                _ = tick.tick() => {
                    let waiting = self.client.pace_status().waiting;
                    let pauses = matches!(waiting, Some((WaitReason::RateLimited | WaitReason::ServerAsked, _)));
                    if pauses && in_pause == InPause::GiveUp {
                        return Err(GaveUp::Paused);
                    }
                }
            }
        }
    }

    /// Keeps count of what speaks against going on.
    fn learn_from(&mut self, failure: Option<&CallFailure>) {
        let Some(failure) = failure else {
            (self.forbidden_in_a_row, self.out_of_reach_in_a_row) = (0, 0);
            return;
        };
        // What may not be switched on is a row's trouble: it must not hold the others back.
        let is_forbidden = failure.kind == FailureKind::Forbidden && failure.call == Call::Disable;
        self.forbidden_in_a_row = if is_forbidden { self.forbidden_in_a_row + 1 } else { 0 };
        self.out_of_reach_in_a_row =
            if failure.is_out_of_reach() { self.out_of_reach_in_a_row + 1 } else { 0 };
        let may_not = self.forbidden_in_a_row >= FORBIDDEN_ROWS && !self.any_went_off;
        if may_not || failure.says_that_the_key_may_not_disable() {
            self.stop_for(StopReason::MayNotDisable);
        }
        if let Some(reason) = stop_reason(failure) {
            self.stop_for(reason);
        }
    }
}

/// Why a failed call ends the run, if it does.
pub(super) fn stop_reason(failure: &CallFailure) -> Option<StopReason> {
    match (&failure.kind, failure.call) {
        (FailureKind::NotRecorded, _) => Some(StopReason::LedgerUnwritable { words: failure.words.clone() }),
        // The Agents API may be there all the same, for the other rows.
        (FailureKind::NotTheApi | FailureKind::Redirect { .. }, Call::Enable) => None,
        _ => failure.stop_reason(),
    }
}

/// Whether an answer of the Assistants API means that it is not there any more.
const fn has_ended(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Gone | FailureKind::NotTheApi | FailureKind::Redirect { .. })
}

/// What is known of an assistant that was not switched on.
fn still_off(
    row: &Switchable,
    on: DisabledState,
    failure: Option<&CallFailure>,
    spent: Meter,
) -> DisabledState {
    let may_be_on = spent.unanswered > 0 || failure.is_some_and(CallFailure::may_have_been_applied);
    match row.state {
        _ if on == DisabledState::Reverted => DisabledState::RevertFailed,
        DisabledState::RevertFailed => DisabledState::RevertFailed,
        _ if may_be_on => DisabledState::Unknown,
        state => state,
    }
}

fn no_answer(call: Call) -> CallFailure {
    let words = "no answer before the program had to end".to_owned();
    CallFailure { call, kind: FailureKind::Timeout, words }
}

fn add(sum: &mut Meter, meter: Meter) {
    sum.requests = sum.requests.saturating_add(meter.requests);
    sum.unanswered = sum.unanswered.saturating_add(meter.unanswered);
    sum.elapsed += meter.elapsed;
}

fn conclusion(state: DisabledState, failure: Option<CallFailure>, meter: Meter) -> Conclusion {
    Conclusion { state, failure, requests: meter.requests, elapsed: meter.elapsed, at: Timestamp::now() }
}
