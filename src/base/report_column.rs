//! The report's own columns: their names and, in one list, their order.

/// A column of the report that is the program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportColumn {
    /// Line of the input where the row starts.
    Line,
    /// The assistant's name.
    Name,
    /// The verdict.
    Status,
    /// What to do next.
    Remedy,
    /// What the agent lacks or has otherwise.
    Differences,
    /// What differs without harm.
    Notes,
    /// Which call failed, and how.
    Error,
    /// Whether the old assistant was switched off.
    Disabled,
    /// The cell as given.
    Input,
    /// The assistant's id.
    AssistantId,
    /// The agent's id.
    AgentId,
    /// The assistant's `updatedAt`.
    AssistantUpdatedAt,
    /// The agent's `updatedAt`.
    AgentUpdatedAt,
    /// Requests spent over all runs.
    Requests,
    /// Time spent on them.
    ElapsedMs,
    /// When the verdict was reached.
    CheckedAt,
}

/// The order of the columns in every format: first what a person reads, then what a machine joins by. The carried-through
/// ones follow to the right (DESIGN.md, Report).
pub const REPORT_COLUMNS: [ReportColumn; 16] = [
    ReportColumn::Line,
    ReportColumn::Name,
    ReportColumn::Status,
    ReportColumn::Remedy,
    ReportColumn::Differences,
    ReportColumn::Notes,
    ReportColumn::Error,
    ReportColumn::Disabled,
    ReportColumn::Input,
    ReportColumn::AssistantId,
    ReportColumn::AgentId,
    ReportColumn::AssistantUpdatedAt,
    ReportColumn::AgentUpdatedAt,
    ReportColumn::Requests,
    ReportColumn::ElapsedMs,
    ReportColumn::CheckedAt,
];

impl ReportColumn {
    /// The heading in the CSV, the key in the JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Name => "name",
            Self::Status => "status",
            Self::Remedy => "remedy",
            Self::Differences => "differences",
            Self::Notes => "notes",
            Self::Error => "error",
            Self::Disabled => "disabled",
            Self::Input => "input",
            Self::AssistantId => "assistant_id",
            Self::AgentId => "agent_id",
            Self::AssistantUpdatedAt => "assistant_updated_at",
            Self::AgentUpdatedAt => "agent_updated_at",
            Self::Requests => "requests",
            Self::ElapsedMs => "elapsed_ms",
            Self::CheckedAt => "checked_at",
        }
    }

    /// The column of that name.
    pub fn parse(name: &str) -> Option<Self> {
        REPORT_COLUMNS.into_iter().find(|column| column.as_str() == name)
    }
}
