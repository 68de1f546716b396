//! `doctor`: a line for each check, what to do, and never the key.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::office::{Office, one_record, same, two_records};
use crate::support::raw_server::{Manners, RawServer, Request, Step, authority, whole};
use crate::support::{Desk, KEY, Platform, Ran};
use agent_migrate::practice::{AgentList, SandboxOptions};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

const CHECKS: [&str; 11] = [
    "base_url",
    "proxy",
    "name",
    "connection",
    "tls",
    "api",
    "clock",
    "key",
    "models",
    "list",
    "assistants_api",
];

fn doctor(desk: &Desk, arguments: &[&str]) -> Ran {
    let mut command = desk.program();
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    let patience = if arguments.contains(&"--timeout") { &[][..] } else { &["--timeout", "5"] };
    let ran = Ran::of(command.arg("doctor").args(patience).args(arguments));
    assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "{}{}", ran.stdout, ran.stderr);
    ran
}

/// Status and everything said of each check.
fn checks(desk: &Desk, arguments: &[&str], code: i32) -> HashMap<String, (String, String)> {
    let ran = doctor(desk, &[&["--json"], arguments].concat()).exits_with(code);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, checks) = lines.split_last().unwrap();
    assert_eq!((&end["type"], &end["exit_code"]), (&"doctor".into(), &code.into()));
    let names: Vec<_> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert!(names.ends_with(&["folder"]), "{names:?}");
    checks
        .iter()
        .map(|check| {
            let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
            (text("check"), (text("status"), format!("{} {}", text("found"), text("remedy"))))
        })
        .collect()
}

#[track_caller]
fn says(checks: &HashMap<String, (String, String)>, check: &str, status: &str, words: &str) {
    let (found, said) = &checks[check];
    assert!(found == status && said.contains(words), "{check}: {found}: {said}");
}

fn office(options: SandboxOptions) -> Office {
    Office::with(&[same(1), same(2)], options)
}

#[test]
fn where_all_is_well_every_check_says_so() {
    let office = office(one_record());
    let found = checks(&office.desk, &["--base-url", &office.url], 0);
    for check in CHECKS.into_iter().chain(["folder"]) {
        assert_eq!(found[check].0, "ok", "{check}: {}", found[check].1);
    }
    says(&found, "list", "ok", "2 agents are shared");
    says(&found, "assistants_api", "ok", "404 for a made-up UUID");
    let ran = doctor(&office.desk, &["--base-url", &office.url]).exits_with(0);
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("ok ")).count(), 12, "{}", ran.stdout);
    assert!(office.off().is_empty() && office.switches(true) + office.switches(false) == 0);
}

#[test]
fn practice_needs_neither_key_nor_network() {
    let desk = Desk::with_input("");
    let mut command = desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["doctor", "--sandbox"]);
    let ran = Ran::of(&mut command).exits_with(0);
    assert!(ran.stdout.starts_with("PRACTICE: ") && !ran.stdout.contains("failed"), "{}", ran.stdout);
}

#[test]
fn asking_does_not_change_what_the_practice_workspace_shows() {
    let office = office(two_records());
    office.change(|options| options.no_made_up = false);
    for _ in 0..2 {
        says(&checks(&office.desk, &["--base-url", &office.url], 0), "list", "ok", "2 agents are shared");
    }
    let mut list = office.desk.program();
    Ran::of(list.args(["list", "--base-url", &office.url])).exits_with(0).says("2 agents are shared");
}

#[test]
fn the_end_of_the_assistants_api_alone_is_exit_code_3() {
    let office = office(SandboxOptions { gone_after: Some(0), ..two_records() });
    let found = checks(&office.desk, &["--base-url", &office.url], 3);
    says(&found, "assistants_api", "warning", "410");
    says(&found, "assistants_api", "warning", "verify");
    let revoked =
        self::office(SandboxOptions { gone_after: Some(0), unauthorized_after: Some(0), ..two_records() });
    checks(&revoked.desk, &["--base-url", &revoked.url], 5);
}

#[test]
fn what_the_platform_says_of_the_key_is_told_with_what_to_do() {
    let echoing = SandboxOptions { unauthorized_after: Some(0), echo_key: true, ..two_records() };
    let cases = [
        (echoing, "key", "failed", "/api/public", 5),
        (SandboxOptions { missing_scope: true, ..two_records() }, "key", "failed", "AGENT_API", 5),
        (SandboxOptions { html_404: true, ..two_records() }, "api", "failed", "/api/public", 5),
        (
            SandboxOptions { redirect: Some("https://example.com/login".into()), ..two_records() },
            "api",
            "failed",
            "https://example.com/login",
            5,
        ),
        (SandboxOptions { list: AgentList::Missing, ..two_records() }, "list", "warning", "404", 0),
        (SandboxOptions { list_fails_after: Some(0), ..two_records() }, "list", "warning", "in trouble", 0),
        (SandboxOptions { fail_rate: 1.0, ..two_records() }, "models", "failed", "models: 5", 5),
    ];
    for (options, check, status, words, code) in cases {
        let office = office(options);
        let found = checks(&office.desk, &["--base-url", &office.url], code);
        says(&found, check, status, words);
        says(&found, "folder", "ok", "can be written");
    }
}

