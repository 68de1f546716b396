//! What holds for every record.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use super::ID;
use crate::base::{JsonText, NoteKind};
use crate::check::compare::{Verdict, compare};
use crate::check::proposed::proposed;
use crate::engine::record::{Json, Record, Side, read};

type Members = Map<String, Value>;

fn record(side: Side, members: &Members) -> Record {
    let mut object = members.clone();
    object.insert("id".to_owned(), json!(ID.to_string()));
    let answer = json!({ "status": "success", "agent": object });
    read(side, answer.to_string().as_bytes(), ID).unwrap()
}

/// The verdict, but for the note that a form is not shown whole: it is due of equal forms, too.
fn verdict(assistant: &Members, agent: &Members) -> Verdict {
    let mut verdict = compare(&record(Side::Assistant, assistant), &record(Side::Agent, agent));
    verdict.notes.retain(|note| note.kind != NoteKind::NotShown);
    verdict
}

/// Any JSON, of keys and texts that meet each other now and then.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2.0..2.0_f64).prop_map(Value::from),
        select(vec!["", " ", "x", "1", "(none)", "a; b -> c"]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        id(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(select(vec!["a", "b", "c", "odd key"]), inner, 0..4).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

fn uuid() -> impl Strategy<Value = String> {
    any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string())
}

fn id() -> impl Strategy<Value = Value> {
    uuid().prop_map(Value::from)
}

fn text() -> impl Strategy<Value = Value> {
    any::<String>().prop_map(Value::from)
}

fn flag() -> impl Strategy<Value = Value> {
    any::<bool>().prop_map(Value::from)
}

fn elements(
    key: &'static str,
    names: impl Strategy<Value = String>,
    flag_name: &'static str,
) -> impl Strategy<Value = Value> {
    btree_map(names, (flag(), anything()), 0..4).prop_map(move |elements| {
        elements
            .into_iter()
            .map(|(name, (flag, later))| json!({ key: name, flag_name: flag, "later": later }))
            .collect()
    })
}

/// Fields as production shows them, without slugs: of few orders and labels, so that some share them. Now and then they
/// all have a slug.
fn form() -> impl Strategy<Value = Value> {
    let field = (0..4_u8, select(vec!["", "A", "B"]), select(vec!["TEXT", "DATE"]), flag(), anything());
    (vec(field, 0..6), any::<Index>()).prop_map(|(fields, has)| {
        let [has_order, has_slug, has_later] = [1, 2, 4].map(|bit| has.index(8) & bit > 0);
        let fields = fields.into_iter().enumerate().map(|(place, (order, label, kind, required, later))| {
            let mut field = json!({ "label": label, "type": kind, "required": required });
            if has_order {
                field["order"] = json!(order);
            }
            if has_slug {
                field["slug"] = json!(format!("slug {place}"));
            }
            if has_later {
                field["later"] = later;
            }
            field
        });
        fields.collect()
    })
}

/// Any record: known fields of their types, and unknown ones.
fn members() -> impl Strategy<Value = Members> {
    let known: Vec<(&str, BoxedStrategy<Value>)> = vec![
        ("name", text().boxed()),
        ("description", text().boxed()),
        ("instruction", text().boxed()),
        ("emojiIcon", text().boxed()),
        ("model", text().boxed()),
        // With no more digits than serde_json reads exactly.
        ("temperature", (0..64_i8).prop_map(|part| Value::from(f64::from(part) / 64.0)).boxed()),
        ("conversationStarters", vec(text(), 0..4).prop_map(Value::from).boxed()),
        ("inputType", text().boxed()),
        ("webSearchEnabled", flag().boxed()),
        ("imageGenerationEnabled", flag().boxed()),
        ("codeInterpreterEnabled", flag().boxed()),
        ("canvasEnabled", flag().boxed()),
        ("extendedThinking", flag().boxed()),
        ("actions", elements("actionId", uuid(), "requiresConfirmation").boxed()),
        ("inputFields", prop_oneof![elements("slug", any::<String>(), "required"), form()].boxed()),
        ("attachments", vec(id(), 0..4).prop_map(Value::from).boxed()),
        ("later", anything().boxed()),
        ("knowledgeFolderIds", vec(id(), 0..4).prop_map(Value::from).boxed()),
        ("settings", anything().boxed()),
    ];
    let (names, values): (Vec<&str>, Vec<_>) = known.into_iter().unzip();
    (values, btree_set(0..names.len(), 0..names.len())).prop_map(move |(values, absent)| {
        names
            .iter()
            .zip(values)
            .enumerate()
            .filter(|(place, _)| !absent.contains(place))
            .map(|(_, (name, value))| ((*name).to_owned(), value))
            .collect()
    })
}

fn is_empty(value: &Value) -> bool {
    Json::read(&value.to_string()).unwrap().is_empty()
}

fn reversed(members: &mut Members, name: &str) {
    if let Some(Value::Array(items)) = members.get_mut(name) {
        items.reverse();
    }
}

/// Null, absent and empty members change places.
fn with_empties_exchanged(members: &Members, choices: &[Index]) -> Members {
    let known_lists = ["conversationStarters", "actions", "inputFields", "attachments", "knowledgeFolderIds"];
    members
        .iter()
        .zip(choices.iter().cycle())
        .filter_map(|((name, value), choice)| {
            let known_empty = if known_lists.contains(&name.as_str()) { json!([]) } else { Value::Null };
            match (is_empty(value), choice.index(3)) {
                (false, _) => Some((name.clone(), value.clone())),
                (true, 0) => None,
                (true, 1) => Some((name.clone(), Value::Null)),
                (true, _) => Some((name.clone(), known_empty)),
            }
        })
        .collect()
}

/// Every place of the record, as a JSON pointer, at which something is set that cannot be mistaken for another: members
/// of objects, and last items of lists. Keys of elements stay, since without them there is no element, and so does what
/// the list holds a second time.
fn set_places(value: &Value, place: &str, found: &mut Vec<String>) {
    if is_empty(value) || place == "/codeInterpreterEnabled" {
        return;
    }
    found.push(place.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if !["actionId", "slug"].contains(&name.as_str()) {
                    set_places(member, &format!("{place}/{name}"), found);
                }
            }
        }
        Value::Array(items) => {
            if let Some((last, others)) = items.split_last()
                && !others.contains(last)
            {
                found.push(format!("{place}/{}", items.len() - 1));
                // Lists in lists are compared in order: what is inside of an item is compared with that item.
                set_places(last, &format!("{place}/{}", items.len() - 1), found);
            }
        }
        _ => {}
    }
}

