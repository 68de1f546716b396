//! The page as it is written: a table of so many rows, then what they open to, within a budget.

use std::io::{self, BufWriter, Write};

use askama::Template;

use super::columns::Column;
use super::detail::{Detail, Objects};
use super::index::PartOf;
use super::overview::{Overview, turn};
use super::row::TableRow;
use super::top::{MAX_ROWS, Top};
use super::words::{Words, words};
use super::{PageLine, Shown, policy};
use crate::base::{Actor, Lang};
use crate::engine::report::{Line, Renderer, ReportSettings};

/// Rows in a stretch of the table that the browser need not lay out while it is out of sight.
const CHUNK: u64 = 50;

/// Bytes that what the rows open to may take, raw objects included: more would make a browser slow, too.
pub(super) const BUDGET: usize = 32 * 1024 * 1024;

/// The share of it that rows may take which need nobody, so that something is left for the others.
const BUDGET_OF_QUIET_ROWS: usize = BUDGET / 4 * 3;

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

    fn take(&mut self, turn: Actor) -> bool {
        let places = if turn == Actor::Nobody { &mut self.quiet } else { &mut self.needing };
        let has_place = *places > 0;
        *places = places.saturating_sub(1);
        has_place
    }
}

/// Between the table and what its rows open to: the script, so that the table can be used before the rest is there.
#[derive(Template)]
#[template(path = "middle.html", config = "src/engine/report/page/templates/askama.toml")]
struct Middle {
    w: &'static Words,
}

/// What somebody else adds to the top of a page, as HTML; `None` where there is nothing to add.
pub type Card<R> = fn(&<R as Line>::Facts, Lang) -> Option<String>;

/// A renderer that writes the report as a page to `out`. `overview` has counted every row that will come. `part`: whose
/// rows these are, where they are not all.
pub fn html<'a, R: PageLine, W: Write + 'a>(
    settings: &ReportSettings,
    overview: Overview,
    part: Option<PartOf>,
    card: Card<R>,
    out: W,
) -> Box<dyn Renderer<R> + 'a> {
    Box::new(Html {
        out: BufWriter::with_capacity(64 * 1024, out),
        shown: Shown { columns: Vec::new(), texts: settings.page_texts(), options: settings.page.clone() },
        carried: settings.format.carried_columns.clone(),
        places: [Places::new(overview.progress.needs_attention); 2],
        overview,
        part,
        card,
        room: BUDGET,
        room_of_quiet_rows: BUDGET_OF_QUIET_ROWS,
        rows_in_table: 0,
        later: Vec::new(),
        table_is_open: true,
    })
}

/// Rows that need somebody come first: where there are too many, they have a place, the same ones in both parts; and in the
/// table those of the owner come before those of the administrator, and both before the others.
struct Html<R: PageLine, W: Write> {
    out: BufWriter<W>,
    shown: Shown,
    carried: Vec<String>,
    overview: Overview,
    part: Option<PartOf>,
    card: Card<R>,
    /// Those of the table, and those of what its rows open to.
    places: [Places; 2],
    /// Bytes that what rows open to may still take.
    room: usize,
    room_of_quiet_rows: usize,
    rows_in_table: u64,
    /// Rows that come behind those of the owner.
    later: Vec<(Actor, String)>,
    table_is_open: bool,
}

impl<R: PageLine, W: Write> Renderer<R> for Html<R, W> {
    fn begin(&mut self, facts: &R::Facts) -> io::Result<()> {
        let lang = self.shown.lang();
        let mut about = R::about(facts, lang);
        let (shares, part) = (&self.overview.shares, self.part.as_ref());
        self.shown.columns = Column::all(&mut about, &self.carried, shares, part, lang);
        let card = (self.card)(facts, lang);
        let top = Top::new::<R>(facts, &about, &self.overview, &self.shown, (&self.carried, part), card);
        top.write_into(&mut self.out)
    }

    fn row(&mut self, row: &R) -> io::Result<()> {
        let turn = turn(row, self.shown.lang());
        let [table, _] = &mut self.places;
        if !table.take(turn) {
            return Ok(());
        }
        let row = TableRow::new(row, &self.shown, turn).render().map_err(io::Error::other)?;
        if turn == Actor::Owner {
            return self.table_row(&row);
        }
        self.later.push((turn, row));
        Ok(())
    }

    fn opens(&mut self, row: &R) -> io::Result<Option<usize>> {
        self.close_table()?;
        let turn = turn(row, self.shown.lang());
        let [_, opened] = &mut self.places;
        Ok(opened.take(turn).then(|| self.room(turn)))
    }

    fn opened(&mut self, row: &R, objects: Objects) -> io::Result<()> {
        let turn = turn(row, self.shown.lang());
        let room = self.room(turn);
        let opened = Detail::new(row, &self.shown, objects, room).within(room).map_err(io::Error::other)?;
        self.room = self.room.saturating_sub(opened.len());
        if turn == Actor::Nobody {
            self.room_of_quiet_rows = self.room_of_quiet_rows.saturating_sub(opened.len());
        }
        self.out.write_all(opened.as_bytes())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.close_table()?;
        self.out.write_all(b"</body>\n</html>\n")?;
        self.out.flush()
    }

    fn rows_open(&self) -> bool {
        true
    }

    /// In the table, or once that is closed among what rows open to.
    fn is_full(&self) -> bool {
        let [table, opened] = &self.places;
        let places = if self.table_is_open { table } else { opened };
        places.needing == 0 && places.quiet == 0
    }
}

impl<R: PageLine, W: Write> Html<R, W> {
    fn room(&self, turn: Actor) -> usize {
        if turn == Actor::Nobody { self.room.min(self.room_of_quiet_rows) } else { self.room }
    }

    fn table_row(&mut self, row: &str) -> io::Result<()> {
        if self.rows_in_table > 0 && self.rows_in_table.is_multiple_of(CHUNK) {
            self.out.write_all(b"</tbody>\n<tbody role=\"rowgroup\">\n")?;
        }
        self.rows_in_table += 1;
        self.out.write_all(row.as_bytes())
    }

    fn close_table(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.table_is_open) {
            let mut later = std::mem::take(&mut self.later);
            later.sort_by_key(|(turn, _)| *turn);
            later.iter().try_for_each(|(_, row)| self.table_row(row))?;
            Middle { w: words(self.shown.lang()) }.write_into(&mut self.out)?;
        }
        Ok(())
    }
}
