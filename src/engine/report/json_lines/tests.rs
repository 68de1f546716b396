use serde_json::Value;

use super::*;
use crate::base::{
    Difference, DisabledState, Disabling, DisablingEnd, REPORT_COLUMNS, ReportRow, RowProgress, RowStatus,
    RunFacts, SinceLast, Standing, StopReason,
};
use crate::engine::report::csv_format::csv;
use crate::engine::report::samples::{facts, json, rendered, rows, settings, verified};
use crate::engine::report::schema::Schema;

fn report(settings: &ReportSettings, facts: &RunFacts, rows: &[ReportRow]) -> String {
    let mut bytes = Vec::new();
    rendered(json_lines(settings, &mut bytes), facts, rows);
    String::from_utf8(bytes).unwrap()
}

fn redacting() -> ReportSettings {
    ReportSettings { redact: true, ..settings() }
}

fn objects(report: &str) -> Vec<Value> {
    report.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_whole_report() {
    insta::assert_snapshot!(report(&settings(), &facts(), &rows()), @r#"
    {"type":"run","schema":1,"program_version":"0.1.0","base_url":"https://api.langdock.com","practice":false,"stopped":"the key lacks a scope: AGENT_API. Give it that scope in the workspace's API key settings.","rows":9,"redacted":false,"started_at":"2025-04-01T08:00:00Z","finished_at":null,"since_last":null,"counts":{"verified":5,"mismatch":1,"assistant_not_found":0,"agent_not_found":0,"no_access":1,"failed":0,"invalid_id":1,"duplicate":1,"not_checked":0},"disabling":"yes","disabling_end":"one_record","disabled":{"not_requested":5,"would_disable":0,"disabled":1,"already_disabled":0,"skipped":1,"failed":1,"reverted":0,"revert_failed":1,"unknown":0,"re_enabled":0}}
    {"type":"row","line":2,"name":"Helper","status":"verified","remedy":"","differences":"","notes":"","error":"","disabled":"not_requested","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"Sales","=phone":"+49 30 123456"},"changes":[],"proposed":{"name":"Helper",  "creativity":0.30,"model":"gpt-5"}}
    {"type":"row","line":3,"name":"=HYPERLINK(\"x\")\nBot","status":"mismatch","remedy":"Bring the agent in line with the assistant (see differences), publish it, then run the same command again.","differences":"inputFields[topic].label: Old\nlabel -> (none); temperature: 0.30000000000000000001 -> 1","notes":"owner: only on the agent: Jane Doe","error":"","disabled":"not_requested","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"Sales","=phone":"+49 30 123456"},"changes":[{"field":"inputFields[topic].label","old":"Old\nlabel","new":null},{"field":"temperature","old":0.30000000000000000001,"new":1}],"proposed":{"name":"Helper",  "creativity":0.30,"model":"gpt-5"}}
    {"type":"row","line":4,"name":"Helper","status":"no_access","remedy":"Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.","differences":"","notes":"","error":"assistant: 403 Not\nshared","disabled":"not_requested","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":null,"requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"Sales","=phone":"+49 30 123456"},"changes":[],"proposed":{"name":"Helper",  "creativity":0.30,"model":"gpt-5"}}
    {"type":"row","line":5,"name":"","status":"invalid_id","remedy":"Put exactly one UUID into this cell, or delete the row, then run the same command again.","differences":"","notes":"","error":"input: no UUID in the cell","disabled":"not_requested","input":"-not an id","assistant_id":null,"agent_id":null,"assistant_updated_at":null,"agent_updated_at":null,"requests":0,"elapsed_ms":0,"checked_at":null,"support_id":null,"columns":{"team":"-5","=phone":"=1+1\nnext; line"},"changes":[],"proposed":null}
    {"type":"row","line":7,"name":"","status":"duplicate","remedy":"","differences":"","notes":"same as line 2 (verified)","error":"","disabled":"not_requested","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":null,"agent_updated_at":null,"requests":0,"elapsed_ms":0,"checked_at":null,"support_id":null,"columns":{"team":"short row","=phone":""},"changes":[],"proposed":null}
    {"type":"row","line":8,"name":"Helper","status":"verified","remedy":"","differences":"","notes":"","error":"","disabled":"disabled","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"","=phone":""},"changes":[],"proposed":null}
    {"type":"row","line":9,"name":"Helper","status":"verified","remedy":"","differences":"","notes":"disabled: to stay on (one record with the agent)","error":"","disabled":"skipped","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"","=phone":""},"changes":[],"proposed":null}
    {"type":"row","line":10,"name":"Helper","status":"verified","remedy":"Share the assistant with the API key as editor; if it is, let a workspace admin make the key, or give it the permission to disable assistants; then run the same command again.","differences":"","notes":"","error":"disable: 403 Only workspace\nadmins can disable assistants","disabled":"failed","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"","=phone":""},"changes":[],"proposed":null}
    {"type":"row","line":11,"name":"Helper","status":"verified","remedy":"It may be off, and its agent with it: run `rollback` on the ledger now, or switch it on in the web app.","differences":"","notes":"","error":"enable: 500 Internal server error","disabled":"revert_failed","input":"11111111-2222-3333-4444-AAAAAAAAAAAA","assistant_id":"11111111-2222-3333-4444-aaaaaaaaaaaa","agent_id":"99999999-2222-3333-4444-bbbbbbbbbbbb","assistant_updated_at":"2025-01-02T03:04:05.123Z","agent_updated_at":"2025-01-02T03:04:05Z","requests":2,"elapsed_ms":412,"checked_at":"2025-04-01T08:00:01Z","support_id":null,"columns":{"team":"","=phone":""},"changes":[],"proposed":null}
    "#);
}

#[test]
fn a_redacted_report_keeps_the_shape_and_the_lengths() {
    let shown = report(&redacting(), &facts(), &rows());
    for text in ["Helper", "HYPERLINK", "Old", "topic", "Jane", "Not\\n", "Only", "Internal"] {
        assert!(!shown.contains(text), "{text}");
    }
    let lines = objects(&shown);
    assert_eq!(lines[0]["redacted"], true);
    let mismatch = &lines[2];
    assert_eq!(
        mismatch["changes"][0],
        serde_json::json!({"field": "inputFields[#1].label", "old": "9 characters", "new": null})
    );
    assert_eq!(
        mismatch["proposed"],
        serde_json::json!({"name": "6 characters", "creativity": 0.3, "model": "gpt-5"})
    );
    assert_eq!(mismatch["columns"]["team"], "Sales");
}

#[test]
fn real_output_keeps_to_the_published_schema() {
    let schema = Schema::new(include_str!("../../../../tests/schema/report.schema.json"));
    let practice = RunFacts {
        practice: true,
        base_url: None,
        started_at: None,
        finished_at: facts().started_at,
        stopped: None,
        since_last: Some(SinceLast { new: 3, ..SinceLast::new("run", facts().started_at.unwrap()) }),
        ..facts()
    };
    let plain = RunFacts { program_version: "0.1.0".into(), ..RunFacts::default() };
    for settings in [settings(), redacting()] {
        for facts in [facts(), practice.clone(), plain.clone()] {
            schema.holds(&objects(&report(&settings, &facts, &rows())));
        }
    }
    let before =
        Standing { status: RowStatus::Mismatch, progress: RowProgress::NeedsAttention, findings: vec![] };
    let mended =
        objects(&report(&settings(), &practice, &[ReportRow { before: Some(before), ..verified() }]));
    schema.holds(&mended);
    assert_eq!((&mended[0]["since_last"]["new"], &mended[1]["before"]), (&3.into(), &"mismatch".into()));
    let lines = objects(&report(&settings(), &facts(), &rows()));
    for (line, field, value) in [
        (1, "status", "ok"),
        (1, "disabled", "off"),
        (0, "disabling", "maybe"),
        (0, "disabling_end", "well"),
        (0, "disabled", "none"),
    ] {
        let mut wrong = lines[line].clone();
        wrong[field] = value.into();
        assert!(schema.judge(&wrong).is_err(), "{field}");
    }
}

#[test]
fn the_schema_knows_every_word_about_disabling() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../tests/schema/report.schema.json")).unwrap();
    let words = |pointer: &str| -> Vec<String> {
        let words = schema.pointer(pointer).and_then(Value::as_array).unwrap();
        words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let run = "/$defs/run/properties";
    let states = DisabledState::ALL.map(|state| state.as_str().to_owned());
    assert_eq!(words("/$defs/row/properties/disabled/enum"), states);
    assert_eq!(words(&format!("{run}/disabled/required")), states);
    assert!(words(&format!("{run}/disabling/enum")).iter().all(|word| Disabling::parse(word).is_some()));
    let ends = words(&format!("{run}/disabling_end/enum"));
    assert!(ends.len() == 8 && ends.iter().all(|word| DisablingEnd::parse(word).is_some()), "{ends:?}");
    let counted = objects(&report(&settings(), &facts(), &[])).swap_remove(0);
    let counted: Vec<_> = counted["disabled"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(counted, states);
}

#[test]
fn csv_json_and_schema_have_the_same_columns_in_the_same_order() {
    let lines = objects(&report(&settings(), &facts(), &rows()));
    let keys: Vec<_> = lines[1].as_object().unwrap().keys().map(String::as_str).collect();
    let columns = REPORT_COLUMNS;
    assert_eq!((keys[0], &keys[1..=columns.len()]), ("type", &columns[..]));
    assert_eq!(keys[columns.len() + 1..], ["support_id", "columns", "changes", "proposed"]);
    assert!(json_lines::<ReportRow, _>(&settings(), io::sink()).wants_proposed());

    let mut table = Vec::new();
    rendered::<ReportRow>(csv(&settings(), &mut table), &facts(), &[]);
    let header = String::from_utf8(table).unwrap();
    assert_eq!(header, format!("{};team;'=phone\n", columns.join(";")));

    let schema: Value =
        serde_json::from_str(include_str!("../../../../tests/schema/report.schema.json")).unwrap();
    let row = &schema["$defs"]["row"];
    let properties: Vec<_> = row["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let required: Vec<_> = row["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(required, keys);
    // Only where it was another status.
    assert_eq!(properties, [keys.as_slice(), &["before"]].concat());
}

#[test]
fn an_object_is_one_line_however_lines_are_split() {
    let row = ReportRow {
        name: "a\nb\u{2028}c\u{2029}d\u{85}e ä “quoted”".into(),
        proposed: Some(json("{\r\n\"name\":\n\"x\\ny\"}")),
        ..verified()
    };
    let shown = report(&settings(), &facts(), &[row]);
    assert_eq!(shown.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count(), 2);
    let row = &objects(&shown)[1];
    assert_eq!(row["name"], "a\nb\u{2028}c\u{2029}d\u{85}e ä “quoted”");
    assert_eq!(row["proposed"]["name"], "x\ny");
}

#[test]
fn texts_are_whole_and_numbers_keep_every_digit() {
    let long = "ä\n".repeat(9_000);
    let difference = Difference {
        field: "instruction".into(),
        old: Some(json(&serde_json::to_string(&long).unwrap())),
        new: Some(json("123456789012345678901234567890")),
        short: "ä… -> 1".into(),
    };
    let row = ReportRow { name: long.clone(), differences: vec![difference], ..verified() };
    let shown = report(&settings(), &facts(), &[row]);
    assert!(shown.contains(r#""new":123456789012345678901234567890}"#));
    let row = &objects(&shown)[1];
    assert_eq!(row["name"], long.as_str());
    assert_eq!(row["differences"], format!("instruction: {long} -> 123456789012345678901234567890"));
    assert_eq!(row["changes"][0]["old"], long.as_str());
}

#[test]
fn why_the_run_stopped_names_no_scope_when_redacted() {
    let facts = RunFacts {
        stopped: Some(StopReason::ScopeMissing { missing: vec!["SECRET WORDS".into()] }),
        ..facts()
    };
    assert!(report(&settings(), &facts, &[]).contains("SECRET WORDS"));
    let redacted = report(&redacting(), &facts, &[]);
    assert!(redacted.contains("the key lacks a scope") && !redacted.contains("SECRET"));
}
