//! The table of findings against a table, and how a secret is said.

use proptest::prelude::*;
use proptest::sample::select;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::audit::row::{KnownModel, Weight};
use crate::audit::secrets::tests::{NO_SECRETS, SECRETS, plain};
use crate::audit::secrets::{found, known_by};
use crate::audit::{Duplicates, Secrets};
use crate::engine::record::read;

const ID: Uuid = Uuid::from_u128(7);

/// A record with these fields; those of a sound assistant where they are not given.
fn record(changes: &Value) -> Record {
    let mut object = json!({
        "id": ID.to_string(),
        "name": "Helper",
        "description": "Helps",
        "instruction": "You help.",
        "model": "gpt-5",
        "temperature": 0.30,
        "inputType": "PROMPT",
        "conversationStarters": ["Help!"],
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T12:00:00Z",
    });
    for (field, value) in changes.as_object().unwrap() {
        object[field] = value.clone();
    }
    read(Side::Assistant, json!({ "assistant": object }).to_string().as_bytes(), ID).unwrap()
}

fn models() -> Vec<KnownModel> {
    let model = |id: &str, extended_thinking| KnownModel { id: id.to_owned(), extended_thinking };
    vec![model("gpt-5", Some(true)), model("gpt-4.1", Some(false)), model("new", None)]
}

fn inspected(record: &Record) -> Inspection {
    Inspection::of(record, Side::Assistant, "2026-03-01T00:00:00Z".parse().unwrap())
}

fn findings_of(record: &Record, models: Option<&[KnownModel]>) -> Vec<Finding> {
    let inspection = Inspection::read(&inspected(record).kept().unwrap()).unwrap();
    inspection.findings(Workspace { models, duplicates: &Duplicates::default() })
}

fn name_without_secrets(record: &Record) -> String {
    let mut secrets = Secrets::default();
    secrets.add(record);
    secrets.hide(record.name()).into_owned()
}

/// Code and detail of what is found, as `code (detail)`.
fn said(changes: &Value) -> Vec<String> {
    let findings = findings_of(&record(changes), Some(&models()));
    findings
        .into_iter()
        .map(|finding| format!("{} ({})", finding.kind.code, finding.detail).replace(" ()", ""))
        .collect()
}

fn starters(count: usize, length: usize) -> Value {
    json!({"conversationStarters": vec!["ä".repeat(length); count]})
}

fn fields(of: &Value) -> Value {
    json!({"inputType": "STRUCTURED", "inputFields": of})
}

