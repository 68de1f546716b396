//! What is sent, and what is left.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::record;
use crate::apply::decide::{Change, Choices, ModelChange, decide, restore};
use crate::apply::left::{Left, WhyLeft};
use crate::check::{Accepted, compare, differing};

fn decided(source: &str, agent: &str, choices: &Choices) -> Change {
    decide(&choices.source(record(source)), &record(agent), choices)
}

fn with_actions() -> Choices {
    Choices { with_actions: true, ..Choices::default() }
}

/// What is left, with the reason, as one text.
fn left(change: &Change) -> String {
    let left: Vec<_> = change.left.iter().map(|left| format!("{} {:?}", left.name, left.why)).collect();
    left.join(", ")
}

#[test]
fn only_what_differs_is_sent_in_write_names_and_what_has_to_be_empty_is_cleared() {
    for (source, agent, body) in [
        (r#""temperature":0.7,"name":"A""#, r#""temperature":0.3,"name":"A""#, r#"{"creativity":0.7}"#),
        (r#""emojiIcon":null"#, r#""emojiIcon":"X""#, r#"{"emoji":null}"#),
        (r#""name":"A""#, r#""name":"A","description":"d""#, r#"{"description":""}"#),
        ("", r#""instruction":"i""#, r#"{"instruction":""}"#),
        ("", r#""conversationStarters":["a"]"#, r#"{"conversationStarters":[]}"#),
        ("", r#""webSearchEnabled":true,"canvasEnabled":true"#, r#"{"webSearch":false,"canvas":false}"#),
        (r#""imageGenerationEnabled":true"#, "", r#"{"imageGeneration":true}"#),
        (
            r#""attachments":["0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10"]"#,
            "",
            r#"{"attachments":["0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10"]}"#,
        ),
        (r#""temperature":0.30000000000000000001"#, r#""temperature":0.3"#, "{}"),
        (
            r#""inputFields":[{"slug":"a","type":"TEXT","label":"A","order":0}]"#,
            r#""inputFields":[]"#,
            r#"{"inputFields":[{"slug":"a","type":"TEXT","label":"A","order":0}]}"#,
        ),
    ] {
        let change = decided(source, agent, &Choices::default());
        assert_eq!((change.body().get(), left(&change).as_str()), (body, ""), "{source} {agent}");
    }
}

#[test]
fn what_is_accepted_in_an_agent_stays_as_it_has_it() {
    let accepted = Accepted::new(["temperature", "color"].map(str::to_owned));
    let choices = Choices { accepted, ..Choices::default() };
    let source = record(r#""name":"A","temperature":0.7,"color":"red""#);
    let agent = record(r#""name":"B","temperature":0.3"#);
    let (wanted, accepted) = choices.wanted(&source, &agent);
    assert_eq!(accepted, ["temperature", "color"].map(|name| Left::new(name, WhyLeft::Accepted)));
    let elsewhere = Choices { elsewhere: true, ..choices.clone() };
    assert_eq!(elsewhere.wanted(&source, &agent), (source.clone(), Vec::new()));
    assert_eq!(decide(&wanted, &agent, &choices).body().get(), r#"{"name":"A"}"#);
    let differing: Vec<_> =
        compare(&wanted, &agent).differences.into_iter().map(|found| found.field).collect();
    assert_eq!(differing, ["name"]);
}

#[test]
fn what_cannot_be_written_is_left_by_name() {
    let elsewhere = Choices { elsewhere: true, ..Choices::default() };
    let tool = |n: u8, more: &str| {
        format!(
            r#"{{"actionId":"0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f1{n}","requiresConfirmation":true{more}}}"#
        )
    };
    let tools = |list: &[String]| format!(r#""actions":[{}]"#, list.join(","));
    let form = |field: &str| format!(r#""inputFields":[{field}]"#);
    let shown = form(r#"{"slug":"a","type":"SELECT","label":"A","order":0,"options":["x"]}"#);
    let keyless = form(r#"{"type":"TEXT","label":"A","order":0}"#);
    let choiceless = form(r#"{"slug":"a","type":"SELECT","label":"A","order":0}"#);
    let file = r#""attachments":["0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10"]"#.to_owned();
    let none = String::new();
    let plain = Choices::default();
    for (source, agent, choices, fields, said) in [
        (tools(&[tool(0, "")]), none.clone(), &plain, "", "actions ToolsAreKept"),
        (tools(&[tool(0, "")]), none.clone(), &with_actions(), "actions", "connections Connections"),
        (none.clone(), tools(&[tool(0, "")]), &with_actions(), "", "actions TakesToolsAway"),
        (tools(&[tool(1, "")]), tools(&[tool(0, "")]), &with_actions(), "", "actions TakesToolsAway"),
        (
            tools(&[tool(0, r#","connectionId":"c""#)]),
            tools(&[tool(0, "")]),
            &with_actions(),
            "",
            "connections Connections",
        ),
        (keyless.clone(), none.clone(), &plain, "", "inputFields FormNotShown"),
        (choiceless.clone(), none.clone(), &plain, "", "inputFields FormNotShown"),
        (shown.clone(), choiceless, &plain, "", "inputFields FormNotShown"),
        (none.clone(), keyless, &plain, "", "inputFields FormNotShown"),
        (shown, none.clone(), &plain, "inputFields", ""),
        (file.clone(), none.clone(), &elsewhere, "", "attachments OtherWorkspace"),
        (none.clone(), file, &elsewhere, "", "attachments OtherWorkspace"),
        (r#""voice":"deep""#.to_owned(), none.clone(), &plain, "", "voice UnknownField"),
        (
            none.clone(),
            r#""name":"A","model":"m""#.to_owned(),
            &plain,
            "",
            "name CannotBeCleared, model CannotBeCleared",
        ),
        (none.clone(), r#""temperature":0.3"#.to_owned(), &plain, "", "temperature CannotBeCleared"),
        (
            r#""codeInterpreterEnabled":true"#.to_owned(),
            r#""codeInterpreterEnabled":false"#.to_owned(),
            &plain,
            "",
            "codeInterpreterEnabled Ignored",
        ),
        (r#""codeInterpreterEnabled":true"#.to_owned(), none, &plain, "", ""),
    ] {
        let change = decided(&source, &agent, choices);
        assert_eq!(
            (change.names().join(" ").as_str(), left(&change).as_str()),
            (fields, said),
            "{source} {agent}"
        );
    }
}

#[test]
fn a_model_that_goes_by_another_name_is_compared_and_written_under_that() {
    let models = vec![ModelChange { old: "old".into(), new: "new@default".into() }];
    let choices = Choices { models, ..Choices::default() };
    for (source, agent, body) in [
        (r#""model":"old""#, r#""model":"new@default""#, "{}"),
        (r#""model":"old""#, r#""model":"old""#, r#"{"model":"new@default"}"#),
        (r#""model":"other""#, r#""model":"old""#, r#"{"model":"other"}"#),
    ] {
        assert_eq!(decided(source, agent, &choices).body().get(), body, "{source} {agent}");
    }
}

#[test]
fn what_was_changed_is_written_back_and_nothing_else() {
    let before = record(r#""temperature":0.3,"emojiIcon":null,"name":"A","description":"d""#);
    let now = record(r#""temperature":0.7,"emojiIcon":"X","name":"B","description":"d""#);
    let change = restore(["temperature", "emojiIcon", "description"], &before, &now);
    assert_eq!(change.body().get(), r#"{"emoji":null,"creativity":0.3}"#);
    let change = restore(["temperature"], &record(""), &now);
    assert_eq!((change.body().get(), left(&change).as_str()), ("{}", "temperature CannotBeCleared"));
}

type Members = Map<String, Value>;

fn members() -> impl Strategy<Value = Members> {
    let texts = || select(vec![Value::Null, json!(""), json!("a"), json!("b")]).boxed();
    let flags = || select(vec![Value::Null, json!(true), json!(false)]).boxed();
    let ids = || select(vec!["0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10", "0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f11"]);
    let slug = select(vec![Value::Null, json!("s"), json!("t")]);
    let kinds = select(vec!["TEXT", "SELECT"]);
    let field = (slug, kinds, vec(select(vec!["x", "y"]), 0..2), 0..3_u8).prop_map(|(slug, kind, options, order)| {
        json!({ "slug": slug, "type": kind, "options": options, "order": order, "label": "L" })
    });
    let tools = btree_map(ids(), (any::<bool>(), any::<bool>()), 0..3).prop_map(|tools| {
        let tool = |(id, (confirms, connected)): (&str, (bool, bool))| {
            let mut tool = json!({ "actionId": id, "requiresConfirmation": confirms });
            if connected {
                tool["connectionId"] = json!("c");
            }
            tool
        };
        Value::from(tools.into_iter().map(tool).collect::<Vec<_>>())
    });
    let known: Vec<(&str, BoxedStrategy<Value>)> = vec![
        ("name", texts()),
        ("description", texts()),
        ("instruction", texts()),
        ("emojiIcon", texts()),
        ("model", texts()),
        ("inputType", texts()),
        ("temperature", select(vec![Value::Null, json!(0), json!(0.5)]).boxed()),
        ("conversationStarters", vec(select(vec!["a", "b"]), 0..3).prop_map(Value::from).boxed()),
        ("webSearchEnabled", flags()),
        ("codeInterpreterEnabled", flags()),
        ("extendedThinking", flags()),
        ("attachments", vec(ids(), 0..3).prop_map(Value::from).boxed()),
        ("knowledgeFolderIds", vec(ids(), 0..3).prop_map(Value::from).boxed()),
        ("actions", tools.boxed()),
        ("inputFields", vec(field, 0..3).prop_map(Value::from).boxed()),
        ("voice", texts()),
    ];
    let (names, values): (Vec<&str>, Vec<_>) = known.into_iter().unzip();
    values.prop_map(move |values| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values)
            .filter(|(_, value)| !value.is_null())
            .collect()
    })
}

fn record_of(members: &Members) -> crate::engine::record::Record {
    let text = Value::Object(members.clone()).to_string();
    record(&text[1..text.len() - 1])
}

proptest! {
    #[test]
    fn once_written_the_agent_differs_only_in_what_is_left_behind(
        source in members(), agent in members(), with_actions: bool, elsewhere: bool,
    ) {
        let choices = Choices { with_actions, elsewhere, ..Choices::default() };
        let (source, agent) = (record_of(&source), record_of(&agent));
        let change = decide(&source, &agent, &choices);
        let written = change.applied_to(&agent);
        let left = |name: &str| {
            change.left.iter().any(|left| left.name == name || name == "actions" && left.name == "connections")
        };
        let still = differing(&source, &written);
        for name in still.known.iter().map(|field| field.name).chain(still.unknown.iter().copied()) {
            prop_assert!(left(name), "{name} still differs and is not left: {:?}", change.left);
        }
        prop_assert!(decide(&source, &written, &choices).is_empty(), "nothing is written twice");
    }

    #[test]
    fn what_was_written_can_be_taken_back(source in members(), agent in members(), with_actions: bool) {
        let choices = Choices { with_actions, ..Choices::default() };
        let (source, before) = (record_of(&source), record_of(&agent));
        let change = decide(&source, &before, &choices);
        let names = change.names();
        let now = change.applied_to(&before);
        let back = restore(names.iter().map(String::as_str), &before, &now);
        let restored = back.applied_to(&now);
        let differences = compare(&before, &restored).differences;
        let is_left = |field: &str| back.left.iter().any(|left| field.starts_with(&left.name));
        prop_assert!(
            differences.iter().all(|difference| is_left(&difference.field) || difference.field.contains("connectionId")),
            "{differences:?} {:?}", back.left
        );
    }
}
