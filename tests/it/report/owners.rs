//! An owner who was changed in the input is the owner in the next report, without another run.

use crate::support::{Desk, Ran, Report};

fn report(desk: &Desk, arguments: &[&str]) -> Ran {
    Ran::of(desk.program().args(["report", "assistants.sandbox.ledger"]).args(arguments)).exits_with(0)
}

#[test]
fn a_report_has_the_owners_of_the_changed_input_and_the_verdicts_of_the_run() {
    let [one, two, three] = [1, 2, 3].map(|n| format!("{n:08x}-0000-4000-8000-00000000000{n}"));
    let desk = Desk::with_input(format!(
        "id;owner;team\n{one};Anna;A\n{two};Anna;A\n{one};Berta;B\n{three};Anna;C\nnone;Cleo;C\n"
    ));
    let run = Ran::of(desk.program().args(["run", "assistants.csv", "--sandbox", "--rpm", "30000"]));
    assert!(matches!(run.code, 0 | 3));
    let before = Report::parse(&report(&desk, &["--dialect", "plain"]).stdout);
    assert_eq!(before.column("owner"), ["Anna", "Anna", "Berta", "Anna", "Cleo"]);

    // Another order, a column more, one less, a row less and one more.
    let other = "ffffffff-0000-4000-8000-00000000000f";
    let changed = format!("mail,id,owner\nx@a.example,{two},Dora\n,{one},Anna\n,{other},Emil\n,{one},Dora\n");
    std::fs::write(desk.path("assistants.csv"), changed).unwrap();
    let ran = report(&desk, &[]).says("assistants.csv has changed since").says("3 rows");
    let now = Report::parse(&ran.stdout);
    assert_eq!(now.column("owner"), ["Anna", "Dora", "Dora", "Anna", "Cleo"]);
    assert_eq!(now.column("mail"), ["", "x@a.example", "", "", ""]);
    assert!(!now.columns.contains(&"team".to_owned()));
    for name in ["status", "line", "input", "notes", "checked_at"] {
        assert_eq!(now.column(name), before.column(name), "{name}");
    }
    report(&desk, &["--split-by", "owner", "--output-dir", "parts"]);
    assert!(desk.path("parts/dora.csv").exists() && !desk.path("parts/berta.csv").exists());

    // What cannot be read or is gone leaves the columns as they were.
    std::fs::write(desk.path("assistants.csv"), "nothing").unwrap();
    let ran = report(&desk, &["--dialect", "plain"]).says("shown as they were");
    assert_eq!(ran.stdout, report(&desk, &["--dialect", "plain"]).stdout);
    assert_eq!(Report::parse(&ran.stdout).column("owner"), before.column("owner"));
    std::fs::remove_file(desk.path("assistants.csv")).unwrap();
    assert!(!report(&desk, &[]).stderr.contains("assistants.csv"));
}
