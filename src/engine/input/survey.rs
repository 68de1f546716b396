//! The first pass over all rows: the header, how wide the rows are, where UUIDs stand, and whether every quote is
//! closed, so that nothing can fail halfway later.

use std::io::BufRead;

use super::cell::{self, Found};
use super::error::InputError;
use super::records::{Layout, Record, Records};
use super::{InputOptions, SNIFFED_ROWS, names};
use crate::base::{LineEnd, trimmed};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The header line, if there is one.
    pub(super) header: Option<Header>,
    /// Name of every column, `column_N` where the header has none; as many as the widest row has filled cells.
    pub(super) names: Vec<String>,
    /// For every column the number of sniffed rows with a UUID in it.
    pub(super) uuid_rows: Vec<u64>,
    /// Rows sniffed: the first 1,000, header not counted.
    pub(super) sniffed: u64,
    /// The first line end between rows.
    pub(super) line_end: Option<LineEnd>,
    /// Rows with an id in odd characters.
    pub(super) odd: SomeRows,
    /// In a report of ours: rows whose `input` and `assistant_id` name different UUIDs.
    pub(super) contradictions: SomeRows,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Line on which it starts.
    pub(super) line: u64,
    /// Whether it is the header of a report of ours.
    pub(super) is_report: bool,
}

/// Rows of which something is to be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SomeRows {
    pub(super) rows: u64,
    pub(super) first_line: u64,
}

impl Survey {
    pub(super) fn of(text: impl BufRead, layout: Layout, options: &InputOptions) -> Result<Self, InputError> {
        let mut records = Records::new(text, layout);
        let mut record = Record::default();
        if !records.read(&mut record)? {
            return Err(InputError::Empty("there is nothing in it but blank lines and comments, if at all"));
        }
        let mut survey = Self { uuid_rows: vec![0; record.len()], ..Self::default() };
        if layout.hash_header || is_header(&record, options) {
            survey.names = header_names(&record, layout.hash_header);
            let is_report = names::is_report(&survey.names);
            survey.header = Some(Header { line: record.line(), is_report });
        } else {
            survey.add(&record, None);
        }
        let of = |own| survey.names.iter().position(|name| name == own);
        let compared = of("input").zip(of("assistant_id")).filter(|_| survey.is_report());
        while records.read(&mut record)? {
            survey.add(&record, compared);
        }
        if survey.sniffed == 0 {
            return Err(InputError::Empty("there is only a header line"));
        }
        survey.names.extend((survey.names.len()..survey.uuid_rows.len()).map(names::unnamed));
        survey.line_end = records.line_end();
        Ok(survey)
    }

    /// Looks at a row. `compared`: where `input` and `assistant_id` stand in a report of ours.
    fn add(&mut self, record: &Record, compared: Option<(usize, usize)>) {
        if record.has_odd_id() {
            self.odd.add(record);
        }
        if compared.is_some_and(|(input, assistant)| contradict(record, input, assistant)) {
            self.contradictions.add(record);
        }
        // Delimiters that a spreadsheet left at the end of a row make no column.
        let mut beyond = (self.uuid_rows.len()..record.len()).rev();
        if let Some(last) = beyond.find(|&index| !cell::is_blank(record.cell(index))) {
            self.uuid_rows.resize(last + 1, 0);
        }
        if self.sniffed == SNIFFED_ROWS {
            return;
        }
        self.sniffed += 1;
        for (rows, cell) in self.uuid_rows.iter_mut().zip(record.cells()) {
            *rows += u64::from(cell::find(cell) != Found::Nothing);
        }
    }

    pub(super) fn is_report(&self) -> bool {
        self.header.as_ref().is_some_and(|header| header.is_report)
    }
}

/// A first line without a UUID is a header, even under names that mean nothing to us.
fn is_header(record: &Record, options: &InputOptions) -> bool {
    !options.no_header && record.cells().all(|cell| cell::find(cell) == Found::Nothing)
}

fn header_names(record: &Record, hash: bool) -> Vec<String> {
    let mut names = record.names();
    if hash && let Some(first) = names.first_mut() {
        let rest = trimmed(first.trim_start_matches('#'));
        *first = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest).to_owned();
    }
    let is_report = names::is_report(&names);
    for (index, name) in names.iter_mut().enumerate() {
        if is_report {
            *name = cell::unshielded(name).to_owned();
        }
        if name.is_empty() {
            *name = names::unnamed(index);
        }
    }
    names
}

impl SomeRows {
    fn add(&mut self, record: &Record) {
        self.first_line = if self.rows == 0 { record.line() } else { self.first_line };
        self.rows += 1;
    }
}

fn contradict(record: &Record, input: usize, assistant: usize) -> bool {
    matches!(
        (cell::find(record.cell(input)), cell::find(record.cell(assistant))),
        (Found::One(input), Found::One(assistant)) if input != assistant
    )
}
