//! The report as a web page: one file that needs no network, with a script and a style of its own and nothing else.
//!
//! Every row of the table stands in the page as HTML, so that it can be read, found and printed without the script. What
//! a row opens to is HTML, too, kept as inert text behind the script until somebody opens it: thousands of opened rows
//! would make the page slow. All texts go through askama's escaping, in both places.

mod columns;
mod counts;
mod frame;
mod index;
mod overview;
mod people;
mod policy;
mod pretty;
mod row;
mod shares;
#[cfg(test)]
pub(crate) mod tests;
mod text_diff;
pub(crate) mod top;
mod writer;

pub(crate) use columns::{Column, shows_switching};
pub(crate) use counts::{Count, Heap, Standing, percent};
pub(crate) use frame::{About, Asked, Frame};
pub use index::{IndexHead, IndexLine, PartOf, index};
pub use overview::Overview;
pub(crate) use people::{People, people};
pub(crate) use pretty::pretty;
pub use row::Objects;
pub(crate) use row::{Cells, FOUND, carried, cell, counted, effort, moment, shortened, whole_name};
pub(crate) use shares::Shares;
pub(crate) use writer::Page;

use std::io::{self, Write};

use askama::Template;

use self::row::{Detail, Room, TableRow};
use self::top::Top;
use super::redact;
use super::texts::{Extent, Texts};
use crate::base::{JsonText, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::{Renderer, ReportSettings};

/// A renderer that writes the report as a page to `out`. `overview` has counted every row that will come. `part`: whose
/// rows these are, where they are not all.
pub fn html<'a, W: Write + 'a>(
    settings: &ReportSettings,
    overview: Overview,
    part: Option<PartOf>,
    out: W,
) -> Box<dyn Renderer + 'a> {
    Box::new(Html {
        page: Page::new(out, overview.progress().needs_attention),
        texts: Texts { extent: Extent::Full, redact: settings.redact, practice: false },
        carried: settings.format.carried_columns.clone(),
        overview,
        part,
        columns: Vec::new(),
        shows_switching: false,
    })
}

struct Html<W: Write> {
    page: Page<W>,
    texts: Texts,
    carried: Vec<String>,
    overview: Overview,
    part: Option<PartOf>,
    columns: Vec<Column>,
    shows_switching: bool,
}

impl<W: Write> Renderer for Html<W> {
    fn begin(&mut self, facts: &RunFacts) -> io::Result<()> {
        self.columns = Column::all(facts, &self.carried);
        self.shows_switching = shows_switching(facts);
        let asked = Asked {
            columns: &self.columns,
            carried: &self.carried,
            stopped: self.texts.stopped(facts),
            redacted: self.texts.redact,
            part: self.part.as_ref(),
        };
        self.page.begin(&Top::new(facts, &self.overview, asked))
    }

    fn row(&mut self, row: &ReportRow) -> io::Result<()> {
        if !self.page.has_place(row.progress() == RowProgress::NeedsAttention) {
            return Ok(());
        }
        let texts = self.texts.of(row);
        self.page.row(&TableRow::new(row, &texts, &self.columns, self.shows_switching))
    }

    fn documents(
        &mut self,
        row: &ReportRow,
        assistant: Option<&[u8]>,
        agent: Option<&[u8]>,
    ) -> io::Result<()> {
        let needs_somebody = row.progress() == RowProgress::NeedsAttention;
        if !self.page.opens(needs_somebody)? {
            return Ok(());
        }
        let opened = self.opened(row, self.objects(row, assistant, agent), needs_somebody)?;
        self.page.opened(&opened, needs_somebody)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.page.finish()
    }

    fn wants_documents(&self) -> bool {
        true
    }
}

impl<W: Write> Html<W> {
    /// What the row opens to: as much of it as there is room for.
    fn opened(&self, row: &ReportRow, objects: Objects, needs_somebody: bool) -> io::Result<String> {
        let texts = self.texts.of(row);
        let opened = |objects, room| {
            Detail::new(row, &texts, &self.columns, objects, room).render().map_err(io::Error::other)
        };
        let are_left_out = objects != Objects::default();
        let without = || Objects { are_left_out, ..Objects::default() };
        let fits = |opened: &String| self.page.has_room(opened, needs_somebody);
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
