//! A struct per command, shared groups flattened; the doc comments are the help.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

/// Far beyond any platform's limit, and still cheap to keep count of.
const MOST_RPM: u32 = 1_000_000;

const EXIT_CODES: &str = "\
Exit codes:
  0    everything is as asked for
  1    nothing could be done: input unreadable or empty, ledger foreign, locked or unwritable
  2    usage error; also nobody to ask, and no --yes
  3    finished, some rows need attention
  4    stopped early, the same command goes on: signal, server out of reach,
       throttled too long, disk full, \"no\" at the question;
       or an assistant could not be switched on again
  5    stopped early, mend something first: key, scope, base URL, the key may
       not disable, or the Assistants API is gone
  130  second Ctrl-C";

const FIRST_STEPS: &str = "\
Examples:
  agent-migrate run samples/assistants.csv --sandbox     practise: no key, no network
  agent-migrate run assistants.csv --platform langdock   the whole workspace; it only reads
  agent-migrate run assistants.csv --platform langdock --disable
                                                         then switch the old ones off: plan, question, guard
  agent-migrate rollback assistants.ledger               take that back
  agent-migrate report assistants.ledger --format json   what a run found out, once more";

const RUN_EXAMPLES: &str = "\
Examples:
  agent-migrate run samples/assistants.csv --sandbox
  agent-migrate run assistants.csv --platform langdock
  agent-migrate run assistants.csv --base-url https://ai.example.com/api/public --api-key-file key.txt
  agent-migrate run assistants.csv --platform odeus --limit 20 --json assistants.jsonl
  agent-migrate run assistants.csv --platform langdock --dry-run
  agent-migrate run assistants.csv --platform langdock --disable --max-disable 10";

const ROLLBACK_EXAMPLES: &str = "\
Examples:
  agent-migrate rollback assistants.ledger --dry-run
  agent-migrate rollback assistants.ledger
  agent-migrate rollback assistants.ledger --only 11111111-2222-4333-8444-555555555555";

