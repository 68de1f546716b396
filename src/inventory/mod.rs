//! What is there, and whether a run can begin: `list` and `doctor`.

mod doctor_messages;
mod list_messages;

pub use doctor_messages::{Check, CheckName, CheckPart, CheckStatus, checks_as_json, checks_as_text};
pub use list_messages::{ListCounts, governance_refused, governed, listed, no_governance, no_list};
