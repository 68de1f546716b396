//! The page as it is written, whatever it is about: a table of so many rows, then what they open to, within a budget.

use std::io::{self, BufWriter, Write};

use askama::Template;

use super::policy;
use super::words::{Words, words};
use crate::base::Lang;

/// Rows in the table at most: more would make a browser slow.
pub(super) const MAX_ROWS: u64 = 5_000;

/// Rows in a stretch of the table that the browser need not lay out while it is out of sight.
const CHUNK: u64 = 50;

/// Bytes that what the rows open to may take, raw objects included: more would make a browser slow, too.
pub(super) const BUDGET: u64 = 32 * 1024 * 1024;

/// The share of it that rows may take which need nobody, so that something is left for the others.
const BUDGET_OF_QUIET_ROWS: u64 = BUDGET / 4 * 3;

/// Whose turn a row is; in this order the table has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The owner's.
    Owner,
    /// The administrator's.
    Administrator,
    /// Nobody's.
    Nobody,
}

impl Turn {
    fn needs_somebody(self) -> bool {
        self != Self::Nobody
    }
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

    fn take(&mut self, turn: Turn) -> bool {
        let places = if turn.needs_somebody() { &mut self.needing } else { &mut self.quiet };
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
    fn room(&self, turn: Turn) -> u64 {
        if turn.needs_somebody() { self.left } else { self.left.min(self.left_for_quiet) }
    }

    fn take(&mut self, bytes: u64, turn: Turn) {
        self.left = self.left.saturating_sub(bytes);
        if !turn.needs_somebody() {
            self.left_for_quiet = self.left_for_quiet.saturating_sub(bytes);
        }
    }
}

/// Between the table and what its rows open to: the script, so that the table can be used before the rest is there.
#[derive(Template)]
#[template(path = "middle.html", config = "src/engine/report/page/askama.toml")]
struct Middle {
    script: &'static str,
    w: &'static Words,
}

/// Rows that need somebody come first: where there are too many, they have a place, the same ones in both parts; and in the
/// table those of the owner come before those of the administrator, and both before the others.
pub(crate) struct Page<W: Write> {
    out: BufWriter<W>,
    lang: Lang,
    /// Those of the table, and those of what its rows open to.
    places: [Places; 2],
    budget: Budget,
    rows_in_table: u64,
    /// Rows that come behind those of the owner.
    later: [Vec<String>; 2],
    table_is_open: bool,
}

impl<W: Write> Page<W> {
    /// A page on which `needing` rows that need somebody will come.
    pub(crate) fn new(out: W, needing: u64) -> Self {
        Self {
            out: BufWriter::with_capacity(64 * 1024, out),
            lang: Lang::default(),
            places: [Places::new(needing); 2],
            budget: Budget { left: BUDGET, left_for_quiet: BUDGET_OF_QUIET_ROWS },
            rows_in_table: 0,
            later: [Vec::new(), Vec::new()],
            table_is_open: true,
        }
    }

    /// Writes all that stands above the rows.
    pub(crate) fn begin(&mut self, top: &impl Template, lang: Lang) -> io::Result<()> {
        self.lang = lang;
        Template::write_into(top, &mut self.out)
    }

    /// Whether there is a place for the next row in the table; takes it.
    pub(super) fn has_place(&mut self, turn: Turn) -> bool {
        let [places, _] = &mut self.places;
        places.take(turn)
    }

    /// Whether no row that comes now has a place: in the table, or once that is closed among what rows open to.
    pub(super) const fn is_full(&self) -> bool {
        let [table, opened] = &self.places;
        let places = if self.table_is_open { table } else { opened };
        places.needing == 0 && places.quiet == 0
    }

    /// Writes a row that has a place.
    pub(super) fn row(&mut self, row: &impl Template, turn: Turn) -> io::Result<()> {
        let [administrators, nobodys] = &mut self.later;
        let later = match turn {
            Turn::Owner => {
                self.next_row()?;
                return Template::write_into(row, &mut self.out);
            }
            Turn::Administrator => administrators,
            Turn::Nobody => nobodys,
        };
        later.push(row.render().map_err(io::Error::other)?);
        Ok(())
    }

    fn next_row(&mut self) -> io::Result<()> {
        if self.rows_in_table > 0 && self.rows_in_table.is_multiple_of(CHUNK) {
            self.out.write_all(b"</tbody>\n<tbody role=\"rowgroup\">\n")?;
        }
        self.rows_in_table += 1;
        Ok(())
    }

    /// Whether the next row, which has come before, is one that can be opened; takes its place.
    pub(super) fn opens(&mut self, turn: Turn) -> io::Result<bool> {
        self.close_table()?;
        let [_, places] = &mut self.places;
        Ok(places.take(turn))
    }

    /// Bytes there is room for of what a row opens to.
    pub(super) fn room(&self, turn: Turn) -> usize {
        usize::try_from(self.budget.room(turn)).unwrap_or(usize::MAX)
    }

    /// Writes what a row opens to.
    pub(super) fn opened(&mut self, opened: &str, turn: Turn) -> io::Result<()> {
        self.budget.take(opened.len() as u64, turn);
        self.out.write_all(opened.as_bytes())
    }

    /// Writes what stands below, and flushes.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.close_table()?;
        self.out.write_all(b"</body>\n</html>\n")?;
        self.out.flush()
    }

    fn close_table(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.table_is_open) {
            for row in std::mem::take(&mut self.later).into_iter().flatten() {
                self.next_row()?;
                self.out.write_all(row.as_bytes())?;
            }
            Middle { script: policy::SCRIPT, w: words(self.lang) }.write_into(&mut self.out)?;
        }
        Ok(())
    }
}
