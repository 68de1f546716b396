//! `report LEDGER --split-by COLUMN --output-dir DIR`, run as a whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::browser::Browser;
use crate::support::{Desk, Ran, Report, files, id};
use serde_json::json;

const LEDGER: &str = "assistants.sandbox.ledger";

/// A finished run in the practice workspace over rows of these owners, a `duplicate` and an `invalid_id` at its end.
fn run(owners: &[&str]) -> Desk {
    run_with(owners, &[])
}

fn run_with(owners: &[&str], arguments: &[&str]) -> Desk {
    let quoted = |owner: &str| format!("\"{}\"", owner.replace('"', "\"\""));
    let mut input = "id,Product Owner,team\n".to_owned();
    for (n, owner) in (1..).zip(owners) {
        let _ = writeln!(input, "{},{},t{}", id(n), quoted(owner), n % 3);
    }
    let last = quoted(owners.last().copied().unwrap_or_default());
    let _ = writeln!(input, "{},{last},t0\nnobody,{last},t1", id(1));
    let desk = Desk::with_input(input);
    let line = ["run", "assistants.csv", "--sandbox", "--rpm", "1000000", "--html", "whole.html"];
    Ran::of(desk.program().args(line).args(arguments)).exits_with(3);
    desk
}

fn split(desk: &Desk, arguments: &[&str]) -> Ran {
    let line = ["report", LEDGER, "--split-by", "product_owner", "--output-dir", "parts"];
    Ran::of(desk.program().args(line).args(arguments))
}

/// The names of the files in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(folder).iter().map(|(path, _)| name(path)).collect()
}

/// The addresses that a page links to, with what they stand for.
fn links(page: &str) -> Vec<String> {
    let decode = |address: &str| {
        let bytes: Vec<u8> = url::form_urlencoded::parse(format!("x={address}").as_bytes())
            .flat_map(|(_, value)| value.into_owned().into_bytes())
            .collect();
        String::from_utf8(bytes).unwrap()
    };
    page.split("<a href=\"").skip(1).map(|rest| decode(rest.split('"').next().unwrap())).collect()
}

#[test]
fn the_parts_together_are_the_report_and_each_counts_only_its_own_rows() {
    let desk = run(&["Anna", "Bob", "anna ", "", "ANNA", " ", "Bob", "Bob", "Bob"]);
    let ran = split(&desk, &[]).exits_with(0);
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr, @r"
    split by 'Product Owner': 3 parts, a page and a CSV each
    index: parts/index.html
    ");
    let expected = ["anna", "bob", "without-product-owner"];
    let mut all: BTreeSet<_> =
        expected.iter().flat_map(|name| [format!("{name}.csv"), format!("{name}.html")]).collect();
    all.insert("index.html".into());
    assert_eq!(names(&desk.path("parts")), all);

    let whole = desk.read("assistants.sandbox.report.csv");
    let mut rows = Vec::new();
    for name in expected {
        let part = desk.read(&format!("parts/{name}.csv"));
        let (header, body) = part.split_once('\n').unwrap();
        assert_eq!(header, whole.lines().next().unwrap());
        rows.extend(body.lines().map(str::to_owned));
    }
    let line = |row: &String| row.split(',').next().unwrap().parse::<u32>().unwrap();
    rows.sort_by_key(line);
    assert_eq!(rows, whole.lines().skip(1).collect::<Vec<_>>());

    let anna = desk.read("parts/anna.html");
    assert!(anna.contains("<h1><bdi>Product Owner</bdi>: <bdi>Anna</bdi></h1>"));
    assert!(anna.contains(" of 3 assistants need") && anna.matches("<tr ").count() == 4);
    assert!(
        !anna.contains("data-key=\"c0\"") && anna.contains("data-key=\"c1\""),
        "whose they are is the same in all"
    );
    assert!(desk.read("whole.html").contains("Who has to act") && !anna.contains("Who has to act"));
    assert!(links(&anna).is_empty());
    let bob = desk.read("parts/bob.html");
    assert!(bob.contains("class=\"badge duplicate\"") && bob.contains("class=\"badge invalid_id\""));
    assert!(desk.read("parts/without-product-owner.html").contains("<bdi>(nobody named)</bdi></h1>"));
    let linked: BTreeSet<_> = links(&desk.read("parts/index.html")).into_iter().collect();
    all.remove("index.html");
    assert_eq!(linked, all);
}

