//! The calls that write agents: what they take, what they change, and who sees it.

use serde_json::json;

use super::*;
use crate::practice::{Content, Endpoint, SandboxError, Version};

/// In the workspace file: shared for reading only.
const READ_ONLY: &str = "b78712db-e25a-4499-9de7-9dada79a342c";
/// In the workspace file: somebody has changed its draft.
const BUSY: &str = "bd241ea1-75cf-4b8e-ba22-83b97bec0450";
/// In the workspace file: it has a workflow that no answer shows.
const WITH_WORKFLOW: &str = "13e635d2-c9d3-4da1-8658-8bcde2e2b897";
/// In the workspace file: nobody owns it.
const ORPHAN: &str = "f1028d1e-ff74-4cab-b9c4-c91a392c83d2";
/// In the workspace file, and nothing is special about it.
const PLAIN: &str = "725934af-bf27-4807-b715-05019f4f4616";

async fn shown(sandbox: &Sandbox, agent: &str) -> Value {
    json(get(sandbox, &format!("/agent/v1/get?agentId={agent}"))).await["agent"].clone()
}

fn draft(sandbox: &Sandbox, agent: &str) -> Content {
    sandbox.agent(id(agent)).expect("the agent is there").draft
}

fn versions(sandbox: &Sandbox, agent: &str) -> Vec<Version> {
    sandbox.agent(id(agent)).expect("the agent is there").versions
}

#[tokio::test]
async fn an_update_changes_the_draft_alone_and_publishing_makes_it_what_everybody_sees() {
    let sandbox = sandbox(|_| ()).await;
    let before = shown(&sandbox, PLAIN).await;
    let written = json!({"agentId": PLAIN, "creativity": 0.7, "emoji": null, "conversationStarters": ["Hi"]});
    let (code, answered) = write(&sandbox, "update", &written).await;
    assert_eq!((code, &answered["status"]), (200, &json!("success")));
    let mut expected = before.clone();
    expected["temperature"] = json!(0.7);
    expected["emojiIcon"] = Value::Null;
    expected["conversationStarters"] = json!(["Hi"]);
    expected["updatedAt"] = answered["agent"]["updatedAt"].clone();
    assert_eq!(answered["agent"], expected, "what was left out stays");
    assert!(expected["updatedAt"].as_str() > before["updatedAt"].as_str());
    assert_eq!(shown(&sandbox, PLAIN).await, before);

    let (code, published) =
        write(&sandbox, "publish", &json!({"agentId": PLAIN, "description": "warmer"})).await;
    assert_eq!((code, &published["version"]["version"]), (200, &json!(2)));
    let after = shown(&sandbox, PLAIN).await;
    assert_eq!(after["updatedAt"], published["version"]["createdAt"]);
    expected["updatedAt"] = after["updatedAt"].clone();
    assert_eq!(after, expected);
    let last = versions(&sandbox, PLAIN).pop().expect("a version");
    assert_eq!(published["version"]["id"], last.id.to_string());
    assert_eq!((last.version, last.description.as_deref()), (2, Some("warmer")));
    assert_eq!(write(&sandbox, "publish", &json!({"agentId": PLAIN})).await.0, 409);
}

#[tokio::test]
async fn writing_what_is_there_already_leaves_nothing_to_publish() {
    let sandbox = sandbox(|_| ()).await;
    for fields in [json!({"dataAnalyst": true}), json!({}), json!({"creativity": 0.3})] {
        let mut body = json!({ "agentId": PLAIN });
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        assert_eq!(write(&sandbox, "update", &body).await.0, 200, "{body}");
        assert_eq!(write(&sandbox, "publish", &json!({"agentId": PLAIN})).await.0, 409, "{body}");
    }
}

