//! The reports of a whole run, read by machines: JSON Lines, and the same report again from the ledger.

use std::fs;

use crate::support::schema::Schema;
use crate::support::{Desk, KEY, Platform, Ran, Report, assistant_answer, id, record, record_with};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

/// A run over five rows of different fates, with both reports.
async fn run() -> (Desk, Vec<Value>) {
    let platform = Platform::start().await;
    let long = "Answer briefly. ".repeat(2_000);
    platform.pair(&id(1)).await;
    let changed = json!({"name": "Tab\there\u{1b}[31m", "instruction": long, "temperature": 0.9});
    platform.assistant(&id(2), assistant_answer(&record_with(&id(2), &changed))).await;
    platform.pair(&id(2)).await;
    platform.assistant(&id(3), ResponseTemplate::new(403).set_body_json(json!({"message": "No"}))).await;
    let input =
        format!("id,owner\n{},joe\n{},ann\n{},\"a\nb\"\nnobody,\n{},joe\n", id(1), id(2), id(3), id(1));
    let desk = Desk::with_input(input);
    let url = platform.server.uri();
    let desk = tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--json", "report.jsonl"]).exits_with(3);
        desk
    })
    .await
    .unwrap();
    let lines = desk.read("report.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (desk, lines)
}

#[tokio::test]
async fn every_line_of_the_json_report_keeps_to_its_schema() {
    let (_desk, lines) = run().await;
    let schema = Schema::new(include_str!("../../schema/report.schema.json"));
    assert_eq!(lines.len(), 6);
    schema.holds(&lines);
}

#[tokio::test]
async fn json_has_the_counts_first_then_the_rows_of_the_csv_with_full_texts() {
    let (desk, lines) = run().await;
    let [run, rows @ ..] = &lines[..] else { panic!("no run line") };
    assert_eq!((&run["type"], &run["schema"], &run["rows"]), (&json!("run"), &json!(1), &json!(5)));
    for (status, count) in [
        ("verified", 1),
        ("mismatch", 1),
        ("no_access", 1),
        ("invalid_id", 1),
        ("duplicate", 1),
        ("failed", 0),
    ] {
        assert_eq!(run["counts"][status], count, "{status}");
    }
    let csv = desk.report();
    for (object, row) in rows.iter().zip(&csv.rows) {
        for column in ["assistant_id", "agent_id", "status", "disabled", "error", "remedy", "checked_at"] {
            assert_eq!(object[column].as_str().unwrap_or_default(), row[column], "{column}");
        }
        for column in ["line", "requests", "elapsed_ms"] {
            assert_eq!(object[column].as_u64().unwrap().to_string(), row[column], "{column}");
        }
    }
    let changed = &rows[1];
    assert_eq!(changed["name"], "Tab\there\u{1b}[31m", "JSON keeps the original");
    assert_eq!(csv.rows[1]["name"], "Tab here [31m");
    assert!(changed["differences"].as_str().unwrap().len() > 30_000, "JSON shortens nothing");
    assert!(csv.rows[1]["differences"].chars().count() <= 8_000);
    assert_eq!(rows[2]["columns"], json!({"owner": "a\nb"}));
}

#[tokio::test]
async fn what_is_proposed_can_be_posted_as_it_is_and_stands_wherever_the_assistant_was_read() {
    let (_desk, lines) = run().await;
    let assistant = record(&id(1));
    let proposed = lines[1]["proposed"].as_object().unwrap();
    for (write, read) in [
        ("name", "name"),
        ("description", "description"),
        ("emoji", "emojiIcon"),
        ("instruction", "instruction"),
        ("creativity", "temperature"),
        ("webSearch", "webSearchEnabled"),
        ("imageGeneration", "imageGenerationEnabled"),
        ("dataAnalyst", "codeInterpreterEnabled"),
        ("canvas", "canvasEnabled"),
        ("conversationStarters", "conversationStarters"),
        ("inputType", "inputType"),
        ("model", "model"),
        ("extendedThinking", "extendedThinking"),
        ("actions", "actions"),
        ("attachments", "attachments"),
    ] {
        assert_eq!(proposed.get(write), Some(&assistant[read]), "{write}");
    }
    for read_name in ["id", "emojiIcon", "temperature", "webSearchEnabled", "createdAt", "updatedAt"] {
        assert!(!proposed.contains_key(read_name), "{read_name}");
    }
    assert!(lines[2]["proposed"].is_object(), "a mismatch has one, too");
    for unread in [&lines[3], &lines[4]] {
        assert!(unread.get("proposed").is_none_or(Value::is_null), "{unread}");
    }
}

