//! The whole way from bytes to rows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::base::{Encoding, REPORT_COLUMNS};

const A: &str = "550e8400-e29b-41d4-a716-446655440000";
const B: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const C: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";

/// The header of the first reports of ours; today's is [`REPORT_COLUMNS`].
const FIRST_REPORT: &str = "line,input,assistant_id,agent_id,name,status,disabled,differences,notes,error,remedy,\
                            assistant_updated_at,agent_updated_at,requests,elapsed_ms,checked_at";

/// A report of ours with two carried columns, in either order of its columns. Of each row what stands in which column.
fn reports(rows: &[&[(&str, &str)]]) -> [String; 2] {
    let today = REPORT_COLUMNS.join(",");
    [today.as_str(), FIRST_REPORT].map(|own| {
        let header = format!("{own},owner,input_name");
        let cell = |row: &[(&str, &str)], column| {
            row.iter().find(|(name, _)| *name == column).map_or("", |(_, text)| *text).to_owned()
        };
        let line = |row: &&[(&str, &str)]| {
            header.split(',').map(|column| cell(row, column)).collect::<Vec<_>>().join(",")
        };
        let lines: Vec<_> = rows.iter().map(line).collect();
        format!("{header}\n{}\n", lines.join("\n"))
    })
}

fn open(text: &str) -> Result<Input, InputError> {
    open_with(text, &InputOptions::default())
}

fn open_with(text: &str, options: &InputOptions) -> Result<Input, InputError> {
    Input::from_bytes(text.to_owned(), options)
}

fn column(name: &str) -> InputOptions {
    InputOptions { column: Some(name.to_owned()), ..InputOptions::default() }
}

fn agent_column(name: &str) -> InputOptions {
    InputOptions { agent_column: Some(name.to_owned()), ..InputOptions::default() }
}

fn no_header() -> InputOptions {
    InputOptions { no_header: true, ..InputOptions::default() }
}

fn rows(input: &Input) -> Vec<InputRow> {
    input.rows().unwrap().map(Result::unwrap).collect()
}

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with a row's target")]
fn pair(assistant: &str, agent: &str) -> Result<Pair, InvalidId> {
    Ok(Pair { assistant: AssistantId(id(assistant)), agent: AgentId(id(agent)) })
}