#[tokio::test]
async fn a_made_up_agent_can_be_written_and_stays_one_agent_of_the_lists() {
    let sandbox = sandbox(|_| ()).await;
    let before = shown(&sandbox, MADE_UP).await;
    assert_eq!(sandbox.agent(id(MADE_UP)), None, "never written");
    let body = json!({"agentId": MADE_UP, "name": "Another"});
    assert_eq!(write(&sandbox, "update", &body).await.0, 200);
    assert_eq!(shown(&sandbox, MADE_UP).await, before);
    assert_eq!(write(&sandbox, "publish", &json!({"agentId": MADE_UP})).await.0, 200);
    assert_eq!(shown(&sandbox, MADE_UP).await["name"], "Another");
    let list = json(get(&sandbox, "/agent/v1/list?limit=250")).await;
    let names: Vec<&Value> =
        list["agents"].as_array().expect("a list").iter().filter(|agent| agent["id"] == MADE_UP).collect();
    assert_eq!((names.len(), &names[0]["name"]), (1, &json!("Another")));
    let assistant = json(get(&sandbox, &format!("/assistant/v1/get?assistantId={MADE_UP}"))).await;
    assert_eq!(assistant["assistant"]["name"], before["name"], "the assistant is not written");
}

#[tokio::test]
async fn a_body_that_makes_no_sense_is_a_400_and_changes_nothing() {
    let sandbox = sandbox(|_| ()).await;
    let long = "x".repeat(501);
    for (call, body, words) in [
        ("update", json!({"creativity": 0.1}), "agentId is required"),
        ("update", json!({"agentId": "see Anna"}), "valid UUID"),
        ("update", json!({"agentId": PLAIN, "temperature": 0.1}), "Unrecognized key: temperature"),
        ("update", json!({"agentId": PLAIN, "name": "New", "creativity": "hot"}), "creativity"),
        ("update", json!({"agentId": PLAIN, "instruction": "x".repeat(50_001)}), "50000 characters"),
        ("update", json!({"agentId": PLAIN, "model": "gpt-3"}), "gpt-5-mini"),
        ("update", json!({"agentId": PLAIN, "model": "gpt-3"}), "eu.anthropic.claude-sonnet-4-5-v1:0"),
        (
            "update",
            json!({"agentId": PLAIN, "model": "gpt-4.1", "extendedThinking": true}),
            "extendedThinking",
        ),
        ("update", json!({"agentId": PLAIN, "attachments": [MADE_UP]}), "not found in this workspace"),
        ("update", json!([]), "Invalid body"),
        ("publish", json!({"agentId": PLAIN, "description": long}), "500 characters"),
        ("publish", json!({"agentId": PLAIN, "name": "x"}), "Unrecognized key: name"),
        ("publish", json!({}), "agentId is required"),
        ("create", json!({"model": "gpt-5"}), "name is required"),
        ("create", json!({"name": "New", "model": "gpt-3"}), "available models are"),
        ("create", json!({"agentId": PLAIN, "name": "New", "model": "gpt-5"}), "Unrecognized key: agentId"),
    ] {
        let before = sandbox.agent(id(PLAIN));
        let (code, answered) = write(&sandbox, call, &body).await;
        let said = answered.to_string();
        assert_eq!(code, 400, "{call} {body}: {said}");
        assert!(said.contains(words), "{call}: {said}");
        assert_eq!(sandbox.agent(id(PLAIN)), before, "{call} {body}");
    }
    assert_eq!(sandbox.agents().len(), 29, "nothing was made");
}

#[tokio::test]
async fn models_are_taken_by_their_names_in_the_catalogue_and_auto_is() {
    let sandbox = sandbox(|_| ()).await;
    for model in ["auto", "gpt-4.1@default", "gpt-5-nano"] {
        let (code, answered) = write(&sandbox, "update", &json!({"agentId": PLAIN, "model": model})).await;
        assert_eq!((code, &answered["agent"]["model"]), (200, &json!(model)));
    }
    let thinking = json!({"agentId": PLAIN, "extendedThinking": true});
    assert_eq!(write(&sandbox, "update", &thinking).await.0, 400, "the draft's model cannot");
}

