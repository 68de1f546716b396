//! CSV, JSON Lines, HTML and workbook, formula shield, file that appears whole or not at all (DESIGN.md, Report).
//!
//! Rows are streamed: a renderer holds one row at a time. A further format is one more short file with one more
//! [`Renderer`].

mod atomic_file;
pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod columns;
mod csv_format;
mod file_head;
mod file_names;
mod fingerprint;
mod json_lines;
pub mod page;
pub(crate) mod redact;
pub(crate) mod shield;
#[cfg(test)]
mod tests;
mod texts;
mod workbook;

pub use atomic_file::{Access, AtomicFile, ReportFileError, Written, check_writable, write_atomically};
pub use column::{Cell, Column};
pub use csv_format::{csv, csv_table};
pub use file_head::FileHead;
pub use file_names::FileNames;
pub use fingerprint::sha256;
pub use json_lines::{Carried, json_lines};
pub(crate) use json_lines::{counts, head, since};
#[cfg(test)]
pub(crate) use tests::samples;
pub use texts::Texts;
pub(crate) use texts::{Change, Extent};
pub use workbook::{too_many_rows, workbook};

#[cfg(test)]
#[path = "../../../tests/schema/check.rs"]
pub(crate) mod schema;

use std::collections::HashSet;
use std::io;

use serde::Serialize;

use self::page::{Objects, PageOptions};
use crate::base::{
    CallFailure, Encoding, InputFormat, LineEnd, ReportRow, RowProgress, RunFacts, Standing, one_line,
};

/// Which CSV a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Delimiter, byte order mark and line ends of the input.
    #[default]
    Input,
    /// Byte order mark and CRLF. The delimiter stays the input's: a German Excel wants a semicolon.
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
    /// How pages are written, and in which language remedies are.
    pub page: PageOptions,
}

impl ReportSettings {
    pub(crate) fn page_texts(&self) -> Texts {
        Texts { extent: Extent::Full, ..self.texts() }
    }

    /// A name, as it may be shown.
    pub fn name(&self, name: &str) -> String {
        self.page_texts().name(&one_line(name)).into_owned()
    }

    /// A failure, as it may be shown.
    pub fn failure(&self, failure: &CallFailure) -> String {
        self.page_texts().failure(failure)
    }

    pub(crate) fn texts(&self) -> Texts {
        Texts { extent: Extent::Short, redact: self.redact, practice: false, lang: self.page.lang }
    }

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

/// A row of some kind of report, and all that the formats have to know of that kind.
pub trait Line: Sized + 'static {
    /// What is said of the whole.
    type Facts;

    /// Its own columns, in their order.
    const COLUMNS: &'static [Column<Self>];

    /// Whether JSON Lines have the proposed agent, which costs a look at the assistant's document.
    const WANTS_PROPOSED: bool = false;

    /// The row of the input, with what is known of it.
    fn own(&self) -> &ReportRow;

    /// How far it is.
    fn progress(&self) -> RowProgress;

    /// The codes of what was found in it.
    fn finding_codes(&self) -> Vec<String> {
        Vec::new()
    }

    /// How it stands.
    fn standing(&self) -> Standing {
        Standing { status: self.own().status, progress: self.progress(), findings: self.finding_codes() }
    }

    /// What is said of the run.
    fn run(facts: &Self::Facts) -> &RunFacts;

    /// The first of the JSON Lines.
    fn head(facts: &Self::Facts, texts: Texts) -> serde_json::Value;

    /// The keys that a JSON row has behind its own columns: an object.
    fn beyond_columns<'a>(&'a self, texts: Texts, columns: Carried<'a>) -> impl Serialize + 'a;
}

/// One format of a report: `begin` once, `row` for every row in input order, then `opens` likewise where rows open, followed
/// by `opened` where the row does; `finish` once.
pub trait Renderer<R: Line> {
    /// Writes what stands before the rows.
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()>;

    /// Writes one row.
    fn row(&mut self, row: &R) -> io::Result<()>;

    /// Takes every row once more, in the same order and after the last [`Renderer::row`]; gives how many bytes there is
    /// room for of what was read, `None` where the row does not open. Only where [rows open](Renderer::rows_open).
    fn opens(&mut self, row: &R) -> io::Result<Option<usize>> {
        let _ = row;
        Ok(None)
    }

    /// Writes what the row opens to, `objects` with it.
    fn opened(&mut self, row: &R, objects: Objects) -> io::Result<()> {
        let _ = (row, objects);
        Ok(())
    }

    /// Writes what stands after the rows and flushes.
    fn finish(self: Box<Self>) -> io::Result<()>;

    /// Whether rows should bring [`ReportRow::proposed`].
    fn wants_proposed(&self) -> bool {
        false
    }

    /// Whether it has no place for any row that comes now, so that nobody need look for one.
    fn is_full(&self) -> bool {
        false
    }

    /// Whether there should be a second pass, [`Renderer::opens`].
    fn rows_open(&self) -> bool {
        false
    }
}

/// The carried-through columns under names that are none of the report's own (`input_model`), nor each other's.
fn free_of_clashes<R>(columns: &[Column<R>], carried: &[String]) -> Vec<String> {
    let is_own = |name: &str| columns.iter().any(|column| column.name == name);
    let mut taken: HashSet<String> = columns.iter().map(|column| column.name.to_owned()).collect();
    taken.extend(carried.iter().cloned());
    let free = |name: &String| {
        if !is_own(name) {
            return name.clone();
        }
        let numbered = (2..).map(|number| format!("input_{name}_{number}"));
        let mut candidates = std::iter::once(format!("input_{name}")).chain(numbered);
        // There is always another number; the name itself is only there for the compiler.
        candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or_else(|| name.clone())
    };
    carried.iter().map(free).collect()
}
