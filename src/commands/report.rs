//! `report LEDGER`: renders a ledger again, finished or not, without any network.

use std::io::ErrorKind;

use anyhow::{Context, anyhow};

use super::render::{RenderError, render};
use super::{CommandError, Exit, dialect};
use crate::cli::{OutputPath, ReportArgs, UsageError};
use crate::ledger::LedgerReader;
use crate::ui::Terminal;

/// Renders the ledger in the format asked for.
pub(super) fn report(arguments: &ReportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
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
