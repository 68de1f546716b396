//! Options of `audit`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::network::PlatformArgs;
use super::report::OutputArgs;
use super::shared::{Choice, InputArgs, one_of, parse_age};
use crate::audit::Source;

pub(crate) const AUDIT_EXAMPLES: &str = "\
Examples:
  agent-migrate audit samples/assistants.csv --sandbox
  agent-migrate audit samples/assistants.csv --sandbox --html audit.html
  agent-migrate audit assistants.csv --platform langdock --html audit.html --xlsx audit.xlsx
  agent-migrate audit assistants.csv --platform langdock --source agent --json audit.jsonl
  agent-migrate audit assistants.csv --platform odeus --recheck 7d
  agent-migrate audit assistants.csv --platform langdock --split-by owner --output-dir owners";

const SOURCES: [Choice<Source>; 3] = [
    ("assistant", "The Assistants API", Source::Assistant),
    ("agent", "The Agents API (what the agent column names, where that is another UUID)", Source::Agent),
    ("auto", "The Assistants API; once that has ended (410), the Agents API", Source::Auto),
];

#[derive(Clone, Debug, Args)]
pub(crate) struct AuditArgs {
    /// CSV or .xlsx with a column of assistant UUIDs (with --sandbox it may be left out: a built-in sample)
    #[arg(required_unless_present = "sandbox")]
    pub input: Option<PathBuf>,
    /// From which API to read
    #[arg(long, value_parser = one_of(SOURCES), default_value = "auto", value_name = "API")]
    pub source: Source,
    #[command(flatten)]
    pub platform: PlatformArgs,
    #[command(flatten)]
    pub reading: InputArgs,
    /// Where the CSV goes; - is standard output [default: beside INPUT, its stem + .audit.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// The audit's memory [default: beside INPUT, its stem + .audit.ledger]
    #[arg(long, value_name = "PATH", help_heading = "Ledger")]
    pub ledger: Option<PathBuf>,
    /// Read at most N of the rows that were not read yet
    #[arg(long, value_name = "N", help_heading = "Ledger")]
    pub limit: Option<NonZeroU64>,
    /// Read again what was read longer ago than this, e.g. 24h or 7d
    #[arg(long, value_name = "AGE", value_parser = parse_age, help_heading = "Ledger")]
    pub recheck: Option<Duration>,
    /// Begin a new ledger; the old one is renamed to STEM.UTC-TIME.ledger, never deleted
    #[arg(long, help_heading = "Ledger")]
    pub fresh: bool,
}
