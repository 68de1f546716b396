//! Taking it back.

use agent_migrate::practice::{SandboxOptions, Times, WriteTrouble};
use serde_json::json;

use super::bench::{Bench, alone, differing, same};
use crate::support::id;

fn other() -> serde_json::Value {
    json!({"temperature": 0.9, "description": "", "emojiIcon": null, "conversationStarters": []})
}

#[test]
fn every_agent_is_what_it_was_but_for_versions_and_times() {
    let bench = Bench::with(
        &[differing(1, &other()), same(2), differing(3, &json!({"model": "gpt-4"}))],
        SandboxOptions::default(),
    );
    let before = [1, 2, 3].map(|number| bench.published(number));
    bench.apply(&[]).exits_with(0);
    assert_ne!(bench.published(1), before[0]);
    bench.apply_asking(&["--undo", "--dry-run"]).exits_with(0).says("what was written to 2 agents");
    bench.apply(&["--undo"]).exits_with(0).says("undone");
    assert_eq!(bench.statuses(), "undone unchanged undone");
    assert_eq!([1, 2, 3].map(|number| bench.published(number)), before);
    bench.apply(&["--undo"]).exits_with(0).says("nothing to take back");
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "applied unchanged applied");
    bench.apply(&["--undo", "--only", &id(3)]).exits_with(0);
    assert_eq!(bench.statuses(), "not_checked unchanged undone");
    assert_eq!(bench.published(3), before[2]);
    bench.apply(&["--undo"]).exits_with(0);
    assert_eq!([1, 2, 3].map(|number| bench.published(number)), before);
}

/// What was verified in between is not so any more.
#[test]
fn a_verdict_on_what_is_taken_back_is_over() {
    let bench = Bench::with(&[differing(1, &other()), same(2)], SandboxOptions::default());
    bench.apply(&[]).exits_with(0);
    bench.run().exits_with(0).says("verified             2");
    bench.apply(&["--undo"]).exits_with(0);
    bench.run().exits_with(3).says("1 done, 1 to go");
    assert_eq!(bench.desk.report().column("status"), ["mismatch", "verified"]);
}

#[test]
fn what_somebody_has_published_since_is_left_alone() {
    let bench = Bench::with(&[differing(1, &other()), differing(2, &other())], SandboxOptions::default());
    bench.apply(&[]).exits_with(0);
    bench.edit(1, "instruction", json!("a better idea"));
    bench.publish(1);
    let since = bench.published(1);
    bench.apply(&["--undo"]).exits_with(3);
    assert_eq!(bench.statuses(), "changed_since undone");
    assert_eq!(bench.published(1), since);
}

#[test]
fn a_colleagues_draft_is_not_published_by_an_undo() {
    let bench = Bench::with(&[differing(1, &other()), differing(2, &other())], SandboxOptions::default());
    let before = bench.published(2);
    bench.apply(&[]).exits_with(0);
    bench.edit(1, "instruction", json!("half an idea"));
    let draft = bench.draft(1);
    bench.apply(&["--undo"]).exits_with(3);
    assert_eq!(bench.statuses(), "draft_in_use undone");
    assert_eq!((bench.draft(1), bench.published(2)), (draft, before));
}

#[test]
fn several_writes_are_taken_back_as_one() {
    let bench = Bench::with(&[differing(1, &other())], SandboxOptions::default());
    let before = bench.published(1);
    bench.apply(&[]).exits_with(0);
    bench.apply(&["--model", "gpt-5=gpt-6"]).exits_with(0);
    assert_eq!(bench.published(1)["model"], json!("gpt-6"));
    bench.apply(&["--undo"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), bench.published(1)), ("undone", before));
}

#[test]
fn what_stands_in_a_draft_for_want_of_an_answer_is_taken_back_too() {
    let bench = Bench::with(&[differing(1, &other())], SandboxOptions::default());
    let before = bench.published(1);
    let trouble = WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() };
    bench.sandbox.change(|options| options.update = trouble);
    bench.apply(&[]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown");
    assert_ne!(bench.draft(1), before);
    bench.apply(&["--undo"]).exits_with(0);
    assert_eq!(
        (bench.statuses().as_str(), bench.draft(1), bench.published(1)),
        ("undone", before.clone(), before)
    );
}

#[test]
fn an_agent_that_was_made_is_switched_off() {
    let bench = Bench::with(&[alone(1)], SandboxOptions::default());
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!(bench.statuses(), "created");
    bench.apply(&["--undo"]).exits_with(0).says("switched off");
    assert_eq!(bench.statuses(), "undone");
    assert_eq!(bench.sandbox.disabled_agents().len(), 1);
}
