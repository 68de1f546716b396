//! The two calls that disable and enable, and the trouble that is theirs alone.

use std::sync::atomic::AtomicU64;

use axum::http::StatusCode;
use uuid::Uuid;

use super::{Fate, Found, Presence, Shared, Visit, count};
use crate::practice::answers;
use crate::practice::request::Side;
use crate::practice::state::locked;
use crate::practice::workspace::Access;

/// How many requests of each kind came as far as this; what was refused is not among them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    disables: AtomicU64,
    /// To disable, and not answered 500: these were applied.
    applied: AtomicU64,
    enables: AtomicU64,
}

impl Shared {
    /// What is switched when one side of an id is: of one record both sides, as far as the id stands for both.
    pub(super) fn sides(&self, side: Side, id: Uuid) -> impl Iterator<Item = Side> {
        let one_record = self.options().one_record;
        [Side::Assistant, Side::Agent]
            .into_iter()
            .filter(move |each| (one_record || *each == side) && self.presence(*each, id) != Presence::Absent)
    }
}

impl Visit<'_> {
    pub(super) fn disable(&self, side: Side, id: Uuid, disabled: bool) -> Fate {
        if self.options.disable_forbidden {
            let words = format!("Insufficient permissions to disable {}s", side.word());
            return Fate::Answer(answers::refusal(StatusCode::FORBIDDEN, id, &self.words(&words)));
        }
        match self.find(side, id) {
            Ok(Found::Named) => {}
            Ok(Found::MadeUp) => self.is_there(id),
            Err(refusal) => return Fate::Answer(*refusal),
        }
        let is_refused = disabled && self.options.refuse_disables.contains(&id);
        if is_refused || self.access(side, id) != Access::Shared {
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
        for side in self.shared.sides(side, id) {
            locked(&self.shared.switches).set(side, id, disabled);
        }
        if disabled && self.happens(self.options.disable_lost, &counters.applied, 6) {
            return self.lost();
        }
        Fate::Answer(answers::switched(side, disabled))
    }
}
