//! What the switching of assistants shares beside what every writing command does ([`Board`]).

use std::time::Duration;

use tokio::time::Instant;

use super::rollback_messages::RollbackResult;
use crate::base::{Call, CallFailure, FailureKind, StopReason};
use crate::check::BothSides;
use crate::engine::session::Board;

/// So many 403 in a row, with no success before, are about the key (DESIGN.md, Disabling).
const FORBIDDEN_ROWS: u32 = 3;

/// Switches assistants, one after the other.
pub(crate) struct Switcher<'a> {
    pub(crate) board: Board<'a>,
    pub(super) assistants_api_is_gone: bool,
    pub(super) any_went_off: bool,
    /// What was asked to be switched on again, and that is on disk.
    pub(super) back_on: RollbackResult,
    /// Rows that could not be switched on, in a row.
    pub(super) stuck_in_a_row: u32,
    forbidden_in_a_row: u32,
    /// How a row is read again.
    pub(super) reader: BothSides,
}

impl<'a> Switcher<'a> {
    pub(crate) const fn new(board: Board<'a>, reader: BothSides) -> Self {
        Self {
            board,
            assistants_api_is_gone: false,
            any_went_off: false,
            back_on: RollbackResult { switched_on: 0, failed: 0, left: 0 },
            stuck_in_a_row: 0,
            forbidden_in_a_row: 0,
            reader,
        }
    }

    pub(super) fn is_signalled(&self) -> bool {
        self.board.signal().borrow().is_some()
    }

    /// Whether to go on with switching on what must not stay off: also when nothing more may be switched off, and for a
    /// moment after a signal.
    pub(super) fn may_still_undo(&mut self, after_signal_until: Instant) -> bool {
        self.board.may_go_on()
            || match self.board.stop_reason() {
                Some(StopReason::Signal { .. }) => Instant::now() < after_signal_until,
                stop => stop.is_some_and(StopReason::leaves_the_agents),
            }
    }

    /// Waits so long; `false` when a signal came first.
    pub(super) async fn wait(&mut self, time: Duration) -> bool {
        self.board.unless_signalled(tokio::time::sleep(time)).await.is_some()
    }

    /// Keeps count of what speaks against going on.
    pub(super) fn learn_from(&mut self, failure: Option<&CallFailure>) {
        // What may not be switched on is a row's trouble: it must not hold the others back.
        let is_forbidden = failure
            .is_some_and(|failure| failure.kind == FailureKind::Forbidden && failure.call == Call::Disable);
        self.forbidden_in_a_row = if is_forbidden { self.forbidden_in_a_row + 1 } else { 0 };
        if self.forbidden_in_a_row >= FORBIDDEN_ROWS && !self.any_went_off {
            self.board.stop_for(StopReason::MayNotDisable);
        }
        self.board.learn_from(failure);
    }
}
