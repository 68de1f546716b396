//! The columns of a run's report, in the order of [`REPORT_COLUMNS`], and those that other reports have as well.
//!
//! [`REPORT_COLUMNS`]: crate::base::REPORT_COLUMNS

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Line;
use super::column::{Cell, Column, Place, Value, whole_seconds};
use super::json_lines::{Carried, counts, head, since};
use super::texts::{Change, Texts};
use crate::base::{Both, DisabledState, DisablingEnd, JsonText, ReportRow, RowProgress, RowStatus, RunFacts};

#[rustfmt::skip]
const COLUMNS: &[Column<ReportRow>] = &[
    line(),
    name(),
    status(|row, _| Cell::text(row.status.as_str())),
    remedy(|row, texts| Cell::text(row.remedy().sentence_in(texts.lang))),
    Column::partly_private("differences", |row: &ReportRow, texts| Cell::Texts(texts.differences(&row.differences))).placed(Place::Verdict, 60).tallied(DIFFERENCES),
    Column::partly_private("notes", |row, texts| Cell::Texts(texts.notes(row))).placed(Place::Verdict, 40),
    error(|row, texts| Cell::Text(Cow::Owned(texts.error(row)))),
    Column::new("disabled", |row: &ReportRow, _| Cell::text(row.disabled.as_str())).placed(Place::Verdict, 16),
    input(),
    assistant_id(),
    id("agent_id", |row, _| Cell::known(row.pair.map(|pair| pair.agent.0), Cell::Id)),
    time("assistant_updated_at", |row, _| Cell::known(row.assistant_updated_at, Cell::Time)),
    time("agent_updated_at", |row, _| Cell::known(row.agent_updated_at, Cell::Time)),
    Column::new("requests", |row, _| Cell::Count(row.requests)),
    Column::new("elapsed_ms", |row, _| Cell::Count(row.elapsed_ms)),
    time("checked_at", |row, _| Cell::known(row.checked_at.map(whole_seconds), Cell::Time)),
];

/// Over what is counted how often something differs.
pub(crate) const DIFFERENCES: Both =
    ["What differs, and in how many rows", "Was abweicht, und in wie vielen Zeilen"];

/// Where the row starts in the input.
pub(crate) const fn line<R: Line>() -> Column<R> {
    Column::new("line", |row, _| Cell::Count(row.own().line))
}

pub(crate) const fn name<R: Line>() -> Column<R> {
    Column::private("name", |row: &R, _| Cell::text(&row.own().name)).placed(Place::Name, 32)
}

pub(crate) const fn input<R: Line>() -> Column<R> {
    Column::new("input", |row: &R, _| Cell::text(&row.own().input)).placed(Place::Rest, 38)
}

pub(crate) const fn assistant_id<R: Line>() -> Column<R> {
    id("assistant_id", |row, _| Cell::known(row.own().pair.map(|pair| pair.assistant.0), Cell::Id))
}

pub(crate) const fn status<R>(value: Value<R>) -> Column<R> {
    Column::new("status", value).placed(Place::Verdict, 20).tallied(["Rows by status", "Zeilen je Status"])
}

pub(crate) const fn remedy<R>(value: Value<R>) -> Column<R> {
    Column::new("remedy", value).placed(Place::Verdict, 50)
}

pub(crate) const fn error<R>(value: Value<R>) -> Column<R> {
    Column::partly_private("error", value).placed(Place::Verdict, 40)
}

pub(crate) const fn id<R>(name: &'static str, value: Value<R>) -> Column<R> {
    Column::new(name, value).placed(Place::Id, 38)
}

pub(crate) const fn time<R>(name: &'static str, value: Value<R>) -> Column<R> {
    Column::new(name, value).placed(Place::Time, 17)
}

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

    fn head(run: &RunFacts, texts: Texts) -> Json {
        let own = json!({
            "redacted": texts.redact,
            "started_at": run.started_at.map(|time| time.to_string()),
            "finished_at": run.finished_at.map(|time| time.to_string()),
            "since_last": since(run),
            "counts": counts(RowStatus::ALL.map(|status| (status.as_str(), run.count(status)))),
            "disabling": run.disabling.as_str(),
            "disabling_end": run.disabling_end.map(DisablingEnd::as_str),
            "disabled": counts(DisabledState::ALL.map(|state| (state.as_str(), run.count_disabled(state)))),
        });
        head("run", run, run.rows(), texts, own)
    }

    fn beyond_columns<'a>(&'a self, texts: Texts, columns: Carried<'a>) -> impl Serialize + 'a {
        Beyond {
            support_id: self.support_id().map(|id| id.value.as_str()),
            columns,
            changes: texts.changes(&self.differences),
            proposed: self.proposed.as_ref().and_then(|proposed| texts.value(proposed, "")),
            before: self.status_before().map(RowStatus::as_str),
        }
    }
}

#[derive(Serialize)]
struct Beyond<'a> {
    support_id: Option<&'a str>,
    columns: Carried<'a>,
    changes: Vec<Change<'a>>,
    proposed: Option<Cow<'a, JsonText>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'static str>,
}
