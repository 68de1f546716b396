//! Text to records: one machine for every pass, so that no two passes can see different rows.
//!
//! The grammar is that of the `csv` crate (a test holds the two together). It is written out here because a row must
//! know the physical line it starts on, an unclosed quote the line it opens on, and `#` lines must be told from a
//! header: `csv` counts a line too few after CRLF, blank lines and comments, and closes an open quote at the end.

use std::io::{BufRead, ErrorKind};

use memchr::{memchr2, memchr3};

use super::cell;
use super::error::InputError;
use crate::base::{LineEnd, trimmed};

/// A row may hold this many bytes; memory stays flat even if the input is no CSV at all.
const MAX_ROW_BYTES: usize = 16 * 1024 * 1024;
/// A row may have this many cells: as many as a spreadsheet has columns.
const MAX_CELLS: usize = 16_384;

/// One record: its cells without quotes. Reused from row to row.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    line: u64,
    quoted: bool,
    too_large: bool,
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Physical line on which it starts, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The bytes of a cell; empty where the record is too short.
    pub(super) fn cell(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(index)).map(|(start, end)| start..*end);
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// The text of a cell; empty where the record is too short.
    pub(super) fn text(&self, index: usize) -> String {
        String::from_utf8_lossy(self.cell(index)).into_owned()
    }

    /// Its cells as names of columns.
    pub(super) fn names(&self) -> Vec<String> {
        self.cells().map(|cell| trimmed(&String::from_utf8_lossy(cell)).to_owned()).collect()
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// Whether an id in it is written with odd characters.
    pub(super) fn has_odd_id(&self) -> bool {
        !self.text.is_ascii() && self.cells().any(cell::is_odd)
    }

    /// Only delimiters and white space, as spreadsheets leave them at the end. A quote says that a cell is meant.
    fn is_blank(&self) -> bool {
        !self.quoted && !self.too_large && cell::is_blank_line(&self.text)
    }

    fn clear(&mut self, line: u64) {
        self.text.clear();
        self.ends.clear();
        (self.line, self.quoted, self.too_large) = (line, false, false);
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.text.len() + bytes.len() > MAX_ROW_BYTES {
            self.too_large = true;
        } else {
            self.text.extend_from_slice(bytes);
        }
    }

    fn end_cell(&mut self) {
        if self.ends.len() == MAX_CELLS {
            self.too_large = true;
        } else {
            self.ends.push(self.text.len());
        }
    }
}

/// What has to be known before the first record can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The byte between cells.
    pub(super) delimiter: u8,
    /// Whether the first line that is not blank is Excel's `sep=`.
    pub(super) sep_line: bool,
    /// Whether the first line that is not blank (nor `sep=`) is a header in spite of its `#`.
    pub(super) hash_header: bool,
    /// The line of the header, where titles stand above it: they are no rows.
    pub(super) header_line: Option<u64>,
    /// Whether it is made of a workbook: a row is a line, whatever line breaks its cells have.
    pub(super) is_sheet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BeforeRecord,
    BeforeCell,
    InCell,
    InQuotes,
    AfterQuote,
    InComment,
    RecordEnded,
}

/// The machine itself, fed with pieces of text of any size.
#[derive(Debug)]
struct Machine {
    layout: Layout,
    state: State,
    line: u64,
    quote_line: u64,
    after_cr: bool,
    line_end: Option<LineEnd>,
}

impl Machine {
    /// Takes bytes until a record has ended or there are no more; returns how many it took.
    fn feed(&mut self, bytes: &[u8], record: &mut Record) -> usize {
        let mut at = 0;
        while self.state != State::RecordEnded {
            let Some((&byte, rest)) = bytes.get(at..).and_then(|rest| rest.first().zip(Some(rest))) else {
                break;
            };
            at += match self.state {
                State::BeforeRecord => self.before_record(byte, record),
                State::BeforeCell => self.before_cell(byte, record),
                State::InCell => self.in_cell(rest, record),
                State::InQuotes => self.in_quotes(rest, record),
                State::AfterQuote => self.after_quote(byte, record),
                State::InComment => self.in_comment(rest),
                State::RecordEnded => 0,
            };
        }
        at
    }

