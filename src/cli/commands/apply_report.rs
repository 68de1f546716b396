//! The report of `apply`, out of its ledger.

use std::io::Write;

use super::dialect;
use super::render::{RenderError, say_that_it_stays, stays};
use crate::apply::store::{Recorded, Workspace};
use crate::apply::{ApplyFacts, ApplyResult, ApplyRow};
use crate::base::{ApplyStatus, ReportRow};
use crate::cli::apply_arguments::ApplyArgs;
use crate::cli::settings::OutputPath;
use crate::engine::ledger::{LedgerError, LedgerReader};
use crate::engine::report::{self, Access, AtomicFile, ReportSettings, Written};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// Writes the report and counts its rows; `None` for standard output, and for a report that stays since no answer came that
/// could take its place.
pub(super) fn write_report(
    ledger: &LedgerReader,
    (arguments, terminal): (&ApplyArgs, &Terminal),
    workspace: &Workspace,
    output: &OutputPath,
    result: &mut ApplyResult,
) -> Result<Option<Written>, RenderError> {
    let format = ledger.format()?.unwrap_or_default();
    let settings = ReportSettings { format, dialect: dialect(arguments.dialect), redact: false };
    let report = Report { ledger, workspace, is_undo: arguments.undo };
    match output {
        OutputPath::Stdout => {
            report.write(&settings, &mut terminal::standard_output(WhenGone::GoOn), result)?;
            Ok(None)
        }
        OutputPath::File(path) => {
            let mut file = AtomicFile::create(path, Access::ByUmask)?;
            report.write(&settings, &mut file, result).map_err(|error| error.at(path))?;
            if let Some(path) = stays(result.has_answers(), output) {
                say_that_it_stays(path, terminal);
                return Ok(None);
            }
            Ok(Some(file.commit()?))
        }
    }
}

struct Report<'a> {
    ledger: &'a LedgerReader,
    workspace: &'a Workspace,
    is_undo: bool,
}

impl Report<'_> {
    fn write(
        &self,
        settings: &ReportSettings,
        out: &mut dyn Write,
        result: &mut ApplyResult,
    ) -> Result<(), RenderError> {
        let mut renderer = report::csv::<ApplyRow, _>(settings, out);
        renderer.begin(&ApplyFacts::default())?;
        self.ledger.for_each_row(false, |row, _, _| {
            let row = self.row(row)?;
            result.count(row.status, row.remedy());
            renderer.row(&row).map_err(RenderError::from)
        })?;
        Ok(renderer.finish()?)
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
            (None, Some(pair)) if self.is_undo && !self.ledger.apply_stands(self.workspace, pair)? => {
                ApplyStatus::Unchanged
            }
            (None, _) if row.checked_at.is_none() => ApplyStatus::NoSource,
            (None, _) => ApplyStatus::NotChecked,
        })
    }
}
