//! Reports of rows, and what holds for each of them.

use agent_migrate::base::{Pair, ReportRow, RowStatus, RunFacts};
use agent_migrate::engine::report;
use agent_migrate::engine::report::page::{Objects, Overview};
use agent_migrate::engine::report::{Dialect, Renderer, ReportSettings};

/// Columns of the report's own.
pub(crate) const OWN: usize = 16;

/// A verified row without anything to say.
pub(crate) fn plain_row(line: u64, input: &str, pair: Option<Pair>) -> ReportRow {
    let status = if pair.is_some() { RowStatus::Verified } else { RowStatus::InvalidId };
    ReportRow::new(line, input.to_owned(), pair, status)
}

/// The report as CSV, in the dialect of the input.
pub(crate) fn csv(settings: &ReportSettings, rows: &[ReportRow]) -> Vec<u8> {
    assert_eq!(settings.dialect, Dialect::Input);
    let mut bytes = Vec::new();
    write(report::csv(settings, &mut bytes), rows);
    bytes
}

/// The report as JSON Lines.
pub(crate) fn json(settings: &ReportSettings, rows: &[ReportRow]) -> String {
    let mut bytes = Vec::new();
    write(report::json_lines(settings, &mut bytes), rows);
    String::from_utf8(bytes).unwrap()
}

/// The report as a page, the two answers of the row with it.
pub(crate) fn html(settings: &ReportSettings, row: &ReportRow, answers: [&[u8]; 2]) -> String {
    let mut overview = Overview::default();
    overview.count(row, settings);
    let mut bytes = Vec::new();
    let mut renderer = report::page::html(settings, overview, None, |_, _| None, &mut bytes);
    renderer.begin(&RunFacts::default()).unwrap();
    renderer.row(row).unwrap();
    let room = renderer.opens(row).unwrap().unwrap();
    renderer.opened(row, Objects::of(row, answers.map(Some), settings.redact, room)).unwrap();
    renderer.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

fn write(mut renderer: Box<dyn Renderer<ReportRow> + '_>, rows: &[ReportRow]) {
    renderer.begin(&RunFacts::default()).unwrap();
    for row in rows {
        renderer.row(row).unwrap();
    }
    renderer.finish().unwrap();
}

/// Cells of a CSV report; none of them may begin with something that a spreadsheet runs.
pub(crate) fn harmless_cells(report: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let report = report.strip_prefix("\u{feff}".as_bytes()).unwrap_or(report);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(report);
    let records: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    for record in &records {
        for (place, cell) in record.iter().enumerate() {
            let is_own = place < OWN;
            assert!(!runs(cell) || (!is_own && is_number(cell)), "column {place}: {cell:?}");
            if is_own {
                assert!(cell.chars().count() <= 8_000 && !cell.contains(char::is_control), "{cell:?}");
            }
        }
    }
    records
}

/// Whether a spreadsheet runs the cell (DESIGN.md, Report).
fn runs(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0'])
        || cell.trim_start().starts_with(['=', '+', '-', '@'])
}

/// A plain number or a phone number.
fn is_number(cell: &str) -> bool {
    cell.contains(|character: char| character.is_ascii_digit())
        && cell.chars().all(|character| "0123456789+-.,eE ()/".contains(character))
}
