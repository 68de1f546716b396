//! The report of `apply`, out of its ledger.

use std::io::{self, Write};

use super::dialect;
use super::render::{RenderError, say_that_it_stays, stays};
use crate::apply::store::{Recorded, Workspace};
use crate::apply::{ApplyCsv, ApplyFacts, ApplyJson, ApplyResult, ApplyRow};
use crate::base::{ApplyStatus, ReportRow};
use crate::cli::apply_arguments::ApplyArgs;
use crate::cli::settings::OutputPath;
use crate::engine::ledger::{LedgerError, LedgerReader};
use crate::engine::report::{Access, AtomicFile, ReportSettings, Written};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// The reports of one command.
pub(super) struct Reports<'a> {
    pub(super) ledger: &'a LedgerReader,
    pub(super) arguments: &'a ApplyArgs,
    pub(super) workspace: &'a Workspace,
    pub(super) terminal: &'a Terminal,
}

impl Reports<'_> {
    /// Writes the CSV and counts its rows; `None` for standard output, and for a report that stays since no answer came that
    /// could take its endpoint.
    pub(super) fn csv(
        &self,
        output: &OutputPath,
        result: &mut ApplyResult,
    ) -> Result<Option<Written>, RenderError> {
        let settings = self.settings()?;
        let write = |out: &mut dyn Write, result: &mut ApplyResult| -> Result<(), RenderError> {
            let mut csv = ApplyCsv::begin(&settings, out)?;
            self.rows(|row| {
                result.count(row.status, row.remedy(), row.is_written());
                csv.row(row)
            })?;
            Ok(csv.finish()?)
        };
        match output {
            OutputPath::Stdout => {
                write(&mut terminal::standard_output(WhenGone::GoOn), result)?;
                Ok(None)
            }
            OutputPath::File(path) => {
                let mut file = AtomicFile::create(path, Access::ByUmask)?;
                write(&mut file, result).map_err(|error| error.at(path))?;
                if let Some(path) = stays(result.has_answers(), output) {
                    say_that_it_stays(path, self.terminal);
                    return Ok(None);
                }
                Ok(Some(file.commit()?))
            }
        }
    }

    /// Writes the JSON, likewise.
    pub(super) fn json(
        &self,
        output: &OutputPath,
        facts: ApplyFacts<'_>,
    ) -> Result<Option<Written>, RenderError> {
        let settings = self.settings()?;
        let write = |out: &mut dyn Write| -> Result<(), RenderError> {
            let mut json = ApplyJson::begin(&settings, facts, out)?;
            self.rows(|row| json.row(row))?;
            Ok(json.finish()?)
        };
        match output {
            OutputPath::Stdout => {
                write(&mut terminal::standard_output(WhenGone::GoOn))?;
                Ok(None)
            }
            OutputPath::File(path) => {
                if let Some(path) = stays(facts.result.has_answers(), output) {
                    say_that_it_stays(path, self.terminal);
                    return Ok(None);
                }
                let mut file = AtomicFile::create(path, Access::OwnerOnly)?;
                write(&mut file).map_err(|error| error.at(path))?;
                Ok(Some(file.commit()?))
            }
        }
    }

    fn settings(&self) -> Result<ReportSettings, LedgerError> {
        let format = self.ledger.format()?.unwrap_or_default();
        Ok(ReportSettings { format, dialect: dialect(self.arguments.dialect), redact: false })
    }

    fn rows(&self, mut visit: impl FnMut(&ApplyRow<'_>) -> io::Result<()>) -> Result<(), RenderError> {
        self.ledger.for_each_row(false, |row, _, _| {
            let record = match row.pair {
                Some(pair) if row.duplicate_of.is_none() => self.ledger.apply_record(self.workspace, pair)?,
                _ => None,
            };
            let status = self.status(&row, record.as_ref())?;
            let (recorded, is_elsewhere) = (record.as_ref(), self.workspace.is_elsewhere());
            visit(&ApplyRow { row: &row, recorded, status, is_elsewhere }).map_err(RenderError::from)
        })
    }

    /// What became of a row: what this command has found out, or why it has found out nothing.
    fn status(&self, row: &ReportRow, recorded: Option<&Recorded>) -> Result<ApplyStatus, LedgerError> {
        Ok(match (recorded, row.pair) {
            _ if row.invalid.is_some() => ApplyStatus::InvalidId,
            _ if row.duplicate_of.is_some() => ApplyStatus::Duplicate,
            (Some(recorded), _) => recorded.ending.status,
            (None, Some(pair))
                if self.arguments.undo && !self.ledger.apply_stands(self.workspace, pair)? =>
            {
                ApplyStatus::Unchanged
            }
            (None, _) if row.checked_at.is_none() => ApplyStatus::NoSource,
            (None, _) => ApplyStatus::NotChecked,
        })
    }
}