/// The column that was taken, as the first remark names it.
fn taken(text: &str, options: &InputOptions) -> String {
    match open_with(text, options) {
        Ok(input) => input.remarks()[0].clone(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_row_has_its_line_its_cell_its_ids_and_the_other_columns() {
    let input = open(&format!(
        "Owner;Assistant ID;agent_id;Team\r\nme; {A} ;;x\r\n\r\nyou;{B};{C};\"y\r\nz\"\r\nhe;?\r\n"
    ))
    .unwrap();
    assert_eq!(
        *input.format(),
        InputFormat {
            encoding: Encoding::Utf8,
            bom: false,
            delimiter: b';',
            line_end: LineEnd::CrLf,
            carried_columns: vec!["Owner".to_owned(), "Team".to_owned()],
        }
    );
    let carried = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let expected = [
        InputRow { line: 2, input: format!(" {A} "), target: pair(A, A), carried: carried(["me", "x"]) },
        InputRow { line: 4, input: B.to_owned(), target: pair(B, C), carried: carried(["you", "y\r\nz"]) },
        InputRow {
            line: 6,
            input: "?".to_owned(),
            target: Err(InvalidId::NoUuid),
            carried: carried(["he", ""]),
        },
    ];
    assert_eq!(rows(&input), expected);
    assert_eq!(rows(&input), expected, "a second time");
}

#[test]
fn it_says_what_it_took() {
    let mut text = "Assistant ID,agent_id\n".to_owned();
    for row in 0..2_000 {
        let _ = writeln!(text, "{},{}", if row < 2 { "none" } else { A }, if row == 7 { B } else { "" });
    }
    let input = open(&text).unwrap();
    insta::assert_snapshot!(input.remarks().join("\n"), @r"
    column 'Assistant ID': 998 of 1,000 rows hold a UUID
    column 'agent_id': 1 of 1,000 rows hold a UUID; the agent to compare with
    ");
    let input = Input::from_bytes(
        format!("K\u{fc}rzel\n{A}\n").chars().map(|c| c as u8).collect::<Vec<_>>(),
        &InputOptions::default(),
    )
    .unwrap();
    insta::assert_snapshot!(input.remarks().join("\n"), @r"
    column 'Kürzel': 1 of 1 rows hold a UUID
    line 1 holds no UUID and is taken as the header: --no-header if it is a row
    not UTF-8, read as Windows-1252: check the umlauts and accents in the report
    ");
}

#[test]
fn the_assistant_column_is_chosen_by_name_if_it_has_a_uuid_and_else_by_its_uuids() {
    for (text, expected) in [
        (format!("id,assistant,assistantId\n{A},{A},{A}\n"), "column 'assistantId'"),
        (format!("uuid,ID\n{A},{A}\n"), "column 'ID'"),
        (format!("id,uuid\nx,{A}\n"), "column 'uuid'"),
        (format!("assistant_id,ref\nx,{A}\n"), "column 'ref'"),
        (format!("ref,owner\n{A},x\n"), "column 'ref'"),
        (format!("id,Id\nx,{A}\n"), "column 'Id'"),
        (
            format!("ref,other\n{A},{B}\n"),
            "error: more than one column holds UUIDs: 'ref', 'other'; say with --column",
        ),
        (format!("{A},x\n"), "column 'column_1'"),
        (format!("x,{A}\n"), "column 'column_2'"),
        (format!("{A},{B}\n"), "error: more than one column holds UUIDs: 'column_1', 'column_2'"),
        // Nothing but unusable cells: a name, or the lack of a choice, still decides.
        ("owner,uuid,assistant\nx,y,z\n".to_owned(), "column 'assistant': 0 of 1 rows"),
        ("ref\nx\n".to_owned(), "column 'ref': 0 of 1 rows"),
        (
            "ref,owner\nx,y\n".to_owned(),
            "error: no column holds a UUID in the first 1 rows; say with --column",
        ),
        // An agent column is the assistant column only where there is no other.
        (format!("ref,agent_id\n{A},{B}\n"), "column 'ref'"),
        (format!("assistant_id,agent_id\nx,{B}\n"), "column 'assistant_id': 0 of"),
        (format!("agent_id,name\n{B},x\n"), "column 'agent_id'"),
    ] {
        let taken = taken(&text, &InputOptions::default());
        assert!(taken.starts_with(expected), "{text}{taken}");
    }
}

#[test]
fn a_file_of_agents_alone_is_taken_and_said() {
    let input = open(&format!("agent_id,name\n{A},x\n")).unwrap();
    assert_eq!(rows(&input)[0].target, pair(A, A));
    insta::assert_snapshot!(input.remarks().join("\n"), @r"
    column 'agent_id': 1 of 1 rows hold a UUID
    its UUIDs are taken for the assistants as well
    ");
}

#[test]
fn a_uuid_after_the_first_thousand_rows_does_not_count_for_the_choice() {
    let text = format!("id,uuid\n{}{A},x\n", format!("x,{B}\n").repeat(1_000));
    assert_eq!(taken(&text, &InputOptions::default()), "column 'uuid': 1,000 of 1,000 rows hold a UUID");
}

#[test]
fn the_options_name_columns_loosely_or_by_number() {
    let text = format!("Bot Ref;x;\n{A};{B};{C}\n");
    for (options, expected) in [
        (column("bot_ref"), "column 'Bot Ref'"),
        (column("X"), "column 'x'"),
        (column("2"), "column 'x'"),
        (column("column_3"), "column 'column_3'"),
        (
            column("4"),
            "error: --column '4': there is no such column; the input has 'Bot Ref', 'x', 'column_3'",
        ),
        (column("0"), "error: --column '0'"),
        (column(""), "error: --column ''"),
        (InputOptions { column: Some("column 2".to_owned()), ..no_header() }, "column 'column_2'"),
        (InputOptions { column: Some("Bot Ref".to_owned()), ..no_header() }, "error: --column 'Bot Ref'"),
        (agent_column("nope"), "error: --agent-column 'nope'"),
        (
            InputOptions { agent_column: Some("X".to_owned()), ..column("x") },
            "error: --column and --agent-column",
        ),
    ] {
        let taken = taken(&text, &options);
        assert!(taken.starts_with(expected), "{options:?} {taken}");
    }
    let input =
        open_with(&text, &InputOptions { agent_column: Some("3".to_owned()), ..column("1") }).unwrap();
    assert_eq!(rows(&input)[0].target, pair(A, C));
    assert_eq!(input.format().carried_columns, ["x"]);
    // A name that is taken for the agents leaves the others for the assistants.
    let text = format!("id,ref\n{A},{B}\n");
    assert_eq!(rows(&open_with(&text, &agent_column("id")).unwrap())[0].target, pair(B, A));
}

#[test]
fn agent_cells_are_optional_and_checked() {
    let input =
        open(&format!("assistant_id,Agent-ID\n{A},\n{A},{B}\n{A},x\n{A},{B} {C}\nx,y\n{A}\n")).unwrap();
    let targets: Vec<_> = rows(&input).into_iter().map(|row| row.target).collect();
    let expected = [
        pair(A, A),
        pair(A, B),
        Err(InvalidId::AgentNoUuid),
        Err(InvalidId::AgentTwoUuids),
        Err(InvalidId::NoUuid),
        pair(A, A),
    ];
    assert_eq!(targets, expected);
    assert_eq!(input.format().carried_columns, Vec::<String>::new());
}

#[test]
fn a_header_line_is_recognised_and_a_row_is_not_taken_for_one() {
    for (text, options, lines) in [
        (format!("assistant_id\n{A}\n"), InputOptions::default(), vec![2]),
        (format!("Kennung\n{A}\n"), InputOptions::default(), vec![2]),
        (format!("{A}\n{B}\n"), InputOptions::default(), vec![1, 2]),
        (format!("{A},assistant\n{B},assistant\n"), InputOptions::default(), vec![1, 2]),
        (format!("assistant_id\n{A}\n"), no_header(), vec![1, 2]),
        (
            format!("\u{feff}sep=,\r\n# by hand\r\n\r\nassistant_id\r\n{A}\r\n,,\r\n"),
            InputOptions::default(),
            vec![5],
        ),
        (format!("#assistant_id,owner\n{A},x\n#{B},y\n{C},z\n"), InputOptions::default(), vec![2, 4]),
        (format!("#assistant_id,owner\n{A},x\n"), no_header(), vec![2]),
    ] {
        let input = open_with(&text, &options).unwrap();
        assert_eq!(rows(&input).iter().map(|row| row.line).collect::<Vec<_>>(), lines, "{text}");
    }
    let input = open(&format!("#Owner;assistant_id\nx;{A}\n")).unwrap();
    assert_eq!(input.format().carried_columns, ["Owner"]);
}

#[test]
fn an_input_without_rows_says_what_there_is() {
    for (text, expected) in [
        ("", "blank lines"),
        ("\u{feff}", "blank lines"),
        ("\n\n# comment\n,,,\n;;\n", "blank lines"),
        ("sep=;\n", "blank lines"),
        ("assistant_id,owner\n", "only a header line"),
        ("#assistant_id\n", "only a header line"),
        ("assistant_id;owner\n;\n;\n", "only a header line"),
    ] {
        let error = open(text).unwrap_err();
        assert!(
            matches!(error, InputError::Empty(_)) && error.to_string().contains(expected),
            "{text:?} {error}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_before_any_row() {
    let error = open(&format!("assistant_id,note\n{A},x\n{B},\"y\n{C},z\n")).unwrap_err();
    insta::assert_snapshot!(error, @r#"line 3: the quote (") that opens there is never closed: close it, or double it if it belongs to the text"#);
    for (text, sentence) in [
        ("PK\u{3}\u{4}...", "the input cannot be read as a workbook (.xlsx): "),
        ("%PDF-1.7", "the input is a PDF, neither a CSV nor an .xlsx: "),
        ("[{\"id\": 1}]", "the input is JSON, neither a CSV nor an .xlsx: "),
        (
            "id|x\n550e8400-e29b-41d4-a716-446655440000|y\n",
            "the cells of the input seem to be separated by |: ",
        ),
    ] {
        let error = open(text).unwrap_err().to_string();
        assert!(error.starts_with(sentence), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Input::open(&folder.path().join("x.csv"), &InputOptions::default()).unwrap_err();
    assert!(matches!(error, InputError::NotFound(_)), "{error}");
}

#[test]
fn a_workbook_is_read_like_a_csv_and_its_rows_are_its_lines() {
    let bytes = include_bytes!("../../../tests/it/check/files/list.xlsx").as_slice();
    let input = Input::from_bytes(bytes, &InputOptions::default()).unwrap();
    insta::assert_snapshot!(input.remarks().join("\n"), @r"
    column 'Assistant ID': 2 of 3 rows hold a UUID
    line 3 is taken as the header: what stands above it is a title, and skipped
    sheet 'List' is read, one of 2 in the workbook
    ");
    let format = input.format();
    assert_eq!((format.bom, format.delimiter, format.line_end), (true, b',', LineEnd::CrLf));
    assert_eq!(format.carried_columns, ["Owner", "since", "Users", "Public", "Hours"]);
    let found: Vec<_> =
        rows(&input).into_iter().map(|row| (row.line, row.target, row.carried.join("|"))).collect();
    let expected = [
        (4, pair(A, A), "Müller, \"Jo\"\nBerlin|2026-11-27|12|TRUE|12:00:00"),
        (6, pair(B, B), "|2026-11-27T18:00:00|1.5|#N/A|"),
        (7, Err(InvalidId::NoUuid), "#x||||"),
    ];
    assert_eq!(found, expected.map(|(line, target, carried)| (line, target, carried.to_owned())));
}

#[test]
fn a_damaged_workbook_is_refused_or_read_and_never_ends_the_program() {
    let whole = include_bytes!("../../../tests/it/check/files/list.xlsx");
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 0x55;
        let cut = whole[..at].to_vec();
        for bytes in [bytes, cut] {
            match Input::from_bytes(bytes, &InputOptions::default()) {
                Ok(input) => assert!(rows(&input).len() <= 3),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn what_is_not_as_it_should_be_is_said() {
    for (text, remark) in [
        (
            format!("id,id\n{A},{B}\n"),
            "2 columns are called 'id': number 1 is taken (--column 2 for another)",
        ),
        (
            format!("id,agent_id,Agent ID\n{A},{B},\n"),
            "2 columns are called 'agent_id': number 2 is taken (--agent-column 3 for another)",
        ),
        (
            format!("id\n{A}\n{}\n", B.replace('-', "\u{2011}")),
            "hyphens of a word processor or invisible characters in an id are read as what they stand for: 1 row, \
             first on line 3",
        ),
        (
            format!("Export\nid,x\n{A},y\n"),
            "line 2 is taken as the header: what stands above it is a title, and skipped",
        ),
    ] {
        let input = open(&text).unwrap();
        assert!(input.remarks().iter().any(|said| said == remark), "{:?}", input.remarks());
    }
}

#[test]
fn a_file_that_changes_after_the_look_is_not_read_by_old_rules() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input.csv");
    std::fs::write(&path, format!("id\n{A}\n")).unwrap();
    let input = Input::open(&path, &InputOptions::default()).unwrap();
    assert_eq!(rows(&input).len(), 1);
    std::fs::write(&path, format!("id\n{A}\n{B}\n")).unwrap();
    assert!(matches!(input.rows(), Err(InputError::Changed)));
}

#[test]
fn carried_columns_have_a_name_each_and_every_row_has_all_of_them() {
    for (text, names, first) in [
        (format!("id,owner,owner\n{A},x,y\n"), vec!["owner", "owner_2"], vec!["x", "y"]),
        (format!("id,,owner\n{A},x,y\n"), vec!["column_2", "owner"], vec!["x", "y"]),
        (format!("id,name,status\n{A},x,y\n"), vec!["input_name", "input_status"], vec!["x", "y"]),
        (format!("x,{A},y\n"), vec!["column_1", "column_3"], vec!["x", "y"]),
        // Ragged rows: short ones are filled up, cells beyond the header get columns, bare delimiters do not.
        (format!("id,owner,team\n{A},x\n"), vec!["owner", "team"], vec!["x", ""]),
        (format!("id,owner\n{A},x,,\n{B},y,,z,\n"), vec!["owner", "column_3", "column_4"], vec!["x", "", ""]),
        (format!("id,owner\n{A},x,,,\n"), vec!["owner"], vec!["x"]),
        (format!("id,owner, \n{A},x\n"), vec!["owner", "column_3"], vec!["x", ""]),
        // As given, not trimmed, not unshielded.
        (format!("id,owner\n{A}, '=x \n"), vec!["owner"], vec![" '=x "]),
        (format!("id,owner\n{A},'=x\n"), vec!["owner"], vec!["'=x"]),
    ] {
        let input = open(&text).unwrap();
        assert_eq!(input.format().carried_columns, names, "{text}");
        assert_eq!(rows(&input)[0].carried, first, "{text}");
    }
}

#[test]
fn a_report_of_ours_has_its_own_columns_replaced_and_its_cells_unshielded() {
    let link = format!("https://x.example/{A}");
    let texts = reports(&[
        &[
            ("line", "2"),
            ("input", &link),
            ("assistant_id", A),
            ("agent_id", A),
            ("name", "n"),
            ("owner", "'=me"),
            ("input_name", "x"),
        ],
        &[("line", "3"), ("input", B), ("status", "invalid_id"), ("owner", "you")],
        &[("line", "4"), ("input", "oops"), ("assistant_id", C), ("remedy", "r")],
        &[("line", "5"), ("input", "'-"), ("disabled", "not_requested")],
        &[("line", "6"), ("input", B), ("assistant_id", A), ("agent_id", C)],
    ]);
    let carried = |one: &str, other: &str| vec![one.to_owned(), other.to_owned()];
    let expected = [
        (2, link.clone(), pair(A, A), carried("=me", "x")),
        // Mended in `input`, then mended in `assistant_id`.
        (3, B.to_owned(), pair(B, B), carried("you", "")),
        (4, C.to_owned(), pair(C, C), carried("", "")),
        (5, "-".to_owned(), Err(InvalidId::NoUuid), carried("", "")),
        // Contradicting cells: the contract's column counts, and it is said.
        (6, A.to_owned(), pair(A, C), carried("", "")),
    ];
    for text in texts {
        let input = open(&text).unwrap();
        assert_eq!(input.format().carried_columns, ["owner", "input_name"]);
        let rows: Vec<_> =
            rows(&input).into_iter().map(|row| (row.line, row.input, row.target, row.carried)).collect();
        assert_eq!(rows, expected, "{text}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(input.remarks().join("\n"), @r"
            column 'assistant_id': 3 of 5 rows hold a UUID
            column 'agent_id': 2 of 5 rows hold a UUID; the agent to compare with
            a report of agent-migrate: its own columns are replaced
            'assistant_id' counts where it names another UUID than 'input': 1 row, first on line 6
            ");
        }
    }
}

#[test]
fn a_report_without_any_usable_id_still_has_its_input_column_read() {
    for text in reports(&[&[("line", "2"), ("input", A), ("status", "invalid_id")]]) {
        assert_eq!(rows(&open(&text).unwrap())[0].target, pair(A, A), "{text}");
    }
}

#[test]
fn a_bad_agent_cell_that_a_report_has_not_kept_stays_bad_until_somebody_mends_it() {
    let bad = [("status", "invalid_id"), ("error", InvalidId::AgentNoUuid.sentence())];
    let row = |cells: &[(&'static str, &'static str)]| [cells, &bad].concat();
    let texts = reports(&[
        &row(&[("line", "2"), ("input", A)]),
        &row(&[("line", "3"), ("input", A), ("agent_id", B)]),
        &row(&[("line", "4"), ("input", A), ("assistant_id", A)]),
    ]);
    for text in texts {
        let targets: Vec<_> = rows(&open(&text).unwrap()).into_iter().map(|row| row.target).collect();
        assert_eq!(targets, [Err(InvalidId::AgentNoUuid), pair(A, B), pair(A, A)], "{text}");
    }
}

#[test]
fn an_error_ends_the_rows() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let input = open(&format!("id\n{A}\n")).unwrap();
    let mut rows = input.rows().unwrap();
    rows.records = Records::new(
        Box::new(std::io::BufReader::new(format!("{A}\n").leak().as_bytes().chain(Broken))),
        input.layout,
    );
    assert!(rows.next().unwrap().is_ok());
    assert!(matches!(rows.next(), Some(Err(InputError::Read(_)))));
    assert!(rows.next().is_none());
}

#[test]
fn rows_can_be_read_on_another_thread() {
    let input = open(&format!("id\n{A}\n")).unwrap();
    let rows = input.rows().unwrap();
    drop(input);
    assert_eq!(std::thread::spawn(move || rows.count()).join().unwrap(), 1);
}

/// Bytes in one of the encodings that an input may have.
fn encoded(text: &str, encoding: Encoding, bom: bool) -> Vec<u8> {
    let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
    match encoding {
        Encoding::Utf8 => [if bom { "\u{feff}" } else { "" }, text].concat().into_bytes(),
        Encoding::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
    }
}

/// Cells that Windows-1252 can spell as well; no `€`, since `ß€` in Windows-1252 is a letter of UTF-8.
fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..5).prop_flat_map(|width| {
        proptest::collection::vec(proptest::collection::vec("[a-f '\",;\t\r\n=#äß]{0,12}", width), 1..20)
    })
}

/// A part of an input that knows what becomes of it.
#[derive(Clone, Debug)]
enum Piece {
    /// A row with this note, which may hold line breaks and quotes.
    Row(String),
    /// A line that is no row.
    Skipped(&'static str),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => "[a-c\",;#\n ]{0,9}[a-c]".prop_map(Piece::Row),
        2 => proptest::sample::select(vec!["", " ", ",,", ";", "\t", "#", "# a \" quote, open", "#\"\""])
            .prop_map(Piece::Skipped),
    ]
}

proptest! {
    #[test]
    fn what_a_csv_writer_wrote_comes_back_as_the_same_cells(
        table in tables(),
        delimiter in proptest::sample::select(vec![b',', b';', b'\t']),
        crlf in any::<bool>(),
        (encoding, bom) in proptest::sample::select(vec![
            (Encoding::Utf8, false), (Encoding::Utf8, true), (Encoding::Utf16Le, true),
            (Encoding::Utf16Be, true), (Encoding::Windows1252, false),
        ]),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        let header = (1..=table[0].len()).map(|number| format!("ä{number}"));
        writer.write_record(std::iter::once("assistant_id".to_owned()).chain(header)).unwrap();
        for row in &table {
            writer.write_record(std::iter::once(A).chain(row.iter().map(String::as_str))).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let input = Input::from_bytes(encoded(&text, encoding, bom), &InputOptions::default()).unwrap();
        let format = input.format();
        prop_assert_eq!((format.encoding, format.bom, format.delimiter), (encoding, bom, delimiter));
        prop_assert_eq!(format.line_end, if crlf { LineEnd::CrLf } else { LineEnd::Lf });
        let carried: Vec<_> = rows(&input).into_iter().map(|row| row.carried).collect();
        prop_assert_eq!(carried, table);
    }

    #[test]
    fn a_uuid_in_any_usual_form_is_the_rows_id(id in any::<u128>(), form in 0..5, sep in "[ \u{a0}]{0,3}") {
        let id = Uuid::from_u128(id);
        let cell = match form {
            0 => id.hyphenated().to_string().to_uppercase(),
            1 => id.simple().to_string(),
            2 => id.braced().to_string(),
            3 => id.urn().to_string(),
            _ => format!("https://app.langdock.com/assistants/{id}/edit"),
        };
        let input = open(&format!("owner,assistant\nx,{sep}{cell}{sep}\n")).unwrap();
        prop_assert_eq!(rows(&input)[0].target, Ok(Pair::same(id)));
    }

    #[test]
    fn every_row_is_accounted_for_on_its_line(
        pieces in proptest::collection::vec(piece(), 1..30),
        line_end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
        has_header: bool,
        ends_with_a_line: bool,
    ) {
        let mut text = String::new();
        let mut line = 1;
        let mut expected = Vec::new();
        if has_header {
            text.push_str("id,note");
            text.push_str(line_end);
            line += 1;
        }
        for piece in &pieces {
            let (written, lines) = match piece {
                Piece::Row(note) => {
                    expected.push((line, note.replace('\n', line_end)));
                    (format!("{A},\"{}\"", note.replace('"', "\"\"")), 1 + note.matches('\n').count())
                }
                Piece::Skipped(skipped) => ((*skipped).to_owned(), 1),
            };
            text.push_str(&written.replace('\n', line_end));
            text.push_str(line_end);
            line += lines as u64;
        }
        if !ends_with_a_line {
            text.truncate(text.len() - line_end.len());
        }
        match open_with(&text, &InputOptions { column: Some("1".to_owned()), ..InputOptions::default() }) {
            Ok(input) => {
                let found: Vec<_> =
                    rows(&input).into_iter().map(|row| (row.line, row.carried.concat())).collect();
                prop_assert_eq!(found, expected);
            }
            Err(error) => prop_assert!(expected.is_empty(), "{} {:?}", error, text),
        }
    }

    #[test]
    fn no_bytes_make_it_panic_and_no_row_fails_after_the_look(
        bytes in any::<Vec<u8>>(), start in proptest::sample::select(vec![
            &b""[..], b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n", b"id,x\n", b"#id;x\r",
        ]), no_header in any::<bool>(),
    ) {
        let bytes = [start, &bytes].concat();
        let options = InputOptions { no_header, ..InputOptions::default() };
        if let Ok(input) = Input::from_bytes(bytes, &options) {
            for row in input.rows().unwrap() {
                prop_assert_eq!(row.unwrap().carried.len(), input.format().carried_columns.len());
            }
        }
    }

    #[test]
    fn pieces_of_csv_never_make_it_panic(text in "[a0,;\"#\r\n\t =\u{0}ä]{0,60}", first in any::<bool>()) {
        let text = if first { format!("{A},{text}") } else { text };
        if let Ok(input) = open(&text) {
            prop_assert!(rows(&input).iter().all(|row| row.line >= 1));
        }
    }
}

/// `cargo test --release --lib input:: -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, meant for an optimised build"]
fn a_million_rows_take_about_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("million.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(file, "assistant_id,owner,team,note").unwrap();
    for row in 0..1_000_000_u128 {
        let id = Uuid::from_u128(row << 64);
        writeln!(file, "{id},owner-{row},\"Team, {}\",a few words here", row % 9).unwrap();
    }
    file.flush().unwrap();
    let start = Instant::now();
    let input = Input::open(&path, &InputOptions::default()).unwrap();
    let looked = start.elapsed();
    let usable = input.rows().unwrap().filter(|row| row.as_ref().unwrap().target.is_ok()).count();
    println!("look {looked:?}, all {:?}", start.elapsed());
    assert_eq!(usable, 1_000_000);
}
