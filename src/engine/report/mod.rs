//! CSV, JSON Lines and HTML, formula shield, file that appears whole or not at all (DESIGN.md, Report).
//!
//! Rows are streamed: a renderer holds one row at a time. A further format is one more short file with one more
//! [`Renderer`].

mod atomic_file;
pub(crate) mod cell;
mod columns;
mod csv_format;
mod file_head;
mod file_names;
mod json_lines;
pub mod page;
pub(crate) mod redact;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod shield;
mod table;
mod texts;

pub use atomic_file::{Access, AtomicFile, ReportFileError, Written, check_writable, write_atomically};
pub(crate) use columns::whole_seconds;
pub use csv_format::csv;
pub(crate) use csv_format::csv_writer;
pub use file_head::FileHead;
pub use file_names::FileNames;
pub use json_lines::json_lines;
pub(crate) use json_lines::write_line;
#[cfg(test)]
pub(crate) use samples::{facts, rows, settings};
pub use table::csv_table;

#[cfg(test)]
#[path = "../../../tests/schema/check.rs"]
pub(crate) mod schema;

use std::io;

use self::page::Objects;
use crate::audit::{AuditFacts, AuditRow};
use crate::base::{Encoding, InputFormat, LineEnd, ReportRow, RunFacts};

/// Which CSV a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Delimiter, byte order mark and line ends of the input.
    #[default]
    Input,
    /// Byte order mark and CRLF. The delimiter stays the input's: a German Excel wants a semicolon, and the input
    /// knows it.
    Excel,
    /// Comma, LF, no byte order mark.
    Plain,
}

/// What a report is to look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSettings {
    /// The shape of the input, with the names of its carried-through columns.
    pub format: InputFormat,
    /// Which CSV; JSON Lines do not care.
    pub dialect: Dialect,
    /// Lengths in place of the platform's texts; the input's own cells stay as they are.
    pub redact: bool,
}

impl ReportSettings {
    fn delimiter(&self) -> u8 {
        match self.dialect {
            Dialect::Input | Dialect::Excel => self.format.delimiter,
            Dialect::Plain => b',',
        }
    }

    fn line_end(&self) -> LineEnd {
        match self.dialect {
            Dialect::Input => self.format.line_end,
            Dialect::Excel => LineEnd::CrLf,
            Dialect::Plain => LineEnd::Lf,
        }
    }

    /// The report is always UTF-8; where the input was not, a byte order mark says so to Excel.
    pub(crate) fn byte_order_mark(&self) -> bool {
        match self.dialect {
            Dialect::Input => self.format.bom || self.format.encoding != Encoding::Utf8,
            Dialect::Excel => true,
            Dialect::Plain => false,
        }
    }
}

/// One format of the report: `begin` once, `row` for every row in input order, then `documents` likewise where they are
/// wanted, `finish` once.
pub trait Renderer {
    /// Writes what stands before the rows.
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()>;

    /// Writes one row.
    fn row(&mut self, row: &ReportRow) -> io::Result<()>;

    /// Takes every row once more, in the same order and after the last [`Renderer::row`], with the bodies of assistant
    /// and agent where they were read. Only for a format that [wants documents](Renderer::wants_documents).
    fn documents(
        &mut self,
        row: &ReportRow,
        assistant: Option<&[u8]>,
        agent: Option<&[u8]>,
    ) -> io::Result<()> {
        let _ = (row, assistant, agent);
        Ok(())
    }

    /// Writes what stands after the rows and flushes.
    fn finish(self: Box<Self>) -> io::Result<()>;

    /// Whether rows should bring [`ReportRow::proposed`], which costs a look at the assistant's document.
    fn wants_proposed(&self) -> bool {
        false
    }

    /// Whether there should be a second pass, [`Renderer::documents`], which costs reading them.
    fn wants_documents(&self) -> bool {
        false
    }
}

/// One format of an audit: `begin` once, `row` for every row in input order, then `opens` likewise where rows open, followed
/// by `opened` where it has a place; `finish` once. Rows come redacted where that was asked for.
pub trait AuditRenderer {
    /// Writes what stands before the rows.
    fn begin(&mut self, facts: &AuditFacts) -> io::Result<()>;

    /// Writes one row.
    fn row(&mut self, row: &AuditRow) -> io::Result<()>;

    /// Takes every row once more, in the same order and after the last [`AuditRenderer::row`]; gives how many bytes there
    /// is room for of what was read, `None` where the row does not open. Only where [rows open](AuditRenderer::rows_open).
    fn opens(&mut self, row: &AuditRow) -> io::Result<Option<usize>> {
        let _ = row;
        Ok(None)
    }

    /// Writes what the row opens to, `objects` with it.
    fn opened(&mut self, row: &AuditRow, objects: Objects) -> io::Result<()> {
        let _ = (row, objects);
        Ok(())
    }

    /// Writes what stands after the rows and flushes.
    fn finish(self: Box<Self>) -> io::Result<()>;

    /// Whether there should be a second pass, [`AuditRenderer::opens`].
    fn rows_open(&self) -> bool {
        false
    }
}
