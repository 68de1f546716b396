//! One assistant off or on, seen through to the ledger's record.

use std::time::Duration;

use jiff::Timestamp;

use super::switcher::Switcher;
use crate::base::{Call, CallFailure, DisabledState, Event, FailureKind, Pair, RowStatus, Sight};
use crate::disable::store::{Conclusion, Intent, Role, Switchable};
use crate::engine::ledger::Job;
use crate::engine::platform::{Client, Meter};
use crate::engine::session::{GaveUp, InPause, RowReader, Sent, no_answer, stop_reason};

/// How often switching on again is begun anew after the client's own retries: what is off by mistake must not stay so
/// for a hiccup.
const ROUNDS_BACK_ON: u32 = 3;

const BETWEEN_ROUNDS: Duration = Duration::from_secs(2);

/// How often an intent is made anew that grew old before its request left.
const FRESH_INTENTS: u32 = 3;

/// So many failures in a row are no hiccup: then each row is asked for once.
const PATIENT_FAILURES: u32 = 3;

/// What came of an intent to switch an assistant off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SwitchedOff {
    Yes,
    Refused,
    Unknown,
    /// Read again, it is not verified any more; no request to disable was sent.
    NotVerified,
    /// The run has to stop; no request to disable was sent.
    NotSent,
}

