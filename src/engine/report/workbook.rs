//! A report as a workbook for Excel, whatever its language: what a person reads first, and a sheet with what is how often.
//!
//! No cell is ever a formula: texts are written as texts. Rows stream through: the sheet lies in a temporary file without a
//! name until the end.

use std::collections::HashMap;
use std::io::{self, Seek, Write};

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, IntoExcelData, Url,
    Workbook, Worksheet, XlsxError,
};
use uuid::Uuid;

use super::column::{Cell, Column, Place};
use super::page::{self, PageOptions};
use super::texts::Texts;
use super::{Line, Renderer, ReportSettings, free_of_clashes};
use crate::base::{Lang, ReportRow, RowProgress, RunFacts, grouped, one_line};

/// Who is named as the author: a workbook of ours is known by it.
pub(super) const AUTHOR: &str = "agent-migrate";

/// Rows that a sheet has room for below its header.
const MOST_ROWS: u32 = 1_048_575;

/// Columns that a sheet has room for; of more, the last of the input's own are left out.
const MOST_COLUMNS: usize = 16_384;

/// Code units that a cell has room for.
const LIMIT: usize = 32_767;

/// Links that a sheet has room for, and how long one may be.
const MOST_LINKS: usize = 65_000;
const LONGEST_LINK: usize = 2_000;

/// Columns from this width on hold sentences, whose lines are broken.
const WRAPPED_FROM: u8 = 30;

/// Lines of a row that are seen at once; the cell holds the rest.
const MOST_LINES: usize = 8;
const LINE_HEIGHT: u16 = 15;

/// Rows whose height is set: each takes memory until the end.
const ROWS_WITH_HEIGHT: u32 = 50_000;

/// Different values that are counted, and of those the ones that are shown.
const MOST_COUNTED: usize = 5_000;
const MOST_SHOWN: usize = 500;

const COUNTS_WIDTH: u8 = 90;

/// What the button of the filter takes of a heading.
const BUTTON: usize = 3;

/// Carried-through columns are this wide.
const CARRIED_WIDTH: u8 = 26;

/// Why so many rows are not written into a workbook; `None` where they fit.
pub fn too_many_rows(rows: u64) -> Option<String> {
    (rows > u64::from(MOST_ROWS)).then(|| no_room(&format!("these are {}", grouped(rows))))
}

fn no_room(rows: &str) -> String {
    let most = grouped(MOST_ROWS.into());
    format!("a workbook has room for {most} rows, and {rows}; take the CSV, or split it by a column")
}

/// A renderer that writes the report as a workbook to `out`.
pub fn workbook<'a, R: Line, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn Renderer<R> + 'a> {
    Box::new(Sheets::<R, W>::new(settings, out))
}

struct Shown<R: 'static> {
    name: String,
    width: u8,
    source: Source<R>,
}

enum Source<R: 'static> {
    Own(&'static Column<R>),
    /// With its place among the input's own.
    Carried(usize),
}

/// Name, the input's own, verdict, ids, times, the rest.
fn columns<R: Line>(carried: Vec<String>) -> Vec<Shown<R>> {
    let mut own: Vec<_> = R::COLUMNS.iter().collect();
    own.sort_by_key(|column| column.place);
    let names = own.iter().take_while(|column| column.place == Place::Name).count();
    let mut columns: Vec<_> = own
        .into_iter()
        .map(|column| Shown {
            name: column.name.to_owned(),
            width: column.width,
            source: Source::Own(column),
        })
        .collect();
    let carried = carried.into_iter().enumerate().take(MOST_COLUMNS.saturating_sub(columns.len()));
    let carried = carried.map(|(at, name)| Shown { name, width: CARRIED_WIDTH, source: Source::Carried(at) });
    columns.splice(names..names, carried);
    columns
}

struct Sheets<R: 'static, W> {
    out: W,
    workbook: Workbook,
    formats: Formats,
    columns: Vec<Shown<R>>,
    texts: Texts,
    page: PageOptions,
    rows: u32,
    most_rows: u32,
    links: usize,
    tallies: Vec<Tally<R>>,
    /// What the second sheet begins with.
    about: Vec<String>,
}

impl<R: Line, W: Write> Renderer<R> for Sheets<R, W> {
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()> {
        let run = R::run(facts);
        self.about = about(run, self.texts);
        self.workbook.set_properties(&DocProperties::new().set_author(AUTHOR));
        self.start(run.practice).map_err(other)
    }

    fn row(&mut self, row: &R) -> io::Result<()> {
        if self.rows == self.most_rows {
            return Err(io::Error::other(no_room("there are more")));
        }
        self.rows += 1;
        for tally in &mut self.tallies {
            tally.count(row, self.texts);
        }
        self.write(row).map_err(other)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.end().map_err(other)?;
        // A workbook is put together at its end, which the writer that it goes to may not take from another thread.
        let mut whole = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut whole).map_err(other)?;
        whole.rewind()?;
        io::copy(&mut whole, &mut self.out)?;
        self.out.flush()
    }
}

