//! A report as JSON Lines: a line about the whole, then a `row` line per row (schemas: `tests/schema`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::column::{Cell, Column};
use super::texts::Texts;
use super::{Line, Renderer, ReportSettings, free_of_clashes};
use crate::base::{JsonText, Lang, RunFacts, SinceLast};

/// A renderer that writes the report as JSON Lines to `out`.
pub fn json_lines<'a, R: Line, W: Write + 'a>(
    settings: &ReportSettings,
    out: W,
) -> Box<dyn Renderer<R> + 'a> {
    Box::new(JsonLines {
        out: BufWriter::with_capacity(64 * 1024, out),
        // A program reads it: in one language.
        texts: Texts { lang: Lang::En, ..settings.page_texts() },
        carried_columns: free_of_clashes(R::COLUMNS, &settings.format.carried_columns),
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

impl<R: Line, W: Write> Renderer<R> for JsonLines<W> {
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()> {
        self.texts.practice = R::run(facts).practice;
        write_line(&mut self.line, &mut self.out, &R::head(facts, self.texts))
    }

    fn row(&mut self, row: &R) -> io::Result<()> {
        let columns = Carried { names: &self.carried_columns, cells: &row.own().carried };
        let line = Row {
            r#type: "row",
            own: OwnColumns { columns: R::COLUMNS, row, texts: self.texts },
            beyond: row.beyond_columns(self.texts, columns),
        };
        write_line(&mut self.line, &mut self.out, &line)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }

    fn wants_proposed(&self) -> bool {
        R::WANTS_PROPOSED
    }
}

/// What the first line of every report says, and what only that kind of report has.
#[derive(Serialize)]
#[serde(bound = "T: Serialize")]
pub(crate) struct Head<'a, T> {
    r#type: &'static str,
    /// Version of the lines' shape; it grows when a key changes its meaning.
    schema: u32,
    program_version: &'a str,
    base_url: Option<&'a str>,
    practice: bool,
    stopped: Option<String>,
    rows: u64,
    #[serde(flatten)]
    own: T,
}

impl<'a, T: Serialize> Head<'a, T> {
    pub(crate) fn new(r#type: &'static str, run: &'a RunFacts, rows: u64, texts: Texts, own: T) -> Self {
        Self {
            r#type,
            schema: 1,
            program_version: &run.program_version,
            base_url: run.base_url.as_deref(),
            practice: run.practice,
            stopped: texts.stopped(run),
            rows,
            own,
        }
    }
}

/// What has changed since the run before.
#[derive(Serialize)]
pub(crate) struct Since<'a> {
    at: String,
    new: u64,
    mended: u64,
    gone: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    findings: BTreeMap<&'a str, FindingsSince>,
}

#[derive(Serialize)]
struct FindingsSince {
    new: u64,
    gone: u64,
}

impl<'a> Since<'a> {
    pub(crate) fn of(run: &'a RunFacts) -> Option<Self> {
        let SinceLast { at, new, mended, gone, findings, .. } = run.since_last.as_ref()?;
        let findings = findings
            .iter()
            .map(|(code, (new, gone))| (code.as_str(), FindingsSince { new: *new, gone: *gone }));
        let findings = findings.collect();
        Some(Self { at: at.to_string(), new: *new, mended: *mended, gone: *gone, findings })
    }
}

/// Every word with its number of rows, zeros included.
pub(crate) struct Counts<const N: usize>(pub(crate) [(&'static str, u64); N]);

impl<const N: usize> Serialize for Counts<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

#[derive(Serialize)]
#[serde(bound = "B: Serialize")]
struct Row<'a, R: 'static, B> {
    r#type: &'static str,
    #[serde(flatten)]
    own: OwnColumns<'a, R>,
    #[serde(flatten)]
    beyond: B,
}

/// A key for each of the report's own columns, in their order.
struct OwnColumns<'a, R: 'static> {
    columns: &'static [Column<R>],
    row: &'a R,
    texts: Texts,
}

impl<R> Serialize for OwnColumns<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.columns.iter().map(|column| {
            let value = match column.of(self.row, self.texts) {
                Cell::Nothing => Value::Nothing,
                Cell::Text(text) => Value::Text(text),
                Cell::Texts(texts) => Value::Text(Cow::Owned(texts.join("; "))),
                Cell::Count(number) => Value::Count(number),
                Cell::Number(number) => Value::Number(number),
                Cell::Flag(flag) => Value::Flag(flag),
                Cell::Id(id) => Value::Text(Cow::Owned(id.to_string())),
                Cell::Time(time) => Value::Text(Cow::Owned(time.to_string())),
                Cell::Json(json) => Value::Json(number(&json)),
            };
            (column.name, value)
        });
        serializer.collect_map(cells)
    }
}

/// A cell in JSON: originals, whole.
#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Nothing,
    Text(Cow<'a, str>),
    Count(u64),
    Number(i64),
    Flag(Option<bool>),
    Json(serde_json::Value),
}

/// A number beyond all bounds is given as it was spelled.
fn number(text: &JsonText) -> serde_json::Value {
    serde_json::from_str(text.get()).unwrap_or_else(|_| text.get().into())
}

/// The carried-through columns, in input order; originals, without the formula shield.
pub struct Carried<'a> {
    names: &'a [String],
    cells: &'a [String],
}

impl Serialize for Carried<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (index, name) in self.names.iter().enumerate() {
            map.serialize_entry(name, self.cells.get(index).map_or("", String::as_str))?;
        }
        map.end()
    }
}

/// Writes one object as one line, however the reader splits lines.
fn write_line(line: &mut Vec<u8>, out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
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
