//! The page as it is written, whatever it is about: a table of so many rows, then what they open to, within a budget.

use std::io::{self, BufWriter, Write};

use askama::Template;

use super::policy;

/// Rows in the table at most: more would make a browser slow.
pub(super) const MAX_ROWS: u64 = 5_000;

/// Rows in a stretch of the table that the browser need not lay out while it is out of sight.
const CHUNK: u64 = 50;

/// Bytes that what the rows open to may take, raw objects included: more would make a browser slow, too.
pub(super) const BUDGET: u64 = 32 * 1024 * 1024;

/// The share of it that rows may take which need nobody, so that something is left for the others.
const BUDGET_OF_QUIET_ROWS: u64 = BUDGET / 4 * 3;

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
    fn room(&self, needs_somebody: bool) -> u64 {
        if needs_somebody { self.left } else { self.left.min(self.left_for_quiet) }
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
#[template(path = "middle.html", config = "src/engine/report/page/askama.toml")]
struct Middle {
    script: &'static str,
}

/// Rows that need somebody come first where there are too many, in both parts: the same ones have a place.
pub(crate) struct Page<W: Write> {
    out: BufWriter<W>,
    /// Those of the table, and those of what its rows open to.
    places: [Places; 2],
    budget: Budget,
    rows_in_table: u64,
    table_is_open: bool,
}

impl<W: Write> Page<W> {
    /// A page on which `needing` rows that need somebody will come.
    pub(crate) fn new(out: W, needing: u64) -> Self {
        Self {
            out: BufWriter::with_capacity(64 * 1024, out),
            places: [Places::new(needing); 2],
            budget: Budget { left: BUDGET, left_for_quiet: BUDGET_OF_QUIET_ROWS },
            rows_in_table: 0,
            table_is_open: true,
        }
    }

    /// Writes all that stands above the rows.
    pub(crate) fn begin(&mut self, top: &impl Template) -> io::Result<()> {
        Template::write_into(top, &mut self.out)
    }

    /// Whether there is a place for the next row in the table; takes it.
    pub(crate) fn has_place(&mut self, needs_somebody: bool) -> bool {
        let [places, _] = &mut self.places;
        places.take(needs_somebody)
    }

    /// Writes a row that has a place.
    pub(crate) fn row(&mut self, row: &impl Template) -> io::Result<()> {
        if self.rows_in_table > 0 && self.rows_in_table.is_multiple_of(CHUNK) {
            self.out.write_all(b"</tbody>\n<tbody role=\"rowgroup\">\n")?;
        }
        self.rows_in_table += 1;
        Template::write_into(row, &mut self.out)
    }

    /// Whether the next row, which has come before, is one that can be opened; takes its place.
    pub(crate) fn opens(&mut self, needs_somebody: bool) -> io::Result<bool> {
        self.close_table()?;
        let [_, places] = &mut self.places;
        Ok(places.take(needs_somebody))
    }

    /// Bytes there is room for of what a row opens to.
    pub(crate) fn room(&self, needs_somebody: bool) -> usize {
        usize::try_from(self.budget.room(needs_somebody)).unwrap_or(usize::MAX)
    }

    /// Writes what a row opens to.
    pub(crate) fn opened(&mut self, opened: &str, needs_somebody: bool) -> io::Result<()> {
        self.budget.take(opened.len() as u64, needs_somebody);
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
            Middle { script: policy::SCRIPT }.write_into(&mut self.out)?;
        }
        Ok(())
    }
}
