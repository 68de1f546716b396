//! `audit` over real HTTP: what it reads, what it finds, what it never says, and that it goes on where it stopped.

use std::time::Duration;

use crate::support::schema::Schema;
use crate::support::{
    Desk, KEY, Platform, Ran, Report, agent_answer, assistant_answer, files, id, record_with,
    wait_for_requests,
};
use agent_migrate::practice;
use agent_migrate::practice::{Endpoint, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

/// What is found in no stream and no file but the ledger. In two pieces, so that no scanner of sources takes it for real.
fn planted() -> [String; 2] {
    [format!("sk-{}", "ld-9fK2mQ7xLp4Zt8Vb3Nw6"), "Sommer2024x!".to_owned()]
}

/// An assistant in which there is nothing to find, changed by `changes`.
fn sound(number: u32, changes: &Value) -> Value {
    let now = jiff::Timestamp::now().to_string();
    let mut record = record_with(
        &id(number),
        &json!({
            "name": format!("Assistant {number}"), "instruction": format!("You are number {number}."),
            "actions": [], "attachments": [], "createdAt": now, "updatedAt": now,
        }),
    );
    for (field, value) in changes.as_object().unwrap() {
        record[field] = value.clone();
    }
    record
}

async fn platform(records: &[Value]) -> Platform {
    let platform = Platform::start().await;
    for record in records {
        platform.assistant(record["id"].as_str().unwrap(), assistant_answer(record)).await;
    }
    let models = json!({"object": "list", "data": [{"id": "gpt-5", "supportsExtendedThinking": false}]});
    Mock::given(method("GET"))
        .and(path("/agent/v1/models"))
        .respond_with(ResponseTemplate::new(200).set_body_json(models))
        .mount(&platform.server)
        .await;
    platform
}

async fn practice(rows: u32, options: SandboxOptions) -> (Sandbox, Desk) {
    let sandbox = practice::start(SandboxOptions { key: Some(KEY.into()), ..options }).await.unwrap();
    let ids: Vec<String> = (1..=rows).map(id).collect();
    (sandbox, Desk::with_ids(&ids))
}

fn audit(desk: &Desk, base_url: &str, arguments: &[&str]) -> Ran {
    let mut command = desk.program();
    command.args(["audit", "assistants.csv", "--base-url", base_url, "--rpm", "1000000"]).args(arguments);
    Ran::of(&mut command)
}

fn report(desk: &Desk) -> Report {
    Report::parse(&desk.read("assistants.audit.csv"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_key_is_found_by_kind_and_line_and_stands_in_no_stream_and_no_file_but_the_ledger() {
    let [key, password] = planted();
    let changes = json!({
        "model": format!("m {key}"),
        "description": format!("It logs in with {}, and says {key}", &password[..11]),
        "inputFields": [{"slug": "a", "type": "TEXT", "label": &password[..11], "description": key}],
        "name": format!("Bot {key}"),
        "instruction": format!("You help.\nUse the key {key}.\n\nPasswort: {password}"),
        "conversationStarters": [format!("Log in with postgres://a:{password}@db.example")],
    });
    let platform = platform(&[sound(1, &changes)]).await;
    let url = platform.server.uri();
    blocking(move || {
        for arguments in
            [&["-vv"][..], &["-vv", "--log-format", "json", "--recheck", "0s"], &["-q", "--fresh"]]
        {
            let desk = Desk::with_ids(&[id(1)]);
            let mut all = vec!["--json", "audit.jsonl", "--html", "audit.html"];
            all.extend(arguments);
            let ran = audit(&desk, &url, &all).exits_with(3);
            let with_log =
                audit(&desk, &url, &["-vv", "--recheck", "0s", "--log-file", "log.txt"]).exits_with(3);
            let row = report(&desk).rows.remove(0);
            assert_eq!(row["findings"], "secret;model_unavailable");
            for place in [
                "Langdock or Odeus API key in line 2",
                "password in line 4",
                "password in an address in conversation starter 1",
                "Langdock or Odeus API key in the name",
            ] {
                assert!(row["advice"].contains(place), "{place} in {row:?}");
            }
            assert_eq!(row["name"], "Bot [Langdock or Odeus API key, hidden]");
            let again = ["csv", "json", "html"].map(|format| {
                let report = ["report", "assistants.audit.ledger", "--format", format];
                let plain = Ran::of(desk.program().args(report)).exits_with(0).stdout;
                plain + &Ran::of(desk.program().args(report).arg("--redact")).exits_with(0).stdout
            });
            let streams = [ran.stdout, ran.stderr, with_log.stdout, with_log.stderr];
            let streams = streams.into_iter().chain(again).map(String::into_bytes);
            let written = files(desk.folder.path())
                .into_iter()
                .filter(|(path, _)| !path.to_string_lossy().contains(".ledger"));
            let shown: Vec<_> = streams.chain(written.map(|(_, bytes)| bytes)).collect();
            assert!(shown.len() >= 12, "three reports made again, csv, input, JSON Lines, page and log");
            for bytes in shown {
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains(&key[6..]) && !text.contains(&password[..11]), "{text}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_says_of_a_row_is_shown_without_secrets_in_logs_and_on_the_terminal() {
    let platform = platform(&[]).await;
    let [key, password] = planted();
    let refusals = [
        (403, format!("Passwort: {password}")),
        (400, format!("connect to postgres://u:{password}@db")),
        (404, format!("Bearer {key}")),
    ];
    for (number, (status, words)) in (1..).zip(refusals) {
        let refusal = ResponseTemplate::new(status).set_body_json(json!({ "message": words }));
        platform.assistant(&id(number), refusal).await;
    }
    let url = platform.server.uri();
    blocking(move || {
        for verbosity in ["-v", "-vv"] {
            let desk = Desk::with_ids(&[id(1), id(2), id(3)]);
            let ran = audit(&desk, &url, &[verbosity, "--log-file", "log.txt", "--log-format", "json"]);
            let shown = [ran.stdout, ran.stderr, desk.read("log.txt"), desk.read("assistants.audit.csv")];
            assert!(shown.iter().any(|text| text.contains("hidden]")), "{shown:?}");
            for text in shown {
                assert!(!text.contains(&key[6..]) && !text.contains(&password[..11]), "{text}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_says_how_its_assistant_is_set_up_and_what_is_wrong_with_it() {
    let records = [
        sound(1, &json!({})),
        sound(2, &json!({"name": " ASSISTANT  3 ", "model": "gone@default", "extendedThinking": true})),
        sound(
            3,
            &json!({"actions": [{"actionId": id(9), "requiresConfirmation": true}], "description": "x".repeat(501)}),
        ),
        sound(4, &json!({"instruction": "You are number 1."})),
    ];
    let platform = platform(&records).await;
    platform.assistant(&id(5), ResponseTemplate::new(403).set_body_json(json!({"message": "no"}))).await;
    let url = platform.server.uri();
    let input = format!("owner;id;model\na;{}\n", (1..=5).map(id).collect::<Vec<_>>().join(";x\nb;"));
    let desk = Desk::with_input(format!("{input}c;{};y\nd;nobody;\n", id(1)));
    let desk = blocking(move || {
        audit(&desk, &url, &["--json", "a.jsonl", "--dialect", "plain"]).exits_with(3);
        desk
    })
    .await;
    let report = report(&desk);
    assert_eq!(report.columns[..3], ["line", "input", "name"]);
    assert_eq!(report.columns[report.columns.len() - 3..], ["advice", "owner", "input_model"]);
    assert_eq!(
        report.column("status"),
        ["read", "read", "read", "read", "no_access", "duplicate", "invalid_id"]
    );
    assert_eq!(
        report.column("findings"),
        [
            "same_instruction",
            "model_unavailable;model_default;same_name",
            "action_needs_confirmation;description_over_500;same_name",
            "same_instruction",
            "",
            "",
            "",
        ]
    );
    let third = &report.rows[2];
    for (column, value) in [
        ("model", "gpt-5"),
        ("temperature", "0.3"),
        ("description_length", "501"),
        ("actions_to_confirm", "1"),
        ("web_search", "true"),
        ("extended_thinking", "false"),
        ("age_days", "0"),
        ("owner", "b"),
    ] {
        assert_eq!(third[column], value, "{column}");
    }
    let schema = Schema::new(include_str!("../../schema/audit.schema.json"));
    let lines: Vec<_> =
        desk.read("a.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    schema.holds(&lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_of_low_weight_end_with_0_and_heavy_ones_with_3() {
    for (changes, code) in [
        (json!({}), 0),
        (
            json!({"codeInterpreterEnabled": true, "attachments": [id(8)], "updatedAt": "2020-01-01T00:00:00Z"}),
            0,
        ),
        (json!({"extendedThinking": true}), 3),
        (json!({"instruction": ""}), 3),
    ] {
        let platform = platform(&[sound(1, &changes)]).await;
        let url = platform.server.uri();
        blocking(move || audit(&Desk::with_ids(&[id(1)]), &url, &[]).exits_with(code)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_audit_asks_only_for_what_was_not_read_and_nothing_is_ever_changed() {
    let platform = platform(&[sound(1, &json!({}))]).await;
    platform.assistant(&id(2), ResponseTemplate::new(404).set_body_json(json!({"message": "no"}))).await;
    let url = platform.server.uri();
    let desk = Desk::with_ids(&[id(1), id(2)]);
    blocking(move || {
        audit(&desk, &url, &[]).exits_with(3);
        audit(&desk, &url, &[]).exits_with(3).says("1 done, 1 to go");
        audit(&desk, &url, &["--recheck", "0s", "--limit", "1"]).exits_with(3);
        let [first, second] = [0, 1].map(|row: usize| report(&desk).rows[row]["requests"].clone());
        assert_eq!((first.as_str(), second.as_str()), ("2", "2"));
    })
    .await;
    let requests = platform.server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.method.as_str() == "GET"));
    assert_eq!(requests.len(), 4 + 6, "and the models twice a run");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_end_of_the_assistants_api_auto_reads_the_agents_and_assistant_says_how() {
    let options = SandboxOptions { gone_after: Some(3), ..SandboxOptions::default() };
    let (sandbox, desk) = practice(20, options).await;
    let url = sandbox.base_url();
    let desk = blocking(move || {
        let said = audit(&desk, &url, &["--concurrency", "1"]);
        assert!(matches!(said.code, 0 | 3), "{}", said.stderr);
        let said = said.says("17 rows came from the Agents API");
        assert!(!said.stderr.contains("Ended before"));
        let report = report(&desk);
        assert_eq!(report.column("status"), vec!["read"; 20]);
        let from = report.column("read_from");
        assert_eq!((&from[..3], &from[3..]), (&["assistant"; 3][..], &["agent"; 17][..]));

        let next = Desk::with_ids(&[id(1)]);
        let said = audit(&next, &url, &["--source", "assistant"]).exits_with(5).says("switched off").stderr;
        let next_line = said.lines().last().unwrap();
        assert!(
            next_line.contains(" audit assistants.csv --base-url") && next_line.ends_with(" --source agent"),
            "{said}"
        );
        assert!(self::report(&next).rows[0]["advice"].contains("--source agent"));
        let again = audit(&next, &url, &["--source", "agent"]);
        assert!(matches!(again.code, 0 | 3));
        assert_eq!(self::report(&next).column("read_from"), ["agent"]);
        desk
    })
    .await;
    assert_eq!(
        sandbox.requests_of(Endpoint::AssistantGet),
        3 + 1 + 1,
        "one 410 tells it for all rows of a run"
    );
    drop(desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_source_everything_is_read_anew_from_there() {
    let records = [sound(1, &json!({}))];
    let platform = platform(&records).await;
    let renamed = sound(1, &json!({"name": "The agent"}));
    platform.agent(&id(1), agent_answer(&renamed)).await;
    let url = platform.server.uri();
    blocking(move || {
        let desk = Desk::with_ids(&[id(1)]);
        for (source, name, to_do) in [
            ("auto", "Assistant 1", "1 to check"),
            ("assistant", "Assistant 1", "1 done, nothing to go"),
            ("agent", "The agent", "1 to check"),
            ("agent", "The agent", "1 done, nothing to go"),
            ("auto", "Assistant 1", "1 to check"),
        ] {
            audit(&desk, &url, &["--source", source]).exits_with(0).says(to_do);
            assert_eq!(report(&desk).column("name"), [name], "{source}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_models_cannot_be_read_the_rest_is_found_all_the_same() {
    let platform = Platform::start().await;
    let odd = sound(1, &json!({"model": "gone", "instruction": ""}));
    platform.assistant(&id(1), assistant_answer(&odd)).await;
    let url = platform.server.uri();
    blocking(move || {
        let desk = Desk::with_ids(&[id(1)]);
        audit(&desk, &url, &[]).exits_with(3).says("The models of this key could not be read");
        assert_eq!(report(&desk).column("findings"), ["instruction_empty"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_ends_the_audit_at_once() {
    let (sandbox, desk) =
        practice(30, SandboxOptions { unauthorized_after: Some(0), ..SandboxOptions::default() }).await;
    let url = sandbox.base_url();
    blocking(move || {
        audit(&desk, &url, &[]).exits_with(5).says("refused the key");
        assert_eq!(report(&desk).column("status"), vec!["not_checked"; 30]);
    })
    .await;
    assert_eq!(sandbox.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_and_a_run_never_share_a_ledger() {
    let (sandbox, desk) = practice(3, SandboxOptions::default()).await;
    let url = sandbox.base_url();
    blocking(move || {
        desk.run(&url, &[]);
        let before = std::fs::read(desk.path("assistants.ledger")).unwrap();
        for arguments in
            [&["--ledger", "assistants.ledger"][..], &["--ledger", "assistants.ledger", "--fresh"]]
        {
            audit(&desk, &url, arguments).exits_with(1).says("run, not audit");
        }
        assert_eq!(std::fs::read(desk.path("assistants.ledger")).unwrap(), before);
        audit(&desk, &url, &[]);
        desk.run(&url, &["--ledger", "assistants.audit.ledger"]).exits_with(1).says("audit, not run");
        for line in ["verify assistants.audit.ledger", "rollback assistants.audit.ledger --yes"] {
            Ran::of(desk.program().args(line.split_whitespace())).exits_with(1).says("audit, not run");
        }
        audit(&desk, &url, &["--fresh"]).says("the earlier ledger is now");
    })
    .await;
    assert_eq!(sandbox.requests_of(Endpoint::AssistantGet), 9);
}

/// Audits for so long, then `kill -9`; gives the ids of the rows that were reported as read before.
#[cfg(unix)]
fn killed_after(desk: &Desk, base_url: &str, life: Duration) -> Vec<String> {
    let mut command = desk.program();
    command.args(["audit", "assistants.csv", "-v", "--rpm", "1000000", "--concurrency", "4"]);
    let mut child =
        command.args(["--base-url", base_url]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(life);
    child.kill().unwrap();
    let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned();
    let rows = said.lines().filter(|line| line.starts_with("line ") && line.contains("  read"));
    rows.filter_map(|line| line.split("  ").nth(1).map(String::from)).collect()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_many_moments_and_started_again_gives_the_undisturbed_audit_and_asks_for_nothing_twice() {
    let options = SandboxOptions { latency: Duration::from_millis(2), ..SandboxOptions::default() };
    let (sandbox, desk) = practice(150, options).await;
    let url = sandbox.base_url();
    blocking(move || {
        audit(&desk, &url, &["--ledger", "calm.ledger", "-o", "calm.csv"]);
        let mut reported = std::collections::HashSet::new();
        for life in (2..80).step_by(6) {
            for id in killed_after(&desk, &url, Duration::from_millis(life)) {
                assert!(reported.insert(id.clone()), "{id} was reported as read and asked for again");
            }
        }
        audit(&desk, &url, &[]);
        let calm = Report::parse(&desk.read("calm.csv"));
        assert_eq!(report(&desk).timeless(), calm.timeless());
        assert_eq!((calm.rows.len(), calm.column("status")), (150, vec!["read"; 150]));
    })
    .await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_audit_with_a_report_and_the_command_to_go_on() {
    let options = SandboxOptions { latency: Duration::from_millis(50), ..SandboxOptions::default() };
    let (sandbox, desk) = practice(400, options).await;
    blocking(move || {
        let mut command = desk.program();
        command.args(["audit", "assistants.csv", "--base-url", &sandbox.base_url(), "--concurrency", "2"]);
        let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        wait_for_requests(&sandbox, 8);
        let interrupt = ["-INT", &child.id().to_string()].map(String::from);
        std::process::Command::new("kill").args(interrupt).status().unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(4), "{said}");
        assert!(said.contains("agent-migrate audit assistants.csv --base-url"), "{said}");
        let statuses = report(&desk);
        assert!(
            statuses.column("status").contains(&"not_checked") && statuses.column("status").contains(&"read")
        );
    })
    .await;
}

#[test]
fn the_practice_workspace_is_audited_without_key_and_input_and_says_so() {
    let desk = Desk::with_input("");
    let mut command = desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["audit", "--sandbox", "--rpm", "100000"]);
    Ran::of(&mut command).exits_with(3).says("PRACTICE: Found, the heaviest first:");
    let report = Report::parse(&desk.read("assistants.sandbox.audit.csv"));
    assert_eq!(report.rows.len(), 35);
    assert!(report.column("advice").iter().all(|advice| advice.starts_with("PRACTICE: made-up workspace")));
    assert!(desk.path("assistants.sandbox.audit.ledger").is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_there_if_either_reading_of_the_catalogue_shows_it_in_whatever_spelling() {
    let old = "2020-01-01T00:00:00Z";
    let records = [
        sound(1, &json!({"model": "openai/gpt-5"})),
        sound(2, &json!({"model": "claude-sonnet-4-5"})),
        sound(3, &json!({"model": "auto"})),
        sound(4, &json!({"model": "gone", "createdAt": old, "updatedAt": old})),
    ];
    let platform = Platform::start().await;
    for record in &records {
        platform.assistant(record["id"].as_str().unwrap(), assistant_answer(record)).await;
    }
    // The first reading, then every other one.
    for (times, id) in [(1, "gpt-5-2025-08-07"), (9, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")] {
        let models = json!({"object": "list", "data": [{"id": id}]});
        Mock::given(method("GET"))
            .and(path("/agent/v1/models"))
            .respond_with(ResponseTemplate::new(200).set_body_json(models))
            .up_to_n_times(times)
            .mount(&platform.server)
            .await;
    }
    let ids: Vec<String> = (1..=4).map(id).collect();
    let url = platform.server.uri();
    blocking(move || {
        let desk = Desk::with_ids(&ids);
        // What weighs little needs nobody: not in the exit code, nor on the page, nor is there anything to type next.
        let ran = audit(&desk, &url, &["--html", "audit.html"]).exits_with(0);
        assert!(!ran.stderr.contains("Next:"), "{}", ran.stderr);
        assert!(
            desk.read("audit.html").contains("<title>Audit of assistants: None of 4 assistants needs you")
        );
        let found = ["", "", "", "model_unavailable;unchanged_for_a_year"];
        assert_eq!(report(&desk).column("findings"), found);
        // Nothing is left to read: neither is the catalogue, and the ledger knows both readings.
        audit(&desk, &url, &[]).exits_with(0);
        assert_eq!(report(&desk).column("findings"), found);
    })
    .await;
    let requests = platform.server.received_requests().await.unwrap();
    assert_eq!(requests.iter().filter(|request| request.url.path() == "/agent/v1/models").count(), 2);
}

#[test]
fn in_the_practice_workspace_one_agent_has_no_owner() {
    let desk = Desk::with_input("");
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/assistants.csv");
    std::fs::copy(sample, desk.path("assistants.csv")).unwrap();
    let mut command = desk.program();
    command.args(["audit", "assistants.csv", "--sandbox", "--rpm", "100000", "--source", "agent"]);
    Ran::of(&mut command).exits_with(3).says("no_owner");
    let report = Report::parse(&desk.read("assistants.sandbox.audit.csv"));
    let without: Vec<_> = report.rows.iter().filter(|row| row["findings"].contains("no_owner")).collect();
    assert_eq!(without.iter().map(|row| row["name"].as_str()).collect::<Vec<_>>(), ["LinkedIn Posts"]);
    assert!(without[0]["advice"].contains("administrator"), "{:?}", without[0]);
}

#[test]
fn the_guide_names_every_finding_and_how_much_it_weighs() {
    let guide =
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("MIGRATION.md"))
            .unwrap();
    let (_, table) = guide.split_once("\n| finding | weight |").unwrap();
    let named: Vec<_> = table
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("| `"))
        .map(|line| {
            let (code, rest) = line.split_once("` | ").unwrap();
            (code.to_owned(), rest.split(' ').next().unwrap().to_owned())
        })
        .collect();
    let known = agent_migrate::audit::rules().iter();
    let known: Vec<_> =
        known.map(|rule| (rule.kind.code.to_owned(), rule.kind.weight.as_str().to_owned())).collect();
    assert_eq!(named, known);
}
