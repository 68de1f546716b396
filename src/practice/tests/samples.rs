//! `samples/workspace.json` and `samples/assistants.csv`: sound, and all that they promise.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::*;
use crate::practice::workspace::{Access, AgentSpec, Entry, Expected, Scripted, Workspace, WorkspaceFile};

const WORKSPACE: &str = include_str!("../../../samples/workspace.json");
const CSV: &str = include_str!("../../../samples/assistants.csv");

fn file() -> WorkspaceFile {
    serde_json::from_str(WORKSPACE).expect("the sample is a workspace file")
}

fn assistant_id(entry: &Entry) -> String {
    entry.assistant["id"].as_str().expect("an id").to_owned()
}

#[test]
fn the_sample_makes_every_outcome_mostly_verified() {
    let mut counts = BTreeMap::new();
    for entry in file().assistants {
        *counts.entry(format!("{:?}", entry.outcome)).or_insert(0) += 1;
    }
    let expected = [("AgentNotFound", 1), ("Failed", 1), ("Mismatch", 7), ("NoAccess", 4), ("Verified", 17)];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(file().gone.len(), 2);
}

#[test]
fn ids_are_random_version_4_and_unique() {
    let workspace = file();
    let mut ids: Vec<Uuid> = workspace.assistants.iter().map(|entry| id(&assistant_id(entry))).collect();
    ids.extend(workspace.gone.iter().map(|gone| gone.id.0));
    for id in &ids {
        assert_eq!(id.get_version_num(), 4, "{id}");
    }
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    Workspace::build(file()).expect("the sample does not contradict itself");
}

/// What is left of an object when all that does no harm is taken away: a second, simpler idea of "the same".
fn essence(object: &Value) -> Value {
    match object {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(name, value)| (name, essence_of(name, value)));
            let kept: BTreeMap<_, _> = kept.filter(|(_, value)| !is_empty(value)).collect();
            kept.into_iter().map(|(name, value)| (name.clone(), value)).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(essence).collect(),
        other => other.clone(),
    }
}

