//! What an earlier command left open about an agent, settled by what `get` shows now. Pure.

use super::draft::{is_same, with_fields};
use super::store::{Kind, OpenWrite, WriteEnd};
use crate::engine::record::{Record, Side, read};

/// What is known of the writes that were left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recovered {
    /// These are published, as `get` shows.
    pub(super) written: Vec<i64>,
    /// Fields that may still stand in the draft.
    pub(super) in_draft: Vec<String>,
    /// By this write the agent was made, and it was not published yet.
    pub(super) unpublished: Option<i64>,
    /// What was taken back is published: all of these are done with.
    pub(super) taken_back: Vec<i64>,
}

/// What became of the writes of an agent, oldest first, that were left open. Those before one that is known to be
/// published are over: with it their fields left the draft.
pub(super) fn recover(writes: &[OpenWrite], now: &Record) -> Recovered {
    let mut recovered = Recovered::default();
    for (place, write) in writes.iter().enumerate().rev() {
        if write.end == Some(WriteEnd::Written) {
            break;
        }
        let is_published = write.kind != Kind::Create
            && read(Side::Agent, &write.before, now.id()).is_ok_and(|before| {
                let wanted = with_fields(&before, &write.fields);
                !is_same(&before, &wanted) && is_same(&wanted, now)
            });
        if write.kind == Kind::Create {
            recovered.unpublished = Some(write.write);
        } else if !is_published {
            recovered.in_draft.extend(write.changed.iter().cloned());
        } else if write.kind == Kind::Undo {
            recovered.taken_back = writes.iter().take(place + 1).map(|write| write.write).collect();
            break;
        } else {
            recovered.written.push(write.write);
            break;
        }
    }
    recovered
}
