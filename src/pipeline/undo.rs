//! The last look, and switching on again what it condemned, or what else is owed.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::agent_list::{AfterSignal, LookAtAll};
use super::switchboard::Switchboard;
use crate::domain::{DisabledState, Event, GuardNews, Sight, StopReason, Switching};
use crate::ledger::{Owed, Switchable};

/// After a signal the last look may take so long, and switching on again likewise; what is not done by then is owed
/// (DESIGN.md, Manners: within 3 seconds).
const AFTER_SIGNAL: Duration = Duration::from_millis(1_200);

impl Switchboard<'_> {
    /// The last look at all agents that are owed one, once `watched` has passed since the last of their assistants was
    /// asked to go off: the list may be behind, so that an earlier look may condemn but acquits nobody. `None` when it
    /// stays owed. `is_blind`: a look that cannot tell is good enough.
    pub(super) async fn look_at_owed(&mut self, watched: Duration, is_blind: bool) -> Option<LookAtAll> {
        let owed = self.writer.owed_looks().await;
        let (agents, last) = self.on_disk(owed)?;
        if agents.is_empty() {
            return Some(LookAtAll::AllOn);
        }
        let after = last.map_or(watched, |last| watched.saturating_sub(since(last)));
        self.observer.observe(&Event::Guard(GuardNews::LastLook { agents: agents.len() as u64, after }));
        let has_waited = after.is_zero() || self.wait(after).await;
        let seen = self.last_look(agents).await;
        let Some(seen) = seen.filter(|seen| has_waited || seen.sight() != Sight::On) else {
            self.observer.observe(&Event::Guard(GuardNews::LookOwed));
            return None;
        };
        let is_done = seen == LookAtAll::AllOn || (is_blind && seen.sight() == Sight::Untold);
        if is_done {
            let done = self.writer.looks_are_done().await;
            self.on_disk(done);
        }
        self.observer.observe(&Event::Guard(match seen {
            LookAtAll::AllOn => GuardNews::AllOn,
            _ => GuardNews::NotOn { agent: seen.agent(), sight: seen.sight() },
        }));
        Some(seen)
    }

    /// Looks at all these agents; `None` when that could not be done. A signal leaves a moment for it.
    async fn last_look(&mut self, agents: HashSet<Uuid>) -> Option<LookAtAll> {
        self.may_go_on();
        let mut seen = None;
        // A key that may not disable may look all the same.
        if matches!(
            self.stop_reason(),
            None | Some(
                StopReason::MayNotDisable | StopReason::ScopeMissing { .. } | StopReason::AssistantsApiGone
            )
        ) {
            seen = self.sight_of_all(agents.clone(), AfterSignal::Stop).await;
        }
        if self.stop_reason().is_some() {
            // Then it need not be the list's fault that nothing is seen.
            seen = seen.filter(|seen| *seen != LookAtAll::NoList);
        }
        if seen.is_none() && self.is_signalled() {
            seen = self.sight_of_all(agents, AfterSignal::Within(AFTER_SIGNAL)).await;
        }
        seen
    }

    /// Condemns all that the last look was about, and switches them on again. What does not come on is owed.
    pub(super) async fn undo_condemned(&mut self) {
        let condemned = self.writer.condemn().await;
        let Some(rows) = self.on_disk(condemned) else { return };
        self.observer.observe(&Event::Switching { switching: Switching::BackByGuard, rows });
        let until = Instant::now() + AFTER_SIGNAL;
        self.switch_owed_on(
            Owed::Revert,
            DisabledState::Reverted,
            |_| true,
            |board| board.may_still_undo(until),
        )
        .await;
    }

    /// What should be on again by now and is not is `revert_failed`: loud, and the first thing that the next run does.
    pub(super) async fn give_up_reverts(&mut self) {
        let given_up = self.writer.give_up_reverts().await;
        self.on_disk(given_up);
    }

    /// Switches on again all that are owed this, as long as `goes_on` says; what does not come on stays owed.
    pub(super) async fn switch_owed_on(
        &mut self,
        owed: Owed,
        on: DisabledState,
        wanted: impl Fn(&Switchable) -> bool,
        goes_on: impl Fn(&mut Self) -> bool,
    ) {
        let mut last: Option<Switchable> = None;
        loop {
            let page = self.writer.owed(owed, last.as_ref()).await;
            let Some(page) = self.on_disk(page).filter(|page| !page.is_empty()) else { return };
            last = page.last().cloned();
            for row in page.into_iter().filter(|row| wanted(row)) {
                if !goes_on(self) {
                    return;
                }
                self.switch_on(row, on).await;
            }
        }
    }
}

/// How long ago that was; a clock that was set back makes it now.
fn since(then: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(then)).unwrap_or_default()
}
