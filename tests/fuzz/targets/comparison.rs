//! Two records: what the comparison says holds against a second, plain one, and so does what reports make of it.

use agent_migrate::base::{Encoding, InputFormat, LineEnd, NoteKind, Pair, ReportRow, RowStatus};
use agent_migrate::check::{Verdict, compare, proposed};
use agent_migrate::engine::record::{Record, Side, read};
use agent_migrate::engine::report::page::PageOptions;
use agent_migrate::engine::report::{Dialect, ReportSettings};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::pages::{self, OWN};

mod made;
mod plain;

/// The id of every record.
pub(crate) const ID: Uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);

/// Compares two records. After an even byte their members are spelled out, parted by a byte that no text holds (0xFF);
/// after an odd one they are made from the bytes. Where it is 0xF0 or more, reports are made of them, too.
pub fn comparison(data: &[u8]) {
    let [choice, rest @ ..] = data else { return };
    if choice & 1 == 0 {
        let mut sides = rest.splitn(2, |byte| *byte == 0xFF);
        let [one, other] = [sides.next(), sides.next()].map(|side| body(side.unwrap_or_default()));
        both([&one, &other], *choice);
    } else {
        let made::Pair { one, other, other_reordered } = made::pair(rest);
        let [one, other, reordered] = [&one, &other, &other_reordered].map(|text| body(text.as_bytes()));
        if let (Some(there), Some(same)) = (both([&one, &other], *choice), both([&one, &reordered], 0)) {
            assert_eq!(there.status(), same.status(), "{there:?} {same:?}");
            assert_eq!(fields(&there), fields(&same), "the order of sets does not count");
        }
    }
}

/// The answer of either call with these members.
fn body(members: &[u8]) -> Vec<u8> {
    let members = members.trim_ascii();
    let comma: &[u8] = if members.is_empty() { b"" } else { b"," };
    let id = format!("{{\"status\":\"success\",\"agent\":{{\"id\":\"{ID}\"");
    [id.as_bytes(), comma, members, b"}}"].concat()
}

/// Where the two differ, in no order.
fn fields(verdict: &Verdict) -> Vec<&str> {
    let mut fields: Vec<&str> =
        verdict.differences.iter().map(|difference| difference.field.as_str()).collect();
    fields.sort_unstable();
    fields
}

/// All that holds for two bodies; the verdict, if both make sense.
fn both(bodies: [&[u8]; 2], choice: u8) -> Option<Verdict> {
    let [one, other] = [(Side::Assistant, bodies[0]), (Side::Agent, bodies[1])].map(|(side, body)| {
        let record = read(side, body, ID);
        if let Err(nonsense) = &record {
            let words = nonsense.to_string();
            assert!(words.chars().count() < 1_000 && !words.contains(char::is_control), "{words}");
        }
        record
    });
    let (one, other) = (one.ok()?, other.ok()?);
    for (record, body) in [(&one, bodies[0]), (&other, bodies[1])] {
        is_the_same_as_itself(record, &read(Side::Agent, body, ID).unwrap());
    }
    let verdict = compare(&one, &other);
    if bodies[0] == bodies[1] {
        assert_eq!(verdict.differences, []);
    }
    let back = compare(&other, &one);
    assert_eq!(is_clean(&verdict), is_clean(&back), "{verdict:?} {back:?}");
    if let (Some(one), Some(other)) = (object(bodies[0]), object(bodies[1])) {
        fits_the_plain_one(&verdict, &one, &other);
    }
    can_be_read_by_people(&verdict);
    // Reports take ten times as long as all the rest.
    if choice >> 4 == 15 {
        can_be_reported(&verdict, &one, bodies);
    }
    Some(verdict)
}

fn is_the_same_as_itself(record: &Record, again: &Record) {
    assert_eq!(record, again);
    assert!(is_clean(&compare(record, again)));
}

/// Nothing differs, not even harmlessly. A time that cannot be read differs from nothing, nor does what is not shown.
fn is_clean(verdict: &Verdict) -> bool {
    let is_of_one = |kind| matches!(kind, NoteKind::UnreadableTime | NoteKind::NotShown);
    verdict.differences.is_empty() && verdict.notes.iter().all(|note| is_of_one(note.kind))
}

