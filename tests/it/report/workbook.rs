//! `--xlsx`: the report as a workbook, of every command that writes one.

use std::path::Path;

use crate::support::{Desk, Ran, Report};
use calamine::{Data, Range, Reader, Xlsx, open_workbook};

/// The first sheet.
fn sheet(path: &Path) -> Range<Data> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    book.worksheet_range_at(0).unwrap().unwrap()
}

fn column(sheet: &Range<Data>, name: &str) -> Vec<String> {
    let mut rows = sheet.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    let at = rows.next().unwrap().iter().position(|heading| heading == name).unwrap();
    rows.map(|row| row[at].clone()).collect()
}

fn practise(desk: &Desk, words: &str) -> Ran {
    Ran::of(desk.program().args(words.split(' ')).args(["--rpm", "30000"]))
}

#[test]
fn a_workbook_has_the_rows_of_the_csv_and_is_its_owners_alone() {
    let desk = Desk::with_input(include_str!("../../../samples/assistants.csv"));
    practise(&desk, "run assistants.csv --sandbox --xlsx run.xlsx").exits_with(3).says("workbook");
    practise(&desk, "audit assistants.csv --sandbox --xlsx audit.xlsx").exits_with(3);
    practise(&desk, "apply assistants.sandbox.ledger --sandbox --dry-run --xlsx apply.xlsx");
    for (book, table) in [("run", "report"), ("audit", "audit"), ("apply", "apply")] {
        let book = desk.path(&format!("{book}.xlsx"));
        let table = Report::parse(&desk.read(&format!("assistants.sandbox.{table}.csv")));
        for name in ["status", "owner", "line"] {
            assert_eq!(column(&sheet(&book), name), table.column(name), "{name} in {}", book.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&book).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let report = |words: &[&str]| {
        Ran::of(desk.program().args(["report", "assistants.sandbox.ledger", "--format", "xlsx"]).args(words))
    };
    // One of ours is replaced, anybody else's is not.
    report(&["--redact", "-o", "run.xlsx"]).exits_with(0);
    assert!(column(&sheet(&desk.path("run.xlsx")), "name").iter().any(|name| name.ends_with("characters")));
    std::fs::write(desk.path("mine.xlsx"), "PK\u{3}\u{4}mine").unwrap();
    report(&["-o", "mine.xlsx"]).exits_with(2).says("no report of this program");
    report(&[]).exits_with(2).says("-o PATH");
}
