//! An audit's page without a browser: what stands in it, and that nobody's text gets out of its place.

use crate::audit::row::{Configuration, Finding, FindingKind, Weight};
use crate::audit::{AuditFacts, AuditRow};
use crate::base::{Call, JsonText, ReportRow, StopReason};
use crate::engine::report::page::tests::{between, opened, seen};
use crate::engine::report::page::{Objects, Overview, html, pretty};
use crate::engine::report::samples::{facts, rendered, rows, settings, verified};
use crate::engine::report::{ReportSettings, csv, json_lines, redact};

fn configuration() -> Configuration {
    Configuration {
        model: "gpt-5".into(),
        temperature: JsonText::new("0.30".into()),
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
        updated_at: Some("2024-02-02T03:04:05.123Z".parse().unwrap()),
        age_days: Some(455),
        unchanged_days: Some(424),
    }
}

fn finding(code: &'static str, weight: Weight, advice: &'static str, detail: &str) -> Finding {
    let kind = FindingKind { code, weight, advice: [advice; 2], is_administrators: false };
    Finding { kind: Box::leak(Box::new(kind)), detail: detail.to_owned() }
}

fn read(line: u64, model: &str, findings: Vec<Finding>) -> AuditRow {
    AuditRow {
        row: ReportRow { line, name: format!("Bot {line}"), ..verified() },
        read_from: Some(Call::Assistant),
        configuration: Some(Configuration { model: model.into(), ..configuration() }),
        has_known_model: model == "gpt-5",
        findings,
    }
}

/// Rows with findings of every weight, one of no other finding, and those that were not read.
fn audited() -> Vec<AuditRow> {
    let secret = finding("secret", Weight::High, "Take it out", "password in line 2");
    let gone = finding("model_unavailable", Weight::Medium, "Choose a model", "");
    let attachments = finding("attachments", Weight::Low, "Attach again", "5");
    let mut audited = vec![
        read(20, "gpt-5", vec![secret, attachments.clone()]),
        read(21, "gone", vec![gone]),
        read(22, "gpt-5", vec![attachments]),
        read(23, "", Vec::new()),
    ];
    let unread = rows().into_iter().filter(|row| matches!(row.line, 4 | 5 | 7));
    audited.extend(unread.map(AuditRow::unread));
    audited
}

fn page_with(facts: &AuditFacts, rows: &[AuditRow], settings: &ReportSettings, document: &str) -> String {
    let mut overview = Overview::default();
    for row in rows {
        overview.count(row, settings);
    }
    let mut out = Vec::new();
    let mut renderer = html(settings, overview, None, |_, _| None, &mut out);
    renderer.begin(facts).unwrap();
    for row in rows {
        renderer.row(row).unwrap();
    }
    for row in rows {
        let Some(room) = renderer.opens(row).unwrap() else { continue };
        let shown = (document.len() <= room && row.read_from.is_some()).then(|| pretty(document));
        let objects = match row.read_from {
            Some(Call::Agent) => Objects { agent: shown, ..Objects::default() },
            _ => Objects { are_left_out: document.len() > room, assistant: shown, agent: None },
        };
        renderer.opened(row, objects).unwrap();
    }
    renderer.finish().unwrap();
    String::from_utf8(out).unwrap()
}

fn audit_facts() -> AuditFacts {
    AuditFacts { run: facts(), models_known: true }
}