/// Checks, row by row, that every Langdock or Odeus assistant has become the agent it should be.
///
/// Reads a CSV of assistant UUIDs, fetches each assistant from the deprecated Assistants API, maps it to the agent
/// model, compares it with what the Agents API has, and writes a report with a line for every row. With --disable it then
/// switches the verified assistants off.
#[derive(Debug, Parser)]
#[command(name = "agent-migrate", version, help_expected = true, after_help = format!("{FIRST_STEPS}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check every assistant of a CSV against its agent; goes on where an earlier run stopped
    ///
    /// Fetches each assistant and its agent, compares them field by field and writes a report with a line for every
    /// row. What is done is kept in a ledger beside the report: after a kill, a crash or a mended cause, the same command
    /// asks only for what is not settled yet. Nothing on the platform is changed without --disable: then the verified
    /// assistants are switched off, after a plan, a question, and a probe whose agent is watched.
    #[command(after_help = RUN_EXAMPLES, after_long_help = format!("{RUN_EXAMPLES}\n\n{EXIT_CODES}"))]
    Run(Box<RunArgs>),
    /// Switch on again every assistant that the ledger says this program switched off, or may have
    ///
    /// Shows what it will do and asks. Works from the ledger alone, with the key from the environment or a file. What was
    /// off before stays off. Can be run again until nothing is left.
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(Box<RollbackArgs>),
    /// Render a ledger again, finished or not, without any network
    Report(ReportArgs),
    /// Serve the practice workspace on loopback until Ctrl-C
    ///
    /// Prints its base URL and key. Flags make it throttle, fail, lag, or end the Assistants API.
    Sandbox(Box<SandboxArgs>),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page (roff) of the program, or of one of its commands
    Man(ManArgs),
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct GlobalArgs {
    /// Print only what went wrong and the report
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Print a line for every row; twice: also every wait and retry (never a body or the key)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
    /// Form of the log lines
    #[arg(long, global = true, value_enum, default_value_t = LogFormatArg::Text, value_name = "FORM", help_heading = "Output")]
    pub log_format: LogFormatArg,
    /// Write log lines to this file rather than to standard error
    #[arg(long, global = true, value_name = "PATH", help_heading = "Output")]
    pub log_file: Option<PathBuf>,
    /// When to use colours (the environment variable NO_COLOR counts for auto)
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorArg,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormatArg {
    /// A line of text
    Text,
    /// A JSON object a line
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A hosted platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlatformArg {
    /// Langdock, at api.langdock.com
    Langdock,
    /// Odeus, at api.odeus.ai
    Odeus,
}

/// Delimiter, byte order mark and line ends of the CSV report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectArg {
    /// As the input has them
    Input,
    /// Byte order mark and CRLF
    Excel,
    /// Comma, LF, no byte order mark
    Plain,
}

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// CSV with a column of assistant UUIDs (with --sandbox it may be left out: a built-in sample)
    #[arg(required_unless_present = "sandbox")]
    pub input: Option<PathBuf>,
    /// Which hosted platform (no default: a key must never go to the wrong company)
    #[arg(long, value_enum, conflicts_with_all = ["base_url", "sandbox"], help_heading = "Where the platform is")]
    pub platform: Option<PlatformArg>,
    /// Base URL of the API; a dedicated deployment's ends in /api/public [env: AGENT_MIGRATE_BASE_URL]
    #[arg(long, value_name = "URL", conflicts_with = "sandbox", help_heading = "Where the platform is")]
    pub base_url: Option<String>,
    /// Practise: serve a made-up workspace on loopback inside the program and run against it; no key, no network
    #[arg(long, conflicts_with = "api_key_file", help_heading = "Where the platform is")]
    pub sandbox: bool,
    /// Key and network.
    #[command(flatten)]
    pub key: KeyArgs,
    /// Pace and patience.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// How to read the input.
    #[command(flatten)]
    pub reading: InputArgs,
    /// Where the CSV report goes; - is standard output [default: beside INPUT, its stem + .report.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    /// Also write the report as JSON Lines, with full texts and the proposed agents
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub json: Option<PathBuf>,
    /// Delimiter, byte order mark and line ends of the CSV report
    #[arg(long, value_enum, default_value_t = DialectArg::Input, help_heading = "Report")]
    pub dialect: DialectArg,
    /// The run's memory [default: beside INPUT, its stem + .ledger]
    #[arg(long, value_name = "PATH", help_heading = "Ledger")]
    pub ledger: Option<PathBuf>,
    /// Check at most N of the rows that are not settled yet
    #[arg(long, value_name = "N", help_heading = "Ledger")]
    pub limit: Option<NonZeroU64>,
    /// Ask again for verdicts older than this, e.g. 24h or 7d
    #[arg(long, value_name = "AGE", value_parser = parse_age, help_heading = "Ledger")]
    pub recheck: Option<Duration>,
    /// Begin a new ledger; the old one is renamed to STEM.UTC-TIME.ledger, never deleted
    #[arg(long, help_heading = "Ledger")]
    pub fresh: bool,
    /// Switching off.
    #[command(flatten)]
    pub switching: DisablingArgs,
    /// Do not ask: switch off what the plan says; with --fresh, begin a new ledger even while the old one records
    /// assistants that are off
    #[arg(long, help_heading = "Switching off")]
    pub yes: bool,
}

/// Switching the old assistants off.
#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("switching_off").args(["disable", "dry_run"]).multiple(true)))]
pub struct DisablingArgs {
    /// When all rows are checked: show the plan, ask, and switch the verified assistants off
    #[arg(long, help_heading = "Switching off")]
    pub disable: bool,
    /// Show the plan of --disable and end; nothing is switched off
    #[arg(long, help_heading = "Switching off")]
    pub dry_run: bool,
    /// Switch at most N assistants off
    #[arg(long, value_name = "N", requires = "switching_off", help_heading = "Switching off")]
    pub max_disable: Option<u64>,
    /// No probe: switch off even where assistant and agent are one record, which takes the agents away from their users
    #[arg(long, requires = "switching_off", help_heading = "Switching off")]
    pub disable_shared: bool,
    /// How long the probe's agent is watched before the rest is switched off
    #[arg(long, value_name = "SECONDS", default_value = "10", requires = "switching_off", value_parser = clap::value_parser!(u64).range(0..=3_600), help_heading = "Switching off")]
    pub probe_wait: u64,
}

/// Options of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct RollbackArgs {
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
    /// Which hosted platform: must be the ledger's, which it is taken from
    #[arg(long, value_enum, conflicts_with = "base_url", help_heading = "Where the platform is")]
    pub platform: Option<PlatformArg>,
    /// Base URL of the API: must be the ledger's, which it is taken from
    #[arg(long, value_name = "URL", help_heading = "Where the platform is")]
    pub base_url: Option<String>,
    /// Key and network.
    #[command(flatten)]
    pub key: KeyArgs,
    /// Pace and patience.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Where the report is written again; - is standard output [default: beside LEDGER, its stem + .report.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    /// Delimiter, byte order mark and line ends of the CSV report
    #[arg(long, value_enum, default_value_t = DialectArg::Input, help_heading = "Report")]
    pub dialect: DialectArg,
}

