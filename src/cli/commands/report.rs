//! `report LEDGER`: renders a ledger again, finished or not, without any network.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::owners::renew;
use super::parts::write_parts;
use super::render::{RenderError, Rendered, audit_rows, refuse_overwriting, render, render_rows, run_facts};
use super::split::{Split, Target};
use super::{CommandError, dialect};
use crate::base::Exit;
use crate::cli::files::CommandFiles;
use crate::cli::report_arguments::{ReportArgs, ReportFormatArg};
use crate::cli::settings::{OutputPath, UsageError};
use crate::engine::ledger::{LedgerReader, Purpose, lacks_log};
use crate::engine::report::FileHead;
use crate::engine::terminal::{Terminal, WhenGone};

/// Renders the ledger in the format asked for, or split by a column.
pub(super) fn report(
    arguments: &ReportArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    if let Some(missing) = lacks_log(&arguments.ledger) {
        terminal
            .show(&format!("WARNING: {missing}. What follows is all that stands in the ledger without it."));
    }
    if let Some((column, folder)) = arguments.split.asked_for() {
        let target = Target { folder, ledger: &arguments.ledger, files, terminal };
        return split(arguments, column, &target);
    }
    let output = OutputPath::parse(&arguments.output);
    if (arguments.format, &output) == (ReportFormatArg::Xlsx, &OutputPath::Stdout) {
        return Err(UsageError("a workbook is a file: say where it goes, -o PATH.".into()).into());
    }
    if let OutputPath::File(path) = &output {
        refuse_overwriting(path, &arguments.ledger)?;
        refuse_foreign(path)?;
    }
    let ledger = ledger_with_owners(arguments, terminal)?;
    let rendered = match of_either(&ledger, arguments, &output) {
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

/// Replaces nothing but what this program has made.
fn refuse_foreign(path: &Path) -> Result<(), UsageError> {
    if FileHead::of(path).is_none_or(|head| head.is_report()) {
        return Ok(());
    }
    Err(UsageError(format!(
        "{} is there already, and no report of this program; give another --output. Nothing was written.",
        path.display()
    )))
}

/// The ledger, with the input's own columns as they are now.
fn ledger_with_owners(arguments: &ReportArgs, terminal: &Terminal) -> Result<LedgerReader, CommandError> {
    let nothing = "nothing was rendered";
    let mut ledger = LedgerReader::open_either(&arguments.ledger).context(nothing)?;
    renew(&mut ledger, terminal).context(nothing)?;
    Ok(ledger)
}

/// Renders it part by part.
fn split(arguments: &ReportArgs, column: &str, target: &Target<'_>) -> Result<Exit, CommandError> {
    let ledger = ledger_with_owners(arguments, target.terminal)?;
    let split = Split::of(&ledger, column)?;
    write_parts(&ledger, &split, dialect(arguments.dialect), arguments.redact, target)?;
    Ok(Exit::Done)
}

/// Renders a run's ledger, or an audit's.
fn of_either(
    ledger: &LedgerReader,
    arguments: &ReportArgs,
    output: &OutputPath,
) -> Result<Rendered, RenderError> {
    let dialect = dialect(arguments.dialect);
    match ledger.identity()?.purpose {
        Purpose::Run => {
            let (facts, redact) = (run_facts(ledger)?, arguments.redact);
            render(ledger, &facts, arguments.format, dialect, redact, output, WhenGone::End)
        }
        Purpose::Audit => {
            let rows = audit_rows(ledger, arguments.redact)?;
            render_rows(&rows, arguments.format, dialect, output, WhenGone::End, &mut |_| {})
        }
    }
}