    fn before_record(&mut self, byte: u8, record: &mut Record) -> usize {
        if matches!(byte, b'\r' | b'\n') {
            self.end_line(byte);
            return 1;
        }
        self.after_cr = false;
        match byte {
            // What a file is padded with, and what ended one once, begins no row.
            b'\0' | 0x1A => 1,
            b'#' if !self.layout.hash_header => {
                self.state = State::InComment;
                1
            }
            _ => {
                record.clear(self.line);
                self.state = State::BeforeCell;
                0
            }
        }
    }

    fn before_cell(&mut self, byte: u8, record: &mut Record) -> usize {
        if byte == b'"' {
            (self.quote_line, record.quoted) = (self.line, true);
            self.state = State::InQuotes;
            return 1;
        }
        self.state = State::InCell;
        0
    }

    fn in_cell(&mut self, rest: &[u8], record: &mut Record) -> usize {
        let length = memchr3(self.layout.delimiter, b'\r', b'\n', rest).unwrap_or(rest.len());
        record.push(rest.get(..length).unwrap_or_default());
        let Some(&byte) = rest.get(length) else { return length };
        record.end_cell();
        if byte == self.layout.delimiter {
            self.state = State::BeforeCell;
        } else {
            self.end_line(byte);
            self.state = State::RecordEnded;
        }
        length + 1
    }

    fn in_quotes(&mut self, rest: &[u8], record: &mut Record) -> usize {
        let length = memchr3(b'"', b'\r', b'\n', rest).unwrap_or(rest.len());
        record.push(rest.get(..length).unwrap_or_default());
        self.after_cr &= length == 0;
        let Some(&byte) = rest.get(length) else { return length };
        if byte == b'"' {
            self.after_cr = false;
            self.state = State::AfterQuote;
        } else {
            record.push(&[byte]);
            if !self.layout.is_sheet {
                self.count_line(byte);
            }
        }
        length + 1
    }

    fn after_quote(&mut self, byte: u8, record: &mut Record) -> usize {
        if byte == b'"' {
            record.push(b"\"");
            self.state = State::InQuotes;
            return 1;
        }
        self.state = State::InCell;
        0
    }

    fn in_comment(&mut self, rest: &[u8]) -> usize {
        let length = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let Some(&byte) = rest.get(length) else { return length };
        self.end_line(byte);
        self.state = State::BeforeRecord;
        length + 1
    }

    /// A line break between records: it is one that the report copies.
    fn end_line(&mut self, byte: u8) {
        if byte == b'\n' && self.line_end.is_none() {
            self.line_end = Some(if self.after_cr { LineEnd::CrLf } else { LineEnd::Lf });
        }
        self.count_line(byte);
    }

    /// CR, LF and CRLF count as one line break each.
    fn count_line(&mut self, byte: u8) {
        if byte == b'\r' || !self.after_cr {
            self.line += 1;
        }
        self.after_cr = byte == b'\r';
    }

    /// The text is over: whether a last record ends with it.
    fn finish(&mut self, record: &mut Record) -> Result<bool, InputError> {
        let state = std::mem::replace(&mut self.state, State::BeforeRecord);
        match state {
            State::InQuotes => Err(InputError::UnclosedQuote(self.quote_line)),
            State::BeforeCell | State::InCell | State::AfterQuote => {
                record.end_cell();
                Ok(true)
            }
            State::BeforeRecord | State::InComment | State::RecordEnded => Ok(false),
        }
    }
}