fn other(error: XlsxError) -> io::Error {
    io::Error::other(error)
}

/// What stands above the counts.
fn about(run: &RunFacts, texts: Texts) -> Vec<String> {
    let lang = texts.lang;
    let place = match &run.base_url {
        _ if run.practice => lang
            .of([
                "PRACTICE: a made-up workspace, nothing real",
                "PRACTICE: ein erfundener Workspace, nichts Echtes",
            ])
            .to_owned(),
        Some(base_url) => format!("{}: {base_url}", lang.of(["Platform", "Plattform"])),
        None => String::new(),
    };
    let words = lang.of([
        ["Begun", "Stopped early", "Written by", "times are UTC"],
        ["Begonnen", "Vorzeitig beendet", "Geschrieben von", "Zeiten in UTC"],
    ]);
    let [since, early, by, utc] = words;
    let began = run.started_at.map(|at| format!("{since}: {}", at.strftime("%Y-%m-%d %H:%M UTC")));
    let stopped = texts.stopped(run).map(|why| format!("{early}: {why}"));
    let program = format!("{by} {AUTHOR} {}; {utc}", run.program_version);
    let lines = [Some(place), began, stopped, Some(program)].into_iter().flatten();
    lines.filter(|line| !line.is_empty()).map(|line| one_line(&line)).collect()
}

impl<R: Line, W: Write> Sheets<R, W> {
    fn new(settings: &ReportSettings, out: W) -> Self {
        Self {
            out,
            workbook: Workbook::new(),
            formats: Formats::new(),
            columns: columns(free_of_clashes(R::COLUMNS, &settings.format.carried_columns)),
            texts: Texts { practice: false, ..settings.texts() },
            page: settings.page.clone(),
            rows: 0,
            most_rows: MOST_ROWS,
            links: 0,
            tallies: R::COLUMNS.iter().filter(|column| !column.tally[0].is_empty()).map(Tally::of).collect(),
            about: Vec::new(),
        }
    }

    fn start(&mut self, practice: bool) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        let rows = self.texts.lang.of(["Rows", "Zeilen"]);
        sheet.set_name(if practice {
            format!("PRACTICE {}", rows.to_lowercase())
        } else {
            rows.to_owned()
        })?;
        sheet.set_freeze_panes(1, 1)?.set_repeat_rows(0, 0)?;
        for_paper(sheet).set_landscape();
        for (column, at) in self.columns.iter().zip(0..) {
            let heading = u8::try_from(column.name.chars().count() + BUTTON).unwrap_or(u8::MAX);
            sheet.set_column_width(at, column.width.max(heading.min(CARRIED_WIDTH)))?;
            sheet.write_string_with_format(0, at, fitting(&column.name), &self.formats.header)?;
        }
        Ok(())
    }

    fn write(&mut self, row: &R) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        let mut lines = 1;
        for (column, at) in self.columns.iter().zip(0..) {
            let mut to =
                To { sheet, formats: &self.formats, at: (self.rows, at), width: column.width, lines: 1 };
            match &column.source {
                Source::Carried(carried) => {
                    to.text(row.own().carried.get(*carried).map_or("", String::as_str))?;
                }
                Source::Own(own) if own.name == "status" => {
                    let format = self.formats.of(row.progress());
                    to.formatted(&text_of(&own.of(row, self.texts)), format)?;
                }
                Source::Own(own) => {
                    let cell = match own.of(row, self.texts) {
                        // A list of words.
                        Cell::Text(text) if !own.tally[0].is_empty() => {
                            Cell::Texts(text.split(';').map(str::to_owned).collect())
                        }
                        cell => cell,
                    };
                    let link = match &cell {
                        Cell::Id(id) if self.links < MOST_LINKS => link(*id, row.own(), &self.page),
                        _ => None,
                    };
                    self.links += usize::from(link.is_some());
                    to.cell(&cell, link)?;
                }
            }
            lines = lines.max(to.lines);
        }
        set_height(sheet, self.rows, lines)
    }

    fn end(&mut self) -> Result<(), XlsxError> {
        let last = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let sheet = self.workbook.worksheet_from_index(0)?;
        sheet.autofilter(0, 0, self.rows, last)?;
        // What a machine joins by would make the print too small to read.
        let is_read = |column: &&Shown<R>| match column.source {
            Source::Own(own) => own.place <= Place::Verdict,
            Source::Carried(_) => true,
        };
        let read = u16::try_from(self.columns.iter().take_while(is_read).count()).unwrap_or(last);
        sheet.set_print_area(0, 0, self.rows, read.saturating_sub(1))?;
        sheet.ignore_error_range(0, 0, self.rows, last, IgnoreError::NumberStoredAsText)?;
        let counts = self.workbook.add_worksheet();
        counts
            .set_name(self.texts.lang.of(["Counts", "Zahlen"]))?
            .set_column_width(0, 12)?
            .set_column_width(1, COUNTS_WIDTH)?;
        for_paper(counts);
        let mut at = 0;
        for line in &self.about {
            counts.write_string(at, 0, fitting(line))?;
            at += 1;
        }
        for tally in &self.tallies {
            at = tally.write(counts, at + 1, &self.formats, self.texts.lang)?;
        }
        Ok(())
    }
}

