//! The columns of a run's report, in the order of [`REPORT_COLUMNS`], under which its input is known again as well.
//!
//! [`REPORT_COLUMNS`]: crate::base::REPORT_COLUMNS

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::base::{DisabledState, DisablingEnd, JsonText, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::column::{Cell, Column, Place, whole_seconds};
use crate::engine::report::columns::{
    DIFFERENCES, assistant_id, error, id, input, line, name, remedy, status, time,
};
use crate::engine::report::{Carried, Change, Line, Texts, counts, head, since};

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
