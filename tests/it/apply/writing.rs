//! Look, plan, write.

use agent_migrate::practice::{SandboxOptions, Times, WriteTrouble};
use serde_json::{Value, json};

use super::bench::{Bench, alone, assistant, differing, same, uuid};
use crate::support::schema::Schema;
use crate::support::{KEY, Ran, files, id};

fn options() -> SandboxOptions {
    SandboxOptions::default()
}

#[test]
fn what_differs_is_written_published_and_read_again_and_nothing_else() {
    let bench = Bench::with(
        &[
            differing(1, &json!({"temperature": 0.9, "emojiIcon": null, "model": "gpt-4"})),
            same(2),
            differing(3, &json!({"conversationStarters": ["Other"]})),
        ],
        options(),
    );
    let ran = bench.apply(&[]).exits_with(0).says("2 agents are about to be written").says("All is done");
    assert!(ran.stderr.contains("apply assistants.ledger --undo"), "{}", ran.stderr);
    assert_eq!(bench.statuses(), "applied unchanged applied");
    let report = bench.report();
    assert_eq!(report.column("changed"), ["emojiIcon; model; temperature", "", "conversationStarters"]);
    assert_eq!(report.column("requests"), ["4", "1", "4"]);
    assert_eq!(report.column("version"), ["2", "", "2"]);
    assert_eq!(
        bench.writes(),
        [
            r#"update 1 {"emoji":"🧾","model":"gpt-5","creativity":0.3}"#,
            "publish 1",
            r#"update 3 {"conversationStarters":["What may I claim?","Where do I hand it in?"]}"#,
            "publish 3",
        ]
    );
    bench.run().exits_with(0);
    bench.apply(&[]).exits_with(0).says("There is nothing to write");
    assert_eq!((bench.statuses().as_str(), bench.writes().len()), ("unchanged unchanged unchanged", 4));
}

#[test]
fn what_has_to_be_empty_is_cleared() {
    let mut empty = same(1);
    let assistant = empty["assistant"].as_object_mut().unwrap();
    for field in ["description", "emojiIcon", "conversationStarters"] {
        assistant.remove(field);
    }
    empty["agent"] =
        json!({"differs": {"set": {"description": "d", "emojiIcon": "X", "conversationStarters": ["a"]}}});
    empty["outcome"] = json!("mismatch");
    let bench = Bench::with(&[empty], options());
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.writes()[0], r#"update 1 {"description":"","emoji":null,"conversationStarters":[]}"#);
}

#[test]
fn tools_are_left_unless_they_are_asked_for_and_hidden_ones_are_never_lost_without_that() {
    let action = json!([{"actionId": "0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10", "requiresConfirmation": true}]);
    let mut entry = differing(1, &json!({"actions": [], "temperature": 0.9}));
    entry["assistant"]["actions"] = action.clone();
    let bench = Bench::with(&[entry], options());
    bench.sandbox.edit(uuid(1), |content| content.hidden_tools = vec![json!({"workflow": 1})]);
    let hidden = |bench: &Bench| bench.sandbox.agent(uuid(1)).unwrap().draft.hidden_tools.len();
    bench.apply(&[]).exits_with(3);
    assert_eq!((bench.statuses().as_str(), hidden(&bench)), ("differs", 1));
    assert_eq!(bench.report().column("left_behind"), ["actions"]);
    assert_eq!(bench.writes()[0], r#"update 1 {"creativity":0.3}"#);
    bench.apply(&["--with-actions"]).exits_with(0).says("WARNING: --with-actions");
    assert_eq!(bench.published(1)["actions"], action);
    assert_eq!(bench.report().column("left_behind"), ["connections"]);
}

#[test]
fn a_colleagues_draft_is_never_published_and_our_fields_are_put_back_in_it() {
    let bench = Bench::with(
        &[differing(1, &json!({"temperature": 0.9})), differing(2, &json!({"temperature": 0.9}))],
        options(),
    );
    bench.edit(1, "instruction", json!("half an idea"));
    let draft = bench.draft(1);
    bench.apply(&[]).exits_with(3).says("draft_in_use");
    assert_eq!(bench.statuses(), "draft_in_use applied");
    assert!(bench.report().column("error")[0].contains("instruction"));
    assert_eq!((bench.draft(1), bench.versions(1)), (draft, 1));
    assert_eq!(bench.published(1)["temperature"], json!(0.9));
    assert_eq!(bench.report().column("requests")[0], "3");
}

#[test]
fn somebody_who_published_the_same_meanwhile_is_fine() {
    let bench = Bench::with(
        &[differing(1, &json!({"temperature": 0.9}))],
        SandboxOptions { published_meanwhile: Times::First(1), ..options() },
    );
    bench.apply(&[]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), bench.report().column("version")[0]), ("applied", ""));
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would() {
    let bench = Bench::with(&[differing(1, &json!({"temperature": 0.9})), same(2), alone(3)], options());
    bench.apply_asking(&["--dry-run"]).exits_with(3).says("this is a dry run");
    assert_eq!(bench.statuses(), "would_apply unchanged agent_not_found");
    assert_eq!(bench.report().column("changed")[0], "temperature");
    bench.apply_asking(&["--dry-run", "--create"]).exits_with(0).says("service account");
    assert_eq!(bench.statuses(), "would_apply unchanged would_create");
    assert_eq!(bench.writes(), [""; 0]);
}

