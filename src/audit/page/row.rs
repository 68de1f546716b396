//! One row of an audit's table, and what it opens to.

use std::borrow::Cow;

use askama::Template;

use super::overview::{Age, days_unchanged, model};
use crate::audit::row::{AuditRow, CAPABILITIES, Configuration, Finding, reading_word};
use crate::base::{Call, grouped, one_line};
use crate::engine::report::page::{
    Cells, Column, FOUND, Objects, carried, counted, effort, moment, shortened, whole_name,
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
    pub(super) fn new(row: &'a AuditRow, columns: &'a [Column]) -> Self {
        let mut cells = Cells::new(&row.row, &row.row.name, row.id(), columns, row.progress());
        cells.word = reading_word(row.row.status);
        cells.updated_at(row.configuration.as_ref().and_then(|read| read.updated_at));
        let remedy = Some(row.remedy()).filter(|remedy| !remedy.is_empty());
        let todo: Vec<_> =
            remedy.into_iter().chain(row.findings.iter().map(|finding| finding.advice)).collect();
        Self {
            cells,
            findings: &row.findings,
            rank: row.findings.first().map(|heaviest| heaviest.weight as usize * 1_000 + row.findings.len()),
            error: one_line(&shortened(&row.row.error(), FOUND)),
            more: todo.len().checked_sub(1).filter(|more| *more > 0),
            todo,
            same_as: row.row.duplicate_of.map(|(line, _)| line),
            model: model(row).unwrap_or_default(),
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
    name: Option<&'a str>,
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
    pub(super) fn new(row: &'a AuditRow, columns: &'a [Column], objects: Objects) -> Self {
        Self {
            line: row.row.line,
            name: whole_name(&row.row.name),
            remedy: row.remedy(),
            error: row.row.error(),
            findings: &row.findings,
            configuration: row.configuration.as_ref().map_or_else(Vec::new, configuration),
            facts: facts(row),
            carried: carried(&row.row, columns),
            is_withheld: row.configuration.is_some() && objects == Objects::default(),
            objects,
        }
    }
}

fn configuration(read: &Configuration) -> Vec<(&'static str, Cow<'_, str>)> {
    let count = |count: usize| Cow::Owned(grouped(count as u64));
    let length = |length: usize| Cow::Owned(counted(length, "character"));
    let days = |days: Option<i64>| {
        Cow::Owned(days.map_or_else(String::new, |days| {
            format!("{} days", u64::try_from(days).map_or_else(|_| days.to_string(), grouped))
        }))
    };
    let time = |time: Option<_>| Cow::Owned(time.map(moment).unwrap_or_default());
    let mut rows = vec![
        ("Model", Cow::Borrowed(read.model.as_str())),
        ("Temperature", Cow::Borrowed(read.temperature.as_ref().map_or("", |temperature| temperature.get()))),
        ("Input type", Cow::Borrowed(read.input_type.as_str())),
        ("Description", length(read.description_length)),
        ("Instruction", length(read.instruction_length)),
        ("Conversation starters", count(read.starters)),
        ("Actions", count(read.actions)),
        ("Actions that ask for confirmation", count(read.actions_to_confirm)),
        ("Fields of the form", count(read.fields)),
        ("Attachments", count(read.attachments)),
    ];
    rows.extend(CAPABILITIES.into_iter().zip(read.capabilities).map(|(name, flag)| {
        (capability(name), Cow::Borrowed(flag.map_or("not said", |flag| if flag { "on" } else { "off" })))
    }));
    rows.extend([
        ("Created", time(read.created_at)),
        ("Last change", time(read.updated_at)),
        ("Age", days(read.age_days)),
        ("Unchanged for", days(read.unchanged_days)),
    ]);
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

/// The column's name as words.
fn capability(name: &'static str) -> &'static str {
    match name {
        "web_search" => "Web search",
        "image_generation" => "Image generation",
        "code_interpreter" => "Code interpreter",
        "canvas" => "Canvas",
        "extended_thinking" => "Extended thinking",
        other => other,
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
