//! `rollback LEDGER`: whatever this program switched off comes on again, and nothing else does.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::office::{Entry, Office, mismatch, one_record, other, same, two_records, uuid};
use crate::support::{Desk, Platform, Ran, Report, id};
use agent_migrate::practice::{SandboxOptions, Times, WriteTrouble};
use serde_json::json;
use wiremock::matchers::{body_partial_json, method};
use wiremock::{Mock, ResponseTemplate};

/// An office where all that can be off is off.
fn all_off(entries: &[Entry], options: SandboxOptions) -> Office {
    let office = Office::with(entries, options);
    let code = office.disable(&["--disable-shared", "--concurrency", "1"]).code;
    assert!([0, 3].contains(&code), "{code}");
    office
}

#[test]
fn everything_is_on_again_and_the_report_says_so() {
    let office = all_off(&[same(1), other(2, 102), mismatch(3), same(4)], two_records());
    assert_eq!(office.off(), [1, 2, 4]);
    let before = office.requests();
    office.rollback(&[]).exits_with(0).says("3 assistants are on again");
    let mut on: Vec<_> = office.deeds_since(before).split(", ").map(String::from).collect();
    on.sort();
    assert_eq!(on, ["on 1", "on 2", "on 4"]);
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    let report = office.report();
    assert_eq!(report.disabled(), ["re_enabled", "re_enabled", "skipped", "re_enabled"]);
    assert_eq!(report.column("status"), ["verified", "verified", "mismatch", "verified"]);

    // Again there is nothing to do, and nothing is asked for.
    let before = office.requests();
    office.rollback(&[]).exits_with(0).says("nothing to switch on again");
    assert_eq!(office.requests(), before);
    assert_eq!(office.report().timeless(), report.timeless());
}

