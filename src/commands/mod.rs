//! One file a command: settings in, layers wired, outcome out; exit codes.

mod audit;
mod audit_report;
mod command_line;
mod completions;
mod doctor;
mod exit;
mod fresh;
mod intake;
mod list;
mod parts;
mod place;
mod render;
mod report;
mod rollback;
mod run;
mod sandbox;
mod session;
mod signals;
mod split;
mod switching;
mod verify;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::runtime::Runtime;

pub use exit::Exit;

use crate::cli::{Cli, ColorArg, Command, DialectArg, LogFormatArg, UsageError, refuse_log_file};
use crate::report::Dialect;
use crate::ui::{self, ColorChoice, LogFormat, Terminal};

/// Why a command did nothing.
#[derive(Debug)]
enum CommandError {
    /// What was typed cannot be meant so.
    Usage(UsageError),
    /// Nothing could be done; the chain of causes is for the person.
    NothingDone(anyhow::Error),
}

impl CommandError {
    /// One sentence for the person.
    fn words(&self) -> String {
        match self {
            Self::Usage(error) => error.to_string(),
            Self::NothingDone(error) => chain(error),
        }
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::NothingDone(_) => Exit::NothingDone,
        }
    }
}

impl From<UsageError> for CommandError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self::NothingDone(error)
    }
}

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
    let mut terminal = Terminal::new(color(cli.global.color), cli.global.quiet, cli.global.verbose);
    match (&cli.global.log_file, cli.global.log_format) {
        (Some(_), _) => terminal = terminal.with_log_file(),
        (None, LogFormatArg::Json) => terminal = terminal.with_records_only(),
        (None, LogFormatArg::Text) => {}
    }
    let ended = start_logs(&cli, &terminal).and_then(|()| execute(cli.command, &terminal));
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal.error(&error.words());
            error.exit().into()
        }
    }
}

/// The causes in one sentence, outermost first, less those whose words an outer one repeats.
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        said if said.contains(&cause) => said.to_owned(),
        said => format!("{said}: {cause}"),
    })
}

fn execute(command: Command, terminal: &Terminal) -> Result<Exit, CommandError> {
    match command {
        Command::Run(arguments) => run::run(&arguments, terminal),
        Command::Audit(arguments) => audit::audit(&arguments, terminal),
        Command::Rollback(arguments) => rollback::rollback(&arguments, terminal),
        Command::Report(arguments) => report::report(&arguments, terminal),
        Command::Verify(arguments) => verify::verify(&arguments, terminal),
        Command::Doctor(arguments) => doctor::doctor(&arguments, terminal),
        Command::List(arguments) => list::list(&arguments, terminal),
        Command::Sandbox(arguments) => sandbox::sandbox(&arguments, terminal),
        Command::Completions(arguments) => completions::completions(arguments.shell),
        Command::Man(arguments) => completions::man(&arguments),
    }
}

fn start_logs(cli: &Cli, terminal: &Terminal) -> Result<(), CommandError> {
    let options = &cli.global;
    if let Some(log_file) = &options.log_file {
        refuse_log_file(log_file, &cli.command)?;
    }
    let format = match options.log_format {
        LogFormatArg::Text => LogFormat::Text,
        LogFormatArg::Json => LogFormat::Json,
    };
    ui::init_logs(terminal, format, options.log_file.as_deref())
        .map_err(|error| UsageError(error.to_string()).into())
}

const fn color(typed: ColorArg) -> ColorChoice {
    match typed {
        ColorArg::Auto => ColorChoice::Auto,
        ColorArg::Always => ColorChoice::Always,
        ColorArg::Never => ColorChoice::Never,
    }
}

const fn dialect(typed: DialectArg) -> Dialect {
    match typed {
        DialectArg::Input => Dialect::Input,
        DialectArg::Excel => Dialect::Excel,
        DialectArg::Plain => Dialect::Plain,
    }
}

/// One thread for everything that waits: the work of a row is short, and handing it between threads costs more than
/// doing it. The ledger is written and paged on threads of its own.
fn runtime() -> Result<Runtime, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("the asynchronous runtime cannot be started")?)
}
