//! Making agents what a ledger keeps.
//!
//! | file | idea |
//! | --- | --- |
//! | `decide`, `left` | what is sent to an agent, and what is left behind |
//! | `draft` | whose work is in a draft; whether two states of an agent are one |
//! | `candidates` | which rows are looked at |
//! | `look` | every agent is read, and what there is to do found out |
//! | `write` | one agent: intent, update, draft, publish, read again |
//! | `recovery` | what an earlier command left open |
//! | `run` | the rows one after the other |
//! | `create`, `undo` | an agent is made; what was written is taken back |
//! | `store` | its SQL |
//! | `columns`, `remedies` | its report |
//! | `messages` | its sentences |

mod candidates;
mod columns;
mod create;
pub(crate) mod decide;
mod draft;
pub(crate) mod left;
mod look;
mod messages;
mod recovery;
mod remedies;
mod run;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod undo;
mod write;

pub(crate) use candidates::{Which, feed};
pub(crate) use columns::{ApplyFacts, ApplyRow};
pub(crate) use look::Plan;
pub(crate) use messages::{
    ApplyResult, Endpoint, WORDING, after_apply, apply_plan, apply_question, before_apply, undo_plan,
    undo_question,
};
pub(crate) use write::Applier;
