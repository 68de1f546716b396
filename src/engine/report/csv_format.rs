//! The report as CSV.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use jiff::Timestamp;
use uuid::Uuid;

use super::columns::Cell;
use super::texts::{Extent, Texts};
use super::{Renderer, ReportSettings, cell, shield};
use crate::base::{LineEnd, REPORT_COLUMNS, ReportRow, RunFacts};

/// A renderer that writes the report as CSV to `out`.
pub fn csv<'a, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn Renderer + 'a> {
    Box::new(Csv {
        writer: csv_writer(settings, out),
        texts: Texts { extent: Extent::Short, redact: settings.redact, practice: false },
        byte_order_mark: settings.byte_order_mark(),
        carried_columns: settings.format.carried_columns.clone(),
        scratch: String::new(),
    })
}

/// A writer of records in the dialect that was asked for.
pub(crate) fn csv_writer<W: Write>(settings: &ReportSettings, out: W) -> Writer<W> {
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

impl<W: Write> Renderer for Csv<W> {
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()> {
        self.texts.practice = facts.practice;
        for (index, column) in REPORT_COLUMNS.into_iter().enumerate() {
            let mark = if index == 0 && self.byte_order_mark { "\u{FEFF}" } else { "" };
            self.writer.write_field(format!("{mark}{}", column.as_str()))?;
        }
        for column in &self.carried_columns {
            self.writer.write_field(shield::carried(column).as_bytes())?;
        }
        self.end_record()
    }

    fn row(&mut self, row: &ReportRow) -> io::Result<()> {
        let texts = self.texts.of(row);
        for column in REPORT_COLUMNS {
            match Cell::of(column, row, &texts) {
                Cell::Text(text) => self.own(text)?,
                Cell::Texts(texts) => self.own(&cell::joined(texts))?,
                Cell::Count(number) => self.number(number)?,
                Cell::Id(id) => self.id(id)?,
                Cell::Time(time) => self.time(time)?,
            }
        }
        for index in 0..self.carried_columns.len() {
            let carried = row.carried.get(index).map_or(Cow::Borrowed(""), |cell| shield::carried(cell));
            self.writer.write_field(carried.as_bytes())?;
        }
        self.end_record()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W: Write> Csv<W> {
    fn own(&mut self, text: &str) -> io::Result<()> {
        Ok(self.writer.write_field(cell::own(text).as_bytes())?)
    }

    fn number(&mut self, number: u64) -> io::Result<()> {
        self.scratch.clear();
        let _ = write!(self.scratch, "{number}");
        Ok(self.writer.write_field(&self.scratch)?)
    }

    fn id(&mut self, id: Option<Uuid>) -> io::Result<()> {
        let mut buffer = Uuid::encode_buffer();
        let text = id.map_or("", |id| id.hyphenated().encode_lower(&mut buffer));
        Ok(self.writer.write_field(text)?)
    }

    fn time(&mut self, time: Option<Timestamp>) -> io::Result<()> {
        self.scratch.clear();
        if let Some(time) = time {
            let _ = write!(self.scratch, "{time}");
        }
        // A year before 0 begins with a minus sign.
        Ok(self.writer.write_field(cell::own(&self.scratch).as_bytes())?)
    }

    fn end_record(&mut self) -> io::Result<()> {
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }
}

#[cfg(test)]
mod tests;
