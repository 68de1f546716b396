//! The report of `apply`: its columns, one line each.

use std::borrow::Cow;

use serde::Serialize;

use super::remedies;
use super::run::is_published;
use super::store::Recorded;
use crate::base::{ApplyStatus, Difference, ReportRow, RowProgress, RunFacts};
use crate::engine::report::column::{Cell, Column, Place, whole_seconds};
use crate::engine::report::columns::{
    DIFFERENCES, assistant_id, id, input, line, name, remedy, status, time,
};
use crate::engine::report::{Carried, Counts, Head, Line, Texts};

/// The order is a promise (DESIGN.md, Applying).
#[rustfmt::skip]
const COLUMNS: &[Column<ApplyRow>] = &[
    line(),
    input(),
    assistant_id(),
    id("agent_id", |row, _| Cell::known(row.agent(), Cell::Id)),
    name(),
    status(|row, _| Cell::text(row.status.as_str())),
    Column::new("changed", |row, _| of(row, |recorded| Cell::Texts(recorded.ending.changed.clone()))).placed(Place::Verdict, 30).tallied("What was changed, and in how many rows"),
    Column::new("left_behind", |row, _| of(row, |recorded| Cell::Texts(left_behind(recorded)))).placed(Place::Verdict, 30).tallied("What was left behind, and in how many rows"),
    Column::private("differences", |row, _| of(row, |recorded| Cell::Texts(differences(&recorded.ending.differences)))).placed(Place::Verdict, 60).tallied(DIFFERENCES),
    Column::private("error", |row: &ApplyRow, _| Cell::Text(Cow::Owned(row.error()))).placed(Place::Verdict, 40),
    remedy(|row, _| Cell::text(row.remedy())),
    Column::new("version", |row, _| of(row, |recorded| Cell::text(&recorded.ending.version))),
    Column::new("requests", |row, _| Cell::Count(row.requests())),
    time("checked_at", |row, _| of(row, |recorded| Cell::Time(whole_seconds(recorded.at)))),
];

fn of<'r>(row: &'r ApplyRow, value: fn(&'r Recorded) -> Cell<'r>) -> Cell<'r> {
    row.recorded.as_ref().map_or(Cell::Nothing, value)
}

/// What is said of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplyFacts {
    /// The command, as a run of the ledger.
    pub run: RunFacts,
    /// Rows by what became of them.
    pub counts: Vec<(ApplyStatus, u64)>,
    /// Whether what was written was taken back.
    pub is_undo: bool,
    /// Whether nothing was to be written.
    pub is_dry_run: bool,
}

impl Line for ApplyRow {
    type Facts = ApplyFacts;

    const COLUMNS: &'static [Column<Self>] = COLUMNS;

    fn own(&self) -> &ReportRow {
        &self.row
    }

    fn progress(&self) -> RowProgress {
        if self.remedy().is_empty() { RowProgress::Done } else { RowProgress::NeedsAttention }
    }

    fn run(facts: &ApplyFacts) -> &RunFacts {
        &facts.run
    }

    fn head(facts: &ApplyFacts, texts: Texts) -> impl Serialize {
        let count =
            |status| facts.counts.iter().find(|(counted, _)| *counted == status).map_or(0, |(_, rows)| *rows);
        let own = Own {
            undo: facts.is_undo,
            dry_run: facts.is_dry_run,
            counts: Counts(ApplyStatus::ALL.map(|status| (status.as_str(), count(status)))),
        };
        Head::new("apply", &facts.run, facts.counts.iter().map(|(_, rows)| rows).sum(), texts, own)
    }

    fn beyond_columns<'a>(&'a self, _: Texts, columns: Carried<'a>) -> impl Serialize + 'a {
        let ending = self.recorded.as_ref().map(|recorded| &recorded.ending);
        let left = ending.map(|ending| ending.left.as_slice()).unwrap_or_default();
        Beyond {
            left: left.iter().map(|left| Left { name: &left.name, why: left.why.words() }).collect(),
            columns,
            changes: ending.map(|ending| ending.differences.as_slice()).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct Own<const N: usize> {
    undo: bool,
    dry_run: bool,
    counts: Counts<N>,
}

#[derive(Serialize)]
struct Beyond<'a> {
    left: Vec<Left<'a>>,
    columns: Carried<'a>,
    changes: &'a [Difference],
}

#[derive(Serialize)]
struct Left<'a> {
    name: &'a str,
    why: &'a str,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyRow {
    /// The row as the ledger has it.
    pub row: ReportRow,
    /// What this command has found out about it.
    pub recorded: Option<Recorded>,
    /// What became of it.
    pub status: ApplyStatus,
    /// Whether its agent, where none is on record, is its own.
    pub is_elsewhere: bool,
}

impl ApplyRow {
    /// What to do about it; empty where there is nothing to.
    pub fn remedy(&self) -> &'static str {
        let failure = self.recorded.as_ref().and_then(|recorded| recorded.ending.failure.as_ref());
        remedies::remedy(self.status, failure, self.agent().is_some())
    }

    /// Whether something of ours may stand in its agent.
    pub fn is_written(&self) -> bool {
        let has_changed = self.recorded.as_ref().is_some_and(|recorded| !recorded.ending.changed.is_empty());
        is_published(self.status)
            && (has_changed || self.status == ApplyStatus::Unknown)
            && self.status != ApplyStatus::Undone
    }

    fn agent(&self) -> Option<uuid::Uuid> {
        match &self.recorded {
            Some(recorded) => recorded.agent.map(|agent| agent.0),
            None => self.row.pair.filter(|_| !self.is_elsewhere).map(|pair| pair.agent.0),
        }
    }

    fn requests(&self) -> u64 {
        self.recorded.as_ref().map_or(0, |recorded| recorded.ending.requests.into())
    }

    fn error(&self) -> String {
        if let Some(invalid) = self.row.invalid {
            return invalid.sentence().to_owned();
        }
        let Some(Recorded { ending, .. }) = &self.recorded else { return String::new() };
        let failure = ending.failure.as_ref().map(ToString::to_string);
        ending.said.clone().into_iter().chain(failure).collect::<Vec<_>>().join("; ")
    }
}

fn left_behind(recorded: &Recorded) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for left in &recorded.ending.left {
        if !names.contains(&left.name) {
            names.push(left.name.clone());
        }
    }
    names
}

fn differences(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(|difference| format!("{}: {}", difference.field, difference.short)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_columns_are_those_that_the_contract_names() {
        let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(
            names.join(" "),
            "line input assistant_id agent_id name status changed left_behind differences error remedy version \
             requests checked_at"
        );
    }

    #[test]
    fn the_schema_has_the_columns_and_the_statuses() {
        let schema: Value =
            serde_json::from_str(include_str!("../../tests/schema/apply.schema.json")).unwrap();
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let own = COLUMNS.iter().map(|column| column.name);
        let expected: Vec<_> =
            ["type"].into_iter().chain(own).chain(["left", "columns", "changes"]).collect();
        assert_eq!(keys(&schema["$defs"]["row"]["properties"]), expected);
        let statuses = ApplyStatus::ALL.map(ApplyStatus::as_str);
        assert_eq!(keys(&schema["$defs"]["apply"]["properties"]["counts"]["properties"]), statuses);
        assert_eq!(schema["$defs"]["row"]["properties"]["status"]["enum"], json!(statuses));
    }
}
