//! Inputs as people have them, through the whole program: encodings, dialects, a report of ours.

use crate::support::{Desk, Platform, Ran, Report, id};

/// Runs over this input against a platform that holds the first three assistants.
async fn run(input: impl AsRef<[u8]>, arguments: &'static [&'static str]) -> (Ran, Desk) {
    let platform = Platform::start().await;
    for number in 1..=3 {
        platform.pair(&id(number)).await;
    }
    let desk = Desk::with_input(input);
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || (desk.run(&url, arguments), desk)).await.unwrap()
}

fn bytes(desk: &Desk) -> Vec<u8> {
    std::fs::read(desk.path("assistants.report.csv")).unwrap()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
}

/// A report's text, of the tool's own cells only line and input.
fn shape(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect();
    let is_shown = |(column, name): (usize, &String)| {
        (column >= 16 || ["line", "input"].contains(&name.as_str())).then_some(column)
    };
    let shown: Vec<usize> = rows[0].iter().enumerate().filter_map(is_shown).collect();
    rows.iter().map(|row| shown.iter().map(|column| row[*column].clone()).collect()).collect()
}

#[tokio::test]
async fn every_encoding_and_dialect_is_read_and_the_report_is_in_the_dialect_of_the_input() {
    let first = id(1);
    let semicolon = format!("assistant_id;Größe\r\n{first};\"5 \"\"m\"\"; groß\"\r\n");
    let tab = format!("assistant_id\tGröße\n{first}\t5 \"\"m\"\"; groß\n").replace("\"\"", "\"");
    let windows: Vec<u8> = semicolon.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    // What it is, its bytes, then of the report: byte order mark, delimiter, line end.
    let cases: [(&str, Vec<u8>, bool, u8, &str); 7] = [
        ("UTF-8", semicolon.clone().into_bytes(), false, b';', "\r\n"),
        ("UTF-8 with BOM", format!("\u{feff}{semicolon}").into_bytes(), true, b';', "\r\n"),
        ("UTF-16 LE", utf16(&semicolon, u16::to_le_bytes), true, b';', "\r\n"),
        ("UTF-16 BE", utf16(&semicolon, u16::to_be_bytes), true, b';', "\r\n"),
        ("Windows-1252", windows, true, b';', "\r\n"),
        ("tabs", tab.into_bytes(), false, b'\t', "\n"),
        ("sep", format!("sep=;\r\n\r\n# a comment\r\n{semicolon}").into_bytes(), false, b';', "\r\n"),
    ];
    for (what, input, mark, delimiter, line_end) in cases {
        let (ran, desk) = run(input, &[]).await;
        let ran = ran.exits_with(0).says("1 of 1 rows hold a UUID");
        assert_eq!(ran.stderr.contains("Windows-1252"), what == "Windows-1252", "{}", ran.stderr);
        let report = String::from_utf8(bytes(&desk)).unwrap();
        assert_eq!(report.starts_with('\u{feff}'), mark, "{what}");
        assert_eq!(report.matches('\n').count(), report.matches(line_end).count(), "{what}");
        let line = if what == "sep" { "5" } else { "2" };
        let expected =
            [["line", "input", "Größe"].map(String::from), [line, &first, "5 \"m\"; groß"].map(String::from)];
        assert_eq!(shape(&report, delimiter), expected, "{what}");
    }
}

#[tokio::test]
async fn the_dialect_of_the_report_can_be_asked_for() {
    let input = format!("assistant_id;o\n{};ä\n", id(1));
    let (ran, desk) = run(&input, &["--dialect", "excel"]).await;
    ran.exits_with(0);
    let excel = String::from_utf8(bytes(&desk)).unwrap();
    assert!(excel.starts_with("\u{feff}line;name;") && excel.ends_with(";ä\r\n"), "{excel}");
    let (ran, desk) =
        run(format!("\u{feff}assistant_id;o\r\n{};ä\r\n", id(1)), &["--dialect", "plain"]).await;
    ran.exits_with(0);
    let plain = String::from_utf8(bytes(&desk)).unwrap();
    assert!(plain.starts_with("line,name,") && plain.ends_with(",ä\n") && !plain.contains('\r'), "{plain}");
}

