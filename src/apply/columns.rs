//! The report of `apply`: its columns in one list, and what stands in them.

use std::collections::HashSet;
use std::io::{self, Write};

use csv::Writer;

use super::remedies::remedy;
use super::store::Recorded;
use crate::base::{ApplyStatus, Difference, ReportRow};
use crate::engine::report::{ReportSettings, cell, csv_writer, shield, whole_seconds};

/// A column that is the program's own.
struct Column {
    name: &'static str,
    text: fn(&ApplyRow<'_>) -> String,
}

/// The order is a promise (DESIGN.md, Applying).
const COLUMNS: [Column; 14] = [
    Column { name: "line", text: |row| row.row.line.to_string() },
    Column { name: "input", text: |row| row.row.input.clone() },
    Column { name: "assistant_id", text: |row| id(row.row.pair.map(|pair| pair.assistant.0)) },
    Column { name: "agent_id", text: |row| id(row.agent()) },
    Column { name: "name", text: |row| row.row.name.clone() },
    Column { name: "status", text: |row| row.status.to_string() },
    Column { name: "changed", text: |row| row.of(|recorded| cell::joined(&recorded.ending.changed)) },
    Column { name: "left_behind", text: |row| row.of(left_behind) },
    Column { name: "differences", text: |row| row.of(|recorded| differences(&recorded.ending.differences)) },
    Column { name: "error", text: |row| row.error() },
    Column { name: "remedy", text: |row| row.remedy().to_owned() },
    Column { name: "version", text: |row| row.of(|recorded| recorded.ending.version.clone()) },
    Column { name: "requests", text: |row| row.requests().to_string() },
    Column { name: "checked_at", text: |row| row.of(|recorded| whole_seconds(recorded.at).to_string()) },
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

    fn agent(&self) -> Option<uuid::Uuid> {
        match self.recorded {
            Some(recorded) => recorded.agent.map(|agent| agent.0),
            None => self.row.pair.filter(|_| !self.is_elsewhere).map(|pair| pair.agent.0),
        }
    }

    fn of(&self, text: impl FnOnce(&Recorded) -> String) -> String {
        self.recorded.map(text).unwrap_or_default()
    }

    fn requests(&self) -> u32 {
        self.recorded.map_or(0, |recorded| recorded.ending.requests)
    }

    fn error(&self) -> String {
        if let Some(invalid) = self.row.invalid {
            return invalid.sentence().to_owned();
        }
        self.of(|recorded| {
            let failure = recorded.ending.failure.as_ref().map(ToString::to_string);
            let said = recorded.ending.said.clone();
            said.into_iter().chain(failure).collect::<Vec<_>>().join("; ")
        })
    }
}

fn id(id: Option<uuid::Uuid>) -> String {
    id.map(|id| id.hyphenated().to_string()).unwrap_or_default()
}

fn left_behind(recorded: &Recorded) -> String {
    let mut names: Vec<String> = Vec::new();
    for left in &recorded.ending.left {
        if !names.contains(&left.name) {
            names.push(left.name.clone());
        }
    }
    cell::joined(&names)
}

fn differences(differences: &[Difference]) -> String {
    let texts: Vec<_> =
        differences.iter().map(|difference| format!("{}: {}", difference.field, difference.short)).collect();
    cell::joined(&texts)
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
            self.writer.write_field(cell::own(&(column.text)(row)).as_bytes())?;
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
fn free_of_clashes(carried: &[String]) -> Vec<String> {
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