#[test]
fn a_part_with_all_rows_says_of_them_what_the_whole_page_says() {
    let desk = run_with(&["Anna"; 40], &["--disable", "--yes", "--max-disable", "3", "--probe-wait", "0"]);
    split(&desk, &[]).exits_with(0);
    let (part, whole) = (desk.read("parts/anna.html"), desk.read("whole.html"));
    let cards = |page: &str| -> Vec<String> {
        let sections = page.split("<section ").skip(1).map(|rest| rest.split("</section>").next().unwrap());
        let is_said_alike = |section: &&str| {
            !section.starts_with("class=\"card who\"") && !section.starts_with("class=\"all\"")
        };
        sections.filter(is_said_alike).map(str::to_owned).collect()
    };
    assert_eq!(cards(&part), cards(&whole));
    let cards = cards(&part);
    let switching = cards.iter().find(|card| card.starts_with("class=\"card off\"")).unwrap();
    let counted = switching.contains("class=\"state disabled\"") && switching.contains("left as it was: ");
    assert!(counted, "{switching}");
}

#[test]
fn hostile_values_become_harmless_names_that_the_index_finds() {
    let long = "ä".repeat(10_000);
    let values = [
        "../../etc/passwd",
        "C:\\x",
        "c/x",
        "a/b",
        "A b.",
        "<script>alert(1)</script>",
        &long,
        "🙂",
        "🎉",
        "\u{202e}gpj.exe",
        "CON",
        "index",
        "مساعد",
        "100% #1?&",
        "\"'`",
    ];
    let desk = run(&values);
    let before = names(desk.folder.path());
    split(&desk, &[]).exits_with(0).says(&format!("{} parts", values.len()));
    assert_eq!(names(desk.folder.path()), before, "nothing is written beside the folder");
    let index = desk.read("parts/index.html");
    let linked = links(&index);
    let found = names(&desk.path("parts"));
    assert_eq!(linked.len(), values.len() * 2);
    assert_eq!(found.len(), values.len() * 2 + 1);
    assert!(linked.iter().all(|name| found.contains(name)), "{linked:?} in {found:?}");
    for name in
        ["etc-passwd.csv", "c-x.csv", "c-x-2.csv", "a-b.csv", "a-b-2.csv", "con-part.html", "index-2.html"]
    {
        assert!(found.contains(name), "{name} in {found:?}");
    }
    assert!(found.iter().all(|name| name.len() <= 85 && !name.contains('\u{202e}')));
    assert!(!index.contains("<script") && index.contains("&#60;script&#62;") && index.len() < 60_000);
}

#[test]
fn redacted_parts_keep_the_owners_and_lose_the_platforms_texts() {
    let desk = run(&["Anna", "Bob"]);
    split(&desk, &[]).exits_with(0);
    let name = Report::parse(&desk.read("parts/anna.csv")).column("name")[0].to_owned();
    assert!(!name.is_empty() && desk.read("parts/anna.html").contains(&name));
    split(&desk, &["--redact", "--dialect", "excel"]).exits_with(0);
    for file in ["parts/anna.html", "parts/anna.csv", "parts/index.html"] {
        let text = desk.read(file);
        assert!(!text.contains(&name) && text.contains("Anna"), "{file}");
    }
    assert!(
        desk.read("parts/anna.csv").starts_with('\u{feff}')
            && desk.read("parts/index.html").contains("Redacted")
    );
}

