//! The columns of a run's report, in the order of [`REPORT_COLUMNS`].
//!
//! [`REPORT_COLUMNS`]: crate::base::REPORT_COLUMNS

use std::borrow::Cow;

use serde::Serialize;

use super::Line;
use super::column::{Cell, Column, whole_seconds};
use super::json_lines::{Carried, Counts};
use super::texts::{Change, Texts};
use crate::base::{DisabledState, DisablingEnd, JsonText, ReportRow, RowProgress, RowStatus, RunFacts};

const COLUMNS: &[Column<ReportRow>] = &[
    Column::new("line", |row, _| Cell::Count(row.line)),
    Column::private("name", |row, _| Cell::text(&row.name)),
    Column::new("status", |row, _| Cell::text(row.status.as_str())),
    Column::new("remedy", |row, texts| Cell::text(row.remedy().sentence_in(texts.lang))),
    Column::partly_private("differences", |row, texts| Cell::Texts(texts.differences(&row.differences))),
    Column::partly_private("notes", |row, texts| Cell::Texts(texts.notes(row))),
    Column::partly_private("error", |row, texts| Cell::Text(Cow::Owned(texts.error(row)))),
    Column::new("disabled", |row, _| Cell::text(row.disabled.as_str())),
    Column::new("input", |row, _| Cell::text(&row.input)),
    Column::new("assistant_id", |row, _| Cell::known(row.pair.map(|pair| pair.assistant.0), Cell::Id)),
    Column::new("agent_id", |row, _| Cell::known(row.pair.map(|pair| pair.agent.0), Cell::Id)),
    Column::new("assistant_updated_at", |row, _| Cell::known(row.assistant_updated_at, Cell::Time)),
    Column::new("agent_updated_at", |row, _| Cell::known(row.agent_updated_at, Cell::Time)),
    Column::new("requests", |row, _| Cell::Count(row.requests)),
    Column::new("elapsed_ms", |row, _| Cell::Count(row.elapsed_ms)),
    Column::new("checked_at", |row, _| Cell::known(row.checked_at.map(whole_seconds), Cell::Time)),
];

impl Line for ReportRow {
    type Facts = RunFacts;

    const COLUMNS: &'static [Column<Self>] = COLUMNS;
    const WANTS_PROPOSED: bool = true;

    fn own(&self) -> &ReportRow {
        self
    }

    fn progress(&self) -> RowProgress {
        Self::progress(self)
    }

    fn run(facts: &RunFacts) -> &RunFacts {
        facts
    }

    fn head(run: &RunFacts, texts: Texts) -> impl Serialize {
        Head {
            r#type: "run",
            schema: 1,
            program_version: &run.program_version,
            base_url: run.base_url.as_deref(),
            practice: run.practice,
            redacted: texts.redact,
            started_at: run.started_at.map(|time| time.to_string()),
            finished_at: run.finished_at.map(|time| time.to_string()),
            stopped: texts.stopped(run),
            rows: run.rows(),
            counts: Counts(RowStatus::ALL.map(|status| (status.as_str(), run.count(status)))),
            disabling: run.disabling.as_str(),
            disabling_end: run.disabling_end.map(DisablingEnd::as_str),
            disabled: Counts(DisabledState::ALL.map(|state| (state.as_str(), run.count_disabled(state)))),
        }
    }

    fn beyond_columns<'a>(&'a self, texts: Texts, columns: Carried<'a>) -> impl Serialize + 'a {
        Beyond {
            support_id: self.support_id().map(|id| id.value.as_str()),
            columns,
            changes: texts.changes(&self.differences),
            proposed: self.proposed.as_ref().and_then(|proposed| texts.value(proposed, "")),
        }
    }
}

#[derive(Serialize)]
struct Head<'a> {
    r#type: &'static str,
    /// Version of the lines' shape; it grows when a key changes its meaning.
    schema: u32,
    program_version: &'a str,
    base_url: Option<&'a str>,
    practice: bool,
    redacted: bool,
    started_at: Option<String>,
    finished_at: Option<String>,
    stopped: Option<String>,
    rows: u64,
    counts: Counts<{ RowStatus::ALL.len() }>,
    disabling: &'static str,
    disabling_end: Option<&'static str>,
    disabled: Counts<{ DisabledState::ALL.len() }>,
}

#[derive(Serialize)]
struct Beyond<'a> {
    support_id: Option<&'a str>,
    columns: Carried<'a>,
    changes: Vec<Change<'a>>,
    proposed: Option<Cow<'a, JsonText>>,
}
