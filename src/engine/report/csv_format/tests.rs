use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::base::{
    Call, CallFailure, Difference, Encoding, FailureKind, InputFormat, InvalidId, Note, NoteKind,
    REPORT_COLUMNS, ReportRow, RowStatus, RunFacts,
};
use crate::engine::report::samples::{facts, rendered, rows, settings, verified};
use crate::engine::report::{Dialect, cell};

fn report(settings: &ReportSettings, facts: &RunFacts, rows: &[ReportRow]) -> String {
    let mut bytes = Vec::new();
    rendered(csv(settings, &mut bytes), facts, rows);
    String::from_utf8(bytes).unwrap()
}

/// The cells of every record, the header first.
fn cells(report: &str, delimiter: u8) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(report.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The cells of every column, by its name.
fn columns(report: &str) -> HashMap<String, Vec<String>> {
    let mut rows = cells(report, b';');
    let names = rows.remove(0);
    let column = |at: usize| rows.iter().map(|row| row[at].clone()).collect();
    names.into_iter().enumerate().map(|(at, name)| (name, column(at))).collect()
}

#[test]
fn a_whole_report() {
    insta::assert_snapshot!(report(&settings(), &facts(), &rows()), @r#"
    line;name;status;remedy;differences;notes;error;disabled;input;assistant_id;agent_id;assistant_updated_at;agent_updated_at;requests;elapsed_ms;checked_at;team;'=phone
    2;Helper;verified;;;;;not_requested;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;Sales;+49 30 123456
    3;"'=HYPERLINK(""x"") Bot";mismatch;Bring the agent in line with the assistant (see differences), publish it, then run the same command again.;"inputFields[topic].label: Old… -> (none); temperature: 0.3 -> 1";owner: only on the agent: Jane…;;not_requested;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;Sales;+49 30 123456
    4;Helper;no_access;Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.;;;assistant: 403 Not shared;not_requested;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;;2;412;2025-04-01T08:00:01Z;Sales;+49 30 123456
    5;;invalid_id;Put exactly one UUID into this cell, or delete the row, then run the same command again.;;;input: no UUID in the cell;not_requested;'-not an id;;;;;0;0;;-5;"'=1+1
    next; line"
    7;;duplicate;;;same as line 2 (verified);;not_requested;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;;;0;0;;short row;
    8;Helper;verified;;;;;disabled;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;;
    9;Helper;verified;;;disabled: to stay on (one record with the agent);;skipped;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;;
    10;Helper;verified;"Share the assistant with the API key as editor; if it is, let a workspace admin make the key, or give it the permission to disable assistants; then run the same command again.";;;disable: 403 Only workspace admins can disable assistants;failed;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;;
    11;Helper;verified;It may be off, and its agent with it: run `rollback` on the ledger now, or switch it on in the web app.;;;enable: 500 Internal server error;revert_failed;11111111-2222-3333-4444-AAAAAAAAAAAA;11111111-2222-3333-4444-aaaaaaaaaaaa;99999999-2222-3333-4444-bbbbbbbbbbbb;2025-01-02T03:04:05.123Z;2025-01-02T03:04:05Z;2;412;2025-04-01T08:00:01Z;;
    "#);
}

#[test]
fn a_redacted_report_holds_no_text_of_the_platform() {
    let settings = ReportSettings { redact: true, ..settings() };
    let shown = report(&settings, &facts(), &rows());
    for text in ["Helper", "HYPERLINK", "Old", "topic", "Jane", "Not", "shared\"", "gpt", "Only", "Internal"]
    {
        assert!(!shown.contains(text), "{text}");
    }
    let shown = columns(&shown);
    assert_eq!(shown["name"][1], "19 characters");
    assert_eq!(
        shown["differences"][1],
        "inputFields[#1].label: 9 characters -> (none); temperature: 0.30000000000000000001 -> 1"
    );
    assert_eq!(shown["notes"][1], "owner: only on the agent: 8 characters");
    assert_eq!(shown["error"][2], "assistant: 403 (10 characters)");
    assert_eq!(shown["error"][7..], ["disable: 403 (44 characters)", "enable: 500 (21 characters)"]);
}

#[test]
fn a_failed_check_and_a_failed_disable_stand_side_by_side_redacted_or_not() {
    let failure = |call, kind, words: &str| Some(CallFailure::new(call, kind, words));
    let row = ReportRow {
        status: RowStatus::Failed,
        failure: failure(Call::Agent, FailureKind::Timeout, "no answer within 30 s"),
        switch_failure: failure(Call::Disable, FailureKind::Connection, ""),
        ..verified()
    };
    for (redact, error) in [
        (false, "agent: timeout: no answer within 30 s; disable: connection:"),
        (true, "agent: timeout: (21 characters); disable: connection:"),
    ] {
        let settings = ReportSettings { redact, ..settings() };
        assert_eq!(columns(&report(&settings, &facts(), std::slice::from_ref(&row)))["error"], [error]);
    }
    let invalid = ReportRow { invalid: Some(InvalidId::NoUuid), ..row };
    let redacting = ReportSettings { redact: true, ..settings() };
    assert_eq!(columns(&report(&redacting, &facts(), &[invalid]))["error"], ["input: no UUID in the cell"]);
}

#[test]
fn practice_stands_first_among_the_notes_of_every_row() {
    let facts = RunFacts { practice: true, base_url: None, ..facts() };
    let shown = columns(&report(&settings(), &facts, &rows()));
    let practice = "PRACTICE: made-up workspace";
    let mut expected = vec![practice; rows().len()];
    expected[1] = "PRACTICE: made-up workspace; owner: only on the agent: Jane…";
    expected[4] = "PRACTICE: made-up workspace; same as line 2 (verified)";
    expected[6] = "PRACTICE: made-up workspace; disabled: to stay on (one record with the agent)";
    assert_eq!(shown["notes"], expected);
}

#[test]
fn dialects_decide_delimiter_byte_order_mark_and_line_ends() {
    let semicolon = settings().format;
    let utf16 = InputFormat { encoding: Encoding::Utf16Le, bom: true, delimiter: b'\t', ..semicolon.clone() };
    let windows =
        InputFormat { encoding: Encoding::Windows1252, line_end: LineEnd::CrLf, ..semicolon.clone() };
    let bom = InputFormat { bom: true, ..semicolon.clone() };
    for (format, dialect, begins, line_end) in [
        (&semicolon, Dialect::Input, "line;name;", "\n"),
        (&bom, Dialect::Input, "\u{FEFF}line;name;", "\n"),
        (&windows, Dialect::Input, "\u{FEFF}line;name;", "\r\n"),
        (&utf16, Dialect::Input, "\u{FEFF}line\tname\t", "\n"),
        (&semicolon, Dialect::Excel, "\u{FEFF}line;name;", "\r\n"),
        (&windows, Dialect::Plain, "line,name,", "\n"),
        (&bom, Dialect::Plain, "line,name,", "\n"),
    ] {
        let settings = ReportSettings { format: format.clone(), dialect, ..settings() };
        let shown = report(&settings, &facts(), &[verified()]);
        assert!(shown.starts_with(begins), "{dialect:?} {shown:?}");
        let lines: Vec<_> = shown.split_inclusive('\n').collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.ends_with("\r\n") == (line_end == "\r\n")), "{dialect:?}");
    }
}

