//! The report as JSON Lines: a `run` line, then a `row` line per row (schema: `tests/schema/report.schema.json`).

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::columns::Cell;
use super::texts::{Change, Extent, RowTexts, Texts};
use super::{Renderer, ReportSettings};
use crate::base::{DisabledState, DisablingEnd, JsonText, REPORT_COLUMNS, ReportRow, RowStatus, RunFacts};

/// Version of the lines' shape; it grows when a key changes its meaning.
const SCHEMA: u32 = 1;

/// A renderer that writes the report as JSON Lines to `out`.
pub fn json_lines<'a, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn Renderer + 'a> {
    Box::new(JsonLines {
        out: BufWriter::with_capacity(64 * 1024, out),
        texts: Texts { extent: Extent::Full, redact: settings.redact, practice: false },
        carried_columns: settings.format.carried_columns.clone(),
        line: Vec::new(),
    })
}

struct JsonLines<W: Write> {
    out: BufWriter<W>,
    texts: Texts,
    carried_columns: Vec<String>,
    /// Reused for every line.
    line: Vec<u8>,
}

impl<W: Write> Renderer for JsonLines<W> {
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()> {
        self.texts.practice = facts.practice;
        let run = Run {
            r#type: "run",
            schema: SCHEMA,
            program_version: &facts.program_version,
            base_url: facts.base_url.as_deref(),
            practice: facts.practice,
            redacted: self.texts.redact,
            started_at: facts.started_at.map(time),
            finished_at: facts.finished_at.map(time),
            stopped: self.texts.stopped(facts),
            rows: facts.rows(),
            counts: Counts(facts),
            disabling: facts.disabling.as_str(),
            disabling_end: facts.disabling_end.map(DisablingEnd::as_str),
            disabled: Disabled(facts),
        };
        write_line(&mut self.line, &mut self.out, &run)
    }

    fn row(&mut self, row: &ReportRow) -> io::Result<()> {
        let texts = self.texts.of(row);
        write_line(&mut self.line, &mut self.out, &Row::new(row, &texts, &self.carried_columns))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }

    fn wants_proposed(&self) -> bool {
        true
    }
}

#[derive(Serialize)]
struct Run<'a> {
    r#type: &'static str,
    schema: u32,
    program_version: &'a str,
    base_url: Option<&'a str>,
    practice: bool,
    redacted: bool,
    started_at: Option<String>,
    finished_at: Option<String>,
    stopped: Option<String>,
    rows: u64,
    counts: Counts<'a>,
    disabling: &'static str,
    disabling_end: Option<&'static str>,
    disabled: Disabled<'a>,
}

/// Every status with its number of rows, zeros included.
struct Counts<'a>(&'a RunFacts);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(RowStatus::ALL.into_iter().map(|status| (status.as_str(), self.0.count(status))))
    }
}

/// Every state of `disabled` with its number of rows, zeros included.
struct Disabled<'a>(&'a RunFacts);

impl Serialize for Disabled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let states = DisabledState::ALL.into_iter();
        serializer.collect_map(states.map(|state| (state.as_str(), self.0.count_disabled(state))))
    }
}

#[derive(Serialize)]
struct Row<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    own: OwnColumns<'a>,
    support_id: Option<&'a str>,
    columns: Columns<'a>,
    changes: Vec<ChangeLine<'a>>,
    proposed: Option<&'a JsonText>,
}

impl<'a> Row<'a> {
    fn new(row: &'a ReportRow, texts: &'a RowTexts<'a>, carried_columns: &'a [String]) -> Self {
        Self {
            r#type: "row",
            own: OwnColumns { row, texts },
            support_id: row.support_id().map(|id| id.value.as_str()),
            columns: Columns { names: carried_columns, cells: &row.carried },
            changes: texts.changes.iter().map(ChangeLine::new).collect(),
            proposed: texts.proposed.as_deref(),
        }
    }
}

/// A key for each of the report's own columns, in their order.
struct OwnColumns<'a> {
    row: &'a ReportRow,
    texts: &'a RowTexts<'a>,
}

impl Serialize for OwnColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = REPORT_COLUMNS.into_iter().map(|column| {
            let value = match Cell::of(column, self.row, self.texts) {
                Cell::Text(text) => Value::Text(Cow::Borrowed(text)),
                Cell::Texts(texts) => Value::Text(Cow::Owned(texts.join("; "))),
                Cell::Count(number) => Value::Number(number),
                Cell::Id(id) => Value::Known(id.map(|id| id.to_string())),
                Cell::Time(at) => Value::Known(at.map(time)),
            };
            (column.as_str(), value)
        });
        serializer.collect_map(cells)
    }
}

/// A cell in JSON: originals, whole.
#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    /// `null` where nothing is known.
    Known(Option<String>),
}

/// The carried-through columns, in input order; originals, without the formula shield.
struct Columns<'a> {
    names: &'a [String],
    cells: &'a [String],
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (index, name) in self.names.iter().enumerate() {
            map.serialize_entry(name, self.cells.get(index).map_or("", String::as_str))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    field: &'a str,
    old: Option<&'a JsonText>,
    new: Option<&'a JsonText>,
}

impl<'a> ChangeLine<'a> {
    fn new(change: &'a Change<'a>) -> Self {
        Self {
            field: &change.field,
            old: change.old.as_ref().map(Cow::as_ref),
            new: change.new.as_ref().map(Cow::as_ref),
        }
    }
}

fn time(time: Timestamp) -> String {
    time.to_string()
}

/// Writes one object as one line, however the reader splits lines.
pub(crate) fn write_line(
    line: &mut Vec<u8>,
    out: &mut impl Write,
    object: &impl Serialize,
) -> io::Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, object)?;
    let mut rest = line.as_slice();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2)) {
        let (before, from) = rest.split_at(at);
        out.write_all(before)?;
        let (spelled, length) = break_at(from);
        out.write_all(spelled)?;
        rest = from.get(length..).unwrap_or_default();
    }
    out.write_all(rest)?;
    out.write_all(b"\n")
}

/// What to write for the start of `from`, and how many of its bytes that stands for. A raw line break can only be
/// white space between the tokens of the platform's own JSON; U+0085, U+2028 and U+2029, at which some readers
/// split lines, can only stand in a string.
fn break_at(from: &[u8]) -> (&[u8], usize) {
    match from {
        [b'\n' | b'\r', ..] => (b" ", 1),
        [0xC2, 0x85, ..] => (br"\u0085", 2),
        [0xE2, 0x80, 0xA8, ..] => (br"\u2028", 3),
        [0xE2, 0x80, 0xA9, ..] => (br"\u2029", 3),
        _ => (from.get(..1).unwrap_or_default(), 1),
    }
}

#[cfg(test)]
mod tests;
