//! The last look, and switching on again: what it condemned, what else is owed, and all that `rollback` takes back.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::guard::{Condemned, LastSight};
use super::rollback_messages::RollbackResult;
use super::switcher::Switcher;
use crate::base::{AgentId, DisabledState, Event, GuardNews, LookAtAll, StopReason, Switching};
use crate::disable::store::{LastLook, Recovery, Switchable};

/// After a signal the last look may take so long, and switching on again likewise; what is not done by then is owed
/// (DESIGN.md, Manners on the network: within 3 seconds).
const AFTER_SIGNAL: Duration = Duration::from_millis(1_200);

impl Switcher<'_> {
    /// The last look at all agents that are owed one, once `watched` has passed since the last of their assistants was
    /// asked to go off (or what the run that asked was told to wait): the list may be behind, so that an earlier look may
    /// condemn but acquits nobody. `None` when it stays owed.
    pub(super) async fn look_at_owed(&mut self, watched: Duration) -> Option<LookAtAll> {
        let owed = self.board.writer.last_look().await;
        let LastLook { agents, last, probe_wait } = self.board.on_disk(owed)?;
        if agents.is_empty() {
            return Some(LookAtAll::AllOn);
        }
        let watched = watched.max(probe_wait);
        let after = last.map_or(watched, |last| watched.saturating_sub(since(last)));
        self.board.may_go_on();
        let mut seen = None;
        if self.may_look() {
            self.board
                .observer
                .observe(&Event::Guard(GuardNews::LastLook { agents: agents.len() as u64, after }));
            let has_waited = after.is_zero() || self.wait(after).await;
            let acquits =
                |seen: &LookAtAll| matches!(seen.sight(), LastSight::AllOn | LastSight::SomeMissing);
            seen = self.last_look(agents).await.filter(|seen| has_waited || !acquits(seen));
        }
        let Some(seen) = seen else {
            self.board.observer.observe(&Event::Guard(GuardNews::LookOwed));
            return None;
        };
        if seen == LookAtAll::AllOn {
            let done = self.board.writer.looks_are_done().await;
            self.board.on_disk(done);
        }
        self.board.observer.observe(&Event::Guard(GuardNews::LookedAtAll(seen.clone())));
        Some(seen)
    }

    /// Whether looking makes sense: a key that may not disable may look all the same, and a signal leaves a moment for it.
    fn may_look(&self) -> bool {
        self.board
            .stop_reason()
            .is_none_or(|reason| reason.leaves_the_agents() || matches!(reason, StopReason::Signal { .. }))
    }

    /// Looks at all these agents; `None` when that could not be done.
    async fn last_look(&mut self, agents: HashSet<Uuid>) -> Option<LookAtAll> {
        let mut seen = None;
        if !self.is_signalled() {
            seen = self.sight_of_all(agents.clone(), None).await;
        }
        if seen.is_none() && self.is_signalled() {
            seen = self.sight_of_all(agents, Some(AFTER_SIGNAL)).await;
        }
        // Where the run has to stop anyway, it need not be the list's fault that nothing is seen.
        seen.filter(|seen| self.board.stop_reason().is_none() || *seen != LookAtAll::NoList)
    }

    /// Condemns what the last look was about, all of it or what belongs to these agents, and switches that on again. What
    /// does not come on is owed.
    pub(super) async fn undo(&mut self, condemned: Condemned, missing: &[AgentId]) {
        let condemned = match condemned {
            Condemned::All => self.board.writer.condemn().await,
            Condemned::Missing => self.board.writer.condemn_alone(missing.to_vec()).await,
        };
        let Some(rows) = self.board.on_disk(condemned) else { return };
        self.board.observer.observe(&Event::Switching { switching: Switching::BackByGuard, rows });
        let until = Instant::now() + AFTER_SIGNAL;
        self.switch_owed_on(Recovery::Revert, DisabledState::Reverted, |_| true, Some(until)).await;
    }

    /// What should be on again by now and is not is `revert_failed`: loud, and the first thing that the next run does.
    pub(super) async fn give_up_reverts(&mut self) {
        let given_up = self.board.writer.give_up_reverts().await;
        self.board.on_disk(given_up);
    }

    /// Switches on again all that are owed this. `undoing_until`: as far as that must not stay off, and after a signal until
    /// then. What does not come on stays owed.
    pub(super) async fn switch_owed_on(
        &mut self,
        owed: Recovery,
        on: DisabledState,
        wanted: impl Fn(&Switchable) -> bool,
        undoing_until: Option<Instant>,
    ) {
        let mut last: Option<Switchable> = None;
        loop {
            let page = self.board.writer.owed(owed, last.as_ref()).await;
            let Some(page) = self.board.on_disk(page).filter(|page| !page.is_empty()) else { return };
            last = page.last().cloned();
            for row in page.into_iter().filter(|row| wanted(row)) {
                let goes_on = match undoing_until {
                    Some(until) => self.may_still_undo(until),
                    None => self.board.may_go_on(),
                };
                if !goes_on {
                    return;
                }
                self.switch_on(row, on).await;
            }
        }
    }
}

/// Switches all on again that the ledger says this program switched off, or may have: first what an earlier run should have,
/// then, of the rest, those named by `only` (`None`: all). `rows` is how many that will be. What does not come on stays as
/// it is in the ledger. Gives how many came on, and how many did not.
pub(crate) async fn roll_back(
    switcher: &mut Switcher<'_>,
    only: Option<&BTreeSet<Uuid>>,
    rows: u64,
) -> RollbackResult {
    switcher.board.observer.observe(&Event::Switching { switching: Switching::Rollback, rows });
    switcher.switch_owed_on(Recovery::Revert, DisabledState::ReEnabled, |_| true, None).await;
    if switcher.board.may_go_on() {
        let rest = |row: &Switchable| only.is_none_or(|only| only.contains(&row.pair.assistant.0));
        switcher.switch_owed_on(Recovery::RollbackRest, DisabledState::ReEnabled, rest, None).await;
    }
    switcher.board.observer.observe(&Event::Ended);
    switcher.back_on
}

/// How long ago that was; a clock that was set back makes it now.
fn since(then: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(then)).unwrap_or_default()
}
