//! What reads as a record, what makes no sense, and what a record proposes.

use uuid::Uuid;

use super::{ID, body, record, try_record, verdict};
use crate::base::{JsonText, NoteKind};
use crate::check::proposed::proposed;
use crate::engine::record::{Nonsense, Side, read};

fn nonsense(text: &str) -> String {
    read(Side::Assistant, text.as_bytes(), ID).unwrap_err().to_string()
}

#[test]
fn the_object_is_taken_from_whichever_key_is_there() {
    let named = |key: &str| format!(r#""{key}":{{"id":"{ID}","name":"{key}"}}"#);
    let (assistant, agent) = (named("assistant"), named("agent"));
    for (side, members, name) in [
        (Side::Assistant, assistant.clone(), "assistant"),
        (Side::Assistant, agent.clone(), "agent"),
        (Side::Agent, assistant.clone(), "assistant"),
        (Side::Assistant, format!("{agent},{assistant}"), "assistant"),
        (Side::Agent, format!("{assistant},{agent}"), "agent"),
        (Side::Agent, format!(r#"{assistant},"agent":null,"status":null"#), "assistant"),
    ] {
        let record = read(side, format!("{{{members}}}").as_bytes(), ID).unwrap();
        assert_eq!(record.name(), name, "{members}");
        assert_eq!(record.id(), ID);
    }
}

#[test]
fn the_id_is_compared_without_case_and_spelling() {
    for spelled in [
        ID.to_string(),
        ID.to_string().to_uppercase(),
        ID.simple().to_string(),
        ID.braced().to_string(),
        ID.urn().to_string(),
    ] {
        let text = format!(r#"{{"agent":{{"id":"{spelled}"}}}}"#);
        assert!(read(Side::Agent, text.as_bytes(), ID).is_ok(), "{spelled}");
    }
}

#[test]
fn an_answer_that_makes_no_sense_says_why() {
    let id = ID.to_string();
    for (text, words) in [
        ("<html>", "not JSON: expected value at line 1 column 1"),
        ("[]", "a list, not an object"),
        ("null", "null, not an object"),
        ("{}", r#"neither "assistant" nor "agent" holds an object"#),
        (r#"{"assistant":null,"agent":[]}"#, r#"neither "assistant" nor "agent" holds an object"#),
        (r#"{"status":"error","message":"x"}"#, r#""status" is "error""#),
        (r#"{"status":500}"#, r#""status" is 500"#),
        (r#"{"assistant":{"name":"x"}}"#, "no id"),
        (r#"{"assistant":{"id":null}}"#, "no id"),
        (r#"{"assistant":{"id":""}}"#, "no id"),
        (r#"{"assistant":{"id":7}}"#, r#"field "id" is a number, not text"#),
        (r#"{"assistant":{"id":"x\n"}}"#, r#"id "x\n" is not the one asked for"#),
        (r#"{"assistant":{"id":"x","id":"x"}}"#, r#"key "id" stands twice"#),
        (
            r#"{"assistant":{"id":"00000000-0000-0000-0000-000000000001"}}"#,
            "id 00000000-0000-0000-0000-000000000001 is not the one asked for",
        ),
        (
            &format!(r#"{{"assistant":{{"id":"{id}"}}}} {{}}"#),
            "not JSON: trailing characters at line 1 column 61",
        ),
    ] {
        assert_eq!(nonsense(text), words, "{text}");
    }
}

#[test]
fn a_known_field_of_another_type_makes_no_sense() {
    for (members, words) in [
        (r#""name":7"#, r#"field "name" is a number, not text"#),
        (r#""description":["x"]"#, r#"field "description" is a list, not text"#),
        (r#""temperature":"0.3""#, r#"field "temperature" is text, not a number"#),
        (r#""temperature":false"#, r#"field "temperature" is true or false, not a number"#),
        (r#""canvasEnabled":"true""#, r#"field "canvasEnabled" is text, not true or false"#),
        (r#""codeInterpreterEnabled":1"#, r#"field "codeInterpreterEnabled" is a number, not true or false"#),
        (r#""conversationStarters":"x""#, r#"field "conversationStarters" is text, not a list"#),
        (r#""conversationStarters":["x",7]"#, "conversationStarters[1] is a number, not text"),
        (r#""attachments":{}"#, r#"field "attachments" is an object, not a list"#),
        (r#""attachments":[{}]"#, "attachments[0] is an object, not text"),
        (r#""knowledgeFolderIds":"x""#, r#"field "knowledgeFolderIds" is text, not a list"#),
        (r#""knowledgeFolderIds":[7]"#, "knowledgeFolderIds[0] is a number, not text"),
        (r#""updatedAt":1735689600000"#, r#"field "updatedAt" is a number, not text"#),
        (r#""actions":{}"#, r#"field "actions" is an object, not a list"#),
        (r#""actions":["x"]"#, "actions[0] is text, not an object"),
        (r#""actions":[null]"#, "actions[0] is null, not an object"),
        (r#""actions":[{}]"#, r#"actions[0] has no "actionId""#),
        (r#""actions":[{"actionId":null}]"#, r#"actions[0] has no "actionId""#),
        (r#""actions":[{"actionId":7}]"#, "actions[0].actionId is a number, not text"),
        (
            r#""actions":[{"actionId":"x","requiresConfirmation":"yes"}]"#,
            "actions[0].requiresConfirmation is text, not true or false",
        ),
        (r#""inputFields":["x"]"#, "inputFields[0] is text, not an object"),
        (r#""inputFields":[{"slug":7}]"#, "inputFields[0].slug is a number, not text"),
        (r#""inputFields":[{"label":"x"},{"order":"1"}]"#, "inputFields[1].order is text, not a number"),
        (r#""inputFields":[{"slug":"s","order":"1"}]"#, "inputFields[0].order is text, not a number"),
        (r#""inputFields":[{"slug":"s","options":[[]]}]"#, "inputFields[0].options[0] is a list, not text"),
        (
            r#""inputFields":[{"slug":"s","fileTypes":7}]"#,
            "inputFields[0].fileTypes is a number, not text or a list",
        ),
        (
            r#""inputFields":[{"slug":"s","fileTypes":[7]}]"#,
            "inputFields[0].fileTypes[0] is a number, not text",
        ),
    ] {
        for side in [Side::Assistant, Side::Agent] {
            assert_eq!(try_record(side, members).unwrap_err().to_string(), words, "{members}");
        }
    }
}

#[test]
fn unknown_fields_may_hold_anything() {
    assert!(try_record(Side::Agent, r#""owner":{"id":7},"folders":[[null]],"disabled":false"#).is_ok());
}

#[test]
fn what_a_sentence_quotes_of_the_platform_is_short() {
    let long = "x".repeat(1_000_000);
    for text in [
        format!(r#"{{"{long}":1,"{long}":2}}"#),
        format!(r#"{{"status":"{long}"}}"#),
        format!(r#"{{"status":{{"{long}":1}}}}"#),
        format!(r#"{{"assistant":{{"id":"{long}"}}}}"#),
        format!(r#"{{"status":{}}}"#, "9".repeat(1_000_000)),
    ] {
        assert!(nonsense(&text).chars().count() < 150, "{}", nonsense(&text));
    }
}

#[test]
fn a_record_tells_what_the_report_needs() {
    let it = record(
        Side::Assistant,
        r#""name":"Ä","updatedAt":"2024-05-06T07:08:09.5+02:00","createdAt":"x","canvasEnabled":true,
           "attachments":["a","b"],"temperature":0.50,"later":1,"disabled":false,"owner":"me""#,
    );
    assert_eq!(it.name(), "Ä");
    assert_eq!(it.updated_at().unwrap().to_string(), "2024-05-06T05:08:09.5Z");
    assert_eq!(it.created_at(), None);
    assert_eq!(it.text("owner"), Some("me"));
    assert_eq!(
        (it.flag("canvasEnabled"), it.flag("disabled"), it.flag("later")),
        (Some(true), Some(false), None)
    );
    assert_eq!((it.count("attachments"), it.count("actions")), (2, 0));
    assert_eq!(it.value("temperature"), JsonText::new("0.50".to_owned()));
    assert_eq!(it.value("model"), None);
    assert_eq!(it.unknown_fields().collect::<Vec<_>>(), ["later", "owner"]);
    assert_eq!(record(Side::Agent, r#""name":null"#).name(), "");
}

#[test]
fn differences_and_notes_hold_the_values_whole() {
    let text = |json: &str| JsonText::new(json.to_owned());
    let verdict = verdict(
        r#""temperature":0.30,"description":"","webSearchEnabled":true,"codeInterpreterEnabled":true"#,
        r#""description":"d\u0001","webSearchEnabled":false,"later":[1.0]"#,
    );
    let values: Vec<_> = verdict
        .differences
        .iter()
        .map(|found| (found.field.as_str(), found.old.clone(), found.new.clone()))
        .collect();
    assert_eq!(
        values,
        [
            ("description", text(r#""""#), text(r#""d\u0001""#)),
            ("temperature", text("0.30"), None),
            ("webSearchEnabled", text("true"), text("false")),
        ]
    );
    let notes: Vec<_> = verdict.notes.iter().map(|note| (note.kind, note.value.clone())).collect();
    assert_eq!(notes, [(NoteKind::DroppedByPlatform, text("true")), (NoteKind::OnlyOnAgent, text("[1.0]"))]);
}

#[test]
fn the_proposed_agent_has_write_names_and_whole_values() {
    let assistant = record(
        Side::Assistant,
        r#""updatedAt":"x","unknown":1,"temperature":0.30,"name":"N","emojiIcon":"🦀","description":null,"instruction":"",
           "model":"m@default","conversationStarters":["a",null],"inputType":"PROMPT","webSearchEnabled":false,
           "imageGenerationEnabled":true,"codeInterpreterEnabled":true,"canvasEnabled":false,"extendedThinking":true,
           "actions":[{"connectionId":"c","requiresConfirmation":true,"actionId":"A"}],
           "inputFields":[{"slug":"s","type":"FILE","label":"L","required":true,"order":1.0,"options":[],
           "fileTypes":"pdf, docx","description":null,"hint":"h"}],"attachments":[],
           "knowledgeFolderIds":["f",null]"#,
    );
    insta::assert_snapshot!(proposed(&assistant).get().replace(",\"", "\n\""), @r#"
        {"name":"N"
        "instruction":""
        "emoji":"🦀"
        "model":"m@default"
        "creativity":0.30
        "conversationStarters":["a"]
        "inputType":"PROMPT"
        "webSearch":false
        "imageGeneration":true
        "dataAnalyst":true
        "canvas":false
        "extendedThinking":true
        "actions":[{"actionId":"A"
        "requiresConfirmation":true}]
        "inputFields":[{"slug":"s"
        "type":"FILE"
        "label":"L"
        "required":true
        "order":1.0
        "fileTypes":"pdf, docx"}]
        "knowledgeFolderIds":["f"]}
        "#);
    assert_eq!(proposed(&record(Side::Assistant, "")).get(), "{}");
}

#[test]
fn a_form_whose_slugs_are_not_shown_is_not_proposed() {
    let proposed = |fields: &str| {
        proposed(&record(Side::Assistant, &format!(r#""inputFields":[{fields}]"#))).get().to_owned()
    };
    assert_eq!(proposed(r#"{"slug":"a"},{"slug":"b"}"#), r#"{"inputFields":[{"slug":"a"},{"slug":"b"}]}"#);
    for fields in [r#"{"label":"A","order":0}"#, r#"{"slug":"a"},{"label":"B"}"#, r#"{"slug":""}"#, ""] {
        assert_eq!(proposed(fields), "{}", "{fields}");
    }
}

#[test]
fn the_body_of_the_tests_is_the_bare_minimum() {
    assert!(read(Side::Agent, body("agent", "").as_bytes(), ID).is_ok());
    let other = read(Side::Agent, body("agent", "").as_bytes(), Uuid::nil());
    assert_eq!(other, Err(Nonsense::OtherId { id: ID.to_string() }));
}
