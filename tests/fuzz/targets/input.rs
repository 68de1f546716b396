//! CSV bytes: every row is accounted for, on its line, and a report given as input has the same ids.

use agent_migrate::base::{Encoding, InputRow, InvalidId, ReportRow};
use agent_migrate::engine::input::{Input, InputError, InputOptions};
use agent_migrate::engine::report::page::PageOptions;
use agent_migrate::engine::report::{Dialect, ReportSettings};
use uuid::Uuid;

use super::pages::{self, OWN};

/// Looks through an input, whose first two bytes choose the options, and reads its rows.
pub fn input(data: &[u8]) {
    let [choice, odd_delimiter, bytes @ ..] = data else { return };
    let options = options(*choice, *odd_delimiter);
    let text = plain_text(bytes);
    let input = match Input::from_bytes(bytes.to_vec(), &options) {
        Ok(input) => input,
        Err(InputError::UnclosedQuote(line)) => {
            // With NUL in it, it may have been read as UTF-16.
            let text = text.filter(|text| !text.contains('\0'));
            if let Some((text, delimiter)) = text.zip(options.delimiter) {
                assert_eq!(naive_records(text, delimiter), Err(line));
            }
            return;
        }
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let rows = rows(&input);
    assert_eq!(rows, self::rows(&input), "a second time");
    let columns = input.format().carried_columns.len();
    assert!(rows.iter().all(|row| row.carried.len() == columns));
    assert!(rows.iter().map(|row| row.line).is_sorted_by(|one, next| one < next));
    assert!(!input.remarks().is_empty());
    if let Some(text) = text.filter(|_| input.format().encoding == Encoding::Utf8) {
        every_row_is_accounted_for(text, &input, &rows);
    }
    a_report_of_them_has_the_same_ids(&input, &rows);
}

fn rows(input: &Input) -> Vec<InputRow> {
    input.rows().unwrap().map(Result::unwrap).collect()
}

fn options(choice: u8, odd_delimiter: u8) -> InputOptions {
    let named = |name: &str| Some(name.to_owned());
    InputOptions {
        no_header: choice & 1 == 1,
        delimiter: match choice >> 1 & 7 {
            0..=2 => None,
            3 => Some(b','),
            4 => Some(b';'),
            5 => Some(b'\t'),
            6 => Some(b'|'),
            _ => Some(odd_delimiter),
        },
        column: match choice >> 4 & 3 {
            0 | 1 => None,
            2 => named("1"),
            _ => named("owner"),
        },
        agent_column: if choice >> 6 == 3 { named("2") } else { None },
    }
}

/// The text, where the naive reader below can tell what its rows are: UTF-8, no `sep=` line, no header behind a `#`.
fn plain_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_filler = |character: char| !character.is_ascii_graphic() || matches!(character, ',' | ';' | '"');
    let begins_otherwise = !text.trim_start_matches(is_filler).starts_with('#');
    (begins_otherwise && !text.to_ascii_lowercase().contains("sep=")).then_some(text)
}

/// A record, read without any thought for speed.
#[derive(Debug, PartialEq)]
struct NaiveRecord {
    line: u64,
    cells: Vec<String>,
}

/// The records of a text, blank ones too; the line of the quote, where one is never closed.
fn naive_records(text: &str, delimiter: u8) -> Result<Vec<NaiveRecord>, u64> {
    let delimiter = char::from(delimiter);
    let text: Vec<char> = text.chars().collect();
    let line_at = |place: usize| {
        let breaks = |at: &usize| match text[*at] {
            '\r' => true,
            '\n' => *at == 0 || text[at - 1] != '\r',
            _ => false,
        };
        1 + (0..place).filter(breaks).count() as u64
    };
    let is_break = |character: &char| matches!(character, '\r' | '\n');
    let mut records = Vec::new();
    let mut at = 0;
    while at < text.len() {
        // What a file is padded with stands before a record.
        if is_break(&text[at]) || matches!(text[at], '\0' | '\x1a') {
            at += 1;
            continue;
        }
        if text[at] == '#' {
            while text.get(at).is_some_and(|character| !is_break(character)) {
                at += 1;
            }
            continue;
        }
        let mut record = NaiveRecord { line: line_at(at), cells: Vec::new() };
        loop {
            let mut cell = String::new();
            if text.get(at) == Some(&'"') {
                let opened = at;
                at += 1;
                loop {
                    match (text.get(at), text.get(at + 1)) {
                        (None, _) => return Err(line_at(opened)),
                        (Some('"'), Some('"')) => {
                            cell.push('"');
                            at += 2;
                        }
                        (Some('"'), _) => break,
                        (Some(other), _) => {
                            cell.push(*other);
                            at += 1;
                        }
                    }
                }
                at += 1;
            }
            while text.get(at).is_some_and(|other| !is_break(other) && *other != delimiter) {
                cell.push(text[at]);
                at += 1;
            }
            record.cells.push(cell);
            if text.get(at) != Some(&delimiter) {
                break;
            }
            at += 1;
        }
        records.push(record);
    }
    Ok(records)
}