/// As wide as a page.
fn for_paper(sheet: &mut Worksheet) -> &mut Worksheet {
    const A4: u8 = 9;
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0)
}

/// Lines that the text takes in a column of that width.
fn lines(text: &str, width: u8) -> usize {
    text.split('\n').map(|line| line.chars().count().div_ceil(width.into()).max(1)).sum()
}

/// Lets a row be as high as so many lines, or as are seen at once.
fn set_height(sheet: &mut Worksheet, row: u32, lines: usize) -> Result<(), XlsxError> {
    if lines > 1 && row <= ROWS_WITH_HEIGHT {
        let lines = u16::try_from(lines.min(MOST_LINES)).unwrap_or(1);
        sheet.set_row_height(row, lines * LINE_HEIGHT)?;
    }
    Ok(())
}

struct To<'a> {
    sheet: &'a mut Worksheet,
    formats: &'a Formats,
    at: (u32, u16),
    width: u8,
    lines: usize,
}

impl To<'_> {
    fn cell(&mut self, cell: &Cell<'_>, link: Option<String>) -> Result<(), XlsxError> {
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

    fn text(&mut self, text: &str) -> Result<(), XlsxError> {
        let is_wrapped = self.width >= WRAPPED_FROM;
        if is_wrapped {
            self.lines = lines(text, self.width);
        }
        self.formatted(text, if is_wrapped { &self.formats.wrapped } else { &self.formats.plain })
    }

    fn formatted(&mut self, text: &str, format: &Format) -> Result<(), XlsxError> {
        if text.is_empty() { Ok(()) } else { self.put(fitting(text), format) }
    }
}

/// What a cell says where it is no number and no time: each of several texts on a line of its own.
fn text_of(cell: &Cell<'_>) -> String {
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
fn fitting(text: &str) -> String {
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
fn link(id: Uuid, row: &ReportRow, options: &PageOptions) -> Option<String> {
    let is_plain =
        |link: &String| link.len() <= LONGEST_LINK && link.bytes().all(|byte| byte.is_ascii_graphic());
    page::address(options, row, Some(id)).filter(is_plain)
}

/// How often each value of a column was met.
struct Tally<R: 'static> {
    column: &'static Column<R>,
    counts: HashMap<String, u64>,
    /// Met when there were too many different ones already.
    others: u64,
}

impl<R: Line> Tally<R> {
    fn of(column: &'static Column<R>) -> Self {
        Self { column, counts: HashMap::new(), others: 0 }
    }

    fn count(&mut self, row: &R, texts: Texts) {
        let values: Vec<String> = match self.column.of(row, texts) {
            Cell::Texts(texts) => texts,
            cell => text_of(&cell).split(';').map(str::to_owned).collect(),
        };
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            let has_room = self.counts.len() < MOST_COUNTED;
            match self.counts.get_mut(&value) {
                Some(rows) => *rows += 1,
                None if has_room => drop(self.counts.insert(value, 1)),
                None => self.others += 1,
            }
        }
    }

    /// Writes it from that row on; gives the row behind it.
    fn write(
        &self,
        sheet: &mut Worksheet,
        from: u32,
        formats: &Formats,
        lang: Lang,
    ) -> Result<u32, XlsxError> {
        let mut counts: Vec<_> = self.counts.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
        if counts.is_empty() {
            return Ok(from);
        }
        counts.sort_by(|(value, rows), (other, more)| more.cmp(rows).then_with(|| value.cmp(other)));
        let left_out = counts.split_off(counts.len().min(MOST_SHOWN));
        let others = self.others + left_out.iter().map(|(_, rows)| rows).sum::<u64>();
        sheet.write_string_with_format(from, 0, lang.of(self.column.tally), &formats.bold)?;
        let others = (others > 0).then_some((lang.of(["(others)", "(andere)"]), others));
        let mut at = from;
        for (value, rows) in counts.into_iter().chain(others) {
            at += 1;
            sheet.write_number_with_format(at, 0, u32::try_from(rows).unwrap_or(u32::MAX), &formats.plain)?;
            let value = one_line(value);
            sheet.write_string_with_format(at, 1, fitting(&value), &formats.wrapped)?;
            set_height(sheet, at, lines(&value, COUNTS_WIDTH))?;
        }
        Ok(at + 1)
    }
}

struct Formats {
    header: Format,
    bold: Format,
    plain: Format,
    wrapped: Format,
    time: Format,
    link: Format,
    done: Format,
    needs_somebody: Format,
    pending: Format,
}

impl Formats {
    fn new() -> Self {
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

    fn of(&self, progress: RowProgress) -> &Format {
        match progress {
            RowProgress::Done => &self.done,
            RowProgress::NeedsAttention => &self.needs_somebody,
            RowProgress::Pending => &self.pending,
        }
    }
}

#[cfg(test)]
mod tests;
