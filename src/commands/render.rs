//! From a ledger to a report: `run` ends with what `report LEDGER` does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::OutputPath;
use crate::domain::{Encoding, InputFormat, JsonText, LineEnd, Remedy, ReportRow};
use crate::ledger::{LedgerError, LedgerReader};
use crate::migrate::{self, Side};
use crate::report::{self, Dialect, Renderer, ReportFileError, ReportSettings};
use crate::ui;

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportFormat {
    /// The CSV of DESIGN.md.
    Csv,
    /// JSON Lines.
    Json,
}

/// What came of rendering.
pub(super) struct Rendered {
    /// The file; `None` for standard output.
    pub(super) file: Option<PathBuf>,
    /// The file asked for, when it could not be replaced and `file` stands beside it.
    pub(super) not_replaced: Option<PathBuf>,
    /// How many rows need which remedy.
    pub(super) remedies: Vec<(Remedy, u64)>,
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

/// Renders the ledger at `ledger` to `output`.
pub(super) fn render(
    ledger: &LedgerReader,
    format: ReportFormat,
    dialect: Dialect,
    redact: bool,
    output: &OutputPath,
) -> Result<Rendered, RenderError> {
    let input_format = ledger.format()?.unwrap_or_else(plain_format);
    let settings = ReportSettings { format: input_format, dialect, redact };
    let mut tally = BTreeMap::new();
    let (file, not_replaced) = match output {
        OutputPath::Stdout => {
            let mut out = ui::standard_output();
            rows_to(ledger, format, &settings, &mut out, &mut tally)?;
            (None, None)
        }
        OutputPath::File(path) => {
            let written = write_file(path, |out| rows_to(ledger, format, &settings, out, &mut tally))?;
            match written {
                report::Written::AsAsked(file) => (Some(file), None),
                report::Written::Beside { asked, written } => (Some(written), Some(asked)),
            }
        }
    };
    Ok(Rendered { file, not_replaced, remedies: tally.into_iter().collect() })
}

fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), RenderError>,
) -> Result<report::Written, RenderError> {
    let mut file = report::AtomicFile::create(path)?;
    match write(&mut file) {
        Ok(()) => Ok(file.commit()?),
        Err(RenderError::Output(source)) => Err(ReportFileError::unwritable(path, source).into()),
        Err(error) => Err(error),
    }
}

fn rows_to(
    ledger: &LedgerReader,
    format: ReportFormat,
    settings: &ReportSettings,
    out: &mut dyn Write,
    tally: &mut BTreeMap<Remedy, u64>,
) -> Result<(), RenderError> {
    let mut renderer: Box<dyn Renderer + '_> = match format {
        ReportFormat::Csv => report::csv(settings, out),
        ReportFormat::Json => report::json_lines(settings, out),
    };
    let wants_proposed = renderer.wants_proposed();
    renderer.begin(&ledger.facts()?)?;
    ledger.for_each_row(wants_proposed, |mut row, assistant, _agent| {
        if wants_proposed {
            row.proposed = assistant.and_then(|document| proposed(&row, document));
        }
        *tally.entry(row.remedy()).or_insert(0) += 1;
        renderer.row(&row).map_err(RenderError::from)
    })?;
    renderer.finish()?;
    Ok(())
}

/// The agent as it would be created, out of the assistant's kept document.
fn proposed(row: &ReportRow, document: &[u8]) -> Option<JsonText> {
    let pair = row.pair?;
    migrate::read(Side::Assistant, document, pair.assistant.0).ok().map(|record| migrate::proposed(&record))
}

/// For a ledger that never took in an input: there are no rows to shape.
fn plain_format() -> InputFormat {
    InputFormat {
        encoding: Encoding::Utf8,
        bom: false,
        delimiter: b',',
        line_end: LineEnd::Lf,
        carried_columns: Vec::new(),
    }
}
