//! Options of the commands around a migration: `list`, `verify`, `doctor`.

use std::path::PathBuf;

use clap::Args;

use super::network::{EndpointArgs, KeyArgs, LedgerEndpointArgs, NetworkArgs, PlatformArgs};
use super::report::OutputArgs;
use super::shared::{Choice, one_of, parse_field};
use crate::engine::report::Dialect;

pub(crate) const LIST_EXAMPLES: &str = "\
Examples:
  agent-migrate list --platform langdock -o assistants.csv
  agent-migrate run assistants.csv --platform langdock
  agent-migrate list --platform odeus --json
  agent-migrate list --platform langdock --governance -o workspace.csv
  agent-migrate list --sandbox

Exit code 3: this deployment has no list of agents (older ones do not); collect the UUIDs by hand.";

pub(crate) const VERIFY_EXAMPLES: &str = "\
Examples:
  agent-migrate verify assistants.ledger
  agent-migrate verify assistants.ledger -o today.csv --rpm 100";

pub(crate) const DOCTOR_EXAMPLES: &str = "\
Examples:
  agent-migrate doctor --platform langdock
  agent-migrate doctor --base-url https://ai.example.com/api/public --ca-cert company.pem
  agent-migrate doctor --sandbox

Exit codes: 0 all is well (perhaps with warnings), 3 all is well but for the
Assistants API, which is gone, 5 something must be mended first, 4 Ctrl-C.";

/// Of a CSV that has no input to take anything from.
const LIST_DIALECTS: [Choice<Dialect>; 2] = [
    ("excel", "Byte order mark and CRLF, so that Excel reads the names right", Dialect::Excel),
    ("plain", "LF, no byte order mark", Dialect::Plain),
];

#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// All agents of the workspace, from the governance API, and whether each is shared with the key
    #[arg(long, help_heading = "List")]
    pub governance: bool,
    /// JSON Lines in place of CSV: an object for each agent
    #[arg(long, help_heading = "List")]
    pub json: bool,
    /// Where the list goes; - is standard output
    #[arg(short, long, value_name = "PATH", default_value = "-", help_heading = "List")]
    pub output: PathBuf,
    /// Byte order mark and line ends of the CSV
    #[arg(long, value_parser = one_of(LIST_DIALECTS), default_value = "plain", conflicts_with = "json", help_heading = "List")]
    pub dialect: Dialect,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The ledger of a run, finished or not
    pub ledger: PathBuf,
    #[command(flatten)]
    pub endpoint: LedgerEndpointArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Live with a difference in this field, as run --accept does; can be given several times, and is remembered
    #[arg(long, value_name = "FIELD", value_parser = parse_field, help_heading = "Comparing")]
    pub accept: Vec<String>,
    /// Where the report goes; - is standard output [default: beside LEDGER, its stem + .verify.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    /// Longest time for each check
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = "Checks")]
    pub timeout: u64,
    /// The folder in which reports and ledgers are to stand
    #[arg(long, value_name = "PATH", default_value = ".", help_heading = "Checks")]
    pub folder: PathBuf,
    /// JSON Lines in place of text: an object for each check, and one at the end
    #[arg(long, help_heading = "Checks")]
    pub json: bool,
}