#[test]
fn what_cannot_be_meant_is_a_usage_error_and_writes_nothing() {
    let desk = run(&["Anna", "Bob"]);
    let before = files(desk.folder.path());
    let report =
        |arguments: &str| Ran::of(desk.program().args(["report", LEDGER]).args(arguments.split_whitespace()));
    for (arguments, words) in [
        ("--split-by team", "--output-dir"),
        ("--output-dir parts", "--split-by"),
        ("--split-by team --output-dir parts --format html", "cannot be used with"),
        ("--split-by team --output-dir parts --format csv", "cannot be used with"),
        ("--split-by team --output-dir parts -o -", "cannot be used with"),
        (
            "--split-by owner --output-dir parts",
            "there is no such column; the input has 'Product Owner', 'team'",
        ),
        ("--split-by status --output-dir parts", "there is no such column"),
    ] {
        report(arguments).exits_with(2).says(words);
        assert_eq!(files(desk.folder.path()).len(), before.len(), "{arguments}");
        assert!(!desk.path("parts").exists(), "{arguments}");
    }
    for (folder, words) in [("nowhere/parts", "Make that one first"), ("assistants.csv", "takes a folder")] {
        report(&format!("--split-by team --output-dir {folder}")).exits_with(1).says(words);
    }
    assert_eq!(files(desk.folder.path()), before);
}

#[test]
#[ignore = "a long one: .ci/run has it"]
fn a_column_of_more_than_two_thousand_values_is_no_list_of_people() {
    let values: Vec<_> = (0..2_001).map(|n| format!("v{n}")).collect();
    let desk = run(&values.iter().map(String::as_str).collect::<Vec<_>>());
    split(&desk, &[]).exits_with(2).says("more than 2,000 different values");
    assert!(!desk.path("parts").exists());
    let by_team = ["report", LEDGER, "--split-by", "TEAM", "--output-dir", "parts"];
    Ran::of(desk.program().args(by_team))
        .exits_with(0)
        .says("split by 'team': 3 parts, a page and a CSV each");
}

#[test]
fn files_of_an_earlier_split_stay_and_are_counted_and_foreign_ones_are_never_replaced() {
    let desk = run(&["Anna", "assistants", "whole"]);
    split(&desk, &[]).exits_with(0);
    let first = files(&desk.path("parts")).len();
    let by_team = ["report", LEDGER, "--split-by", "team", "--output-dir"];
    Ran::of(desk.program().args(by_team).arg("parts"))
        .exits_with(0)
        .says(&format!("{} other files in parts are not of this split", first - 1));
    split(&desk, &[]).exits_with(0);

    let log = ["report", LEDGER, "--split-by", "product owner", "--output-dir", "parts", "--log-file"];
    let logged = Ran::of(desk.program().args(log).arg("parts/index.html")).exits_with(2);
    logged.says("--log-file and a part of the split are the same file");

    fs::write(desk.path("parts/anna.csv"), "mine,not yours\n").unwrap();
    split(&desk, &[]).exits_with(2).says("anna.csv is there already, and not of a split");
    let ledger = fs::read(desk.path(LEDGER)).unwrap();
    fs::write(desk.path("parts/anna.csv"), &ledger).unwrap();
    let line = ["report", "parts/anna.csv", "--split-by", "product owner", "--output-dir", "parts"];
    Ran::of(desk.program().args(line)).exits_with(2).says("LEDGER and a part of the split are the same file");
    assert_eq!(fs::read(desk.path("parts/anna.csv")).unwrap(), ledger);

    let input = desk.read("assistants.csv");
    let here = ["report", LEDGER, "--split-by", "product owner", "--output-dir", "."];
    Ran::of(desk.program().args(here)).exits_with(2).says("assistants.csv may be the input");
    assert_eq!(desk.read("assistants.csv"), input);
    assert!(!desk.path("index.html").exists());
}

