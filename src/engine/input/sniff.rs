//! The beginning of the text: Excel's `sep=` line, the delimiter, a header behind a `#`.

use super::cell::{self, Found};
use super::error::InputError;
use super::records::{Layout, Record, Records};
use super::{InputOptions, SNIFFED_ROWS, names};
use crate::base::{alike, trimmed};

/// Bytes of text that are enough to tell the delimiter.
pub(super) const HEAD: u64 = 1024 * 1024;

/// The header stands within so many lines, where titles stand above it (DESIGN.md, Input).
const TITLE_LINES: u64 = 20;

/// Delimiters that are named to the person, who has to say so: they stand in texts, too.
const OTHER_DELIMITERS: [u8; 3] = [b'|', b'^', b'~'];

/// Decides the layout from the first [`HEAD`] bytes of text.
pub(super) fn layout(head: &[u8], options: &InputOptions) -> Result<Layout, InputError> {
    let mut lines =
        head.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !cell::is_blank_line(line));
    let first = lines.next().unwrap_or_default();
    let sep = sep_line(first);
    let hash_line = if sep.is_some() { lines.next().unwrap_or_default() } else { first };
    let with = |delimiter| Layout {
        delimiter,
        sep_line: sep.is_some(),
        hash_header: !options.no_header && is_hash_header(hash_line, delimiter, options),
        header_line: None,
        is_sheet: false,
    };
    let layout = match (options.delimiter, sep) {
        (Some(delimiter), _) if !is_usable(delimiter) => return Err(InputError::Delimiter),
        (Some(delimiter), _) | (None, Some(Sep::Names(delimiter))) => with(delimiter),
        (None, Some(Sep::Mute) | None) => best(head, with)?,
    };
    Ok(Layout { header_line: header_below_titles(head, layout, options), ..layout })
}

/// The layout under the delimiter that explains the first rows best.
fn best(head: &[u8], with: impl Fn(u8) -> Layout) -> Result<Layout, InputError> {
    let mut best = (Fit::default(), with(b','));
    for layout in [b',', b';', b'\t'].map(&with) {
        let fit = fit(head, layout);
        // Of equals the first: a file of one column has no delimiter, and a comma is what a CSV has.
        if fit > best.0 {
            best = (fit, layout);
        }
    }
    let separates = |delimiter: &u8| {
        let fit = fit(head, with(*delimiter));
        fit.cells > 1 && fit.even_rows == fit.rows && fit.lone_uuids > 0
    };
    if best.0.cells == 0
        && let Some(delimiter) = OTHER_DELIMITERS.into_iter().find(separates)
    {
        return Err(InputError::OtherDelimiter(char::from(delimiter)));
    }
    Ok(best.1)
}

/// The layout of a workbook's sheet, as its text is made.
pub(super) fn sheet_layout(head: &[u8], options: &InputOptions) -> Layout {
    let layout =
        Layout { delimiter: b',', sep_line: false, hash_header: false, header_line: None, is_sheet: true };
    Layout { header_line: header_below_titles(head, layout, options), ..layout }
}

/// The line of the header where other lines stand above it: the first one with a known name over a column of UUIDs, and none
/// of it a row. Above the header of a report of ours there are none.
fn header_below_titles(head: &[u8], layout: Layout, options: &InputOptions) -> Option<u64> {
    if options.no_header || layout.hash_header {
        return None;
    }
    let mut records = Records::new(head, layout);
    let mut record = Record::default();
    let mut first = None;
    let mut headers: Vec<(u64, Vec<usize>)> = Vec::new();
    let mut rows = 0;
    while rows < SNIFFED_ROWS && records.read(&mut record).unwrap_or(false) {
        if first.is_none() && names::is_report(&record.names()) {
            return None;
        }
        let first = *first.get_or_insert(record.line());
        let holds_uuid = |column: &usize| cell::find(record.cell(*column)) != Found::Nothing;
        if rows > 0 || (0..record.len()).any(|column| holds_uuid(&column)) {
            rows += 1;
            if let Some((line, _)) = headers.iter().find(|(_, columns)| columns.iter().any(holds_uuid)) {
                return Some(*line).filter(|line| *line > first);
            }
        } else if record.line() <= TITLE_LINES {
            let known: Vec<usize> =
                (0..record.len()).filter(|column| is_name(&record.text(*column), options)).collect();
            headers.push((record.line(), known));
        } else {
            return None;
        }
    }
    None
}

/// Whether it is a known name, or one that was asked for.
fn is_name(cell: &str, options: &InputOptions) -> bool {
    names::is_known(cell) || options.names().any(|wanted| alike(wanted, cell))
}

