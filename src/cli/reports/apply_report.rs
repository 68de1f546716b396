//! The rows of `apply`, out of its ledger.

use super::render::{RenderError, Rows, add};
use crate::apply::store::{Recorded, Workspace};
use crate::apply::{ApplyFacts, ApplyResult, ApplyRow};
use crate::base::{ApplyStatus, ReportRow};
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};

/// The rows of a command that has ended.
pub(crate) struct ApplyRows<'a> {
    pub(crate) ledger: &'a LedgerReader,
    pub(crate) workspace: &'a Workspace,
    pub(crate) facts: ApplyFacts,
    /// Whether lengths stand in place of the platform's texts.
    pub(crate) redact: bool,
}

impl ApplyRows<'_> {
    /// Counts them; their facts have the counts from then on.
    pub(crate) fn counted(&mut self) -> Result<ApplyResult, RenderError> {
        let mut result = ApplyResult::default();
        self.visit(None, false, &mut |row| {
            result.count(row.status, row.remedy(), row.is_written());
            Ok(())
        })?;
        self.facts.counts = result.statuses.iter().map(|(status, rows)| (*status, *rows)).collect();
        Ok(result)
    }

    fn row(&self, row: ReportRow) -> Result<ApplyRow, LedgerError> {
        let recorded = match row.pair {
            Some(pair) if row.duplicate_of.is_none() => self.ledger.apply_record(self.workspace, pair)?,
            _ => None,
        };
        let status = self.status(&row, recorded.as_ref())?;
        Ok(ApplyRow { row, recorded, status, is_elsewhere: self.workspace.is_elsewhere() })
    }

    /// What became of a row: what this command has found out, or why it has found out nothing.
    fn status(&self, row: &ReportRow, recorded: Option<&Recorded>) -> Result<ApplyStatus, LedgerError> {
        Ok(match (recorded, row.pair) {
            _ if row.invalid.is_some() => ApplyStatus::InvalidId,
            _ if row.duplicate_of.is_some() => ApplyStatus::Duplicate,
            (Some(recorded), _) => recorded.ending.status,
            (None, Some(pair))
                if self.facts.is_undo && !self.ledger.apply_stands(self.workspace, pair)? =>
            {
                ApplyStatus::Unchanged
            }
            (None, _) if row.checked_at.is_none() => ApplyStatus::NoSource,
            (None, _) => ApplyStatus::NotChecked,
        })
    }
}

/// What was read is not shown: it may be of another workspace, and the ledger has it.
impl Rows<ApplyRow> for ApplyRows<'_> {
    fn ledger(&self) -> &LedgerReader {
        self.ledger
    }

    fn redact(&self) -> bool {
        self.redact
    }

    fn facts(&self) -> &ApplyFacts {
        &self.facts
    }

    fn visit(
        &self,
        keys: Option<&[RowKey]>,
        _: bool,
        visit: &mut dyn FnMut(&ApplyRow) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        self.ledger.for_each_row(keys, false, |row, _, _| visit(&self.row(row)?))
    }

    fn facts_of_none(&self) -> ApplyFacts {
        ApplyFacts { counts: Vec::new(), ..self.facts.clone() }
    }

    fn count(facts: &mut ApplyFacts, row: &ApplyRow) {
        add(&mut facts.counts, row.status);
    }
}
