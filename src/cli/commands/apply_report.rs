//! The report of `apply`, out of its ledger.

use std::io::Write;

use super::dialect;
use super::render::{RenderError, has_room, say_that_it_stays, stays};
use crate::apply::store::{Recorded, Workspace};
use crate::apply::{ApplyFacts, ApplyResult, ApplyRow};
use crate::base::{ApplyStatus, ReportRow};
use crate::cli::apply_arguments::ApplyArgs;
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::OutputPath;
use crate::engine::ledger::{LedgerError, LedgerReader};
use crate::engine::report::{self, Access, AtomicFile, Renderer, ReportSettings, Written};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// The reports of a command that has ended.
pub(super) struct Reports<'a> {
    pub(super) ledger: &'a LedgerReader,
    pub(super) workspace: &'a Workspace,
    pub(super) arguments: &'a ApplyArgs,
    pub(super) terminal: &'a Terminal,
}

impl Reports<'_> {
    /// Writes the CSV and counts its rows; `None` for standard output, and for a report that stays since no answer came that
    /// could take its place.
    pub(super) fn csv(
        &self,
        output: &OutputPath,
        result: &mut ApplyResult,
    ) -> Result<Option<Written>, RenderError> {
        let settings = self.settings()?;
        let mut counted = ApplyResult::default();
        let written = self.write(output, Access::ByUmask, &mut |out| {
            let renderer = report::csv::<ApplyRow, _>(&settings, out);
            self.rows(renderer, &ApplyFacts::default(), &mut counted)?;
            Ok(counted.has_answers())
        });
        *result = counted;
        written
    }

    /// Writes the same in one of the other formats, once its rows are counted in `facts`.
    pub(super) fn other(
        &self,
        format: ReportFormatArg,
        output: &OutputPath,
        facts: &ApplyFacts,
    ) -> Result<Option<Written>, RenderError> {
        let settings = self.settings()?;
        let rows = facts.counts.iter().map(|(_, rows)| rows).sum();
        if !has_room(format, rows, self.terminal) {
            return Ok(None);
        }
        self.write(output, Access::OwnerOnly, &mut |out| {
            let mut counted = ApplyResult::default();
            let renderer = match format {
                ReportFormatArg::Xlsx => report::workbook::<ApplyRow, _>(&settings, out),
                _ => report::json_lines(&settings, out),
            };
            self.rows(renderer, facts, &mut counted)?;
            Ok(counted.has_answers())
        })
    }

    fn settings(&self) -> Result<ReportSettings, RenderError> {
        let format = self.ledger.format()?.unwrap_or_default();
        Ok(ReportSettings { format, dialect: dialect(self.arguments.dialect), redact: false })
    }

    /// `render` tells whether there was an answer.
    fn write(
        &self,
        output: &OutputPath,
        access: Access,
        render: &mut dyn FnMut(&mut dyn Write) -> Result<bool, RenderError>,
    ) -> Result<Option<Written>, RenderError> {
        match output {
            OutputPath::Stdout => {
                render(&mut terminal::standard_output(WhenGone::GoOn))?;
                Ok(None)
            }
            OutputPath::File(path) => {
                let mut file = AtomicFile::create(path, access)?;
                let has_answers = render(&mut file).map_err(|error| error.at(path))?;
                if let Some(path) = stays(has_answers, output) {
                    say_that_it_stays(path, self.terminal);
                    return Ok(None);
                }
                Ok(Some(file.commit()?))
            }
        }
    }

    fn rows(
        &self,
        mut renderer: Box<dyn Renderer<ApplyRow> + '_>,
        facts: &ApplyFacts,
        counted: &mut ApplyResult,
    ) -> Result<(), RenderError> {
        renderer.begin(facts)?;
        self.ledger.for_each_row(false, |row, _, _| {
            let row = self.row(row)?;
            counted.count(row.status, row.remedy(), row.is_written());
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
