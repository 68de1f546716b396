//! `report LEDGER`: renders a ledger again, finished or not, without any network.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::CommandError;
use super::parts::write_parts;
use super::proof::{Fingerprints, proof};
use super::render::{
    Asked, RenderError, Rendered, refuse_overwriting, render, render_rows, settings, write_report,
};
use super::split::{Split, Target};
use crate::audit::{self, AuditReader};
use crate::base::Exit;
use crate::cli::files::CommandFiles;
use crate::cli::report_arguments::{ReportArgs, ReportFormatArg};
use crate::cli::settings::{OutputPath, UsageError};
use crate::engine::ledger::{LedgerReader, Purpose, lacks_log};
use crate::engine::report::{FileHead, page};
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
    if arguments.proof && arguments.format != ReportFormatArg::Html {
        return Err(
            UsageError("--proof is a page: give --format html, too. Nothing was written.".into()).into()
        );
    }
    let output = OutputPath::parse(&arguments.output);
    if let OutputPath::File(path) = &output {
        refuse_overwriting(path, &arguments.ledger)?;
        refuse_foreign(path)?;
    }
    // Before the ledger is opened: whoever closes a file that SQLite has open drops its locks.
    let fingerprints = arguments.proof.then(|| Fingerprints::of(&arguments.ledger));
    let ledger = LedgerReader::open_either(&arguments.ledger).context("nothing was rendered")?;
    let rendered = match fingerprints {
        None => of_either(&ledger, arguments, &output),
        Some(fingerprints) => {
            let asked = Asked::of(arguments.dialect, &arguments.page);
            let settings = settings(&ledger, &asked, arguments.redact).context("nothing was rendered")?;
            let sheet = proof(&ledger, fingerprints, &settings).context("nothing was rendered")?;
            write_report(ReportFormatArg::Html, &output, WhenGone::End, &mut |out| {
                Ok(page::proof(&sheet, out)?)
            })
        }
    };
    let rendered = match rendered {
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

/// Renders it part by part.
fn split(arguments: &ReportArgs, column: &str, target: &Target<'_>) -> Result<Exit, CommandError> {
    let ledger = LedgerReader::open_either(&arguments.ledger).context("nothing was rendered")?;
    let split = Split::of(&ledger, column)?;
    let asked = Asked::of(arguments.dialect, &arguments.page);
    write_parts(&ledger, &split, &asked, arguments.redact, target)?;
    Ok(Exit::Done)
}

/// Renders a run's ledger, or an audit's.
fn of_either(
    ledger: &LedgerReader,
    arguments: &ReportArgs,
    output: &OutputPath,
) -> Result<Rendered, RenderError> {
    let asked = Asked::of(arguments.dialect, &arguments.page);
    match ledger.identity()?.purpose {
        Purpose::Run => {
            let (facts, redact) = (ledger.facts()?, arguments.redact);
            render(ledger, &facts, arguments.format, &asked, redact, output, WhenGone::End)
        }
        Purpose::Audit => {
            let rows = AuditReader::new(ledger, audit::facts(ledger)?, arguments.redact)?;
            render_rows(&rows, arguments.format, &asked, output, WhenGone::End, &mut |_| {})
        }
    }
}
