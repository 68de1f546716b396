//! The last look, and switching on again what it condemned, or what else is owed.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::agent_list::{AfterSignal, LookAtAll};
use super::switchboard::Switchboard;
use crate::domain::{DisabledState, Event, StopReason, Switching};
use crate::ledger::{Owed, Switchable};

/// After a signal the last look may take so long, and switching on again likewise; what is not done by then is owed
/// (DESIGN.md, Manners: within 3 seconds).
const AFTER_SIGNAL: Duration = Duration::from_millis(1_200);

impl Switchboard<'_> {
    /// Looks at all these agents; `None` when that could not be done. A signal leaves a moment for it.
    pub(super) async fn last_look(&mut self, agents: HashSet<Uuid>) -> Option<LookAtAll> {
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