#[tokio::test]
async fn a_report_of_ours_is_an_input_and_its_own_columns_are_replaced() {
    let (ran, desk) =
        run(format!("ID,owner,status,note\n{},joe,old,=1+1\nnobody,ann,,-5\n", id(1)), &[]).await;
    ran.exits_with(3);
    let first = desk.report();
    assert_eq!(first.columns[16..], ["owner", "input_status", "note"]);
    assert_eq!(first.column("note"), ["'=1+1", "-5"]);

    // Those of the first versions had their columns in another order.
    let of_first_version = [0, 8, 9, 10, 1, 2, 7, 4, 5, 6, 3, 11, 12, 13, 14, 15, 16, 17, 18];
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_path(desk.path("assistants.report.csv")).unwrap();
    let mut older = csv::Writer::from_writer(Vec::new());
    for row in reader.records().map(Result::unwrap) {
        older.write_record(of_first_version.map(|column| &row[column])).unwrap();
    }
    for report in [bytes(&desk), older.into_inner().unwrap()] {
        let (ran, desk) = run(report, &[]).await;
        ran.exits_with(3).says("its own columns are replaced");
        let second = desk.report();
        assert_eq!(second.columns, first.columns);
        assert_eq!(second.timeless(), first.timeless());
    }
}

#[tokio::test]
async fn without_a_header_the_first_line_is_a_row() {
    for (input, arguments) in [
        (format!("joe,{}\nann,{}\n", id(1), id(2)), &[][..]),
        (format!("joe,{}\nann,{}\n", id(1), id(2)), &["--no-header", "--column", "2"][..]),
    ] {
        let (ran, desk) = run(input, arguments).await;
        ran.exits_with(0);
        let report = desk.report();
        assert_eq!(report.column("line"), ["1", "2"]);
        assert_eq!(report.column("column_1"), ["joe", "ann"]);
    }
}

#[tokio::test]
async fn cells_hold_a_uuid_in_any_usual_form_and_no_other_cell_is_asked_for() {
    let input = format!(
        "assistant,agent id\n{{{}}},\nurn:uuid:{},\nhttps://app.langdock.com/assistants/{}/edit,\n{} {},\n{},nobody\n{},{}\n{},\n",
        id(1).to_uppercase(),
        id(2),
        id(3).replace('-', ""),
        id(1),
        id(2),
        id(1),
        id(1),
        id(2),
        id(1),
    );
    let (ran, desk) = run(input, &[]).await;
    ran.exits_with(3);
    let report = desk.report();
    let expected = ["verified", "verified", "verified", "invalid_id", "invalid_id", "verified", "duplicate"];
    // The agent of the sixth row is another one: an agent of another id is the same but for what is not compared.
    assert_eq!(report.column("status"), expected);
    assert_eq!(report.rows[5]["agent_id"], id(2));
    assert!(report.rows[6]["notes"].contains("line 2 (verified)"), "{:?}", report.rows[6]);
}

#[tokio::test]
async fn hostile_cells_are_harmless_in_report_and_terminal() {
    let long = "z".repeat(100_000);
    let input = format!(
        "assistant_id,=cmd\n=\"{}\",+49 30 1234\n\u{1b}[2J\u{202e}bad,@x\n\"{long}\",\"\t=1\"\n\"a\nb\",＝x\n",
        id(1)
    );
    let (ran, desk) = run(input, &["-v"]).await;
    let ran = ran.exits_with(3);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{}", ran.stderr);
    let report = Report::parse(&String::from_utf8(bytes(&desk)).unwrap());
    assert_eq!(report.column("'=cmd"), ["+49 30 1234", "'@x", "'\t=1", "'＝x"]);
    let cells = report.column("input");
    assert!(cells[0].starts_with("'="), "{}", cells[0]);
    assert_eq!(cells[2].chars().count(), 8_000);
    assert_eq!(cells[3], "a b");
    assert!(report.column("status")[1..].iter().all(|status| *status == "invalid_id"));
}
