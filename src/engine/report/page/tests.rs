//! The page without a browser: what stands in it, and that nobody's text gets out of its place.

use super::top::MAX_ROWS;
use super::writer::BUDGET;
use super::*;
use crate::base::{Difference, DisabledState, Disabling, Note, NoteKind, ReportRow, RowStatus, RunFacts};
use crate::disable::card;
use crate::engine::report::ReportSettings;
use crate::engine::report::samples::{facts, json, rendered, rows, settings, verified};

const DOCUMENT: &[u8] =
    br#"{"status":"success","assistant":{"id":"1","instruction":"Be kind </script><b>"}}"#;

fn page_with(facts: &RunFacts, rows: &[ReportRow], settings: &ReportSettings, document: &[u8]) -> String {
    let mut overview = Overview::default();
    for row in rows {
        overview.count(row, settings);
    }
    let mut out = Vec::new();
    let mut renderer = html(settings, overview, None, card, &mut out);
    renderer.begin(facts).unwrap();
    for row in rows {
        renderer.row(row).unwrap();
    }
    for row in rows {
        if let Some(room) = renderer.opens(row).unwrap() {
            renderer.opened(row, Objects::of(row, [Some(document), None], settings.redact, room)).unwrap();
        }
    }
    renderer.finish().unwrap();
    String::from_utf8(out).unwrap()
}

fn page_of(facts: &RunFacts, rows: &[ReportRow], settings: &ReportSettings) -> String {
    page_with(facts, rows, settings, DOCUMENT)
}

/// What the rows open to, tags and all.
pub(crate) fn opened(page: &str) -> Vec<&str> {
    between(page, "<script type=\"text/plain\"", "</script>")
}

fn facts_of(rows: &[ReportRow]) -> RunFacts {
    let counts =
        RowStatus::ALL.map(|status| (status, rows.iter().filter(|row| row.status == status).count() as u64));
    RunFacts {
        counts: counts.to_vec(),
        base_url: Some("https://api.langdock.com".into()),
        ..RunFacts::default()
    }
}

/// What stands between two marks, as often as it does.
pub(crate) fn between<'a>(page: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    page.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

