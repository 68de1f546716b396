//! From an audit's ledger to its reports: what is found is worked out here, from the kept documents, whenever they are
//! rendered.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::render::{RenderError, RowsOf, settings};
use crate::audit::page::{self, AuditOverview};
use crate::audit::{
    self, AuditFacts, AuditRow, Configuration, Crowd, Duplicates, Finding, Found, KnownModel, Secrets,
    Surroundings, configuration, findings,
};
use crate::base::{Call, JsonText, ProgressCounts, ReportRow, RowStatus, RunFacts};
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::OutputPath;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::record::{self, Record, Side};
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
pub(super) struct AuditCounters {
    found: BTreeMap<&'static str, Found>,
    remedies: BTreeMap<&'static str, u64>,
    /// Rows that were read from the Agents API.
    pub(super) from_agents: u64,
    /// How far the rows are.
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

/// What an audit says about itself as a whole.
pub(super) fn facts(ledger: &LedgerReader) -> Result<AuditFacts, LedgerError> {
    Ok(AuditFacts { models_known: ledger.models()?.is_some(), run: ledger.facts()? })
}

/// A ledger of an audit with what has to be known of all rows before the first can be judged, and shown.
pub(super) struct AuditSource<'a> {
    ledger: &'a LedgerReader,
    facts: AuditFacts,
    models: Option<Vec<KnownModel>>,
    duplicates: Duplicates,
    secrets: Secrets,
    redact: bool,
}

impl<'a> AuditSource<'a> {
    /// Looks through all rows for what stands there twice and for secrets. `redact`: nothing that it renders holds a
    /// text of the platform's.
    pub(super) fn new(
        ledger: &'a LedgerReader,
        facts: &AuditFacts,
        redact: bool,
    ) -> Result<Self, LedgerError> {
        let mut crowd = Crowd::default();
        let mut secrets = Secrets::default();
        ledger.for_each_row(true, |row, assistant, agent| {
            if let Some((_, record)) = record(&row, assistant, agent) {
                crowd.add(&record);
                secrets.add(&record);
            }
            Ok::<_, LedgerError>(())
        })?;
        let facts = facts.clone();
        let facts = if redact { audit::redacted_audit_facts(facts) } else { facts };
        Ok(Self { ledger, facts, models: ledger.models()?, duplicates: crowd.duplicates(), secrets, redact })
    }

    /// Renders to `output`; gives the file, the file asked for where that could not be replaced, and the counts. `when_gone`: what
    /// becomes of standard output when nobody reads it any more.
    pub(super) fn render(
        &self,
        format: AuditFormat,
        dialect: Dialect,
        output: &OutputPath,
        when_gone: WhenGone,
    ) -> Result<(Option<Written>, AuditCounters), RenderError> {
        let settings = settings(self.ledger, dialect, self.redact)?;
        match output {
            OutputPath::Stdout => {
                let counters = self.rows_to(format, &settings, &mut terminal::standard_output(when_gone))?;
                Ok((None, counters))
            }
            OutputPath::File(path) => {
                let mut counters = AuditCounters::default();
                let access = match format {
                    AuditFormat::Csv => Access::ByUmask,
                    AuditFormat::Json | AuditFormat::Html => Access::OwnerOnly,
                };
                let written = report::write_atomically(path, access, |out| {
                    counters = self.rows_to(format, &settings, out).map_err(|error| error.at(path))?;
                    Ok::<_, RenderError>(())
                })?;
                Ok((Some(written), counters))
            }
        }
    }

    /// The counts alone, of what is not rendered.
    pub(super) fn counters(
        &self,
        format: AuditFormat,
        dialect: Dialect,
    ) -> Result<AuditCounters, RenderError> {
        self.rows_to(format, &settings(self.ledger, dialect, self.redact)?, &mut std::io::sink())
    }

