//! The doorbell: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent_migrate::cli::commands::main()
}
