//! What to do about a row, in one table.

use crate::base::{ApplyStatus, CallFailure, Remedy};

/// One plain sentence; empty where there is nothing to do. `has_agent`: an agent of it is known.
pub(super) fn remedy(status: ApplyStatus, failure: Option<&CallFailure>, has_agent: bool) -> &'static str {
    match status {
        ApplyStatus::Applied
        | ApplyStatus::Created
        | ApplyStatus::Unchanged
        | ApplyStatus::Undone
        | ApplyStatus::WouldApply
        | ApplyStatus::WouldCreate
        | ApplyStatus::Duplicate => "",
        ApplyStatus::Differs => {
            "Mend in the web app what `differences` still names (`left_behind` says what was not written), and publish it."
        }
        ApplyStatus::DraftInUse => {
            "Somebody has unpublished changes in this agent: publish or discard them in the web app, then run the same command again."
        }
        ApplyStatus::ChangedSince => {
            "It is no longer as this program left it, and was left alone: look at it in the web app."
        }
        ApplyStatus::NoTarget => {
            "Make an agent for it in the web app, share it with the API key as editor, and name it with --map; then run the same command again."
        }
        ApplyStatus::NoSource => {
            "The ledger keeps nothing of this row: read it with `run` or `audit` first, then run the same command again."
        }
        ApplyStatus::Unknown if !has_agent => {
            "Look for the agent in the agent list; if it is not there, run the same command again with --retry-create."
        }
        ApplyStatus::Unknown => {
            "Whether it was written is not known: run the same command again; it looks first, and writes nothing twice."
        }
        ApplyStatus::AgentNotFound | ApplyStatus::NoAccess | ApplyStatus::Failed => match failure {
            Some(failure) => failure.remedy().sentence(),
            None => "Name another agent for this row, or remove the row; then run the same command again.",
        },
        ApplyStatus::InvalidId => Remedy::MendCell.sentence(),
        ApplyStatus::NotChecked => Remedy::RunAgain.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_something_to_do_is_told_what() {
        for status in ApplyStatus::ALL {
            let told = !remedy(status, None, true).is_empty();
            assert_eq!(told, status.needs_attention() || status == ApplyStatus::NotChecked, "{status}");
        }
    }
}
