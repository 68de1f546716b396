//! What an audit finds: one record by itself, how it is set up, what is wrong with it, secrets in its texts.
//!
//! | file | idea |
//! | --- | --- |
//! | `reading` | one row's way when only one side is read |
//! | `findings` | what is found in a record, and kept; `rules` is the table |
//! | `secrets` | secrets in texts, a folder: `labelled` and `looks` find them, `hiding` hides them again |
//! | `duplicates`, `model_id`, `models` | what needs the other rows, or the catalogue |
//! | `store` | its SQL |
//! | `reader` | out of the ledger to its rows |
//! | `row`, `columns`, `page` | its report |
//! | `messages` | its sentences; `counters` is what they count |

mod columns;
mod counters;
mod duplicates;
mod findings;
mod messages;
mod model_id;
mod models;
mod page;
mod reader;
mod reading;
#[cfg(test)]
mod report_tests;
mod row;
mod rules;
mod secrets;
mod store;

pub(crate) use counters::AuditCounters;
pub use duplicates::{Crowd, Duplicates};
pub(crate) use messages::{AuditSummary, after_audit};
pub use messages::{WORDING, before_audit};
pub use models::{add_models, keep_models};
pub use reader::{AuditReader, facts};
pub use reading::OneSide;
pub use row::{
    AuditFacts, AuditRow, Capability, Configuration, Finding, FindingKind, Inspection, KnownModel, Source,
    Weight, reading_word,
};
pub use rules::{Workspace, rules};
pub use secrets::Secrets;
