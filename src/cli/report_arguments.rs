//! Options of `report`, and of splitting one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::shared_arguments::DialectArg;

/// Format of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormatArg {
    /// The CSV that `run` writes
    Csv,
    /// JSON Lines: full texts, proposed agents
    Json,
    /// A web page in one file: for the people who have to act
    Html,
    /// A workbook for Excel, whatever its language; with -o PATH
    Xlsx,
}

impl ReportFormatArg {
    /// The option that names its file, of a command that writes more than one.
    pub(super) const fn option(self) -> &'static str {
        match self {
            Self::Csv => "--report",
            Self::Json => "--json",
            Self::Html => "--html",
            Self::Xlsx => "--xlsx",
        }
    }

    /// What a report in it is called.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Csv => "report",
            Self::Json => "JSON report",
            Self::Html => "HTML report",
            Self::Xlsx => "workbook",
        }
    }
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  agent-migrate report assistants.ledger
  agent-migrate report assistants.ledger --format html -o assistants.html
  agent-migrate report assistants.ledger --format json -o assistants.jsonl
  agent-migrate report assistants.ledger --format xlsx -o assistants.xlsx
  agent-migrate report assistants.ledger --redact -o for-the-auditor.csv
  agent-migrate report assistants.ledger --split-by owner --output-dir by-owner")]
pub(super) struct ReportArgs {
    /// The ledger of a run or an audit, finished or not
    pub ledger: PathBuf,
    /// Format
    #[arg(long, value_enum, default_value_t = ReportFormatArg::Csv, conflicts_with = "split_by")]
    pub format: ReportFormatArg,
    /// Where it goes; - is standard output, which on a terminal shows how the run ended in place of a CSV unless asked for
    #[arg(short, long, value_name = "PATH", conflicts_with = "split_by")]
    pub output: Option<PathBuf>,
    /// Lengths in place of the texts that came from the platform
    #[arg(long)]
    pub redact: bool,
    /// Delimiter, byte order mark and line ends of CSV
    #[arg(long, value_enum, default_value_t = DialectArg::Input)]
    pub dialect: DialectArg,
    /// Splitting by a column.
    #[command(flatten)]
    pub split: SplitArgs,
}

/// Splitting a report by a column.
#[derive(Clone, Debug, Args)]
pub(super) struct SplitArgs {
    /// A page and a CSV for each value of this column of the input, such as owner, and an index.html that links to them
    #[arg(long, value_name = "COLUMN", requires = "output_dir", help_heading = "Splitting")]
    pub split_by: Option<String>,
    /// The folder for them; made if it is missing
    #[arg(long, value_name = "DIR", requires = "split_by", help_heading = "Splitting")]
    pub output_dir: Option<PathBuf>,
}

impl SplitArgs {
    /// The column and the folder; `None` where nothing is to be split.
    pub(super) fn asked_for(&self) -> Option<(&str, &Path)> {
        self.split_by.as_deref().zip(self.output_dir.as_deref())
    }
}
