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
mod part;
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

pub use columns::Column;
pub(crate) use columns::shows_switching;
pub(crate) use counts::{Count, Heap, Standing, percent};
pub use frame::Asked;
pub(crate) use frame::{About, Frame};
pub use index::{IndexHead, IndexLine, index};
pub use overview::Overview;
pub use part::PartOf;
pub(crate) use people::{People, people};
pub(crate) use pretty::pretty;
pub(crate) use row::{Cells, FOUND, carried, cell, counted, effort, moment, shortened, whole_name};
pub use row::{Objects, Room};
pub(crate) use shares::Shares;
pub(crate) use writer::Page;

use std::io::{self, Write};

use askama::Template;

use self::row::{Detail, TableRow};
use self::top::Top;
use super::redact;
use super::texts::{Extent, Texts};
use super::{Line, Renderer, ReportSettings};
use crate::base::{JsonText, ProgressCounts, ReportRow, RowProgress, RowStatus, RunFacts};

/// A row that has a place on a page, and what the page is made of.
pub trait PageLine: Line {
    /// What the top of the page says about all rows, the ones that it leaves out included: counted in a pass of its own.
    type Overview: Default;

    /// Counts the row.
    fn count(&self, overview: &mut Self::Overview, texts: Texts);

    /// How far the rows are that were counted.
    fn counted(overview: &Self::Overview) -> ProgressCounts;

    /// The columns of the table, in the order of the row's cells.
    fn columns(facts: &Self::Facts, carried: &[String]) -> Vec<Column>;

    /// All that stands above the rows. `card`: what somebody else adds to it.
    fn top<'a>(
        facts: &'a Self::Facts,
        overview: &'a Self::Overview,
        asked: Asked<'a>,
        card: Option<String>,
    ) -> impl Template + 'a;

    /// The row of the table.
    fn cells<'a>(&'a self, shown: &'a Shown) -> impl Template + 'a;

    /// What it opens to.
    fn detail<'a>(&'a self, shown: &'a Shown, objects: Objects, room: Room) -> impl Template + 'a;
}

/// How the rows of a page are shown.
pub struct Shown {
    /// The columns of the table.
    pub(crate) columns: Vec<Column>,
    /// How texts are told.
    pub(crate) texts: Texts,
}

/// What somebody else adds to the top of a page, as HTML; `None` where there is nothing to add.
pub type Card<R> = fn(&<R as Line>::Facts) -> Option<String>;

/// A renderer that writes the report as a page to `out`. `overview` has counted every row that will come. `part`: whose
/// rows these are, where they are not all.
pub fn html<'a, R: PageLine, W: Write + 'a>(
    settings: &ReportSettings,
    overview: R::Overview,
    part: Option<PartOf>,
    card: Card<R>,
    out: W,
) -> Box<dyn Renderer<R> + 'a>
where
    R::Overview: 'a,
{
    let texts = Texts { extent: Extent::Full, redact: settings.redact, practice: false };
    Box::new(Html::<R, W> {
        page: Page::new(out, R::counted(&overview).needs_attention),
        shown: Shown { columns: Vec::new(), texts },
        carried: settings.format.carried_columns.clone(),
        overview,
        part,
        card,
    })
}

struct Html<R: PageLine, W: Write> {
    page: Page<W>,
    shown: Shown,
    carried: Vec<String>,
    overview: R::Overview,
    part: Option<PartOf>,
    card: Card<R>,
}

impl<R: PageLine, W: Write> Renderer<R> for Html<R, W> {
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()> {
        self.shown.columns = R::columns(facts, &self.carried);
        let asked = Asked {
            columns: &self.shown.columns,
            carried: &self.carried,
            stopped: self.shown.texts.stopped(R::run(facts)),
            redacted: self.shown.texts.redact,
            part: self.part.as_ref(),
        };
        self.page.begin(&R::top(facts, &self.overview, asked, (self.card)(facts)))
    }

    fn row(&mut self, row: &R) -> io::Result<()> {
        if self.page.has_place(needs_somebody(row)) {
            self.page.row(&row.cells(&self.shown))?;
        }
        Ok(())
    }

    fn opens(&mut self, row: &R) -> io::Result<Option<usize>> {
        let needs_somebody = needs_somebody(row);
        Ok(self.page.opens(needs_somebody)?.then(|| self.page.room(needs_somebody)))
    }

    /// As much of it as there is room for.
    fn opened(&mut self, row: &R, objects: Objects) -> io::Result<()> {
        let needs_somebody = needs_somebody(row);
        let room = self.page.room(needs_somebody);
        let opened =
            |objects, room| row.detail(&self.shown, objects, room).render().map_err(io::Error::other);
        // What does not fit anyway is not made first.
        let are_left_out = objects != Objects::default();
        let is_too_large = are_left_out && objects.bytes() > room;
        let objects = if is_too_large { Objects { are_left_out, ..Objects::default() } } else { objects };
        let mut whole = opened(objects, Room::ForChanges(room))?;
        if whole.len() > room && are_left_out && !is_too_large {
            whole = opened(Objects { are_left_out, ..Objects::default() }, Room::ForChanges(room))?;
        }
        if whole.len() > room {
            whole = opened(Objects { are_left_out, ..Objects::default() }, Room::ForNames)?;
        }
        self.page.opened(&whole, needs_somebody)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.page.finish()
    }

    fn rows_open(&self) -> bool {
        true
    }
}

fn needs_somebody(row: &impl Line) -> bool {
    row.progress() == RowProgress::NeedsAttention
}

impl PageLine for ReportRow {
    type Overview = Overview;

    fn count(&self, overview: &mut Overview, _: Texts) {
        overview.count(self);
    }

    fn counted(overview: &Overview) -> ProgressCounts {
        overview.progress()
    }

    fn columns(facts: &RunFacts, carried: &[String]) -> Vec<Column> {
        Column::all(facts, carried)
    }

    fn top<'a>(
        facts: &'a RunFacts,
        overview: &'a Overview,
        asked: Asked<'a>,
        card: Option<String>,
    ) -> impl Template + 'a {
        Top::new(facts, overview, asked, card)
    }

    fn cells<'a>(&'a self, shown: &'a Shown) -> impl Template + 'a {
        TableRow::new(self, shown)
    }

    fn detail<'a>(&'a self, shown: &'a Shown, objects: Objects, room: Room) -> impl Template + 'a {
        Detail::new(self, shown, objects, room)
    }
}

/// The answers to the row's calls, set out for a person, where they have no more bytes than that. Those of a duplicate stand
/// in the row that it repeats.
pub fn objects(row: &ReportRow, answers: [Option<&[u8]>; 2], redact: bool, at_most: usize) -> Objects {
    let bytes: usize = answers.into_iter().flatten().map(<[u8]>::len).sum();
    if row.status == RowStatus::Duplicate || bytes == 0 {
        return Objects::default();
    }
    if bytes > at_most {
        return Objects { are_left_out: true, ..Objects::default() };
    }
    let [assistant, agent] = answers.map(|answer| {
        let answer = JsonText::new(String::from_utf8(answer?.to_vec()).ok()?)?;
        let answer = if redact { redact::value(&answer, "")? } else { answer };
        Some(pretty(answer.get()))
    });
    Objects { assistant, agent, are_left_out: false }
}