#[test]
fn what_was_rolled_back_stays_on_in_a_plain_run_and_goes_off_again_when_asked_for() {
    let office = all_off(&[same(1), same(2)], two_records());
    office.rollback(&[]).exits_with(0);
    let switched = office.switches(true);
    office.run(&[]).exits_with(0);
    assert_eq!(office.report().disabled(), ["re_enabled"; 2]);
    assert_eq!((office.switches(true), office.off()), (switched, vec![]));
    office.disable(&[]).exits_with(0);
    assert_eq!(office.off(), [1, 2]);
    assert_eq!(office.report().disabled(), ["disabled"; 2]);
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn only_takes_those_it_names_and_leaves_the_others() {
    let office = all_off(&[same(1), same(2), same(3)], two_records());
    let (first, third) = (id(1), id(3).to_uppercase());
    office.rollback(&["--only", &first, "--only", &third]).exits_with(0);
    assert_eq!(office.off(), [2]);
    assert_eq!(office.report().disabled(), ["re_enabled", "disabled", "re_enabled"]);
    // One that is on already is nothing to do.
    office.rollback(&["--only", &first]).exits_with(0);
    assert_eq!(office.off(), [2]);
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn an_unknown_uuid_is_a_slip_of_the_pen() {
    let office = all_off(&[same(1)], two_records());
    let before = office.requests();
    let (known, unknown) = (id(1), id(77));
    office.rollback(&["--only", &known, "--only", &unknown]).exits_with(2).says(&unknown);
    office.rollback(&["--only", "nonsense"]).exits_with(2);
    assert_eq!((office.requests(), office.off()), (before, vec![1]));
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let office = all_off(&[same(1), same(2)], two_records());
    let before = (office.requests(), office.desk.read("assistants.report.csv"));
    let mut command = office.desk.program();
    // Neither a key nor a terminal is needed.
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["rollback", "assistants.ledger", "--dry-run"]);
    let ran = Ran::of(&mut command).exits_with(0).says("this is a dry run");
    assert!(ran.stderr.contains("2 assistants") && ran.stderr.contains(&id(1)), "{}", ran.stderr);
    assert_eq!((office.requests(), office.desk.read("assistants.report.csv")), before);
    assert_eq!(office.off(), [1, 2]);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_asked() {
    let office = all_off(&[same(1)], two_records());
    let before = office.requests();
    office.rollback_asking(&[]).exits_with(2).says("--yes");
    assert_eq!((office.requests(), office.off()), (before, vec![1]));
    assert_eq!(office.report().disabled(), ["disabled"]);
}

#[test]
fn what_is_missing_or_wrong_is_said_before_the_first_request() {
    let office = all_off(&[same(1)], two_records());
    let before = office.requests();
    let mut without_key = office.desk.program();
    without_key.env_remove("AGENT_MIGRATE_API_KEY").args(["rollback", "assistants.ledger", "--yes"]);
    Ran::of(&mut without_key).exits_with(2).says("AGENT_MIGRATE_API_KEY");
    office.rollback(&["--base-url", "http://127.0.0.1:9"]).exits_with(1).says(&office.url);
    let mut without_ledger = office.desk.program();
    Ran::of(without_ledger.args(["rollback", "missing.ledger", "--yes"]))
        .exits_with(1)
        .says("missing.ledger");
    assert!(!office.desk.path("missing.ledger").exists());
    let mut no_ledger = office.desk.program();
    Ran::of(no_ledger.args(["rollback", "assistants.csv", "--yes"])).exits_with(1).says("assistants.csv");
    assert_eq!((office.requests(), office.off()), (before, vec![1]));
    // The right base URL, given once more, is fine.
    let url = office.url.clone();
    office.rollback(&["--base-url", &url]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn the_input_is_not_needed_any_more_and_rows_gone_from_it_come_on_too() {
    let office = all_off(&[same(1), same(2)], two_records());
    std::fs::write(office.desk.path("assistants.csv"), format!("assistant_id,agent_id\n{},\n", id(2)))
        .unwrap();
    office.run(&[]).exits_with(0);
    assert_eq!(office.report().rows.len(), 1);
    std::fs::remove_file(office.desk.path("assistants.csv")).unwrap();
    office.rollback(&[]).exits_with(0).says("2 assistants are on again");
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn after_the_end_of_the_assistants_api_one_record_comes_on_through_its_agent() {
    let office = all_off(&[same(1), same(2), same(3)], one_record());
    assert_eq!(office.agents_off(), [1, 2, 3]);
    office.change(|options| options.gone_after = Some(0));
    let before = office.requests();
    office.rollback(&[]).exits_with(0);
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    assert_eq!(office.report().disabled(), ["re_enabled"; 3]);
    let deeds = office.deeds_since(before);
    assert_eq!(deeds.matches("agent on ").count(), 3, "{deeds}");
    assert_eq!(office.requests() - before, 4, "the end is met once: {deeds}");
}

#[test]
fn after_the_end_of_the_assistants_api_a_row_that_cannot_come_on_does_not_hold_back_the_others() {
    let office = all_off(&[other(1, 101), same(2), same(3)], one_record());
    office.change(|options| options.gone_after = Some(0));
    let ran = office.rollback(&[]);
    assert_eq!((office.off(), office.agents_off()), (vec![1], vec![]), "{}", ran.stderr);
    assert_eq!(office.report().disabled(), ["disabled", "re_enabled", "re_enabled"]);
    assert!([3, 5].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
}

#[test]
fn one_that_does_not_come_on_stays_disabled_in_the_report_and_the_same_command_goes_on() {
    // Three rounds of one try each, for the first of them.
    let office = all_off(
        &[same(1), same(2)],
        SandboxOptions {
            enable: WriteTrouble { failed: Times::First(3), ..WriteTrouble::default() },
            ..two_records()
        },
    );
    let ran = office.rollback(&[]).exits_with(3).says("could not be switched on again");
    assert!(ran.stderr.contains("agent-migrate rollback assistants.ledger"), "{}", ran.stderr);
    let left = office.off();
    assert_eq!(left.len(), 1);
    let report = office.report();
    let row = report.row(&id(left[0]));
    assert!(["disabled", "unknown"].contains(&row["disabled"].as_str()), "{row:?}");
    assert!(row["error"].starts_with("enable: 500"), "{row:?}");
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn a_key_that_may_not_enable_is_said_so_and_nothing_is_forgotten() {
    let office = all_off(&[same(1), same(2)], two_records());
    office.change(|options| options.disable_forbidden = true);
    let ran = office.rollback(&[]);
    assert!([3, 5].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    let report = office.report();
    assert_eq!(report.disabled(), ["disabled"; 2]);
    assert!(report.column("remedy").iter().all(|remedy| remedy.contains("permission")));
    office.change(|options| options.disable_forbidden = false);
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn what_was_off_before_stays_off() {
    let options = SandboxOptions { disabled: vec![uuid(1), uuid(3)], ..one_record() };
    let office = all_off(&[same(1), same(2), mismatch(3)], options);
    office.rollback(&[]).exits_with(0).says("off before this program came");
    assert_eq!(office.off(), [1, 3]);
    assert_eq!(office.report().disabled(), ["already_disabled", "re_enabled", "skipped"]);
}

#[test]
fn in_the_practice_workspace_it_works_without_a_key() {
    let desk = Desk::with_ids(&(1..=3).map(id).collect::<Vec<_>>());
    let practise = |arguments: &[&str]| {
        let mut command = desk.program();
        Ran::of(command.env_remove("AGENT_MIGRATE_API_KEY").args(arguments))
    };
    let run = ["run", "assistants.csv", "--sandbox", "--disable", "--yes", "--probe-wait", "0"];
    practise(&run).says("PRACTICE");
    let states = || Report::parse(&desk.read("assistants.sandbox.report.csv"));
    let off = states().disabled().iter().filter(|state| **state == "disabled").count();
    assert!(off >= 2, "{:?}", states().disabled());
    practise(&["rollback", "assistants.sandbox.ledger", "--yes"]).exits_with(0).says("PRACTICE");
    let on = states().disabled().iter().filter(|state| **state == "re_enabled").count();
    assert_eq!(on, off);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_between_two_assistants_and_the_same_command_goes_on() {
    let office = all_off(&[same(1), same(2), same(3), same(4)], two_records());
    office.change(|options| options.latency = Duration::from_millis(200));
    let running = office.rolling_back();
    office.wait_until(|office| office.switches(false) == 2);
    running.interrupt();
    running.ends().exits_with(4).says("agent-migrate rollback assistants.ledger");
    assert_eq!(office.off(), [3, 4]);
    assert_eq!(office.report().disabled(), ["re_enabled", "re_enabled", "disabled", "disabled"]);
    office.rollback(&[]).exits_with(0).says("2 assistants are on again");
    assert_eq!((office.off(), office.switches(false)), (vec![], 4));
}

#[cfg(unix)]
#[test]
fn killed_it_goes_on_and_forgets_none() {
    let office = all_off(&(1..=20).map(same).collect::<Vec<_>>(), two_records());
    office.change(|options| options.latency = Duration::from_millis(5));
    for wanted in [1, 4, 5, 11, 19] {
        let mut running = office.rolling_back();
        while office.switches(false) < wanted && !running.has_ended() {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.kill();
        let off: BTreeSet<u32> = office.off().into_iter().collect();
        let known = office.off_by_ledger();
        assert!(off.is_subset(&known), "off {off:?}, by the ledger {known:?}");
    }
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
    assert_eq!(office.report().disabled(), ["re_enabled"; 20]);
}

#[test]
fn some_that_the_key_may_not_see_any_more_do_not_hold_back_the_others() {
    let ids: Vec<String> = (1..=4).map(id).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let platform = runtime.block_on(async {
        let platform = Platform::start().await;
        for id in &ids {
            platform.pair(id).await;
        }
        for refused in &ids[..3] {
            let body = body_partial_json(json!({"assistantId": refused, "disabled": false}));
            let words = json!({"message": "API key does not have access to this assistant"});
            let refusal = ResponseTemplate::new(403).set_body_json(words);
            Mock::given(method("PATCH")).and(body).respond_with(refusal).mount(&platform.server).await;
        }
        let done = ResponseTemplate::new(200).set_body_json(json!({"status": "success"}));
        Mock::given(method("PATCH")).respond_with(done).mount(&platform.server).await;
        platform
    });
    let desk = Desk::with_ids(&ids);
    let url = platform.server.uri();
    desk.run(&url, &["--disable", "--disable-shared", "--yes", "--concurrency", "1"]).exits_with(0);
    let rollback = ["rollback", "assistants.ledger", "--yes", "--rpm", "1000000"];
    Ran::of(desk.program().args(rollback)).exits_with(3);
    assert_eq!(desk.report().disabled(), ["disabled", "disabled", "disabled", "re_enabled"]);
}

#[cfg(unix)]
#[test]
fn only_says_of_a_probe_without_a_verdict_what_it_does() {
    let office = Office::with(&[other(2, 102), same(1)], two_records());
    let running = office.disabling(30, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 1, list"));
    assert!(running.kill());
    let ran = office.rollback(&["--only", &id(2)]).exits_with(0);
    let is_on = !office.off().contains(&1);
    assert_eq!(is_on, !ran.stderr.contains("--only does not name them"), "{}", ran.stderr);
}
