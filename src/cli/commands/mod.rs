//! One file a command: settings in, layers wired, outcome out; exit codes.

mod apply;
mod audit;
mod completions;
mod doctor;
mod list;
mod report;
mod rollback;
mod run;
mod sandbox;
mod verify;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::arguments::report::PageArgs;
use super::arguments::{Cli, Command};
use super::error::CommandError;
use super::files::CommandFiles;
use super::settings::UsageError;
use crate::base::{Exit, defect, keep_defects_quiet};
use crate::engine::terminal::{self, LogFormat, Terminal};

/// Parses the process's arguments, runs the command, gives its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" that go to standard output with code 0. A closed pipe is no trouble of ours.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let mut terminal = Terminal::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    match (&cli.global.log_file, cli.global.log_format) {
        (Some(_), _) => terminal = terminal.with_log_file(),
        (None, LogFormat::Json) => terminal = terminal.with_records_only(),
        (None, LogFormat::Text) => {}
    }
    keep_defects_quiet();
    ended(|| start(cli, &terminal), &terminal).into()
}

/// Runs the command and says why it failed, if it did. A panic is told like any other end; the ledger is sound at any
/// moment.
fn ended(command: impl FnOnce() -> Result<Exit, CommandError>, terminal: &Terminal) -> Exit {
    let (words, exit) = match catch_unwind(AssertUnwindSafe(command)) {
        Ok(Ok(exit) | Err(CommandError::Told(exit))) => return exit,
        Ok(Err(error @ CommandError::Usage(_))) => (error.words(), Exit::Usage),
        Ok(Err(error @ CommandError::NothingDone(_))) => (error.words(), Exit::NothingDone),
        Err(_) => {
            (format!("{}. The same command goes on.", defect("ended this command")), Exit::StoppedEarly)
        }
    };
    terminal.error(&words);
    exit
}

/// Nothing is opened for writing before all files of the command are known to be different.
fn start(cli: Cli, terminal: &Terminal) -> Result<Exit, CommandError> {
    let files = CommandFiles::of(&cli)?;
    terminal::init_logs(terminal, cli.global.log_format, cli.global.log_file.as_deref())
        .map_err(|error| UsageError(error.to_string()))?;
    if let Some(said) = page(&cli.command).and_then(|page| page.missed(Timestamp::now())) {
        terminal.say(said);
    }
    match cli.command {
        Command::Run(arguments) => run::run(&arguments, &files, terminal),
        Command::Audit(arguments) => audit::audit(&arguments, &files, terminal),
        Command::Apply(arguments) => apply::apply(&arguments, &files, terminal),
        Command::Rollback(arguments) => rollback::rollback(&arguments, terminal),
        Command::Report(arguments) => report::report(&arguments, &files, terminal),
        Command::Verify(arguments) => verify::verify(&arguments, &files, terminal),
        Command::Doctor(arguments) => doctor::doctor(&arguments, terminal),
        Command::List(arguments) => list::list(&arguments, terminal),
        Command::Sandbox(arguments) => sandbox::sandbox(&arguments, terminal),
        Command::Completions { shell } => completions::completions(shell),
        Command::Man { command } => completions::man(command.as_deref()),
    }
}

/// What pages are told, of a command that makes some.
const fn page(command: &Command) -> Option<&PageArgs> {
    match command {
        Command::Run(arguments) => Some(&arguments.output.page),
        Command::Audit(arguments) => Some(&arguments.output.page),
        Command::Apply(arguments) => Some(&arguments.output.page),
        Command::Report(arguments) => Some(&arguments.page),
        Command::Verify(arguments) => Some(&arguments.output.page),
        Command::Rollback(_)
        | Command::Doctor(_)
        | Command::List(_)
        | Command::Sandbox(_)
        | Command::Completions { .. }
        | Command::Man { .. } => None,
    }
}

/// One thread for everything that waits: the work of a row is short, and handing it between threads costs more than
/// doing it. The ledger is written and paged on threads of its own.
fn runtime() -> Result<Runtime, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("the asynchronous runtime cannot be started")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::terminal::ColorChoice;

    #[test]
    fn a_panic_ends_a_command_as_a_failure_does() {
        let terminal = Terminal::new(ColorChoice::Never, true, 0);
        let usage = || Err(UsageError("slip of the pen".into()).into());
        assert_eq!(ended(|| Ok(Exit::Done), &terminal), Exit::Done);
        assert_eq!(ended(usage, &terminal), Exit::Usage);
        assert_eq!(ended(|| panic!("planted"), &terminal), Exit::StoppedEarly);
    }
}
