//! Switching off what the plan says, under the guard's eyes.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::agent_list::{FirstSight, ListState};
use super::attempt::SwitchedOff;
use super::guard::{Action, Condemned, Observation, Rules, State};
use super::switcher::Switcher;
use crate::base::{DisabledState, DisablingEnd, Event, GuardNews, LookAtAll, Plan, StopReason, Switching};
use crate::disable::store::{PlanOptions, Planned, Role, Switchable};

/// How the plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DisableSettings {
    /// No probe, no looks (`--disable-shared`).
    pub(crate) shared: bool,
    /// When the probe's agent is looked at, counted from the answer to its disable; at least once, growing.
    pub(crate) looks: Vec<Duration>,
    /// Whether there is a person to ask.
    pub(crate) may_ask: bool,
}

impl DisableSettings {
    /// Looks at once and after 2, 5 and `probe_wait` seconds (DESIGN.md, Disabling); a shorter wait leaves out those
    /// beyond it.
    pub(crate) fn new(shared: bool, probe_wait: Duration, may_ask: bool) -> Self {
        let early = [0, 2, 5].map(Duration::from_secs).into_iter().filter(|look| *look < probe_wait);
        Self { shared, looks: early.chain([probe_wait]).collect(), may_ask }
    }
}

/// Makes the plan, of at most so many assistants (`--max-disable`): first the agent list is read for those that are off
/// already. `None` when the run has to stop.
pub(crate) async fn plan(switcher: &mut Switcher<'_>, maximum: Option<u64>) -> Option<(Plan, ListState)> {
    let FirstSight { list, off, on } = switcher.first_sight().await?;
    let options = PlanOptions { maximum, shown_off: off, shown_on: on };
    let plan = switcher.board.writer.plan(options, Timestamp::now()).await;
    switcher.board.on_disk(plan).map(|plan| (plan, list))
}

/// The person did not say yes to the plan, or a signal came instead.
pub(crate) async fn decline(switcher: &mut Switcher<'_>) {
    if switcher.board.may_go_on() {
        switcher.board.stop_for(StopReason::Declined);
    }
    let ended = switcher.board.writer.end_disabling(DisablingEnd::Stopped).await;
    switcher.board.on_disk(ended);
}

/// Carries the plan out; `go_on_blind` asks whether to switch so many assistants off although it cannot be told what becomes
/// of their agents. How it ended is on disk then; why the run has to stop, if it has to, the switcher knows.
pub(crate) async fn disable(
    switcher: &mut Switcher<'_>,
    plan: &Plan,
    settings: &DisableSettings,
    go_on_blind: impl AsyncFn(u64) -> bool,
) -> DisablingEnd {
    if plan.rows > 0 {
        switcher.board.observer.observe(&Event::Switching { switching: Switching::Off, rows: plan.rows });
    }
    if settings.shared {
        // Whoever says that the agents may go is not owed a look at those that earlier runs have left to look at.
        let done = switcher.board.writer.looks_are_done().await;
        switcher.board.on_disk(done);
    }
    let mut work = Disable {
        switcher,
        settings,
        queue: Queue::default(),
        probe: None,
        last_look: None,
        watched_left: plan.rows.saturating_sub(plan.other_uuid),
    };
    work.switch_off_unwatched().await;
    let end = if !work.switcher.board.may_go_on() {
        DisablingEnd::Stopped
    } else if settings.shared {
        DisablingEnd::Completed
    } else {
        work.under_guard(&go_on_blind).await
    };
    let end = match work.switcher.board.stop_reason() {
        Some(StopReason::MayNotDisable | StopReason::ScopeMissing { .. }) if end == DisablingEnd::Stopped => {
            DisablingEnd::NotAllowed
        }
        _ => end,
    };
    switcher.give_up_reverts().await;
    let ended = switcher.board.writer.end_disabling(end).await;
    switcher.board.on_disk(ended);
    switcher.board.observer.observe(&Event::Ended);
    end
}

/// The planned rows, read from the ledger a page at a time.
#[derive(Default)]
struct Queue {
    page: VecDeque<Planned>,
    seq: i64,
}

impl Queue {
    async fn next_if(
        &mut self,
        switcher: &mut Switcher<'_>,
        wanted: impl Fn(&Switchable) -> bool,
    ) -> Option<Switchable> {
        if !switcher.board.may_go_on() {
            return None;
        }
        if self.page.is_empty() {
            let page = switcher.board.writer.planned_after(self.seq).await;
            self.page = switcher.board.on_disk(page)?.into();
        }
        self.page.front().filter(|planned| wanted(&planned.row))?;
        let next = self.page.pop_front()?;
        self.seq = next.seq;
        Some(next.row)
    }
}

/// The row whose agent is watched.
#[derive(Clone)]
struct Probe {
    row: Switchable,
    /// When its disable was answered.
    since: Instant,
    is_off: bool,
}

struct Disable<'b, 'a> {
    switcher: &'b mut Switcher<'a>,
    settings: &'b DisableSettings,
    queue: Queue,
    probe: Option<Probe>,
    last_look: Option<LookAtAll>,
    /// Planned rows that the guard watches and that nothing was asked for yet.
    watched_left: u64,
}

impl Disable<'_, '_> {
    /// Rows whose agent has another UUID go first and are not the guard's business; with `--disable-shared` none is.
    async fn switch_off_unwatched(&mut self) {
        let shared = self.settings.shared;
        while let Some(row) = self.queue.next_if(self.switcher, |row| shared || !row.pair.is_one_uuid()).await
        {
            self.switcher.switch_off(row, Role::Unwatched).await;
        }
    }

