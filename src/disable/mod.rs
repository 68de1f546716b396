//! Switching assistants off under a guard, and on again.
//!
//! | file | idea |
//! | --- | --- |
//! | `guard` | what is done next, as a table |
//! | `run` | the second pass of `run --disable` |
//! | `attempt` | one assistant: intent, request, conclusion |
//! | `recovery` | what an earlier run left open |
//! | `undo`, `rollback` | on again |
//! | `agent_list` | what the agents' list tells |
//! | `store` | its SQL |
//! | `page` | its part of the page |
//! | `…_messages` | its sentences |

mod agent_list;
mod attempt;
pub(crate) mod ending_messages;
mod guard;
pub(crate) mod guard_messages;
mod page;
pub(crate) mod plan_messages;
mod recovery;
mod rollback;
mod rollback_messages;
mod run;
pub mod store;
mod switchboard;
mod undo;

pub use agent_list::ListState;
pub use ending_messages::ending;
pub(crate) use ending_messages::{take_back, tell, warn};
pub(crate) use guard_messages::{begins, line, news, revert_failed, stopping, waiting_for_answer};
pub(crate) use page::Switching;
pub use plan_messages::{ListView, PlanView, WhenUntold, blind_question, plan_question};
pub use recovery::settle;
pub use rollback::roll_back;
pub use rollback_messages::{RollbackResult, after_rollback, rollback_plan, rollback_question};
pub use run::{Asker, DisableSettings, decline, disable, plan};
pub use switchboard::Switchboard;
