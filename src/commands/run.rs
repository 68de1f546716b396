//! `run INPUT`: settings in, layers wired, report out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Runtime;

use super::command_line::{command_line, program, same_command, typed};
use super::place::Connection;
use super::render::{RenderError, Rendered, render};
use super::signals::Signals;
use super::{CommandError, Exit, dialect, runtime};
use crate::cli::{
    Environment, OutputPath, ReportFormatArg, RunArgs, RunPaths, UsageError, choose_key, choose_place,
    run_paths,
};
use crate::domain::{Backlog, Disabling, RunFacts, StopReason};
use crate::input::{Input, InputError, InputOptions};
use crate::ledger::{
    Identity, ImportError, Ledger, LedgerReader, NewRun, RunCommand, RunEnd, Selection, SetAsideError,
};
use crate::pipeline::{DriveSettings, LedgerSendLog, drive};
use crate::report::check_writable;
use crate::ui::{self, Terminal};

/// Sends of an earlier process matter for a minute; a little more covers clocks that were set.
const PACE_MEMORY: Duration = Duration::from_secs(90);

/// The built-in sample, for `--sandbox` without an INPUT.
const SAMPLE: &[u8] = include_bytes!("../../samples/assistants.csv");

/// Runs the migration's reading part.
pub(super) fn run(arguments: &RunArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let variable = |name: &str| std::env::var(name).ok();
    let environment = Environment(&variable);
    let place =
        choose_place(arguments.platform, arguments.base_url.as_deref(), arguments.sandbox, &environment)?;
    let key = choose_key(&place, &arguments.key, &environment)?;
    let paths = run_paths(arguments)?;
    let connection = Connection::prepare(&place, &key, &arguments.key, &environment)?;

    let runtime = runtime()?;
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let run = Run { arguments, terminal, paths, runtime, signals };
    run.go(connection)
}

/// Everything that stays the same from the first file to the last line.
struct Run<'a> {
    arguments: &'a RunArgs,
    terminal: &'a Terminal,
    paths: RunPaths,
    runtime: Runtime,
    signals: Signals,
}

/// Why the input was not taken in.
#[derive(Debug, thiserror::Error)]
enum RowsError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("a signal")]
    Signal,
}