#[tokio::test]
async fn report_renders_the_ledger_again_and_redacts_every_text() {
    let (desk, _) = run().await;
    let again = Ran::of(desk.program().args(["report", "assistants.ledger"])).exits_with(0);
    assert_eq!(again.stdout, desk.read("assistants.report.csv"));
    let json = ["report", "assistants.ledger", "--format", "json"];
    assert_eq!(Ran::of(desk.program().args(json)).exits_with(0).stdout, desk.read("report.jsonl"));

    let redacted = Ran::of(desk.program().args(json).arg("--redact")).exits_with(0).stdout;
    for text in ["Travel", "Answer briefly", "You answer", "What may I claim", KEY] {
        assert!(!redacted.contains(text), "{text} in {redacted}");
    }
    let csv = Ran::of(desk.program().args(["report", "assistants.ledger", "--redact"])).exits_with(0).stdout;
    assert!(!csv.contains("Travel") && !csv.contains("briefly"), "{csv}");
    assert_eq!(Report::parse(&csv).column("status"), desk.report().column("status"));
}

#[test]
fn every_table_of_rows_has_the_same_columns_what_a_person_reads_first() {
    let desk = Desk::with_input(format!("owner,id\njoe,{}\njoe,{}\n", id(1), id(2)));
    let program = |arguments: &str| Ran::of(desk.program().args(arguments.split(' ')));
    program("run assistants.csv --sandbox --rpm 1000000 --json report.jsonl");
    let ledger = "assistants.sandbox.ledger";
    program(&format!("verify {ledger} --rpm 1000000 -o verify.csv"));
    program(&format!("report {ledger} --redact -o redacted.csv"));
    program(&format!("report {ledger} --split-by owner --output-dir parts"));
    let own = "line,name,status,remedy,differences,notes,error,disabled,input,assistant_id,agent_id,\
               assistant_updated_at,agent_updated_at,requests,elapsed_ms,checked_at";
    for file in ["assistants.sandbox.report.csv", "verify.csv", "redacted.csv", "parts/joe.csv"] {
        assert_eq!(desk.read(file).lines().next().unwrap(), format!("{own},owner"), "{file}");
    }
    let row: Value = serde_json::from_str(desk.read("report.jsonl").lines().nth(1).unwrap()).unwrap();
    let keys: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys[1..=16].join(","), own);
}

