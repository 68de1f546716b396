//! Each call as the platform answers it, and each refusal.

use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::practice::{AgentList, Endpoint, Governance, SandboxError, made_up_agent_differs};

fn assistant_path(id: &str) -> String {
    format!("/assistant/v1/get?assistantId={id}")
}

fn agent_path(id: &str) -> String {
    format!("/agent/v1/get?agentId={id}")
}

#[tokio::test]
async fn an_unnamed_id_gets_a_made_up_assistant_and_the_same_agent() {
    let sandbox = sandbox(|_| ()).await;
    let old = json(get(&sandbox, &assistant_path(MADE_UP))).await;
    let new = json(get(&sandbox, &agent_path(MADE_UP))).await;
    assert_eq!(old["status"], "success");
    assert_eq!(old["assistant"]["id"], MADE_UP);
    assert_eq!(old["assistant"]["instruction"], new["agent"]["instruction"]);
    assert!(!made_up_agent_differs(id(MADE_UP)));
    // Upper case is the same id, and the same bytes.
    let upper = json(get(&sandbox, &assistant_path(&MADE_UP.to_uppercase()))).await;
    assert_eq!(upper, old);
}

#[tokio::test]
async fn without_made_up_ones_an_unnamed_id_is_a_404() {
    let sandbox = sandbox(|options| options.no_made_up = true).await;
    assert_eq!(status(get(&sandbox, &assistant_path(MADE_UP))).await, 404);
    assert_eq!(status(disable(&sandbox, "agent", MADE_UP, true)).await, 404);
}

