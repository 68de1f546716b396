//! Taking it back: every assistant that the ledger says this program switched off, or may have.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::switchboard::Switchboard;
use crate::base::{DisabledState, Event, Switching};
use crate::disable::store::Recovery;

/// Switches them on again: first what an earlier run should have, then, of the rest, those named by `only` (`None`: all).
/// `rows` is how many that will be. What does not come on stays as it is in the ledger.
pub async fn roll_back(board: &mut Switchboard<'_>, only: Option<&BTreeSet<Uuid>>, rows: u64) {
    board.observer.observe(&Event::Switching { switching: Switching::Rollback, rows });
    let goes_on = Switchboard::may_go_on;
    board.switch_owed_on(Recovery::Revert, DisabledState::ReEnabled, |_| true, goes_on).await;
    let is_named = |assistant: &Uuid| only.is_none_or(|only| only.contains(assistant));
    if board.may_go_on() {
        let rest = |row: &crate::disable::store::Switchable| is_named(&row.pair.assistant.0);
        board.switch_owed_on(Recovery::RollbackRest, DisabledState::ReEnabled, rest, goes_on).await;
    }
    board.observer.observe(&Event::Ended);
}
