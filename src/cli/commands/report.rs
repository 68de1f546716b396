//! `report LEDGER`: renders a ledger again, finished or not, without any network.

use std::io::{self, ErrorKind, IsTerminal};

use anyhow::{Context, anyhow};

use crate::audit::{self, AuditCounters, AuditReader, AuditSummary};
use crate::base::Exit;
use crate::check::Summary;
use crate::cli::arguments::report::{ReportArgs, ReportFormatArg};
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::reports::audit_report::audit_rows;
use crate::cli::reports::parts;
use crate::cli::reports::proof::{Fingerprints, proof};
use crate::cli::reports::render::{
    Asked, RenderError, name_of, refuse_overwriting, render_rows, settings, write_report,
};
use crate::cli::reports::run_report::RunRows;
use crate::cli::reports::split::Split;
use crate::cli::settings::{OutputPath, UsageError, report_output};
use crate::cli::wiring::command_line::{other_command, path_word, typed};
use crate::cli::wiring::intake::refuse_foreign;
use crate::cli::wiring::next;
use crate::cli::wiring::owners::renew;
use crate::disable;
use crate::engine::ledger::{LedgerError, LedgerReader, Purpose, lacks_log};
use crate::engine::report::{Written, page};
use crate::engine::terminal::{Terminal, WhenGone};

/// Renders the ledger in the format asked for, or split by a column.
pub(super) fn report(
    arguments: &ReportArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    if let Some(missing) = lacks_log(&arguments.ledger) {
        terminal
            .show(format!("WARNING: {missing}. What follows is all that stands in the ledger without it."));
    }
    if let Some(split) = Split::asked_for(&arguments.split, &arguments.ledger, files, terminal) {
        write_parts(arguments, &split)?;
        return Ok(Exit::Done);
    }
    let output = report_output(arguments);
    if (arguments.format(), &output) == (ReportFormatArg::Xlsx, &OutputPath::Stdout) {
        return Err(UsageError("a workbook is a file: say where it goes, -o PATH.".into()).into());
    }
    if arguments.proof && arguments.format() != ReportFormatArg::Html {
        return Err(
            UsageError("--proof is a page: give --format html, too. Nothing was written.".into()).into()
        );
    }
    if let OutputPath::File(path) = &output {
        refuse_overwriting(path, &arguments.ledger)?;
        refuse_foreign(path, "nothing was rendered")?;
    }
    // Before the ledger is opened: whoever closes a file that SQLite has open drops its locks.
    let fingerprints = arguments.proof.then(|| Fingerprints::of(&arguments.ledger));
    let ledger = ledger_with_owners(arguments, terminal)?;
    let wants_csv = arguments.format() == ReportFormatArg::Csv && !arguments.redact;
    if arguments.output.is_none() && wants_csv && io::stdout().is_terminal() {
        return show(&ledger, arguments, terminal);
    }
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
    if let Some(written) = rendered {
        terminal.say(format!("report: {}", name_of(written, "report", terminal).display()));
    }
    Ok(Exit::Done)
}

/// How the last run or audit ended, once more.
fn show(ledger: &LedgerReader, arguments: &ReportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let unread = "the ledger cannot be read";
    let files = [("ledger", arguments.ledger.as_path())];
    let said = match ledger.identity().context(unread)?.purpose {
        Purpose::Run => {
            let facts = ledger.facts().context(unread)?;
            let mut counted = Summary::default();
            let rows = ledger.for_each_row(None, false, |row, _, _| {
                counted.count(&row);
                Ok::<_, LedgerError>(())
            });
            rows.context(unread)?;
            let rollback = other_command(&typed(), &["rollback", &path_word(&arguments.ledger)], &[]);
            let needs_people = facts.progress.needs_attention > 0;
            let next: Vec<_> =
                needs_people.then(|| next::page(&typed(), &arguments.ledger)).into_iter().collect();
            disable::after_run(&facts, &counted, &files, &next, facts.stopped.as_ref(), Some(&rollback))
        }
        Purpose::Audit => {
            let facts = audit::facts(ledger).context(unread)?;
            let rows = AuditReader::new(ledger, facts.clone(), false).context(unread)?;
            let mut counters = AuditCounters::default();
            let counted = rows.for_each_row(None, |row| {
                counters.count(row);
                Ok::<_, LedgerError>(())
            });
            counted.context(unread)?;
            audit::after_audit(&AuditSummary {
                facts: &facts,
                counters: Some(&counters),
                agents_instead: 0,
                files: &files,
                next: None,
                stopped: facts.run.stopped.as_ref(),
            })
        }
    };
    terminal.print(&said).context("standard output")?;
    Ok(Exit::Done)
}

/// The ledger, with the input's own columns as they are now.
fn ledger_with_owners(arguments: &ReportArgs, terminal: &Terminal) -> Result<LedgerReader, CommandError> {
    let nothing = "nothing was rendered";
    let mut ledger = LedgerReader::open_either(&arguments.ledger).context(nothing)?;
    renew(&mut ledger, terminal).context(nothing)?;
    Ok(ledger)
}

/// Renders it part by part.
fn write_parts(arguments: &ReportArgs, split: &Split<'_>) -> Result<(), CommandError> {
    let nothing = "nothing was rendered";
    let ledger = ledger_with_owners(arguments, split.terminal)?;
    let asked = Asked::of(arguments.dialect, &arguments.page);
    match ledger.identity().context(nothing)?.purpose {
        Purpose::Run => {
            parts::write(&RunRows::of(&ledger, arguments.redact).context(nothing)?, split, &asked)
        }
        Purpose::Audit => {
            parts::write(&audit_rows(&ledger, arguments.redact).context(nothing)?, split, &asked)
        }
    }
}

/// Renders a run's ledger, or an audit's.
fn of_either(
    ledger: &LedgerReader,
    arguments: &ReportArgs,
    output: &OutputPath,
) -> Result<Option<Written>, RenderError> {
    let (format, when_gone) = (arguments.format(), WhenGone::End);
    let asked = Asked::of(arguments.dialect, &arguments.page);
    match ledger.identity()?.purpose {
        Purpose::Run => {
            let rows = RunRows::of(ledger, arguments.redact)?;
            render_rows(&rows, format, &asked, output, when_gone, &mut |_| {})
        }
        Purpose::Audit => {
            let rows = audit_rows(ledger, arguments.redact)?;
            render_rows(&rows, format, &asked, output, when_gone, &mut |_| {})
        }
    }
}
