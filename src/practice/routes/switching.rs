//! The two calls that disable and enable.

use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::{Found, Instead, Presence, Shared, Visit};
use crate::practice::answers;
use crate::practice::request::Side;
use crate::practice::state::locked;
use crate::practice::workspace::Access;

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
    pub(super) fn disable(&self, side: Side, id: Uuid, disabled: bool) -> Result<Response, Instead> {
        if self.options.disable_forbidden {
            let words = format!("Insufficient permissions to disable {}s", side.word());
            return Err(answers::refusal(StatusCode::FORBIDDEN, id, &self.words(&words)).into());
        }
        if self.find(side, id)? == Found::MadeUp {
            self.is_there(id);
        }
        let is_refused = disabled && self.options.refuse_disables.contains(&id);
        if is_refused || self.access(side, id) != Access::Shared {
            return Err(self.not_shared(side, id).into());
        }
        let (call, trouble) =
            if disabled { ("disable", self.options.disable) } else { ("enable", self.options.enable) };
        self.apply(call, trouble, || {
            for side in self.shared.sides(side, id) {
                locked(&self.shared.switches).set(side, id, disabled);
            }
            answers::switched(side, disabled)
        })
    }
}