#[test]
fn own_cells_hold_at_most_8000_characters() {
    let long = "ä".repeat(9_000);
    let difference = Difference { field: "instruction".into(), old: None, new: None, short: long.clone() };
    let note =
        Note { kind: NoteKind::OnlyOnAgent, field: "x".into(), value: None, new: None, short: long.clone() };
    let row = ReportRow {
        name: long.clone(),
        input: long.clone(),
        differences: vec![difference; 3],
        notes: vec![note; 2],
        carried: vec![long.clone()],
        ..verified()
    };
    let shown = columns(&report(&settings(), &facts(), &[row]));
    let own = REPORT_COLUMNS.map(|column| &shown[column][0]);
    assert!(own.iter().all(|cell| cell.chars().count() <= cell::LIMIT));
    let differences = &shown["differences"][0];
    assert!(differences.starts_with("instruction: ää") && differences.ends_with("ä… (+2 more)"));
    assert!(shown["notes"][0].ends_with("ä… (+1 more)"));
    assert_eq!((shown["team"][0].as_str(), shown["'=phone"][0].as_str()), (long.as_str(), ""));
}

#[test]
fn the_finished_report_reaches_the_writer_and_a_full_disk_is_told() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut renderer: Box<dyn Renderer<ReportRow>> = csv(&settings(), Full);
    renderer.begin(&facts()).unwrap();
    assert_eq!(renderer.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn every_report_reads_back_with_harmless_cells(
        text in r"[ \t\r\n\x00]?[-=+@＝＋－＠]?.{0,8}",
        carried in r#"[ \t\r\n\x00]?[-=+@＝＋－＠]?[\r\n",;'a-c0-9 ]{0,8}"#,
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
    ) {
        let mut settings = settings();
        settings.format.delimiter = delimiter;
        settings.format.carried_columns = vec![format!("c{carried}"), carried.clone()];
        let difference = Difference { field: text.clone(), old: None, new: None, short: text.clone() };
        let row = ReportRow {
            input: text.clone(),
            name: text.clone(),
            status: RowStatus::Mismatch,
            differences: vec![difference],
            carried: vec![text.clone(), carried.clone()],
            ..verified()
        };
        let shown = cells(&report(&settings, &facts(), &[row]), delimiter);
        prop_assert_eq!(shown.len(), 2);
        let dangerous = |cell: &str| cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0']);
        for record in &shown {
            prop_assert_eq!(record.len(), 18);
            prop_assert!(!record[..16].iter().any(|cell| dangerous(cell)));
            prop_assert!(!record[..16].iter().any(|cell| cell.contains(char::is_control)));
            for cell in &record[16..] {
                let number = cell.contains(|c: char| c.is_ascii_digit()) && cell.chars().all(|c| "0123456789+-.,eE ()/".contains(c));
                prop_assert!(!dangerous(cell) || number, "{:?}", cell);
            }
        }
        let given = &shown[1][17];
        let shielded = format!("'{carried}");
        prop_assert!(*given == carried || *given == shielded);
    }
}

#[test]
fn a_text_is_one_harmless_cell_whatever_it_holds() {
    for (text, shown) in [
        ("Travel", "Travel"),
        ("a,b", "\"a,b\""),
        ("\"a\"", "\"\"\"a\"\"\""),
        ("a\r\nb\u{1b}[2J", "a  b [2J"),
        ("=1+1", "'=1+1"),
        ("\t@x", "' @x"),
        ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
    ] {
        let table = csv_table(Dialect::Plain, &["id", "name"], [["1", text]].iter()).unwrap();
        assert_eq!(table, format!("id,name\n1,{shown}\n"), "{text:?}");
    }
}

#[test]
fn excel_wants_a_byte_order_mark_and_its_own_line_ends() {
    let table = csv_table(Dialect::Excel, &["id"], [["ä"]].iter()).unwrap();
    assert_eq!(table, "\u{FEFF}id\r\nä\r\n");
}