/// The record as a second reader sees it; `None` where a number is too much for it.
fn object(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Value>(body).ok()?.get_mut("agent")?.take() {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn fits_the_plain_one(verdict: &Verdict, one: &Map<String, Value>, other: &Map<String, Value>) {
    let hidden = verdict.notes.iter().filter(|note| note.kind == NoteKind::NotShown).count();
    assert_eq!(hidden, usize::from(plain::is_form_hidden(one, other)), "{verdict:?}");
    let fields = plain::fields(one, other);
    for (name, is_same) in &fields {
        let begins = |field: &str| {
            field
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let is_told = verdict.differences.iter().any(|difference| begins(&difference.field));
        match is_same {
            // A name that is no plain word is quoted.
            Some(false) if plain::is_word(name) => assert!(is_told, "{name}: {verdict:?}"),
            Some(true) => assert!(!is_told, "{name}: {verdict:?}"),
            _ => {}
        }
    }
    if fields.iter().any(|(_, is_same)| *is_same == Some(false)) {
        assert_eq!(verdict.status(), RowStatus::Mismatch, "{fields:?}");
    }
    if fields.iter().all(|(_, is_same)| *is_same == Some(true)) {
        assert_eq!(verdict.status(), RowStatus::Verified, "{verdict:?}");
    }
}

fn can_be_read_by_people(verdict: &Verdict) {
    for difference in &verdict.differences {
        assert_ne!(difference.old, difference.new);
        if let [old, new] = difference.short.split(" -> ").collect::<Vec<_>>()[..] {
            assert_ne!(old, new, "{}: the excerpt shows no difference", difference.field);
        }
    }
    let texts = verdict.differences.iter().map(|difference| (&difference.field, &difference.short));
    let notes = verdict.notes.iter().map(|note| (&note.field, &note.short));
    for (field, short) in texts.chain(notes) {
        assert!(field.chars().count() <= 250 && short.chars().count() <= 2_000, "{field}: {short}");
        for text in [field, short] {
            assert!(
                !text.contains(|c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)),
                "{text:?}"
            );
        }
    }
}

fn can_be_reported(verdict: &Verdict, assistant: &Record, bodies: [&[u8]; 2]) {
    let proposed = proposed(assistant);
    let row = ReportRow {
        name: assistant.name().to_owned(),
        status: verdict.status(),
        differences: verdict.differences.clone(),
        notes: verdict.notes.clone(),
        carried: vec![assistant.text("description").unwrap_or_default().to_owned()],
        proposed: Some(proposed),
        ..pages::plain_row(2, "a cell", Some(Pair::same(ID)))
    };
    let format = InputFormat {
        encoding: Encoding::Utf8,
        bom: false,
        delimiter: b',',
        line_end: LineEnd::Lf,
        carried_columns: vec!["team".to_owned()],
    };
    let mut settings =
        ReportSettings { format, dialect: Dialect::Input, redact: false, page: PageOptions::default() };
    for redact in [false, true] {
        settings.redact = redact;
        let cells = pages::harmless_cells(&pages::csv(&settings, std::slice::from_ref(&row)), b',');
        assert!(cells.len() == 2 && cells[1].len() == OWN + 1);
        let json = pages::json(&settings, std::slice::from_ref(&row));
        let lines: Vec<&str> = json.lines().collect();
        let [_, line] = lines[..] else { panic!("{json}") };
        // Numbers that no float can hold are spelled as they came, which this reader refuses.
        if let Ok(line) = serde_json::from_str::<Value>(line) {
            assert_eq!(line["changes"].as_array().map(Vec::len), Some(row.differences.len()));
        }
        if !redact {
            let page = pages::html(&settings, &row, bodies);
            for tag in ["<script", "</script"] {
                assert_eq!(page.matches(tag).count(), 2, "{tag} in a text gets out of its place");
            }
        }
    }
}
