//! `run --disable`, where the platform does not behave: answers lost, requests refused, what does not come on again.

use crate::support::office::{Entry, Office, one_record, other, same, two_records, uuid};
use crate::support::{Desk, Platform, Ran, Report, agent_answer, assistant_answer, id, record};
use agent_migrate::practice::{AgentList, LostAnswer, SandboxOptions, Times, WriteTrouble};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, ResponseTemplate};

fn lost(options: SandboxOptions, answer: LostAnswer) -> SandboxOptions {
    SandboxOptions {
        disable: WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() },
        lost_answer: answer,
        ..options
    }
}

const BOTH: [LostAnswer; 2] = [LostAnswer::Closed, LostAnswer::Silent];

fn three() -> [Entry; 3] {
    [same(2), same(1), same(3)]
}

#[test]
fn a_probe_of_two_records_without_an_answer_is_switched_on_again_and_that_is_all() {
    for answer in BOTH {
        let office = Office::with(&three(), lost(two_records(), answer));
        office.disable(&["--timeout", "1"]).exits_with(3);
        assert_eq!(office.deeds(), "read, list, off 1, list, on 1", "{answer:?}");
        assert_eq!(office.report().disabled(), ["skipped", "reverted", "skipped"]);
        assert_eq!(office.off(), Vec::<u32>::new());
    }
}

#[test]
fn a_probe_of_one_record_without_an_answer_is_looked_up_and_betrays_the_one_record() {
    for answer in BOTH {
        let office = Office::with(&three(), lost(one_record(), answer));
        office.disable(&["--timeout", "1"]).exits_with(3).says("one record");
        assert_eq!(office.deeds(), "read, list, off 1, list, list, on 1", "{answer:?}");
        assert_eq!(office.report().disabled(), ["skipped", "reverted", "skipped"]);
        assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    }
}

#[test]
fn a_disable_without_an_answer_is_sent_again_and_then_is_as_good_as_any() {
    let office = Office::with(&three(), lost(two_records(), LostAnswer::Closed));
    let arguments = ["--disable", "--yes", "--probe-wait", "0", "--retries", "1"];
    office.run(&arguments).exits_with(0);
    assert_eq!(office.deeds(), "read, list, off 1, off 1, list, off 2, off 3, list");
    let report = office.report();
    assert_eq!(report.disabled(), ["disabled"; 3]);
    assert_eq!(report.row(&id(1))["requests"], "4", "two GETs and two PATCHes");
}

#[test]
fn a_row_behind_the_probe_without_an_answer_is_unknown_until_the_next_run_or_rollback() {
    for answer in BOTH {
        // The row with another agent goes first, so that it is the one whose answer is lost.
        let office = Office::with(&[same(1), other(2, 102)], lost(two_records(), answer));
        office.disable(&["--timeout", "1"]).exits_with(3);
        assert_eq!(office.deeds(), "read, list, off 2, list, off 1, list, list", "{answer:?}");
        let report = office.report();
        assert_eq!(report.disabled(), ["disabled", "unknown"]);
        let row = report.row(&id(2));
        assert!(row["error"].starts_with("disable: ") && row["remedy"].contains("rollback"), "{row:?}");
        assert_eq!(office.off(), [1, 2]);

        let before = office.requests();
        office.disable(&[]).exits_with(0);
        assert_eq!(office.deeds_since(before), "list, read, list, off 2", "{answer:?}");
        assert_eq!(office.report().disabled(), ["disabled"; 2]);
    }
}

#[test]
fn rollback_takes_back_what_may_be_off_as_well() {
    let office = Office::with(&[same(1), other(2, 102)], lost(two_records(), LostAnswer::Closed));
    office.disable(&[]).exits_with(3);
    office.rollback(&[]).exits_with(0).says("whether that was done is not known");
    assert_eq!(office.off(), Vec::<u32>::new());
    assert_eq!(office.report().disabled(), ["re_enabled"; 2]);
}

