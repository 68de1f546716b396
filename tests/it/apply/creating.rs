//! Agents that are made.

use agent_migrate::practice::{AgentList, LostAnswer, SandboxOptions, Times, WriteTrouble};
use serde_json::json;

use super::bench::{Bench, alone};
use crate::support::id;

fn creates(bench: &Bench) -> usize {
    bench.writes().iter().filter(|write| *write == "create").count()
}

fn lost() -> SandboxOptions {
    let create = WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() };
    SandboxOptions { create, lost_answer: LostAnswer::Closed, ..SandboxOptions::default() }
}

#[test]
fn a_row_without_an_agent_gets_one_that_is_published_and_equal() {
    let bench = Bench::with(&[alone(1), alone(2)], SandboxOptions::default());
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("created created", 2));
    let report = bench.report();
    assert!(
        report.rows.iter().all(|row| row["agent_id"] != row["assistant_id"] && !row["agent_id"].is_empty())
    );
    assert!(report.column("left_behind").iter().all(|left| left.contains("sharing")));
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("unchanged unchanged", 2));
}

#[test]
fn without_an_answer_it_is_looked_for_in_the_list_and_never_made_twice() {
    let bench = Bench::with(&[alone(1)], lost());
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("created", 1));
}

#[test]
fn where_there_is_no_list_only_a_person_asks_again() {
    let bench = Bench::with(&[alone(1)], SandboxOptions { list: AgentList::Missing, ..lost() });
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("unknown", 1));
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("unknown", 1));
    assert!(bench.report().column("remedy")[0].contains("--retry-create"));
    bench.apply(&["--retry-create", &id(1)]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("created", 2));
}

#[test]
fn what_appears_in_the_list_later_is_found_by_the_next_command() {
    let list = AgentList::Missing;
    let bench = Bench::with(&[alone(1)], SandboxOptions { list, ..SandboxOptions::default() });
    bench.sandbox.change(|options| options.list = AgentList::Present);
    bench.sandbox.change(|options| {
        options.create = WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() };
        // The list before the create is answered, the one after it is not.
        options.list_fails_after = Some(1);
    });
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown");
    bench.sandbox.change(|options| options.list_fails_after = None);
    bench.apply(&["--create"]);
    assert_eq!(creates(&bench), 1);
    assert!(!bench.report().column("agent_id")[0].is_empty());
}

#[test]
fn a_flaky_refusal_that_left_a_draft_behind_is_taken_for_what_it_is() {
    let options = SandboxOptions { flaky_creates: Times::First(1), ..SandboxOptions::default() };
    let bench = Bench::with(&[alone(1)], options);
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("created", 1));
}

#[test]
fn one_that_was_made_and_not_published_is_published_by_the_next_command() {
    let publish = WriteTrouble { failed: Times::First(1), ..WriteTrouble::default() };
    let bench = Bench::with(&[alone(1)], SandboxOptions { publish, ..SandboxOptions::default() });
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown");
    bench.apply(&[]).exits_with(0);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("created", 1));
    let made = bench.report().column("agent_id")[0].parse().unwrap();
    assert_eq!(bench.sandbox.agent(made).unwrap().versions.len(), 1);
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "unchanged");
}

#[test]
fn two_rows_of_one_name_never_share_an_agent() {
    let create = WriteTrouble { dropped: Times::First(1), ..WriteTrouble::default() };
    let mut entries = [alone(1), alone(2)];
    for entry in &mut entries {
        entry["assistant"]["name"] = json!("The same");
    }
    let bench = Bench::with(&entries, SandboxOptions { create, ..SandboxOptions::default() });
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown created");
    bench.apply(&["--create"]).exits_with(3);
    assert_eq!((bench.statuses().as_str(), creates(&bench)), ("unknown unchanged", 2));
}

#[test]
fn a_default_model_is_updated_to() {
    let mut entry = alone(1);
    entry["assistant"]["model"] = json!("gpt-5@default");
    let bench = Bench::with(&[entry], SandboxOptions::default());
    bench.apply(&["--create"]).exits_with(0);
    assert_eq!(bench.statuses(), "created");
    assert!(
        bench.writes().iter().any(|write| write.contains(r#""model":"gpt-5@default""#)),
        "{:?}",
        bench.writes()
    );
}