/// How well a delimiter explains the first rows; what counts most comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether the first row is the header of a report of ours, which has no such columns under another delimiter.
    is_report: bool,
    /// Cells that hold one UUID and no other delimiter: under the wrong delimiter cells stick together.
    lone_uuids: u64,
    /// Whether the first row has a cell that is a known name.
    known_name: bool,
    /// Rows with as many cells as the first one.
    even_rows: u64,
    /// Cells of the first row; 0 for a single one, which says nothing for the delimiter.
    cells: usize,
    /// Rows looked at, which are as many under another delimiter.
    rows: u64,
}

fn fit(head: &[u8], layout: Layout) -> Fit {
    let mut fit = Fit::default();
    let mut records = Records::new(head, layout);
    let mut record = Record::default();
    // An open quote is no news here: the head may end inside a row.
    while fit.rows <= SNIFFED_ROWS && records.read(&mut record).unwrap_or(false) {
        if fit.rows == 0 {
            fit.cells = if record.len() > 1 { record.len() } else { 0 };
            let names = record.names();
            fit.is_report = names::is_report(&names);
            fit.known_name = names.iter().any(|name| names::is_known(name));
        }
        fit.rows += 1;
        fit.even_rows += u64::from(record.len() == fit.cells);
        fit.lone_uuids += record.cells().filter(|cell| is_lone_uuid(cell)).count() as u64;
    }
    fit
}

fn is_lone_uuid(cell: &[u8]) -> bool {
    cell.len() >= 32
        && !cell.iter().any(|byte| matches!(byte, b',' | b';' | b'\t'))
        && matches!(cell::find(cell), Found::One(_))
}

/// Excel's `sep=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sep {
    Names(u8),
    /// It names none, and is skipped all the same.
    Mute,
}

/// What the line says, if it is a `sep=` line.
fn sep_line(line: &[u8]) -> Option<Sep> {
    let line = line.strip_prefix(b"\"").map_or(line, |rest| rest.strip_suffix(b"\"").unwrap_or(rest));
    let (name, rest) = line.split_at_checked(4)?;
    if !name.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    // Saved again, the line may have got a delimiter for every column: `sep=;;;`.
    match rest {
        [] => Some(Sep::Mute),
        [first, others @ ..] if others.iter().all(|byte| byte == first) => {
            Some(if is_usable(*first) { Sep::Names(*first) } else { Sep::Mute })
        }
        _ => None,
    }
}

const fn is_usable(delimiter: u8) -> bool {
    delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n')
}

