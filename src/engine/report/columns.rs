//! What stands in the report's own columns, whatever the format: the order is [`REPORT_COLUMNS`]', the spelling the
//! format's.
//!
//! [`REPORT_COLUMNS`]: crate::base::REPORT_COLUMNS

use jiff::Timestamp;
use uuid::Uuid;

use super::texts::RowTexts;
use crate::base::{ReportColumn, ReportRow};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// A text; empty where there is nothing to say.
    Text(&'a str),
    /// Several, to be read one after the other.
    Texts(&'a [String]),
    /// A number.
    Count(u64),
    /// An id; `None` if unknown.
    Id(Option<Uuid>),
    /// A moment; `None` if unknown.
    Time(Option<Timestamp>),
}

impl<'a> Cell<'a> {
    /// What `column` says of `row`, of which `texts` are the texts.
    pub(super) fn of(column: ReportColumn, row: &'a ReportRow, texts: &'a RowTexts<'_>) -> Self {
        match column {
            ReportColumn::Line => Self::Count(row.line),
            ReportColumn::Name => Self::Text(&texts.name),
            ReportColumn::Status => Self::Text(row.status.as_str()),
            ReportColumn::Remedy => Self::Text(row.remedy().sentence()),
            ReportColumn::Differences => Self::Texts(&texts.differences),
            ReportColumn::Notes => Self::Texts(&texts.notes),
            ReportColumn::Error => Self::Text(&texts.error),
            ReportColumn::Disabled => Self::Text(row.disabled.as_str()),
            ReportColumn::Input => Self::Text(&row.input),
            ReportColumn::AssistantId => Self::Id(row.pair.map(|pair| pair.assistant.0)),
            ReportColumn::AgentId => Self::Id(row.pair.map(|pair| pair.agent.0)),
            ReportColumn::AssistantUpdatedAt => Self::Time(row.assistant_updated_at),
            ReportColumn::AgentUpdatedAt => Self::Time(row.agent_updated_at),
            ReportColumn::Requests => Self::Count(row.requests),
            ReportColumn::ElapsedMs => Self::Count(row.elapsed_ms),
            ReportColumn::CheckedAt => Self::Time(row.checked_at.map(whole_seconds)),
        }
    }
}

/// The time without its fraction.
pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
