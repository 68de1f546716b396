//! What a report is made of, whatever its format.

use jiff::Timestamp;

use super::{
    CallFailure, Difference, DisabledState, InvalidId, JsonText, Note, Pair, Remedy, RowStatus, StopReason,
};

/// The report's own columns, in their order; the carried-through ones follow to the right (DESIGN.md, Report).
pub const REPORT_COLUMNS: [&str; 16] = [
    "line",
    "input",
    "assistant_id",
    "agent_id",
    "name",
    "status",
    "disabled",
    "differences",
    "notes",
    "error",
    "remedy",
    "assistant_updated_at",
    "agent_updated_at",
    "requests",
    "elapsed_ms",
    "checked_at",
];

/// One line of the report, as data: each format spells it in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Line of the input where the row starts.
    pub line: u64,
    /// The cell as given.
    pub input: String,
    /// The ids; `None` when the cell holds none.
    pub pair: Option<Pair>,
    /// The assistant's name; empty if unknown.
    pub name: String,
    /// The verdict.
    pub status: RowStatus,
    /// Whether it was switched off.
    pub disabled: DisabledState,
    /// What the agent lacks or has otherwise.
    pub differences: Vec<Difference>,
    /// What differs without harm.
    pub notes: Vec<Note>,
    /// For `duplicate`: line and status of the earlier row.
    pub duplicate_of: Option<(u64, RowStatus)>,
    /// For `invalid_id`: what is wrong with the cell.
    pub invalid: Option<InvalidId>,
    /// The call that failed.
    pub failure: Option<CallFailure>,
    /// The assistant's `updatedAt`.
    pub assistant_updated_at: Option<Timestamp>,
    /// The agent's `updatedAt`.
    pub agent_updated_at: Option<Timestamp>,
    /// Requests spent on this row over all runs.
    pub requests: u64,
    /// Milliseconds spent on them, waiting excluded.
    pub elapsed_ms: u64,
    /// When the verdict was reached; `None` for rows that no run has checked.
    pub checked_at: Option<Timestamp>,
    /// Cells of the carried-through columns, in the order of `InputFormat::carried_columns`.
    pub carried: Vec<String>,
    /// The agent in write names (PLATFORM.md, Write names); only where a format asks for it and the assistant was read.
    pub proposed: Option<JsonText>,
}

impl ReportRow {
    /// The report's `error` cell, raw: may hold line breaks.
    pub fn error(&self) -> String {
        match (&self.failure, self.invalid) {
            (Some(failure), _) => failure.to_string(),
            (None, Some(invalid)) => invalid.sentence().to_owned(),
            (None, None) => String::new(),
        }
    }

    /// What to do about the row.
    pub fn remedy(&self) -> Remedy {
        match self.status {
            RowStatus::Verified | RowStatus::Duplicate => Remedy::Nothing,
            RowStatus::Mismatch => Remedy::MendAgent,
            RowStatus::InvalidId => Remedy::MendCell,
            RowStatus::NotChecked => Remedy::RunAgain,
            RowStatus::AssistantNotFound
            | RowStatus::AgentNotFound
            | RowStatus::NoAccess
            | RowStatus::Failed => self.failure.as_ref().map_or(Remedy::RunAgainLater, CallFailure::remedy),
        }
    }
}

/// What a report says about the run as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// Version of the program that wrote the ledger's last run.
    pub program_version: String,
    /// The base URL; `None` in the practice workspace.
    pub base_url: Option<String>,
    /// Whether the rows come from the built-in practice workspace.
    pub practice: bool,
    /// When the last run began.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it is going on or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// Why it ended early, if it did.
    pub stopped: Option<StopReason>,
    /// Rows by status; statuses without rows may be absent.
    pub counts: Vec<(RowStatus, u64)>,
}

impl RunFacts {
    /// Number of rows of that status.
    pub fn count(&self, status: RowStatus) -> u64 {
        self.counts.iter().filter(|(counted, _)| *counted == status).map(|(_, rows)| rows).sum()
    }

    /// Number of all rows.
    pub fn rows(&self) -> u64 {
        self.counts.iter().map(|(_, rows)| rows).sum()
    }
}