fn remove(record: &mut Value, place: &str) {
    let (above, last) = place.rsplit_once('/').unwrap();
    match record.pointer_mut(above).unwrap() {
        Value::Object(members) => drop(members.shift_remove(&last.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(last.parse::<usize>().unwrap())),
        other => panic!("{place}: {other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_record_is_the_same_as_itself(it in members()) {
        prop_assert_eq!(verdict(&it, &it), Verdict::default());
    }

    #[test]
    fn the_order_of_keys_and_sets_does_not_matter(it in members()) {
        let mut other: Members = it.clone().into_iter().rev().collect();
        for name in ["actions", "inputFields", "attachments", "knowledgeFolderIds"] {
            reversed(&mut other, name);
        }
        prop_assert_eq!(verdict(&it, &other), Verdict::default());
    }

    #[test]
    fn null_absent_and_empty_are_one(it in members(), choices in vec(any::<Index>(), 1..8)) {
        let other = with_empties_exchanged(&it, &choices);
        prop_assert_eq!(verdict(&it, &other), Verdict::default());
        prop_assert_eq!(verdict(&other, &it), Verdict::default());
    }

    #[test]
    fn nothing_that_was_set_vanishes_silently(it in members(), which in any::<Index>()) {
        let set: Vec<String> =
            it.iter().filter(|(_, value)| !is_empty(value)).map(|(name, _)| name.clone()).collect();
        prop_assume!(!set.is_empty());
        let name = &set[which.index(set.len())];
        let mut other = it.clone();
        other.remove(name);
        let found = verdict(&it, &other);
        if name == "codeInterpreterEnabled" {
            prop_assert!(found.differences.is_empty());
            prop_assert_eq!(found.notes[0].kind, NoteKind::DroppedByPlatform);
        } else {
            prop_assert!(!found.differences.is_empty());
            prop_assert!(found.differences.iter().all(|difference| difference.field.starts_with(name)));
        }
        // The other way round, a known field is a difference as well, but for folders; an unknown one is a note.
        let back = verdict(&other, &it);
        let is_unknown = ["later", "knowledgeFolderIds", "settings"].contains(&name.as_str());
        prop_assert_eq!(back.differences.is_empty(), is_unknown);
        prop_assert_eq!(back.notes.is_empty(), !is_unknown);
    }

    #[test]
    fn nothing_that_was_set_inside_a_field_vanishes_silently(it in members(), which in any::<Index>()) {
        let mut set = Vec::new();
        for (name, value) in &it {
            set_places(value, &format!("/{}", name.replace('~', "~0").replace('/', "~1")), &mut set);
        }
        prop_assume!(!set.is_empty());
        let place = &set[which.index(set.len())];
        let mut other = Value::Object(it.clone());
        remove(&mut other, place);
        let Value::Object(other) = other else { unreachable!() };
        let found = verdict(&it, &other);
        let field = place.split('/').nth(1).unwrap();
        prop_assert!(!found.differences.is_empty(), "{} {:?}", place, it);
        prop_assert!(found.differences.iter().all(|difference| difference.field.starts_with(field)));
    }

    #[test]
    fn a_number_is_the_same_in_every_spelling_of_its_value(
        digits in -99_999_i32..=99_999, places in 1_u32..6, field in select(vec!["temperature", "later", "order"]),
    ) {
        let value = f64::from(digits) / 10_f64.powi(i32::try_from(places).unwrap());
        let whole = places as usize;
        let spellings = [
            format!("{digits}e-{places}"),
            format!("{value:.whole$}"),
            format!("{value:.whole$}000"),
            format!("{}E-{}", i64::from(digits) * 10, places + 1),
            format!("{value:.whole$}e+0"),
        ];
        let of = |number: &str| match field {
            "order" => super::record(Side::Agent, &format!(r#""inputFields":[{{"slug":"a","order":{number}}}]"#)),
            _ => super::record(Side::Agent, &format!(r#""{field}":{number}"#)),
        };
        for (one, other) in spellings.iter().zip(spellings.iter().cycle().skip(1)) {
            prop_assert_eq!(compare(&of(one), &of(other)), Verdict::default(), "{} {}", one, other);
            let more = format!("{}e-{places}", i64::from(digits) + 1);
            prop_assert_eq!(compare(&of(one), &of(&more)).differences.len(), 1, "{} {}", one, more);
        }
        // The number 0 is a value.
        prop_assert_eq!(compare(&of(&spellings[0]), &of("null")).differences.len(), 1);
    }

    #[test]
    fn a_field_that_only_the_agent_has_is_a_note(it in members(), value in anything()) {
        let mut other = it.clone();
        other.insert("newerThanUs".to_owned(), value.clone());
        let found = verdict(&it, &other);
        prop_assert_eq!(found.differences, []);
        prop_assert_eq!(found.notes.len(), usize::from(!is_empty(&value)));
    }

    #[test]
    fn two_unknown_values_are_compared_without_panic_and_both_ways(one in anything(), other in anything()) {
        let of = |value: &Value| Members::from_iter([("later".to_owned(), value.clone())]);
        let (there, back) = (verdict(&of(&one), &of(&other)), verdict(&of(&other), &of(&one)));
        // What differs or is extra in one direction is so in the other.
        prop_assert_eq!(there == Verdict::default(), back == Verdict::default());
        for difference in there.differences.iter().chain(&back.differences) {
            prop_assert!(difference.short.chars().count() <= 2_000, "{}", difference.short);
            prop_assert_ne!(&difference.old, &difference.new);
        }
    }

    #[test]
    fn any_two_records_can_be_compared(one in members(), other in members()) {
        let found = verdict(&one, &other);
        prop_assert_eq!(found.differences.is_empty(), found.status() == crate::base::RowStatus::Verified);
    }

    #[test]
    fn the_proposed_agent_is_json_without_unknown_fields(it in members()) {
        let text = proposed(&record(Side::Assistant, &it));
        let back: Members = serde_json::from_str(text.get()).unwrap();
        prop_assert!(!back.contains_key("later") && !back.contains_key("temperature"));
        prop_assert_eq!(back.get("creativity"), it.get("temperature"));
        prop_assert_eq!(back.get("instruction"), it.get("instruction"));
    }

    #[test]
    fn json_is_written_as_it_was_read(value in anything()) {
        let json = Json::read(&value.to_string()).unwrap();
        prop_assert_eq!(Json::read(&json.compact()).unwrap(), json.clone());
        prop_assert_eq!(json.to_json_text(), JsonText::new(value.to_string()).unwrap());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(read(Side::Agent, &bytes, ID).is_err());
    }

    #[test]
    fn no_text_that_looks_like_json_makes_the_reader_panic(
        text in r#"[\[\]{}:,"\\ud80a-f0-9tnrulse.+ -]{0,60}"#,
    ) {
        let ours = Json::read(&text);
        let theirs: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
        prop_assert!(theirs.is_ok() || ours.is_err());
    }
}
