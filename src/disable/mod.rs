//! Switching assistants off under a guard, and on again.
//!
//! | file | idea |
//! | --- | --- |
//! | `guard` | what is done next, as a table |
//! | `run` | the second pass of `run --disable` |
//! | `attempt` | one assistant: intent, request, conclusion |
//! | `recovery` | what an earlier run left open |
//! | `undo` | on again |
//! | `agent_list` | what the agents' list tells |
//! | `store` | its SQL |
//! | `page` | its part of the page |
//! | `run_messages` | what every `run` says before and after: one may settle what an earlier one left open |
//! | `…_messages` | its sentences |

mod agent_list;
mod attempt;
mod ending_messages;
mod guard;
mod guard_messages;
mod page;
pub(crate) mod plan_messages;
mod recovery;
mod rollback_messages;
mod run;
mod run_messages;
pub(crate) mod store;
mod switcher;
mod undo;

pub(crate) use ending_messages::ending;
pub(crate) use guard_messages::WORDING;
pub(crate) use page::card;
pub(crate) use plan_messages::{PlanView, blind_question, plan_question};
pub(crate) use recovery::settle;
pub(crate) use rollback_messages::{RollbackResult, after_rollback, rollback_plan, rollback_question};
pub(crate) use run::{DisableSettings, decline, disable, plan};
pub(crate) use run_messages::{after_run, before_run};
pub(crate) use switcher::Switcher;
pub(crate) use undo::roll_back;