/// Whether a `#` line is the header: one of its cells is a known name or one that was asked for. A row that was
/// commented out is none, so a UUID in it decides against.
fn is_hash_header(line: &[u8], delimiter: u8, options: &InputOptions) -> bool {
    let Some(line) = line.strip_prefix(b"#") else { return false };
    if cell::find(line) != Found::Nothing {
        return false;
    }
    line.split(|&byte| byte == delimiter).any(|cell| {
        let cell = String::from_utf8_lossy(cell);
        is_name(trimmed(&cell).trim_matches('"'), options)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "550e8400-e29b-41d4-a716-446655440000";
    const B: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    fn sniffed(text: &str) -> Layout {
        layout(text.as_bytes(), &InputOptions::default()).unwrap()
    }

    #[test]
    fn the_delimiter_is_the_one_that_explains_the_rows() {
        for (text, expected) in [
            (format!("assistant_id,owner\n{A},x\n"), b','),
            (format!("assistant_id;owner\n{A};x\n"), b';'),
            (format!("assistant_id\towner\n{A}\tx\n"), b'\t'),
            (format!("{A};x\n{B};y\n"), b';'),
            (format!("assistant_id\n{A}\n"), b','),
            (format!("{A}\n{B}\n"), b','),
            // Text that is fuller of commas than of delimiters.
            (format!("assistant_id;note\n{A};Hello, dear, all\n{B};One, two, three\n"), b';'),
            (format!("assistant_id\tnote\n{A}\ta, b; c\n{B}\td, e; f\n"), b'\t'),
            (format!("id;a,b\n{A};1,2\n{B};3,4\n"), b';'),
            (format!("note,assistant_id\n\"a;b\",{A}\n\"c;d\",{B}\n"), b','),
            (format!("note;assistant_id\n\"a\nb,c\";{A}\n"), b';'),
            (format!("x;assistant_id\na, {B} b, c;{A}\n"), b';'),
            // A report of ours, however many UUIDs a column of the person's holds.
            (
                format!(
                    "line,input,assistant_id,agent_id,status,disabled,related\n2,-,,,invalid_id,,\"{A};{B};{A};{B}\"\n"
                ),
                b',',
            ),
            (format!("line;status;disabled;input;assistant_id;agent_id;x\n2;invalid_id;;-;;;,{A},\n"), b';'),
            // No UUID to go by.
            ("assistant_id;note\nfoo;a, b\nbar;c\n".to_owned(), b';'),
            ("a\tb\nfoo\t1\nbar\t2\n".to_owned(), b'\t'),
            (format!("# made by hand; yes; really\nassistant_id,owner\n{A},x\n"), b','),
            (format!("#assistant_id;owner\n{A};x\n"), b';'),
            (String::new(), b','),
        ] {
            assert_eq!(sniffed(&text).delimiter as char, expected as char, "{text}");
        }
    }

    #[test]
    fn another_delimiter_is_named_where_it_explains_every_row() {
        let options = InputOptions::default();
        let error =
            layout(format!("assistant_id|owner\n{A}|Hello, dear\n").as_bytes(), &options).unwrap_err();
        assert!(matches!(error, InputError::OtherDelimiter('|')), "{error}");
        for text in [format!("assistant_id\n{A} | x\n"), format!("a|b,c|d\n{A}|x,y|z\n"), "a|b\nc|d\n".into()]
        {
            assert!(layout(text.as_bytes(), &options).is_ok(), "{text}");
        }
        let said = InputOptions { delimiter: Some(b','), ..options };
        assert!(layout(format!("assistant_id|owner\n{A}|x\n").as_bytes(), &said).is_ok());
    }

    #[test]
    fn titles_above_a_header_are_known_by_the_name_over_the_uuids() {
        for (text, header_line) in [
            (format!("Export of assistants\nof today,,\n,,\nassistant_id,owner\n{A},x\n"), Some(4)),
            (format!("Export\nassistant_id,owner\nto be asked for,x\n{A},x\n"), Some(2)),
            (format!("Export\nowner,uuid\n{A},x\n"), None),
            (format!("assistant_id\nid\n{A}\n"), None),
            (format!("Kennung\nfoo\n{A}\n"), None),
            (format!("{A}\nid\n{A}\n"), None),
            (format!("{}id\n{A}\n", "title\n".repeat(19)), Some(20)),
            (format!("{}id\n{A}\n", "title\n".repeat(20)), None),
        ] {
            assert_eq!(sniffed(&text).header_line, header_line, "{text}");
        }
        let options = InputOptions { no_header: true, ..InputOptions::default() };
        assert_eq!(layout(format!("Export\nid\n{A}\n").as_bytes(), &options).unwrap().header_line, None);
    }

    #[test]
    fn the_sep_line_of_excel_wins_over_what_the_rows_look_like() {
        for (line, delimiter) in
            [("sep=;", b';'), ("SEP=\t", b'\t'), ("\"sep=|\"", b'|'), ("sep=;;;", b';'), ("\nsep=;", b';')]
        {
            let layout = sniffed(&format!("{line}\r\nassistant_id,owner\r\n{A},x\r\n"));
            assert_eq!((layout.delimiter, layout.sep_line), (delimiter, true), "{line:?}");
        }
        for (line, sep_line) in [("sep=", true), ("sep=é", false), ("separator,x", false), ("sep=ab", false)]
        {
            let layout = sniffed(&format!("{line}\nassistant_id,owner\n{A},x\n"));
            assert_eq!((layout.delimiter, layout.sep_line), (b',', sep_line), "{line:?}");
        }
    }

    #[test]
    fn the_option_wins_over_everything() {
        let text = format!("sep=;\nassistant_id;owner\n{A};x\n");
        let with = |delimiter| {
            layout(text.as_bytes(), &InputOptions { delimiter: Some(delimiter), ..InputOptions::default() })
        };
        assert_eq!(with(b'|').unwrap().delimiter, b'|');
        assert!(with(b'|').unwrap().sep_line);
        for delimiter in [b'"', b'\r', b'\n', 0xe4] {
            assert!(matches!(with(delimiter), Err(InputError::Delimiter)), "{delimiter}");
        }
    }

    #[test]
    fn a_hash_line_is_the_header_when_it_comes_first_and_has_a_known_name() {
        for (text, expected) in [
            ("#assistant_id,owner\n", true),
            ("\n , \n# Assistant ID;owner\n", true),
            ("sep=,\n#owner,uuid\n", true),
            ("#\"id\",x\n", true),
            ("#owner,agent_id\n", true),
            ("# written by hand\n#assistant_id\n", false),
            ("owner\n#assistant_id\n", false),
            ("# the ids of all assistants\n", false),
            ("#550e8400-e29b-41d4-a716-446655440000,assistant\n", false),
        ] {
            assert_eq!(sniffed(text).hash_header, expected, "{text:?}");
        }
        let no_header = InputOptions { no_header: true, ..InputOptions::default() };
        assert!(!layout(b"#assistant_id\n", &no_header).unwrap().hash_header);
        let named = InputOptions { column: Some("kennung".to_owned()), ..InputOptions::default() };
        assert!(layout(b"#Kennung;x\n", &named).unwrap().hash_header);
    }
}
