//! Names of columns that are the program's own: reports are made with them, and known by them when they are given as input.

/// The order of a run's columns in every format: first what a person reads, then what a machine joins by. The
/// carried-through ones follow to the right (DESIGN.md, Report).
pub const REPORT_COLUMNS: [&str; 16] = [
    "line",
    "name",
    "status",
    "remedy",
    "differences",
    "notes",
    "error",
    "disabled",
    "input",
    "assistant_id",
    "agent_id",
    "assistant_updated_at",
    "agent_updated_at",
    "requests",
    "elapsed_ms",
    "checked_at",
];

/// Columns that the report of every command has.
pub const COLUMNS_OF_EVERY_REPORT: [&str; 7] =
    ["line", "name", "status", "error", "input", "requests", "checked_at"];
