//! What earlier runs left open is settled before anything else (DESIGN.md, Disabling).

use std::time::Duration;

use super::agent_list::FirstSight;
use super::attempt::conclusion;
use super::switcher::Switcher;
use crate::base::{DisabledState, Event, Switching, Unsettled};
use crate::disable::store::{Recovery, Switchable};
use crate::engine::platform::Meter;

/// Settles them: a probe without a verdict and a `revert_failed` are switched on again; an intent without an outcome is
/// `disabled` if the list shows it off, else `unknown`, since this process has not verified it and must not ask again;
/// the agents of a run that did not come to its last look are looked at, `watched` after its last disable.
pub(crate) async fn settle(switcher: &mut Switcher<'_>, unsettled: Unsettled, watched: Duration) {
    if unsettled.reverts > 0 {
        let switching = Switching::BackFromEarlierRun;
        switcher.board.observer.observe(&Event::Switching { switching, rows: unsettled.reverts });
        switcher.switch_owed_on(Recovery::Revert, DisabledState::Reverted, |_| true, None).await;
    }
    if unsettled.answers > 0 && switcher.board.may_go_on() {
        switcher.answer_open_intents().await;
    }
    if unsettled.looks > 0 && switcher.board.may_go_on() {
        switcher.look_for_earlier_run(watched).await;
    }
    switcher.give_up_reverts().await;
    switcher.board.observer.observe(&Event::Ended);
}

impl Switcher<'_> {
    async fn answer_open_intents(&mut self) {
        let Some(FirstSight { off: shown_off, .. }) = self.first_sight().await else { return };
        let mut last: Option<Switchable> = None;
        loop {
            let page = self.board.writer.owed(Recovery::Answer, last.as_ref()).await;
            let Some(page) = self.board.on_disk(page).filter(|page| !page.is_empty()) else { return };
            last = page.last().cloned();
            for row in page {
                let is_off = shown_off.contains(&row.pair.assistant.0);
                let state = if is_off { DisabledState::Disabled } else { DisabledState::Unknown };
                let answered = self.board.writer.answer(row, conclusion(state, None, Meter::default())).await;
                let Some(switched) = self.board.on_disk(answered) else { return };
                if is_off {
                    self.board.observer.observe(&Event::Switched(switched));
                }
            }
        }
    }

    /// The verdict is the one that the run that switched them off would have reached.
    async fn look_for_earlier_run(&mut self, watched: Duration) {
        let Some(seen) = self.look_at_owed(watched).await else { return };
        let Some((condemned, end)) = seen.sight().verdict() else { return };
        self.undo(condemned, seen.missing()).await;
        let ended = self.board.writer.end_disabling(end).await;
        self.board.on_disk(ended);
    }
}
