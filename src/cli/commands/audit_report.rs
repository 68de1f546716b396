//! From an audit's ledger to its reports.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::render::{RenderError, Rows, since_last};
use crate::audit::{self, AuditFacts, AuditReader, AuditRow, Finding, Found};
use crate::base::{Call, Lang, ProgressCounts};
use crate::cli::report_arguments::ReportFormatArg;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::page::Objects;

#[derive(Debug, Default)]
pub(super) struct AuditCounters {
    found: BTreeMap<&'static str, Found>,
    remedies: BTreeMap<&'static str, u64>,
    /// Rows that were read from the Agents API.
    pub(super) from_agents: u64,
    pub(super) progress: ProgressCounts,
}

impl AuditCounters {
    /// Every finding with its number of rows.
    pub(super) fn found(&self) -> Vec<Found> {
        self.found.values().copied().collect()
    }

    /// What to do about rows that were not read.
    pub(super) fn remedies(&self) -> Vec<(&'static str, u64)> {
        self.remedies.iter().map(|(remedy, rows)| (*remedy, *rows)).collect()
    }

    pub(super) fn count(&mut self, row: &AuditRow) {
        self.from_agents += u64::from(row.read_from == Some(Call::Agent));
        self.progress.count(row.progress());
        for Finding { code, weight, advice, .. } in &row.findings {
            let none = Found { code, weight: *weight, advice: Lang::En.of(*advice), rows: 0 };
            self.found.entry(code).or_insert(none).rows += 1;
        }
        if !row.remedy(Lang::En).is_empty() {
            *self.remedies.entry(row.remedy(Lang::En)).or_insert(0) += 1;
        }
    }
}

impl Rows<AuditRow> for AuditReader<'_> {
    fn ledger(&self) -> &LedgerReader {
        self.ledger
    }

    fn redact(&self) -> bool {
        self.redact
    }

    fn facts(&self) -> &AuditFacts {
        &self.facts
    }

    fn visit(
        &self,
        keys: Option<&[RowKey]>,
        _: bool,
        visit: &mut dyn FnMut(&AuditRow) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        self.for_each_row(keys, visit)
    }

    fn for_page<'r>(&self, row: &'r AuditRow) -> Cow<'r, AuditRow> {
        Cow::Owned(self.for_other_people(row.clone()))
    }

    fn objects(&self, row: &AuditRow, at_most: usize) -> Result<Objects, LedgerError> {
        self.objects(row, at_most)
    }

    fn facts_of_none(&self) -> AuditFacts {
        let mut facts = self.facts.clone();
        facts.run.since_last = None;
        facts
    }

    fn label(format: ReportFormatArg) -> &'static str {
        match format {
            ReportFormatArg::Csv => "audit",
            ReportFormatArg::Json => "JSON audit",
            ReportFormatArg::Html => "HTML audit",
            ReportFormatArg::Xlsx => format.label(),
        }
    }
}

/// The rows of an audit, with what has changed since the one before.
pub(super) fn audit_rows(ledger: &LedgerReader, redact: bool) -> Result<AuditReader<'_>, RenderError> {
    let rows = AuditReader::new(ledger, audit::facts(ledger)?, redact)?;
    let since_last = since_last(&rows, "audit")?;
    Ok(rows.since(since_last))
}
