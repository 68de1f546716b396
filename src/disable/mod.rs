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
mod ending_messages;
mod guard;
mod guard_messages;
mod page;
pub(crate) mod plan_messages;
mod recovery;
mod rollback;
mod rollback_messages;
mod run;
mod run_messages;
pub mod store;
mod switchboard;
mod undo;

pub use agent_list::ListState;
pub use ending_messages::ending;
pub use guard_messages::WORDING;
pub(crate) use page::card;
pub use plan_messages::{PlanView, WhenUntold, blind_question, plan_question};
pub use recovery::settle;
pub use rollback::roll_back;
pub use rollback_messages::{RollbackResult, after_rollback, rollback_plan, rollback_question};
pub use run::{Asker, DisableSettings, decline, disable, plan};
pub use run_messages::{after_run, before_run};
pub use switchboard::Switchboard;
