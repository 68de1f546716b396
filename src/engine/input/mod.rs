//! Bytes to rows: decode (or unpack a workbook), sniff, choose the column, read a cell.
//!
//! The input is read three times from its start: for the encoding, for the columns (that pass also meets every quote
//! that is never closed), and for the rows. None of them keeps more than a row in memory.

mod cell;
mod columns;
mod decode;
mod error;
mod names;
mod records;
mod remarks;
mod sniff;
mod source;
mod survey;
#[cfg(test)]
mod tests;
mod workbook;

pub use error::InputError;

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use self::cell::Found;
use self::columns::Columns;
use self::decode::{Spelling, Text};
use self::records::{Layout, Record, Records};
use self::source::Source;
use self::survey::Survey;
use crate::base::{AgentId, AssistantId, InputFormat, InputRow, InvalidId, LineEnd, Pair};

/// Rows whose cells are looked at to choose the column (DESIGN.md, Input).
const SNIFFED_ROWS: u64 = 1_000;

/// What the person said about the input; everything else is sniffed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputOptions {
    /// `--column`: the assistant column, by name (any case; spaces, `-` and `_` do not count) or number from 1.
    pub column: Option<String>,
    /// `--agent-column`: the agent column, named in the same way.
    pub agent_column: Option<String>,
    /// `--delimiter`: an ASCII byte that is neither a quote nor a line break.
    pub delimiter: Option<u8>,
    /// `--no-header`: the first line is a row, whatever it looks like.
    pub no_header: bool,
}

impl InputOptions {
    /// The columns asked for by name, not by number.
    fn names(&self) -> impl Iterator<Item = &str> {
        let asked = [&self.column, &self.agent_column];
        asked.into_iter().flatten().map(String::as_str).filter(|name| name.trim().parse::<usize>().is_err())
    }
}

/// An input that was looked through to its end and can be used: its rows are read in constant memory.
#[derive(Debug)]
pub struct Input {
    source: Source,
    spelling: Spelling,
    layout: Layout,
    has_header: bool,
    columns: Columns,
    format: InputFormat,
    remarks: Vec<String>,
}

impl Input {
    /// Looks through a file. It has to be a regular file, since it is read more than once.
    pub fn open(path: &Path, options: &InputOptions) -> Result<Self, InputError> {
        Self::look_through(Source::file(path)?, options)
    }

    /// Looks through bytes in memory, such as the built-in sample (`from_bytes(include_bytes!(..).as_slice(), ..)`).
    pub fn from_bytes(bytes: impl Into<Bytes>, options: &InputOptions) -> Result<Self, InputError> {
        Self::look_through(Source::Memory(bytes.into()), options)
    }

    fn look_through(source: Source, options: &InputOptions) -> Result<Self, InputError> {
        let is_sheet = decode::is_workbook(&source)?;
        let (source, remark) = if is_sheet {
            let sheet = workbook::read(&source)?;
            (Source::Memory(sheet.csv.into()), sheet.remark)
        } else {
            (source, None)
        };
        let spelling = decode::spelling(&source)?;
        let mut head = Vec::new();
        let text = decode::text(&source, spelling)?;
        text.take(sniff::HEAD).read_to_end(&mut head).map_err(InputError::Read)?;
        let layout =
            if is_sheet { sniff::sheet_layout(&head, options) } else { sniff::layout(&head, options)? };
        let survey = Survey::of(decode::text(&source, spelling)?, layout, options)?;
        let columns = Columns::choose(&survey, options)?;
        let format = InputFormat {
            encoding: spelling.encoding,
            // Who has a workbook opens the report with the same program.
            bom: spelling.bom_length > 0 || is_sheet,
            delimiter: layout.delimiter,
            line_end: match survey.line_end {
                _ if is_sheet => LineEnd::CrLf,
                found => found.unwrap_or(LineEnd::Lf),
            },
            carried_columns: columns.carried_names.clone(),
        };
        let mut remarks = remarks::remarks(spelling, layout, &survey, &columns);
        remarks.extend(remark);
        Ok(Self { source, spelling, layout, has_header: survey.header.is_some(), columns, format, remarks })
    }

    /// The shape of the input, for the report to have the same one.
    pub fn format(&self) -> &InputFormat {
        &self.format
    }

    /// Sentences for the person about what was taken for what; the first is about the assistant column.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The rows from the first one on; each call reads the source again from its start.
    pub fn rows(&self) -> Result<Rows, InputError> {
        let mut records = Records::new(decode::text(&self.source, self.spelling)?, self.layout);
        let mut record = Record::default();
        let at_end = self.has_header && !records.read(&mut record)?;
        Ok(Rows { records, record, columns: self.columns.clone(), at_end })
    }
}

/// The rows of an input, in its order. After an error there are no more.
pub struct Rows {
    records: Records<Text>,
    record: Record,
    columns: Columns,
    at_end: bool,
}

impl Iterator for Rows {
    type Item = Result<InputRow, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at_end {
            return None;
        }
        let read = self.records.read(&mut self.record);
        self.at_end = !matches!(read, Ok(true));
        match read {
            Ok(true) => Some(Ok(self.columns.row(&self.record))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Columns {
    /// Makes a row of a record.
    fn row(&self, record: &Record) -> InputRow {
        let (counts, shown) = self.given(record);
        InputRow {
            line: record.line(),
            input: self.text(record, shown),
            target: self.target(record, counts),
            carried: self.carried.iter().map(|&column| self.text(record, column)).collect(),
        }
    }

    fn target(&self, record: &Record, column: usize) -> Result<Pair, InvalidId> {
        let assistant = cell::assistant(record.cell(column))?;
        let agent = self.agent.map_or(Ok(None), |column| cell::agent(record.cell(column)))?;
        if let Some(invalid) = self.lost_agent(record, column).filter(|_| agent.is_none()) {
            return Err(invalid);
        }
        Ok(Pair { assistant: AssistantId(assistant), agent: AgentId(agent.unwrap_or(assistant)) })
    }

    /// What a report of ours says of an agent cell that it has not kept: until somebody names an agent, or the assistant in
    /// its own column, the row would else be compared with another agent than was meant.
    fn lost_agent(&self, record: &Record, counts: usize) -> Option<InvalidId> {
        let error = record.text(self.error.filter(|_| self.mended == Some(counts))?);
        [InvalidId::AgentNoUuid, InvalidId::AgentTwoUuids]
            .into_iter()
            .find(|invalid| error == invalid.sentence())
    }

    /// The column that counts and the one that is shown as the cell given. In a report of ours `assistant_id` counts unless
    /// it is empty, and `input` is shown unless it says something else.
    fn given(&self, record: &Record) -> (usize, usize) {
        let Some(mended) = self.mended else { return (self.assistant, self.assistant) };
        let (assistant, input) = (record.cell(self.assistant), record.cell(mended));
        if cell::is_blank(assistant) {
            (mended, mended)
        } else if cell::find(assistant) != Found::Nothing && cell::find(assistant) == cell::find(input) {
            (self.assistant, mended)
        } else {
            (self.assistant, self.assistant)
        }
    }

    fn text(&self, record: &Record, column: usize) -> String {
        let text = record.text(column);
        if !self.shielded {
            return text;
        }
        match cell::unshielded(&text) {
            bare if bare.len() < text.len() => bare.to_owned(),
            _ => text,
        }
    }
}
