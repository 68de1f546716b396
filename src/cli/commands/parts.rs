//! A run's or an audit's ledger, part by part: what `split` needs to know of either.

use std::io::Write;

use anyhow::Context;

use super::CommandError;
use super::render::{RenderError, Rows, RunRows, audit_rows, feed, overview, run_facts, settings};
use super::split::{Part, PartWriter, Split, Target};
use crate::base::ProgressCounts;
use crate::engine::ledger::{LedgerReader, Purpose};
use crate::engine::report::page::{self, IndexHead, PageLine};
use crate::engine::report::{self, Dialect, ReportSettings};

/// Writes a page and a CSV for each part of the ledger, a run's or an audit's, and an index.
pub(super) fn write_parts(
    ledger: &LedgerReader,
    split: &Split,
    dialect: Dialect,
    redact: bool,
    target: &Target<'_>,
) -> Result<(), CommandError> {
    let nothing = "nothing was rendered";
    match ledger.identity().context(nothing)?.purpose {
        Purpose::Run => {
            let rows = RunRows { ledger, facts: run_facts(ledger).context(nothing)?, redact };
            write(&rows, RUN_TITLES, split, dialect, target)
        }
        Purpose::Audit => {
            let rows = audit_rows(ledger, redact).context(nothing)?;
            write(&rows, ["Audit of assistants", "All well"], split, dialect, target)
        }
    }
}

/// Title and what the rows that are well are called, of a run's index.
pub(super) const RUN_TITLES: [&str; 2] = ["From assistants to agents", "Done"];

/// The same for rows from elsewhere.
pub(super) fn write<R: PageLine>(
    rows: &impl Rows<R>,
    [title, done]: [&'static str; 2],
    split: &Split,
    dialect: Dialect,
    target: &Target<'_>,
) -> Result<(), CommandError> {
    let settings = settings(rows.ledger(), dialect, rows.redact()).context("nothing was rendered")?;
    let head = IndexHead::new(title, done, split.column(), R::run(rows.facts()), rows.redact());
    let mut parts = Parts { rows, settings, facts: rows.facts_of_none(), overview: R::Overview::default() };
    split.write(&head, &mut parts, target)
}

/// The rows, part by part.
struct Parts<'a, R: PageLine, S> {
    rows: &'a S,
    settings: ReportSettings,
    /// Of the part that was looked through last.
    facts: R::Facts,
    overview: R::Overview,
}

impl<R: PageLine, S: Rows<R>> PartWriter for Parts<'_, R, S> {
    fn look(&mut self, part: &Part<'_>) -> Result<ProgressCounts, RenderError> {
        self.facts = self.rows.facts_of_none();
        let count = &mut |row: &R| S::count(&mut self.facts, row);
        self.overview = overview(self.rows, Some(part.rows), count)?;
        Ok(R::counted(&self.overview))
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