    async fn under_guard(&mut self, go_on_blind: &impl AsyncFn(u64) -> bool) -> DisablingEnd {
        let rules = Rules { looks: self.settings.looks.len(), may_ask: self.settings.may_ask };
        let mut state = State::START;
        loop {
            let seen = match state.action() {
                Action::SwitchProbeOff => self.switch_probe_off().await,
                Action::Look(look) => self.look(look).await,
                Action::SwitchProbeOn => self.switch_probe_on().await,
                Action::Ask => self.ask(go_on_blind).await,
                Action::SwitchRestOff => self.switch_rest_off().await,
                Action::LookAtAll => self.look_at_all().await,
                Action::SwitchOn(condemned) => self.switch_on(condemned).await,
                Action::End(end) => return end,
            };
            state = state.next(rules, seen);
        }
    }

    fn tell(&mut self, news: GuardNews) {
        self.switcher.board.observer.observe(&Event::Guard(news));
    }

    async fn switch_probe_off(&mut self) -> Observation {
        while let Some(row) = self.queue.next_if(self.switcher, |_| true).await {
            self.watched_left = self.watched_left.saturating_sub(1);
            let came = self.switcher.switch_off(row.clone(), Role::Probe).await;
            let candidate = row.candidate();
            self.probe = Some(Probe { row, since: Instant::now(), is_off: true });
            match came {
                SwitchedOff::Yes => {
                    self.tell(GuardNews::ProbeOff { name: candidate.name, pair: candidate.pair });
                    return Observation::ProbeOff;
                }
                SwitchedOff::Refused if self.switcher.board.stop_reason().is_some() => {
                    return Observation::Stopped;
                }
                SwitchedOff::Refused => {
                    self.tell(GuardNews::NextProbe);
                    return Observation::ProbeRefused;
                }
                SwitchedOff::Unknown => return Observation::ProbeUnanswered,
                SwitchedOff::NotSent => return Observation::Stopped,
                // Not a word about the probe's agent: the next one takes its place.
                SwitchedOff::NotVerified => {}
            }
        }
        if self.switcher.board.may_go_on() { Observation::NoProbeLeft } else { Observation::Stopped }
    }

    async fn look(&mut self, look: usize) -> Observation {
        let (Some(probe), Some(at)) = (&self.probe, self.settings.looks.get(look)) else {
            return Observation::Stopped;
        };
        let (agent, at) = (probe.row.pair.agent.0, *at);
        let left = at.saturating_sub(probe.since.elapsed());
        if !self.switcher.board.may_go_on() || !self.switcher.wait(left).await {
            return Observation::Stopped;
        }
        let Some(sight) = self.switcher.sight_of(agent).await else { return Observation::Stopped };
        self.tell(GuardNews::Looked { after: at, sight });
        Observation::Seen(sight)
    }

    async fn switch_probe_on(&mut self) -> Observation {
        let Some(probe) = &mut self.probe else { return Observation::Stopped };
        if self.switcher.switch_on(probe.row.clone(), DisabledState::Reverted).await {
            probe.is_off = false;
            self.tell(GuardNews::ProbeOnAgain);
            Observation::ProbeOnAgain
        } else {
            Observation::ProbeStuck
        }
    }

    async fn ask(&mut self, go_on_blind: &impl AsyncFn(u64) -> bool) -> Observation {
        let question = go_on_blind(self.watched_left.saturating_add(1));
        self.switcher
            .board
            .unless_signalled(question)
            .await
            .map_or(Observation::Stopped, Observation::Answered)
    }

    /// The probe first, if the person wants it off although it was switched on again.
    async fn switch_rest_off(&mut self) -> Observation {
        // Who said yes without knowing is not owed a look that undoes it.
        let mut role = Role::Watched;
        if let Some(Probe { row, is_off, .. }) = self.probe.take() {
            if is_off {
                let allowed = self.switcher.board.writer.let_stay_off(&row).await;
                if self.switcher.board.on_disk(allowed).is_none() {
                    // On disk it is a probe without a verdict, so that is how it must not stay in the world.
                    self.switcher.switch_on(row, DisabledState::Reverted).await;
                    return Observation::Stopped;
                }
                self.tell(GuardNews::GoOn { rest: self.watched_left });
            } else {
                role = Role::Unwatched;
                self.switcher.switch_off(row, role).await;
            }
        }
        while let Some(row) = self.queue.next_if(self.switcher, |_| true).await {
            self.switcher.switch_off(row, role).await;
        }
        if self.switcher.board.may_go_on() { Observation::RestDone } else { Observation::Stopped }
    }

    async fn look_at_all(&mut self) -> Observation {
        // As long as the probe was watched, so that a list that is behind shows the others, too.
        let watched = self.settings.looks.last().copied().unwrap_or_default();
        self.last_look = self.switcher.look_at_owed(watched).await;
        self.last_look.as_ref().map_or(Observation::Stopped, |seen| Observation::SeenAll(seen.sight()))
    }

    async fn switch_on(&mut self, condemned: Condemned) -> Observation {
        let missing = self.last_look.as_ref().map_or(&[][..], LookAtAll::missing);
        self.switcher.undo(condemned, missing).await;
        Observation::AskedBack
    }
}
