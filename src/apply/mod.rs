//! Making agents what a ledger keeps.
//!
//! | file | idea |
//! | --- | --- |
//! | `decide`, `left` | what is sent to an agent, and what is left behind |
//! | `draft` | whose work is in a draft; whether two states of an agent are one |
//! | `look` | every agent is read, and what there is to do found out |
//! | `write` | one agent: intent, update, draft, publish, read again |
//! | `recovery` | what an earlier command left open |
//! | `run` | the rows one after the other |
//! | `create`, `undo` | an agent is made; what was written is taken back |
//! | `store` | its SQL |
//! | `columns`, `json`, `remedies` | its report |
//! | `messages` | its sentences |

mod columns;
mod create;
pub mod decide;
mod draft;
mod json;
pub mod left;
mod look;
mod messages;
mod recovery;
mod remedies;
mod run;
pub mod store;
#[cfg(test)]
mod tests;
mod undo;
mod write;

pub use columns::{ApplyCsv, ApplyRow};
pub use create::name_asked_for;
pub use json::{ApplyFacts, ApplyJson};
pub use look::{Candidate, Plan, Which, feed};
pub use messages::{
    ApplyResult, Endpoint, after_apply, apply_plan, apply_question, before_apply, undo_plan, undo_question,
};
pub use write::Applier;
