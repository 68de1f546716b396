use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx, open_workbook_from_rs};

use uuid::Uuid;

use super::cells::LIMIT;
use super::*;
use crate::base::{InputFormat, Pair, ReportRow};
use crate::engine::report::page::AppLink;
use crate::engine::report::samples::{facts, rendered, rows, settings, verified};

type Book = Xlsx<Cursor<Vec<u8>>>;

fn written(settings: &ReportSettings, facts: &RunFacts, rows: &[ReportRow]) -> Book {
    let mut bytes = Vec::new();
    rendered(workbook(settings, &mut bytes), facts, rows);
    open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

/// The cells of a column, below its heading.
fn column(sheet: &Range<Data>, name: &str) -> Vec<String> {
    let mut rows = sheet.rows();
    let at = rows.next().unwrap().iter().position(|cell| *cell == Data::String(name.into())).unwrap();
    rows.map(|row| row[at].to_string()).collect()
}

#[test]
fn what_a_person_reads_comes_first_and_machines_come_last() {
    let mut book = written(&settings(), &facts(), &rows());
    assert_eq!(book.sheet_names(), ["Rows", "Counts"]);
    let sheet = book.worksheet_range("Rows").unwrap();
    let names: Vec<_> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        names.join(" "),
        "name team =phone status remedy differences notes error disabled assistant_id agent_id \
         assistant_updated_at agent_updated_at checked_at line input requests elapsed_ms"
    );
    assert_eq!(column(&sheet, "status")[..3], ["verified", "mismatch", "no_access"]);
    assert_eq!(
        column(&sheet, "differences")[1],
        "inputFields[topic].label: Old… -> (none)\ntemperature: 0.3 -> 1"
    );
    let kind = |row, column| sheet.get((row, column)).cloned().unwrap();
    assert!(matches!(kind(1, 13), Data::DateTime(_)) && matches!(kind(1, 16), Data::Float(2.0)));
    assert!(matches!(kind(4, 2), Data::String(cell) if cell == "=1+1\nnext; line"), "as it was given");
}

#[test]
fn no_cell_is_a_formula_whatever_the_texts_are() {
    let texts = ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "\t=1", "=HYPERLINK(\"https://a.example\")"];
    let rows: Vec<_> = texts
        .iter()
        .map(|text| ReportRow { name: (*text).into(), carried: vec![(*text).into()], ..verified() })
        .collect();
    let mut book = written(&settings(), &facts(), &rows);
    assert!(book.worksheet_formula("Rows").unwrap().cells().all(|(_, _, formula)| formula.is_empty()));
    assert_eq!(column(&book.worksheet_range("Rows").unwrap(), "team"), texts);
}

#[test]
fn characters_that_a_file_of_this_kind_cannot_hold_are_spelled_or_go() {
    let text = "a\u{0}b\r\nc_x000D_d\u{FFFE}<&>\"é\u{1F600}";
    let row = ReportRow { carried: vec![text.into()], name: text.into(), ..verified() };
    let mut book = written(&settings(), &facts(), &[row]);
    let sheet = book.worksheet_range("Rows").unwrap();
    for name in ["name", "team"] {
        assert!(column(&sheet, name)[0].contains("<&>\"é\u{1F600}"), "{sheet:?}");
    }
}

#[test]
fn a_cell_is_shortened_where_excel_has_no_more_room() {
    for (text, kept) in [("x".repeat(LIMIT), LIMIT), ("\u{1F600}".repeat(LIMIT), LIMIT - 1)] {
        let row = ReportRow { carried: vec![text.clone()], ..verified() };
        let mut book = written(&settings(), &facts(), &[row]);
        let shown = column(&book.worksheet_range("Rows").unwrap(), "team").remove(0);
        assert!(shown == text || shown.ends_with("… (shortened)"));
        assert!((LIMIT - 1..=LIMIT).contains(&shown.encode_utf16().count()), "{kept}");
    }
}

#[test]
fn more_rows_than_a_sheet_has_are_refused_with_a_sentence() {
    assert_eq!(too_many_rows(1_048_575), None);
    insta::assert_snapshot!(too_many_rows(1_048_576).unwrap(), @"a workbook has room for 1,048,575 rows, and these are 1,048,576; take the CSV, or split it by a column");
    let mut sheets = Sheets::<ReportRow, Vec<u8>> { most_rows: 1, ..empty() };
    sheets.begin(&facts()).unwrap();
    sheets.row(&verified()).unwrap();
    assert!(sheets.row(&verified()).unwrap_err().to_string().starts_with("a workbook has room"));
}