/// Where the key comes from.
#[derive(Clone, Debug, Args)]
pub struct KeyArgs {
    /// File with the API key, - for standard input [default: the environment, AGENT_MIGRATE_API_KEY, or
    /// LANGDOCK_API_KEY / ODEUS_API_KEY with that platform]
    #[arg(long, value_name = "PATH", help_heading = "Where the platform is")]
    pub api_key_file: Option<PathBuf>,
    /// Allow http:// to a host other than this machine; the key then travels unencrypted
    #[arg(long, help_heading = "Where the platform is")]
    pub allow_http: bool,
    /// PEM file of certificate authorities to trust beside the system's
    #[arg(long, value_name = "PEM", help_heading = "Where the platform is")]
    pub ca_cert: Option<PathBuf>,
}

/// Pace and patience.
#[derive(Clone, Debug, Args)]
pub struct NetworkArgs {
    /// Requests in any 60 seconds; the platform allows 500 a workspace, shared with everybody who uses it
    #[arg(long, value_name = "N", default_value = "300", value_parser = parse_rpm, help_heading = "Pace")]
    pub rpm: NonZeroU32,
    /// Rows under way at once
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=1_024), help_heading = "Pace")]
    pub concurrency: u16,
    /// Longest time for a whole request
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = "Pace")]
    pub timeout: u64,
    /// Tries after the first one when the server or the connection is in trouble
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(0..=20), help_heading = "Pace")]
    pub retries: u32,
}

/// How to read the input.
#[derive(Clone, Debug, Args)]
pub struct InputArgs {
    /// Column with the assistant UUIDs: its name, or its number when there is no header
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub column: Option<String>,
    /// Column with the agent to compare with, where it is not the same UUID
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub agent_column: Option<String>,
    /// Field delimiter: one character, or the word tab [default: found out]
    #[arg(long, value_name = "C", value_parser = parse_delimiter, help_heading = "Input")]
    pub delimiter: Option<u8>,
    /// The first line is a row, not a header
    #[arg(long, help_heading = "Input")]
    pub no_header: bool,
}

/// Format of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormatArg {
    /// The CSV that `run` writes
    Csv,
    /// JSON Lines: full texts, proposed agents
    Json,
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  agent-migrate report assistants.ledger
  agent-migrate report assistants.ledger --format json -o assistants.jsonl
  agent-migrate report assistants.ledger --redact -o for-the-auditor.csv")]
pub struct ReportArgs {
    /// The ledger of a run, finished or not
    pub ledger: PathBuf,
    /// Format
    #[arg(long, value_enum, default_value_t = ReportFormatArg::Csv)]
    pub format: ReportFormatArg,
    /// Where it goes; - is standard output
    #[arg(short, long, value_name = "PATH", default_value = "-")]
    pub output: PathBuf,
    /// Lengths in place of the texts that came from the platform
    #[arg(long)]
    pub redact: bool,
    /// Delimiter, byte order mark and line ends of CSV
    #[arg(long, value_enum, default_value_t = DialectArg::Input)]
    pub dialect: DialectArg,
}

/// What the practice workspace does with `agent/v1/list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SandboxListArg {
    /// Serves it
    Present,
    /// Answers 404, as older deployments do
    Missing,
}

/// Whether assistant and agent are one record in the practice workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SandboxRecordsArg {
    /// One record
    One,
    /// Two records
    Two,
}

/// Options of `sandbox`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  agent-migrate sandbox --port 8100
  agent-migrate sandbox --port 8100 --share-all
  agent-migrate sandbox --rate-limit 300 --fail-rate 0.05 --latency-ms 120
  agent-migrate sandbox --port 8100 --records one --list-lag 3
  agent-migrate sandbox --port 8100 --records two --lose-disables 2 --lost-answer silent")]