/// The text without tags, as a reader sees it.
pub(crate) fn seen(html: &str) -> String {
    let text: Vec<_> =
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let text = text.join(" ");
    let text = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .into_iter()
        .fold(text, |text, (escape, character)| text.replace(escape, character));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_top_says_where_it_stands_who_must_act_and_how() {
    let page = page_of(&facts(), &rows(), &settings());
    let top = page.split("<section class=\"all\"").next().unwrap().split("<main").nth(1).unwrap();
    insta::assert_snapshot!(top.split("<section").map(seen).collect::<Vec<_>>().join("\n"), @r##"
    From assistants to agents Is each agent what the old assistant was, and what is left to do? 1 of 9 assistants needs you. 4 wait for the administrator, 4 done. The run ended before its last row: the key lacks a scope: AGENT_API. Give it that scope in the workspace's API key settings.
    Where it stands 3 verified the agent is what the assistant was 33 % show 2 verified the same, but somebody has to see to it 22 % show 1 mismatch the agent is there and differs 11 % show 1 no_access not shared with the API key 11 % show 1 invalid_id the cell does not hold exactly one id 11 % show 1 duplicate the same assistant as in an earlier row, where its result stands 11 % show Workspace https://api.langdock.com Last run begun 2025-04-01, 08:00 UTC; not finished Program agent-migrate 0.1.0
    What to do In the web app 1 row Put back in the agent what differs, and publish it. show The administrator does this 1 row Switches it on again at once: it may be off, and its agent with it. show 1 row Gives the API key the permission to switch assistants off, and runs that again. show 1 row Puts exactly one id into this cell of the list, or takes the row out. show 1 row Shares this assistant with the API key, as editor, and checks it again. show
    Who has to act Rows that need somebody, by team: 2 of 3 Sales show 1 of 1 -5 show
    Switching the old assistants off Act now. 1 assistant could not be switched on again and may be off with its agent. Assistant and agent are one record here: when the first assistant went off, its agent went off, too. So switching off ended there. Leave the rest on. 5 not_requested nobody asked for it show 1 disabled switched off by this program show 1 skipped left as it was: 1 one record with the agent show 1 failed the platform refused show 1 revert_failed may be off, and its agent with it show
    "##);
}

#[test]
fn every_row_stands_in_the_table_with_a_cell_for_each_column() {
    let page = page_of(&facts(), &rows(), &settings());
    let headings = between(&page, "<th ", "</th>").len();
    let body = page.split("<tbody").nth(1).unwrap();
    let table_rows: Vec<_> = between(body, "<tr ", "</tr>");
    assert_eq!(table_rows.len(), rows().len());
    for row in &table_rows {
        assert_eq!(row.matches("<td ").count(), headings, "{row}");
    }
    assert_eq!(
        seen(&format!("<{}", table_rows[6])),
        "7 (no name) 11111111-2222-3333-4444-aaaaaaaaaaaa duplicate same as line 2: see there not_requested short row"
    );
    assert!(seen(&format!("<{}", table_rows[2])).contains("“-not an id”"));
    let lines: Vec<_> = between(body, "class=\"line\" data-label=\"Line\">", "<");
    assert_eq!(
        lines,
        ["3", "4", "5", "10", "11", "2", "7", "8", "9"],
        "yours, the administrator's, the others"
    );
}

#[test]
fn a_run_that_only_reads_has_no_column_for_switching_off() {
    let facts = facts_of(&[verified()]);
    let page = page_of(&facts, &[verified()], &settings());
    assert!(!page.contains("data-key=\"disabled\"") && !page.contains("id=\"off\""));
    let facts = RunFacts { disabling: Disabling::DryRun, ..facts };
    let row = ReportRow { disabled: DisabledState::WouldDisable, ..verified() };
    let page = page_of(&facts, &[row], &settings());
    assert!(page.contains("data-key=\"disabled\"") && page.contains("This was a dry run"));
}

#[test]
fn a_row_opens_to_differences_notes_error_and_raw_objects() {
    let page = page_of(&facts(), &rows(), &settings());
    let details = opened(&page);
    insta::assert_snapshot!(seen(details[1]), @r##"What to do: Put back in the agent what differs, and publish it. Differences assistant − to agent + Form fields [topic], label inputFields[topic].label removed: Old removed: label Creativity temperature 0.30000000000000000001 → 1 Notes owner: only on the agent: Jane Doe This row Cell 11111111-2222-3333-4444-AAAAAAAAAAAA Assistant 11111111-2222-3333-4444-aaaaaaaaaaaa Agent 99999999-2222-3333-4444-bbbbbbbbbbbb Assistant changed 2025-01-02 03:04:05 UTC Agent changed 2025-01-02 03:04:05 UTC Checked 2025-04-01 08:00:01 UTC Requests 2, 0.412 s team Sales =phone +49 30 123456 Assistant, as the platform sent it { "status": "success", "assistant": { "id": "1", "instruction": "Be kind </script><b>" } }"##);
    assert!(seen(details[2]).contains("For the administrator: Share this assistant"));
    assert!(details[2].contains("Error:"));
    assert!(
        !details[4].contains("as the platform sent it"),
        "a duplicate's objects stand in the earlier row"
    );
}

#[test]
fn text_from_anywhere_stays_text() {
    let hostile = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'`&amp;\u{202e}";
    let value = serde_json::to_string(hostile).unwrap();
    let row = ReportRow {
        input: hostile.into(),
        name: hostile.into(),
        status: RowStatus::Mismatch,
        differences: vec![Difference {
            field: format!("inputFields[{hostile}]"),
            old: Some(json(&value)),
            new: Some(json(&serde_json::to_string(&format!("{hostile}\n").repeat(9)).unwrap())),
            short: hostile.into(),
        }],
        notes: vec![Note {
            kind: NoteKind::OnlyOnAgent,
            field: hostile.into(),
            value: Some(json(&value)),
            new: None,
            short: hostile.into(),
        }],
        carried: vec![hostile.into(), hostile.into()],
        ..verified()
    };
    let mut settings = settings();
    settings.format.carried_columns = vec![hostile.into(), format!("owner {hostile}")];
    let mut facts = facts_of(std::slice::from_ref(&row));
    facts.base_url = Some(hostile.into());
    facts.program_version = hostile.into();
    let plain = page_of(
        &facts,
        &[ReportRow { carried: Vec::new(), ..verified() }],
        &ReportSettings {
            format: crate::base::InputFormat {
                carried_columns: vec!["a".into(), "b".into()],
                ..settings.format.clone()
            },
            ..settings.clone()
        },
    );
    let page = page_of(&facts, &[row], &settings);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains("<script>alert"));
    assert_eq!(page.matches("</script>").count(), plain.matches("</script>").count());
    assert_eq!(page.matches("<script").count(), plain.matches("<script").count());
    assert!(seen(&page).contains("<script>alert(1)</script>"), "it is there to be read");
}

#[test]
fn a_name_of_ten_thousand_characters_is_there_whole() {
    let name = "Ünïcode ".repeat(1_250);
    let row = ReportRow { name: name.clone(), ..verified() };
    let page = page_of(&facts_of(std::slice::from_ref(&row)), &[row], &settings());
    assert!(page.contains(&format!("<bdi>{name}</bdi></button>")));
    let longer = name.repeat(2);
    let row = ReportRow { name: longer.clone(), ..verified() };
    let page = page_of(&facts_of(std::slice::from_ref(&row)), &[row], &settings());
    let details = opened(&page);
    assert!(details[0].contains(&longer), "what the table shortens, the opened row has");
}

#[test]
fn redacted_it_shows_lengths_in_place_of_texts() {
    let settings = ReportSettings { redact: true, ..settings() };
    let page = page_of(&facts(), &rows(), &settings);
    for text in ["Helper", "HYPERLINK", "Old\nlabel", "Jane", "Be kind", "Not\nshared", "topic", "admins"] {
        assert!(!page.contains(text), "{text}");
    }
    assert!(page.contains("Redacted: lengths stand in place") && page.contains("6 characters"));
    assert!(page.contains("Sales"), "the person's own cells stay");
}

#[test]
fn it_asks_for_nothing_and_allows_only_its_own_style_and_script() {
    let page = page_of(&facts_of(&[verified()]), &[verified()], &settings());
    assert!(page.contains(&format!("content=\"{}\"", policy::content_security_policy())));
    assert!(page.find("Content-Security-Policy").unwrap() < page.find("<style").unwrap());
    assert_eq!(between(&page, "<style>", "</style>"), [policy::STYLE]);
    assert_eq!(between(&page, "<script>", "</script>"), [policy::SCRIPT]);
    for word in [" src=", "href=\"http", "style=\"", " onclick", "@import", "<link rel=\"stylesheet"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn over_five_thousand_rows_those_that_need_somebody_come_first_and_it_says_what_is_left_out() {
    let quiet = ReportRow { carried: Vec::new(), proposed: None, ..verified() };
    let needing = ReportRow { status: RowStatus::Failed, ..quiet.clone() };
    let mut rows: Vec<_> = (2..6_002).map(|line| ReportRow { line, ..quiet.clone() }).collect();
    rows.extend((6_002..6_012).map(|line| ReportRow { line, ..needing.clone() }));
    let page = page_of(&facts_of(&rows), &rows, &settings());
    let lines: Vec<_> = between(&page, "class=\"line\" data-label=\"Line\">", "<");
    assert_eq!((lines.len() as u64, lines.first(), lines.last()), (MAX_ROWS, Some(&"6002"), Some(&"4991")));
    assert!(seen(&page).contains("This page shows 5,000 of 6,010 rows"));
    assert!(
        seen(&page).contains("The other 1,010 rows are counted above and stand in the CSV and JSON reports")
    );
    assert!(
        seen(&page)
            .contains("None of 6,010 assistants needs you. 10 wait for the administrator, 6,000 done.")
    );
}

#[test]
fn objects_are_left_out_before_the_page_gets_too_large_first_those_of_rows_that_need_nobody() {
    let quiet = ReportRow { carried: Vec::new(), proposed: None, ..verified() };
    let needing = ReportRow { status: RowStatus::Failed, ..quiet.clone() };
    let rows: Vec<_> = (0..120).map(|at| if at < 100 { quiet.clone() } else { needing.clone() }).collect();
    let document = serde_json::json!({"assistant": {"instruction": "x".repeat(400_000)}}).to_string();
    let page = page_with(&facts_of(&rows), &rows, &settings(), document.as_bytes());
    assert!(page.len() <= BUDGET + 200_000);
    let details = opened(&page);
    let has_objects: Vec<_> = details.iter().map(|detail| detail.contains("<pre")).collect();
    assert!(has_objects[0] && !has_objects[99], "some of the room is for rows that need somebody");
    assert!(has_objects[100..].iter().all(|has| *has));
    assert!(seen(details[99]).contains("The raw objects of this row are left out"));
}

#[test]
fn a_ledger_without_rows_is_a_page_all_the_same() {
    let mut out = Vec::new();
    rendered::<ReportRow>(
        html(&settings(), Overview::default(), None, card, &mut out),
        &RunFacts::default(),
        &[],
    );
    let page = String::from_utf8(out).unwrap();
    assert!(
        seen(&page).contains("None of 0 assistants needs you")
            && seen(&page).contains("Nothing is left to do.")
    );
}

#[test]
fn a_german_page_holds_no_fixed_english_sentence() {
    let mut settings = settings();
    settings.page = PageOptions {
        lang: Lang::De,
        deadline: Some(jiff::civil::date(2026, 11, 28)),
        contact: Some("Anna Admin".into()),
        app_link: AppLink::parse("https://app.example/{id}/edit").ok(),
    };
    let page = page_of(&facts(), &rows(), &settings);
    assert!(page.contains("<html lang=\"de\">"));
    // A row has a remedy and a status that the samples have not; what the script says stands in the page, too.
    let shown =
        seen(&page.split("<style>").map(|part| part.split("</style>").last().unwrap()).collect::<String>());
    let remedies = Remedy::ALL.map(|remedy| [remedy.on_page(Lang::En), remedy.on_page(Lang::De)]);
    let meanings = RowStatus::ALL.map(RowStatus::meaning);
    let fixed = words::PAIRS.iter().chain(&remedies).chain(&meanings);
    for [english, german] in fixed.filter(|[english, german]| english != german && english.contains(' ')) {
        let longest = english.split("{}").max_by_key(|part| part.len()).unwrap().trim();
        assert!(longest.len() < 5 || german.contains(longest) || !shown.contains(longest), "{english}");
    }
    for said in [
        "1 von 9 Assistenten braucht Sie bis zum 28.11.2026 .",
        "Fragen an: Anna Admin",
        "Das macht Anna Admin",
        "Kreativität 0.30000000000000000001 → 1",
        "Im Agenten wiederherstellen, was abweicht, und veröffentlichen.",
        "In der Web-App öffnen",
        "02.01.2025",
        "Dem API-Schlüssel fehlt ein Scope: AGENT_API.",
        "Eingabe: keine UUID in der Zelle",
        "Abschalten der alten Assistenten",
    ] {
        assert!(shown.contains(said), "{said} in {shown}");
    }
}

#[test]
fn who_is_asked_by_when_and_where_stands_on_the_page_and_no_link_leads_astray() {
    let mut settings = settings();
    settings.page.contact = Some("anna@example.com".into());
    let page = page_of(&facts(), &rows(), &settings);
    assert!(page.contains("<a href=\"mailto:anna@example.com\">"));
    assert!(seen(&page).contains("4 wait for anna@example.com, 4 done."));
    settings.page.contact = Some("x@y\"onclick=\"alert(1)".into());
    let page = page_of(&facts(), &rows(), &settings);
    assert!(!page.contains("mailto:") && !page.contains("\"onclick"));
    let input = format!("https://app.example/assistants/{}", verified().pair.unwrap().assistant);
    let row = ReportRow { input, status: RowStatus::Mismatch, ..verified() };
    let page = page_of(&facts_of(std::slice::from_ref(&row)), &[row], &settings);
    let agent = verified().pair.unwrap().agent;
    assert!(page.contains(&format!("href=\"https://app.example/assistants/{agent}\"")), "the cell's form");
}
