//! `list`: what is shared with the key, in a form that `run` takes.

use crate::support::office::{Office, one_record, same, two_records, uuid};
use crate::support::{Desk, KEY, Platform, Ran, Report, id};
use agent_migrate::sandbox::AgentList;
use agent_migrate::sandbox::SandboxOptions;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, ResponseTemplate};

fn list(office: &Office, arguments: &[&str]) -> Ran {
    let mut command = office.desk.program();
    Ran::of(command.args(["list", "--base-url", &office.url, "--retries", "0"]).args(arguments))
}

#[test]
fn every_page_is_listed_once_and_run_takes_it() {
    let entries: Vec<_> = (1..=7).map(same).collect();
    let options = SandboxOptions { page_limit: Some(2), disabled: vec![uuid(3)], ..one_record() };
    let office = Office::with(&entries, options);
    let ran =
        list(&office, &[]).exits_with(0).says("7 agents are shared with this key, 1 of them switched off");
    let listed = Report::parse(&ran.stdout);
    assert_eq!(listed.columns, ["assistant_id", "name", "disabled", "owner", "model", "updated_at"]);
    assert_eq!(listed.column("assistant_id"), (1..=7).map(id).collect::<Vec<_>>());
    assert_eq!(listed.column("name")[0], "Assistant 1");
    assert_eq!(listed.disabled(), ["false", "false", "true", "false", "false", "false", "false"]);
    assert_eq!(office.deeds(), ["list"; 4].join(", "));

    let input = office.desk.read("assistants.csv");
    list(&office, &["-o", "assistants.csv"])
        .exits_with(2)
        .says("assistants.csv is there already, and no list");
    assert_eq!((office.desk.read("assistants.csv"), office.deeds()), (input, ["list"; 4].join(", ")));

    std::fs::remove_file(office.desk.path("assistants.csv")).unwrap();
    for _ in 0..2 {
        list(&office, &["-o", "assistants.csv"])
            .exits_with(0)
            .says(" run assistants.csv --base-url http://127");
    }
    office.run(&[]).exits_with(0);
    let report = office.report();
    assert_eq!(report.column("status"), ["verified"; 7]);
    assert_eq!(report.column("input_name")[6], "Assistant 7");
}

#[test]
fn json_lines_are_for_programs() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let ran = list(&office, &["--json", "-q"]).exits_with(0);
    assert_eq!(ran.stderr, "");
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["assistant_id"]), (2, &json!(id(2))));
    assert_eq!((&lines[0]["disabled"], &lines[0]["model"]), (&json!(false), &json!("gpt-5")));
}

#[test]
fn the_practice_workspace_lists_what_it_shares_without_a_key() {
    let desk = Desk::with_input("");
    let mut command = desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["list", "--sandbox", "-o", "mine.csv"]);
    Ran::of(&mut command).exits_with(0).says("PRACTICE: ").says("run mine.csv --sandbox");
    let rows = Report::parse(&desk.read("mine.csv")).rows.len();
    assert!(rows > 10, "{rows}");
    Ran::of(desk.program().args(["run", "mine.csv", "--sandbox", "--rpm", "100000"]))
        .says("column 'assistant_id'")
        .says(&format!("{rows} rows:"));
}

#[test]
fn a_deployment_without_a_list_says_so_and_writes_nothing() {
    let office = Office::with(&[same(1)], SandboxOptions { list: AgentList::Missing, ..two_records() });
    let ran = list(&office, &["-o", "list.csv", "-q"]).exits_with(3).says("no list of agents");
    assert_eq!(ran.stdout, "");
    assert!(!office.desk.path("list.csv").exists());
}

#[test]
fn what_must_be_mended_first_is_named() {
    let wrong_path = SandboxOptions { html_404: true, ..two_records() };
    let no_scope = SandboxOptions { missing_scope: true, ..two_records() };
    let revoked = SandboxOptions { unauthorized_after: Some(0), echo_key: true, ..two_records() };
    let elsewhere = SandboxOptions { redirect: Some("https://example.com".into()), ..two_records() };
    for (options, words) in [
        (wrong_path, "/api/public"),
        (no_scope, "AGENT_API"),
        (revoked, "refused the key"),
        (elsewhere, "/api/public"),
    ] {
        let office = Office::with(&[same(1)], options);
        let ran = list(&office, &[]).exits_with(5).says(words);
        assert!(ran.stdout.is_empty() && !ran.stderr.contains(KEY), "{}", ran.stderr);
    }
}

#[test]
fn a_list_that_breaks_off_is_not_written_at_all() {
    let entries: Vec<_> = (1..=5).map(same).collect();
    let options = SandboxOptions { page_limit: Some(2), list_fails_after: Some(1), ..two_records() };
    let office = Office::with(&entries, options);
    let earlier = "assistant_id,name,disabled,owner,model,updated_at\n";
    std::fs::write(office.desk.path("list.csv"), earlier).unwrap();
    list(&office, &["-o", "list.csv"]).exits_with(4).says("list: 500");
    assert_eq!(office.desk.read("list.csv"), earlier);
}

#[tokio::test]
async fn an_agent_that_moves_to_the_next_page_is_listed_once_and_no_formula_is() {
    let platform = Platform::start().await;
    let page = |ids: &[u32], next: Option<u32>| {
        let agents: Vec<_> = ids
            .iter()
            .map(|n| json!({"id": id(*n), "name": "=cmd|' /C calc'!A0", "owner": {"email": "ada@example.com"}}))
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({"agents": agents, "nextCursor": next.map(id)}))
    };
    let list = || Mock::given(method("GET")).and(path("/agent/v1/list"));
    list()
        .and(query_param_is_missing("cursor"))
        .respond_with(page(&[1, 2], Some(2)))
        .mount(&platform.server)
        .await;
    list().and(query_param("cursor", id(2))).respond_with(page(&[2, 3], None)).mount(&platform.server).await;
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let desk = Desk::with_input("");
        let ran = Ran::of(desk.program().args(["list", "--base-url", &url])).exits_with(0);
        let listed = Report::parse(&ran.stdout);
        assert_eq!(listed.column("assistant_id"), [id(1), id(2), id(3)]);
        assert_eq!(listed.column("name"), ["'=cmd|' /C calc'!A0"; 3]);
        assert_eq!(listed.column("owner"), ["ada@example.com"; 3]);
        assert_eq!(listed.disabled(), [""; 3]);
    })
    .await
    .unwrap();
}

#[test]
fn what_cannot_be_meant_so_is_said_before_the_first_request() {
    let office = Office::with(&[same(1)], two_records());
    list(&office, &["-o", "missing/list.csv"]).exits_with(1).says("missing");
    list(&office, &["--json", "--dialect", "excel"]).exits_with(2);
    list(&office, &["-o", "list.csv", "-v", "--log-file", "list.csv"]).exits_with(2).says("same file");
    Ran::of(office.desk.program().arg("list")).exits_with(2).says("--platform langdock");
    assert_eq!(office.requests(), 0);
}
