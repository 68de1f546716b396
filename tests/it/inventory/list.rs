//! `list`: what is shared with the key, in a form that `run` takes.

use crate::support::office::{Office, not_shared, one_record, same, two_records, uuid};
use crate::support::{Desk, KEY, Platform, Ran, Report, id};
use agent_migrate::practice::{AgentList, Governance, SandboxOptions};
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
fn with_governance_the_whole_workspace_is_listed_and_what_is_still_to_be_shared() {
    let entries: Vec<_> = (1..=4).map(same).chain([not_shared(5), not_shared(6)]).collect();
    let options = SandboxOptions { page_limit: Some(4), disabled: vec![uuid(3)], ..one_record() };
    let office = Office::with(&entries, options);
    let ran = list(&office, &["--governance"])
        .exits_with(0)
        .says("6 agents are in this workspace, 1 of them switched off")
        .says("2 of them are not shared with the key yet");
    assert_eq!(office.deeds(), "governance, governance, list");
    let listed = Report::parse(&ran.stdout);
    let columns = ["assistant_id", "name", "disabled", "owner", "model", "updated_at", "shared"];
    assert_eq!(listed.columns, columns);
    assert_eq!(listed.column("assistant_id"), (1..=6).map(id).collect::<Vec<_>>());
    assert_eq!(listed.column("name")[5], "Assistant 6");
    assert_eq!(listed.column("shared"), ["yes", "yes", "yes", "yes", "no", "no"]);
    assert_eq!(listed.disabled()[2], "true");
    assert_eq!(listed.column("model"), [""; 6]);

    let ran = list(&office, &["--governance", "--json", "-q"]).exits_with(0);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["shared"], &lines[5]["shared"]), (&json!("yes"), &json!("no")));

    // `run` takes it, and says of the two what it says of whatever is not shared.
    std::fs::remove_file(office.desk.path("assistants.csv")).unwrap();
    list(&office, &["--governance", "-o", "assistants.csv"]).exits_with(0).says("run assistants.csv");
    office.run(&[]).exits_with(3);
    let report = office.report();
    assert_eq!(report.column("status")[3..], ["verified", "no_access", "no_access"]);
    assert_eq!(report.column("shared")[3..], ["yes", "no", "no"]);
    // Shared by now, the list says so.
    office.change(|options| options.share_all = true);
    list(&office, &["--governance"]).exits_with(0).says("All of them are shared with the key");
}

#[test]
fn where_it_is_not_known_what_is_shared_the_column_is_empty_and_the_reason_is_said() {
    let office = Office::with(&[same(1)], SandboxOptions { list: AgentList::Missing, ..two_records() });
    let ran = list(&office, &["--governance"]).exits_with(0).says("no agent list");
    assert_eq!(Report::parse(&ran.stdout).column("shared"), [""]);
    // Trouble that may pass is no answer: half a list is none.
    let office = Office::with(&[same(1)], SandboxOptions { list_fails_after: Some(0), ..two_records() });
    assert_eq!(list(&office, &["--governance"]).exits_with(4).says("list: 500").stdout, "");
}

#[test]
fn where_governance_cannot_be_used_a_sentence_says_why_and_nothing_is_written() {
    for (governance, code, words) in [
        (Governance::NoScope, 5, "GOVERNANCE_API"),
        (Governance::Off, 5, "not switched on in this workspace"),
        (Governance::Missing, 3, "no governance API"),
    ] {
        let office = Office::with(&[same(1)], SandboxOptions { governance, ..two_records() });
        let ran = list(&office, &["--governance", "-o", "list.csv", "-q"]).exits_with(code).says(words);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("without --governance"), "{}", ran.stderr);
        assert!(!office.desk.path("list.csv").exists());
    }
    // A wrong address and a wrong key are called so.
    let wrong_path = SandboxOptions { html_404: true, ..two_records() };
    let revoked = SandboxOptions { unauthorized_after: Some(0), ..two_records() };
    for (options, words) in [(wrong_path, "/api/public"), (revoked, "refused the key")] {
        let office = Office::with(&[same(1)], options);
        list(&office, &["--governance"]).exits_with(5).says(words);
    }
}

#[tokio::test]
async fn a_key_for_governance_alone_gets_what_there_is() {
    const NO_SCOPE: &str = r#"{"error":"INSUFFICIENT_SCOPES","details":{"missing":["AGENT_API"]}}"#;
    // Whatever else may be missing, an agent has an id.
    let agents = json!({"agents": [{"id": id(1)}]}).to_string();
    for (governance, code, words) in [
        ((200, agents.as_str()), 0, "may not read the agent list"),
        ((404, r#"{"message":"Not found"}"#), 3, "no governance API"),
    ] {
        let platform = Platform::start().await;
        for (at, (status, body)) in [
            ("/governance/v1/agents", governance),
            ("/agent/v1/list", (403, NO_SCOPE)),
            ("/agent/v1/models", (403, NO_SCOPE)),
        ] {
            let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
            Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&platform.server).await;
        }
        let url = platform.server.uri();
        let ran = tokio::task::spawn_blocking(move || {
            let desk = Desk::with_input("");
            Ran::of(desk.program().args(["list", "--governance", "--base-url", &url, "--retries", "0"]))
        });
        let ran = ran.await.unwrap().exits_with(code).says(words);
        if code == 0 {
            let listed = Report::parse(&ran.stdout);
            assert_eq!(listed.column("assistant_id"), [id(1)]);
            assert!(listed.columns[1..].iter().all(|column| listed.column(column) == [""]), "{}", ran.stdout);
        }
    }
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