impl Run<'_> {
    fn go(&self, connection: Option<Connection>) -> Result<Exit, CommandError> {
        let input = self.open_input()?;
        for output in [Some(&self.paths.report), self.paths.json.as_ref()].into_iter().flatten() {
            if let OutputPath::File(path) = output {
                check_writable(path).context("nothing was asked for: the report cannot be written")?;
            }
        }
        if self.arguments.fresh {
            self.set_aside()?;
        }
        let mut ledger = Ledger::open(&self.paths.ledger, &identity(connection.as_ref()))
            .context("nothing was asked for")?;
        for remark in input.remarks() {
            self.terminal.say(remark);
        }
        if let Some(exit) = self.import(&mut ledger, &input)? {
            return Ok(exit);
        }
        let stopped = self.check_rows(ledger, connection)?;
        self.finish(stopped.as_ref())
    }

    fn open_input(&self) -> Result<Input, CommandError> {
        let options = InputOptions {
            column: self.arguments.reading.column.clone(),
            agent_column: self.arguments.reading.agent_column.clone(),
            delimiter: self.arguments.reading.delimiter,
            no_header: self.arguments.reading.no_header,
        };
        let input = match &self.paths.input {
            Some(path) => Input::open(path, &options),
            None => Input::from_bytes(SAMPLE, &options),
        };
        input.map_err(|error| {
            let words = match &self.paths.input {
                Some(path) if !error.names_the_file() => format!("{}: {error}", path.display()),
                _ => error.to_string(),
            };
            if error.is_usage() { UsageError(words).into() } else { anyhow!(words).into() }
        })
    }

    fn set_aside(&self) -> Result<(), CommandError> {
        let renamed = Ledger::set_aside(&self.paths.ledger, self.arguments.yes, Timestamp::now());
        match renamed {
            Ok(Some(path)) => {
                self.terminal.say(&format!("the earlier ledger is now {}", path.display()));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error @ SetAsideError::MayBeOff { .. }) => Err(anyhow!(error)
                .context("nothing was asked for, the ledger stays (--yes renames it all the same)")
                .into()),
            Err(error) => Err(anyhow!(error).context("nothing was asked for").into()),
        }
    }

    /// Takes the input into the ledger; gives an exit code when a signal ended that.
    fn import(&self, ledger: &mut Ledger, input: &Input) -> Result<Option<Exit>, CommandError> {
        let rows = input.rows().context("the input")?.map(|row| {
            if self.signals.heard() { Err(RowsError::Signal) } else { row.map_err(RowsError::Input) }
        });
        match ledger.import(input.format(), rows) {
            Ok(()) => Ok(None),
            Err(ImportError::Input(RowsError::Signal)) => {
                self.terminal.say("stopped before the first request; the same command goes on.");
                Ok(Some(Exit::StoppedEarly))
            }
            Err(ImportError::Input(RowsError::Input(error))) => {
                Err(anyhow!(error).context("the input").into())
            }
            Err(ImportError::Ledger(error)) => Err(anyhow!(error).context("nothing was asked for").into()),
        }
    }

    /// Asks for every open row; gives the reason if that stopped early.
    fn check_rows(
        &self,
        mut ledger: Ledger,
        connection: Option<Connection>,
    ) -> Result<Option<StopReason>, CommandError> {
        let now = Timestamp::now();
        let recheck_before = self.arguments.recheck.and_then(|age| now.checked_sub(age).ok());
        let selection = Selection {
            recheck_before,
            limit: self.arguments.limit.map(std::num::NonZero::get),
            disabling: false,
        };
        let backlog = ledger.backlog(&selection).context("the ledger")?;
        let sent_before = now
            .checked_sub(PACE_MEMORY)
            .map_or_else(|_| Ok(Vec::new()), |since| ledger.sent_since(since))
            .context("the ledger")?;
        self.announce(&backlog, connection.as_ref());

        let new_run = NewRun {
            command: RunCommand::Run(Disabling::No),
            program_version: env!("CARGO_PKG_VERSION"),
            settings: &self.settings(),
            started_at: now,
        };
        let (writer, rows, thread) = ledger.start(&new_run, selection).context("the ledger")?;
        let send_log = Arc::new(LedgerSendLog(writer.clone()));
        let network = &self.arguments.network;
        let settings = DriveSettings { concurrency: usize::from(network.concurrency), backlog };
        let stopped = self.runtime.block_on(async {
            let connection = match connection {
                Some(connection) => connection,
                None => Connection::to_practice().await?,
            };
            let (client, practice) = connection.client(network, send_log, &sent_before)?;
            let mut progress = self.terminal.progress();
            let stopped =
                drive(&client, &writer, rows, settings, self.signals.receiver(), &mut progress).await;
            if let Some(practice) = practice {
                practice.stop().await;
            }
            Ok::<_, CommandError>(stopped)
        });
        drop(writer);
        let (stopped, error) = match stopped {
            Ok(stopped) => (stopped, None),
            Err(error) => (None, Some(error)),
        };
        let ended = thread.finish(RunEnd { finished_at: Timestamp::now(), stopped: stopped.clone() });
        match (error, ended) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(stopped),
            (None, Err(error)) => {
                Ok(stopped.or(Some(StopReason::LedgerUnwritable { words: error.to_string() })))
            }
        }
    }

    fn announce(&self, backlog: &Backlog, connection: Option<&Connection>) {
        let base_url = connection.map(|connection| connection.base_url.to_string());
        self.terminal.say(&ui::before(
            backlog,
            self.arguments.network.rpm.get(),
            base_url.as_deref(),
            base_url.is_none(),
            Disabling::No,
        ));
    }

    /// What the ledger remembers of how it was run; never the key.
    fn settings(&self) -> serde_json::Value {
        let network = &self.arguments.network;
        json!({
            "rpm": network.rpm,
            "concurrency": network.concurrency,
            "timeout_seconds": network.timeout,
            "retries": network.retries,
            "limit": self.arguments.limit,
            "recheck_seconds": self.arguments.recheck.map(|age| age.as_secs()),
        })
    }

    /// Writes the reports and says how it ended.
    fn finish(&self, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let ledger = LedgerReader::open(&self.paths.ledger).context("the ledger cannot be read again")?;
        let facts = ledger.facts().context("the ledger cannot be read again")?;
        let exit = Exit::of_run(&facts, stopped);
        let rendered = self.render_all(&ledger, &facts);
        let (reports, failed) = match rendered {
            Ok(reports) => (reports, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut files: Vec<(&str, PathBuf)> = Vec::new();
        for (label, report) in &reports {
            if let Some(asked) = &report.not_replaced {
                self.terminal.error(&format!(
                    "{} could not be replaced (is it open elsewhere?); the report stands beside it",
                    asked.display()
                ));
            }
            files.extend(report.file.clone().map(|file| (*label, file)));
        }
        files.push(("ledger", self.paths.ledger.clone()));
        let files: Vec<_> = files.iter().map(|(label, path)| (*label, path.as_path())).collect();
        let remedies = reports.first().map_or(&[][..], |(_, report)| &report.remedies);
        let next = self.next_command(exit, failed.is_some());
        if let (Some(reason), true) = (stopped, self.terminal.is_quiet()) {
            self.terminal.error(&reason.to_string());
        }
        let summary = ui::after(&facts, remedies, &files, next.as_deref(), stopped, None);
        self.terminal.say(&format!("\n{summary}"));
        match failed {
            None => Ok(exit),
            Some(error) => {
                self.terminal.error(&format!(
                    "the report was not written: {error}; what was found out is safe in the ledger"
                ));
                Ok(if exit == Exit::MendFirst { exit } else { Exit::StoppedEarly })
            }
        }
    }

    fn render_all(
        &self,
        ledger: &LedgerReader,
        facts: &RunFacts,
    ) -> Result<Vec<(&'static str, Rendered)>, RenderError> {
        let dialect = dialect(self.arguments.dialect);
        let mut reports = vec![(
            "report",
            render(ledger, facts, ReportFormatArg::Csv, dialect, false, &self.paths.report)?,
        )];
        if let Some(path) = &self.paths.json {
            reports
                .push(("JSON report", render(ledger, facts, ReportFormatArg::Json, dialect, false, path)?));
        }
        Ok(reports)
    }

    /// The command to type next; `None` when there is nothing left to do. A run that goes on writes the report, too.
    fn next_command(&self, exit: Exit, report_failed: bool) -> Option<String> {
        let typed = typed();
        if report_failed && matches!(exit, Exit::Done | Exit::NeedsAttention) {
            let ledger = self.paths.ledger.to_string_lossy();
            let program = program(&typed);
            return Some(command_line(&mut [program, "report", &ledger, "-o", "report.csv"].into_iter()));
        }
        match exit {
            Exit::Done if self.arguments.limit.is_none() => None,
            _ => Some(same_command(&typed)),
        }
    }
}

/// The practice workspace has another port each time; its ledger is known by a name.
fn identity(connection: Option<&Connection>) -> Identity {
    match connection {
        Some(connection) => Identity { base_url: connection.base_url.to_string(), practice: false },
        None => Identity { base_url: "sandbox".into(), practice: true },
    }
}
