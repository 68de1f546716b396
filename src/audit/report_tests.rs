//! An audit as CSV and as JSON Lines.

use serde_json::Value;

use super::columns::COLUMNS;
use super::row::{AuditFacts, AuditRow, Configuration, Finding, FindingKind, Weight};
use crate::base::{COLUMNS_OF_EVERY_REPORT, Call, InputFormat, JsonText, ReportRow, RowStatus};
use crate::engine::report::samples::{facts, rendered, rows, settings};
use crate::engine::report::schema::Schema;
use crate::engine::report::{Dialect, ReportSettings, csv, json_lines};

fn audit_facts() -> AuditFacts {
    AuditFacts { run: facts(), models_known: true }
}

fn names() -> Vec<&'static str> {
    COLUMNS.iter().map(|column| column.name).collect()
}

/// Rows as they are read, refused, unusable, and one with findings and a hostile name.
fn audited() -> Vec<AuditRow> {
    let finding = |code, weight, detail: &str| {
        let kind = FindingKind { code, weight, advice: ["Do it", "Tun Sie es"], is_administrators: false };
        Finding { kind: Box::leak(Box::new(kind)), detail: detail.to_owned() }
    };
    let configuration = Configuration {
        model: "=gpt\u{2028}5".into(),
        temperature: JsonText::new("0.30000000000000000001".into()),
        input_type: "PROMPT".into(),
        description_length: 1,
        instruction_length: 50_001,
        starters: 2,
        actions: 3,
        actions_to_confirm: 1,
        fields: 4,
        attachments: 5,
        capabilities: [Some(true), Some(false), None, None, None],
        created_at: Some("2024-01-02T03:04:05.123Z".parse().unwrap()),
        updated_at: None,
        age_days: Some(455),
        unchanged_days: None,
    };
    rows()
        .into_iter()
        .filter(|row| matches!(row.line, 3 | 4 | 5 | 7))
        .map(|row| match row.status {
            RowStatus::Mismatch => AuditRow {
                row: ReportRow { status: RowStatus::Verified, differences: vec![], notes: vec![], ..row },
                read_from: Some(Call::Agent),
                configuration: Some(configuration.clone()),
                has_known_model: false,
                findings: vec![
                    finding("secret", Weight::High, "password in line 2"),
                    finding("attachments", Weight::Low, ""),
                ],
            },
            _ => AuditRow::unread(row),
        })
        .collect()
}

fn as_json(settings: &ReportSettings) -> String {
    let mut out = Vec::new();
    rendered(json_lines(settings, &mut out), &audit_facts(), &audited());
    String::from_utf8(out).unwrap()
}

fn as_csv(settings: &ReportSettings) -> String {
    let mut out = Vec::new();
    rendered(csv(settings, &mut out), &audit_facts(), &audited());
    String::from_utf8(out).unwrap()
}

#[test]
fn every_row_is_a_line_and_no_cell_a_formula() {
    let text = as_csv(&settings());
    let (header, lines) = text.split_once('\n').unwrap();
    assert_eq!(header, format!("{};team;'=phone", names().join(";")));
    insta::assert_snapshot!(lines, @r#"
    3;11111111-2222-3333-4444-AAAAAAAAAAAA;"'=HYPERLINK(""x"") Bot";99999999-2222-3333-4444-bbbbbbbbbbbb;agent;read;'=gpt 5;0.30000000000000000001;PROMPT;1;50001;2;3;1;4;5;true;false;;;;2024-01-02T03:04:05.123Z;;455;;;2;2025-04-01T08:00:01Z;"secret;attachments";"Do it (password in line 2); Do it";Sales;+49 30 123456
    4;11111111-2222-3333-4444-AAAAAAAAAAAA;Helper;11111111-2222-3333-4444-aaaaaaaaaaaa;;no_access;;;;;;;;;;;;;;;;;;;;assistant: 403 Not shared;2;2025-04-01T08:00:01Z;;Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.;Sales;+49 30 123456
    5;'-not an id;;;;invalid_id;;;;;;;;;;;;;;;;;;;;input: no UUID in the cell;0;;;Put exactly one UUID into this cell, or delete the row, then run the same command again.;-5;"'=1+1
    next; line"
    7;11111111-2222-3333-4444-AAAAAAAAAAAA;;11111111-2222-3333-4444-aaaaaaaaaaaa;;duplicate;;;;;;;;;;;;;;;;;;;;;0;;;same as line 2: see there;short row;
    "#);
}

#[test]
fn the_dialect_is_the_inputs_or_what_was_asked_for() {
    let excel = as_csv(&ReportSettings { dialect: Dialect::Excel, ..settings() });
    assert!(excel.starts_with("\u{FEFF}line;input;") && excel.contains("advice;team;'=phone\r\n"));
    let plain = as_csv(&ReportSettings { dialect: Dialect::Plain, ..settings() });
    assert!(plain.starts_with("line,input,") && !plain.contains('\r'));
}

#[test]
fn a_carried_column_of_an_own_name_stands_beside_it() {
    let carried_columns = vec!["model".into(), "owner".into()];
    let settings =
        ReportSettings { format: InputFormat { carried_columns, ..settings().format }, ..settings() };
    assert!(as_csv(&settings).lines().next().unwrap().ends_with(";advice;input_model;owner"));
    let json = as_json(&settings);
    let row: Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
    assert_eq!(row["columns"]["input_model"], "Sales");
}

#[test]
fn every_json_line_keeps_to_its_schema_and_has_the_columns_of_the_csv() {
    let schema = Schema::new(include_str!("../../tests/schema/audit.schema.json"));
    let text = as_json(&settings());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    schema.holds(&lines);
    let keys: Vec<_> = lines[1].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((keys[0], &keys[1..=COLUMNS.len()]), ("type", &names()[..]));
    assert!(COLUMNS_OF_EVERY_REPORT.iter().all(|name| names().contains(name)));
    let schema: Value = serde_json::from_str(include_str!("../../tests/schema/audit.schema.json")).unwrap();
    let row = &schema["$defs"]["row"];
    let properties: Vec<_> = row["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let required: Vec<_> = row["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!((required, properties), (keys.clone(), [keys.as_slice(), &["before"]].concat()));
    assert_eq!(lines[1]["name"], "=HYPERLINK(\"x\")\nBot");
    assert_eq!(lines[1]["model"], "=gpt\u{2028}5");
    assert_eq!(lines[1]["findings"], "secret;attachments");
    assert_eq!(lines[2]["instruction_length"], Value::Null);
}