#[test]
fn without_a_key_the_way_is_looked_at_all_the_same() {
    let office = office(two_records());
    let mut command = office.desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["doctor", "--base-url", &office.url]);
    let ran = Ran::of(&mut command).exits_with(5);
    assert!(ran.stdout.contains("AGENT_MIGRATE_API_KEY"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("ok       connection") && ran.stdout.contains("skipped  models"),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_address_that_leads_nowhere_is_told_apart_by_where_it_ends() {
    let desk = Desk::with_input("");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{port}");
    let found = checks(&desk, &["--base-url", &nobody], 5);
    says(&found, "connection", "failed", "nobody listens there");
    says(&found, "key", "skipped", "");
    let found = checks(&desk, &["--base-url", "https://agent-migrate.invalid"], 5);
    says(&found, "base_url", "warning", "/api/public");
    says(&found, "name", "failed", "agent-migrate.invalid is not known");
    for (address, words) in [("http://example.com", "--allow-http"), ("nonsense", "https://")] {
        says(&checks(&desk, &["--base-url", address], 5), "base_url", "failed", words);
    }
    Ran::of(desk.program().arg("doctor")).exits_with(2).says("--platform langdock");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_place_of_the_api_is_told_by_its_title_and_a_challenge_by_what_support_asks_for() {
    for (status, title, words) in [
        (200, "Sign in", "200: a web page (Sign in) in place of the API"),
        (403, "Sign in", "403: a web page (Sign in) in place of the API"),
        (403, "Just a moment...", "a challenge page (Just a moment...) in place of the API; cf-ray 8f1-FRA"),
        (403, "Just a moment...", "let this program through"),
    ] {
        let platform = Platform::start().await;
        let page = ResponseTemplate::new(status)
            .set_body_raw(format!("<!DOCTYPE html><title>{title}</title>"), "text/html; charset=utf-8")
            .insert_header("cf-ray", "8f1-FRA");
        Mock::given(any()).respond_with(page).mount(&platform.server).await;
        let found = checks(&Desk::with_input(""), &["--base-url", &platform.server.uri()], 5);
        says(&found, "api", "failed", words);
        says(&found, "api", "failed", "/api/public");
        says(&found, "assistants_api", "skipped", "");
    }
}

#[test]
fn the_end_on_langdocks_cloud_is_said_even_where_nothing_can_be_asked() {
    let desk = Desk::with_input("");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (platform, is_said) in [("langdock", true), ("odeus", false)] {
        let mut command = desk.program();
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}"));
        let ran = Ran::of(command.args(["doctor", "--json", "--platform", platform])).exits_with(5);
        assert_eq!(ran.stdout.contains("has answered 410 since 20 August 2026"), is_said, "{}", ran.stdout);
    }
}

#[test]
fn a_proxy_of_the_environment_is_named_without_its_password() {
    let desk = Desk::with_input("");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = desk.program();
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.env("HTTPS_PROXY", format!("http://ada:s3cret@127.0.0.1:{port}"));
    let ran = Ran::of(command.args(["doctor", "--platform", "langdock"])).exits_with(5);
    assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!("requests go through 127.0.0.1:{port} (HTTPS_PROXY)")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("it is the proxy that does not listen"), "{}", ran.stdout);
}

/// Refuses every key.
struct Refusing;

impl Manners for Refusing {
    fn answer(&self, _: &Request) -> Vec<Step> {
        let mut steps = whole(401, &[("content-type", "application/json"), ("connection", "close")], b"{}");
        steps.push(Step::Close);
        steps
    }
}

/// The platform, but for one part of it: whatever path begins so is answered with this.
struct Odd {
    path: &'static str,
    status: u16,
    retry_after: Option<&'static str>,
    body: &'static str,
}

impl Odd {
    /// What the doctor finds, and that it does not take longer than it may.
    #[track_caller]
    fn found(self, code: i32) -> HashMap<String, (String, String)> {
        let server = RawServer::start(Arc::new(self));
        let url = format!("http://127.0.0.1:{}", server.port);
        let began = Instant::now();
        let found = checks(&Desk::with_input(""), &["--base-url", &url, "--timeout", "2"], code);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        found
    }
}

impl Manners for Odd {
    fn answer(&self, request: &Request) -> Vec<Step> {
        let path = request.target.as_str();
        if path.starts_with(self.path) {
            let headers: Vec<_> = self.retry_after.map(|wait| ("retry-after", wait)).into_iter().collect();
            return whole(self.status, &headers, self.body.as_bytes());
        }
        match path {
            _ if !request.head.to_lowercase().contains("authorization:") => whole(401, &[], b"{}"),
            "/agent/v1/models" => whole(200, &[], br#"{"data":[{"id":"m"}]}"#),
            path if path.starts_with("/agent/v1/list") => whole(200, &[], br#"{"agents":[]}"#),
            _ => whole(404, &[], b"{}"),
        }
    }
}

#[test]
fn a_platform_that_throttles_is_waited_for_no_longer_than_the_time_of_a_check() {
    const MODELS: &str = "/agent/v1/models";
    const LIST: &str = "/agent/v1/list";
    const ASSISTANT: &str = "/assistant/v1/get";
    let cases = [
        (MODELS, "models", None, "429 throttled", "in a minute"),
        (MODELS, "models", Some("600"), "429: asks to wait 10 minutes", "in 10 minutes"),
        (MODELS, "models", Some("7200"), "asks to wait 120 minutes", "in 120 minutes"),
        (LIST, "list", Some("30"), "429 throttled", "in a minute"),
        (ASSISTANT, "assistants_api", None, "429 throttled", "Others use the workspace's rate limit"),
        (ASSISTANT, "assistants_api", Some("600"), "429: asks to wait", "in 10 minutes"),
    ];
    for (path, check, retry_after, words, remedy) in cases {
        let found = Odd { path, status: 429, retry_after, body: "{}" }.found(4);
        says(&found, check, "warning", words);
        says(&found, check, "warning", remedy);
        says(&found, "key", if path == MODELS { "skipped" } else { "ok" }, "");
        says(&found, "folder", "ok", "can be written");
    }
}

#[test]
fn a_server_that_stumbles_is_told_in_time_in_its_own_words() {
    let asked = Odd {
        path: "/assistant/v1/get",
        status: 503,
        retry_after: Some("60"),
        body: r#"{"message":"upkeep"}"#,
    };
    says(&asked.found(5), "assistants_api", "failed", "503 upkeep");
    let office =
        office(SandboxOptions { latency: Duration::from_millis(400), fail_rate: 1.0, ..two_records() });
    let found = checks(&office.desk, &["--base-url", &office.url, "--timeout", "2"], 5);
    says(&found, "models", "failed", "models: 5");
}

#[test]
fn an_address_that_is_not_the_agents_api_is_sent_to_the_right_one() {
    let cases = [
        ("/", 404, r#"{"message":"no such route"}"#, "no Agents API at this address", "warning"),
        ("/", 404, "", "no Agents API at this address", "warning"),
        ("/agent/v1/models", 200, r#"{"ok":1}"#, "not the Agents API", "ok"),
    ];
    for (path, status, body, words, api) in cases {
        let found = Odd { path, status, retry_after: None, body }.found(5);
        says(&found, "api", api, &status.to_string());
        says(&found, "models", "failed", words);
        says(&found, "models", "failed", "https://<deployment>/api/public");
        assert!(!found["models"].1.contains("assistant"), "{}", found["models"].1);
        says(&found, "assistants_api", "skipped", "");
    }
}

#[test]
fn an_authority_that_is_not_trusted_is_said_and_ca_cert_mends_it() {
    let server = RawServer::tls(Arc::new(Refusing));
    let desk = Desk::with_input("");
    let url = format!("https://127.0.0.1:{}", server.port);
    let found = checks(&desk, &["--base-url", &url], 5);
    says(&found, "tls", "failed", "nobody whom this machine trusts");
    says(&found, "tls", "failed", "--ca-cert");
    says(&found, "connection", "ok", "answers");

    let authority = authority();
    let authority = authority.to_str().unwrap();
    let found = checks(&desk, &["--base-url", &url, "--ca-cert", authority], 5);
    says(&found, "tls", "ok", "trusted");
    says(&found, "api", "ok", "401");
    says(&found, "clock", "warning", "does not say");
    says(&found, "key", "failed", "401");

    let found = checks(&desk, &["--base-url", &url, "--ca-cert", "missing.pem"], 5);
    says(&found, "tls", "failed", "missing.pem");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_told_in_minutes() {
    let platform = Platform::start().await;
    let answer = ResponseTemplate::new(401).insert_header("date", "Tue, 01 Jan 2019 00:00:00 GMT");
    Mock::given(any()).respond_with(answer).mount(&platform.server).await;
    let desk = Desk::with_input("");
    let found = checks(&desk, &["--base-url", &platform.server.uri()], 5);
    says(&found, "clock", "warning", "minutes ahead of the server's");
    // The first request, on which the way is looked at, shows no key.
    let first = &platform.server.received_requests().await.unwrap()[0];
    assert!(first.headers.get("authorization").is_none());
}

#[test]
fn a_folder_that_cannot_be_written_must_be_mended() {
    let office = office(one_record());
    let found = checks(&office.desk, &["--base-url", &office.url, "--folder", "missing"], 5);
    says(&found, "folder", "failed", "missing");
    assert!(std::fs::read_dir(office.desk.folder.path()).unwrap().count() == 2, "nothing is left behind");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_not_called_missing() {
    let office = office(one_record());
    let found = checks(&office.desk, &["--base-url", &office.url, "--folder", "/proc"], 5);
    says(&found, "folder", "failed", "/proc cannot be written in");
    assert!(!found["folder"].1.contains("there is no folder"), "{}", found["folder"].1);
}
