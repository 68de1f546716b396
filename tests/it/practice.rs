//! The practice workspace: a first run on a fresh machine, without key or network.

use std::collections::HashMap;
use std::path::Path;

use crate::support::office::Office;
use crate::support::{Desk, Ran, Report};
use agent_migrate::practice::SandboxOptions;
use serde_json::Value;

fn sample(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap()
}

/// The status that the practice workspace promises for each of its assistants.
fn outcomes() -> HashMap<String, String> {
    let workspace: Value = serde_json::from_str(&sample("workspace.json")).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let there = workspace["assistants"].as_array().unwrap().iter();
    let gone = workspace["gone"].as_array().unwrap().iter();
    there
        .map(|entry| (word(&entry["assistant"]["id"]), word(&entry["outcome"])))
        .chain(gone.map(|entry| (word(&entry["id"]), "assistant_not_found".to_owned())))
        .collect()
}

fn practise(desk: &Desk) -> Ran {
    let mut command = desk.program();
    // No key is read, and none is needed.
    command.env_remove("AGENT_MIGRATE_API_KEY");
    Ran::of(command.args(["run", "assistants.csv", "--sandbox", "--rpm", "100000"]))
}

fn report(desk: &Desk) -> Report {
    Report::parse(&desk.read("assistants.sandbox.report.csv"))
}

fn requests(report: &Report) -> Vec<u32> {
    report.column("requests").iter().map(|count| count.parse().unwrap()).collect()
}

#[test]
fn each_row_gets_the_status_that_the_workspace_promises_and_says_that_it_is_practice() {
    let desk = Desk::with_input(sample("assistants.csv"));
    practise(&desk).exits_with(3).says("PRACTICE");
    let outcomes = outcomes();
    let first = report(&desk);
    assert_eq!(first.rows.len(), 35);
    for (index, row) in first.rows.iter().enumerate() {
        let repeated =
            first.rows[..index].iter().any(|earlier| earlier["assistant_id"] == row["assistant_id"]);
        let expected = match outcomes.get(&row["assistant_id"]) {
            None => "invalid_id",
            Some(_) if repeated => "duplicate",
            Some(outcome) => outcome,
        };
        assert_eq!(row["status"], expected, "{row:?}");
        assert!(row["notes"].starts_with("PRACTICE"), "{row:?}");
        assert_eq!(row["remedy"].is_empty(), matches!(expected, "verified" | "duplicate"), "{row:?}");
    }
    assert!(desk.path("assistants.sandbox.ledger").is_file());
    assert!(!desk.path("assistants.ledger").exists() && !desk.path("assistants.report.csv").exists());

    // The second run has another port and asks only for what is not settled.
    practise(&desk).exits_with(3).says("20 done, 15 to go");
    let second = report(&desk);
    assert_eq!(second.timeless(), first.timeless());
    for ((row, before), after) in second.rows.iter().zip(requests(&first)).zip(requests(&second)) {
        let settled = matches!(row["status"].as_str(), "verified" | "invalid_id" | "duplicate");
        assert_eq!(after == before, settled, "{row:?}");
    }
}

#[test]
fn without_an_input_the_built_in_sample_is_run() {
    let desk = Desk::with_input("");
    Ran::of(desk.program().args(["run", "--sandbox", "--rpm", "100000", "-o", "-", "-q"])).exits_with(3);
    let names: Vec<_> = crate::support::files(desk.folder.path()).into_iter().map(|(path, _)| path).collect();
    assert!(names.iter().any(|path| path.to_string_lossy().ends_with(".sandbox.ledger")), "{names:?}");
}

#[test]
fn ones_own_csv_meets_every_outcome_where_that_is_asked_for_and_later_commands_the_same_workspace() {
    let ids: Vec<_> = (1..=80).map(crate::support::id).collect();
    let desk = Desk::with_input(format!("assistant_id\n{}\n", ids.join("\n")));
    let run = |line: &str| Ran::of(desk.program().args(line.split(' ')).args(["--rpm", "100000"]));
    run("run assistants.csv --sandbox --mix").exits_with(3).says("--mix");
    let first = report(&desk);
    for status in ["verified", "mismatch", "assistant_not_found", "agent_not_found", "no_access", "failed"] {
        assert!(first.column("status").contains(&status), "{status}");
    }
    // By the UUID alone, and the ledger remembers it.
    run("run assistants.csv --sandbox").exits_with(3);
    assert_eq!(report(&desk).column("status"), first.column("status"));
    run("verify assistants.sandbox.ledger").exits_with(3);
    let verified = Report::parse(&desk.read("assistants.sandbox.verify.csv"));
    let of = |report: &Report, status: &str| {
        report.column("status").iter().filter(|found| **found == status).count()
    };
    assert_eq!(of(&verified, "agent_not_found"), of(&first, "agent_not_found"));
    run("run assistants.csv --platform odeus --mix").exits_with(2);
}

#[test]
fn looking_makes_no_agents_and_some_have_what_an_audit_is_for() {
    let desk = Desk::with_input("");
    let office = Office::with(&[], SandboxOptions::default());
    let run = |line: &str| {
        let mut command = office.desk.program();
        Ran::of(command.args(line.split(' ')).args(["--base-url", &office.url])).stdout
    };
    let before = run("list");
    for _ in 0..2 {
        run("doctor");
    }
    assert_eq!(run("list"), before);
    let audit = ["audit", "--sandbox", "--rpm", "100000", "--source", "agent", "-o", "-"];
    let audit = Report::parse(&Ran::of(desk.program().args(audit)).stdout);
    for finding in ["secret", "no_owner"] {
        let is_found = |findings: &&str| findings.split(';').any(|found| found == finding);
        assert_eq!(audit.column("findings").into_iter().filter(is_found).count(), 1, "{finding}");
    }
}

#[test]
fn the_ledger_of_the_practice_workspace_is_no_ledger_of_a_platform() {
    let desk = Desk::with_input(sample("assistants.csv"));
    let mut command = desk.program();
    command.args(["run", "assistants.csv", "--sandbox", "--limit", "1", "--ledger", "one.ledger"]);
    Ran::of(&mut command).exits_with(3);
    desk.run("http://127.0.0.1:9", &["--ledger", "one.ledger"]).exits_with(1).says("practice");
}

#[test]
fn the_help_of_the_practice_workspace_says_what_goes_wrong_when_agents_are_written() {
    let help = Ran::of(Desk::with_input("").program().args(["sandbox", "--help"])).exits_with(0).stdout;
    let (_, writing) = help.split_once("Trouble when writing agents:").unwrap();
    let options: Vec<_> = writing.split_whitespace().filter(|word| word.starts_with("--")).take(4).collect();
    assert_eq!(options, ["--forbid-edit", "--lose-writes", "--drop-writes", "--flaky-creates"]);
}
