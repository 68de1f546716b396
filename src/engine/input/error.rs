//! Why an input cannot be used: sentences that say what to do.

use std::io;
use std::path::PathBuf;

/// What to do about a file of a spreadsheet program that is not read.
pub(super) const SAVE_AS: &str =
    "open it, choose File > Save As (or Export), and give it as an .xlsx or as 'CSV UTF-8'";

/// Nothing can be done with this input. All but [`InputError::Read`] and [`InputError::Changed`] are found before the
/// first row is handed out.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// No file of that name.
    #[error("there is no file '{}': check the name and the folder", .0.display())]
    NotFound(PathBuf),
    /// A folder instead of a file.
    #[error("'{}' is a folder: name the CSV file in it", .0.display())]
    Directory(PathBuf),
    /// A pipe or a device, which cannot be read twice.
    #[error("'{}' is not a regular file, and the input is read more than once: save it as a file first", .0.display())]
    NotAFile(PathBuf),
    /// The file is there and does not open.
    #[error("'{}' cannot be opened: {}", .0.display(), .1)]
    Open(PathBuf, #[source] io::Error),
    /// The operating system stopped in the middle of the file.
    #[error("the input cannot be read to its end: {0}")]
    Read(#[source] io::Error),
    /// The file was written to between the first look and now.
    #[error("the input was changed while it was read: run the command again when nothing writes to it")]
    Changed,
    /// Neither a CSV nor an `.xlsx`.
    #[error("the input is {what}, neither a CSV nor an .xlsx: {advice}")]
    OtherFormat {
        /// Which kind, as people know it.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A workbook, or another archive, that cannot be read.
    #[error("the input cannot be read as a workbook (.xlsx): {0}; save it again, or give a CSV")]
    Workbook(String),
    /// A workbook that is larger than a list of assistants is.
    #[error(
        "the input is a workbook of more than 64 MiB (256 MiB unpacked): leave out what is no list of assistants, or give a CSV"
    )]
    WorkbookTooLarge,
    /// Cells stand apart by a character that is not looked for.
    #[error("the cells of the input seem to be separated by {}: say so with --delimiter {}", .0, shell(*.0))]
    OtherDelimiter(char),
    /// Nothing in it, or nothing but blank lines and comments, or a header line without rows.
    #[error("the input has no rows: {0}")]
    Empty(&'static str),
    /// A quote that is never closed, by the line on which it stands, would swallow every row after it.
    #[error(
        "line {0}: the quote (\") that opens there is never closed: \
         close it, or double it if it belongs to the text"
    )]
    UnclosedQuote(u64),
    /// No table that a person keeps has such a row: another kind of file, or a quote that is closed far too late.
    #[error(
        "line {0}: the row that starts there is larger than 16 MiB or has more than 16,384 columns: \
         is this a CSV, and is every quote (\") closed?"
    )]
    RowTooLarge(u64),
    /// `--delimiter` with a character that cannot be one.
    #[error("--delimiter takes one ASCII character that is neither a quote nor a line break")]
    Delimiter,
    /// `--column` or `--agent-column` names no column of the input.
    #[error("{option} {name}: there is no such column; the input has {columns}")]
    UnknownColumn {
        /// The option in question.
        option: &'static str,
        /// What it was given.
        name: String,
        /// The columns that there are, quoted and separated by commas.
        columns: String,
    },
    /// Both options name one column.
    #[error(
        "--column and --agent-column name the same column, {0}: leave --agent-column out if the ids are the same"
    )]
    SameColumn(String),
    /// Several columns hold UUIDs and none has a name that decides.
    #[error("more than one column holds UUIDs: {0}; say with --column NAME which one has the assistants")]
    AmbiguousColumn(String),
    /// No UUID in the first rows and no name to go by.
    #[error(
        "no column holds a UUID in the first {rows} rows; \
         say with --column NAME which one has the assistants: {columns}"
    )]
    NoUuidColumn {
        /// Rows looked at, digits grouped.
        rows: String,
        /// The columns that there are, quoted and separated by commas.
        columns: String,
    },
}

/// The character as it is typed.
fn shell(delimiter: char) -> String {
    if cfg!(windows) { format!("\"{delimiter}\"") } else { format!("'{delimiter}'") }
}

impl InputError {
    /// Whether the sentence names the file already.
    pub const fn names_the_file(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Directory(_) | Self::NotAFile(_) | Self::Open(..))
    }

    /// Whether an option is what has to be mended, rather than the input.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Delimiter | Self::UnknownColumn { .. } | Self::SameColumn(_))
    }
}