/// Records at the border of each finding, with what is found in them.
fn borders() -> Vec<(Value, Vec<&'static str>)> {
    let sound: [&str; 0] = [];
    let text = |length| "ä".repeat(length);
    let action = |asks: bool| json!({"actionId": ID.to_string(), "requiresConfirmation": asks});
    vec![
        (json!({}), sound.to_vec()),
        (json!({"name": text(80)}), sound.to_vec()),
        (json!({"name": text(81)}), vec!["name_over_80 (81 characters)"]),
        (json!({"description": text(500)}), sound.to_vec()),
        (json!({"description": text(501)}), vec!["description_over_500 (501 characters)"]),
        (json!({"description": text(800)}), vec!["description_over_500 (800 characters)"]),
        (json!({"description": text(801)}), vec!["description_over_800 (801 characters)"]),
        (json!({"instruction": text(40_000)}), sound.to_vec()),
        (json!({"instruction": text(40_001)}), vec!["instruction_over_40000 (40,001 characters)"]),
        (json!({"instruction": text(50_001)}), vec!["instruction_over_50000 (50,001 characters)"]),
        (json!({"instruction": " \n"}), vec!["instruction_empty"]),
        (json!({"instruction": null}), vec!["instruction_empty"]),
        (starters(20, 255), sound.to_vec()),
        (starters(21, 1), vec!["starters_over_20 (21)"]),
        (json!({"conversationStarters": ["a", text(256)]}), vec!["starter_over_255 (starter 2)"]),
        (json!({"model": "gpt-6"}), vec!["model_unavailable"]),
        (json!({"model": ""}), sound.to_vec()),
        (json!({"model": "gpt-5@default"}), vec!["model_default"]),
        (json!({"model": "gpt-6@default"}), vec!["model_unavailable", "model_default"]),
        (json!({"model": "auto"}), sound.to_vec()),
        (json!({"model": "eu.openai.gpt-4.1-2025-04-14-v1:0"}), sound.to_vec()),
        (json!({"extendedThinking": true, "model": "openai/gpt-4.1"}), vec!["extended_thinking_unsupported"]),
        (json!({"owner": null}), vec!["no_owner"]),
        (json!({"owner": " "}), vec!["no_owner"]),
        (json!({"owner": {"name": "", "email": null}}), vec!["no_owner"]),
        (json!({"owner": "Ada"}), sound.to_vec()),
        (json!({"owner": {"name": null, "id": 7}}), sound.to_vec()),
        (json!({"extendedThinking": true}), sound.to_vec()),
        (json!({"extendedThinking": true, "model": "new"}), sound.to_vec()),
        (json!({"extendedThinking": true, "model": "gpt-4.1"}), vec!["extended_thinking_unsupported"]),
        (json!({"extendedThinking": true, "model": "gpt-6"}), vec!["model_unavailable"]),
        (json!({"extendedThinking": false, "model": "gpt-4.1"}), sound.to_vec()),
        (json!({"actions": [action(false)]}), sound.to_vec()),
        (json!({"actions": [action(false), action(true)]}), vec!["action_needs_confirmation (1 of 2)"]),
        (json!({"codeInterpreterEnabled": true}), vec!["code_interpreter"]),
        (json!({"codeInterpreterEnabled": false}), sound.to_vec()),
        (json!({"attachments": [ID.to_string()]}), vec!["attachments (1)"]),
        (fields(&json!([])), vec!["form_without_fields"]),
        (fields(&json!([{"slug": "a"}, {"slug": "A"}])), sound.to_vec()),
        (fields(&json!([{"slug": "a"}, {"slug": "b"}, {"slug": "a"}])), vec!["doubled_slug (field 3)"]),
        (fields(&json!([{"label": "A"}, {"label": "A"}, {"slug": ""}, {"slug": ""}])), sound.to_vec()),
        (
            fields(&json!([{"slug": "a", "type": "SELECT", "options": []}])),
            vec!["select_without_options (field 1)"],
        ),
        (
            fields(&json!([{"type": "SELECT", "options": ["x"]}, {"type": "MULTI_SELECT"}])),
            vec!["select_without_options (field 2)"],
        ),
        (fields(&json!([{"slug": "a", "type": "SELECT"}, {"type": "MULTI_SELECT"}])), sound.to_vec()),
        (fields(&json!([{"type": "SELECT", "options": null}, {"type": "FILE"}])), sound.to_vec()),
        (json!({"updatedAt": "2025-03-01T00:00:01Z"}), sound.to_vec()),
        (json!({"updatedAt": "2025-03-01T00:00:00Z"}), vec!["unchanged_for_a_year (365 days)"]),
        (json!({"updatedAt": null}), vec!["unchanged_for_a_year (424 days)"]),
        (json!({"updatedAt": null, "createdAt": "yesterday"}), sound.to_vec()),
        (json!({"instruction": "a\nPasswort: Sommer2024!"}), vec!["secret (password in line 2)"]),
    ]
}

#[test]
fn each_finding_is_found_at_its_border_and_not_before() {
    for (changes, expected) in borders() {
        assert_eq!(said(&changes), expected, "{}", changes.to_string().chars().take(120).collect::<String>());
    }
}

#[test]
fn without_the_list_of_models_nothing_is_found_about_models() {
    let odd = record(&json!({"model": "gpt-6", "extendedThinking": true}));
    assert_eq!(findings_of(&odd, None), []);
}

