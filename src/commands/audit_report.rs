//! From an audit's ledger to its reports: what is found is worked out here, from the kept documents, whenever they are
//! rendered.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::render::{RenderError, plain_format};
use crate::cli::OutputPath;
use crate::domain::{AuditFacts, AuditRow, Call, Finding, KnownModel, ReportRow, RowStatus};
use crate::ledger::{LedgerError, LedgerReader};
use crate::migrate::audit::{Crowd, Doubles, Surroundings, configuration, findings};
use crate::migrate::{self, Record, Side};
use crate::report::{self, AuditRenderer, Dialect, ReportSettings, Written};
use crate::ui::{self, Found};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditFormat {
    /// A line for every row.
    Csv,
    /// JSON Lines.
    Json,
}

/// What stands in an audit, counted.
#[derive(Debug, Default)]
pub(super) struct AuditTally {
    found: BTreeMap<&'static str, Found>,
    remedies: BTreeMap<&'static str, u64>,
    /// Rows that were read from the Agents API.
    pub(super) from_agents: u64,
    /// Whether a finding needs somebody.
    pub(super) has_weight: bool,
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
        self.has_weight |= row.findings.iter().any(|finding| finding.weight.needs_attention());
        for Finding { code, weight, advice, .. } in &row.findings {
            let none = Found { code, weight: *weight, advice, rows: 0 };
            self.found.entry(code).or_insert(none).rows += 1;
        }
        if !row.remedy().is_empty() {
            *self.remedies.entry(row.remedy()).or_insert(0) += 1;
        }
    }
}

/// A ledger of an audit with what has to be known of all rows before the first can be judged.
pub(super) struct AuditSource<'a> {
    ledger: &'a LedgerReader,
    facts: &'a AuditFacts,
    models: Option<Vec<KnownModel>>,
    doubles: Doubles,
}

impl<'a> AuditSource<'a> {
    /// Looks through all rows for what stands there twice.
    pub(super) fn new(ledger: &'a LedgerReader, facts: &'a AuditFacts) -> Result<Self, LedgerError> {
        let mut crowd = Crowd::default();
        ledger.for_each_row(true, |row, assistant, agent| {
            if let Some((_, record)) = record(&row, assistant, agent) {
                crowd.add(&record);
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(Self { ledger, facts, models: ledger.models()?, doubles: crowd.doubles() })
    }

    /// Renders to `output`; gives the file, the file asked for where that could not be replaced, and the counts.
    pub(super) fn render(
        &self,
        format: AuditFormat,
        dialect: Dialect,
        output: &OutputPath,
    ) -> Result<(Option<Written>, AuditTally), RenderError> {
        let input_format = self.ledger.format()?.unwrap_or_else(plain_format);
        let settings = ReportSettings { format: input_format, dialect, redact: false };
        match output {
            OutputPath::Stdout => {
                let tally = self.rows_to(format, &settings, &mut ui::standard_output())?;
                Ok((None, tally))
            }
            OutputPath::File(path) => {
                let mut tally = AuditTally::default();
                let written = report::write_atomically(path, |out| {
                    tally = self.rows_to(format, &settings, out).map_err(|error| error.at(path))?;
                    Ok::<_, RenderError>(())
                })?;
                Ok((Some(written), tally))
            }
        }
    }

    fn rows_to(
        &self,
        format: AuditFormat,
        settings: &ReportSettings,
        out: &mut dyn Write,
    ) -> Result<AuditTally, RenderError> {
        let mut renderer: Box<dyn AuditRenderer + '_> = match format {
            AuditFormat::Csv => report::audit_csv(settings, out),
            AuditFormat::Json => report::audit_json_lines(settings, out),
        };
        let mut tally = AuditTally::default();
        renderer.begin(self.facts)?;
        self.ledger.for_each_row(true, |row, assistant, agent| {
            let row = self.audited(row, assistant, agent);
            tally.count(&row);
            renderer.row(&row).map_err(RenderError::from)
        })?;
        renderer.finish()?;
        Ok(tally)
    }

    fn audited(&self, row: ReportRow, assistant: Option<&[u8]>, agent: Option<&[u8]>) -> AuditRow {
        let (Some((side, record)), Some(read_at)) = (record(&row, assistant, agent), row.checked_at) else {
            return AuditRow::unread(row);
        };
        let surroundings = Surroundings { models: self.models.as_deref(), doubles: &self.doubles, read_at };
        let configuration = configuration(&record, read_at);
        let findings = findings(&record, &configuration, &surroundings);
        let read_from = match side {
            Side::Assistant => Call::Assistant,
            Side::Agent => Call::Agent,
        };
        AuditRow { row, read_from: Some(read_from), configuration: Some(configuration), findings }
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
    migrate::read(side, body, id).ok().map(|record| (side, record))
}

/// The path that holds a report, and the one asked for where that is another.
pub(super) fn paths(written: Written) -> (PathBuf, Option<PathBuf>) {
    match written {
        Written::AsAsked(file) => (file, None),
        Written::Beside { asked, written } => (written, Some(asked)),
    }
}
