//! A report as CSV, and other tables.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use uuid::Uuid;

use super::column::Cell;
use super::page::PageOptions;
use super::texts::Texts;
use super::{Dialect, Line, Renderer, ReportSettings, cell, free_of_clashes, shield};
use crate::base::{InputFormat, LineEnd};

/// A renderer that writes the report as CSV to `out`.
pub fn csv<'a, R: Line, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn Renderer<R> + 'a> {
    Box::new(Csv {
        writer: csv_writer(settings, out),
        texts: settings.texts(),
        byte_order_mark: settings.byte_order_mark(),
        carried_columns: free_of_clashes(R::COLUMNS, &settings.format.carried_columns),
        scratch: String::new(),
    })
}

/// A writer of records in the dialect that was asked for.
pub(super) fn csv_writer<W: Write>(settings: &ReportSettings, out: W) -> Writer<W> {
    let terminator = match settings.line_end() {
        LineEnd::Lf => Terminator::Any(b'\n'),
        LineEnd::CrLf => Terminator::CRLF,
    };
    WriterBuilder::new()
        .delimiter(settings.delimiter())
        .terminator(terminator)
        .buffer_capacity(64 * 1024)
        .from_writer(out)
}

struct Csv<W: Write> {
    writer: Writer<W>,
    texts: Texts,
    byte_order_mark: bool,
    carried_columns: Vec<String>,
    /// Reused for numbers and times.
    scratch: String,
}

impl<R: Line, W: Write> Renderer<R> for Csv<W> {
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()> {
        self.texts.practice = R::run(facts).practice;
        for (index, column) in R::COLUMNS.iter().enumerate() {
            let mark = if index == 0 && self.byte_order_mark { "\u{FEFF}" } else { "" };
            self.field(format!("{mark}{}", column.name).as_bytes())?;
        }
        for column in &self.carried_columns {
            self.writer.write_field(shield::carried(column).as_bytes()).map_err(plain)?;
        }
        self.end_record()
    }

    fn row(&mut self, row: &R) -> io::Result<()> {
        for column in R::COLUMNS {
            self.cell(&column.of(row, self.texts))?;
        }
        let carried = &row.own().carried;
        for index in 0..self.carried_columns.len() {
            let carried = carried.get(index).map_or(Cow::Borrowed(""), |cell| shield::carried(cell));
            self.field(carried.as_bytes())?;
        }
        self.end_record()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W: Write> Csv<W> {
    fn cell(&mut self, cell: &Cell<'_>) -> io::Result<()> {
        match cell {
            Cell::Nothing => self.own(""),
            Cell::Text(text) => self.own(text),
            Cell::Texts(texts) => self.own(&cell::joined(texts)),
            Cell::Flag(flag) => self.own(flag.map_or("", |flag| if flag { "true" } else { "false" })),
            Cell::Json(json) => self.own(json.get()),
            Cell::Count(number) => self.shown(number),
            Cell::Number(number) => self.shown(number),
            Cell::Id(id) => {
                let id = id.hyphenated();
                self.field(id.encode_lower(&mut Uuid::encode_buffer()).as_bytes())
            }
            // A year before 0 begins with a minus sign.
            Cell::Time(time) => self.own(&time.to_string()),
        }
    }

    fn own(&mut self, text: &str) -> io::Result<()> {
        self.field(cell::own(text).as_bytes())
    }

    fn shown(&mut self, number: impl std::fmt::Display) -> io::Result<()> {
        self.scratch.clear();
        let _ = write!(self.scratch, "{number}");
        self.writer.write_field(&self.scratch).map_err(plain)
    }

    fn end_record(&mut self) -> io::Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(plain)
    }

    fn field(&mut self, cell: &[u8]) -> io::Result<()> {
        self.writer.write_field(cell).map_err(plain)
    }
}

/// The error of the output, which its caller knows by its kind.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A table of texts, for what is no report: its cells are as harmless as the report's. There is no input whose shape
/// [`Dialect::Input`] could mean: it is plain.
pub fn csv_table<'a>(
    dialect: Dialect,
    columns: &[&str],
    rows: impl Iterator<Item = impl AsRef<[&'a str]>>,
) -> io::Result<String> {
    let settings = ReportSettings {
        format: InputFormat::default(),
        dialect,
        redact: false,
        page: PageOptions::default(),
    };
    let mut table = Vec::new();
    if settings.byte_order_mark() {
        table.extend_from_slice("\u{FEFF}".as_bytes());
    }
    let mut writer = csv_writer(&settings, &mut table);
    writer.write_record(columns)?;
    for row in rows {
        let cells: Vec<_> = row.as_ref().iter().copied().map(cell::own).collect();
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    }
    writer.flush()?;
    drop(writer);
    String::from_utf8(table).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