#[tokio::test]
async fn only_an_editor_of_an_agent_that_is_there_writes_it() {
    let sandbox = sandbox(|_| ()).await;
    let codes = async |agent: &str| {
        let update = write(&sandbox, "update", &json!({"agentId": agent, "creativity": 0.9})).await.0;
        let publish = write(&sandbox, "publish", &json!({"agentId": agent})).await.0;
        (update, publish)
    };
    for (agent, code) in [
        (READ_ONLY, 403),
        (ORPHAN, 403),
        ("05ddb676-bf62-4dc8-a147-cd0524b1c609", 403),
        ("67ca2f88-b145-4cfe-b3db-e748a7765aa8", 404),
        ("275befd7-7a9b-40d8-ab46-a731c99be237", 404),
        ("1d396004-79dd-4671-b4e1-0c1d2ed0602e", 404),
    ] {
        assert_eq!(codes(agent).await, (code, code), "{agent}");
    }
    // Reading only is reading all the same, but for the calls that disable.
    assert_eq!(shown(&sandbox, READ_ONLY).await["id"], READ_ONLY);
    assert_eq!(status(disable(&sandbox, "agent", READ_ONLY, true)).await, 403);
    sandbox.change(|options| options.share_all = true);
    assert_eq!(codes(READ_ONLY).await, (200, 200));
    sandbox.change(|options| options.refuse_edits = vec![id(PLAIN)]);
    assert_eq!(codes(PLAIN).await, (403, 403));
    assert_eq!(codes(MADE_UP).await, (200, 200));
    sandbox.change(|options| options.edit_forbidden = true);
    assert_eq!(codes(MADE_UP).await, (403, 403));
}

#[tokio::test]
async fn a_colleagues_changes_are_seen_in_the_answer_to_an_update_and_nowhere_else() {
    let sandbox = sandbox(|_| ()).await;
    let is_new = |text: &Value| text.as_str().is_some_and(|text| text.contains("VPN"));
    assert!(!is_new(&shown(&sandbox, BUSY).await["description"]));
    let (_, answered) = write(&sandbox, "update", &json!({"agentId": BUSY, "creativity": 0.1})).await;
    assert!(is_new(&answered["agent"]["description"]));
    assert!(!is_new(&shown(&sandbox, BUSY).await["description"]));
    // Whoever publishes, publishes their changes as well.
    assert_eq!(write(&sandbox, "publish", &json!({"agentId": BUSY})).await.0, 200);
    assert!(is_new(&shown(&sandbox, BUSY).await["description"]));

    assert!(sandbox.edit(id(PLAIN), |draft| drop(draft.fields.insert("name".into(), json!("Mine")))));
    assert!(!sandbox.edit(id(MADE_UP), |_| ()), "never written, so not there");
    let (_, answered) = write(&sandbox, "update", &json!({ "agentId": PLAIN })).await;
    assert_eq!(answered["agent"]["name"], "Mine");
}

#[tokio::test]
async fn written_actions_replace_the_tools_that_no_answer_shows_as_well() {
    let sandbox = sandbox(|_| ()).await;
    let agent = shown(&sandbox, WITH_WORKFLOW).await;
    assert!(!agent.to_string().contains("workflowId"));
    write(&sandbox, "update", &json!({"agentId": WITH_WORKFLOW, "creativity": 0.1})).await;
    assert_eq!(draft(&sandbox, WITH_WORKFLOW).hidden_tools.len(), 1);
    let body = json!({"agentId": WITH_WORKFLOW, "actions": agent["actions"]});
    assert_eq!(write(&sandbox, "update", &body).await.0, 200);
    assert!(draft(&sandbox, WITH_WORKFLOW).hidden_tools.is_empty());
    assert_eq!(versions(&sandbox, WITH_WORKFLOW)[0].content.hidden_tools.len(), 1, "until it is published");
    assert_eq!(write(&sandbox, "publish", &json!({"agentId": WITH_WORKFLOW})).await.0, 200);
    assert!(versions(&sandbox, WITH_WORKFLOW)[1].content.hidden_tools.is_empty());
}

