//! What a cell of a workbook holds, and how it looks.

use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, IntoExcelData, Url, Worksheet, XlsxError,
};
use uuid::Uuid;

use crate::base::{ReportRow, RowProgress, one_line};
use crate::engine::report::column::Cell;
use crate::engine::report::page::{self, PageOptions};

/// Code units that a cell has room for.
pub(super) const LIMIT: usize = 32_767;

/// How long a link may be.
const LONGEST_LINK: usize = 2_000;

/// Columns from this width on hold sentences, whose lines are broken.
const WRAPPED_FROM: u8 = 30;

/// Lines of a row that are seen at once; the cell holds the rest.
const MOST_LINES: usize = 8;
const LINE_HEIGHT: u16 = 15;

/// Rows whose height is set: each takes memory until the end.
const ROWS_WITH_HEIGHT: u32 = 50_000;

/// As wide as a page.
pub(super) fn for_paper(sheet: &mut Worksheet) -> &mut Worksheet {
    const A4: u8 = 9;
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0)
}

/// Lines that the text takes in a column of that width.
pub(super) fn lines(text: &str, width: u8) -> usize {
    text.split('\n').map(|line| line.chars().count().div_ceil(width.into()).max(1)).sum()
}

/// Lets a row be as high as so many lines, or as are seen at once.
pub(super) fn set_height(sheet: &mut Worksheet, row: u32, lines: usize) -> Result<(), XlsxError> {
    if lines > 1 && row <= ROWS_WITH_HEIGHT {
        let lines = u16::try_from(lines.min(MOST_LINES)).unwrap_or(1);
        sheet.set_row_height(row, lines * LINE_HEIGHT)?;
    }
    Ok(())
}

pub(super) struct To<'a> {
    pub(super) sheet: &'a mut Worksheet,
    pub(super) formats: &'a Formats,
    pub(super) at: (u32, u16),
    pub(super) width: u8,
    pub(super) lines: usize,
}

impl To<'_> {
    pub(super) fn cell(&mut self, cell: &Cell<'_>, link: Option<String>) -> Result<(), XlsxError> {
        let formats = self.formats;
        match (cell, link) {
            (Cell::Nothing | Cell::Flag(None), _) => Ok(()),
            (Cell::Count(number), _) => self.put(u32::try_from(*number).unwrap_or(u32::MAX), &formats.plain),
            (Cell::Number(number), _) => self.put(i32::try_from(*number).unwrap_or(i32::MAX), &formats.plain),
            (Cell::Flag(Some(flag)), _) => self.put(*flag, &formats.plain),
            (Cell::Time(time), _) => match ExcelDateTime::from_timestamp(time.as_second()) {
                Ok(time) => self.put(time, &formats.time),
                Err(_) => self.text(&time.to_string()),
            },
            (Cell::Id(id), Some(link)) => self.put(Url::new(link).set_text(id.to_string()), &formats.link),
            (cell, _) => self.text(&text_of(cell)),
        }
    }

    fn put(&mut self, value: impl IntoExcelData, format: &Format) -> Result<(), XlsxError> {
        let (row, column) = self.at;
        self.sheet.write_with_format(row, column, value, format).map(drop)
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), XlsxError> {
        let is_wrapped = self.width >= WRAPPED_FROM;
        if is_wrapped {
            self.lines = lines(text, self.width);
        }
        self.formatted(text, if is_wrapped { &self.formats.wrapped } else { &self.formats.plain })
    }

    pub(super) fn formatted(&mut self, text: &str, format: &Format) -> Result<(), XlsxError> {
        if text.is_empty() { Ok(()) } else { self.put(fitting(text), format) }
    }
}

/// What a cell says where it is no number and no time: each of several texts on a line of its own.
pub(super) fn text_of(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => one_line(text),
        Cell::Texts(texts) => texts.iter().map(|text| one_line(text)).collect::<Vec<_>>().join("\n"),
        Cell::Count(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.map(|flag| flag.to_string()).unwrap_or_default(),
        Cell::Id(id) => id.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Json(json) => one_line(json.get()),
    }
}

/// As much of the text as a cell has room for.
pub(super) fn fitting(text: &str) -> String {
    const MARK: &str = "… (shortened)";
    if text.len() <= LIMIT || text.encode_utf16().count() <= LIMIT {
        return text.to_owned();
    }
    let mut room = LIMIT - MARK.encode_utf16().count();
    let kept = text.chars().take_while(|letter| {
        let fits = letter.len_utf16() <= room;
        room = room.saturating_sub(letter.len_utf16());
        fits
    });
    kept.chain(MARK.chars()).collect()
}

/// Where the web app shows it, if a workbook can hold that.
pub(super) fn link(id: Uuid, row: &ReportRow, options: &PageOptions) -> Option<String> {
    let is_plain =
        |link: &String| link.len() <= LONGEST_LINK && link.bytes().all(|byte| byte.is_ascii_graphic());
    page::address(options, row, Some(id)).filter(is_plain)
}

pub(super) struct Formats {
    pub(super) header: Format,
    pub(super) bold: Format,
    pub(super) plain: Format,
    pub(super) wrapped: Format,
    time: Format,
    link: Format,
    done: Format,
    needs_somebody: Format,
    pending: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let plain = || Format::new().set_align(FormatAlign::Top);
        let colored = |text: u32, behind: u32| {
            plain().set_font_color(Color::RGB(text)).set_background_color(Color::RGB(behind))
        };
        Self {
            header: colored(0x1F_29_37, 0xE5_E7_EB).set_bold().set_border_bottom(FormatBorder::Thin),
            bold: Format::new().set_bold(),
            plain: plain(),
            wrapped: plain().set_text_wrap(),
            time: plain().set_num_format("yyyy-mm-dd hh:mm").set_align(FormatAlign::Left),
            link: plain().set_hyperlink(),
            done: colored(0x00_61_00, 0xC6_EF_CE),
            needs_somebody: colored(0x9C_57_00, 0xFF_EB_9C),
            pending: colored(0x4B_55_63, 0xE5_E7_EB),
        }
    }

    pub(super) fn of(&self, progress: RowProgress) -> &Format {
        match progress {
            RowProgress::Done => &self.done,
            RowProgress::NeedsAttention => &self.needs_somebody,
            RowProgress::Pending => &self.pending,
        }
    }
}
