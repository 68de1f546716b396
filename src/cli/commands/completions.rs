//! `completions` and `man`: for packagers.

use anyhow::Context;
use clap::CommandFactory;

use super::CommandError;
use crate::base::Exit;
use crate::cli::arguments::{Cli, ManArgs};
use crate::cli::settings::UsageError;
use crate::engine::terminal;

/// Prints the completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "agent-migrate", &mut script);
    terminal::print_bytes(&script).context("standard output")?;
    Ok(Exit::Done)
}

/// Prints the manual page of the program, or of one of its commands.
pub(super) fn man(arguments: &ManArgs) -> Result<Exit, CommandError> {
    let mut command = Cli::command();
    command.build();
    let described = match &arguments.command {
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