#[test]
fn the_heaviest_come_first_and_every_code_is_known_once_with_advice_of_its_own() {
    let odd = record(&json!({
        "name": "x".repeat(90), "attachments": [ID.to_string()], "model": "gpt-6@default",
        "instruction": "password: hunter2x", "updatedAt": "2020-01-01T00:00:00Z",
    }));
    let weights: Vec<_> =
        findings_of(&odd, Some(&models())).iter().map(|finding| finding.kind.weight).collect();
    assert!(weights.is_sorted_by(|one, other| one >= other) && weights.len() == 6, "{weights:?}");
    let mut codes: Vec<_> = rules().iter().map(|rule| rule.kind.code).collect();
    assert!(codes.iter().all(|code| {
        code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), rules().len());
    assert!(
        rules()
            .iter()
            .flat_map(|rule| rule.kind.advice)
            .all(|advice| !advice.is_empty() && !advice.ends_with('.'))
    );
    assert_eq!(rules().iter().filter(|rule| rule.kind.weight == Weight::High).count(), 1);
}

#[test]
fn a_configuration_counts_and_keeps_no_text_but_model_and_kind() {
    let record = record(&json!({
        "temperature": 0.30, "webSearchEnabled": true, "canvasEnabled": false, "instruction": "ä\n€",
        "actions": [{"actionId": ID.to_string(), "requiresConfirmation": true}],
    }));
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let expected = Configuration {
        model: "gpt-5".into(),
        temperature: record.value("temperature"),
        input_type: "PROMPT".into(),
        description_length: 5,
        instruction_length: 3,
        starters: 1,
        actions: 1,
        actions_to_confirm: 1,
        fields: 0,
        attachments: 0,
        capabilities: [Some(true), None, None, Some(false), None],
        created_at: Some(time("2025-01-01T00:00:00Z")),
        updated_at: Some(time("2026-01-01T12:00:00Z")),
        age_days: Some(424),
        unchanged_days: Some(58),
    };
    assert_eq!(configuration(&record, time("2026-03-01T00:00:00Z")), expected);
}

#[test]
fn whoever_changes_what_is_found_is_asked_for_another_edition() {
    let alone = rules().iter().filter(|rule| matches!(rule.when, When::Alone(_)));
    let lines = SECRETS.iter().map(|(line, _)| line).chain(NO_SECRETS);
    let examples = lines.map(|line| json!({ "instruction": plain(line) }));
    let examples = examples.chain(borders().into_iter().map(|(changes, _)| changes));
    let known: Vec<String> = alone
        .map(|rule| rule.kind.code.to_owned())
        .chain(known_by())
        .chain(examples.map(|changes| inspected(&record(&changes)).kept().unwrap()))
        .collect();
    let fingerprint = digest(&SHA256, known.join("\n").as_bytes());
    let fingerprint = u64::from_be_bytes(*fingerprint.as_ref().first_chunk().unwrap());
    assert_eq!(
        (EDITION, format!("{fingerprint:016x}").as_str()),
        (1, "88dbe3b0bd51fdc8"),
        "A rule, a pattern or an example is another one now. If something else is found in the same record than before, let \
         EDITION grow, or audits go on with what they have kept. Then pin both here."
    );
}

#[test]
fn characters_that_nobody_sees_hide_no_secret() {
    for invisible in ['\u{ad}', '\u{200b}', '\u{2060}', '\u{feff}', '\u{e0041}'] {
        let torn = |text: &str| text.chars().flat_map(|letter| [letter, invisible]).collect::<String>();
        let instruction =
            format!("Grün\n{}\n{}", torn("Passwort: Sommer2024x"), torn(&plain("sk-~ld-a8Kd02mfQp4LxV7z")));
        let record =
            record(&json!({ "instruction": instruction, "name": format!("Bot {}", torn("Sommer2024x")) }));
        assert_eq!(found(&record), ["password in line 2", "Langdock or Odeus API key in line 3"]);
        assert_eq!(name_without_secrets(&record), "Bot [password, hidden]");
    }
}

#[test]
fn a_secret_is_named_by_its_place_and_never_repeated() {
    let record = record(&json!({
        "name": "Bot hunter password: hunter2x9",
        "instruction": "Hi\r\npassword: hunter2x1 and password: hunter2x2\n\npostgres://a:hunter2x3@b",
        "description": "pw: hunter2x4",
        "conversationStarters": ["Hello", "Kennwort: hunter2x5"],
        "inputFields": [{"slug": "login", "description": "pw: hunter2x6 or pw: hunter2x7"}],
    }));
    assert_eq!(
        found(&record),
        [
            "password in line 2",
            "password in an address in line 4",
            "password in line 1 of the description",
            "password in conversation starter 2",
            "password in field 1",
            "password in the name",
        ]
    );
    assert_eq!(name_without_secrets(&record), "Bot hunter password: [password, hidden]");
    let named_after_it =
        super::tests::record(&json!({ "name": "Sommer2024x", "instruction": "Passwort: Sommer2024x" }));
    assert_eq!(name_without_secrets(&named_after_it), "[password, hidden]");
    let all = format!("{:?}", findings_of(&record, None));
    assert!(!all.contains("hunter2x"), "{all}");
}

#[test]
fn many_places_are_counted() {
    let many = vec!["password: hunter2"; 13].join("\n");
    let detail = &findings_of(&record(&json!({ "instruction": many })), None)[0].detail;
    assert!(detail.ends_with("password in line 10 and 3 more"), "{detail}");
}

/// Lines with a secret, and that secret.
fn planted() -> impl Strategy<Value = (String, String)> {
    let random = "[a-z]{4}[0-9][A-Z]{3}[0-9][a-zA-Z0-9]{12,24}";
    let ways: Vec<(&str, &str, &str)> = vec![
        ("sk-ld-", "", random),
        ("Bearer ", ", please", random),
        ("postgres://app:", "@db.example.com/x", "[a-zA-Z]{4}[0-9]{2}[!$%]{1,2}[a-z]{2,9}"),
        ("Passwort: ", "", "[A-Z][a-z]{5,9}[0-9]{2,4}!"),
        ("api_key = ", ".", "[0-9a-f]{4}[A-Z]{4}[0-9]{3}[a-z0-9]{12,20}"),
        ("SAP_PASSWORD=\"", "\"", "[A-Z][a-z]{5,9}[0-9]{2,4}!"),
        ("ghp_", "", "[a-z]{4}[0-9][A-Z]{3}[a-zA-Z0-9]{28}"),
    ];
    select(ways).prop_flat_map(|(before, after, pattern)| {
        pattern
            .prop_filter("a placeholder is no secret", |secret: &String| {
                let letters: std::collections::BTreeSet<u8> = secret.bytes().collect();
                let secret = secret.to_lowercase();
                letters.len() >= 6 && !["xxx", "dein", "your"].iter().any(|word| secret.contains(word))
            })
            .prop_map(move |secret| (format!("{before}{secret}{after}"), secret))
    })
}

proptest! {
    #[test]
    fn whatever_is_found_is_never_said_in_whatever_field_it_stands(
        (line, secret) in planted(),
        before in "[a-zäöü ]{0,30}",
        field in select(vec!["instruction", "description", "name", "conversationStarters"]),
    ) {
        let text = format!("{before}\n{line}\n");
        let value = if field == "conversationStarters" { json!(["x", text]) } else { json!(text) };
        let record = record(&json!({ field: value }));
        let findings = findings_of(&record, Some(&models()));
        prop_assert!(findings.iter().any(|finding| finding.kind.code == "secret"), "{}", line);
        let said = format!("{findings:?} {:?} {}", found(&record), name_without_secrets(&record));
        prop_assert!(!said.contains(&secret), "{}", said);
        // No piece of it either.
        let pieces = secret.as_bytes().windows(8).filter_map(|piece| std::str::from_utf8(piece).ok());
        prop_assert_eq!(pieces.filter(|piece| said.contains(piece)).count(), 0);
    }

    #[test]
    fn a_planted_key_is_found_wherever_it_stands_and_never_said(
        before in "[a-zäöü ,.\n]{0,60}", key in "[a-z]{4}[0-9][A-Z]{3}[0-9][a-zA-Z0-9]{10,20}", after in "[ ,.\n][a-zäöü ]{0,20}",
    ) {
        let secret = format!("sk-ld-{key}");
        let record = record(&json!({ "instruction": format!("{before} {secret}{after}") }));
        let findings = findings_of(&record, None);
        prop_assert_eq!(findings[0].kind.code, "secret");
        let said = format!("{findings:?}");
        prop_assert!(!said.contains(&key));
    }
}