    fn rows_to(
        &self,
        format: AuditFormat,
        settings: &ReportSettings,
        out: &mut dyn Write,
    ) -> Result<AuditCounters, RenderError> {
        let renderer: Box<dyn AuditRenderer + '_> = match format {
            AuditFormat::Csv => audit::audit_csv(settings, out),
            AuditFormat::Json => audit::audit_json_lines(settings, out),
            AuditFormat::Html => page::audit_html(settings, self.overview(None)?, None, out),
        };
        let mut counters = AuditCounters::default();
        self.feed(renderer, None, |row| counters.count(row))?;
        Ok(counters)
    }

    /// Gives the renderer the rows with these keys, or all of them; `count` sees each.
    pub(super) fn feed(
        &self,
        mut renderer: Box<dyn AuditRenderer + '_>,
        keys: Option<&[RowKey]>,
        mut count: impl FnMut(&AuditRow),
    ) -> Result<(), RenderError> {
        // Nothing else shows documents.
        let is_page = renderer.wants_documents();
        renderer.begin(&self.facts)?;
        self.for_each_row(keys, is_page, |row, _| {
            count(row);
            renderer.row(row).map_err(RenderError::from)
        })?;
        if is_page {
            self.for_each_row(keys, is_page, |row, document| {
                let shown = || document.and_then(|document| self.shown(document));
                renderer.document(row, &shown).map_err(RenderError::from)
            })?;
        }
        renderer.finish()?;
        Ok(())
    }

    /// What the top of a page says about the rows with these keys, or about all: a pass of its own, so that no row has to
    /// be kept.
    pub(super) fn overview(&self, keys: Option<&[RowKey]>) -> Result<AuditOverview, RenderError> {
        let mut overview = AuditOverview::default();
        self.for_each_row(keys, true, |row, _| {
            overview.count(row);
            Ok(())
        })?;
        Ok(overview)
    }

    /// What the audit says about its last run, as it may be shown.
    pub(super) const fn run_facts(&self) -> &RunFacts {
        &self.facts.run
    }

    /// Shows every row that is rendered, judged and without secrets, with what was read of it. `for_page`: the person's
    /// own cells are looked through as well, since a page goes to other people than their file.
    fn for_each_row(
        &self,
        keys: Option<&[RowKey]>,
        for_page: bool,
        mut visit: impl FnMut(&AuditRow, Option<&[u8]>) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        RowsOf { ledger: self.ledger, keys }.visit(true, |row, assistant, agent| {
            let mut row = self.without_secrets(self.audited(row, assistant, agent));
            if for_page {
                row.row.input = self.hidden(row.row.input);
                row.row.carried = row.row.carried.into_iter().map(|cell| self.hidden(cell)).collect();
            }
            if self.redact {
                row = audit::redacted_audit_row(row, self.models.as_deref().unwrap_or_default());
            }
            visit(&row, assistant.or(agent))
        })
    }

    fn audited(&self, row: ReportRow, assistant: Option<&[u8]>, agent: Option<&[u8]>) -> AuditRow {
        let (Some((side, record)), Some(read_at)) = (record(&row, assistant, agent), row.checked_at) else {
            return AuditRow::unread(row);
        };
        let surroundings =
            Surroundings { models: self.models.as_deref(), duplicates: &self.duplicates, read_at };
        let configuration = configuration(&record, read_at);
        let findings = findings(&record, &configuration, &surroundings);
        let read_from = match side {
            Side::Assistant => Call::Assistant,
            Side::Agent => Call::Agent,
        };
        AuditRow { row, read_from: Some(read_from), configuration: Some(configuration), findings }
    }

    /// The row with no word in it of any secret that was found, in this row or another one.
    fn without_secrets(&self, mut row: AuditRow) -> AuditRow {
        row.row.name = self.hidden(row.row.name);
        for failure in [&mut row.row.failure, &mut row.row.later_failure].into_iter().flatten() {
            failure.words = self.hidden(std::mem::take(&mut failure.words));
        }
        row.configuration = row.configuration.map(|read| Configuration {
            model: self.hidden(read.model),
            input_type: self.hidden(read.input_type),
            temperature: read.temperature.and_then(|value| self.secrets.hide_in_json(value.get())),
            ..read
        });
        row
    }

    fn hidden(&self, text: String) -> String {
        match self.secrets.hide(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(hidden) => hidden,
        }
    }

    /// What was read, as it may be shown.
    fn shown(&self, document: &[u8]) -> Option<JsonText> {
        let shown = self.secrets.hide_in_json(std::str::from_utf8(document).ok()?)?;
        if self.redact { audit::redacted_object(&shown) } else { Some(shown) }
    }
}

/// What was read of the row, out of its kept document; `None` where it was not, or stands in another row already.
fn record(row: &ReportRow, assistant: Option<&[u8]>, agent: Option<&[u8]>) -> Option<(Side, Record)> {
    let pair = row.pair.filter(|_| row.status == RowStatus::Verified)?;
    let (side, body, id) = match (assistant, agent) {
        (Some(body), _) => (Side::Assistant, body, pair.assistant.0),
        (None, Some(body)) => (Side::Agent, body, pair.agent.0),
        (None, None) => return None,
    };
    record::read(side, body, id).ok().map(|record| (side, record))
}

/// The path that holds a report, and the one asked for where that is another.
pub(super) fn paths(written: Written) -> (PathBuf, Option<PathBuf>) {
    match written {
        Written::AsAsked(file) => (file, None),
        Written::Beside { asked, written } => (written, Some(asked)),
    }
}