pub struct SandboxArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value = "0")]
    pub port: u16,
    /// Workspace file to serve in place of the built-in one (as samples/workspace.json)
    #[arg(long, value_name = "PATH")]
    pub workspace: Option<PathBuf>,
    /// Share every assistant and agent with the key
    #[arg(long, help_heading = "Workspace")]
    pub share_all: bool,
    /// Answer 404 for UUIDs that the workspace file does not name, in place of a made-up assistant
    #[arg(long, help_heading = "Workspace")]
    pub no_made_up: bool,
    /// Whether an assistant and its agent are one record, so that disabling one disables the other
    #[arg(long, value_enum, default_value_t = SandboxRecordsArg::One, value_name = "HOW", help_heading = "Workspace")]
    pub records: SandboxRecordsArg,
    /// The agent list
    #[arg(long, value_enum, default_value_t = SandboxListArg::Present, help_heading = "Workspace")]
    pub list: SandboxListArg,
    /// Seconds by which the agent list lags behind
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u64).range(0..=30), help_heading = "Workspace")]
    pub list_lag: u64,
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
    /// Share of requests whose connection is reset
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share, help_heading = "Trouble")]
    pub reset_rate: f64,
    /// Share of answers that end too early
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share, help_heading = "Trouble")]
    pub truncate_rate: f64,
    /// Refuse the key (401) after this many requests
    #[arg(long, value_name = "N", help_heading = "Trouble")]
    pub unauthorized_after: Option<u64>,
    /// End the Assistants API (410) after this many requests; 0: from the start
    #[arg(long, value_name = "N", help_heading = "Trouble")]
    pub gone_after: Option<u64>,
    /// Answer that the key lacks its scope
    #[arg(long, help_heading = "Trouble")]
    pub missing_scope: bool,
    /// Trouble when switching off.
    #[command(flatten)]
    pub switching: SandboxSwitchingArgs,
}

/// How the answer to a request that was applied is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SandboxLostAnswerArg {
    /// The connection is closed
    Closed,
    /// Nothing comes until the client gives up
    Silent,
}

/// What goes wrong in the practice workspace when assistants are switched off or on.
#[derive(Clone, Debug, Args)]
pub struct SandboxSwitchingArgs {
    /// Refuse every request to switch off or on (403), as for a key that is no admin's
    #[arg(long, help_heading = "Trouble when switching off")]
    pub forbid_disable: bool,
    /// Apply the first N requests to switch off, but never answer them
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when switching off")]
    pub lose_disables: u32,
    /// How such an answer gets lost
    #[arg(long, value_enum, default_value_t = SandboxLostAnswerArg::Closed, value_name = "HOW", requires = "lose_disables", help_heading = "Trouble when switching off")]
    pub lost_answer: SandboxLostAnswerArg,
    /// Fail the first N requests to switch on again (500), applying none of them
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Trouble when switching off")]
    pub fail_enables: u32,
}

/// Options of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// The command whose page it is [default: the program's own]
    pub command: Option<String>,
}

fn parse_rpm(text: &str) -> Result<NonZeroU32, String> {
    match text.parse::<NonZeroU32>() {
        Ok(rpm) if rpm.get() <= MOST_RPM => Ok(rpm),
        _ => Err(format!("give a whole number from 1 to {MOST_RPM}")),
    }
}

fn parse_age(text: &str) -> Result<Duration, String> {
    let sentence = || format!("'{text}' is not an age; write it like 24h, 30m or 7d");
    let span: jiff::Span = text.parse().map_err(|_| sentence())?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| sentence())?;
    Duration::try_from(age).map_err(|_| sentence())
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte]
                if byte.is_ascii()
                    && !matches!(byte, b'"' | b'\r' | b'\n' | b'#')
                    && !byte.is_ascii_alphanumeric() =>
            {
                Ok(*byte)
            }
            _ => {
                Err("give one character that is neither a letter, a digit, a quote nor #, or the word tab"
                    .into())
            }
        },
    }
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number between 0 and 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_option_has_help() {
        Cli::command().debug_assert();
    }

    #[test]
    fn how_an_answer_is_lost_is_asked_only_where_one_is() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command);
        let Ok(Command::Sandbox(plain)) = parse("agent-migrate sandbox") else { panic!("no sandbox") };
        assert_eq!(plain.switching.lost_answer, SandboxLostAnswerArg::Closed);
        assert!(parse("agent-migrate sandbox --lost-answer silent").is_err());
        let given = parse("agent-migrate sandbox --lose-disables 2 --lost-answer silent");
        let Ok(Command::Sandbox(given)) = given else { panic!("no sandbox") };
        assert_eq!(
            (given.switching.lose_disables, given.switching.lost_answer),
            (2, SandboxLostAnswerArg::Silent)
        );
    }

    #[test]
    fn ages_are_written_as_people_write_them() {
        for (text, seconds) in [("24h", 86_400), ("7d", 604_800), ("90s", 90), ("1h30m", 5_400)] {
            assert_eq!(parse_age(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "soon", "-5h", "1y"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_delimiter_is_one_harmless_character_or_tab() {
        assert_eq!(parse_delimiter(";"), Ok(b';'));
        assert_eq!(parse_delimiter("tab"), Ok(b'\t'));
        assert_eq!(parse_delimiter("|"), Ok(b'|'));
        for text in ["", ";;", "\"", "#", "ä", "a", "\n"] {
            assert!(parse_delimiter(text).is_err(), "{text:?}");
        }
    }
}
