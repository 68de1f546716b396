//! A run and an audit say what has changed since the one before.

use crate::support::{Desk, Ran};
use serde_json::{Value, json};

fn practise(desk: &Desk, words: &str) -> Ran {
    Ran::of(desk.program().args(words.split(' ')).args(["--sandbox", "--rpm", "30000"]))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The input without the row of that status, and with one more that holds no id.
fn change_input(desk: &Desk, rows: &[Value], gone: &str) {
    let gone = rows.iter().find(|row| row["status"] == gone).unwrap()["line"].as_u64().unwrap();
    let input = desk.read("assistants.csv");
    let kept = input.lines().zip(1..).filter(|(_, line)| *line != gone).map(|(line, _)| line);
    let lines: Vec<_> = kept.chain(["no id at all,,new@example.com,New"]).collect();
    std::fs::write(desk.path("assistants.csv"), lines.join("\n")).unwrap();
}

#[test]
fn a_run_says_what_is_new_mended_and_gone_since_the_one_before() {
    let desk = Desk::with_input(include_str!("../../../samples/assistants.csv"));
    let first = practise(&desk, "run assistants.csv --json run.jsonl").exits_with(3);
    assert!(!first.stderr.contains("Since the run"), "{}", first.stderr);
    let rows = lines(&desk.read("run.jsonl"));
    assert_eq!(rows[0]["since_last"], Value::Null);
    let mended: Vec<_> = rows.iter().filter(|row| row["status"] == "mismatch").collect();

    practise(&desk, "apply assistants.sandbox.ledger --yes --with-actions");
    change_input(&desk, &rows, "no_access");
    let ran = practise(&desk, "run assistants.csv --json run.jsonl --html run.html").exits_with(3);
    let now = lines(&desk.read("run.jsonl"));
    let since = &now[0]["since_last"];
    assert_eq!(since["at"], rows[0]["finished_at"]);
    let of = |line: &Value| now.iter().find(|row| row["assistant_id"] == line["assistant_id"]).unwrap();
    let is_mended = |row: &&&Value| of(row)["status"] == "verified";
    let count = mended.iter().filter(is_mended).count();
    assert!(count >= 3);
    assert_eq!((&since["new"], &since["mended"], &since["gone"]), (&json!(1), &json!(count), &json!(1)));
    assert!(mended.iter().filter(is_mended).all(|row| of(row)["before"] == "mismatch"));
    assert!(now.iter().filter(|row| row["status"] == "no_access").all(|row| row.get("before").is_none()));
    let said = format!("UTC: {count} mended, 1 new, 1 gone.");
    let ran = ran.says("Since the run of").says(&said);
    let sentence =
        ran.stderr.lines().find(|line| line.contains(&said)).unwrap().trim_start_matches("PRACTICE: ");
    assert!(desk.read("run.html").contains(sentence), "{sentence}");
    let again = Ran::of(desk.program().args(["report", "assistants.sandbox.ledger", "--format", "json"]));
    assert_eq!(&lines(&again.exits_with(0).stdout)[0]["since_last"], since);

    practise(&desk, "run assistants.csv").exits_with(3).says("no row is mended, new or gone.");
}

#[test]
fn an_audit_counts_its_findings_as_well() {
    let desk = Desk::with_input(include_str!("../../../samples/assistants.csv"));
    practise(&desk, "audit assistants.csv --json audit.jsonl").exits_with(3);
    let rows = lines(&desk.read("audit.jsonl"));
    let gone =
        rows.iter().rfind(|row| row["findings"].as_str().is_some_and(|codes| codes.contains("attachments")));
    let mut gone = gone.unwrap().clone();
    gone["status"] = json!("gone");
    change_input(&desk, &[gone.clone()], "gone");
    let ran = practise(&desk, "audit assistants.csv --json audit.jsonl").exits_with(3);
    ran.says("Since the audit of").says("1 new, 1 gone.").says("No longer found:");
    let since = &lines(&desk.read("audit.jsonl"))[0]["since_last"];
    assert_eq!(since["findings"]["attachments"], json!({"new": 0, "gone": 1}), "{since}");
}