#[test]
fn nobody_is_written_to_without_a_yes() {
    let bench = Bench::with(&[differing(1, &json!({"temperature": 0.9}))], options());
    bench.apply_asking(&[]).exits_with(2).says("no terminal");
    assert_eq!(bench.writes(), [""; 0]);
}

#[test]
fn at_most_so_many_and_only_these_are_written() {
    let other = json!({"temperature": 0.9});
    let entries = [1, 2, 3].map(|number| differing(number, &other));
    let bench = Bench::with(&entries, options());
    bench.apply(&["--only", &id(2)]).exits_with(0);
    assert_eq!(bench.statuses(), "not_checked applied not_checked");
    bench.apply(&["--max-changes", "1"]).exits_with(0).says("Next:");
    assert_eq!(bench.statuses(), "applied unchanged not_checked");
    bench.apply(&["--only", &id(9)]).exits_with(2).says("knows no such");
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "unchanged unchanged applied");
}

#[test]
fn a_model_may_go_by_another_name() {
    let bench = Bench::with(&[differing(1, &json!({"model": "gpt-5-new"}))], options());
    bench.apply(&["--model", "gpt-5=gpt-5-new"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), bench.writes().len()), ("unchanged", 0));
    bench.apply(&["--model", "nonsense"]).exits_with(2);
}

#[test]
fn what_the_key_may_not_edit_is_said_and_a_refused_key_stops_all() {
    let other = json!({"temperature": 0.9});
    let entries = [1, 2].map(|number| differing(number, &other));
    let bench = Bench::with(&entries, SandboxOptions { refuse_edits: vec![uuid(1)], ..options() });
    bench.apply(&[]).exits_with(3);
    assert_eq!(bench.statuses(), "no_access applied");
    assert!(bench.report().column("error")[0].starts_with("update: 403"));
    assert!(bench.report().column("remedy")[0].contains("as editor"));
    bench.sandbox.change(|options| options.unauthorized_after = Some(0));
    bench.apply(&[]).exits_with(5).says("refused the key");
}

#[test]
fn a_key_that_is_refused_while_agents_are_written_stops_all_and_the_same_command_goes_on() {
    let other = json!({"temperature": 0.9});
    let entries = [1, 2, 3].map(|number| differing(number, &other));
    let bench = Bench::with(&entries, options());
    // Three are looked at, one is written.
    let asked = bench.sandbox.requests();
    bench.sandbox.change(|options| options.unauthorized_after = Some(asked + 6));
    bench.apply(&[]).exits_with(5).says("Next:");
    assert_eq!(bench.statuses(), "applied failed not_checked");
    bench.sandbox.change(|options| options.unauthorized_after = None);
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "unchanged applied applied");
}

#[test]
fn what_could_not_be_published_is_published_by_the_next_command() {
    let bench = Bench::with(&[differing(1, &json!({"temperature": 0.9}))], options());
    let trouble = WriteTrouble { failed: Times::First(1), ..WriteTrouble::default() };
    bench.sandbox.change(|options| options.publish = trouble);
    bench.apply(&[]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown");
    bench.apply(&[]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), &bench.published(1)["temperature"]), ("applied", &json!(0.3)));
}