fn page_of(rows: &[AuditRow]) -> String {
    page_with(&audit_facts(), rows, &settings(), r#"{"assistant":{"instruction":"Be kind </script><b>"}}"#)
}

#[test]
fn the_top_says_how_many_need_somebody_what_to_do_who_and_the_numbers_of_the_plots() {
    let page = page_of(&audited());
    let top = page.split("<section class=\"all\"").next().unwrap().split("<main").nth(1).unwrap();
    insta::assert_snapshot!(top.split("<section").map(seen).collect::<Vec<_>>().join("\n"), @r##"
    Audit of assistants Each assistant by itself: how it is set up, what is wrong with it, and what to do. 2 of 7 assistants need you. 2 wait for the administrator, 3 done. The run ended before its last row: the key lacks a scope: AGENT_API. Give it that scope in the workspace's API key settings.
    Where it stands 2 read, all well nothing has to be mended 29 % show 2 read, to mend something has to be mended 29 % show 1 no_access not shared with the API key 14 % show 1 invalid_id the cell does not hold exactly one id 14 % show 1 duplicate the same assistant as in an earlier row, where its result stands 14 % show Workspace https://api.langdock.com Last run begun 2025-04-01, 08:00 UTC; not finished Program agent-migrate 0.1.0
    What to do Today 1 row Take it out. secret show In the web app 1 row Choose a model. model_unavailable show The administrator does this 1 row Puts exactly one id into this cell of the list, or takes the row out. show 1 row Shares this assistant with the API key, as editor, and checks it again. show Good to know: nobody has to act 2 rows Attach again. attachments show
    Who has to act Rows that need somebody, by team: 3 of 5 Sales show 1 of 1 -5 show
    Models in use Rows by model, of 4 that were read. gpt-5 2 show (none) 1 show gone (not there for this key) 1 show
    Findings by kind Rows by finding, of 4 that were read; a row may have several. secret 1 show model_unavailable 1 show attachments 2 show
    Unchanged for Rows by the time since their last change, of 4 that were read. less than 30 days 0 30 to 89 days 0 90 to 179 days 0 180 to 364 days 0 1 to 2 years 4 show over 2 years 0 not known 0
    "##);
}

#[test]
fn what_is_not_known_is_said() {
    let unknown = AuditFacts { models_known: false, ..audit_facts() };
    let mut rows = audited();
    rows[1].read_from = Some(Call::Agent);
    let page = seen(&page_with(&unknown, &rows, &settings(), "{}"));
    assert!(page.contains("The models of this key could not be read"));
    assert!(page.contains("1 row came from the Agents API"));
    assert!(!seen(&page_of(&audited())).contains("could not be read: nothing is said"));
}

#[test]
fn every_row_has_a_cell_for_each_column_and_opens_to_all_that_is_known_of_it() {
    let page = page_of(&audited());
    let headings = between(&page, "<th ", "</th>").len();
    let table = between(page.split("<tbody").nth(1).unwrap(), "<tr ", "</tr>");
    assert_eq!(table.len(), audited().len());
    for row in &table {
        assert_eq!(row.matches("<td ").count(), headings, "{row}");
    }
    insta::assert_snapshot!(seen(&format!("<{}", table[0])), @r##"20 Bot 20 11111111-2222-3333-4444-aaaaaaaaaaaa read secret attachments Take it out Attach again and 1 more gpt-5 1 to 2 years Sales +49 30 123456 2024-02-02"##);
    insta::assert_snapshot!(seen(opened(&page)[0]), @r##"Findings high secret Take it out ( password in line 2 ) low attachments Attach again ( 5 ) How it is set up Model gpt-5 Creativity 0.30 Input type PROMPT Description 1 character Instructions 50,001 characters Conversation starters 2 Actions 3 Actions that ask for confirmation 1 Fields of the form 4 Attachments 5 Web search on Image generation off Data analyst not said Canvas not said Extended thinking not said Created 2024-01-02 03:04:05 UTC Last change 2024-02-02 03:04:05 UTC Age 455 days Unchanged for 424 days This row Cell 11111111-2222-3333-4444-AAAAAAAAAAAA Id 11111111-2222-3333-4444-aaaaaaaaaaaa Read from Assistants API Read 2025-04-01 08:00:01 UTC Requests 2, 0.412 s team Sales =phone +49 30 123456 Assistant, as the platform sent it without what looks like a secret { "assistant": { "instruction": "Be kind </script><b>" } }"##);
    assert!(opened(&page)[4].contains("Error:"));
}

#[test]
fn models_beyond_the_first_ten_share_a_bar_and_ages_have_one_each() {
    let mut rows: Vec<_> = (0..12_u8)
        .flat_map(|at| vec![read(at.into(), &format!("m{at:02}"), Vec::new()); 13 - usize::from(at)])
        .collect();
    for (row, days) in rows.iter_mut().zip([29, 30, 89, 90, 180, 364, 365, 729, 730, -3]) {
        row.configuration.as_mut().unwrap().unchanged_days = Some(days);
    }
    let page = page_of(&rows);
    let plots = between(&page, "<section class=\"card plot\"", "</section>");
    let models = seen(plots[0]);
    assert!(models.contains("m09 4 show 2 other models 5"), "{models}");
    assert!(!plots[0].contains("data-value=\"m10\""));
    let ages = seen(plots.last().unwrap());
    assert!(
        ages.contains(
            "less than 30 days 2 show 30 to 89 days 2 show 90 to 179 days 1 show 180 to 364 days 2"
        ),
        "{ages}"
    );
    assert_eq!(plots[0].matches("role=\"img\"").count(), 11);
}

#[test]
fn text_from_anywhere_stays_text() {
    let hostile = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'`&amp;\u{202e}";
    let mut row = read(2, hostile, vec![finding("secret", Weight::High, "Take it out", hostile)]);
    row.row.name = format!("{hostile}{}", "ü".repeat(10_000));
    row.row.input = hostile.into();
    row.row.carried = vec![hostile.into(), hostile.into()];
    let read = row.configuration.as_mut().unwrap();
    (read.input_type, read.temperature) =
        (hostile.into(), JsonText::new(serde_json::to_string(hostile).unwrap()));
    let mut settings = settings();
    settings.format.carried_columns = vec![hostile.into(), format!("owner {hostile}")];
    let mut facts = audit_facts();
    facts.run.base_url = Some(hostile.into());
    let document = serde_json::json!({hostile: [hostile]}).to_string();
    let page = page_with(&facts, &[row], &settings, &document);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains("<script>alert"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(seen(&page).contains("<script>alert(1)</script>"), "it is there to be read");
    assert!(page.contains(&"ü".repeat(10_000)));
}

#[test]
fn redacted_no_text_of_the_platform_is_left() {
    let planted = "PLANTED";
    let mut row = read(2, planted, vec![finding("model_unavailable", Weight::Medium, "Choose a model", "")]);
    row.row.name = planted.into();
    let set_up = row.configuration.as_mut().unwrap();
    (set_up.input_type, set_up.temperature) = (planted.into(), JsonText::new(format!("\"{planted}\"")));
    let mut refused = audited().remove(4);
    refused.row.failure.as_mut().unwrap().words = planted.into();
    // An audit may take it for a model of the key in another spelling.
    let mut spelled = read(3, &format!("gpt-5@{planted}"), Vec::new());
    spelled.row.name = planted.into();
    let rows = [row, refused, audited().remove(0), spelled];
    let mut facts = audit_facts();
    facts.run.stopped = Some(StopReason::ScopeMissing { missing: vec![planted.into()] });
    let document =
        JsonText::new(format!(r#"{{"model":"{planted}","type":"{planted}","a":["{planted}"]}}"#)).unwrap();
    let settings = ReportSettings { redact: true, ..settings() };
    let page = page_with(&facts, &rows, &settings, redact::strictly(&document).unwrap().get());
    let (mut table, mut lines) = (Vec::new(), Vec::new());
    rendered(csv(&settings, &mut table), &facts, &rows);
    rendered(json_lines(&settings, &mut lines), &facts, &rows);
    for text in [page.as_bytes(), &table, &lines] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(planted) && !text.contains("Bot"), "{text}");
        assert!(text.contains("7 characters") && text.contains("gpt-5") && text.contains("Sales"));
    }
    assert!(page.contains("Redacted: lengths stand in place"));
}

#[test]
fn over_five_thousand_rows_those_that_need_somebody_come_first_and_it_says_what_is_left_out() {
    let quiet = read(0, "gpt-5", Vec::new());
    let mut rows: Vec<_> = (2..6_002)
        .map(|line| AuditRow {
            row: ReportRow { line, carried: Vec::new(), ..quiet.row.clone() },
            ..quiet.clone()
        })
        .collect();
    rows.push(read(6_002, "gone", vec![finding("model_unavailable", Weight::Medium, "Choose a model", "")]));
    let page = page_with(&audit_facts(), &rows, &settings(), "{}");
    let lines = between(&page, "class=\"line\" data-label=\"Line\">", "<");
    assert_eq!((lines.len(), lines.first()), (5_000, Some(&"6002")));
    assert!(seen(&page).contains("This page shows 5,000 of 6,001 rows"));
    assert!(seen(&page).contains("1 of 6,001 assistants needs you"));
}

#[test]
fn what_cannot_be_looked_through_is_not_shown_and_what_is_too_large_is_left_out() {
    let row = read(2, "gpt-5", Vec::new());
    let mut overview = Overview::default();
    overview.count(&row, &settings());
    let mut out = Vec::new();
    let mut renderer = html(&settings(), overview, None, |_, _| None, &mut out);
    renderer.begin(&audit_facts()).unwrap();
    renderer.row(&row).unwrap();
    assert!(renderer.opens(&row).unwrap().is_some());
    renderer.opened(&row, Objects::default()).unwrap();
    renderer.finish().unwrap();
    assert!(String::from_utf8(out).unwrap().contains("it could not be looked through for secrets"));
    let rows = vec![row; 80];
    let large = serde_json::json!({"a": "x".repeat(400_000)}).to_string();
    let page = page_with(&audit_facts(), &rows, &settings(), &large);
    assert!(page.len() < 33 * 1024 * 1024 && page.contains("The raw objects of this row are left out"));
}
