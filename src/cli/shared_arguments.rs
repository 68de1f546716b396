//! What more than one command can be told.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::engine::input::InputOptions;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlatformArg {
    /// Langdock, at api.langdock.com
    Langdock,
    /// Odeus, at api.odeus.ai
    Odeus,
}

impl PlatformArg {
    /// As it is typed.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Langdock => "langdock",
            Self::Odeus => "odeus",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectArg {
    /// As the input has them
    Input,
    /// Byte order mark and CRLF; the delimiter stays the input's, and where Excel speaks German it wants a semicolon: --xlsx
    /// or `report --format xlsx` writes what every Excel opens
    Excel,
    /// Comma, LF, no byte order mark
    Plain,
}

#[derive(Clone, Debug, Args)]
pub(super) struct InputArgs {
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

impl InputArgs {
    /// How to read the input.
    pub(super) fn options(&self) -> InputOptions {
        let Self { column, agent_column, delimiter, no_header } = self.clone();
        InputOptions { column, agent_column, delimiter, no_header }
    }
}

pub(super) fn parse_age(text: &str) -> Result<Duration, String> {
    let sentence = || format!("'{text}' is not an age; write it like 24h, 30m or 7d");
    let span: jiff::Span = text.parse().map_err(|_| sentence())?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| sentence())?;
    Duration::try_from(age).map_err(|_| sentence())
}

pub(super) fn parse_field(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("give the name of a field, as the report has it".into()),
        name => Ok(name.to_owned()),
    }
}

pub(super) fn parse_delimiter(text: &str) -> Result<u8, String> {
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
