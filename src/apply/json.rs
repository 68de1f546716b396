//! The report of `apply` as JSON Lines: an `apply` line, then a `row` line per row (schema: `tests/schema/apply.schema.json`).

use std::io::{self, BufWriter, Write};

use serde_json::{Map, Value, json};

use super::columns::{ApplyRow, COLUMNS, free_of_clashes};
use super::messages::ApplyResult;
use crate::base::{ApplyStatus, Difference, StopReason};
use crate::engine::report::{ReportSettings, write_line};

/// Version of the lines' shape; it grows when a key changes its meaning.
const SCHEMA: u32 = 1;

/// What the first line says.
#[derive(Clone, Copy, Debug)]
pub struct ApplyFacts<'a> {
    /// The target; `None` in the practice workspace.
    pub base_url: Option<&'a str>,
    /// Whether what was written was taken back.
    pub is_undo: bool,
    /// Whether nothing was to be written.
    pub is_dry_run: bool,
    /// Why it stopped early.
    pub stopped: Option<&'a StopReason>,
    /// The rows, counted.
    pub result: &'a ApplyResult,
}

/// Writes the report as JSON Lines.
pub struct ApplyJson<W: Write> {
    out: BufWriter<W>,
    carried: Vec<String>,
    /// Reused for every line.
    line: Vec<u8>,
}

impl<W: Write> ApplyJson<W> {
    /// With its first line.
    pub fn begin(settings: &ReportSettings, facts: ApplyFacts<'_>, out: W) -> io::Result<Self> {
        let carried = free_of_clashes(&settings.format.carried_columns);
        let mut json = Self { out: BufWriter::with_capacity(64 * 1024, out), carried, line: Vec::new() };
        let count = |status| facts.result.statuses.get(&status).copied().unwrap_or_default();
        let counts: Map<String, Value> = ApplyStatus::ALL
            .into_iter()
            .map(|status| (status.as_str().to_owned(), count(status).into()))
            .collect();
        let line = json!({
            "type": "apply",
            "schema": SCHEMA,
            "program_version": env!("CARGO_PKG_VERSION"),
            "base_url": facts.base_url,
            "practice": facts.base_url.is_none(),
            "undo": facts.is_undo,
            "dry_run": facts.is_dry_run,
            "stopped": facts.stopped.map(ToString::to_string),
            "rows": facts.result.statuses.values().sum::<u64>(),
            "counts": counts,
        });
        write_line(&mut json.line, &mut json.out, &line)?;
        Ok(json)
    }

    /// One line: the columns by their names, whole, and what they are made of.
    pub fn row(&mut self, row: &ApplyRow<'_>) -> io::Result<()> {
        let mut line = Map::from_iter([("type".to_owned(), Value::from("row"))]);
        line.extend(COLUMNS.iter().map(|column| (column.name.to_owned(), column.value(row))));
        let ending = row.recorded.map(|recorded| &recorded.ending);
        let left = ending.map(|ending| ending.left.as_slice()).unwrap_or_default().iter();
        let left: Vec<_> = left.map(|left| json!({"name": left.name, "why": left.why.words()})).collect();
        let cells = row.row.carried.iter().map(String::as_str).chain(std::iter::repeat(""));
        let columns: Map<_, _> =
            self.carried.iter().zip(cells).map(|(name, cell)| (name.clone(), cell.into())).collect();
        line.insert("left".to_owned(), left.into());
        line.insert("columns".to_owned(), columns.into());
        let object = Line {
            own: line,
            changes: ending.map(|ending| ending.differences.as_slice()).unwrap_or_default(),
        };
        write_line(&mut self.line, &mut self.out, &object)
    }

    /// Flushes.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The values of differences keep every digit, which a tree of values would not.
#[derive(serde::Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    own: Map<String, Value>,
    changes: &'a [Difference],
}