#[test]
fn every_command_that_writes_reports_writes_the_same_kinds() {
    let desk = Desk::with_input(format!("owner,id\njoe,{}\nann,{}\n", id(1), id(2)));
    for (name, line) in [
        ("run", "run assistants.csv --sandbox --rpm 6000"),
        ("verify", "verify assistants.sandbox.ledger --rpm 6000"),
        ("audit", "audit assistants.csv --sandbox --rpm 6000"),
        ("apply", "apply assistants.sandbox.ledger --sandbox --yes --rpm 6000"),
    ] {
        let files = ["csv", "jsonl", "html", "xlsx"].map(|ending| format!("{name}.{ending}"));
        let options = ["-o", "--json", "--html", "--xlsx"].into_iter().zip(&files);
        let asked = options.flat_map(|(option, file)| [option, file.as_str()]);
        let split = ["--redact", "--split-by", "owner", "--output-dir", name];
        let ran = Ran::of(desk.program().args(line.split(' ')).args(asked).args(split));
        assert!(matches!(ran.code, 0 | 3), "{name}: {}", ran.stderr);
        for part in ["joe.csv", "joe.html", "ann.csv", "ann.html", "index.html"] {
            assert!(desk.path(&format!("{name}/{part}")).is_file(), "{name}: {part}");
        }
        let whole = desk.read(&format!("{name}.csv"));
        let of_joe = desk.read(&format!("{name}/joe.csv"));
        assert_eq!((whole.lines().count(), of_joe.lines().count()), (3, 2), "{name}");
        assert!(files.iter().all(|file| desk.path(file).is_file()), "{name}");
        assert!(whole.contains(" characters"), "{name}: names are lengths: {whole}");
        assert!(ran.stderr.contains("split by 'owner': 2 parts"), "{name}: {}", ran.stderr);
    }
    let line = "apply assistants.sandbox.ledger --sandbox --yes --split-by team --output-dir parts";
    Ran::of(desk.program().args(line.split(' '))).exits_with(2).says("there is no such column");
}

#[test]
fn no_report_replaces_a_ledger_or_the_input() {
    let desk = Desk::with_ids(&[id(1)]);
    let run = ["run", "assistants.csv", "--sandbox", "--rpm", "1000000"];
    Ran::of(desk.program().args(run));
    let ledger = "assistants.sandbox.ledger";
    let kept = || [ledger, "assistants.csv"].map(|file| fs::read(desk.path(file)).unwrap());
    let before = kept();
    for (line, words) in [
        (["report", ledger, "-o", "assistants.csv"], "overwrite what may be the input"),
        (["report", ledger, "-o", ledger], "LEDGER and --output are the same file"),
        (["verify", ledger, "-o", "assistants.csv"], "overwrite what may be the input"),
    ] {
        Ran::of(desk.program().args(line)).exits_with(2).says(words);
    }
    for line in [
        ["audit", "assistants.csv", "--sandbox", "-o", ledger].as_slice(),
        &["audit", "assistants.csv", "--sandbox", "--html", ledger],
        &["list", "--sandbox", "-o", ledger],
    ] {
        let ran = Ran::of(desk.program().args(line)).exits_with(1);
        assert!(ran.stderr.contains("is a database, as ledgers are"), "{}", ran.stderr);
    }
    assert!(kept() == before && !desk.path("assistants.sandbox.audit.ledger").exists());
}

#[test]
fn report_replaces_what_this_program_has_made_and_nothing_else() {
    let desk = Desk::with_ids(&[id(1)]);
    Ran::of(desk.program().args(["run", "assistants.csv", "--sandbox", "--rpm", "1000000"]));
    let report = |format: &str, output: &str| {
        let line = ["report", "assistants.sandbox.ledger", "--format", format, "-o", output];
        Ran::of(desk.program().args(line))
    };
    for mine in ["notes for the board\n", "assistant_id,owner\n", "<html>mine</html>"] {
        fs::write(desk.path("mine"), mine).unwrap();
        report("html", "mine").exits_with(2).says("mine is there already, and no report of this program");
        assert_eq!(desk.read("mine"), mine);
    }
    fs::write(desk.path("ours"), "").unwrap();
    for format in ["csv", "html", "json", "csv"] {
        report(format, "ours").exits_with(0);
    }
    assert_eq!(desk.read("ours"), desk.read("assistants.sandbox.report.csv"));
    report("csv", "/dev/null").exits_with(0);
    assert!(report("csv", "/dev/stdout").exits_with(0).stdout.starts_with("line,"));
}

