//! A run's or an audit's ledger, part by part: what `split` needs to know of either.

use std::io::Write;

use anyhow::Context;

use super::CommandError;
use super::render::{Asked, Of, RenderError, Rows, RunRows, audit_rows, feed, overview, run_facts, settings};
use super::split::{Part, PartWriter, Split, Target};
use crate::base::ProgressCounts;
use crate::engine::ledger::{LedgerReader, Purpose};
use crate::engine::report::page::{self, IndexHead, PageLine};
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
            let rows = RunRows { ledger, facts: run_facts(ledger).context(nothing)?, redact };
            write(&rows, split, asked, target)
        }
        Purpose::Audit => {
            let rows = audit_rows(ledger, redact).context(nothing)?;
            write(&rows, split, asked, target)
        }
    }
}

/// The same for rows from elsewhere.
pub(super) fn write<R: PageLine>(
    rows: &impl Rows<R>,
    split: &Split,
    asked: &Asked,
    target: &Target<'_>,
) -> Result<(), CommandError> {
    let settings = settings(rows.ledger(), asked, rows.redact()).context("nothing was rendered")?;
    let title = R::about(rows.facts(), asked.page.lang).heading;
    let head = IndexHead::new(title, split.column(), R::run(rows.facts()), &settings);
    split.write(&head, &mut Parts { rows, settings }, target)
}

/// Rows of a part that are read once and kept: a part of more is read anew for each of its files.
const KEPT: usize = 256;

/// The rows, part by part.
struct Parts<'a, S> {
    rows: &'a S,
    settings: ReportSettings,
}

impl<S> Parts<'_, S> {
    fn of<R: PageLine>(
        &self,
        part: &Part<'_>,
        rows: Of<'_, R>,
        [page, csv]: [&mut dyn Write; 2],
    ) -> Result<ProgressCounts, RenderError>
    where
        S: Rows<R>,
    {
        let mut facts = self.rows.facts_of_none();
        let overview = overview(self.rows, &self.settings, rows, &mut |row: &R| S::count(&mut facts, row))?;
        let progress = overview.progress;
        let renderer = page::html(&self.settings, overview, Some(part.of.clone()), S::card, page);
        feed(renderer, &facts, self.rows, rows, &mut |_| {})?;
        feed(report::csv(&self.settings, csv), &facts, self.rows, rows, &mut |_| {})?;
        Ok(progress)
    }
}

impl<R: PageLine, S: Rows<R>> PartWriter<R> for Parts<'_, S> {
    fn write(&mut self, part: &Part<'_>, files: [&mut dyn Write; 2]) -> Result<ProgressCounts, RenderError> {
        if part.rows.len() > KEPT {
            return self.of(part, Of::Keys(part.rows), files);
        }
        let mut read: Vec<R> = Vec::with_capacity(part.rows.len());
        self.rows.visit(Some(part.rows), false, &mut |row| {
            read.push(row.clone());
            Ok(())
        })?;
        self.of(part, Of::Read(&read), files)
    }
}
