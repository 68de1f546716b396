//! Options of `apply`.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use super::network::{Hosted, KeyArgs, LedgerEndpointArgs, NetworkArgs, hosted};
use super::report::OutputArgs;
use crate::apply::decide::ModelChange;

pub(crate) const APPLY_EXAMPLES: &str = "\
Examples:
  agent-migrate apply assistants.ledger --dry-run
  agent-migrate apply assistants.ledger
  agent-migrate apply assistants.ledger --only 11111111-2222-4333-8444-555555555555
  agent-migrate apply assistants.ledger --undo
  agent-migrate apply assistants.ledger --to-platform odeus --map agents.csv
  agent-migrate apply samples/assistants.sandbox.ledger --sandbox";

#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each of them a flag on the command line"
)]
pub(crate) struct ApplyArgs {
    /// The ledger of a run or of an audit
    pub ledger: PathBuf,
    /// Show what would be written and end; nothing is changed
    #[arg(long, help_heading = "Applying")]
    pub dry_run: bool,
    /// Only this assistant or agent; can be given several times
    #[arg(long, value_name = "UUID", help_heading = "Applying")]
    pub only: Vec<Uuid>,
    /// Write at most N agents
    #[arg(long, value_name = "N", conflicts_with = "undo", help_heading = "Applying")]
    pub max_changes: Option<u64>,
    /// A model that goes by another name in the target; can be given several times
    #[arg(long, value_name = "OLD=NEW", value_parser = parse_model, conflicts_with = "undo", help_heading = "Applying")]
    pub model: Vec<ModelChange>,
    /// Write tools, too, where none is taken away; replaces all of an agent's tools, also workflows that the API does not
    /// show
    #[arg(long, conflicts_with = "undo", help_heading = "Applying")]
    pub with_actions: bool,
    /// Make an agent for every row that has none; it belongs to the key's service account, and nobody sees it in the web app
    #[arg(long, conflicts_with = "undo", help_heading = "Applying")]
    pub create: bool,
    /// Ask once more for the agent of this row, although an earlier request had no answer; can be given several times
    #[arg(long, value_name = "UUID", conflicts_with = "undo", help_heading = "Applying")]
    pub retry_create: Vec<Uuid>,
    /// Take back what this program has written, where the agents still are as it left them
    #[arg(long, help_heading = "Applying")]
    pub undo: bool,
    /// Do not ask
    #[arg(long, help_heading = "Applying")]
    pub yes: bool,
    /// Practise: the ledger is one of the practice workspace
    #[arg(long, conflicts_with_all = ["platform", "base_url", "to_platform", "to_base_url", "api_key_file"], help_heading = "Where the platform is")]
    pub sandbox: bool,
    #[command(flatten)]
    pub endpoint: LedgerEndpointArgs,
    #[command(flatten)]
    pub to: OtherWorkspaceArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Where the report goes; - is standard output [default: beside LEDGER, its stem + .apply.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[expect(clippy::doc_markdown, reason = "the comments are the help, which has no backticks")]
#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("elsewhere").args(["to_platform", "to_base_url"])))]
pub(crate) struct OtherWorkspaceArgs {
    /// Write agents of another workspace, on this hosted platform, with a key of its own
    #[arg(long, value_parser = hosted(), help_heading = "Another workspace")]
    pub to_platform: Option<Hosted>,
    /// The same at this base URL
    #[arg(long, value_name = "URL", help_heading = "Another workspace")]
    pub to_base_url: Option<String>,
    /// File with the other workspace's API key, - for standard input [default: the environment, AGENT_MIGRATE_TO_API_KEY]
    #[arg(long, value_name = "PATH", requires = "elsewhere", help_heading = "Another workspace")]
    pub to_api_key_file: Option<PathBuf>,
    /// CSV with the columns assistant_id and agent_id: the agents made there for each row; the report of an earlier apply is
    /// one
    #[arg(long, value_name = "CSV", requires = "elsewhere", help_heading = "Another workspace")]
    pub map: Option<PathBuf>,
}

fn parse_model(text: &str) -> Result<ModelChange, String> {
    match text.split_once('=') {
        Some((old, new)) if !old.trim().is_empty() && !new.trim().is_empty() => {
            Ok(ModelChange { old: old.trim().to_owned(), new: new.trim().to_owned() })
        }
        _ => Err("give the source's model and the one in its place, OLD=NEW".to_owned()),
    }
}
