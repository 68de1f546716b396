//! Kills, lost answers, Ctrl-C.

use std::time::Duration;

use agent_migrate::practice::{LostAnswer, SandboxOptions, Times, WriteTrouble};
use serde_json::json;

use super::bench::{Bench, alone, assistant, differing};
use crate::support::Ran;

fn bench(rows: u32) -> Bench {
    let other = json!({"temperature": 0.9, "description": ""});
    let entries: Vec<_> = (1..=rows).map(|number| differing(number, &other)).collect();
    Bench::with(&entries, SandboxOptions::default())
}

#[test]
fn an_answer_that_is_lost_is_made_up_for_by_looking() {
    let lost = WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() };
    let bench = bench(2);
    bench.sandbox.change(|options| {
        options.publish = lost;
        options.lost_answer = LostAnswer::Closed;
    });
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "applied applied");
    let published = bench.writes().iter().filter(|write| write.starts_with("publish 1")).count();
    assert_eq!(published, 1);
}

#[test]
fn what_may_be_written_is_unknown_and_the_same_command_goes_on() {
    let dropped = WriteTrouble { dropped: Times::First(1), ..WriteTrouble::default() };
    let bench = bench(2);
    bench.sandbox.change(|options| options.update = dropped);
    bench.apply(&[]).exits_with(3);
    assert_eq!(bench.statuses(), "unknown applied");
    bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "applied unchanged");
}

/// Kills it when so many writes have reached the platform, then goes on, then takes all back.
fn killed_after(writes: usize) {
    let bench = bench(3);
    let before = [1, 2, 3].map(|number| bench.published(number));
    bench.sandbox.change(|options| options.latency = Duration::from_millis(15));
    let mut child = bench.applying(&[]);
    bench.wait_for_writes(writes, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    bench.sandbox.change(|options| options.latency = Duration::ZERO);
    bench.apply(&[]).exits_with(0);
    for number in 1..=3 {
        assert_eq!(bench.published(number)["temperature"], assistant(number)["temperature"], "{writes}");
        assert_eq!(bench.versions(number), 2, "published once, killed after {writes}: {:?}", bench.writes());
    }
    bench.apply(&["--undo"]).exits_with(0);
    assert_eq!([1, 2, 3].map(|number| bench.published(number)), before, "{writes}");
    assert_eq!([1, 2, 3].map(|number| bench.draft(number)), before, "{writes}");
}

/// The same, but what was done is taken back at once.
fn killed_and_taken_back(writes: usize) {
    let bench = bench(3);
    let before = [1, 2, 3].map(|number| bench.published(number));
    bench.sandbox.change(|options| options.latency = Duration::from_millis(15));
    let mut child = bench.applying(&[]);
    bench.wait_for_writes(writes, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut child = bench.applying(&["--undo"]);
    bench.wait_for_writes(writes + 1, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    bench.sandbox.change(|options| options.latency = Duration::ZERO);
    bench.apply(&["--undo"]).exits_with(0);
    assert_eq!([1, 2, 3].map(|number| bench.published(number)), before, "{writes}: {:?}", bench.writes());
    assert_eq!([1, 2, 3].map(|number| bench.draft(number)), before, "{writes}: {:?}", bench.writes());
}

#[test]
fn killed_while_agents_are_made_none_is_made_twice() {
    let entries: Vec<_> = (1..=3).map(alone).collect();
    for writes in [1, 2, 3] {
        let bench = Bench::with(&entries, SandboxOptions::default());
        bench.sandbox.change(|options| options.latency = Duration::from_millis(15));
        let mut child = bench.applying(&["--create"]);
        bench.wait_for_writes(writes, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        bench.sandbox.change(|options| options.latency = Duration::ZERO);
        bench.apply(&["--create"]);
        bench.apply(&["--create"]);
        let made = bench.sandbox.agents().len();
        let statuses = bench.statuses();
        // One that was asked for and never arrived is a person's to ask for again.
        let lost = statuses.matches("unknown").count();
        assert_eq!((made + lost, statuses.matches("unchanged").count()), (3, made), "{writes}: {statuses}");
    }
}

#[test]
fn killed_it_goes_on_and_can_be_taken_back() {
    for writes in [1, 2, 4] {
        killed_after(writes);
    }
    for writes in [1, 2] {
        killed_and_taken_back(writes);
    }
}

#[test]
#[ignore = "a long series"]
fn killed_at_every_write_it_goes_on_and_can_be_taken_back() {
    for _ in 0..5 {
        for writes in 1..=6 {
            killed_after(writes);
            killed_and_taken_back(writes);
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_the_agent_under_way() {
    let bench = bench(3);
    bench.sandbox.change(|options| options.latency = Duration::from_millis(200));
    let mut child = bench.applying(&[]);
    bench.wait_for_writes(1, &mut child);
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Nothing more is written: stopped by Ctrl-C"), "{said}");
    assert_eq!(bench.statuses(), "applied not_checked not_checked");
    assert_eq!(bench.writes().len(), 2);
    assert!(said.contains("apply assistants.ledger"), "{said}");
    bench.sandbox.change(|options| options.latency = Duration::ZERO);
    let _: Ran = bench.apply(&[]).exits_with(0);
    assert_eq!(bench.statuses(), "unchanged applied applied");
}
