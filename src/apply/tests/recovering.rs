//! Whose work is in a draft, what an earlier command left open, and what is taken back.

use super::{ID, body, record};
use crate::apply::draft::others_work;
use crate::apply::recovery::recover;
use crate::apply::store::{Kind, OpenWrite, WriteEnd};
use crate::apply::undo::{Back, back};
use crate::base::{AgentId, JsonText};

#[test]
fn a_draft_that_holds_more_than_what_is_published_and_ours_is_somebodys() {
    let published = r#""name":"A","temperature":0.3,"voice":null,"actions":[]"#;
    for (ours, draft, others) in [
        ("temperature", r#""name":"A","temperature":0.7"#, ""),
        ("temperature", r#""name":"A","temperature":0.699"#, ""),
        ("", r#""name":"A","temperature":0.7"#, "temperature"),
        ("temperature", r#""name":"B","temperature":0.7"#, "name"),
        ("temperature", r#""temperature":0.7"#, "name"),
        ("temperature", r#""name":"A","description":"d","temperature":0.7"#, "description"),
        (
            "",
            r#""name":"A","temperature":0.3,"knowledgeFolderIds":["0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10"]"#,
            "knowledgeFolderIds",
        ),
        ("", r#""name":"A","temperature":0.3,"voice":"deep""#, "voice"),
        // What `get` does not have at all is the draft's own.
        ("", r#""name":"A","temperature":0.3,"hasDraft":true"#, ""),
        ("", r#""name":"A","temperature":0.3,"updatedAt":"2026-03-02T16:20:01Z""#, ""),
    ] {
        let ours: Vec<String> = ours.split_whitespace().map(str::to_owned).collect();
        let found = others_work(&record(published), &ours, &record(draft)).join(" ");
        assert_eq!(found, others, "{draft}");
    }
}

#[test]
fn what_only_the_answer_to_an_update_shows_of_forms_and_tools_is_nobodys_work() {
    let tool =
        |more: &str| format!(r#""actions":[{{"actionId":"0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10"{more}}}]"#);
    let form = |more: &str| format!(r#""inputFields":[{{"type":"SELECT","label":"A","order":0{more}}}]"#);
    let shown = r#","slug":"a","options":["x"]"#;
    for (published, draft, others) in [
        (tool(""), tool(r#","connectionId":"c""#), ""),
        (tool(r#","connectionId":"c""#), tool(""), "actions"),
        (tool(""), tool(r#","requiresConfirmation":true"#), "actions"),
        (form(""), form(shown), ""),
        (form(""), form(&shown.replace("SELECT", "TEXT")).replace("\"A\"", "\"B\""), "inputFields"),
        (form(shown), form(r#","slug":"a","options":["x","y"]"#), "inputFields"),
        (String::new(), form(shown), "inputFields"),
    ] {
        let found = others_work(&record(&published), &[], &record(&draft)).join(" ");
        assert_eq!(found, others, "{published} {draft}");
    }
}

/// A write of `creativity`, between these temperatures.
fn write(key: i64, kind: Kind, [before, wanted]: [f32; 2], end: Option<WriteEnd>) -> OpenWrite {
    let agent = |temperature: f32| body(&format!(r#""temperature":{temperature}"#));
    OpenWrite {
        write: key,
        kind,
        fields: JsonText::new(format!(r#"{{"creativity":{wanted}}}"#)).unwrap(),
        changed: vec!["temperature".to_owned()],
        before: agent(before),
        after: (end == Some(WriteEnd::Written)).then(|| agent(wanted)),
        end,
        agent: Some(AgentId(ID)),
    }
}

const DONE: Option<WriteEnd> = Some(WriteEnd::Written);

const OPEN: Option<WriteEnd> = None;

#[test]
fn what_was_left_open_is_told_by_what_get_shows() {
    let update = |key, way, end| write(key, Kind::Update, way, end);
    let undo = |key, way, end| write(key, Kind::Undo, way, end);
    for (writes, now, written, in_draft, taken_back) in [
        (vec![], 0.1, vec![], 0, vec![]),
        (vec![update(1, [0.1, 0.2], DONE)], 0.2, vec![], 0, vec![]),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.2, vec![1], 0, vec![]),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.1, vec![], 1, vec![]),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.5, vec![], 1, vec![]),
        (vec![update(1, [0.1, 0.2], Some(WriteEnd::Unknown))], 0.2, vec![1], 0, vec![]),
        // With what was published last, what was open before left the draft.
        (vec![update(1, [0.1, 0.2], OPEN), update(2, [0.1, 0.3], DONE)], 0.3, vec![], 0, vec![]),
        (vec![update(1, [0.1, 0.2], DONE), undo(2, [0.2, 0.1], OPEN)], 0.1, vec![], 0, vec![1, 2]),
        (vec![update(1, [0.1, 0.2], DONE), undo(2, [0.2, 0.1], OPEN)], 0.2, vec![], 1, vec![]),
    ] {
        let recovered = recover(&writes, &record(&format!(r#""temperature":{now}"#)));
        let found = (recovered.written, recovered.in_draft.len(), recovered.taken_back);
        assert_eq!(found, (written, in_draft, taken_back), "{writes:?} {now}");
    }
}

#[test]
fn an_agent_goes_back_to_what_it_was_before_all_that_is_ours_and_no_further() {
    let update = |key, way, end| write(key, Kind::Update, way, end);
    let made = |end| OpenWrite { before: body(""), ..write(1, Kind::Create, [0.0, 0.2], end) };
    for (writes, now, wanted) in [
        (vec![update(1, [0.1, 0.2], DONE)], 0.2, "[1] to 0.1"),
        (vec![update(1, [0.1, 0.2], DONE)], 0.1, "[1] to 0.1"),
        (vec![update(1, [0.1, 0.2], DONE)], 0.5, "left alone"),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.2, "[1] to 0.1"),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.1, "[1] to 0.1"),
        (vec![update(1, [0.1, 0.2], OPEN)], 0.5, "left alone"),
        (vec![update(1, [0.1, 0.2], DONE), update(2, [0.2, 0.3], DONE)], 0.3, "[1, 2] to 0.1"),
        (vec![update(1, [0.1, 0.2], OPEN), update(2, [0.1, 0.3], DONE)], 0.3, "[1, 2] to 0.1"),
        // Somebody has changed it between the two.
        (vec![update(1, [0.1, 0.2], DONE), update(2, [0.5, 0.3], DONE)], 0.3, "[2] to 0.5"),
        (vec![made(DONE)], 0.2, "[1] off"),
        (vec![made(OPEN)], 0.2, "[1] off"),
        (vec![made(DONE)], 0.5, "left alone"),
        (vec![made(DONE), update(2, [0.2, 0.3], DONE)], 0.3, "[1, 2] off"),
    ] {
        let said = match back(&writes, &record(&format!(r#""temperature":{now}"#))) {
            Back::Restore { writes, before, .. } => {
                format!("{writes:?} to {}", before.value("temperature").unwrap().get())
            }
            Back::SwitchOff { writes } => format!("{writes:?} off"),
            Back::ChangedSince => "left alone".to_owned(),
        };
        assert_eq!(said, wanted, "{writes:?} {now}");
    }
}
