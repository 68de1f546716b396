//! `run` and `verify`: two records become a verdict.
//!
//! | file | idea |
//! | --- | --- |
//! | `compare` | where two records do not agree, and what is only a note |
//! | `pairs` | which elements of two lists belong together |
//! | `proposed` | the agent in write names, for `POST /agent/v1/create` |
//! | `row` | one row's way |
//! | `again` | `verify`: the same for rows that an earlier run has read |
//! | `summary`, `verify_messages` | what is said of it |
//!
//! What counts as the same is data, a line per field in [`FIELDS`](crate::engine::record), and not code per field.

mod again;
mod compare;
mod pairs;
mod proposed;
pub(crate) mod row;
mod summary;
#[cfg(test)]
mod tests;
mod verify_messages;

pub use again::{Kept, Verified, VerifySettings, verify};
pub use compare::{Verdict, compare};
pub(crate) use compare::{differing, differs};
pub(crate) use proposed::for_update;
pub use proposed::proposed;
pub(crate) use row::{read, unchecked};
pub(crate) use summary::{about, ended_before, kept, not_asked_for, work};
pub use summary::{after, before, nothing_begun};
pub use verify_messages::{before_verify, changed_verdicts};