#[test]
fn a_ledger_of_an_audit_brings_agents_back_to_what_they_were() {
    let bench =
        Bench::without_ledger(&[same(1), same(2)], SandboxOptions { gone_after: Some(0), ..options() });
    let url = bench.sandbox.base_url();
    let audit = ["audit", "assistants.csv", "--base-url", &url, "--source", "agent", "--rpm", "1000000"];
    Ran::of(bench.desk.program().args(audit));
    bench.edit(1, "instruction", json!("something else"));
    let wrong = json!({"temperature": 0.9});
    bench.edit(1, "temperature", wrong["temperature"].clone());
    bench.publish(1);
    let apply = ["apply", "assistants.audit.ledger", "--yes", "--rpm", "1000000"];
    Ran::of(bench.desk.program().args(apply)).exits_with(0);
    let text = bench.desk.read("assistants.audit.apply.csv");
    assert!(text.contains(",applied,instruction; temperature,"), "{text}");
    assert_eq!(bench.published(1)["instruction"], assistant(1)["instruction"]);
}

#[test]
fn redacted_reports_hold_no_text_of_the_platform() {
    let bench = Bench::with(&[differing(1, &json!({"instruction": "PLANTED words"}))], options());
    bench.edit(1, "description", json!("half an idea"));
    let files = ["--json", "r.jsonl", "--html", "r.html", "--redact"];
    bench.apply(&files);
    for file in ["r.jsonl", "r.html", "assistants.apply.csv"] {
        let text = bench.desk.read(file);
        assert!(!text.contains("PLANTED") && !text.contains("Assistant 1"), "{file}: {text}");
    }
}

#[test]
fn the_json_report_keeps_to_its_schema_and_is_for_its_owner_alone() {
    let bench = Bench::with(&[differing(1, &json!({"temperature": 0.9})), alone(2)], options());
    bench.edit(1, "instruction", json!("half an idea"));
    bench
        .apply(&["--json", "apply.jsonl", "--html", "apply.html"])
        .exits_with(3)
        .says("HTML report  apply.html");
    let page = bench.desk.read("apply.html");
    assert!(page.contains("<span class=\"badge heavy\">draft_<wbr>in_<wbr>use"), "{page}");
    assert!(page.contains("There are unpublished changes in this agent"));
    let text = bench.desk.read("apply.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Schema::new(include_str!("../../schema/apply.schema.json")).holds(&lines);
    assert_eq!((&lines[0]["rows"], &lines[0]["counts"]["draft_in_use"]), (&json!(2), &json!(1)));
    assert_eq!(lines[1]["changes"][0]["old"], json!(0.3));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in ["apply.jsonl", "apply.html"] {
            let mode = std::fs::metadata(bench.desk.path(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}

#[test]
fn the_key_stands_nowhere() {
    let bench = Bench::with(
        &[differing(1, &json!({"temperature": 0.9}))],
        SandboxOptions { echo_key: true, edit_forbidden: true, ..options() },
    );
    let ran = bench.apply(&["-vv"]).exits_with(3);
    assert!(!ran.stderr.contains(KEY) && !ran.stdout.contains(KEY));
    for (path, content) in files(bench.desk.folder.path()) {
        let holds = content.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!holds, "{}", path.display());
    }
}

#[test]
fn practising_leaves_the_workspace_as_it_was_written() {
    let desk = crate::support::Desk::with_input(include_str!("../../../samples/assistants.csv"));
    let practise = |arguments: &[&str]| {
        let mut command = desk.program();
        // Practice keeps to the limit, too; there is nothing to wait for here.
        Ran::of(command.env_remove("AGENT_MIGRATE_API_KEY").args(arguments).args(["--rpm", "6000"]))
    };
    let verified = || desk.read("assistants.sandbox.report.csv").matches(",verified,").count();
    practise(&["run", "assistants.csv", "--sandbox"]).says("PRACTICE");
    let before = verified();
    practise(&["apply", "assistants.sandbox.ledger", "--sandbox", "--yes"]).exits_with(3).says("PRACTICE");
    let applied = desk.read("assistants.sandbox.apply.csv").matches(",applied,").count();
    assert!(applied > 0);
    practise(&["run", "assistants.csv", "--sandbox"]);
    assert_eq!(verified(), before + applied);
    practise(&["apply", "assistants.sandbox.ledger", "--sandbox", "--undo", "--yes"]).exits_with(0);
    assert_eq!(desk.read("assistants.sandbox.apply.csv").matches(",undone,").count(), applied);
}
