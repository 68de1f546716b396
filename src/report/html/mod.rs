//! The report as a web page: one file that needs no network, with a script and a style of its own and nothing else.
//!
//! Every row of the table stands in the page as HTML, so that it can be read, found and printed without the script. What
//! a row opens to is HTML, too, kept as inert text behind the script until somebody opens it: thousands of opened rows
//! would make the page slow. All texts go through askama's escaping, in both places.

mod columns;
mod overview;
pub(super) mod policy;
mod pretty;
mod row;
mod switching;
mod text_diff;
pub(super) mod top;

use std::io::{self, BufWriter, Write};

use askama::Template;

use super::texts::{Extent, Texts};
use super::{PartOf, Renderer, ReportSettings, redact};
use crate::domain::{JsonText, ReportRow, RowStatus, RunFacts};
use columns::{Column, shows_switching};
use pretty::pretty;
use row::{Detail, Objects, Room, TableRow};
use top::Top;

pub use overview::Overview;

/// Rows in the table at most: more would make a browser slow.
const MAX_ROWS: u64 = 5_000;

/// Rows in a stretch of the table that the browser need not lay out while it is out of sight.
const CHUNK: u64 = 50;

/// Bytes that what the rows open to may take, raw objects included: more would make a browser slow, too.
const BUDGET: u64 = 32 * 1024 * 1024;

/// The share of it that rows may take which need nobody, so that something is left for the others.
const BUDGET_OF_QUIET_ROWS: u64 = BUDGET / 4 * 3;

/// A renderer that writes the report as a page to `out`. `overview` has counted every row that will come. `part`: whose
/// rows these are, where they are not all.
pub fn html<'a, W: Write + 'a>(
    settings: &ReportSettings,
    overview: Overview,
    part: Option<PartOf>,
    out: W,
) -> Box<dyn Renderer + 'a> {
    let places = Places::new(overview.needing());
    Box::new(Html {
        out: BufWriter::with_capacity(64 * 1024, out),
        texts: Texts { extent: Extent::Full, redact: settings.redact, practice: false },
        carried: settings.format.carried_columns.clone(),
        overview,
        part,
        columns: Vec::new(),
        shows_switching: false,
        places: [places; 2],
        budget: Budget { left: BUDGET, left_for_quiet: BUDGET_OF_QUIET_ROWS },
        rows_in_table: 0,
        table_is_open: true,
    })
}

struct Html<W: Write> {
    out: BufWriter<W>,
    texts: Texts,
    carried: Vec<String>,
    overview: Overview,
    part: Option<PartOf>,
    columns: Vec<Column>,
    shows_switching: bool,
    /// Those of the table, and those of what its rows open to: the same rows have one.
    places: [Places; 2],
    budget: Budget,
    rows_in_table: u64,
    table_is_open: bool,
}

/// Rows that still have a place in the page.
#[derive(Clone, Copy)]
struct Places {
    needing: u64,
    quiet: u64,
}

impl Places {
    /// Those that need somebody come first, the others fill up.
    fn new(needing: u64) -> Self {
        let needing = needing.min(MAX_ROWS);
        Self { needing, quiet: MAX_ROWS - needing }
    }

    fn take(&mut self, needs_somebody: bool) -> bool {
        let places = if needs_somebody { &mut self.needing } else { &mut self.quiet };
        let has_place = *places > 0;
        *places = places.saturating_sub(1);
        has_place
    }
}

/// Bytes that what rows open to may still take.
struct Budget {
    left: u64,
    left_for_quiet: u64,
}

impl Budget {
    const fn has_room(&self, bytes: u64, needs_somebody: bool) -> bool {
        bytes <= self.left && (needs_somebody || bytes <= self.left_for_quiet)
    }

    const fn take(&mut self, bytes: u64, needs_somebody: bool) {
        self.left = self.left.saturating_sub(bytes);
        if !needs_somebody {
            self.left_for_quiet = self.left_for_quiet.saturating_sub(bytes);
        }
    }
}

/// Between the table and what its rows open to: the script, so that the table can be used before the rest is there.
#[derive(Template)]
#[template(path = "middle.html", config = "src/report/html/askama.toml")]
struct Middle {
    script: &'static str,
}

impl<W: Write> Renderer for Html<W> {
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()> {
        self.columns = Column::all(facts, &self.carried);
        self.shows_switching = shows_switching(facts);
        let stopped = self.texts.stopped(facts);
        let top = Top::new(facts, &self.overview, stopped, self.texts.redact, &self.carried, &self.columns);
        top.of_part(self.part.as_ref()).write_into(&mut self.out)
    }

    fn row(&mut self, row: &ReportRow) -> io::Result<()> {
        let needs_somebody = overview::needs_somebody(row);
        let [places, _] = &mut self.places;
        if !places.take(needs_somebody) {
            return Ok(());
        }
        if self.rows_in_table > 0 && self.rows_in_table.is_multiple_of(CHUNK) {
            self.out.write_all(b"</tbody>\n<tbody role=\"rowgroup\">\n")?;
        }
        self.rows_in_table += 1;
        let texts = self.texts.of(row);
        TableRow::new(row, &texts, &self.columns, self.shows_switching).write_into(&mut self.out)
    }

    fn documents(
        &mut self,
        row: &ReportRow,
        assistant: Option<&[u8]>,
        agent: Option<&[u8]>,
    ) -> io::Result<()> {
        self.close_table()?;
        let needs_somebody = overview::needs_somebody(row);
        let [_, places] = &mut self.places;
        if !places.take(needs_somebody) {
            return Ok(());
        }
        let opened = self.opened(row, self.objects(row, assistant, agent), needs_somebody)?;
        self.budget.take(opened.len() as u64, needs_somebody);
        self.out.write_all(opened.as_bytes())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.close_table()?;
        self.out.write_all(b"</body>\n</html>\n")?;
        self.out.flush()
    }

    fn wants_documents(&self) -> bool {
        true
    }
}

impl<W: Write> Html<W> {
    fn close_table(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.table_is_open) {
            Middle { script: policy::SCRIPT }.write_into(&mut self.out)?;
        }
        Ok(())
    }

    /// What the row opens to: as much of it as there is room for.
    fn opened(&self, row: &ReportRow, objects: Objects, needs_somebody: bool) -> io::Result<String> {
        let texts = self.texts.of(row);
        let opened = |objects, room| {
            Detail::new(row, &texts, &self.columns, objects, room).render().map_err(io::Error::other)
        };
        let are_left_out = objects != Objects::default();
        let without = || Objects { are_left_out, ..Objects::default() };
        let fits = |opened: &String| self.budget.has_room(opened.len() as u64, needs_somebody);
        let whole = opened(objects, Room::ForChanges)?;
        if fits(&whole) {
            return Ok(whole);
        }
        let smaller = opened(without(), Room::ForChanges)?;
        if fits(&smaller) { Ok(smaller) } else { opened(without(), Room::ForNames) }
    }

    /// The answers, set out for a person. Those of a duplicate stand in the row that it repeats.
    fn objects(&self, row: &ReportRow, assistant: Option<&[u8]>, agent: Option<&[u8]>) -> Objects {
        if row.status == RowStatus::Duplicate {
            return Objects::default();
        }
        let shown = |document: Option<&[u8]>| {
            let document = JsonText::new(String::from_utf8(document?.to_vec()).ok()?)?;
            let document = if self.texts.redact { redact::value(&document, "")? } else { document };
            Some(pretty(document.get()))
        };
        Objects { assistant: shown(assistant), agent: shown(agent), are_left_out: false }
    }
}

#[cfg(test)]
mod tests;
