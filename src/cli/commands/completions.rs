//! `completions` and `man`: for packagers.

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::base::Exit;
use crate::cli::arguments::Cli;
use crate::cli::error::CommandError;
use crate::cli::settings::UsageError;
use crate::engine::terminal;

pub(super) fn completions(shell: Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "agent-migrate", &mut script);
    terminal::print_bytes(&script).context("standard output")?;
    Ok(Exit::Done)
}

/// Prints the manual page of that command, or of the program.
pub(super) fn man(name: Option<&str>) -> Result<Exit, CommandError> {
    let mut command = Cli::command();
    command.build();
    let described = match name {
        None => &command,
        Some(name) => command.find_subcommand(name).ok_or_else(|| {
            UsageError(format!("there is no command '{name}'; agent-migrate --help lists them."))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(described.clone()).render(&mut page).context("rendering")?;
    terminal::print_bytes(&page).context("standard output")?;
    Ok(Exit::Done)
}
