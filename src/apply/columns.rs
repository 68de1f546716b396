//! The report of `apply`: its columns in one list, and what stands in them.

use std::collections::HashSet;
use std::io::{self, Write};

use csv::Writer;
use serde_json::Value;

use super::remedies::remedy;
use super::run::is_published;
use super::store::Recorded;
use crate::base::{ApplyStatus, ReportRow};
use crate::engine::report::{ReportSettings, cell, csv_writer, shield, whole_seconds};

/// A column that is the program's own.
pub(super) struct Column {
    pub(super) name: &'static str,
    text: fn(&ApplyRow<'_>) -> String,
    kind: Kind,
}

/// What JSON makes of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    /// `null` where nothing is known.
    Known,
}

impl Column {
    const fn text(name: &'static str, text: fn(&ApplyRow<'_>) -> String) -> Self {
        Self { name, text, kind: Kind::Text }
    }

    const fn number(name: &'static str, text: fn(&ApplyRow<'_>) -> String) -> Self {
        Self { name, text, kind: Kind::Number }
    }

    const fn known(name: &'static str, text: fn(&ApplyRow<'_>) -> String) -> Self {
        Self { name, text, kind: Kind::Known }
    }

    /// What stands in it, whole, for JSON.
    pub(super) fn value(&self, row: &ApplyRow<'_>) -> Value {
        let text = (self.text)(row);
        match self.kind {
            Kind::Number => text.parse::<u64>().map_or(Value::Null, Value::from),
            Kind::Known if text.is_empty() => Value::Null,
            Kind::Known | Kind::Text => text.into(),
        }
    }
}

/// The order is a promise (DESIGN.md, Applying).
pub(super) const COLUMNS: [Column; 14] = [
    Column::number("line", |row| row.row.line.to_string()),
    Column::text("input", |row| row.row.input.clone()),
    Column::known("assistant_id", |row| id(row.row.pair.map(|pair| pair.assistant.0))),
    Column::known("agent_id", |row| id(row.agent())),
    Column::text("name", |row| row.row.name.clone()),
    Column::text("status", |row| row.status.to_string()),
    Column::text("changed", |row| row.of(|recorded| recorded.ending.changed.join("; "))),
    Column::text("left_behind", |row| row.of(left_behind)),
    Column::text("differences", |row| row.differences().join("; ")),
    Column::text("error", error),
    Column::text("remedy", |row| row.remedy().to_owned()),
    Column::text("version", |row| row.of(|recorded| recorded.ending.version.clone())),
    Column::number("requests", |row| row.requests().to_string()),
    Column::known("checked_at", |row| row.of(|recorded| whole_seconds(recorded.at).to_string())),
];

/// A line of the report.
#[derive(Debug)]
pub struct ApplyRow<'a> {
    /// The row as the ledger has it.
    pub row: &'a ReportRow,
    /// What this command has found out about it.
    pub recorded: Option<&'a Recorded>,
    /// What became of it.
    pub status: ApplyStatus,
    /// Whether its agent, where none is on record, is its own.
    pub is_elsewhere: bool,
}

impl ApplyRow<'_> {
    /// What to do about it; empty where there is nothing to.
    pub fn remedy(&self) -> &'static str {
        let failure = self.recorded.and_then(|recorded| recorded.ending.failure.as_ref());
        remedy(self.status, failure, self.agent().is_some())
    }

    /// Whether something of ours may stand in its agent.
    pub fn is_written(&self) -> bool {
        let has_changed = self.recorded.is_some_and(|recorded| !recorded.ending.changed.is_empty());
        is_published(self.status)
            && (has_changed || self.status == ApplyStatus::Unknown)
            && self.status != ApplyStatus::Undone
    }

    fn agent(&self) -> Option<uuid::Uuid> {
        match self.recorded {
            Some(recorded) => recorded.agent.map(|agent| agent.0),
            None => self.row.pair.filter(|_| !self.is_elsewhere).map(|pair| pair.agent.0),
        }
    }

    fn of(&self, text: impl FnOnce(&Recorded) -> String) -> String {
        self.recorded.map(text).unwrap_or_default()
    }

    fn differences(&self) -> Vec<String> {
        let differences = self.recorded.map(|recorded| recorded.ending.differences.as_slice());
        let differences = differences.unwrap_or_default().iter();
        differences.map(|difference| format!("{}: {}", difference.field, difference.short)).collect()
    }

    fn requests(&self) -> u32 {
        self.recorded.map_or(0, |recorded| recorded.ending.requests)
    }
}

fn id(id: Option<uuid::Uuid>) -> String {
    id.map(|id| id.hyphenated().to_string()).unwrap_or_default()
}

fn error(row: &ApplyRow<'_>) -> String {
    if let Some(invalid) = row.row.invalid {
        return invalid.sentence().to_owned();
    }
    row.of(|recorded| {
        let failure = recorded.ending.failure.as_ref().map(ToString::to_string);
        let said = recorded.ending.said.clone();
        said.into_iter().chain(failure).collect::<Vec<_>>().join("; ")
    })
}

fn left_behind(recorded: &Recorded) -> String {
    let mut names: Vec<String> = Vec::new();
    for left in &recorded.ending.left {
        if !names.contains(&left.name) {
            names.push(left.name.clone());
        }
    }
    names.join("; ")
}

/// Writes the report as CSV.
pub struct ApplyCsv<W: Write> {
    writer: Writer<W>,
    carried: usize,
}

impl<W: Write> ApplyCsv<W> {
    /// With its first line.
    pub fn begin(settings: &ReportSettings, out: W) -> io::Result<Self> {
        let mut writer = csv_writer(settings, out);
        let carried = free_of_clashes(&settings.format.carried_columns);
        let mark = if settings.byte_order_mark() { "\u{FEFF}" } else { "" };
        for (index, column) in COLUMNS.iter().enumerate() {
            let mark = if index == 0 { mark } else { "" };
            writer.write_field(format!("{mark}{}", column.name))?;
        }
        for column in &carried {
            writer.write_field(shield::carried(column).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self { writer, carried: carried.len() })
    }

    /// One line.
    pub fn row(&mut self, row: &ApplyRow<'_>) -> io::Result<()> {
        for column in &COLUMNS {
            // Of differences too many for a cell, as many as fit stand whole.
            let text = match column.name {
                "differences" => cell::joined(&row.differences()),
                _ => (column.text)(row),
            };
            self.writer.write_field(cell::own(&text).as_bytes())?;
        }
        for index in 0..self.carried {
            let carried = row.row.carried.get(index).map_or("", String::as_str);
            self.writer.write_field(shield::carried(carried).as_bytes())?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Flushes.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The input's own columns, those that have the name of one of ours as `input_…`.
pub(super) fn free_of_clashes(carried: &[String]) -> Vec<String> {
    let is_own = |name: &str| COLUMNS.iter().any(|own| own.name == name);
    let mut taken: HashSet<String> = carried.iter().cloned().collect();
    let free = |name: &String| {
        if !is_own(name) {
            return name.clone();
        }
        let mut candidate = format!("input_{name}");
        let mut number = 2;
        while is_own(&candidate) || !taken.insert(candidate.clone()) {
            candidate = format!("input_{name}_{number}");
            number += 1;
        }
        candidate
    };
    carried.iter().map(free).collect()
}

#[cfg(test)]
mod tests {
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
    fn a_column_of_the_input_gives_way() {
        let carried: Vec<_> = ["owner", "version", "input_version", "changed"].map(str::to_owned).into();
        assert_eq!(free_of_clashes(&carried), ["owner", "input_version_2", "input_version", "input_changed"]);
    }
}
