//! What the input layer makes of a CSV: its format and its rows.

use serde::{Deserialize, Serialize};

use super::ids::Pair;
use super::text::worded::worded;

/// How the bytes of the input spell text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// UTF-16, little endian, with byte order mark.
    Utf16Le,
    /// UTF-16, big endian, with byte order mark.
    Utf16Be,
    /// What is left when the bytes are neither: Excel's "CSV" in western Europe.
    Windows1252,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

impl LineEnd {
    /// The bytes themselves.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }
}

/// The shape of the input file, kept so that the report can have the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFormat {
    /// How the bytes spell text.
    pub encoding: Encoding,
    /// Whether the file began with a byte order mark.
    pub bom: bool,
    /// Field delimiter, an ASCII byte: comma, semicolon, tab or what `--delimiter` said.
    pub delimiter: u8,
    /// The first line end found, `Lf` where there is none.
    pub line_end: LineEnd,
    /// Names of the carried-through columns, in input order, already free of clashes with the report's own columns.
    pub carried_columns: Vec<String>,
}

/// The plain shape, where there is no input that gives one.
impl Default for InputFormat {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            bom: false,
            delimiter: b',',
            line_end: LineEnd::Lf,
            carried_columns: Vec::new(),
        }
    }
}

/// One row of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRow {
    /// Line of the input where the row starts, from 1.
    pub line: u64,
    /// The assistant cell as given.
    pub input: String,
    /// The ids in it, or why there are none.
    pub target: Result<Pair, InvalidId>,
    /// Cells of the carried-through columns; exactly as many as `InputFormat::carried_columns`.
    pub carried: Vec<String>,
}

worded! {
    /// Why a row has no ids to ask for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum InvalidId {
        /// The assistant cell is empty, or the row has no such cell.
        Empty = "empty",
        /// No UUID stands in the assistant cell.
        NoUuid = "no_uuid",
        /// Two different UUIDs stand in the assistant cell.
        TwoUuids = "two_uuids",
        /// The agent cell is not empty and holds no UUID.
        AgentNoUuid = "agent_no_uuid",
        /// Two different UUIDs stand in the agent cell.
        AgentTwoUuids = "agent_two_uuids",
    }
}

impl InvalidId {
    /// What the report's `error` column says.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "input: the cell is empty",
            Self::NoUuid => "input: no UUID in the cell",
            Self::TwoUuids => "input: two different UUIDs in the cell",
            Self::AgentNoUuid => "input: no UUID in the agent_id cell",
            Self::AgentTwoUuids => "input: two different UUIDs in the agent_id cell",
        }
    }
}
