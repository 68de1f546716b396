//! The report as a web page: one file that needs no network, with a script and a style of its own and nothing else.
//!
//! Every row of the table stands in the page as HTML, so that it can be read, found and printed without the script. What
//! a row opens to is HTML, too, kept as inert text until somebody opens it: thousands of opened rows would make the page
//! slow. All texts go through askama's escaping, in both places.

mod columns;
mod overview;
mod policy;
mod pretty;
mod row;
mod switching;
mod text_diff;
mod top;

use std::io::{self, BufWriter, Write};

use askama::Template;

use super::texts::{Extent, Texts};
use super::{Renderer, ReportSettings, redact};
use crate::domain::{JsonText, ReportRow, RowStatus, RunFacts};
use columns::{Column, shows_switching};
use pretty::pretty;
use row::{Detail, Objects, Room, TableRow};
use top::Top;

pub use overview::Overview;

/// Rows in the table at most: more would make a browser slow.
const MAX_ROWS: u64 = 5_000;

/// Bytes that all opened rows may take, raw objects included: a page that opens at once and can still be mailed.
const BUDGET: u64 = 24 * 1024 * 1024;

/// The share of it that rows may take which need nobody, so that it is left for the others.
const BUDGET_OF_QUIET_ROWS: u64 = BUDGET / 2;

/// A renderer that writes the report as a page to `out`. `overview` has counted every row that will come.
pub fn html<'a, W: Write + 'a>(
    settings: &ReportSettings,
    overview: Overview,
    out: W,
) -> Box<dyn Renderer + 'a> {
    Box::new(Html {
        out: BufWriter::with_capacity(64 * 1024, out),
        texts: Texts { extent: Extent::Full, redact: settings.redact, practice: false },
        carried: settings.format.carried_columns.clone(),
        room: MAX_ROWS - overview.needing().min(MAX_ROWS),
        room_of_needing: overview.needing().min(MAX_ROWS),
        overview,
        columns: Vec::new(),
        shows_switching: false,
        budget: BUDGET,
        budget_of_quiet: BUDGET_OF_QUIET_ROWS,
    })
}

struct Html<W: Write> {
    out: BufWriter<W>,
    texts: Texts,
    carried: Vec<String>,
    overview: Overview,
    columns: Vec<Column>,
    shows_switching: bool,
    /// Rows that still have a place, of those that need nobody.
    room: u64,
    /// Likewise, of those that need somebody.
    room_of_needing: u64,
    /// Bytes left.
    budget: u64,
    budget_of_quiet: u64,
}

#[derive(Template)]
#[template(path = "bottom.html", config = "src/report/html/askama.toml")]
struct Bottom {
    script: &'static str,
}

impl<W: Write> Renderer for Html<W> {
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()> {
        self.columns = Column::all(facts, &self.carried);
        self.shows_switching = shows_switching(facts);
        let stopped = self.texts.stopped(facts);
        let top = Top::new(facts, &self.overview, stopped, self.texts.redact, &self.carried, &self.columns);
        top.write_into(&mut self.out)
    }

    fn row(&mut self, row: &ReportRow) -> io::Result<()> {
        self.row_with_documents(row, None, None)
    }

    fn row_with_documents(
        &mut self,
        row: &ReportRow,
        assistant: Option<&[u8]>,
        agent: Option<&[u8]>,
    ) -> io::Result<()> {
        let needs_somebody = overview::needs_somebody(row);
        let room = if needs_somebody { &mut self.room_of_needing } else { &mut self.room };
        if *room == 0 {
            return Ok(());
        }
        *room -= 1;
        let texts = self.texts.of(row);
        let detail = |objects, room| {
            Detail::new(row, &texts, &self.columns, objects, room).render().map_err(io::Error::other)
        };
        let objects = self.objects(row, assistant, agent);
        let without_objects =
            || Objects { are_left_out: objects != Objects::default(), ..Objects::default() };
        let budget = if needs_somebody { self.budget } else { self.budget.min(self.budget_of_quiet) };
        let fits = |detail: &String| detail.len() as u64 <= budget;
        let mut opened = detail(objects.clone(), Room::ForChanges)?;
        if !fits(&opened) {
            opened = detail(without_objects(), Room::ForChanges)?;
        }
        if !fits(&opened) {
            opened = detail(without_objects(), Room::ForNames)?;
        }
        let taken = opened.len() as u64;
        self.budget = self.budget.saturating_sub(taken);
        if !needs_somebody {
            self.budget_of_quiet = self.budget_of_quiet.saturating_sub(taken);
        }
        TableRow::new(row, &texts, &self.columns, self.shows_switching, &opened).write_into(&mut self.out)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        Bottom { script: policy::SCRIPT }.write_into(&mut self.out)?;
        self.out.flush()
    }

    fn wants_documents(&self) -> bool {
        true
    }
}

impl<W: Write> Html<W> {
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