impl Switcher<'_> {
    /// Switches an assistant off: the intent goes on disk, then the request leaves, then its outcome goes on disk. An intent
    /// that grew old while the platform made everybody wait is made anew, after another check.
    pub(super) async fn switch_off(&mut self, row: Switchable, role: Role) -> SwitchedOff {
        for _ in 0..FRESH_INTENTS {
            if let Some(switched_off) = self.try_to_switch_off(row.clone(), role).await {
                return switched_off;
            }
        }
        SwitchedOff::NotVerified
    }

    /// `None` when the intent had grown old before a request left.
    async fn try_to_switch_off(&mut self, row: Switchable, role: Role) -> Option<SwitchedOff> {
        let intent = match self.intend(row, role).await {
            Ok(intent) => intent,
            Err(why_not) => return Some(why_not),
        };
        let mut meter = Meter::default();
        let request =
            async |client: &Client, meter: &mut Meter| client.disable_assistant(&intent, meter).await;
        let sent = self.board.send(Call::Disable, request, InPause::GiveUp, &mut meter).await;
        let (state, failure) = self.judge(&intent, sent).await;
        let has_grown_old = failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Outdated)
            && state == DisabledState::Failed;
        let (state, failure) =
            if has_grown_old { (DisabledState::NotRequested, None) } else { (state, failure) };
        self.any_went_off |= state == DisabledState::Disabled;
        self.learn_from(failure.as_ref());
        let conclusion = conclusion(state, failure, meter);
        let concluded = self.board.writer.conclude(intent, conclusion).await;
        let switched = self.board.on_disk(concluded);
        if let Some(switched) = switched.filter(|_| !has_grown_old) {
            self.board.observer.observe(&Event::Switched(switched));
        }
        match state {
            _ if has_grown_old && self.board.may_go_on() => None,
            DisabledState::Disabled => Some(SwitchedOff::Yes),
            DisabledState::Failed => Some(SwitchedOff::Refused),
            DisabledState::NotRequested => Some(SwitchedOff::NotSent),
            _ => Some(SwitchedOff::Unknown),
        }
    }

    /// Gets the intent on disk; a row that was verified too long ago is read again before.
    async fn intend(&mut self, row: Switchable, role: Role) -> Result<Intent, SwitchedOff> {
        for is_reread in [false, true] {
            let intent = self.board.writer.intend(row.clone(), role, Timestamp::now()).await;
            match self.board.on_disk(intent) {
                Some(Some(intent)) => return Ok(intent),
                Some(None) if !is_reread => self.verify_again(row.pair).await?,
                Some(None) => return Err(SwitchedOff::NotVerified),
                None => return Err(SwitchedOff::NotSent),
            }
        }
        Err(SwitchedOff::NotVerified)
    }

    async fn verify_again(&mut self, pair: Pair) -> Result<(), SwitchedOff> {
        let check =
            self.reader.clone().read(self.board.client.clone(), Job { line: 0, pair }, Meter::default());
        let outcome = self.board.unless_signalled(check).await.ok_or(SwitchedOff::NotSent)?;
        let status = outcome.status;
        if let Some(reason) = outcome.failure.as_ref().and_then(CallFailure::stop_reason) {
            self.board.stop_for(reason);
        }
        let settled = self.board.writer.settle(outcome).await;
        if self.board.on_disk(settled).is_none() {
            return Err(SwitchedOff::NotSent);
        }
        if status == RowStatus::Verified { Ok(()) } else { Err(SwitchedOff::NotVerified) }
    }

    async fn judge(&mut self, intent: &Intent, sent: Sent<()>) -> (DisabledState, Option<CallFailure>) {
        let failure = match sent {
            Sent::Done(()) => return (DisabledState::Disabled, None),
            Sent::Not(Some(failure)) => return (DisabledState::Failed, Some(failure)),
            Sent::Not(None) => return (DisabledState::NotRequested, None),
            Sent::Unknown(failure) => failure,
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
        // Where the ledger cannot be written, the request leaves all the same: what is off by mistake must not stay so.
        let noted = self.board.writer.will_be_back_on(&row, Timestamp::now()).await;
        self.board.on_disk(noted);
        let mut spent = Meter::default();
        let mut failure = None;
        for round in 1..=ROUNDS_BACK_ON {
            let in_pause = if on == DisabledState::Reverted { InPause::Wait } else { InPause::GiveUp };
            failure = match self.request_on(row.pair, in_pause, &mut spent).await {
                Ok(Ok(())) => None,
                Ok(Err(failure)) => Some(failure),
                Err(GaveUp::Paused) => Some(paused()),
                Err(GaveUp::TimedOut) => Some(no_answer(Call::Enable)),
            };
            if !self.is_worth_another_round(failure.as_ref(), on)
                || round == ROUNDS_BACK_ON
                || !self.wait(BETWEEN_ROUNDS).await
            {
                break;
            }
        }
        self.stuck_in_a_row = if failure.is_some() { self.stuck_in_a_row + 1 } else { 0 };
        self.learn_from(failure.as_ref());
        let is_on = failure.is_none();
        let state = if is_on { on } else { still_off(&row, on, failure.as_ref(), spent) };
        let conclusion = conclusion(state, failure, spent);
        let recorded = self.board.writer.back_on(row, conclusion).await;
        if let Some(switched) = self.board.on_disk(recorded) {
            let count = if is_on { &mut self.back_on.switched_on } else { &mut self.back_on.failed };
            *count += 1;
            self.board.observer.observe(&Event::Switched(switched));
        }
        is_on
    }

    /// The guard tries again whatever the answer was, a rollback only what looks like a hiccup.
    fn is_worth_another_round(&self, failure: Option<&CallFailure>, on: DisabledState) -> bool {
        failure.is_some_and(|failure| {
            self.stuck_in_a_row < PATIENT_FAILURES
                && stop_reason(failure).is_none()
                && (failure.is_out_of_reach() || on == DisabledState::Reverted)
        })
    }

    /// Through the Assistants API; where that has ended, through the Agents API, which has the same record under the same
    /// UUID (DESIGN.md, Commands).
    async fn request_on(
        &mut self,
        pair: Pair,
        in_pause: InPause,
        meter: &mut Meter,
    ) -> Result<Result<(), CallFailure>, GaveUp> {
        let client = self.board.client;
        if !(self.assistants_api_is_gone && pair.is_one_uuid()) {
            let call = client.enable_assistant(pair.assistant, meter);
            match self.board.patiently(call, in_pause).await {
                Ok(Err(failure)) if pair.is_one_uuid() && has_ended(&failure.kind) => {
                    self.assistants_api_is_gone = true;
                }
                answer => return answer,
            }
        }
        let call = client.enable_agent(pair.agent, meter);
        self.board.patiently(call, in_pause).await
    }
}

/// Whether an answer of the Assistants API means that it is not there any more.
const fn has_ended(kind: &FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Gone { .. } | FailureKind::NotTheApi { status: 404, .. } | FailureKind::Redirect { .. }
    )
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

fn paused() -> CallFailure {
    let words = "the platform made everybody wait when the program had to end";
    CallFailure::new(Call::Enable, FailureKind::Throttled, words)
}

pub(super) fn conclusion(state: DisabledState, failure: Option<CallFailure>, meter: Meter) -> Conclusion {
    Conclusion { state, failure, requests: meter.requests, elapsed: meter.elapsed, at: Timestamp::now() }
}
