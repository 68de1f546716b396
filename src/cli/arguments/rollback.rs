//! Options of `rollback`.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use super::network::{KeyArgs, LedgerEndpointArgs, NetworkArgs};
use super::shared::{DIALECTS, one_of};
use crate::engine::report::Dialect;

pub(crate) const ROLLBACK_EXAMPLES: &str = "\
Examples:
  agent-migrate rollback assistants.ledger --dry-run
  agent-migrate rollback assistants.ledger
  agent-migrate rollback assistants.ledger --only 11111111-2222-4333-8444-555555555555";

#[derive(Clone, Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The ledger of the run to take back
    pub ledger: PathBuf,
    /// Show what would be switched on and end; nothing is sent
    #[arg(long)]
    pub dry_run: bool,
    /// Only this assistant; can be given several times
    #[arg(long, value_name = "UUID")]
    pub only: Vec<Uuid>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub endpoint: LedgerEndpointArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Where the report is written again; - is standard output [default: beside LEDGER, its stem + .report.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    /// Delimiter, byte order mark and line ends of the CSV report
    #[arg(long, value_parser = one_of(DIALECTS), default_value = "input", help_heading = "Report")]
    pub dialect: Dialect,
}
