//! One row of an audit's table, and what it opens to.

use std::borrow::Cow;

use askama::Template;

use super::overview::{Age, days_unchanged, model};
use crate::audit::columns::COLUMNS;
use crate::audit::row::{AuditRow, Finding, reading_word};
use crate::base::{Call, grouped, one_line};
use crate::engine::report::Texts;
use crate::engine::report::column::Cell;
use crate::engine::report::page::{
    Cells, FOUND, Objects, Shown, carried, counted, effort, moment, shortened, whole_name,
};

/// A row of the table.
#[derive(Template)]
#[template(path = "audit_row.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct AuditTableRow<'a> {
    cells: Cells<'a>,
    findings: &'a [Finding],
    /// The heavier and the more findings, the higher; `None` without any.
    rank: Option<usize>,
    error: String,
    /// A sentence for each finding, or about the row that was not read.
    todo: Vec<&'static str>,
    /// How many of them the table has no room for.
    more: Option<usize>,
    same_as: Option<u64>,
    model: String,
    age: &'static str,
    days: Option<i64>,
}

impl<'a> AuditTableRow<'a> {
    pub(super) fn new(row: &'a AuditRow, shown: &'a Shown) -> Self {
        let name = shown.texts.name(&row.row.name);
        let mut cells = Cells::new(&row.row, name, row.id(), &shown.columns, row.progress());
        cells.word = reading_word(row.row.status);
        cells.updated_at(row.configuration.as_ref().and_then(|read| read.updated_at));
        let remedy = Some(row.remedy()).filter(|remedy| !remedy.is_empty());
        let todo: Vec<_> =
            remedy.into_iter().chain(row.findings.iter().map(|finding| finding.advice)).collect();
        Self {
            cells,
            findings: &row.findings,
            rank: row.findings.first().map(|heaviest| heaviest.weight as usize * 1_000 + row.findings.len()),
            error: one_line(&shortened(&shown.texts.error(&row.row), FOUND)),
            more: todo.len().checked_sub(1).filter(|more| *more > 0),
            todo,
            same_as: row.row.duplicate_of.map(|(line, _)| line),
            model: model(row, shown.texts).unwrap_or_default(),
            age: Age::of(row).map_or("", Age::words),
            days: days_unchanged(row),
        }
    }
}

/// What a row opens to.
#[derive(Template)]
#[template(path = "audit_detail.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct AuditDetail<'a> {
    line: u64,
    /// The name, where the table has only its beginning.
    name: Option<Cow<'a, str>>,
    remedy: &'static str,
    error: String,
    findings: &'a [Finding],
    configuration: Vec<(&'static str, Cow<'a, str>)>,
    facts: Vec<(&'static str, Cow<'a, str>)>,
    carried: Vec<(&'a str, &'a str)>,
    objects: Objects,
    /// Whether what was read cannot be shown, since nobody could say that there is no secret in it.
    is_withheld: bool,
}

impl<'a> AuditDetail<'a> {
    pub(super) fn new(row: &'a AuditRow, shown: &'a Shown, objects: Objects) -> Self {
        Self {
            line: row.row.line,
            name: whole_name(shown.texts.name(&row.row.name)),
            remedy: row.remedy(),
            error: shown.texts.error(&row.row),
            findings: &row.findings,
            configuration: configuration(row, shown.texts),
            facts: facts(row),
            carried: carried(&row.row, &shown.columns),
            is_withheld: row.configuration.is_some() && objects == Objects::default(),
            objects,
        }
    }
}

/// What stands in the columns that have a label.
fn configuration(row: &AuditRow, texts: Texts) -> Vec<(&'static str, Cow<'_, str>)> {
    let labelled = COLUMNS.iter().filter(|column| !column.label.is_empty());
    let said = labelled.map(|column| (column.label, said(column.of(row, texts), column.unit)));
    said.filter(|(_, said)| !said.is_empty()).collect()
}

/// The cell in words.
fn said<'a>(cell: Cell<'a>, unit: &str) -> Cow<'a, str> {
    let number =
        |number: u64| Cow::Owned(if unit.is_empty() { grouped(number) } else { counted(number, unit) });
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Text(text) => text,
        Cell::Texts(texts) => Cow::Owned(texts.join("; ")),
        Cell::Count(count) => number(count),
        Cell::Number(count) => {
            u64::try_from(count).map_or_else(|_| Cow::Owned(format!("{count} {unit}s")), number)
        }
        Cell::Flag(flag) => Cow::Borrowed(flag.map_or("not said", |flag| if flag { "on" } else { "off" })),
        Cell::Id(id) => Cow::Owned(id.to_string()),
        Cell::Time(time) => Cow::Owned(moment(time)),
        Cell::Json(json) => Cow::Owned(json.get().to_owned()),
    }
}

fn facts(row: &AuditRow) -> Vec<(&'static str, Cow<'_, str>)> {
    let own = &row.row;
    let id = row.id().map(|id| id.to_string()).unwrap_or_default();
    let read_from = row.read_from.map_or("", |call| match call {
        Call::Agent => "Agents API",
        _ => "Assistants API",
    });
    let mut facts = vec![
        ("Cell", if own.input == id { Cow::Borrowed("") } else { Cow::Borrowed(own.input.as_str()) }),
        ("Id", Cow::Owned(id)),
        ("Read from", Cow::Borrowed(read_from)),
        ("Read", Cow::Owned(own.checked_at.map(moment).unwrap_or_default())),
        ("Requests", Cow::Owned(effort(own))),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}
