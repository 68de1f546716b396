//! A struct per command, shared groups flattened; the doc comments are the help.

pub(super) mod apply;
pub(super) mod audit;
pub(super) mod network;
pub(super) mod report;
pub(super) mod rollback;
pub(super) mod sandbox;
pub(super) mod shared;
pub(super) mod tools;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use self::apply::{APPLY_EXAMPLES, ApplyArgs};
use self::audit::{AUDIT_EXAMPLES, AuditArgs};
use self::network::PlatformArgs;
use self::report::{OutputArgs, ReportArgs};
use self::rollback::{ROLLBACK_EXAMPLES, RollbackArgs};
use self::sandbox::SandboxArgs;
use self::shared::{Choice, InputArgs, one_of, parse_age, parse_field};
use self::tools::{DOCTOR_EXAMPLES, DoctorArgs, LIST_EXAMPLES, ListArgs, VERIFY_EXAMPLES, VerifyArgs};
use crate::engine::terminal::{ColorChoice, LogFormat};

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
  agent-migrate doctor --platform langdock               is the key right, is the Assistants API still there?
  agent-migrate run assistants.csv --platform langdock   the whole workspace; it only reads
  agent-migrate run assistants.csv --platform langdock --disable
                                                         then switch the old ones off: plan, question, guard
  agent-migrate rollback assistants.ledger               take that back
  agent-migrate apply assistants.ledger                  make the agents what their assistants were: plan, question
  agent-migrate report assistants.ledger --format html -o assistants.html
                                                         the page that goes to the workspace owner";

const RUN_EXAMPLES: &str = "\
Examples:
  agent-migrate run samples/assistants.csv --sandbox
  agent-migrate run assistants.csv --platform langdock
  agent-migrate run assistants.csv --base-url https://ai.example.com/api/public --api-key-file key.txt
  agent-migrate run assistants.csv --platform odeus --limit 20 --json assistants.jsonl
  agent-migrate run assistants.csv --platform langdock --accept temperature
  agent-migrate run assistants.csv --platform langdock --dry-run
  agent-migrate run assistants.csv --platform langdock --disable --max-disable 10";

/// Checks, row by row, that every Langdock or Odeus assistant has become the agent it should be.
///
/// Reads a CSV of assistant UUIDs, fetches each assistant from the deprecated Assistants API, maps it to the agent
/// model, compares it with what the Agents API has, and writes a report with a line for every row. With --disable it then
/// switches the verified assistants off.
#[derive(Debug, Parser)]
#[command(name = "agent-migrate", version, help_expected = true, after_help = format!("{FIRST_STEPS}\n\n{EXIT_CODES}"))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check every assistant of a CSV against its agent; goes on where an earlier run stopped
    ///
    /// Fetches each assistant and its agent, compares them field by field and writes a report with a line for every
    /// row. What is done is kept in a ledger beside the report: after a kill, a crash or a mended cause, the same command
    /// asks only for what is not settled yet. Nothing on the platform is changed without --disable: then the verified
    /// assistants are switched off, after a plan, a question, and a probe whose agent is watched.
    #[command(after_help = RUN_EXAMPLES, after_long_help = format!("{RUN_EXAMPLES}\n\n{EXIT_CODES}"))]
    Run(Box<RunArgs>),
    /// Read every assistant of a CSV by itself: how it is set up, what is wrong with it; goes on where it stopped
    ///
    /// Writes a line for every row: model, lengths, counts, capabilities, ages, and findings with what to do about them, such
    /// as a model that this workspace does not have, or what looks like a password in a prompt (named by kind and line,
    /// never shown). It only reads. It has a ledger of its own.
    #[command(after_help = AUDIT_EXAMPLES, after_long_help = format!("{AUDIT_EXAMPLES}\n\n{EXIT_CODES}"))]
    Audit(Box<AuditArgs>),
    /// Make the agents what a ledger keeps, in this workspace or another one; --undo takes it back
    ///
    /// Reads each agent and compares it with what the ledger keeps of its row, shows what it will write, asks, writes the
    /// fields that differ and publishes them, reads the agent again. Nothing that somebody has not published yet is
    /// published. Can be run again: it goes on where it stopped, and writes nothing that is already so.
    #[command(after_help = APPLY_EXAMPLES, after_long_help = format!("{APPLY_EXAMPLES}\n\n{EXIT_CODES}"))]
    Apply(Box<ApplyArgs>),
    /// Switch on again every assistant that the ledger says this program switched off, or may have
    ///
    /// Shows what it will do and asks. Works from the ledger alone, with the key from the environment or a file. What was
    /// off before stays off. Can be run again until nothing is left.
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(Box<RollbackArgs>),
    /// Render a ledger again, finished or not, without any network
    Report(ReportArgs),
    /// Compare the agents once more with the assistants kept in a ledger; works after the Assistants API has ended
    ///
    /// Asks only for the agents. Writes a report of its own, whose notes say which verdicts changed since the run; the
    /// verdicts in the ledger stay as they are. A row whose assistant no run has read keeps its status and says so.
    #[command(after_help = VERIFY_EXAMPLES, after_long_help = format!("{VERIFY_EXAMPLES}\n\n{EXIT_CODES}"))]
    Verify(Box<VerifyArgs>),
    /// List the agents that are shared with the key, as a CSV that `run` takes
    ///
    /// It cannot see agents and assistants that are not shared with the key: nobody but the web app can. Switched-off ones
    /// are among the others. Nothing is written when the list breaks off in its middle.
    #[command(after_help = LIST_EXAMPLES)]
    List(Box<ListArgs>),
    /// Check base URL, network, key and folder before a run, and say what to do about what is not right
    ///
    /// A line for each check on standard output. Asks for the models, the agent list and a made-up assistant; changes
    /// nothing.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Box<DoctorArgs>),
    /// Serve the practice workspace on loopback until Ctrl-C
    ///
    /// Prints its base URL and key. Flags make it throttle, fail, lag, or end the Assistants API.
    Sandbox(Box<SandboxArgs>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page (roff) of the program, or of one of its commands
    Man {
        /// The command whose page it is [default: the program's own]
        command: Option<String>,
    },
}

