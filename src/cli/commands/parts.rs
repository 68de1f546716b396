//! A run's or an audit's ledger, part by part: what `split` needs to know of either.

use std::io::Write;

use anyhow::Context;

use super::CommandError;
use super::render::{Asked, RenderError, Rows, RunRows, feed, overview, settings};
use super::split::{Part, PartWriter, Split, Target};
use crate::audit::{self, AuditReader};
use crate::base::ProgressCounts;
use crate::engine::ledger::{LedgerReader, Purpose};
use crate::engine::report::page::{self, IndexHead, Overview, PageLine};
use crate::engine::report::{self, ReportSettings};

/// Writes a page and a CSV for each part of the ledger, a run's or an audit's, and an index.
pub(super) fn write_parts(
    ledger: &LedgerReader,
    split: &Split,
    asked: &Asked,
    redact: bool,
    target: &Target<'_>,
) -> Result<(), CommandError> {
    let nothing = "nothing was rendered";
    match ledger.identity().context(nothing)?.purpose {
        Purpose::Run => {
            let rows = RunRows { ledger, facts: ledger.facts().context(nothing)?, redact };
            write(&rows, split, asked, target)
        }
        Purpose::Audit => {
            let facts = audit::facts(ledger).context(nothing)?;
            let rows = AuditReader::new(ledger, facts, redact).context(nothing)?;
            write(&rows, split, asked, target)
        }
    }
}

fn write<R: PageLine>(
    rows: &impl Rows<R>,
    split: &Split,
    asked: &Asked,
    target: &Target<'_>,
) -> Result<(), CommandError> {
    let settings = settings(rows.ledger(), asked, rows.redact()).context("nothing was rendered")?;
    let title = R::about(rows.facts(), asked.page.lang).heading;
    let head = IndexHead::new(title, split.column(), R::run(rows.facts()), &settings);
    let mut parts = Parts { rows, settings, facts: rows.facts_of_none(), overview: Overview::default() };
    split.write(&head, &mut parts, target)
}

/// The rows, part by part.
struct Parts<'a, R: PageLine, S> {
    rows: &'a S,
    settings: ReportSettings,
    /// Of the part that was looked through last.
    facts: R::Facts,
    overview: Overview,
}

impl<R: PageLine, S: Rows<R>> PartWriter for Parts<'_, R, S> {
    fn look(&mut self, part: &Part<'_>) -> Result<ProgressCounts, RenderError> {
        self.facts = self.rows.facts_of_none();
        let count = &mut |row: &R| S::count(&mut self.facts, row);
        self.overview = overview(self.rows, &self.settings, Some(part.rows), count)?;
        Ok(self.overview.progress())
    }

    fn page(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let overview = std::mem::take(&mut self.overview);
        let renderer = page::html(&self.settings, overview, Some(part.of.clone()), S::card, out);
        feed(renderer, &self.facts, self.rows, Some(part.rows), &mut |_| {})
    }

    fn csv(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        feed(report::csv(&self.settings, out), &self.facts, self.rows, Some(part.rows), &mut |_| {})
    }
}