#[tokio::test]
async fn ids_and_bodies_that_are_malformed_are_a_400() {
    let sandbox = sandbox(|_| ()).await;
    let simple = MADE_UP.replace('-', "");
    for path in [
        "/assistant/v1/get",
        "/agent/v1/get?agentId=",
        "/agent/v1/get?assistantId=6f2d40bb-91c7-4e0a-8d35-27a1c6e49f18",
        &agent_path("see-Anna"),
        &agent_path(&simple),
        "/agent/v1/list?limit=0",
        "/agent/v1/list?limit=251",
        "/agent/v1/list?cursor=next",
        "/governance/v1/agents?limit=101",
        "/governance/v1/agents?cursor=next",
    ] {
        assert_eq!(status(get(&sandbox, path)).await, 400, "{path}");
    }
    for body in [
        String::new(),
        "{".into(),
        format!(r#"{{"agentId":"{MADE_UP}"}}"#),
        r#"{"disabled":true}"#.into(),
        format!(r#"{{"assistantId":"{MADE_UP}","disabled":true}}"#),
        format!(r#"{{"agentId":"{MADE_UP}","disabled":"true"}}"#),
    ] {
        let request = disable(&sandbox, "agent", MADE_UP, true).body(body.clone());
        assert_eq!(status(request).await, 400, "{body}");
    }
    let untyped = client().patch(sandbox.base_url() + "/agent/v1/disable").bearer_auth(sandbox.key());
    let body = format!(r#"{{"agentId":"{MADE_UP}","disabled":true}}"#);
    assert_eq!(status(untyped.body(body)).await, 400);
    assert!(sandbox.disabled_agents().is_empty());
}

#[tokio::test]
async fn a_request_without_the_key_is_a_401_and_one_from_a_browser_a_403() {
    let sandbox = sandbox(|options| options.key = Some("sk-practice-own".into())).await;
    assert_eq!(sandbox.key(), "sk-practice-own");
    let url = sandbox.base_url() + "/agent/v1/models";
    assert_eq!(status(client().get(&url)).await, 401);
    assert_eq!(status(client().get(&url).bearer_auth("sk-practice-other")).await, 401);
    assert_eq!(status(get(&sandbox, "/agent/v1/models")).await, 200);
    assert_eq!(status(get(&sandbox, "/agent/v1/models").header("origin", "https://example.com")).await, 403);
    assert_eq!(status(get(&sandbox, "/agent/v1/models").header("user-agent", "Mozilla/5.0")).await, 403);
}

#[tokio::test]
async fn a_wrong_path_is_a_web_page_and_a_wrong_method_a_405() {
    let sandbox = sandbox(|_| ()).await;
    let response = get(&sandbox, "/api/public/agent/v1/models").send().await.expect("an answer");
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let posted = client().post(sandbox.base_url() + "/agent/v1/get").bearer_auth(sandbox.key());
    let response = posted.send().await.expect("an answer");
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET");
}

#[tokio::test]
async fn the_models_are_listed_as_documented() {
    let sandbox = sandbox(|_| ()).await;
    let models = json(get(&sandbox, "/agent/v1/models")).await;
    assert_eq!(models["object"], "list");
    assert_eq!(models["data"][0]["object"], "model");
    assert!(models["data"][0]["created"].is_u64());
}

#[tokio::test]
async fn what_is_not_shared_is_a_403_until_it_is_shared() {
    let sandbox = sandbox(|_| ()).await;
    let board = assistant_path("4f82042d-ffc0-40e8-92ed-bc27478711bc");
    let travel = "05ddb676-bf62-4dc8-a147-cd0524b1c609";
    assert_eq!(status(get(&sandbox, &board)).await, 403);
    assert_eq!(status(get(&sandbox, &assistant_path(travel))).await, 200);
    assert_eq!(status(get(&sandbox, &agent_path(travel))).await, 403);
    assert_eq!(listed(&sandbox, travel).await, None);
    sandbox.change(|options| options.share_all = true);
    assert_eq!(status(get(&sandbox, &board)).await, 200);
    assert_eq!(status(get(&sandbox, &agent_path(travel))).await, 200);
    assert_eq!(listed(&sandbox, travel).await, Some(false));
}

#[tokio::test]
async fn an_assistant_that_is_made_up_for_a_question_makes_no_agent_and_one_that_is_read_or_switched_does() {
    let sandbox = sandbox(|_| ()).await;
    assert_eq!(status(get(&sandbox, &assistant_path(MADE_UP))).await, 200);
    assert_eq!(listed(&sandbox, MADE_UP).await, None);
    assert_eq!(status(get(&sandbox, &agent_path(MADE_UP))).await, 200);
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(false));
    let other = Uuid::from_u128(1).to_string();
    assert_eq!(status(disable(&sandbox, "assistant", &other, true)).await, 200);
    assert_eq!(listed(&sandbox, &other).await, Some(false));
}

#[tokio::test]
async fn governance_shows_the_whole_workspace_shared_or_not_page_by_page() {
    let sandbox = sandbox(|options| options.one_record = true).await;
    assert_eq!(status(get(&sandbox, &agent_path(MADE_UP))).await, 200);
    let shared: HashSet<String> = ids(&json(get(&sandbox, "/agent/v1/list?limit=250")).await).collect();
    let (mut all, mut cursor) = (Vec::new(), String::new());
    let mut agents = Vec::new();
    loop {
        let page = json(get(&sandbox, &format!("/governance/v1/agents?limit=10{cursor}"))).await;
        all.extend(ids(&page));
        agents.extend(page["agents"].as_array().expect("a list").clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let only_here: Vec<&str> = all.iter().filter(|id| !shared.contains(*id)).map(String::as_str).collect();
    assert_eq!((all.len(), only_here), (30, vec!["05ddb676-bf62-4dc8-a147-cd0524b1c609"]));
    assert!(all.contains(&MADE_UP.to_owned()));
    let without_owner = agents.iter().filter(|agent| agent["owner"].is_null()).count();
    assert_eq!(without_owner, 1);
    for agent in &agents {
        assert!(agent["name"].is_string() && agent["updatedAt"].is_string(), "{agent}");
        assert!(agent["disabled"].is_boolean() && agent.get("model").is_none(), "{agent}");
    }
}

fn ids(page: &Value) -> impl Iterator<Item = String> {
    let agents = page["agents"].as_array().expect("a list").clone();
    agents.into_iter().filter_map(|agent| agent["id"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn governance_is_refused_or_missing_as_asked_for_and_nothing_else_is() {
    let sandbox = sandbox(|_| ()).await;
    for (governance, code, words) in [
        (Governance::On, 200, "nextCursor"),
        (Governance::NoScope, 403, "GOVERNANCE_API"),
        (Governance::Off, 403, "not enabled"),
        (Governance::Missing, 404, "<html>"),
    ] {
        sandbox.change(|options| options.governance = governance);
        let (status_code, body) = answer(get(&sandbox, "/governance/v1/agents")).await;
        assert_eq!(status_code, code, "{body}");
        assert!(body.contains(words), "{body}");
        assert_eq!(status(get(&sandbox, "/agent/v1/list")).await, 200);
    }
}

#[tokio::test]
async fn an_agent_with_its_own_id_is_served_under_that_id_only() {
    let sandbox = sandbox(|_| ()).await;
    let (old, new) = ("1d396004-79dd-4671-b4e1-0c1d2ed0602e", "ba2701aa-b6fa-4cfc-802e-1d3ae3fd53a3");
    assert_eq!(json(get(&sandbox, &agent_path(new))).await["agent"]["id"], new);
    assert_eq!(status(get(&sandbox, &agent_path(old))).await, 404);
    assert_eq!(status(get(&sandbox, &assistant_path(new))).await, 404);
}

#[tokio::test]
async fn of_two_records_only_the_one_that_is_disabled_is_off() {
    let sandbox = sandbox(|_| ()).await;
    let at_start = sandbox.disabled_assistants();
    assert_eq!(at_start.len(), 2);
    let done = json(disable(&sandbox, "assistant", MADE_UP, true)).await;
    assert_eq!(done["status"], "success");
    assert_eq!(done["message"], "Assistant disabled successfully");
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
    assert!(sandbox.disabled_agents().is_empty());
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(false));
    let done = json(disable(&sandbox, "assistant", MADE_UP, false)).await;
    assert_eq!(done["message"], "Assistant enabled successfully");
    assert_eq!(sandbox.disabled_assistants(), at_start);
}

#[tokio::test]
async fn one_record_is_off_on_both_sides_and_can_still_be_read() {
    let sandbox = sandbox(|options| options.one_record = true).await;
    json(disable(&sandbox, "assistant", MADE_UP, true)).await;
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(true));
    let agent = json(get(&sandbox, &agent_path(MADE_UP))).await;
    assert_eq!(agent["agent"].get("disabled"), None);
    let done = json(disable(&sandbox, "agent", MADE_UP, false)).await;
    assert_eq!(done["message"], "Agent enabled successfully");
    assert!(!sandbox.disabled_assistants().contains(&id(MADE_UP)));
}

#[tokio::test]
async fn ids_can_be_off_from_the_start() {
    let sandbox = sandbox(|options| {
        options.one_record = true;
        options.disabled = vec![id(MADE_UP)];
    })
    .await;
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
    assert!(sandbox.disabled_agents().contains(&id(MADE_UP)));
}

#[tokio::test]
async fn the_list_comes_in_pages_and_holds_made_up_agents_that_were_asked_for() {
    let sandbox = sandbox(|_| ()).await;
    assert_eq!(listed(&sandbox, MADE_UP).await, None);
    json(get(&sandbox, &agent_path(MADE_UP))).await;
    let (mut cursor, mut ids, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = json(get(&sandbox, &format!("/agent/v1/list?limit=10{cursor}"))).await;
        let agents = page["agents"].as_array().expect("a list").clone();
        assert!(agents.len() <= 10);
        ids.extend(agents.iter().filter_map(|agent| agent["id"].as_str().map(str::to_owned)));
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // 30 entries: one has no agent, one agent is not shared; and the made-up one.
    assert_eq!((pages, ids.len()), (3, 29));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 29);
    assert!(ids.contains(&MADE_UP.to_owned()));
}

#[tokio::test]
async fn an_older_deployment_has_no_list() {
    let sandbox = sandbox(|options| options.list = AgentList::Missing).await;
    assert_eq!(status(get(&sandbox, "/agent/v1/list")).await, 404);
}

#[tokio::test]
async fn a_lagging_list_still_shows_the_old_state() {
    let sandbox = sandbox(|options| {
        options.one_record = true;
        options.list = AgentList::Lagging(Duration::from_secs(30));
    })
    .await;
    json(disable(&sandbox, "agent", MADE_UP, true)).await;
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(false));
    sandbox.change(|options| options.list = AgentList::Present);
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(true));
}

#[tokio::test]
async fn refusals_come_in_every_shape_and_a_404_never_as_a_web_page() {
    let sandbox = sandbox(|options| {
        options.no_made_up = true;
        options.disable_forbidden = true;
    })
    .await;
    let (mut missing, mut forbidden) = (BTreeSet::new(), BTreeSet::new());
    for at in 0..100 {
        let id = Uuid::from_u128(at).to_string();
        let (code, body) = answer(get(&sandbox, &assistant_path(&id))).await;
        assert_eq!(code, 404);
        assert!(!body.contains("<html"), "{body}");
        missing.insert(body);
        let (code, body) = answer(disable(&sandbox, "assistant", &id, true)).await;
        assert_eq!(code, 403);
        forbidden.insert(body);
    }
    assert_eq!((missing.len(), forbidden.len()), (9, 10));
    let shown: Vec<&str> =
        missing.iter().map(|body| if body.is_empty() { "(nothing)" } else { body.as_str() }).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    (nothing)
    Assistant not found
    {"error":"Assistant not found"}
    {"error":"Not Found","details":{"reason":"Assistant not found"}}
    {"error":"Not Found","message":"Assistant not found"}
    {"errors":[{"message":"Assistant not found"}]}
    {"message":"Assistant not found"}
    {"message":[{"code":"custom","message":"Assistant not found"}]}
    {"type":"error","error":{"type":"not_found_error","message":"Assistant not found"}}
    "#);
}

#[tokio::test]
async fn every_request_is_counted_and_logged() {
    let sandbox = sandbox(|_| ()).await;
    json(get(&sandbox, &agent_path(MADE_UP))).await;
    json(get(&sandbox, &agent_path(MADE_UP))).await;
    json(disable(&sandbox, "agent", MADE_UP, true)).await;
    assert_eq!(status(get(&sandbox, "/agent/v1/get")).await, 400);
    assert_eq!(sandbox.requests(), 4);
    assert_eq!(sandbox.requests_of(Endpoint::AgentGet), 3);
    assert_eq!(sandbox.requests_for(Endpoint::AgentGet, id(MADE_UP)), 2);
    let log = sandbox.log();
    let shown: Vec<String> = log
        .iter()
        .map(|entry| {
            format!(
                "{} {} {:?} {:?} {:?}",
                entry.method,
                entry.path,
                entry.id.is_some(),
                entry.disabled,
                entry.status
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    GET /agent/v1/get true None Some(200)
    GET /agent/v1/get true None Some(200)
    PATCH /agent/v1/disable true Some(true) Some(200)
    GET /agent/v1/get false None Some(400)
    ");
    assert!(log.is_sorted_by_key(|entry| entry.at));
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let refused = |change: fn(&mut SandboxOptions)| async move {
        let mut options = SandboxOptions::default();
        change(&mut options);
        start(options).await.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let real = refused(|options| options.key = Some("sk-ld-abc".into())).await;
    assert_eq!(real, SandboxError::RealKey.to_string());
    let empty = refused(|options| options.key = Some(String::new())).await;
    assert_eq!(empty, SandboxError::UnusableKey.to_string());
    assert_eq!(refused(|options| options.fail_rate = 1.5).await, "fail_rate is a share from 0 to 1, not 1.5");
    let missing = refused(|options| options.workspace = Some("no-such-workspace.json".into())).await;
    assert!(missing.starts_with("cannot read no-such-workspace.json: "), "{missing}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("workspace.json");
    std::fs::write(&path, "{}").expect("a file");
    let options = SandboxOptions { workspace: Some(path), ..SandboxOptions::default() };
    let error = start(options).await.expect_err("no workspace file").to_string();
    assert!(error.contains("is not a workspace file: missing field"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let first = sandbox(|_| ()).await;
    let port = first.base_url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let options = SandboxOptions { port, ..SandboxOptions::default() };
    let error = start(options).await.expect_err("the port is taken").to_string();
    assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
}
