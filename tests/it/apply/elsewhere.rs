//! Another workspace, with a key of its own.

use agent_migrate::practice::SandboxOptions;
use serde_json::json;

use super::bench::{Bench, differing, same};
use crate::support::{KEY, Ran, Report, files, id};

const OTHER_KEY: &str = "sk-other-77aa/Qq+lM=3";

fn there() -> Bench {
    let options = SandboxOptions { key: Some(OTHER_KEY.into()), ..SandboxOptions::default() };
    Bench::without_ledger(
        &[differing(101, &json!({"name": "x"})), differing(102, &json!({"name": "x"}))],
        options,
    )
}

fn apply_to(here: &Bench, there: &Bench, arguments: &[&str]) -> Ran {
    let mut command = here.desk.program();
    command.env("AGENT_MIGRATE_TO_API_KEY", OTHER_KEY);
    let to = there.sandbox.base_url();
    command.args(["apply", "assistants.ledger", "--yes", "--rpm", "1000000", "--to-base-url", &to]);
    Ran::of(command.args(arguments))
}

#[test]
fn the_agents_that_a_map_names_are_filled_there_and_nothing_is_asked_here() {
    let (here, there) = (Bench::with(&[same(1), same(2), same(3)], SandboxOptions::default()), there());
    let asked = here.sandbox.requests();
    let map = format!("assistant_id,agent_id\n{},{}\n{},{}\n", id(1), id(101), id(2), id(102));
    std::fs::write(here.desk.path("agents.csv"), map).unwrap();
    let ran = apply_to(&here, &there, &["--map", "agents.csv"]).exits_with(3);
    assert_eq!(here.statuses(), "applied applied no_target");
    assert_eq!(here.sandbox.requests(), asked);
    assert_eq!(there.published(101)["name"], json!("Assistant 1"));
    let report = Report::parse(&here.desk.read("assistants.apply.csv"));
    assert_eq!(report.column("agent_id"), [&id(101), &id(102), ""]);
    // The report is a map, too; and what this workspace's own agents are told is kept apart.
    std::fs::copy(here.desk.path("assistants.apply.csv"), here.desk.path("map.csv")).unwrap();
    apply_to(&here, &there, &["--map", "map.csv"]).exits_with(3);
    assert_eq!(here.statuses(), "unchanged unchanged no_target");
    here.apply(&["--undo"]).exits_with(0).says("nothing to take back");
    apply_to(&here, &there, &["--undo"]).exits_with(0);
    assert_eq!(there.published(101)["name"], json!("x"));
    for text in [ran.stderr, ran.stdout] {
        assert!(!text.contains(KEY) && !text.contains(OTHER_KEY));
    }
    for (path, content) in files(here.desk.folder.path()) {
        for key in [KEY, OTHER_KEY] {
            assert!(!content.windows(key.len()).any(|window| window == key.as_bytes()), "{}", path.display());
        }
    }
}

#[test]
fn an_agent_that_was_filled_there_is_known_without_the_map_and_no_second_one_is_made() {
    let (here, there) = (Bench::with(&[same(1), same(2)], SandboxOptions::default()), there());
    std::fs::write(here.desk.path("agents.csv"), format!("assistant_id,agent_id\n{},{}\n", id(1), id(101)))
        .unwrap();
    apply_to(&here, &there, &["--map", "agents.csv"]).exits_with(3);
    assert_eq!(here.statuses(), "applied no_target");
    apply_to(&here, &there, &["--create"]).exits_with(0);
    assert_eq!(here.statuses(), "unchanged created");
}

#[test]
fn agents_are_made_there_for_rows_without_one() {
    let (here, there) = (Bench::with(&[same(1)], SandboxOptions::default()), there());
    apply_to(&here, &there, &["--create"]).exits_with(0);
    assert_eq!(here.statuses(), "created");
    apply_to(&here, &there, &["--create"]).exits_with(0);
    assert_eq!(here.statuses(), "unchanged");
}

#[test]
fn the_ledgers_own_workspace_is_no_other_one_and_a_key_is_never_guessed() {
    let here = Bench::with(&[same(1)], SandboxOptions::default());
    let to = here.sandbox.base_url();
    let apply = |key: Option<&str>, arguments: &[&str]| {
        let mut command = here.desk.program();
        command.env_remove("AGENT_MIGRATE_TO_API_KEY");
        command.envs(key.map(|key| ("AGENT_MIGRATE_TO_API_KEY", key)));
        Ran::of(command.args(["apply", "assistants.ledger", "--yes", "--to-base-url", &to]).args(arguments))
    };
    apply(Some(KEY), &[]).exits_with(2).says("that is the same workspace");
    apply(None, &[]).exits_with(2).says("AGENT_MIGRATE_TO_API_KEY");
    let mut command = here.desk.program();
    Ran::of(command.args(["apply", "assistants.ledger", "--map", "x.csv"])).exits_with(2);
}
