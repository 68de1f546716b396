//! Options of `report`, and of splitting one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};

use super::shared::{Choice, DIALECTS, one_of};
use crate::base::{Lang, one_line};
use crate::engine::report::Dialect;
use crate::engine::report::page::{AppLink, PageOptions};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormatArg {
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
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Csv => "--report",
            Self::Json => "--json",
            Self::Html => "--html",
            Self::Xlsx => "--xlsx",
        }
    }

    /// What a report in it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Csv => "report",
            Self::Json => "JSON report",
            Self::Html => "HTML report",
            Self::Xlsx => "workbook",
        }
    }
}

impl ReportArgs {
    /// The format asked for, or the one that the output's name asks for.
    pub(crate) fn format(&self) -> ReportFormatArg {
        let ending = self.output.as_deref().and_then(Path::extension).and_then(OsStr::to_str);
        self.format.unwrap_or_else(|| match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("html" | "htm") => ReportFormatArg::Html,
            Some("json" | "jsonl") => ReportFormatArg::Json,
            Some("xlsx") => ReportFormatArg::Xlsx,
            _ => ReportFormatArg::Csv,
        })
    }
}

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  agent-migrate report assistants.ledger
  agent-migrate report assistants.ledger --format html -o assistants.html
  agent-migrate report assistants.ledger --format json -o assistants.jsonl
  agent-migrate report assistants.ledger --format xlsx -o assistants.xlsx
  agent-migrate report assistants.ledger --redact -o for-the-auditor.csv
  agent-migrate report assistants.ledger --format html --proof -o proof.html
  agent-migrate report assistants.ledger --split-by owner --output-dir by-owner
  agent-migrate report assistants.ledger --split-by owner --output-dir by-owner --lang de \\
      --deadline 2027-04-30 --contact ai-team@example.com --app-link 'https://app.langdock.com/agents/{id}/edit'")]
pub(crate) struct ReportArgs {
    /// The ledger of a run or an audit, finished or not
    pub ledger: PathBuf,
    /// Format
    /// [default: by the ending of --output, else csv]
    #[arg(long, value_enum, conflicts_with = "split_by")]
    pub format: Option<ReportFormatArg>,
    /// Where it goes; - is standard output, which on a terminal shows how the run ended in place of a CSV unless asked for
    #[arg(short, long, value_name = "PATH", conflicts_with = "split_by")]
    pub output: Option<PathBuf>,
    /// Lengths in place of the texts that came from the platform
    #[arg(long)]
    pub redact: bool,
    /// Delimiter, byte order mark and line ends of CSV
    #[arg(long, value_parser = one_of(DIALECTS), default_value = "input")]
    pub dialect: Dialect,
    /// With --format html: a sheet for an auditor or a works council; which command ran when, what was switched off and on
    /// and what was written when, with the hashes of input, ledger and report
    #[arg(long, conflicts_with = "split_by")]
    pub proof: bool,
    #[command(flatten)]
    pub split: SplitArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

/// The reports of a command beside its CSV, and how all of them look.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Also write the report as JSON Lines, with full texts; that of `run` has the proposed agents as well
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub json: Option<PathBuf>,
    /// Also write the report as a web page, one file that needs no network
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub html: Option<PathBuf>,
    /// Also write the report as a workbook for Excel, whatever its language: filtered, coloured, with a sheet of counts
    #[arg(long, value_name = "PATH", help_heading = "Report")]
    pub xlsx: Option<PathBuf>,
    /// Lengths in place of the texts that came from the platform
    #[arg(long, help_heading = "Report")]
    pub redact: bool,
    /// Delimiter, byte order mark and line ends of the CSV report
    #[arg(long, value_parser = one_of(DIALECTS), default_value = "input", help_heading = "Report")]
    pub dialect: Dialect,
    #[command(flatten)]
    pub split: SplitArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

const LANGS: [Choice<Lang>; 2] = [("en", "English", Lang::En), ("de", "German", Lang::De)];

#[derive(Clone, Debug, Args)]
pub(crate) struct PageArgs {
    /// Language of pages, workbooks and the column `remedy`; status words, column names and JSON stay English
    #[arg(long, value_parser = one_of(LANGS), default_value = "en", value_name = "LANG", help_heading = "Pages")]
    pub lang: Lang,
    /// By when people are to act, for the top of pages: YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = parse_date, help_heading = "Pages")]
    pub deadline: Option<Date>,
    /// Whom they may ask, for pages: a name or a mail address
    #[arg(long, value_name = "TEXT", help_heading = "Pages")]
    pub contact: Option<String>,
    /// Where the web app shows an assistant, for links on pages: an address with {id} in it [default: as the cells of the
    /// input have it, where they are addresses]
    #[arg(long, value_name = "URL", value_parser = AppLink::parse, help_heading = "Pages")]
    pub app_link: Option<AppLink>,
}

impl PageArgs {
    /// What pages are told.
    pub(crate) fn options(&self) -> PageOptions {
        let contact = self.contact.as_deref().map(one_line).map(|contact| contact.trim().to_owned());
        PageOptions {
            lang: self.lang,
            deadline: self.deadline,
            contact: contact.filter(|contact| !contact.is_empty()),
            app_link: self.app_link.clone(),
        }
    }

    /// What is said of a deadline that lies behind everybody at `now`. It is no error: the command line of a run that goes
    /// on, or of a page that is made once more, is the same after that day.
    pub(crate) fn missed(&self, now: Timestamp) -> Option<String> {
        // Where the day ends last.
        let today = now.to_zoned(TimeZone::fixed(tz::offset(-12))).date();
        let missed = self.deadline.filter(|deadline| *deadline < today)?;
        Some(format!(
            "--deadline {missed} has passed, and pages ask people to act by then: give a later day, or leave it out."
        ))
    }
}

fn parse_date(text: &str) -> Result<Date, String> {
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| "write the day like 2026-04-30".to_owned())
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SplitArgs {
    /// A page and a CSV for each value of this column of the input, such as owner, and an index.html that links to them
    #[arg(long, value_name = "COLUMN", requires = "output_dir", help_heading = "Splitting")]
    pub split_by: Option<String>,
    /// The folder for them; made if it is missing
    #[arg(long, value_name = "DIR", requires = "split_by", help_heading = "Splitting")]
    pub output_dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_day_that_there_is() {
        assert_eq!(parse_date("2026-04-30"), Ok(jiff::civil::date(2026, 4, 30)));
        for text in ["2026-04-31", "20260430", "2026-4-30", "2026-04-30T10:00", "30.04.2026", "soon", ""] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_deadline_has_passed_once_its_day_is_over_everywhere() {
        let deadline = Some(jiff::civil::date(2026, 4, 30));
        let page = PageArgs { lang: Lang::En, deadline, contact: None, app_link: None };
        let missed = |now: &str| page.missed(now.parse().unwrap());
        assert_eq!(missed("2026-05-01T11:59:59Z"), None);
        insta::assert_snapshot!(missed("2026-05-01T12:00:00Z").unwrap(), @"--deadline 2026-04-30 has passed, and pages ask people to act by then: give a later day, or leave it out.");
        assert_eq!(PageArgs { deadline: None, ..page }.missed(Timestamp::MAX), None);
    }
}