#[cfg(unix)]
#[test]
fn a_ledger_in_a_read_only_folder_is_split_elsewhere() {
    use std::os::unix::fs::PermissionsExt;
    let desk = run(&["Anna", "Bob"]);
    fs::create_dir(desk.path("kept")).unwrap();
    fs::copy(desk.path(LEDGER), desk.path("kept/a.ledger")).unwrap();
    let mode = |mode| fs::set_permissions(desk.path("kept"), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let line = ["report", "kept/a.ledger", "--split-by", "team", "--output-dir", "parts"];
    let ran = Ran::of(desk.program().args(line));
    mode(0o755);
    ran.exits_with(0).says("index: parts/index.html");
}

#[test]
fn in_a_browser_the_index_leads_to_every_part_and_nothing_foreign_runs() {
    const SCRIPTED: &str =
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let desk = run(&["Anna", SCRIPTED, "\u{202e}مساعد", "ß/x", &"Ünïcode ".repeat(1_250), ""]);
    split(&desk, &[]).exits_with(0);
    for width in [1280, 390] {
        let Some(browser) = Browser::open(width) else { return };
        browser.show(&desk.path("parts/index.html"));
        let found = browser.run(
            "return {owned: document.title.includes('owned'), images: document.images.length,
                scripts: document.scripts.length, fits: document.documentElement.scrollWidth <= innerWidth,
                parts: document.querySelectorAll('#parts tbody tr').length};",
        );
        assert_eq!(found, json!({"owned": false, "images": 0, "scripts": 0, "fits": true, "parts": 6}));
        let pages = browser.run(
            "return [...document.querySelectorAll('#parts tbody tr')]
                .map((tr) => [tr.querySelector('a').href, tr.cells[0].textContent]);",
        );
        for page in pages.as_array().unwrap() {
            let (address, value) = (page[0].as_str().unwrap(), page[1].as_str().unwrap());
            browser.show(&desk.path("parts/index.html"));
            // On a busy machine a page may be shown before its links are there.
            browser.run(&format!(
                "return new Promise((clicked) => {{
                    const look = () => {{
                        const link = [...document.links].find((a) => a.href === {address:?});
                        if (link) {{ link.click(); clicked(); }} else setTimeout(look, 20);
                    }};
                    look();
                }});"
            ));
            let heading = browser.run("return document.querySelector('h1').textContent");
            assert_eq!(heading, format!("Product Owner: {value}"), "{address}");
            let fits = browser.run("return document.documentElement.scrollWidth <= innerWidth");
            assert_eq!(fits, true, "{address}");
        }
        assert_eq!(browser.complaints(), json!([]));
    }
}

#[test]
fn an_audit_is_split_as_a_run_is() {
    let desk = run(&["Anna", "Bob", "anna", ""]);
    let audit = ["audit", "assistants.csv", "--sandbox", "--rpm", "1000000"];
    let owners = ["--split-by", "Product Owner", "--output-dir", "audited"];
    let ran = Ran::of(desk.program().args(audit).args(owners));
    assert!(
        ran.stderr.contains("split by 'Product Owner': 3 parts, a page and a CSV each"),
        "{}",
        ran.stderr
    );
    let again =
        ["report", "assistants.sandbox.audit.ledger", "--split-by", "product owner", "--output-dir", "again"];
    Ran::of(desk.program().args(again)).exits_with(0);
    let whole = desk.read("assistants.sandbox.audit.csv");
    let mut rows = BTreeSet::new();
    for name in ["anna", "bob", "without-product-owner"] {
        let part = desk.read(&format!("audited/{name}.csv"));
        assert_eq!(part, desk.read(&format!("again/{name}.csv")));
        assert_eq!(part.lines().next(), whole.lines().next());
        rows.extend(part.lines().skip(1).map(str::to_owned));
        let page = desk.read(&format!("audited/{name}.html"));
        assert!(page.contains("Audit of assistants: only the rows of this Product Owner"), "{name}");
    }
    assert_eq!(rows, whole.lines().skip(1).map(str::to_owned).collect());
    assert!(
        desk.read("audited/index.html").contains("<h1><bdi>Audit of assistants, by Product Owner</bdi></h1>")
    );
}

#[test]
fn an_audit_that_cannot_be_split_asks_for_nothing() {
    let desk = run(&["Anna"]);
    let audit = ["audit", "assistants.csv", "--sandbox", "--output-dir", "parts", "--split-by"];
    let ran = Ran::of(desk.program().args(audit).arg("boss")).exits_with(2);
    assert!(ran.stderr.contains("the input has 'Product Owner', 'team'"), "{}", ran.stderr);
    fs::create_dir(desk.path("parts")).unwrap();
    fs::write(desk.path("parts/anna.csv"), "mine").unwrap();
    let ran = Ran::of(desk.program().args(audit).arg("product owner")).exits_with(2);
    assert!(ran.stderr.contains("anna.csv is there already"), "{}", ran.stderr);
    assert!(!desk.path("assistants.sandbox.audit.csv").exists() && !desk.path("parts/index.html").exists());
    assert_eq!(desk.read("parts/anna.csv"), "mine");
}