fn essence_of(name: &str, value: &Value) -> Value {
    let mut texts: Vec<String> = match (name, value) {
        ("fileTypes", Value::String(types)) => types.split(',').map(|kind| format!("\"{kind}\"")).collect(),
        (_, Value::Array(items)) => items.iter().map(|item| essence(item).to_string()).collect(),
        _ => return essence(value),
    };
    if name != "conversationStarters" {
        texts.sort();
    }
    texts.into_iter().map(Value::String).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Whether the agent carries all that the assistant had.
fn agrees(assistant: &Value, agent: &Value) -> bool {
    let (assistant, agent) = (essence(assistant), essence(agent));
    let mut names: BTreeSet<&String> = assistant.as_object().expect("an object").keys().collect();
    names.extend(agent.as_object().expect("an object").keys());
    names.into_iter().all(|name| {
        let (old, new) = (assistant.get(name), agent.get(name));
        let is_note =
            matches!(name.as_str(), "id" | "knowledgeFolderIds" | "owner" | "codeInterpreterEnabled");
        is_note || old == new
    })
}

#[tokio::test]
async fn every_entry_is_served_with_the_outcome_that_it_names() {
    let sandbox = sandbox(|_| ()).await;
    for entry in file().assistants {
        let assistant = assistant_id(&entry);
        let agent = match &entry.agent {
            AgentSpec::Differs(change) => change.id.map(|id| id.0.to_string()),
            AgentSpec::Same | AgentSpec::Missing => None,
        };
        let agent = agent.unwrap_or_else(|| assistant.clone());
        for trouble in &entry.trouble {
            let path = format!("{:?}", trouble.on).to_lowercase();
            for _ in 0..trouble.times.unwrap_or(0) {
                let code = status(get(&sandbox, &format!("/{path}/v1/get?{path}Id={assistant}"))).await;
                assert!(code == 503 || code == 429, "{code}");
            }
        }
        let (old_status, old) =
            answer(get(&sandbox, &format!("/assistant/v1/get?assistantId={assistant}"))).await;
        let (new_status, new) = answer(get(&sandbox, &format!("/agent/v1/get?agentId={agent}"))).await;
        let same = || {
            let old: Value = serde_json::from_str(&old).expect("JSON");
            let new: Value = serde_json::from_str(&new).expect("JSON");
            assert_eq!(old["assistant"]["id"], assistant.as_str());
            assert_eq!(new["agent"]["id"], agent.as_str());
            agrees(&old["assistant"], &new["agent"])
        };
        let seen = match (old_status.as_u16(), new_status.as_u16()) {
            (403, _) | (_, 403) => Expected::NoAccess,
            (200, 404) => Expected::AgentNotFound,
            (200, 200) if !new.contains(&agent) => Expected::Failed,
            (200, 200) if same() => Expected::Verified,
            (200, 200) => Expected::Mismatch,
            other => panic!("{assistant}: {other:?}"),
        };
        assert_eq!(seen, entry.outcome, "{assistant}");
    }
    for gone in file().gone {
        let path = format!("/assistant/v1/get?assistantId={}", gone.id.0);
        assert_eq!(status(get(&sandbox, &path)).await, 404);
    }
}

#[test]
fn the_sample_has_the_notes_troubles_and_sizes_that_practice_is_about() {
    let workspace = file();
    let entries = &workspace.assistants;
    let removed = |field: &str| {
        entries.iter().any(|entry| match &entry.agent {
            AgentSpec::Differs(change) => {
                change.remove.iter().any(|name| name == field) && entry.outcome == Expected::Verified
            }
            _ => false,
        })
    };
    assert!(removed("codeInterpreterEnabled"));
    assert!(entries.iter().any(|entry| matches!(&entry.agent, AgentSpec::Differs(change)
        if change.set.contains_key("knowledgeFolderIds"))));
    let troubles: Vec<Scripted> =
        entries.iter().flat_map(|entry| &entry.trouble).map(|trouble| trouble.answer).collect();
    assert_eq!(troubles, [Scripted::GatewayPage(503), Scripted::OtherId, Scripted::Throttled(1)]);
    assert_eq!(entries.iter().filter(|entry| entry.access == Access::NotShared).count(), 3);
    assert_eq!(entries.iter().filter(|entry| entry.agent_access == Access::NotShared).count(), 1);
    assert_eq!(entries.iter().filter(|entry| entry.disabled).count(), 2);
    let long = entries.iter().filter(|entry| {
        entry.assistant["instruction"].as_str().is_some_and(|text| text.chars().count() > 3000)
    });
    assert!(long.count() >= 4);
}

/// The fields of the forms of an entry, the assistant's and the agent's where it has its own.
fn form_fields(entry: &Entry) -> Vec<&Value> {
    let agent = match &entry.agent {
        AgentSpec::Differs(change) => change.set.get("inputFields"),
        AgentSpec::Same | AgentSpec::Missing => None,
    };
    let forms = entry.assistant.get("inputFields").into_iter().chain(agent);
    forms.filter_map(Value::as_array).flatten().collect()
}

#[test]
fn the_sample_has_forms_as_production_shows_them_and_one_as_it_is_documented() {
    let shows = |field: &Value, name: &str| field.get(name).is_some();
    let (mut documented, mut production) = (0, Vec::new());
    for entry in file().assistants {
        let fields = form_fields(&entry);
        let hidden = ["slug", "options", "fileTypes", "emailDomain"];
        if fields.is_empty() {
        } else if fields.iter().all(|field| shows(field, "slug")) {
            documented += 1;
        } else {
            assert!(!fields.iter().any(|field| hidden.iter().any(|name| shows(field, name))));
            production.push(entry.outcome);
        }
    }
    assert_eq!((documented, production), (1, vec![Expected::Verified, Expected::Mismatch]));
}

#[test]
fn every_model_of_an_assistant_is_among_the_models() {
    let workspace = file();
    let models: HashSet<&str> = workspace.models.iter().filter_map(|model| model["id"].as_str()).collect();
    for entry in &workspace.assistants {
        let model = entry.assistant["model"].as_str().expect("a model");
        assert!(models.contains(model), "{model}");
    }
}

#[test]
fn every_row_of_the_csv_is_an_entry_or_one_of_the_deliberate_oddities() {
    let workspace = file();
    let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
    for entry in &workspace.assistants {
        let agent = match &entry.agent {
            AgentSpec::Differs(change) => change.id.map(|id| id.0.to_string()),
            _ => None,
        };
        known.insert(assistant_id(entry), agent);
    }
    known.extend(workspace.gone.iter().map(|gone| (gone.id.0.to_string(), None)));

    assert_eq!(CSV.lines().filter(|line| line.starts_with('#')).count(), 1);
    assert_eq!(CSV.lines().filter(|line| line.is_empty()).count(), 1);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(CSV.as_bytes());
    assert_eq!(reader.headers().expect("a header"), vec!["assistant_id", "agent_id", "owner", "team"]);
    let (mut odd, mut seen, mut twice) = (Vec::new(), BTreeSet::new(), 0);
    for row in reader.records() {
        let row = row.expect("a row");
        assert!(row[2].ends_with("@example.com"), "{row:?}");
        let mut cell = row[0].to_owned();
        if !known.contains_key(&cell) {
            odd.push(cell.clone());
        }
        if let Some(address) = cell.strip_prefix("https://app.langdock.com/assistants/") {
            cell = address.strip_suffix("/edit").expect("an address of the editor").to_owned();
        }
        let cell = cell.to_lowercase();
        let Some(agent) = known.get(&cell) else { continue };
        assert_eq!(agent.as_deref().unwrap_or_default(), &row[1], "{cell}");
        if !seen.insert(cell) {
            twice += 1;
        }
    }
    assert_eq!(seen.len(), known.len(), "every entry has a row");
    assert_eq!(twice, 1);
    assert_eq!(odd.len(), 4, "{odd:?}");
    assert_eq!(odd[0], odd[0].to_uppercase());
    assert_eq!(odd[1], "see Anna");
    assert!(odd[2].starts_with("https://"));
    assert_eq!(odd[3], "");
}

#[test]
fn a_workspace_file_that_contradicts_itself_is_refused_with_the_entry_named() {
    let build = |text: &str| {
        let file: WorkspaceFile = serde_json::from_str(text).expect("the form is right");
        Workspace::build(file).err().unwrap_or_default()
    };
    let with = |entries: &str| format!(r#"{{"about":"","models":[],"assistants":[{entries}]}}"#);
    let entry = |more: &str| {
        format!(r#"{{"outcome":"verified","assistant":{{"id":"{MADE_UP}","instruction":"a b a"}}{more}}}"#)
    };
    let one = entry("");
    assert_eq!(build(&with(&one)), "");
    assert_eq!(build(&with(&format!("{one},{one}"))), format!("{MADE_UP} is named twice"));
    let twice = entry(r#","agent":{"differs":{"reword":{"instruction":["a","c"]}}}"#);
    assert_eq!(build(&with(&twice)), format!("{MADE_UP}: `a` does not stand once in `instruction`"));
    let absent = entry(r#","agent":{"differs":{"remove":["model"]}}"#);
    assert_eq!(build(&with(&absent)), format!("{MADE_UP}: `model` is to be removed but is not there"));
    let unknown = with(&entry(r#","acces":"not_shared""#));
    let error = serde_json::from_str::<WorkspaceFile>(&unknown).expect_err("a typing mistake");
    assert!(error.to_string().contains("unknown field `acces`"), "{error}");
}

#[tokio::test]
async fn the_transient_troubles_heal_after_one_request() {
    let sandbox = sandbox(|_| ()).await;
    let workspace = file();
    let throttled = workspace
        .assistants
        .iter()
        .find(|entry| entry.trouble.iter().any(|trouble| trouble.answer == Scripted::Throttled(1)))
        .map(assistant_id)
        .expect("an entry that is throttled once");
    let path = format!("/agent/v1/get?agentId={throttled}");
    let first = get(&sandbox, &path).send().await.expect("an answer");
    assert_eq!(first.status(), 429);
    assert_eq!(first.headers()["retry-after"], "1");
    assert_eq!(status(get(&sandbox, &path)).await, 200);
}

#[tokio::test]
async fn the_second_workspace_is_another_company_with_agents_to_be_filled() {
    let first = sandbox(|_| ()).await;
    let second = sandbox(|options| options.workspace = Some("two".into())).await;
    assert_ne!(first.key(), second.key());
    let elsewhere = client().get(second.base_url() + "/agent/v1/models").bearer_auth(first.key());
    assert_eq!(status(elsewhere).await, 401, "two workspaces, two keys");
    assert!(first.agents().is_disjoint(&second.agents()));
    for strange in [MADE_UP, "1c7a7c4d-f0ad-41b4-b18b-8521444d6507"] {
        assert_eq!(status(get(&second, &format!("/agent/v1/get?agentId={strange}"))).await, 404);
        assert_eq!(status(get(&second, &format!("/assistant/v1/get?assistantId={strange}"))).await, 404);
    }
    let models = async |sandbox: &Sandbox| -> BTreeSet<String> {
        let answer = json(get(sandbox, "/agent/v1/models")).await;
        let ids = answer["data"].as_array().expect("a list").iter();
        ids.filter_map(|model| model["id"].as_str().map(str::to_owned)).collect()
    };
    let (ours, theirs) = (models(&first).await, models(&second).await);
    assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), ["mistral-large-2411"]);
    assert!(file().assistants.iter().any(|entry| entry.assistant["model"] == "mistral-large-2411"));

    let (mut of_people, mut of_keys) = (0, 0);
    for at in second.agents() {
        let agent = second.agent(at).expect("it is there");
        let is_empty = agent.draft.fields["instruction"] == "";
        if agent.is_service_accounts() {
            of_keys += 1;
        } else {
            of_people += usize::from(is_empty);
        }
        let body = serde_json::json!({"agentId": at.to_string(), "instruction": "Filled"});
        assert_eq!(write(&second, "update", &body).await.0, 200, "the key is editor");
    }
    assert_eq!((of_people, of_keys), (5, 2));
}

#[tokio::test]
async fn of_the_mismatches_one_is_for_reading_only_one_has_a_colleagues_draft_and_one_a_hidden_workflow() {
    let sandbox = sandbox(|_| ()).await;
    let mismatches = file().assistants.into_iter().filter(|entry| entry.outcome == Expected::Mismatch);
    let mut special = BTreeMap::new();
    for entry in mismatches {
        let agent = sandbox.agent(id(&assistant_id(&entry))).expect("its agent has the same id");
        let name = entry.assistant["name"].as_str().expect("a name").to_owned();
        if entry.agent_access == Access::ReadOnly {
            special.insert("read only", name);
        } else if agent.published() != Some(&agent.draft) {
            special.insert("draft", name);
        } else if !agent.draft.hidden_tools.is_empty() {
            special.insert("hidden", name);
        }
    }
    let expected = [
        ("draft", "IT Helpdesk First Level"),
        ("hidden", "Vertragsprüfer NDA"),
        ("read only", "Messe-Briefing"),
    ];
    assert_eq!(special, expected.map(|(what, name)| (what, name.to_owned())).into());
}