#[test]
fn of_more_columns_than_a_sheet_has_the_last_of_the_inputs_own_are_left_out() {
    let carried_columns = (0..70_000).map(|at| format!("c{at}")).collect();
    let wide = ReportSettings { format: InputFormat { carried_columns, ..settings().format }, ..settings() };
    let mut book = written(&wide, &facts(), &[verified()]);
    assert_eq!(book.worksheet_range("Rows").unwrap().width(), MOST_COLUMNS);
}

fn empty() -> Sheets<ReportRow, Vec<u8>> {
    Sheets::new(&settings(), Vec::new())
}

#[test]
fn the_second_sheet_counts_what_there_is_how_often() {
    let all: Vec<_> = rows().into_iter().chain(rows()).collect();
    let practice = RunFacts { practice: true, ..facts() };
    let mut book = written(&settings(), &practice, &all);
    assert_eq!(book.sheet_names(), ["PRACTICE rows", "Counts"]);
    let sheet = book.worksheet_range("Counts").unwrap();
    let lines: Vec<_> = sheet
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").trim().to_owned())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    PRACTICE: a made-up workspace, nothing real
    Begun: 2025-04-01 08:00 UTC
    Stopped early: the key lacks a scope: AGENT_API. Give it that scope in the workspace's API key settings.
    Written by agent-migrate 0.1.0; times are UTC

    Rows by status
    10 verified
    2 duplicate
    2 invalid_id
    2 mismatch
    2 no_access

    What differs, and in how many rows
    2 inputFields[topic].label: Old… -> (none)
    2 temperature: 0.3 -> 1
    ");
}

#[test]
fn a_redacted_workbook_holds_no_text_of_the_platform() {
    let settings = ReportSettings { redact: true, ..settings() };
    let mut book = written(&settings, &facts(), &rows());
    for name in ["Rows", "Counts"] {
        let shown = format!("{:?}", book.worksheet_range(name).unwrap());
        for text in ["Helper", "HYPERLINK", "Old", "topic", "Jane", "Not", "gpt", "Only", "Internal"] {
            assert!(!shown.contains(text), "{text} in {name}");
        }
    }
}

#[test]
fn an_id_is_a_link_where_the_input_is_its_address() {
    let id: Uuid = "11111111-2222-3333-4444-aaaaaaaaaaaa".parse().unwrap();
    let given = "https://app.example/assistants/11111111-2222-3333-4444-AAAAAAAAAAAA/edit?x=%20";
    let of = |input: &str, app_link: Option<&str>| {
        let row = ReportRow { input: input.into(), pair: Some(Pair::same(id)), ..verified() };
        let app_link = app_link.map(|link| AppLink::parse(link).unwrap());
        link(id, &row, &PageOptions { app_link, ..PageOptions::default() })
    };
    let lower = given.to_ascii_lowercase();
    assert_eq!(of(given, None).map(|link| link.to_ascii_lowercase()), Some(lower));
    assert_eq!(of("", Some("https://a.example/{id}")), Some(format!("https://a.example/{id}")));
    for input in [
        "11111111-2222-3333-4444-aaaaaaaaaaaa",
        "javascript:11111111-2222-3333-4444-aaaaaaaaaaaa",
        "file:///11111111-2222-3333-4444-aaaaaaaaaaaa",
        "https://app.example/99999999-2222-3333-4444-aaaaaaaaaaaa",
        "https://app.example/11111111-2222-3333-4444-aaaaaaaaaaaa\nx",
    ] {
        assert_eq!(of(input, None), None, "{input}");
    }
    let row = ReportRow { input: given.into(), ..verified() };
    let mut book = written(&settings(), &facts(), &[row]);
    assert_eq!(column(&book.worksheet_range("Rows").unwrap(), "assistant_id"), [id.to_string()]);
}

#[test]
fn a_workbook_of_ours_is_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xlsx");
    let is_ours = |path: &std::path::Path| {
        crate::engine::report::FileHead::of(path).is_some_and(|head| head.is_report())
    };
    let mut file = std::fs::File::create(&path).unwrap();
    rendered(workbook(&settings(), &mut file), &facts(), &rows());
    assert!(is_ours(&path));
    let mut other = Workbook::new();
    other.set_properties(&DocProperties::new().set_author("Anna"));
    other.add_worksheet();
    other.save(&path).unwrap();
    assert!(!is_ours(&path));
}

#[test]
fn an_empty_report_is_a_workbook() {
    let plain = ReportSettings { format: InputFormat::default(), ..settings() };
    let mut book = written(&plain, &RunFacts::default(), &[]);
    assert_eq!(book.worksheet_range("Rows").unwrap().rows().count(), 1);
}
