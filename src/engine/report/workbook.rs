//! A report as a workbook for Excel, whatever its language: what a person reads first, and a sheet with what is how often.
//!
//! No cell is ever a formula: texts are written as texts. Rows stream through: the sheet lies in a temporary file without a
//! name until the end.

mod cells;
mod counts;

use std::io::{self, Seek, Write};

use rust_xlsxwriter::{DocProperties, IgnoreError, Workbook, XlsxError};

use self::cells::{Formats, To, fitting, for_paper, link, set_height, text_of};
use self::counts::{COUNTS_WIDTH, Tally};
use super::column::{Cell, Column, Place};
use super::page::PageOptions;
use super::texts::Texts;
use super::{Line, Renderer, ReportSettings, free_of_clashes};
use crate::base::{RunFacts, grouped, one_line};

/// Who is named as the author: a workbook of ours is known by it.
pub(super) const AUTHOR: &str = "agent-migrate";

/// Rows that a sheet has room for below its header.
const MOST_ROWS: u32 = 1_048_575;

/// Columns that a sheet has room for; of more, the last of the input's own are left out.
const MOST_COLUMNS: usize = 16_384;

/// Links that a sheet has room for.
const MOST_LINKS: usize = 65_000;

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

#[cfg(test)]
mod tests;
