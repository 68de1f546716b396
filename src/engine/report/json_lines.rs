//! A report as JSON Lines: a line about the whole, then a `row` line per row (schemas: `tests/schema`).

use std::io::{self, BufWriter, Write};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::column::Cell;
use super::texts::Texts;
use super::{Line, Renderer, ReportSettings, free_of_clashes};
use crate::base::{Lang, RunFacts, SinceLast};

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
    /// Reused.
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
            own: OwnColumns { row, texts: self.texts },
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
pub(crate) fn head(of: &str, run: &RunFacts, rows: u64, texts: Texts, own: Value) -> Value {
    let mut head = json!({
        "type": of,
        // Version of the lines' shape; it grows when a key changes its meaning.
        "schema": 1,
        "program_version": run.program_version,
        "base_url": run.base_url,
        "practice": run.practice,
        "stopped": texts.stopped(run),
        "rows": rows,
    });
    if let (Value::Object(head), Value::Object(own)) = (&mut head, own) {
        head.extend(own);
    }
    head
}

/// What has changed since the run before.
pub(crate) fn since(run: &RunFacts) -> Option<Value> {
    let SinceLast { at, new, mended, gone, findings, .. } = run.since_last.as_ref()?;
    let mut since = json!({"at": at.to_string(), "new": new, "mended": mended, "gone": gone});
    if !findings.is_empty() {
        let findings =
            findings.iter().map(|(code, (new, gone))| (code.as_str(), json!({"new": new, "gone": gone})));
        since["findings"] = findings.collect();
    }
    Some(since)
}

/// Every word with its number of rows, zeros included.
pub(crate) fn counts(words: impl IntoIterator<Item = (&'static str, u64)>) -> Value {
    words.into_iter().collect()
}

#[derive(Serialize)]
#[serde(bound = "R: Line, B: Serialize")]
struct Row<'a, R, B> {
    r#type: &'static str,
    #[serde(flatten)]
    own: OwnColumns<'a, R>,
    #[serde(flatten)]
    beyond: B,
}

/// A key for each of the report's own columns, in their order.
struct OwnColumns<'a, R> {
    row: &'a R,
    texts: Texts,
}

impl<R: Line> Serialize for OwnColumns<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(R::COLUMNS.iter().map(|column| (column.name, column.of(self.row, self.texts))))
    }
}

/// Originals, whole.
impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Nothing => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Texts(texts) => serializer.serialize_str(&texts.join("; ")),
            Cell::Count(number) => serializer.serialize_u64(*number),
            Cell::Number(number) => serializer.serialize_i64(*number),
            Cell::Flag(flag) => flag.serialize(serializer),
            Cell::Id(id) => serializer.collect_str(id),
            Cell::Time(time) => serializer.collect_str(time),
            // A number beyond all bounds is given as it was spelled.
            Cell::Json(json) => match serde_json::from_str::<Value>(json.get()) {
                Ok(value) => value.serialize(serializer),
                Err(_) => serializer.serialize_str(json.get()),
            },
        }
    }
}

/// The carried-through columns, in input order; originals, without the formula shield.
pub struct Carried<'a> {
    names: &'a [String],
    cells: &'a [String],
}

impl Serialize for Carried<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells.iter().map(String::as_str).chain(std::iter::repeat(""));
        serializer.collect_map(self.names.iter().zip(cells))
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
