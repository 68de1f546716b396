//! What more than one command can be told.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::engine::input::InputOptions;
use crate::engine::report::Dialect;

/// A member of a closed list: how it is typed, what help says of it, and what it is.
pub(crate) type Choice<T> = (&'static str, &'static str, T);

/// Reads one of these words.
pub(crate) fn one_of<T, const N: usize>(choices: [Choice<T>; N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let words = choices.map(|(word, help, _)| PossibleValue::new(word).help(help));
    PossibleValuesParser::new(words).try_map(move |typed| {
        choices
            .iter()
            .find(|(word, ..)| *word == typed)
            .map(|(.., member)| *member)
            .ok_or("it is none of them")
    })
}

/// Of a CSV that is to be like its input.
pub(crate) const DIALECTS: [Choice<Dialect>; 3] = [
    ("input", "As the input has them", Dialect::Input),
    (
        "excel",
        "Byte order mark and CRLF; the delimiter stays the input's, and where Excel speaks German it wants a semicolon: \
         --xlsx or `report --format xlsx` writes what every Excel opens",
        Dialect::Excel,
    ),
    ("plain", "Comma, LF, no byte order mark", Dialect::Plain),
];

#[derive(Clone, Debug, Args)]
pub(crate) struct InputArgs {
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
    pub(crate) fn options(&self) -> InputOptions {
        let Self { column, agent_column, delimiter, no_header } = self.clone();
        InputOptions { column, agent_column, delimiter, no_header }
    }
}

pub(crate) fn parse_age(text: &str) -> Result<Duration, String> {
    let sentence = || format!("'{text}' is not an age; write it like 24h, 30m or 7d");
    let span: jiff::Span = text.parse().map_err(|_| sentence())?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| sentence())?;
    Duration::try_from(age).map_err(|_| sentence())
}

pub(crate) fn parse_field(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("give the name of a field, as the report has it".into()),
        name => Ok(name.to_owned()),
    }
}

pub(crate) fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if !matches!(byte, b'"' | b'\r' | b'\n' | b'#') && !byte.is_ascii_alphanumeric() => Ok(*byte),
        _ => {
            Err("give one character that is neither a letter, a digit, a quote nor #, or the word tab".into())
        }
    }
}