const LOG_FORMATS: [Choice<LogFormat>; 2] =
    [("text", "A line of text", LogFormat::Text), ("json", "A JSON object a line", LogFormat::Json)];

const COLORS: [Choice<ColorChoice>; 3] = [
    ("auto", "On a terminal", ColorChoice::Auto),
    ("always", "Always", ColorChoice::Always),
    ("never", "Never", ColorChoice::Never),
];

#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Print only what went wrong and the report
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Print a line for every row; twice: also every wait and retry (never a body or the key)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
    /// Form of the log lines
    #[arg(long, global = true, value_parser = one_of(LOG_FORMATS), default_value = "text", value_name = "FORM", help_heading = "Output")]
    pub log_format: LogFormat,
    /// Write log lines to this file rather than to standard error
    #[arg(long, global = true, value_name = "PATH", help_heading = "Output")]
    pub log_file: Option<PathBuf>,
    /// When to use colours (the environment variable NO_COLOR counts for auto)
    #[arg(long, global = true, value_parser = one_of(COLORS), default_value = "auto", value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// CSV or .xlsx with a column of assistant UUIDs (with --sandbox it may be left out: a built-in sample)
    #[arg(required_unless_present = "sandbox")]
    pub input: Option<PathBuf>,
    #[command(flatten)]
    pub platform: PlatformArgs,
    #[command(flatten)]
    pub reading: InputArgs,
    /// Where the CSV report goes; - is standard output [default: beside INPUT, its stem + .report.csv]
    #[arg(short = 'o', long, value_name = "PATH", help_heading = "Report")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// The run's memory [default: beside INPUT, its stem + .ledger]
    #[arg(long, value_name = "PATH", help_heading = "Ledger")]
    pub ledger: Option<PathBuf>,
    /// Live with a difference in this field (temperature, actions, ...): it becomes a note, and the row is verified; can be
    /// given several times, and is remembered
    #[arg(long, value_name = "FIELD", value_parser = parse_field, help_heading = "Comparing")]
    pub accept: Vec<String>,
    /// Check at most N of the rows that are not settled yet
    #[arg(long, value_name = "N", help_heading = "Ledger")]
    pub limit: Option<NonZeroU64>,
    /// Ask again for verdicts older than this, e.g. 24h or 7d
    #[arg(long, value_name = "AGE", value_parser = parse_age, help_heading = "Ledger")]
    pub recheck: Option<Duration>,
    /// Begin a new ledger; the old one is renamed to STEM.UTC-TIME.ledger, never deleted
    #[arg(long, help_heading = "Ledger")]
    pub fresh: bool,
    #[command(flatten)]
    pub switching: DisablingArgs,
    /// Do not ask: switch off what the plan says; with --fresh, begin a new ledger even while the old one records
    /// assistants that are off
    #[arg(long, help_heading = "Switching off")]
    pub yes: bool,
}

#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("switching_off").args(["disable", "dry_run"]).multiple(true)))]
pub(crate) struct DisablingArgs {
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
    /// How long the probe's agent is watched before the rest is switched off, and how long the last look waits; a run
    /// without --disable that makes up for an earlier run's last look goes by it, too
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(0..=3_600), help_heading = "Switching off")]
    pub probe_wait: u64,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::shared::parse_delimiter;
    use crate::practice::LostAnswer;

    #[test]
    fn the_command_line_is_sound_and_every_option_has_help() {
        Cli::command().debug_assert();
    }

    #[test]
    fn how_an_answer_is_lost_is_asked_only_where_one_is() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command);
        let Ok(Command::Sandbox(plain)) = parse("agent-migrate sandbox") else { panic!("no sandbox") };
        assert_eq!(plain.switching.lost_answer, LostAnswer::Closed);
        assert!(parse("agent-migrate sandbox --lost-answer silent").is_err());
        let given = parse("agent-migrate sandbox --lose-disables 2 --lost-answer silent");
        let Ok(Command::Sandbox(given)) = given else { panic!("no sandbox") };
        assert_eq!((given.switching.lose_disables, given.switching.lost_answer), (2, LostAnswer::Silent));
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
