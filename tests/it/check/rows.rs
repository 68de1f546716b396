//! What each answer of the platform makes of its row: one run, a row a case, over real HTTP.

use crate::support::{Desk, Platform, Report, agent_answer, assistant_answer, id, record, record_with};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

/// The call that answers as told; the other one answers as it should.
#[derive(Clone, Copy)]
enum Call {
    Assistant,
    Agent,
}
use Call::{Agent, Assistant};

/// What the case is, the call, status and body of its answer (`ID` is the row's), and what the report has to hold of
/// it: `status`, and parts of `error` and `remedy`.
type Answered = (&'static str, Call, u16, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip] // A line per fact.
const ERRORS: &[Answered] = &[
    ("message", Assistant, 400, r#"{"message":"Invalid assistantId"}"#, "failed", "assistant: 400 Invalid assistantId", "mend what its words name"),
    ("list of messages", Assistant, 400, r#"{"message":[{"message":"too short"}]}"#, "failed", "assistant: 400 too short", "mend"),
    ("error", Assistant, 403, r#"{"error":"Not shared"}"#, "no_access", "assistant: 403 Not shared", "Share this assistant"),
    ("no words", Assistant, 403, "", "no_access", "assistant: 403", "Share this assistant"),
    ("errorCode and errorMessage", Agent, 403, r#"{"errorCode":"NOT_SHARED","errorMessage":"Share it first"}"#, "no_access", "agent: 403 NOT_SHARED: Share it first", "Share this agent"),
    ("any 403 in that form", Assistant, 403, r#"{"type":"error","error":{"type":"permission_error","message":"Not shared"}}"#, "no_access", "assistant: 403 permission_error: Not shared", "Share this assistant"),
    ("error and message", Agent, 403, r#"{"error":"FORBIDDEN","message":"No access"}"#, "no_access", "agent: 403 FORBIDDEN: No access", "Share this agent"),
    ("404", Assistant, 404, r#"{"message":"Assistant not found"}"#, "assistant_not_found", "assistant: 404 Assistant not found", "Check the id"),
    ("404 as text", Assistant, 404, "not here", "assistant_not_found", "assistant: 404 not here", "Check the id"),
    ("404 without a body", Assistant, 404, "", "assistant_not_found", "assistant: 404", "Check the id"),
    ("404 of the agent", Agent, 404, r#"{"errors":[{"message":"Agent not found"}]}"#, "agent_not_found", "agent: 404 Agent not found", "Share the agent"),
    ("410 of the agent", Agent, 410, "", "failed", "agent: 410", "mend"),
    ("409", Agent, 409, "", "failed", "agent: 409", "mend"),
    ("422", Assistant, 422, r#"{"error":"INVALID","details":{"id":"odd"}}"#, "failed", "assistant: 422 INVALID", "mend"),
    ("408", Assistant, 408, "", "failed", "assistant: 408", "later"),
    ("500", Assistant, 500, r#"{"type":"error","error":{"type":"api_error","message":"Oops"}}"#, "failed", "Oops", "later"),
    ("502 page", Agent, 502, "<html><head><title>502 Bad Gateway</title></head></html>", "failed", "agent: 502 ", "later"),
    ("504", Agent, 504, "", "failed", "agent: 504", "later"),
    ("529 page", Agent, 529, "<!doctype html><title>Overloaded</title>", "failed", "agent: 529 Overloaded", "later"),
    // The first five rows are behind them: a page is about its row.
    ("403 page", Assistant, 403, "<html><title>Nope</title></html>", "failed", "assistant: 403 a web page (Nope)", "/api/public"),
    ("200 page", Agent, 200, "<html><title>Sign in</title></html>", "failed", "agent: 200 a web page (Sign in)", "/api/public"),
    ("challenge", Agent, 403, "<html><title>Just a moment...</title></html>", "failed", "agent: 403 a challenge page (Just a moment...)", "gateway"),
];

#[rustfmt::skip] // A line per fact.
const NONSENSE: &[Answered] = &[
    ("not JSON", Assistant, 200, "hello", "failed", "assistant: 200 answer makes no sense: ", "support"),
    ("cut off", Assistant, 200, r#"{"status":"success","assistant":{"id""#, "failed", "makes no sense", "support"),
    ("nothing", Assistant, 200, "", "failed", "makes no sense", "support"),
    ("204", Assistant, 204, "", "failed", "assistant: 204 answer makes no sense", "support"),
    ("another id", Agent, 200, r#"{"status":"success","agent":{"id":"ffffffff-0000-4000-8000-000000000000"}}"#, "failed", "agent: 200 answer makes no sense: ", "support"),
    ("no id", Agent, 200, r#"{"status":"success","agent":{"name":"a"}}"#, "failed", "makes no sense", "support"),
    ("a list for an object", Agent, 200, r#"{"status":"success","agent":[]}"#, "failed", "makes no sense", "support"),
    ("an error for success", Agent, 200, r#"{"status":"error","agent":{"id":"ID"}}"#, "failed", "makes no sense", "support"),
    ("an error as a 200", Assistant, 200, r#"{"status":"error","message":"The index is rebuilt"}"#, "failed", "\"status\" is \"error\": The index is rebuilt", "support"),
    ("an error as a 200, in other names", Agent, 200, r#"{"status":"failed","errorCode":"E7","errorMessage":"Model is gone","agent":{"id":"ID"}}"#, "failed", "\"status\" is \"failed\": E7: Model is gone", "support"),
    ("an error as a 200, without a status", Agent, 200, r#"{"type":"error","error":{"type":"api_error","message":"Oops"}}"#, "failed", "api_error: Oops", "support"),
    ("text for a number", Assistant, 200, r#"{"assistant":{"id":"ID","temperature":"0.3"}}"#, "failed", "temperature", "support"),
    ("a doubled key", Assistant, 200, r#"{"assistant":{"id":"ID","name":"a","name":"b"}}"#, "failed", "name", "support"),
];

/// What the case is, what the full record is changed to on either side (`null` removes a field), and parts of the
/// report's `differences` and `notes`; the row is `verified` when there are no differences.
type Changed = (&'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip] // A line per fact.
const CHANGES: &[Changed] = &[
    ("the same", "{}", "{}", "", ""),
    ("temperature", "{}", r#"{"temperature":0.7}"#, "temperature: 0.3 -> 0.7", ""),
    ("rounding", "{}", r#"{"temperature":0.30000000001}"#, "", ""),
    ("zero is a value", r#"{"temperature":0}"#, r#"{"temperature":null}"#, "temperature: 0 -> ", ""),
    ("empty is nothing", r#"{"description":""}"#, r#"{"description":null}"#, "", ""),
    ("a flag gone", "{}", r#"{"webSearchEnabled":null}"#, "webSearchEnabled: true -> ", ""),
    ("more on the agent", r#"{"description":null}"#, "{}", "description: ", ""),
    ("order of starters", "{}", r#"{"conversationStarters":["Where do I hand it in?","What may I claim?"]}"#, "conversationStarters: ", ""),
    ("code interpreter gone", r#"{"codeInterpreterEnabled":true}"#, r#"{"codeInterpreterEnabled":null}"#, "", "codeInterpreterEnabled: "),
    ("code interpreter off", r#"{"codeInterpreterEnabled":true}"#, "{}", "codeInterpreterEnabled: true -> false", ""),
    ("unknown field lost", r#"{"tone":"formal"}"#, "{}", "tone: formal -> ", ""),
    ("unknown field gained", "{}", r#"{"owner":"Jane"}"#, "", "owner: "),
    ("folders gained", "{}", r#"{"knowledgeFolderIds":["a"]}"#, "", "knowledgeFolderIds: "),
    ("folders lost", r#"{"knowledgeFolderIds":["a"]}"#, "{}", "knowledgeFolderIds: ", ""),
    ("slugs on the assistant only", r#"{"inputFields":[{"slug":"t","label":"T","order":0,"options":[]}]}"#, r#"{"inputFields":[{"label":"T","order":0}]}"#, "", "inputFields[t].slug: only on the assistant: \"t\""),
    ("choices lost", r#"{"inputFields":[{"label":"T","order":0,"options":["x"]}]}"#, r#"{"inputFields":[{"label":"T","order":0}]}"#, "inputFields[\"T\"].options: [\"x\"] -> (none)", ""),
    ("unknown key gained", "{}", r#"{"actions":[{"actionId":"0C6F6A2E-53a1-4a36-9d3b-1a0f4a1c9f10","requiresConfirmation":true,"connectionId":"c"}]}"#, "", "connectionId: "),
    ("one action more", "{}", r#"{"actions":[{"actionId":"0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10","requiresConfirmation":true},{"actionId":"1c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10","requiresConfirmation":false}]}"#, "actions[1c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10]: ", ""),
    ("file types as text", r#"{"inputFields":[{"slug":"f","fileTypes":[".PDF","docx"]}]}"#, r#"{"inputFields":[{"slug":"f","fileTypes":"docx, pdf"}]}"#, "", ""),
];

fn answer(status: u16, body: &str, id: &str) -> ResponseTemplate {
    let kind = match body.bytes().next() {
        Some(b'{') => "application/json",
        Some(b'<') => "text/html",
        _ => "text/plain",
    };
    ResponseTemplate::new(status).set_body_raw(body.replace("\"ID\"", &format!("\"{id}\"")), kind)
}

async fn report_of(platform: &Platform, rows: usize) -> Report {
    let desk = Desk::with_ids(&(1..).take(rows).map(id).collect::<Vec<_>>());
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--retries", "0"]).exits_with(3);
        desk.report()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn every_error_and_every_nonsense_makes_the_row_that_the_contract_promises() {
    let platform = Platform::start().await;
    let cases = [ERRORS, NONSENSE].concat();
    for ((_, call, status, body, ..), id) in cases.iter().zip((1..).map(id)) {
        match call {
            Assistant => platform.assistant(&id, answer(*status, body, &id)).await,
            Agent => platform.agent(&id, answer(*status, body, &id)).await,
        }
        platform.pair(&id).await;
    }
    let report = report_of(&platform, cases.len()).await;
    for ((what, _, _, _, status, error, remedy), id) in cases.iter().zip((1..).map(id)) {
        let row = report.row(&id);
        assert_eq!(row["status"], *status, "{what}: {row:?}");
        assert!(row["error"].contains(error), "{what}: {row:?}");
        assert!(row["remedy"].contains(remedy), "{what}: {row:?}");
        assert_eq!((row["differences"].as_str(), row["notes"].as_str()), ("", ""), "{what}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_and_nesting_without_end_are_nonsense() {
    let platform = Platform::start().await;
    let brackets = ResponseTemplate::new(200).set_body_raw("[".repeat(100_000), "application/json");
    platform.assistant(&id(1), brackets).await;
    platform
        .assistant(&id(2), ResponseTemplate::new(200).set_body_bytes(b"{\"a\":\"\xff\"}".as_slice()))
        .await;
    let report = report_of(&platform, 2).await;
    assert_eq!(report.column("status"), ["failed", "failed"]);
    assert!(report.row(&id(2))["error"].contains("UTF-8"));
}

#[tokio::test]
async fn every_change_is_a_difference_a_note_or_nothing_as_the_contract_promises() {
    let platform = Platform::start().await;
    for ((_, old, new, ..), id) in CHANGES.iter().zip((1..).map(id)) {
        let changes = |text| serde_json::from_str::<Value>(text).unwrap();
        platform.assistant(&id, assistant_answer(&record_with(&id, &changes(old)))).await;
        platform.agent(&id, agent_answer(&record_with(&id, &changes(new)))).await;
    }
    let report = report_of(&platform, CHANGES.len()).await;
    for ((what, _, _, differences, notes), id) in CHANGES.iter().zip((1..).map(id)) {
        let row = report.row(&id);
        assert_eq!(
            row["status"],
            if differences.is_empty() { "verified" } else { "mismatch" },
            "{what}: {row:?}"
        );
        for (column, part) in [("differences", differences), ("notes", notes)] {
            assert!(row[column].contains(part), "{what}: {column} is {:?}", row[column]);
            assert_eq!(part.is_empty(), row[column].is_empty(), "{what}: {column} is {:?}", row[column]);
        }
        assert_eq!(row["remedy"].is_empty(), differences.is_empty(), "{what}");
    }
}

/// A form as production shows it: no slugs, no choices, no file types.
fn form(fields: &[(u8, &str, &str)]) -> Value {
    let fields = fields.iter().map(|(order, label, kind)| {
        json!({"type": kind, "label": label, "description": "", "required": true, "order": order})
    });
    json!({"inputFields": fields.collect::<Vec<_>>()})
}

#[tokio::test]
async fn forms_without_slugs_are_compared_as_far_as_they_are_shown_and_the_rest_is_said_once() {
    const NOTE: &str =
        "inputFields: the API shows no choices, file types or slugs; compare the form in the web app";
    let (topic, day) = ((0, "Topic", "TEXT"), (1, "Day", "DATE"));
    let old = form(&[topic, day]);
    let cases = [
        (form(&[topic, day]), ""),
        (form(&[day, topic]), ""),
        (form(&[topic, (1, "Date", "DATE")]), r#"inputFields["Day"].label: Day -> Date"#),
        (form(&[(0, "Topic", "SELECT"), day]), r#"inputFields["Topic"].type: TEXT -> SELECT"#),
        (
            form(&[topic]),
            r#"inputFields["Day"]: {"type":"DATE","label":"Day","description":"","required":true,"order":1} -> (none)"#,
        ),
        (
            form(&[topic, day, (2, "Mail", "TEXT")]),
            r#"inputFields["Mail"]: (none) -> {"type":"TEXT","label":"Mail","description":"","required":true,"order":2}"#,
        ),
    ];
    let platform = Platform::start().await;
    for ((new, _), id) in cases.iter().zip((1..).map(id)) {
        platform.assistant(&id, assistant_answer(&record_with(&id, &old))).await;
        platform.agent(&id, agent_answer(&record_with(&id, new))).await;
    }
    let report = report_of(&platform, cases.len()).await;
    for ((new, differences), id) in cases.iter().zip((1..).map(id)) {
        let row = report.row(&id);
        assert_eq!(row["status"], if differences.is_empty() { "verified" } else { "mismatch" }, "{new}");
        assert_eq!((row["differences"].as_str(), row["notes"].as_str()), (*differences, NOTE), "{new}");
    }
}

#[tokio::test]
async fn the_object_is_taken_from_whichever_key_is_there_and_the_id_in_any_case() {
    let platform = Platform::start().await;
    // The older OpenAPI text names the key `agent` for the assistant (PLATFORM.md, The object).
    platform.assistant(&id(1), agent_answer(&record(&id(1).to_uppercase()))).await;
    platform.agent(&id(1), agent_answer(&record(&id(1)))).await;
    platform.assistant(&id(2), ResponseTemplate::new(403)).await;
    let report = report_of(&platform, 2).await;
    assert_eq!(report.column("status"), ["verified", "no_access"]);
}
