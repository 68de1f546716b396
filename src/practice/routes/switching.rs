//! The two calls that disable and enable, and the trouble that is theirs alone.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use uuid::Uuid;

use super::{Fate, Found, Visit};
use crate::practice::answers;
use crate::practice::options::{LostAnswer, SandboxOptions, Times};
use crate::practice::request::Side;
use crate::practice::state::locked;
use crate::practice::workspace::Workspace;

/// How many requests of each kind came as far as this; what was refused is not among them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// To disable.
    disables: AtomicU64,
    /// To disable, and not answered 500: these were applied.
    applied: AtomicU64,
    /// To enable.
    enables: AtomicU64,
}

/// Counts one more; gives how many there were before.
fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed)
}

/// What is switched when one side of an id is: of one record both sides, as far as the id stands for both.
pub(super) fn sides(
    options: &SandboxOptions,
    workspace: &Workspace,
    side: Side,
    id: Uuid,
) -> impl Iterator<Item = Side> {
    let one_record = options.one_record;
    [Side::Assistant, Side::Agent]
        .into_iter()
        .filter(move |each| (one_record || *each == side) && workspace.may_exist(*each, id))
}

impl Visit<'_> {
    pub(super) fn disable(&self, side: Side, id: Uuid, disabled: bool) -> Fate {
        if self.options.disable_forbidden {
            let words = format!("Insufficient permissions to disable {}s", side.word());
            return Fate::Answer(answers::refusal(StatusCode::FORBIDDEN, id, &self.words(&words)));
        }
        match self.find(side, id) {
            Found::Named(_) => {}
            Found::MadeUp => self.is_there(id),
            Found::Refused(refusal) => return Fate::Answer(refusal),
        }
        if disabled && self.options.refuse_disables.contains(&id) {
            return Fate::Answer(self.not_shared(side, id));
        }
        let counters = &self.shared.switch_requests;
        let (counter, failing) = if disabled {
            (&counters.disables, self.options.fail_disables)
        } else {
            (&counters.enables, self.options.re_enable_fails)
        };
        if count(counter) < u64::from(failing) {
            return Fate::Answer(answers::server_trouble(0));
        }
        self.switch(side, id, disabled);
        match (disabled && self.is_lost(), self.options.lost_answer) {
            (false, _) => Fate::Answer(answers::switched(side, disabled)),
            (true, LostAnswer::Closed) => Fate::Hangup { reset: false },
            (true, LostAnswer::Silent) => Fate::Silence,
        }
    }

    /// Whether the answer to this request to disable, which was applied, gets lost.
    fn is_lost(&self) -> bool {
        let before = count(&self.shared.switch_requests.applied);
        match self.options.disable_lost {
            Times::Never => false,
            Times::First(count) => before < u64::from(count),
            Times::Share(share) => self.dice.is_lost(share),
        }
    }

    fn switch(&self, side: Side, id: Uuid, disabled: bool) {
        let mut switches = locked(&self.shared.switches);
        for side in sides(self.options, &self.shared.workspace, side, id) {
            switches.set(side, id, disabled);
        }
    }
}
