//! `run` and `verify`: two records become a verdict.
//!
//! | file | idea |
//! | --- | --- |
//! | `accept` | differences that somebody has decided to live with |
//! | `compare` | where two records do not agree, and what is only a note |
//! | `pairs` | which elements of two lists belong together |
//! | `proposed` | the agent in write names, for `POST /agent/v1/create` |
//! | `row` | one row's way |
//! | `verify` | the same for rows that an earlier run has read |
//! | `summary` | what stands in a report, counted |
//! | `store` | what the ledger remembers of it |
//! | `columns`, `page` | its report |
//! | `messages` | what is said of it; around a `run`, `disable::run_messages` says it |
//!
//! What counts as the same is data, a line per field in [`FIELDS`](crate::engine::record), and not code per field.

mod accept;
mod columns;
mod compare;
mod messages;
mod page;
mod pairs;
mod proposed;
mod row;
mod summary;
#[cfg(test)]
mod tests;

mod store;
mod verify;
pub use accept::Accepted;
pub use compare::{Verdict, compare};
pub(crate) use compare::{differing, differs};
pub(crate) use messages::{
    WORDING, accepting, after_verify, before_verify, changed_verdicts, differs_nowhere, next, verdicts,
    what_to_do,
};
pub(crate) use proposed::for_update;
pub use proposed::proposed;
pub use row::BothSides;
pub(crate) use store::Unmet;
pub(crate) use summary::Summary;
pub(crate) use verify::{AgainstKept, Verified, as_it_is_now};
