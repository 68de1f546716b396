//! The page of an audit: the file, what `report` makes of the ledger, and what a real browser makes of it. Without a
//! browser the last part is skipped, and says so.

use std::fmt::Write as _;

use crate::support::browser::Browser;
use crate::support::{Desk, Platform, Ran, assistant_answer, files, id, record_with};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

const SCRIPTED: &str =
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
const RIGHT_TO_LEFT: &str = "\u{202e}مساعد السفر";

/// In two pieces, so that no scanner of sources takes it for real.
fn planted() -> String {
    format!("sk-{}", "ld-9fK2mQ7xLp4Zt8Vb3Nw6")
}

/// An audit of rows of different findings and hostile names, with all its reports. The planted key stands wherever the
/// platform lets a text stand, in one answer with escapes.
async fn audited() -> Desk {
    let platform = Platform::start().await;
    let key = planted();
    let sound = json!({"actions": [], "attachments": [], "updatedAt": jiff::Timestamp::now().to_string()});
    let long = "Ünïcode ".repeat(1_250);
    for (n, changes) in [
        (1, json!({"name": "Spesenbuch Berlin"})),
        (2, json!({"name": SCRIPTED, "model": "gone", "instruction": ""})),
        (3, json!({"name": RIGHT_TO_LEFT, "attachments": [id(9)]})),
        (4, json!({"name": long, "instruction": "", "model": format!(" \t{SCRIPTED}")})),
        (
            5,
            json!({"name": format!("Bot {key}"), "instruction": format!("Use {key}.\nBe kind."),
            "description": format!("a/{key}"), "conversationStarters": [key], "model": key,
            "inputFields": [{"slug": key, "type": "TEXT", "label": "x", "default": key}]}),
        ),
    ] {
        let mut record = record_with(&id(n), &sound);
        for (field, value) in changes.as_object().unwrap() {
            record[field] = value.clone();
        }
        let body = json!({"status": "success", "assistant": record}).to_string();
        let body = if n == 5 { body.replace("a/sk-", "a\\/\\u0073k\\u002d") } else { body };
        platform.assistant(&id(n), ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
    }
    // The words of the key in a row in which nothing tells what they are.
    let innocent = json!({"name": "Innocent", "instruction": format!("x{key}x")});
    platform.assistant(&id(6), assistant_answer(&record_with(&id(6), &innocent))).await;
    platform.assistant(&id(7), ResponseTemplate::new(403).set_body_json(json!({"message": SCRIPTED}))).await;
    let models = json!({"object": "list", "data": [{"id": "gpt-5", "supportsExtendedThinking": false}]});
    Mock::given(method("GET"))
        .and(path("/agent/v1/models"))
        .respond_with(ResponseTemplate::new(200).set_body_json(models))
        .mount(&platform.server)
        .await;
    let mut input = String::from("id,owner,team\n");
    for (n, owner) in [(1, "joe"), (2, "ann"), (3, SCRIPTED), (4, "ann"), (5, "joe"), (6, "joe"), (7, " ANN")]
    {
        let _ = writeln!(input, "{},\"{}\",{n}", id(n), owner.replace('"', "\"\""));
    }
    let desk = Desk::with_input(input);
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        let audit = ["audit", "assistants.csv", "--base-url", &url, "--rpm", "1000000"];
        let files = ["--html", "page.html", "--json", "audit.jsonl"];
        Ran::of(desk.program().args(audit).args(files)).exits_with(3).says("HTML audit  page.html");
        desk
    })
    .await
    .unwrap()
}

