//! From an audit's ledger to its reports.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::render::{RenderError, settings};
use crate::audit::page::{self, AuditOverview};
use crate::audit::{self, AuditFacts, AuditReader, AuditRow, Finding, Found};
use crate::base::{Call, ProgressCounts, RunFacts};
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::OutputPath;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::{self, Access, AuditRenderer, Dialect, ReportSettings, Written};
use crate::engine::terminal::{self, WhenGone};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditFormat {
    /// A line for every row.
    Csv,
    /// JSON Lines.
    Json,
    /// A page.
    Html,
}

impl From<ReportFormatArg> for AuditFormat {
    fn from(typed: ReportFormatArg) -> Self {
        match typed {
            ReportFormatArg::Csv => Self::Csv,
            ReportFormatArg::Json => Self::Json,
            ReportFormatArg::Html => Self::Html,
        }
    }
}

/// What stands in an audit, counted.
#[derive(Debug, Default)]
pub(super) struct AuditTally {
    found: BTreeMap<&'static str, Found>,
    remedies: BTreeMap<&'static str, u64>,
    /// Rows that were read from the Agents API.
    pub(super) from_agents: u64,
    /// How far the rows are.
    pub(super) progress: ProgressCounts,
}

impl AuditTally {
    /// Every finding with its number of rows.
    pub(super) fn found(&self) -> Vec<Found> {
        self.found.values().copied().collect()
    }

    /// What to do about rows that were not read.
    pub(super) fn remedies(&self) -> Vec<(&'static str, u64)> {
        self.remedies.iter().map(|(remedy, rows)| (*remedy, *rows)).collect()
    }

    fn count(&mut self, row: &AuditRow) {
        self.from_agents += u64::from(row.read_from == Some(Call::Agent));
        self.progress.count(row.progress());
        for Finding { code, weight, advice, .. } in &row.findings {
            let none = Found { code, weight: *weight, advice, rows: 0 };
            self.found.entry(code).or_insert(none).rows += 1;
        }
        if !row.remedy().is_empty() {
            *self.remedies.entry(row.remedy()).or_insert(0) += 1;
        }
    }
}

/// An audit's ledger, to be rendered.
pub(super) struct AuditSource<'a> {
    reader: AuditReader<'a>,
    redact: bool,
}

impl<'a> AuditSource<'a> {
    /// Reads what has to be known before the first row can be rendered. `redact`: nothing that it renders holds a text of
    /// the platform's.
    pub(super) fn new(
        ledger: &'a LedgerReader,
        facts: &AuditFacts,
        redact: bool,
    ) -> Result<Self, LedgerError> {
        Ok(Self { reader: AuditReader::new(ledger, facts, redact)?, redact })
    }

    /// Renders to `output`; gives the file, the file asked for where that could not be replaced, and the counts. `when_gone`: what
    /// becomes of standard output when nobody reads it any more.
    pub(super) fn render(
        &self,
        format: AuditFormat,
        dialect: Dialect,
        output: &OutputPath,
        when_gone: WhenGone,
    ) -> Result<(Option<Written>, AuditTally), RenderError> {
        let settings = settings(self.reader.ledger(), dialect, self.redact)?;
        match output {
            OutputPath::Stdout => {
                let tally = self.rows_to(format, &settings, &mut terminal::standard_output(when_gone))?;
                Ok((None, tally))
            }
            OutputPath::File(path) => {
                let mut tally = AuditTally::default();
                let access = match format {
                    AuditFormat::Csv => Access::ByUmask,
                    AuditFormat::Json | AuditFormat::Html => Access::OwnerOnly,
                };
                let written = report::write_atomically(path, access, |out| {
                    tally = self.rows_to(format, &settings, out).map_err(|error| error.at(path))?;
                    Ok::<_, RenderError>(())
                })?;
                Ok((Some(written), tally))
            }
        }
    }

    /// The counts alone, of what is not rendered.
    pub(super) fn tally(&self, format: AuditFormat, dialect: Dialect) -> Result<AuditTally, RenderError> {
        self.rows_to(format, &settings(self.reader.ledger(), dialect, self.redact)?, &mut std::io::sink())
    }

    fn rows_to(
        &self,
        format: AuditFormat,
        settings: &ReportSettings,
        out: &mut dyn Write,
    ) -> Result<AuditTally, RenderError> {
        let renderer: Box<dyn AuditRenderer + '_> = match format {
            AuditFormat::Csv => audit::audit_csv(settings, out),
            AuditFormat::Json => audit::audit_json_lines(settings, out),
            AuditFormat::Html => page::audit_html(settings, self.overview(None)?, None, out),
        };
        let mut tally = AuditTally::default();
        self.feed(renderer, None, |row| tally.count(row))?;
        Ok(tally)
    }

    /// Gives the renderer the rows with these keys, or all of them; `count` sees each.
    pub(super) fn feed(
        &self,
        mut renderer: Box<dyn AuditRenderer + '_>,
        keys: Option<&[RowKey]>,
        mut count: impl FnMut(&AuditRow),
    ) -> Result<(), RenderError> {
        // In nothing else do they.
        let is_page = renderer.rows_open();
        renderer.begin(self.reader.facts())?;
        self.reader.for_each_row(keys, is_page, |row| {
            count(row);
            renderer.row(row).map_err(RenderError::from)
        })?;
        if is_page {
            self.reader.for_each_row(keys, is_page, |row| {
                let Some(room) = renderer.opens(row)? else { return Ok(()) };
                renderer.opened(row, self.reader.objects(row, room)?).map_err(RenderError::from)
            })?;
        }
        renderer.finish()?;
        Ok(())
    }

    /// What the top of a page says about the rows with these keys, or about all: a pass of its own, so that no row has to
    /// be kept.
    pub(super) fn overview(&self, keys: Option<&[RowKey]>) -> Result<AuditOverview, RenderError> {
        let mut overview = AuditOverview::default();
        self.reader.for_each_row(keys, true, |row| {
            overview.count(row);
            Ok::<_, RenderError>(())
        })?;
        Ok(overview)
    }

    /// What the audit says about its last run, as it may be shown.
    pub(super) const fn run_facts(&self) -> &RunFacts {
        &self.reader.facts().run
    }
}

/// The path that holds a report, and the one asked for where that is another.
pub(super) fn paths(written: Written) -> (PathBuf, Option<PathBuf>) {
    match written {
        Written::AsAsked(file) => (file, None),
        Written::Beside { asked, written } => (written, Some(asked)),
    }
}
