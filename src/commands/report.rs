//! `report LEDGER`: renders a ledger again, finished or not, without any network.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, anyhow};

use super::render::{RenderError, RowsOf, feed, render, settings};
use super::split::{Part, PartWriter, Split};
use super::{CommandError, Exit, dialect};
use crate::cli::{OutputPath, ReportArgs, UsageError};
use crate::domain::{DisabledState, ReportRow, RunFacts};
use crate::ledger::LedgerReader;
use crate::report::{self, IndexHead, Overview, PartCounts, ReportSettings};
use crate::ui::Terminal;

/// Renders the ledger in the format asked for, or split by a column.
pub(super) fn report(arguments: &ReportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    if let (Some(column), Some(folder)) = (&arguments.split_by, &arguments.output_dir) {
        return split(arguments, column, folder, terminal);
    }
    let output = OutputPath::parse(&arguments.output);
    if let OutputPath::File(path) = &output
        && path
            .canonicalize()
            .ok()
            .is_some_and(|path| arguments.ledger.canonicalize().is_ok_and(|ledger| ledger == path))
    {
        return Err(UsageError("the report would overwrite the ledger; give another --output.".into()).into());
    }
    let ledger = LedgerReader::open(&arguments.ledger).context("nothing was rendered")?;
    let facts = ledger.facts().context("nothing was rendered")?;
    let rendered = match render(
        &ledger,
        &facts,
        arguments.format,
        dialect(arguments.dialect),
        arguments.redact,
        &output,
    ) {
        Ok(rendered) => rendered,
        // `| head` has what it wanted.
        Err(RenderError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Done),
        Err(error) => return Err(anyhow!(error).context("the report was not written").into()),
    };
    rendered.say_if_beside(terminal);
    if let Some(file) = &rendered.file {
        terminal.say(&format!("report: {}", file.display()));
    }
    Ok(Exit::Done)
}

/// What a run is about, as its pages say it.
const TITLE: &str = "From assistants to agents";

fn split(
    arguments: &ReportArgs,
    column: &str,
    folder: &Path,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let ledger = LedgerReader::open(&arguments.ledger).context("nothing was rendered")?;
    let split = Split::of(&ledger, column)?;
    let facts = ledger.facts().context("nothing was rendered")?;
    let settings =
        settings(&ledger, dialect(arguments.dialect), arguments.redact).context("nothing was rendered")?;
    let head = IndexHead::new(TITLE, "Done", split.column(), &facts, arguments.redact);
    let mut parts = RunParts {
        ledger: &ledger,
        whole: &facts,
        settings,
        facts: RunFacts::default(),
        overview: Overview::default(),
    };
    split.write(folder, &arguments.ledger, &head, &mut parts, terminal)?;
    Ok(Exit::Done)
}

/// The rows of a run, part by part.
struct RunParts<'a> {
    ledger: &'a LedgerReader,
    whole: &'a RunFacts,
    settings: ReportSettings,
    /// Of the part that was looked through last.
    facts: RunFacts,
    overview: Overview,
}

impl PartWriter for RunParts<'_> {
    fn look(&mut self, part: &Part<'_>) -> Result<PartCounts, RenderError> {
        self.facts = without_rows(self.whole);
        self.overview = Overview::default();
        RowsOf { ledger: self.ledger, keys: Some(part.rows) }.visit(false, |row, _, _| {
            count(&mut self.facts, &row);
            self.overview.count(&row);
            Ok::<_, RenderError>(())
        })?;
        Ok(self.overview.counts(self.facts.rows()))
    }

    fn page(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let overview = std::mem::take(&mut self.overview);
        let renderer = report::html(&self.settings, overview, Some(part.of.clone()), out);
        feed(renderer, &self.facts, &RowsOf { ledger: self.ledger, keys: Some(part.rows) }, |_| {})
    }

    fn csv(&mut self, part: &Part<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let renderer = report::csv(&self.settings, out);
        feed(renderer, &self.facts, &RowsOf { ledger: self.ledger, keys: Some(part.rows) }, |_| {})
    }
}

/// What is said of the run, with no row counted yet.
fn without_rows(facts: &RunFacts) -> RunFacts {
    RunFacts {
        counts: Vec::new(),
        disabled: Vec::new(),
        skipped: Vec::new(),
        stuck_off: 0,
        off_with_agents_id: 0,
        ..facts.clone()
    }
}

/// Counts a row as the ledger does.
fn count(facts: &mut RunFacts, row: &ReportRow) {
    add(&mut facts.counts, row.status);
    add(&mut facts.disabled, row.disabled);
    if let (DisabledState::Skipped, Some(reason)) = (row.disabled, row.skipped) {
        add(&mut facts.skipped, reason);
    }
    facts.stuck_off += u64::from(row.disabled == DisabledState::RevertFailed);
    let is_one_uuid = row.pair.is_some_and(|pair| pair.is_one_uuid());
    facts.off_with_agents_id += u64::from(is_one_uuid && row.disabled.may_be_off());
}

fn add<T: PartialEq>(counts: &mut Vec<(T, u64)>, found: T) {
    match counts.iter_mut().find(|(counted, _)| *counted == found) {
        Some((_, rows)) => *rows += 1,
        None => counts.push((found, 1)),
    }
}