/// The records of a text: blank lines, comments and the `sep=` line are left out.
pub(super) struct Records<R> {
    reader: R,
    machine: Machine,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(reader: R, layout: Layout) -> Self {
        let machine = Machine {
            layout,
            state: State::BeforeRecord,
            line: 1,
            quote_line: 1,
            after_cr: false,
            line_end: None,
        };
        Self { reader, machine }
    }

    /// The first line end between records met so far; `None` before the first LF.
    pub(super) fn line_end(&self) -> Option<LineEnd> {
        self.machine.line_end
    }

    /// Reads the next record into `record`; `false` at the end.
    pub(super) fn read(&mut self, record: &mut Record) -> Result<bool, InputError> {
        while self.read_any(record)? {
            if record.is_blank() {
                continue;
            }
            if std::mem::take(&mut self.machine.layout.sep_line) {
                continue;
            }
            self.machine.layout.hash_header = false;
            if self.machine.layout.header_line.is_some_and(|header| record.line < header) {
                continue;
            }
            if record.too_large {
                return Err(InputError::RowTooLarge(record.line));
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn read_any(&mut self, record: &mut Record) -> Result<bool, InputError> {
        self.machine.state = State::BeforeRecord;
        loop {
            let text = match self.reader.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.map_err(InputError::Read)?,
            };
            if text.is_empty() {
                return self.machine.finish(record);
            }
            let taken = self.machine.feed(text, record);
            self.reader.consume(taken);
            if self.machine.state == State::RecordEnded {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    const COMMA: Layout =
        Layout { delimiter: b',', sep_line: false, hash_header: false, header_line: None, is_sheet: false };

    type Rows = Vec<(u64, Vec<String>)>;

    fn rows_by(text: &[u8], layout: Layout, buffer: usize) -> Result<(Rows, Option<LineEnd>), InputError> {
        let mut records = Records::new(BufReader::with_capacity(buffer, text), layout);
        let mut record = Record::default();
        let mut rows = Vec::new();
        while records.read(&mut record)? {
            rows.push((record.line(), (0..record.len()).map(|index| record.text(index)).collect()));
        }
        Ok((rows, records.line_end()))
    }

    fn rows(text: &str) -> Rows {
        rows_by(text.as_bytes(), COMMA, 8).unwrap().0
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn a_row_knows_the_physical_line_it_starts_on() {
        for break_ in ["\n", "\r\n", "\r"] {
            let text = "a,b\n\n# c\n\"d\ne\",f\n , \ng,h".replace('\n', break_);
            let expected =
                vec![row(1, &["a", "b"]), row(4, &[&format!("d{break_}e"), "f"]), row(7, &["g", "h"])];
            assert_eq!(rows(&text), expected, "{break_:?}");
        }
    }

    #[test]
    fn quotes_follow_the_usual_rules() {
        for (text, cells) in [
            ("\"a,b\",c", &["a,b", "c"][..]),
            ("\"a \"\"b\"\"\",c", &["a \"b\"", "c"]),
            ("a\"b\",c", &["a\"b\"", "c"]),
            ("\"a\"b\"c,d", &["ab\"c", "d"]),
            ("\"\"", &[""]),
            ("a,", &["a", ""]),
            (",a", &["", "a"]),
            ("\"#a\",b", &["#a", "b"]),
            ("a,#b", &["a", "#b"]),
        ] {
            assert_eq!(rows(text), vec![row(1, cells)], "{text}");
        }
    }

    #[test]
    fn blank_lines_and_comments_are_left_out_and_comments_know_no_quotes() {
        assert_eq!(rows("\n  \n,,\n#\"\n# x, \"y\n\u{a0}\na\n"), vec![row(7, &["a"])]);
        assert_eq!(rows(""), vec![]);
        assert_eq!(rows("#"), vec![]);
    }

    #[test]
    fn padding_and_an_old_end_of_file_are_no_rows() {
        for end in ["\0\0\0\0\0", "\x1a", "\x1a\n", "\0\r\n\0\0"] {
            assert_eq!(
                rows(&format!("a\nb,\0c\n{end}")),
                vec![row(1, &["a"]), row(2, &["b", "\0c"])],
                "{end:?}"
            );
        }
    }

    #[test]
    fn a_row_of_quoted_nothing_is_a_row() {
        assert_eq!(rows("a\n\"\"\nb\n"), vec![row(1, &["a"]), row(2, &[""]), row(3, &["b"])]);
    }

    #[test]
    fn the_sep_line_is_left_out_and_a_hash_header_is_kept_once() {
        let layout = Layout { delimiter: b';', sep_line: true, hash_header: true, ..COMMA };
        let (rows, _) = rows_by(b"\nsep=;\n#id;name\n#comment\na;b\n", layout, 3).unwrap();
        assert_eq!(rows, vec![row(3, &["#id", "name"]), row(5, &["a", "b"])]);
    }

    #[test]
    fn an_unclosed_quote_is_named_by_the_line_it_opens_on() {
        for (text, expected) in [
            ("a,b\nc,\"d\ne\nf\n", 2),
            ("\"", 1),
            ("a\n\"b\nc\",\"d\n", 3),
            ("a\r\n\r\nb,\"c", 3),
            ("# \"\n\"x\"\"\n", 2),
        ] {
            let error = rows_by(text.as_bytes(), COMMA, 8).unwrap_err();
            assert!(
                matches!(error, InputError::UnclosedQuote(line) if line == expected),
                "{text:?}: {error}"
            );
        }
    }

    #[test]
    fn the_first_line_end_between_rows_counts() {
        for (text, expected) in [
            ("a,b", None),
            ("a\nb\r\n", Some(LineEnd::Lf)),
            ("a\r\nb\n", Some(LineEnd::CrLf)),
            ("\"a\nb\"\r\nc\n", Some(LineEnd::CrLf)),
            ("# x\r\na\n", Some(LineEnd::CrLf)),
            ("\r\na\n", Some(LineEnd::CrLf)),
            ("a\rb\r", None),
        ] {
            assert_eq!(rows_by(text.as_bytes(), COMMA, 8).unwrap().1, expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_larger_than_any_table_has_is_refused_without_keeping_it() {
        let mut long = b"a\n\"".to_vec();
        long.resize(MAX_ROW_BYTES + 10, b'x');
        let error = rows_by(&long, COMMA, 65_536).unwrap_err();
        assert!(matches!(error, InputError::UnclosedQuote(2)), "{error}");
        long.push(b'"');
        let error = rows_by(&long, COMMA, 65_536).unwrap_err();
        assert!(matches!(error, InputError::RowTooLarge(2)), "{error}");
        let wide = "x,".repeat(MAX_CELLS);
        let error = rows_by(wide.as_bytes(), COMMA, 65_536).unwrap_err();
        assert!(matches!(error, InputError::RowTooLarge(1)), "{error}");
    }

    /// The rows as the `csv` crate reads them, for texts without comments, `None` where a quote stays open.
    fn oracle(text: &str) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(text in "[ab,\"\r\n]{0,40}", buffer in 1_usize..9) {
            // Blank rows are left out here on purpose, and an open quote is refused: neither is in the oracle.
            if let Ok((rows, _)) = rows_by(text.as_bytes(), COMMA, buffer) {
                let full = |cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty());
                let ours: Vec<_> = rows.into_iter().map(|(_, cells)| cells).filter(full).collect();
                let theirs: Vec<_> = oracle(&text).into_iter().filter(full).collect();
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn the_size_of_the_pieces_makes_no_difference(text in "[a,\"#\r\n]{0,40}", buffer in 1_usize..9) {
            let outcome = |buffer| format!("{:?}", rows_by(text.as_bytes(), COMMA, buffer));
            prop_assert_eq!(outcome(buffer), outcome(1_000));
        }
    }
}
