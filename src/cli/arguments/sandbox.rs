//! Options of `sandbox`: how the practice workspace behaves.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args};

use super::shared::{Choice, one_of};
use crate::practice::{AgentList, Governance, LostAnswer};

const LISTS: [Choice<AgentList>; 2] = [
    ("present", "Serves it", AgentList::Present),
    ("missing", "Answers 404, as older deployments do", AgentList::Missing),
];

const GOVERNANCES: [Choice<Governance>; 4] = [
    ("on", "Serves it", Governance::On),
    ("no-scope", "Answers 403: the key has no right to it", Governance::NoScope),
    ("off", "Answers 403: governance is not switched on", Governance::Off),
    ("missing", "Answers 404, as deployments without it do", Governance::Missing),
];

/// Whether it is one record.
const RECORDS: [Choice<bool>; 2] = [("one", "One record", true), ("two", "Two records", false)];

const LOST_ANSWERS: [Choice<LostAnswer>; 2] = [
    ("closed", "The connection is closed", LostAnswer::Closed),
    ("silent", "Nothing comes until the client gives up", LostAnswer::Silent),
];

#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
#[command(group = ArgGroup::new("losing").args(["lose_disables", "lose_writes", "drop_writes"]).multiple(true))]
#[command(after_help = "\
Examples:
  agent-migrate sandbox --port 8100
  agent-migrate sandbox --port 8100 --share-all
  agent-migrate sandbox --rate-limit 300 --fail-rate 0.05 --latency-ms 120
  agent-migrate sandbox --port 8100 --records one --list-lag 3
  agent-migrate sandbox --port 8100 --records two --lose-disables 2 --lost-answer silent
  agent-migrate sandbox --port 8200 --workspace two --flaky-creates 1 --lose-writes 1")]
pub(crate) struct SandboxArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value = "0")]
    pub port: u16,
    /// Workspace file to serve in place of the built-in one (as samples/workspace.json); two: another built-in one, to
    /// move agents to
    #[arg(long, value_name = "PATH")]
    pub workspace: Option<PathBuf>,
    /// Share every assistant and agent with the key
    #[arg(long, help_heading = "Workspace")]
    pub share_all: bool,
    /// Answer 404 for UUIDs that the workspace file does not name, in place of a made-up assistant
    #[arg(long, help_heading = "Workspace")]
    pub no_made_up: bool,
    /// Make every outcome for UUIDs that the workspace file does not name, by the UUID: missing, not shared, senseless, too
    #[arg(long, conflicts_with = "no_made_up", help_heading = "Workspace")]
    pub mix: bool,
    /// Whether an assistant and its agent are one record, so that disabling one disables the other
    #[arg(long = "records", action = ArgAction::Set, value_parser = one_of(RECORDS), default_value = "one", value_name = "HOW", help_heading = "Workspace")]
    pub one_record: bool,
    /// The agent list
    #[arg(long, value_parser = one_of(LISTS), default_value = "present", help_heading = "Workspace")]
    pub list: AgentList,
    /// Seconds by which the agent list lags behind
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u64).range(0..=30), help_heading = "Workspace")]
    pub list_lag: u64,
    /// The governance API, which shows every agent of the workspace
    #[arg(long, value_parser = one_of(GOVERNANCES), default_value = "on", help_heading = "Workspace")]
    pub governance: Governance,
    /// Answer 429 beyond this many requests in 60 seconds
    #[arg(long, value_name = "N", help_heading = "Trouble")]
    pub rate_limit: Option<NonZeroU32>,
    /// Seconds in the Retry-After header of a 429 [default: no header]
    #[arg(long, value_name = "SECONDS", help_heading = "Trouble")]
    pub retry_after: Option<u64>,
    /// Milliseconds before each answer
    #[arg(long, value_name = "MS", default_value = "0", help_heading = "Trouble")]
    pub latency_ms: u64,
    /// Share of requests that fail with 500, 502 (HTML), 503, 504 (HTML) or 529
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share, help_heading = "Trouble")]
    pub fail_rate: f64,
    /// Refuse the key (401) after this many requests
    #[arg(long, value_name = "N", help_heading = "Trouble")]
    pub unauthorized_after: Option<u64>,
    /// End the Assistants API (410) after this many requests; 0: from the start
    #[arg(long, value_name = "N", help_heading = "Trouble")]
    pub gone_after: Option<u64>,
    /// Answer that the key lacks its scope
    #[arg(long, help_heading = "Trouble")]
    pub missing_scope: bool,
    #[command(flatten)]
    pub switching: SandboxSwitchingArgs,
    #[command(flatten)]
    pub writing: SandboxWritingArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SandboxSwitchingArgs {
    /// Refuse every request to switch off or on (403), as for a key that is no admin's
    #[arg(long, help_heading = "Trouble when switching off")]
    pub forbid_disable: bool,
    /// Apply the first N requests to switch off, but never answer them
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when switching off")]
    pub lose_disables: u32,
    /// How an answer gets lost, also with --lose-writes and --drop-writes
    #[arg(long, value_parser = one_of(LOST_ANSWERS), default_value = "closed", value_name = "HOW", requires = "losing", help_heading = "Trouble when switching off")]
    pub lost_answer: LostAnswer,
    /// Fail the first N requests to switch on again (500), applying none of them
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when switching off")]
    pub fail_enables: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SandboxWritingArgs {
    /// Share every agent for reading only: refuse to update and publish it (403)
    #[arg(long, help_heading = "Trouble when writing agents")]
    pub forbid_edit: bool,
    /// Apply the first N updates, N publishings and N creations, but never answer them
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when writing agents")]
    pub lose_writes: u32,
    /// Neither apply nor answer the first N updates, N publishings and N creations
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when writing agents")]
    pub drop_writes: u32,
    /// Answer the first N creations with 404, leaving drafts behind, as the platform does now and then
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when writing agents")]
    pub flaky_creates: u32,
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number between 0 and 1".into()),
    }
}