fn again(desk: &Desk, arguments: &[&str]) -> String {
    Ran::of(desk.program().args(["report", "assistants.audit.ledger"]).args(arguments)).exits_with(0).stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn report_makes_the_same_audit_from_the_ledger_in_every_format() {
    let desk = audited().await;
    for (format, file) in [("csv", "assistants.audit.csv"), ("json", "audit.jsonl"), ("html", "page.html")] {
        assert_eq!(again(&desk, &["--format", format]), desk.read(file), "{format}");
    }
    assert!(again(&desk, &["--dialect", "excel"]).starts_with('\u{feff}'));
    let page = desk.read("page.html");
    assert!(page.contains("<span class=\"big needing\">4</span> of 7 assistants need you"));
    for format in ["csv", "json", "html"] {
        let redacted = again(&desk, &["--format", format, "--redact"]);
        for text in ["Spesenbuch", "Be kind", "nïcode", "مساعد", "onerror", "gone"] {
            let is_own_cell = text == "onerror";
            assert!(is_own_cell || !redacted.contains(text), "{text} in {format}");
        }
        assert!(redacted.contains("joe") && redacted.contains("characters") && redacted.contains("gpt-5"));
    }
}

/// What is found is kept when a row is read: a report reads no document again but to show it, unless nothing was kept, as
/// in a ledger of before.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_kept_and_found_again_only_where_it_was_not() {
    let desk = audited().await;
    let formats = ["csv", "json", "html"];
    let reports = || formats.map(|format| again(&desk, &["--format", format]));
    let first = reports();
    let change = |sql: &str| {
        let ledger = rusqlite::Connection::open(desk.path("assistants.audit.ledger")).unwrap();
        ledger.execute_batch(sql).unwrap();
    };
    change("CREATE TABLE aside AS SELECT * FROM document; DELETE FROM document;");
    let [csv, json, _] = reports();
    assert_eq!([&csv, &json], [&first[0], &first[1]], "without any document");
    change("INSERT INTO document SELECT * FROM aside; DROP TABLE aside;");
    for before in [
        "UPDATE inspection SET kept = replace(kept, '\"edition\":', '\"edition\":9')",
        "UPDATE inspection SET kept = 'damaged' WHERE result > 2",
        "DELETE FROM inspection WHERE result = 1",
        "DROP TABLE inspection",
    ] {
        change(before);
        assert_eq!(reports(), first, "{before}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_key_stands_in_no_report_whatever_its_escapes_and_wherever_it_stands() {
    let desk = audited().await;
    let key = planted();
    let written = files(desk.folder.path())
        .into_iter()
        .filter(|(path, _)| !path.to_string_lossy().contains(".ledger"))
        .map(|(path, bytes)| (path.display().to_string(), String::from_utf8(bytes).unwrap()));
    let made = ["csv", "json", "html"].map(|format| (format.to_owned(), again(&desk, &["--format", format])));
    let texts: Vec<_> = written.chain(made).collect();
    assert_eq!(texts.len(), 4 + 3);
    for (file, text) in texts {
        assert!(!text.contains(&key[3..]) && !text.contains("\\u0073k"), "{file}");
    }
    let page = desk.read("page.html");
    assert!(page.contains("[Langdock or Odeus API key, hidden]") && page.contains("in field 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_rows_are_found_filtered_sorted_and_opened_and_nothing_foreign_runs() {
    let desk = audited().await;
    for width in [1280, 390] {
        let Some(browser) = Browser::open(width) else { return };
        browser.show(&desk.path("page.html"));
        assert_eq!(browser.seen_rows(), [3, 5, 6, 7, 8, 2, 4]);
        browser.set("#search", "BERLIN spesenbuch");
        assert_eq!(browser.seen_rows(), [2]);
        browser.set("#search", "");

        for (column, value, lines) in [
            ("found", "instruction_empty", vec![3, 5]),
            ("found", "model_unavailable", vec![3, 5, 6]),
            ("found", "same_instruction", vec![2, 4]),
            ("found", "", vec![8]),
            ("status", "no_access", vec![8]),
            ("model", "gpt-5", vec![7, 2, 4]),
            (
                "todo",
                "Look whether this workspace still has the model, and choose another one if not: the key was not shown it",
                vec![3, 5, 6],
            ),
            ("c0", "joe", vec![6, 7, 2]),
            ("c0", "ann", vec![3, 5, 8]),
        ] {
            let control = format!("select[data-key={column}]");
            browser.set(&control, &format!("={value}"));
            assert_eq!(browser.seen_rows(), lines, "{column} {value}");
            browser.set(&control, "");
        }
        for (picked, lines) in [
            (".todo .pick[data-value=instruction_empty]", vec![3, 5]),
            (".todo .pick[data-key=todo]", vec![8]),
            (".statuses .pick[data-value=read][data-needing='0']", vec![2, 4]),
            (".statuses .pick[data-value=read][data-needing='1']", vec![3, 5, 6, 7]),
            (".plot .pick[data-value='gpt-5']", vec![7, 2, 4]),
            (".plot .pick[data-key=model][data-value^='<img']", vec![5]),
            (".plot .pick[data-value=secret]", vec![6]),
            (".people .pick[data-value=ann]", vec![3, 5, 8]),
        ] {
            browser.run(&format!("document.querySelector({picked:?}).click()"));
            assert_eq!(browser.seen_rows(), lines, "{picked}");
            browser.run("document.querySelector('.controls button.reset').click()");
        }
        browser.set("#sort", "3d");
        assert_eq!(
            browser.seen_rows()[..2],
            [6, 3],
            "a secret is the heaviest, two findings are more than one"
        );
        browser.run("document.querySelector('.controls button.reset').click()");
        opens_to_all_that_is_known(&browser);
        assert_eq!(
            browser.run("return document.documentElement.scrollWidth <= innerWidth"),
            true,
            "nothing is wider than a window of {width}"
        );
        assert_eq!(browser.complaints(), json!([]));
    }
}

/// Every row is opened: names and prompts are text everywhere, and the key is nowhere.
fn opens_to_all_that_is_known(browser: &Browser) {
    let found = browser.run(
        "for (const button of document.querySelectorAll('button.open')) button.click();
         return new Promise((done) => setTimeout(() => done({
             foreign: [document.title.includes('owned'), document.querySelectorAll('img').length,
                 [...document.querySelectorAll('script')].filter((script) => script.type !== 'text/plain').length,
                 performance.getEntriesByType('resource').length],
             names: [...document.querySelectorAll('button.open')].map((button) => button.textContent),
             third: [...document.querySelectorAll('td.detail')][2].textContent,
             text: document.body.textContent,
         }), 100));",
    );
    assert_eq!(found["foreign"], json!([false, 0, 1, 0]));
    let names: Vec<&str> = found["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(names.contains(&SCRIPTED) && names.contains(&RIGHT_TO_LEFT), "{names:?}");
    assert!(names.iter().any(|name| name.chars().count() >= 9_999));
    let third = found["third"].as_str().unwrap();
    for text in [
        "Langdock or Odeus API key in line 1",
        "Conversation starters",
        "[Langdock or Odeus API key, hidden]",
    ] {
        assert!(third.contains(text), "{text} in {third}");
    }
    assert!(!found["text"].as_str().unwrap().contains(&planted()[3..]));
}

#[test]
fn in_a_browser_five_thousand_rows_stay_fluent() {
    let Some(browser) = Browser::open(1280) else { return };
    let ids: Vec<_> = (1..=5_000).map(id).collect();
    let desk = Desk::with_ids(&ids);
    let audit = ["audit", "assistants.csv", "--sandbox", "--rpm", "1000000", "--html", "page.html"];
    Ran::of(desk.program().args(audit));
    browser.show(&desk.path("page.html"));
    let measured = browser.run(
        "const timed = (control, value, event) => new Promise((done) => {
             const begun = performance.now();
             control.value = value;
             control.dispatchEvent(new Event(event));
             requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - begun)), 0));
         });
         const search = document.getElementById('search');
         const findings = document.querySelector('select[data-key=found]');
         return (async () => ({
             ready: Math.round(performance.getEntriesByName('ready')[0].startTime),
             rows: document.querySelectorAll('#rows tbody tr').length,
             filters: [await timed(search, 'read', 'input'), await timed(search, '', 'input'),
                 await timed(findings, '=attachments', 'change'), await timed(findings, '', 'change')],
         }))();",
    );
    // What a person's machine should do is 2 seconds and 200 ms; a busy one that tests is only held against freezing.
    assert_eq!(measured["rows"], 5_000);
    assert!(measured["ready"].as_u64().unwrap() < 10_000, "{measured}");
    let slowest = measured["filters"].as_array().unwrap().iter().filter_map(Value::as_u64).max().unwrap();
    assert!(slowest < 2_000, "{measured}");
    println!("5,000 rows, in milliseconds: {measured}");
    assert_eq!(browser.complaints(), json!([]));
}
