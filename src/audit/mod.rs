//! What an audit finds: one record by itself, how it is set up, what is wrong with it, secrets in its texts.
//!
//! | file | idea |
//! | --- | --- |
//! | `reading` | one row's way when only one side is read |
//! | `findings` | what is found in a record; `rules` is the table |
//! | `secrets`, `labelled`, `looks` | secrets in texts; `hiding` hides them again |
//! | `duplicates`, `model_id`, `models` | what needs the other rows, or the catalogue |
//! | `store` | its SQL |
//! | `row`, `csv`, `json`, `redact`, `page` | its report |
//! | `messages` | its sentences |

mod csv;
mod duplicates;
mod findings;
mod hiding;
mod json;
mod labelled;
mod looks;
mod messages;
mod model_id;
mod models;
pub mod page;
pub(crate) mod reading;
mod redact;
#[cfg(test)]
mod report_tests;
mod row;
mod rules;
mod secrets;
mod store;

pub use csv::audit_csv;
pub use duplicates::{Crowd, Duplicates};
pub use findings::{Surroundings, configuration, findings};
pub use hiding::Secrets;
pub use json::audit_json_lines;
pub use messages::{AuditSummary, Found, after_audit, before_audit};
pub use models::{add_models, keep_models};
pub(crate) use reading::{check, note_the_end};
pub use redact::{redacted_audit_facts, redacted_audit_row, redacted_object};
pub use row::{
    AUDIT_COLUMNS, AuditFacts, AuditRow, Configuration, Finding, KnownModel, Source, Weight, reading_word,
};
pub use rules::rules;
