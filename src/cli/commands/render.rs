//! From a ledger to a report: `run` ends with what `report LEDGER` does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::split::may_be_the_input;
use crate::base::{JsonText, Remedy, ReportRow, RunFacts};
use crate::check;
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::{OutputPath, UsageError};
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::record::{self, Side};
use crate::engine::report::page::{self, Overview};
use crate::engine::report::{self, Access, Dialect, Renderer, ReportFileError, ReportSettings};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// What came of rendering.
pub(super) struct Rendered {
    /// The file; `None` for standard output.
    pub(super) file: Option<PathBuf>,
    /// The file asked for, when it could not be replaced and `file` stands beside it.
    pub(super) not_replaced: Option<PathBuf>,
    /// How many rows need which remedy.
    pub(super) remedies: Vec<(Remedy, u64)>,
}

impl Rendered {
    /// Says so where the file asked for could not be replaced.
    pub(super) fn say_if_beside(&self, terminal: &Terminal) {
        if let Some(asked) = &self.not_replaced {
            terminal.error(&format!(
                "{} could not be replaced (is it open elsewhere?); the report stands beside it",
                asked.display()
            ));
        }
    }
}

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The report's file cannot be written.
    #[error(transparent)]
    File(#[from] ReportFileError),
    /// Standard output cannot be written.
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

impl RenderError {
    /// The same, told of the file that was being written.
    pub(super) fn at(self, path: &Path) -> Self {
        match self {
            Self::Output(source) => ReportFileError::unwritable(path, source).into(),
            other => other,
        }
    }
}

/// The file that stands at `output` and is not replaced, since there is no answer yet that could take its place
/// (DESIGN.md, What is known stays known).
pub(super) fn stays(has_answers: bool, output: &OutputPath) -> Option<&Path> {
    match output {
        OutputPath::File(path) if !has_answers && path.is_file() => Some(path),
        OutputPath::File(_) | OutputPath::Stdout => None,
    }
}

/// Says so.
pub(super) fn say_that_it_stays(path: &Path, terminal: &Terminal) {
    terminal.error(&format!("{} stays as it was: no answer came that could take its place", path.display()));
}

/// A report out of a ledger does not replace what the ledger came from.
pub(super) fn refuse_overwriting(path: &Path, ledger: &Path) -> Result<(), UsageError> {
    if !(path.exists() && may_be_the_input(path, ledger)) {
        return Ok(());
    }
    Err(UsageError(
        "the report would overwrite what may be the input of this ledger; give another --output.".into(),
    ))
}

/// Renders the ledger, of which `facts` are the facts, to `output`. `when_gone`: what becomes of standard output when
/// nobody reads it any more.
pub(super) fn render(
    ledger: &LedgerReader,
    facts: &RunFacts,
    format: ReportFormatArg,
    dialect: Dialect,
    redact: bool,
    output: &OutputPath,
    when_gone: WhenGone,
) -> Result<Rendered, RenderError> {
    let settings = settings(ledger, dialect, redact)?;
    let mut counters = BTreeMap::new();
    let (file, not_replaced) = match output {
        OutputPath::Stdout => {
            let mut out = terminal::standard_output(when_gone);
            rows_to(ledger, facts, format, &settings, &mut out, &mut counters)?;
            (None, None)
        }
        OutputPath::File(path) => {
            let access = match format {
                ReportFormatArg::Csv => Access::ByUmask,
                ReportFormatArg::Json | ReportFormatArg::Html => Access::OwnerOnly,
            };
            let written = report::write_atomically(path, access, |out| {
                rows_to(ledger, facts, format, &settings, out, &mut counters).map_err(|error| error.at(path))
            })?;
            match written {
                report::Written::AsAsked(file) => (Some(file), None),
                report::Written::Beside { asked, written } => (Some(written), Some(asked)),
            }
        }
    };
    Ok(Rendered { file, not_replaced, remedies: counters.into_iter().collect() })
}

/// How many rows need which remedy, of a ledger that is not rendered.
pub(super) fn remedies(ledger: &LedgerReader) -> Result<Vec<(Remedy, u64)>, LedgerError> {
    let mut counters = BTreeMap::new();
    RowsOf { ledger, keys: None }.visit(false, |row, _, _| {
        *counters.entry(row.remedy()).or_insert(0) += 1;
        Ok::<_, LedgerError>(())
    })?;
    Ok(counters.into_iter().collect())
}

/// What a report of this ledger is to look like.
pub(super) fn settings(
    ledger: &LedgerReader,
    dialect: Dialect,
    redact: bool,
) -> Result<ReportSettings, LedgerError> {
    Ok(ReportSettings { format: ledger.format()?.unwrap_or_default(), dialect, redact })
}

fn rows_to(
    ledger: &LedgerReader,
    facts: &RunFacts,
    format: ReportFormatArg,
    settings: &ReportSettings,
    out: &mut dyn Write,
    counters: &mut BTreeMap<Remedy, u64>,
) -> Result<(), RenderError> {
    let rows = RowsOf { ledger, keys: None };
    let renderer: Box<dyn Renderer + '_> = match format {
        ReportFormatArg::Csv => report::csv(settings, out),
        ReportFormatArg::Json => report::json_lines(settings, out),
        ReportFormatArg::Html => page::html(settings, overview(&rows)?, None, out),
    };
    feed(renderer, facts, &rows, |row| *counters.entry(row.remedy()).or_insert(0) += 1)
}

/// Rows of a ledger.
pub(super) struct RowsOf<'a> {
    /// The ledger.
    pub(super) ledger: &'a LedgerReader,
    /// Which of its rows; `None` for all.
    pub(super) keys: Option<&'a [RowKey]>,
}

impl RowsOf<'_> {
    /// Shows each of them to `visit`, in order.
    pub(super) fn visit<E: From<LedgerError>>(
        &self,
        want_documents: bool,
        visit: impl FnMut(ReportRow, Option<&[u8]>, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.keys {
            Some(keys) => self.ledger.for_each_row_of(keys, want_documents, visit),
            None => self.ledger.for_each_row(want_documents, visit),
        }
    }
}

/// Gives the renderer its rows; `count` sees each of them.
pub(super) fn feed(
    mut renderer: Box<dyn Renderer + '_>,
    facts: &RunFacts,
    rows: &RowsOf<'_>,
    mut count: impl FnMut(&ReportRow),
) -> Result<(), RenderError> {
    let wants_proposed = renderer.wants_proposed();
    renderer.begin(facts)?;
    rows.visit(wants_proposed, |mut row, assistant, _agent| {
        if wants_proposed {
            row.proposed = assistant.and_then(|document| proposed(&row, document));
        }
        count(&row);
        renderer.row(&row).map_err(RenderError::from)
    })?;
    if renderer.wants_documents() {
        rows.visit(true, |row, assistant, agent| {
            renderer.documents(&row, assistant, agent).map_err(RenderError::from)
        })?;
    }
    renderer.finish()?;
    Ok(())
}

/// What the top of a page says about all rows: a pass of its own, so that no row has to be kept.
fn overview(rows: &RowsOf<'_>) -> Result<Overview, LedgerError> {
    let mut overview = Overview::default();
    rows.visit(false, |row, _, _| {
        overview.count(&row);
        Ok::<_, LedgerError>(())
    })?;
    Ok(overview)
}

/// The agent as it would be created, out of the assistant's kept document.
fn proposed(row: &ReportRow, document: &[u8]) -> Option<JsonText> {
    let pair = row.pair?;
    record::read(Side::Assistant, document, pair.assistant.0).ok().map(|record| check::proposed(&record))
}