#[tokio::test]
async fn a_created_agent_belongs_to_the_service_account_and_is_a_draft_until_it_is_published() {
    let sandbox = sandbox(|options| options.one_record = true).await;
    let body = json!({"name": "New", "model": "gpt-5", "creativity": 0, "webSearch": true});
    let (code, answered) = write(&sandbox, "create", &body).await;
    assert_eq!((code, &answered["status"]), (201, &json!("success")));
    let agent = answered["agent"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(answered["agent"]["temperature"], 0);
    assert_eq!(answered["agent"]["owner"]["type"], "service_account");
    assert_eq!(shown(&sandbox, &agent).await, answered["agent"]);
    assert_eq!(listed(&sandbox, &agent).await, Some(false));
    assert!(versions(&sandbox, &agent).is_empty());
    let (code, published) = write(&sandbox, "publish", &json!({ "agentId": agent })).await;
    assert_eq!((code, &published["version"]["version"]), (200, &json!(1)));
    // It never was an assistant.
    assert_eq!(status(get(&sandbox, &format!("/assistant/v1/get?assistantId={agent}"))).await, 404);
    assert_eq!(status(disable(&sandbox, "agent", &agent, true)).await, 200);
    assert!(sandbox.disabled_agents().contains(&id(&agent)));
    assert!(!sandbox.disabled_assistants().contains(&id(&agent)));
    let (_, other) = write(&sandbox, "create", &body).await;
    assert_ne!(other["agent"]["id"], json!(agent), "there is no idempotency key");
}

#[tokio::test]
async fn a_new_agent_needs_a_model_that_is_no_default_and_gets_the_usual_temperature() {
    let sandbox = sandbox(|_| ()).await;
    for (model, code, words) in [
        (None, 500, "Workspace default model not configured"),
        (Some("gpt-4.1@default"), 404, "Agent not found"),
        (Some("nothing@default"), 404, "Agent not found"),
        (Some("auto"), 201, "\"temperature\":0.3"),
    ] {
        let mut body = json!({"name": "New"});
        if let Some(model) = model {
            body["model"] = json!(model);
        }
        let (answered, said) = write(&sandbox, "create", &body).await;
        assert_eq!(answered, code, "{body}");
        assert!(said.to_string().contains(words), "{said}");
    }
    assert_eq!(sandbox.agents().len(), 30);
}

#[tokio::test]
async fn every_write_is_on_account_with_its_body_whatever_came_of_it() {
    let sandbox = sandbox(|_| ()).await;
    shown(&sandbox, PLAIN).await;
    let bodies = [
        ("update", json!({"agentId": PLAIN, "creativity": 0.7})),
        ("update", json!({"agentId": READ_ONLY, "creativity": 0.7})),
        ("create", json!({"name": "New"})),
        ("publish", json!({ "agentId": PLAIN })),
    ];
    for (call, body) in &bodies {
        write(&sandbox, call, body).await;
    }
    let broken = client().post(sandbox.base_url() + "/agent/v1/create").bearer_auth(sandbox.key());
    assert_eq!(status(broken.header("content-type", "application/json").body("{\"na")).await, 400);
    let writes = sandbox.writes();
    let codes: Vec<_> = writes.iter().map(|write| write.status.unwrap_or_default()).collect();
    assert_eq!(codes, [200, 403, 500, 200, 400]);
    let written: Vec<_> = writes.iter().filter_map(|write| write.body.clone()).collect();
    let sent: Vec<_> = bodies.iter().map(|(_, body)| body.clone()).chain([json!("{\"na")]).collect();
    assert_eq!(written, sent);
    assert_eq!(sandbox.requests_for(Endpoint::AgentUpdate, id(PLAIN)), 1);
    assert_eq!(writes[3].endpoint, Endpoint::AgentPublish);
}

#[tokio::test]
async fn agents_of_earlier_commands_take_the_place_of_those_of_their_id_or_are_added() {
    let first = sandbox(|_| ()).await;
    let (_, made) = write(&first, "create", &json!({"name": "New", "model": "gpt-5"})).await;
    let made = made["agent"].clone();
    let written = |agent: &Value, name: &str| {
        let mut agent = agent.clone();
        agent["name"] = json!(name);
        agent
    };
    let agents = vec![
        written(&shown(&first, WITH_WORKFLOW).await, "Written"),
        written(&shown(&first, MADE_UP).await, "Made up, then written"),
        made.clone(),
    ];
    let second = sandbox(|options| options.agents.clone_from(&agents)).await;
    for agent in &agents {
        let at = agent["id"].as_str().expect("an id");
        assert_eq!(shown(&second, at).await, *agent);
        assert_eq!(write(&second, "publish", &json!({ "agentId": at })).await.0, 409, "it is published");
    }
    assert_eq!(draft(&second, WITH_WORKFLOW).hidden_tools.len(), 1, "no answer showed them to anybody");
    let path = |agent: &str| format!("/assistant/v1/get?assistantId={agent}");
    assert_eq!(status(get(&second, &path(made["id"].as_str().expect("an id")))).await, 404);
    assert_eq!(status(get(&second, &path(MADE_UP))).await, 200);

    let options = SandboxOptions { agents: vec![json!({"name": "x"})], ..SandboxOptions::default() };
    let error = start(options).await.expect_err("an agent without an id");
    assert_eq!(error.to_string(), SandboxError::AgentWithoutId.to_string());
}
