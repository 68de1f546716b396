//! The page of a whole run: the file, and what a real browser makes of it. Without a browser the second part is skipped,
//! and says so.

use std::fmt::Write as _;

use crate::support::browser::Browser;
use crate::support::{Desk, KEY, Platform, Ran, assistant_answer, id, record_with};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

const SCRIPTED: &str =
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
const CLOSING: &str = "</script></td></tr></table></main><!-- \"'`&amp;";
const RIGHT_TO_LEFT: &str = "\u{202e}مساعد السفر";

/// A run over rows of different fates and hostile names, with its page.
async fn run() -> Desk {
    let platform = Platform::start().await;
    let long = format!("{}Answer in German.\n{}", "Be kind.\n".repeat(200), "Cite the page.\n".repeat(200));
    for (n, name) in [(1, "Spesenbuch Berlin"), (2, SCRIPTED), (3, RIGHT_TO_LEFT), (4, CLOSING)] {
        let answer = assistant_answer(&record_with(&id(n), &json!({"name": name, "instruction": long})));
        platform.assistant(&id(n), answer.clone()).await;
        platform.agent(&id(n), answer).await;
    }
    let old = json!({"name": "Changed", "instruction": long, "temperature": 0.1});
    let new =
        json!({"name": "Changed", "instruction": long.replace("German", "English"), "temperature": 0.1});
    platform.assistant(&id(5), assistant_answer(&record_with(&id(5), &old))).await;
    platform.agent(&id(5), assistant_answer(&record_with(&id(5), &new))).await;
    let name = "Ünïcode ".repeat(1_250);
    platform.assistant(&id(6), assistant_answer(&record_with(&id(6), &json!({"name": name})))).await;
    platform.agent(&id(6), ResponseTemplate::new(403).set_body_json(json!({"message": SCRIPTED}))).await;
    let mut input = format!("id,owner,{CLOSING}\n").replace('"', "\"\"");
    for (n, owner) in [(1, "joe"), (2, "ann"), (3, SCRIPTED), (4, "Ann  "), (5, "joe"), (6, "ann")] {
        let _ = writeln!(input, "{},\"{}\",{n}", id(n), owner.replace('"', "\"\""));
    }
    input.push_str("nobody,JOE,7\n");
    let desk = Desk::with_input(input);
    let url = platform.server.uri();
    tokio::task::spawn_blocking(move || {
        desk.run(&url, &["--html", "page.html"]).exits_with(3).says("HTML report  page.html");
        desk
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn report_makes_the_same_page_from_the_ledger_and_redacts_it() {
    let desk = run().await;
    let page = desk.read("page.html");
    let again = ["report", "assistants.ledger", "--format", "html"];
    assert_eq!(Ran::of(desk.program().args(again)).exits_with(0).stdout, page);
    assert!(page.contains("<span class=\"big needing\">1</span> of 7 assistants needs you"));
    assert!(!page.contains(KEY) && !page.contains("<img"));
    let redacted = Ran::of(desk.program().args(again).arg("--redact")).exits_with(0).stdout;
    for text in ["Spesenbuch", "Be kind", "Cite the page", "nïcode", "مساعد"] {
        assert!(page.contains(text) && !redacted.contains(text), "{text}");
    }
    assert!(redacted.contains("joe") && redacted.contains("characters"));
}

#[tokio::test]
async fn in_a_browser_rows_are_found_filtered_sorted_and_opened_and_nothing_foreign_runs() {
    let desk = run().await;
    for width in [1280, 390] {
        let Some(browser) = Browser::open(width) else { return };
        browser.show(&desk.path("page.html"));
        assert_eq!(browser.seen_rows(), [6, 7, 8, 2, 3, 4, 5], "who has to act comes first");

        browser.set("#search", "BERLIN spesenbuch");
        assert_eq!(browser.seen_rows(), [2]);
        assert_eq!(browser.run("return document.getElementById('shown').textContent"), "1 of 7 rows");
        browser.set("#search", "answer in english");
        assert_eq!(browser.seen_rows(), [6], "what differs is found, too");
        browser.set("#search", "nothing like it");
        assert_eq!(browser.run("return document.getElementById('nothing').checkVisibility()"), true);
        browser.run("document.querySelector('#nothing button').click()");
        assert_eq!(browser.seen_rows().len(), 7);

        browser.set("select[data-key=status]", "=mismatch");
        assert_eq!(browser.seen_rows(), [6]);
        browser.set("select[data-key=status]", "");
        browser.set("select[data-key=c0]", "=ann");
        assert_eq!(browser.seen_rows(), [7, 3, 5]);
        browser.set("#needing", "1");
        assert_eq!(browser.seen_rows(), [7]);
        browser.set("select[data-key=c0]", "");
        for (turn, rows) in [("owner", vec![6]), ("admin", vec![7, 8]), ("0", vec![2, 3, 4, 5])] {
            browser.set("#needing", turn);
            assert_eq!(browser.seen_rows(), rows, "{turn}");
        }
        browser.run("document.querySelector('.controls button.reset').click()");
        browser.run("document.querySelector('.people button.pick[data-value=joe]').click()");
        assert_eq!(browser.seen_rows(), [6, 8], "who has to act: joe");
        browser.run("document.querySelector('.controls button.reset').click()");

        if width > 500 {
            let head = "document.querySelector('th[data-key=line] button').click();";
            browser.run(&head.repeat(2));
            assert_eq!(browser.seen_rows(), [8, 7, 6, 5, 4, 3, 2]);
            let sorted = "return document.querySelector('th[data-key=line]').getAttribute('aria-sort')";
            assert_eq!(browser.run(sorted), "descending");
        } else {
            browser.set("#sort", "0d");
            assert_eq!(browser.seen_rows(), [8, 7, 6, 5, 4, 3, 2]);
        }
        opens_to_its_differences(&browser);
        nothing_foreign_runs(&browser);
        assert_eq!(
            browser.run("return document.documentElement.scrollWidth <= innerWidth"),
            true,
            "nothing is wider than a window of {width}"
        );
        assert_eq!(browser.complaints(), json!([]));
    }
}

fn opens_to_its_differences(browser: &Browser) {
    let opened = browser.run(
        "const tr = [...document.querySelectorAll('#rows tbody tr')].find((tr) => tr.cells[0].textContent === '6');
         const button = tr.querySelector('button.open');
         button.click();
         const detail = document.getElementById(button.getAttribute('aria-controls'));
         const marks = [...detail.querySelectorAll('mark')].map((mark) => mark.textContent);
         return [button.getAttribute('aria-expanded'), detail.checkVisibility(), marks, detail.querySelectorAll('pre').length];",
    );
    assert_eq!(opened, json!(["true", true, ["German.", "English."], 2]));
    let closed = browser.run("const button = document.querySelector('button.open[aria-expanded=true]'); button.click();
        return [button.getAttribute('aria-expanded'), document.querySelector('td.detail').checkVisibility()];");
    assert_eq!(closed, json!(["false", false]));
}

/// Every row is opened: names and prompts are text everywhere.
fn nothing_foreign_runs(browser: &Browser) {
    let found = browser.run(
        "for (const button of document.querySelectorAll('button.open')) button.click();
         return new Promise((done) => setTimeout(() => done({
             title: document.title.includes('owned'),
             scripts: [...document.querySelectorAll('script')].filter((script) => script.type !== 'text/plain').length,
             images: document.querySelectorAll('img').length,
             requests: performance.getEntriesByType('resource').length,
             names: [...document.querySelectorAll('button.open')].map((button) => button.textContent),
         }), 100));",
    );
    assert_eq!(
        (&found["title"], &found["scripts"], &found["images"], &found["requests"]),
        (&json!(false), &json!(1), &json!(0), &json!(0))
    );
    let names: Vec<&str> = found["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in [SCRIPTED, CLOSING, RIGHT_TO_LEFT] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(names.iter().any(|name| name.chars().count() >= 9_999));
}

#[test]
fn in_a_browser_five_thousand_rows_stay_fluent() {
    let Some(browser) = Browser::open(1280) else { return };
    let ids: Vec<_> = (1..=5_000).map(id).collect();
    let desk = Desk::with_ids(&ids);
    let run = ["run", "assistants.csv", "--sandbox", "--rpm", "1000000", "--html", "page.html"];
    Ran::of(desk.program().args(run));
    browser.show(&desk.path("page.html"));
    let measured = browser.run(
        "const search = document.getElementById('search');
         const timed = (value) => new Promise((done) => {
             const begun = performance.now();
             search.value = value;
             search.dispatchEvent(new Event('input'));
             requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - begun)), 0));
         });
         return (async () => ({
             ready: Math.round(performance.getEntriesByName('ready')[0].startTime),
             rows: document.querySelectorAll('#rows tbody tr').length,
             filters: [await timed('verified'), await timed('0000001'), await timed('')],
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
