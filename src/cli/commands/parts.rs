//! A run's or an audit's ledger, part by part: what `split` needs to know of either.

use std::io::Write;

use anyhow::Context;

use super::CommandError;
use super::audit_report::AuditSource;
use super::render::{RenderError, RowsOf, feed, settings};
use super::split::{Part, PartWriter, Split, Target};
use crate::audit;
use crate::audit::page::{self, AuditOverview};
use crate::base::{DisabledState, ProgressCounts, ReportRow, RunFacts};
use crate::engine::ledger::{LedgerReader, Purpose};
use crate::engine::report::page::{IndexHead, Overview};
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
    let settings = settings(ledger, dialect, redact).context(nothing)?;
    match ledger.identity().context(nothing)?.purpose {
        Purpose::Run => {
            let facts = ledger.facts().context(nothing)?;
            let head = IndexHead::new("From assistants to agents", "Done", split.column(), &facts, redact);
            let (of_part, overview) = (RunFacts::default(), Overview::default());
            let mut parts = RunParts { ledger, whole: &facts, settings, facts: of_part, overview };
            split.write(&head, &mut parts, target)
        }
        Purpose::Audit => {
            let facts = audit::facts(ledger).context(nothing)?;
            let source = AuditSource::new(ledger, &facts, redact).context(nothing)?;
            let head =
                IndexHead::new("Audit of assistants", "All well", split.column(), source.run_facts(), redact);
            let mut parts = AuditParts { source: &source, settings, overview: AuditOverview::default() };
            split.write(&head, &mut parts, target)
        }
    }
}

/// The rows of a run, part by part.
struct RunParts<'a> {
    ledger: &'a LedgerReader,
    whole: &'a RunFacts,
    settings: ReportSettings,
    /// Of the part that was looked through last.
    facts: RunFacts,
    overview: Overview,
}

impl PartWriter for RunParts<'_> {
    fn look(&mut self, part: &Part<'_>) -> Result<ProgressCounts, RenderError> {
        self.facts = without_rows(self.whole);
        self.overview = Overview::default();
        RowsOf { ledger: self.ledger, keys: Some(part.rows) }.visit(false, |row, _, _| {
            count(&mut self.facts, &row);
            self.overview.count(&row);
            Ok::<_, RenderError>(())
        })?;
        Ok(self.overview.progress())
    }

    fn page(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let overview = std::mem::take(&mut self.overview);
        let renderer = report::page::html(&self.settings, overview, Some(part.of.clone()), out);
        feed(renderer, &self.facts, &RowsOf { ledger: self.ledger, keys: Some(part.rows) }, |_| {})
    }

    fn csv(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let renderer = report::csv(&self.settings, out);
        feed(renderer, &self.facts, &RowsOf { ledger: self.ledger, keys: Some(part.rows) }, |_| {})
    }
}

/// What is said of the run, with no row counted yet.
fn without_rows(facts: &RunFacts) -> RunFacts {
    RunFacts {
        counts: Vec::new(),
        disabled: Vec::new(),
        skipped: Vec::new(),
        progress: ProgressCounts::default(),
        stuck_off: 0,
        off_with_agents_id: 0,
        ..facts.clone()
    }
}

/// Counts a row as the ledger does.
fn count(facts: &mut RunFacts, row: &ReportRow) {
    add(&mut facts.counts, row.status);
    add(&mut facts.disabled, row.disabled);
    facts.progress.count(row.progress());
    if let (DisabledState::Skipped, Some(reason)) = (row.disabled, row.skipped) {
        add(&mut facts.skipped, reason);
    }
    facts.stuck_off += u64::from(row.disabled == DisabledState::RevertFailed);
    let is_one_uuid = row.pair.is_some_and(|pair| pair.is_one_uuid());
    facts.off_with_agents_id += u64::from(is_one_uuid && row.disabled.may_be_off());
}

fn add<T: PartialEq>(counts: &mut Vec<(T, u64)>, found: T) {
    match counts.iter_mut().find(|(counted, _)| *counted == found) {
        Some((_, rows)) => *rows += 1,
        None => counts.push((found, 1)),
    }
}

/// The rows of an audit, part by part.
struct AuditParts<'a> {
    source: &'a AuditSource<'a>,
    settings: ReportSettings,
    /// Of the part that was looked through last.
    overview: AuditOverview,
}

impl PartWriter for AuditParts<'_> {
    fn look(&mut self, part: &Part<'_>) -> Result<ProgressCounts, RenderError> {
        self.overview = self.source.overview(Some(part.rows))?;
        Ok(self.overview.progress())
    }

    fn page(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let overview = std::mem::take(&mut self.overview);
        let renderer = page::audit_html(&self.settings, overview, Some(part.of.clone()), out);
        self.source.feed(renderer, Some(part.rows), |_| {})
    }

    fn csv(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        self.source.feed(audit::audit_csv(&self.settings, out), Some(part.rows), |_| {})
    }
}
