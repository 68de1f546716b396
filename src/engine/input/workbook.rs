//! An Excel workbook as the text of a CSV, a line for each row: from there on it is read like any other input.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxError};

use super::cell::{self, Found};
use super::error::InputError;
use super::source::Source;
use crate::base::{defect, quoted};

/// Larger files are no lists of assistants: a million rows with a few columns take half of it.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The text of a sheet, which is held in memory: a small file may unpack to any size.
const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;

type Book = Xlsx<Cursor<Vec<u8>>>;

#[derive(Debug)]
pub(super) struct Sheet {
    /// Its cells: comma, line feed, every cell that is not empty in quotes.
    pub(super) csv: Vec<u8>,
    /// What the person is told, where there was a choice.
    pub(super) remark: Option<String>,
}

/// The first sheet, or the only one that holds UUIDs.
pub(super) fn read(source: &Source) -> Result<Sheet, InputError> {
    let mut bytes = Vec::new();
    source.open()?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(InputError::Read)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(InputError::WorkbookTooLarge);
    }
    // What the library makes of a damaged file is not in our hands.
    catch_unwind(AssertUnwindSafe(|| choose(bytes))).unwrap_or_else(|_| Err(damaged(&defect("met it"))))
}

fn choose(bytes: Vec<u8>) -> Result<Sheet, InputError> {
    let mut book = Book::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let (first, others) =
        names.split_first().ok_or(InputError::Empty("there is no sheet in the workbook"))?;
    let mut chosen = (first, text_of(&mut book, first)?);
    if !chosen.1.holds_uuid {
        let mut holding = Vec::new();
        for name in others {
            let text = text_of(&mut book, name)?;
            if text.holds_uuid {
                holding.push((name, text));
            }
        }
        if holding.len() == 1 {
            chosen = holding.swap_remove(0);
        }
    }
    let (name, text) = chosen;
    let remark = format!("sheet {} is read, one of {} in the workbook", quoted(name), names.len());
    Ok(Sheet { csv: text.bytes, remark: (names.len() > 1).then_some(remark) })
}

fn damaged(error: &dyn ToString) -> InputError {
    InputError::Workbook(error.to_string())
}

/// Cell by cell: a table of a whole sheet could be as wide and as high as Excel allows with two cells in it.
fn text_of(book: &mut Book, name: &str) -> Result<Text, InputError> {
    let failed = |error: XlsxError| damaged(&error);
    let mut cells = book.worksheet_cells_reader(name).map_err(failed)?;
    let mut text = Text::default();
    while let Some(cell) = cells.next_cell().map_err(failed)? {
        text.put(cell.get_position(), &shown(cell.get_value()))?;
    }
    Ok(text)
}

#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// Where the next cell goes, from 0.
    row: u32,
    column: u32,
    holds_uuid: bool,
}

impl Text {
    fn put(&mut self, (row, column): (u32, u32), text: &str) -> Result<(), InputError> {
        if cell::is_blank(text.as_bytes()) {
            return Ok(());
        }
        if row < self.row || row == self.row && column < self.column {
            return Err(damaged(&"its cells stand in no order"));
        }
        while self.row < row {
            self.bytes.push(b'\n');
            (self.row, self.column) = (self.row + 1, 0);
        }
        while self.column < column {
            self.bytes.push(b',');
            self.column += 1;
        }
        if self.bytes.len() + text.len() > MAX_TEXT_BYTES {
            return Err(InputError::WorkbookTooLarge);
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        self.bytes.push(b'"');
        self.holds_uuid |= cell::find(text.as_bytes()) != Found::Nothing;
        Ok(())
    }
}

/// A cell as a text that means the same in every language.
fn shown<'a>(value: &'a DataRef<'_>) -> Cow<'a, str> {
    match value {
        DataRef::Empty => "".into(),
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => number.to_string().into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.into(),
        DataRef::SharedString(text) => (*text).into(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.into(),
        DataRef::DateTime(time) => time_of(*time).into(),
        DataRef::Error(error) => error.to_string().into(),
    }
}

fn time_of(time: ExcelDateTime) -> String {
    let (year, month, day, hours, minutes, seconds, _) = time.to_ymd_hms_milli();
    let of_day = format!("{hours:02}:{minutes:02}:{seconds:02}");
    let days = time.as_f64();
    if time.is_duration() {
        // Days and their parts: 1.5 is 36 hours. They are not many.
        return format!(
            "{}{}",
            if days < 1.0 { String::new() } else { format!("{}d ", days.trunc()) },
            of_day
        );
    }
    match of_day.as_str() {
        _ if days < 1.0 => of_day,
        "00:00:00" => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{of_day}"),
    }
}