#[test]
fn our_own_lost_answer_is_disabled_and_not_already_disabled_when_the_list_shows_it_off_later() {
    // No list while it happens, so that nothing can be looked up; later there is one.
    let options = SandboxOptions { list: AgentList::Missing, ..lost(one_record(), LostAnswer::Closed) };
    let office = Office::with(&[same(1), same(2)], options);
    office.disable(&["--disable-shared"]).exits_with(3);
    assert_eq!(office.report().disabled(), ["unknown", "disabled"]);
    office.change(|options| options.list = AgentList::Present);
    let before = office.requests();
    office.disable(&["--disable-shared"]).exits_with(0);
    // The list shows it now: there is nothing left to ask for.
    assert_eq!(office.deeds_since(before), "list, list");
    assert_eq!(office.report().disabled(), ["disabled"; 2]);
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn a_server_error_may_have_been_applied_so_the_row_is_unknown_and_the_probe_comes_back() {
    let office = Office::with(
        &three(),
        SandboxOptions {
            disable: WriteTrouble { failed: Times::First(1), ..WriteTrouble::default() },
            ..two_records()
        },
    );
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 1, list, on 1");
    assert_eq!(office.report().disabled(), ["skipped", "reverted", "skipped"]);
    let office = Office::with(
        &[other(1, 101), same(2)],
        SandboxOptions {
            disable: WriteTrouble { failed: Times::First(1), ..WriteTrouble::default() },
            ..two_records()
        },
    );
    office.disable(&[]).exits_with(3);
    assert_eq!(office.report().disabled(), ["unknown", "disabled"]);
}

#[test]
fn a_key_that_may_not_disable_ends_it_at_the_third_refusal_with_one_remedy_for_all() {
    let entries: Vec<_> = (1..=5).map(same).collect();
    let unwatched: Vec<_> = (1..=4).map(|number| other(number, 100 + number)).chain([same(5)]).collect();
    for entries in [entries, unwatched] {
        let office = Office::with(&entries, SandboxOptions { disable_forbidden: true, ..two_records() });
        office.disable(&[]).exits_with(5).says("workspace admin");
        assert_eq!(office.deeds(), "read, list, off 1, off 2, off 3");
        let report = office.report();
        assert_eq!(report.disabled(), ["failed", "failed", "failed", "skipped", "skipped"]);
        for row in &report.rows {
            let is_refused = row["disabled"] == "failed";
            assert_eq!(row["error"].starts_with("disable: 403"), is_refused, "{row:?}");
            assert!(row["remedy"].contains("permission"), "{row:?}");
            assert_eq!(row["status"], "verified");
        }
        // Mended, the same command goes on.
        office.change(|options| options.disable_forbidden = false);
        office.disable(&[]).exits_with(0);
        assert_eq!(office.off(), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn one_refused_row_is_its_own_fault_and_the_probe_hands_over() {
    let options = SandboxOptions { refuse_disables: vec![uuid(1), uuid(3)], ..two_records() };
    let office = Office::with(&three(), options);
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 1, off 2, list, off 3, list");
    let report = office.report();
    assert_eq!(report.disabled(), ["disabled", "failed", "failed"]);
    assert!(report.row(&id(3))["error"].starts_with("disable: 403"), "{:?}", report.row(&id(3)));
    assert!(!report.row(&id(3))["remedy"].is_empty());
    assert_eq!(office.off(), [2]);
}

#[test]
fn three_probes_refused_in_a_row_without_a_success_are_about_the_key() {
    let refused = [1, 2, 3].map(uuid).to_vec();
    let entries: Vec<_> = (1..=6).map(same).collect();
    let office = Office::with(&entries, SandboxOptions { refuse_disables: refused, ..two_records() });
    office.disable(&[]).exits_with(5);
    assert_eq!(office.deeds(), "read, list, off 1, off 2, off 3");
    let states = ["failed", "failed", "failed", "skipped", "skipped", "skipped"];
    assert_eq!(office.report().disabled(), states);
}

#[test]
fn where_the_key_may_disable_the_probe_hands_over_three_times() {
    let entries: Vec<_> = [other(9, 109)].into_iter().chain((1..=6).map(same)).collect();
    let refusing = |refused: &[u32]| {
        let refused = refused.iter().copied().map(uuid).collect();
        Office::with(&entries, SandboxOptions { refuse_disables: refused, ..two_records() })
    };
    let office = refusing(&[1, 2, 3]);
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 9, off 1, off 2, off 3, off 4, list, off 5, off 6, list");
    assert_eq!(office.off(), [4, 5, 6, 9]);

    let office = refusing(&[1, 2, 3, 4]);
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 9, off 1, off 2, off 3, off 4");
    let states = ["disabled", "failed", "failed", "failed", "failed", "skipped", "skipped"];
    assert_eq!(office.report().disabled(), states);
}

#[test]
fn a_probe_that_does_not_come_on_again_is_loud_and_the_next_run_does_it_first() {
    // Three rounds of one try each.
    let office = Office::with(
        &three(),
        SandboxOptions {
            enable: WriteTrouble { failed: Times::First(3), ..WriteTrouble::default() },
            ..one_record()
        },
    );
    let ran = office.disable(&[]).exits_with(4).says("could not be switched on again");
    assert!(ran.stderr.contains("WARNING") && ran.stderr.contains("rollback"), "{}", ran.stderr);
    assert_eq!(office.deeds(), "read, list, off 1, list, on 1, on 1, on 1");
    let report = office.report();
    assert_eq!(report.disabled(), ["skipped", "revert_failed", "skipped"]);
    assert!(report.row(&id(1))["error"].starts_with("enable: 500"), "{:?}", report.row(&id(1)));
    assert!(!report.row(&id(1))["remedy"].is_empty());
    assert_eq!((office.off(), office.agents_off()), (vec![1], vec![1]));
    office.run(&["--fresh"]).exits_with(1).says("--yes");

    let before = office.requests();
    office.run(&[]).exits_with(0);
    assert!(office.deeds_since(before).starts_with("on 1"), "{}", office.deeds_since(before));
    assert_eq!(office.agents_off(), Vec::<u32>::new());
    assert_eq!(office.report().row(&id(1))["disabled"], "reverted");
}

#[test]
fn rollback_takes_back_what_the_guard_could_not() {
    let office = Office::with(
        &three(),
        SandboxOptions {
            enable: WriteTrouble { failed: Times::First(3), ..WriteTrouble::default() },
            ..one_record()
        },
    );
    office.disable(&[]).exits_with(4);
    office.rollback(&[]).exits_with(0).says("could not be switched on again before");
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    assert_eq!(office.report().row(&id(1))["disabled"], "re_enabled");
}

/// A platform that answers every `get` as it should, and the list with these agents, all on.
async fn platform(ids: &[String]) -> Platform {
    let agents: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "name": "Travel", "disabled": false})).collect();
    let list = json!({"agents": agents, "nextCursor": null});
    platform_with_list(ids, ResponseTemplate::new(200).set_body_json(list)).await
}

/// The same with another answer to the list.
async fn platform_with_list(ids: &[String], list: ResponseTemplate) -> Platform {
    let platform = Platform::start().await;
    for (index, id) in ids.iter().enumerate() {
        let mut record = record(id);
        record["updatedAt"] = json!(format!("2025-01-{:02}T00:00:00Z", index + 1));
        platform.assistant(id, assistant_answer(&record)).await;
        platform.agent(id, agent_answer(&record)).await;
    }
    Mock::given(method("GET")).and(path("/agent/v1/list")).respond_with(list).mount(&platform.server).await;
    platform
}

async fn on_disable(platform: &Platform, body: Value, answer: ResponseTemplate) {
    Mock::given(method("PATCH"))
        .and(path("/assistant/v1/disable"))
        .and(body_partial_json(body))
        .respond_with(answer)
        .mount(&platform.server)
        .await;
}

/// What the program asked to be switched, in order, behind a run of three rows.
async fn disable(platform: Platform, ids: Vec<String>) -> (Ran, Report, Vec<Value>) {
    let url = platform.server.uri();
    let (ran, report) = tokio::task::spawn_blocking(move || {
        let desk = Desk::with_ids(&ids);
        let ran = desk.run(&url, &["--disable", "--yes", "--probe-wait", "0", "--retries", "0"]);
        let report = desk.report();
        (ran, report)
    })
    .await
    .unwrap();
    let requests = platform.server.received_requests().await.unwrap();
    let patches = requests.iter().filter(|request| request.method.as_str() == "PATCH");
    (ran, report, patches.map(|request| request.body_json().unwrap()).collect())
}

#[tokio::test]
async fn a_disable_says_both_fields_and_nothing_else() {
    let ids = vec![id(1)];
    let platform = platform(&ids).await;
    on_disable(&platform, json!({}), ResponseTemplate::new(200).set_body_json(json!({"status": "success"})))
        .await;
    let (ran, report, patches) = disable(platform, ids).await;
    ran.exits_with(0);
    assert_eq!(report.disabled(), ["disabled"]);
    assert_eq!(patches, [json!({"assistantId": id(1), "disabled": true})]);
}

#[tokio::test]
async fn what_every_further_disable_would_meet_ends_the_run_and_leaves_the_rest_on() {
    let scopes = json!({"error": "INSUFFICIENT_SCOPES", "details": {"missing": ["AGENT_WRITE"]}});
    let cases = [
        ("scope", ResponseTemplate::new(403).set_body_json(scopes), "AGENT_WRITE"),
        ("key", ResponseTemplate::new(401).set_body_json(json!({"message": "Invalid API key"})), "401"),
        ("gone", ResponseTemplate::new(410).set_body_json(json!({"message": "gone"})), "switched off here"),
    ];
    for (what, answer, words) in cases {
        let ids: Vec<String> = (1..=3).map(id).collect();
        let platform = platform(&ids).await;
        on_disable(&platform, json!({}), answer).await;
        let (ran, report, patches) = disable(platform, ids).await;
        ran.exits_with(5).says(words);
        assert_eq!(patches, [json!({"assistantId": id(1), "disabled": true})], "{what}");
        assert_eq!(report.disabled(), ["failed", "skipped", "skipped"], "{what}");
    }
}

#[tokio::test]
async fn other_refusals_than_403_hand_over_too_and_the_fourth_is_the_last() {
    let ids: Vec<String> = (1..=6).map(id).collect();
    let platform = platform(&ids).await;
    let answer = ResponseTemplate::new(404).set_body_json(json!({"message": "Assistant not found"}));
    on_disable(&platform, json!({}), answer).await;
    let (ran, report, patches) = disable(platform, ids).await;
    ran.exits_with(3);
    assert_eq!(patches.len(), 4);
    let states = ["failed", "failed", "failed", "failed", "skipped", "skipped"];
    assert_eq!(report.disabled(), states);
}

#[tokio::test]
async fn a_list_that_the_key_may_not_read_or_that_makes_no_sense_is_as_good_as_none() {
    let answers = [
        ("scope", ResponseTemplate::new(403).set_body_json(json!({"error": "INSUFFICIENT_SCOPES"}))),
        ("page", ResponseTemplate::new(404).set_body_raw("<!DOCTYPE html><title>x</title>", "text/html")),
        ("text", ResponseTemplate::new(200).set_body_string("welcome")),
        ("no agents", ResponseTemplate::new(200).set_body_json(json!({"agents": [], "nextCursor": null}))),
    ];
    for (what, list) in answers {
        let ids: Vec<String> = (1..=2).map(id).collect();
        let platform = platform_with_list(&ids, list).await;
        on_disable(
            &platform,
            json!({}),
            ResponseTemplate::new(200).set_body_json(json!({"status": "success"})),
        )
        .await;
        let (ran, report, patches) = disable(platform, ids).await;
        ran.exits_with(3).says("--disable-shared");
        let switched = |off: bool| json!({"assistantId": id(1), "disabled": off});
        assert_eq!(patches, [switched(true), switched(false)], "{what}");
        assert_eq!(report.disabled(), ["reverted", "skipped"], "{what}");
    }
}

#[tokio::test]
async fn a_scope_lost_on_the_way_does_not_cost_the_last_look() {
    let ids: Vec<String> = (1..=3).map(id).collect();
    let platform = platform(&ids).await;
    let refusal = json!({"error": "INSUFFICIENT_SCOPES", "details": {"missing": ["AGENT_WRITE"]}});
    on_disable(&platform, json!({"assistantId": id(2)}), ResponseTemplate::new(403).set_body_json(refusal))
        .await;
    on_disable(&platform, json!({}), ResponseTemplate::new(200).set_body_json(json!({"status": "success"})))
        .await;
    let server = &platform.server;
    let uri = server.uri();
    let desk = Desk::with_ids(&ids);
    let (ran, desk) = tokio::task::spawn_blocking(move || {
        let arguments = ["--disable", "--yes", "--probe-wait", "0", "--retries", "0"];
        (desk.run(&uri, &arguments), desk)
    })
    .await
    .unwrap();
    ran.exits_with(5);
    assert_eq!(desk.report().disabled(), ["disabled", "failed", "skipped"]);
    // Whatever became of the agents by then, the list can still be read.
    let requests = server.received_requests().await.unwrap();
    let lists = requests.iter().filter(|request| request.url.path() == "/agent/v1/list").count();
    assert_eq!(lists, 3, "before the plan, at the probe, and at the end");
}