fn every_row_is_accounted_for(text: &str, input: &Input, rows: &[InputRow]) {
    let records = naive_records(text, input.format().delimiter).unwrap();
    let has_words =
        |record: &&NaiveRecord| record.cells.iter().any(|cell| cell.contains(|c: char| c.is_alphanumeric()));
    let unclaimed = records.iter().filter(has_words).filter(|record| {
        let is_row = rows.binary_search_by_key(&record.line, |row| row.line).is_ok();
        !is_row
    });
    // The header is the only one that may be no row, but for titles above it, which hold no id.
    let skipped: Vec<&NaiveRecord> = unclaimed.collect();
    if let Some((header, titles)) = skipped.split_last() {
        assert!(rows.iter().all(|row| row.line > header.line), "{header:?}");
        assert!(
            titles.is_empty() || header.line <= 20 && skipped.iter().all(|record| !holds_id(record)),
            "{skipped:?}"
        );
    }
    for row in rows {
        let record = records.iter().find(|record| record.line == row.line).unwrap();
        let stands_there = |cell: &String| {
            cell.is_empty() || record.cells.iter().any(|own| own == cell || *own == format!("'{cell}"))
        };
        assert!(stands_there(&row.input) && row.carried.iter().all(stands_there), "{row:?} {record:?}");
    }
}

fn holds_id(record: &NaiveRecord) -> bool {
    let ends_word = |character: char| !character.is_alphanumeric() && character != '-';
    record.cells.iter().any(|cell| cell.split(ends_word).any(|word| Uuid::try_parse(word).is_ok()))
}

fn a_report_of_them_has_the_same_ids(input: &Input, rows: &[InputRow]) {
    let format = input.format().clone();
    let delimiter = format.delimiter;
    let names = format.carried_columns.clone();
    let report_rows: Vec<ReportRow> = rows
        .iter()
        .map(|row| ReportRow {
            carried: row.carried.clone(),
            invalid: row.target.err(),
            ..pages::plain_row(row.line, &row.input, row.target.ok())
        })
        .collect();
    let report = pages::csv(
        &ReportSettings { format, dialect: Dialect::Input, redact: false, page: PageOptions::default() },
        &report_rows,
    );
    let cells = pages::harmless_cells(&report, delimiter);
    assert_eq!(cells.len(), rows.len() + 1);
    assert!(cells.iter().all(|record| record.len() == OWN + names.len()));
    let sniffed = matches!(delimiter, b',' | b';' | b'\t');
    let options = InputOptions { delimiter: (!sniffed).then_some(delimiter), ..InputOptions::default() };
    let again = Input::from_bytes(report, &options).unwrap();
    assert_eq!(again.format().delimiter, delimiter);
    assert_eq!(again.format().carried_columns.len(), names.len());
    let again = self::rows(&again);
    assert_eq!(again.len(), rows.len());
    for (row, again) in rows.iter().zip(&again) {
        match row.target {
            Ok(_) => assert_eq!(again.target, row.target, "{row:?}"),
            // What stood in the agent's cell is not in the report.
            Err(InvalidId::AgentNoUuid | InvalidId::AgentTwoUuids) => {}
            Err(_) => assert!(again.target.is_err(), "{row:?} {again:?}"),
        }
        for (cell, again) in row.carried.iter().zip(&again.carried) {
            // A person's own `'=` looks like a shield of ours.
            assert!(cell == again || (cell.starts_with('\'') && cell[1..] == **again), "{cell:?} {again:?}");
        }
    }
}