#[cfg(unix)]
#[test]
fn files_that_hold_prompts_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with_input(format!("assistant_id,owner\n{},Ann\n", id(1)));
    fs::write(desk.path("old.html"), "").unwrap();
    fs::set_permissions(desk.path("old.html"), fs::Permissions::from_mode(0o644)).unwrap();
    let all = "umask 022
        agent-migrate run assistants.csv --sandbox --rpm 1000000 --html old.html --json r.jsonl -o r.csv
        agent-migrate audit assistants.csv --sandbox --rpm 1000000 --html a.html --json a.jsonl -o a.csv
        agent-migrate report assistants.sandbox.ledger --format html -o again.html
        agent-migrate report assistants.sandbox.ledger --split-by owner --output-dir parts";
    let program = desk.program().get_program().to_string_lossy().into_owned();
    assert_eq!(Ran::of(&mut desk.in_shell(&all.replace("agent-migrate", &program))).code, 0);
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    for name in
        ["old.html", "r.jsonl", "a.html", "a.jsonl", "again.html", "parts/ann.html", "parts/index.html"]
    {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for name in ["r.csv", "a.csv", "parts/ann.csv"] {
        assert_eq!(mode(name), 0o644, "{name}");
    }
}

#[test]
fn what_pages_are_told_is_held_against_what_can_be_meant() {
    let desk = Desk::with_input(format!("assistant_id,owner\n{},Ann\n", id(1)));
    let run = ["run", "assistants.csv", "--sandbox", "--rpm", "1000000", "--html", "page.html"];
    for (option, value) in [
        ("--deadline", "30.04.2026"),
        ("--deadline", "2026-02-30"),
        ("--app-link", "https://app.example.com/"),
        ("--app-link", "app.example.com/{id}"),
        ("--lang", "fr"),
    ] {
        Ran::of(desk.program().args(run).args([option, value])).exits_with(2).says(option);
        assert!(!desk.path("page.html").exists(), "{option} {value}");
    }
    let passed = "--deadline 2001-04-30 has passed";
    for (deadline, is_missed) in [("2999-04-30", false), ("2001-04-30", true)] {
        let told = ["--deadline", deadline, "--contact", "Ann Admin", "--lang", "de"];
        let ran = Ran::of(desk.program().args(run).args(told));
        assert!(ran.code == 0 || ran.code == 3, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains(passed), is_missed, "{}", ran.stderr);
    }
    let (page, table) = (desk.read("page.html"), desk.read("assistants.sandbox.report.csv"));
    assert!(page.contains("<html lang=\"de\">") && page.contains("Fragen an: <bdi>Ann Admin</bdi>"));
    assert!(table.starts_with("line,name,status,remedy,"), "names of columns stay");
    let again = ["report", "assistants.sandbox.ledger", "--format", "html", "-o", "again.html"];
    Ran::of(desk.program().args(again)).exits_with(0);
    assert!(!desk.read("again.html").contains("Ann Admin"), "nothing of it is kept");
}

#[test]
fn the_proof_sheet_says_what_was_done_when_and_by_which_files_it_is_known() {
    let desk = Desk::with_input(format!("assistant_id,owner\n{},Ann\n", id(1)));
    let line =
        ["run", "assistants.csv", "--sandbox", "--rpm", "1000000", "--disable", "--yes", "--probe-wait", "0"];
    Ran::of(desk.program().args(line));
    let proof = ["report", "assistants.sandbox.ledger", "--format", "html", "--proof"];
    let page = Ran::of(desk.program().args(proof)).exits_with(0).stdout;
    let sha256 = |file: &str| agent_migrate::engine::report::sha256(&desk.path(file)).unwrap();
    for file in ["assistants.csv", "assistants.sandbox.ledger", "assistants.sandbox.report.csv"] {
        assert!(page.contains(&sha256(file)), "{file}");
    }
    assert!(page.contains("<td><bdi>run</bdi></td>") && page.contains(&id(1)), "{page}");
    assert!(page.contains("Who typed a command is not kept.") && page.contains("None was written."));
    assert!(!page.contains("<script"));
    let german = Ran::of(desk.program().args(proof).args(["--lang", "de"])).exits_with(0).stdout;
    assert!(german.contains("Was getan wurde, und wann") && german.contains("Keiner wurde geschrieben."));
    Ran::of(desk.program().args(["report", "assistants.sandbox.ledger", "--proof"])).exits_with(2);
}
