//! From an audit's ledger to its reports.

use std::borrow::Cow;

use super::render::{RenderError, Rows, since_last};
use crate::audit::{self, AuditFacts, AuditReader, AuditRow};
use crate::cli::arguments::report::ReportFormatArg;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::page::Objects;

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
pub(crate) fn audit_rows(ledger: &LedgerReader, redact: bool) -> Result<AuditReader<'_>, RenderError> {
    let rows = AuditReader::new(ledger, audit::facts(ledger)?, redact)?;
    let since_last = since_last(&rows, "audit")?;
    Ok(rows.since(since_last))
}
