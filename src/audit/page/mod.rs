//! The audit as a web page, made as the run's page is.

mod overview;
mod plots;
mod row;
mod top;

pub use overview::AuditOverview;
pub(crate) use overview::Users;

use std::io::{self, Write};

use askama::Template;

use self::row::{AuditDetail, AuditTableRow};
use self::top::AuditTop;
use super::row::{AuditFacts, AuditRow};
use crate::base::RowProgress;
use crate::engine::report::page::{Asked, Column, Objects, Page, PartOf};
use crate::engine::report::{AuditRenderer, ReportSettings};

/// A renderer that writes the audit as a page to `out`. `overview` has counted every row that will come. `part`: whose
/// rows these are, where they are not all.
pub fn audit_html<'a, W: Write + 'a>(
    settings: &ReportSettings,
    overview: AuditOverview,
    part: Option<PartOf>,
    out: W,
) -> Box<dyn AuditRenderer + 'a> {
    Box::new(AuditHtml {
        page: Page::new(out, overview.progress().needs_attention),
        redacted: settings.redact,
        columns: Column::of_audit(&settings.format.carried_columns),
        carried: settings.format.carried_columns.clone(),
        overview,
        part,
    })
}

struct AuditHtml<W: Write> {
    page: Page<W>,
    redacted: bool,
    columns: Vec<Column>,
    carried: Vec<String>,
    overview: AuditOverview,
    part: Option<PartOf>,
}

impl<W: Write> AuditRenderer for AuditHtml<W> {
    fn begin(&mut self, facts: &AuditFacts) -> io::Result<()> {
        let asked = Asked {
            columns: &self.columns,
            carried: &self.carried,
            stopped: facts.run.stopped.as_ref().map(ToString::to_string),
            redacted: self.redacted,
            part: self.part.as_ref(),
        };
        self.page.begin(&AuditTop::new(facts, &self.overview, asked))
    }

    fn row(&mut self, row: &AuditRow) -> io::Result<()> {
        if !self.page.has_place(row.progress() == RowProgress::NeedsAttention) {
            return Ok(());
        }
        self.page.row(&AuditTableRow::new(row, &self.columns))
    }

    fn opens(&mut self, row: &AuditRow) -> io::Result<Option<usize>> {
        let needs_somebody = row.progress() == RowProgress::NeedsAttention;
        Ok(self.page.opens(needs_somebody)?.then(|| self.page.room(needs_somebody)))
    }

    fn opened(&mut self, row: &AuditRow, objects: Objects) -> io::Result<()> {
        let needs_somebody = row.progress() == RowProgress::NeedsAttention;
        let opened =
            |objects| AuditDetail::new(row, &self.columns, objects).render().map_err(io::Error::other);
        let mut whole = opened(objects)?;
        if !self.page.has_room(&whole, needs_somebody) {
            whole = opened(Objects { are_left_out: true, ..Objects::default() })?;
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

#[cfg(test)]
mod tests;
