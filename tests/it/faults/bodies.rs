//! 200 with a body that makes no sense: cut, doubled, swollen, another's, or with a field of another type.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::faults::answers::{body, body_as_it_is, bomb, packed, too_large};
use crate::faults::cases::{Case, try_all};
use crate::faults::reading::{ALWAYS, Comes, READS, Reading, case, each_read_at_each_place, error};
use crate::faults::workspace::{Answer, Call, Good, Place};
use crate::support::extent::{Extent, sampled};
use crate::support::id;
use crate::support::raw_server::{Step, whole};

/// The object in the answer of either call.
fn object(good: &mut Value) -> &mut Value {
    let key = if good.get("assistant").is_some() { "assistant" } else { "agent" };
    &mut good[key]
}

/// The answer with its object changed.
fn with(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Answer {
    body(move |good| {
        let mut answer = good.body.clone();
        change(object(&mut answer));
        answer.to_string().into_bytes()
    })
}

/// The answer with a piece of its text in place of another.
fn spelled(from: &'static str, to: impl Into<Vec<u8>>) -> Answer {
    let to = to.into();
    body(move |good| {
        let text = good.bytes();
        let at = text.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        [&text[..at], &to, &text[at + from.len()..]].concat()
    })
}

fn cut(good: &Good, keep: usize) -> Vec<u8> {
    let mut text = good.bytes();
    text.truncate(keep.min(text.len() - 1));
    text
}

/// What the case is, the answer, and what its `error` has to name.
fn senseless() -> Vec<(&'static str, Answer, &'static str)> {
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    vec![
        ("cut in its middle", body(|good| cut(good, good.bytes().len() / 2)), ""),
        ("cut before its last byte", body(|good| cut(good, usize::MAX)), ""),
        ("empty", body_as_it_is(200, ""), ""),
        ("null", body_as_it_is(200, "null"), ""),
        ("a list", body_as_it_is(200, "[]"), ""),
        ("no object in it", body_as_it_is(200, r#"{"status":"success"}"#), ""),
        ("two values", body(|good| [good.bytes(), b" {}".to_vec()].concat()), ""),
        ("not a success", spelled(r#""status":"success""#, r#""status":"error""#), ""),
        (
            "an error in place of the object",
            body_as_it_is(200, r#"{"status":"error","message":"The index is rebuilt"}"#),
            "The index is rebuilt",
        ),
        (
            "an error in other names",
            body_as_it_is(200, r#"{"status":"failed","errorCode":"E7","errorMessage":"Model is gone"}"#),
            "E7: Model is gone",
        ),
        ("the object as text", with(|object| *object = json!(object.to_string())), ""),
        ("another's id", with(|object| object["id"] = json!(id(99))), "id"),
        ("another row's answer", with(|object| object["id"] = json!(id(2))), "id"),
        ("no id", with(|object| _ = object.as_object_mut().unwrap().remove("id")), "id"),
        ("a doubled key", spelled(r#""name":"#, r#""name":"Travel","name":"#), "name"),
        ("a doubled key deep inside", spelled(r#""slug":"#, r#""slug":"topic","slug":"#), "slug"),
        ("the object twice", spelled(r#"{"status""#, r#"{"assistant":{},"agent":{},"status""#), ""),
        ("100,000 brackets open", body(|_| "[".repeat(100_000).into_bytes()), ""),
        (
            "100,000 brackets in an unknown field",
            spelled(r#""name":"#, format!(r#""odd":{nested},"name":"#)),
            "",
        ),
        ("100,000 brackets in a known field", spelled(r#""topic""#, nested), ""),
        ("bytes that are no UTF-8", spelled("Assistant", b"Assist\xffant"), "UTF-8"),
        ("half a surrogate in UTF-8", spelled("Assistant", b"Assist\xed\xa0\x80ant"), "UTF-8"),
        (
            "UTF-16",
            body(|good| good.body.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect()),
            "",
        ),
        ("33 MiB", body(too_large), "32 MiB"),
        ("300 MB in 2 MB", packed(|_| bomb()), "32 MiB"),
        ("called packed and is not", packed(Good::bytes), ""),
        ("201", body_as_it_is(201, "{}"), "201"),
        ("204", Arc::new(|_| vec![Step::Send(b"HTTP/1.1 204 Said\r\n\r\n".to_vec())]), "204"),
        ("206", Arc::new(|good| whole(206, &[], &good.bytes())), "206"),
    ]
}

fn nonsense(call: Call, names: &str) -> Comes {
    // "An answer that makes no sense: `failed`, saying so."
    let mut words = error(call, "2", "makes no sense");
    words.push(names.to_owned());
    Comes::of("failed", words, "the platform's support", 3)
}

fn a_body_that_makes_no_sense_fails_its_row_and_no_other(extent: Extent) {
    let mut cases = Vec::new();
    for (what, answer, names) in senseless() {
        for (call, place) in each_read_at_each_place() {
            if what == "another row's answer" && place.row() == 2 {
                continue;
            }
            cases.push(case(what, (call, place), answer.clone(), ALWAYS, nonsense(call, names)));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

/// Values of every other type; an empty text, list or object is the same as none, so that none is here.
fn other_types(of: &Value) -> Vec<Value> {
    let all = [json!("odd"), json!(7), json!(true), json!(["odd"]), json!({"odd": 1})];
    all.into_iter().filter(|value| std::mem::discriminant(value) != std::mem::discriminant(of)).collect()
}

/// Every known field, with a value of its type (PLATFORM.md, The object): where it is, and what it
/// holds.
fn fields() -> Vec<(&'static str, Value)> {
    let (text, flag, number, list) = (json!("text"), json!(true), json!(0.5), json!([]));
    vec![
        ("/id", text.clone()),
        ("/name", text.clone()),
        ("/description", text.clone()),
        ("/instruction", text.clone()),
        ("/emojiIcon", text.clone()),
        ("/model", text.clone()),
        ("/temperature", number.clone()),
        ("/conversationStarters", list.clone()),
        ("/conversationStarters/0", text.clone()),
        ("/inputType", text.clone()),
        ("/webSearchEnabled", flag.clone()),
        ("/imageGenerationEnabled", flag.clone()),
        ("/codeInterpreterEnabled", flag.clone()),
        ("/canvasEnabled", flag.clone()),
        ("/extendedThinking", flag.clone()),
        ("/actions", list.clone()),
        ("/actions/0", json!({})),
        ("/actions/0/actionId", text.clone()),
        ("/actions/0/requiresConfirmation", flag.clone()),
        ("/inputFields", list.clone()),
        ("/inputFields/0", json!({})),
        ("/inputFields/0/slug", text.clone()),
        ("/inputFields/0/type", text.clone()),
        ("/inputFields/0/label", text.clone()),
        ("/inputFields/0/description", text.clone()),
        ("/inputFields/0/required", flag),
        ("/inputFields/0/order", number),
        ("/inputFields/0/options", list.clone()),
        ("/inputFields/0/options/0", text.clone()),
        // A text is as good as a list here.
        ("/inputFields/0/fileTypes/0", text.clone()),
        ("/knowledgeFolderIds", list.clone()),
        ("/knowledgeFolderIds/0", text.clone()),
        ("/attachments", list),
        ("/attachments/0", text.clone()),
        ("/createdAt", text.clone()),
        ("/updatedAt", text),
    ]
}

fn a_known_field_of_another_type_makes_no_sense(extent: Extent) {
    let mut cases: Vec<Case<Reading>> = Vec::new();
    let mut places = Place::ALL.into_iter().cycle();
    for (field, value) in fields() {
        for wrong in other_types(&value) {
            for (call, place) in READS.into_iter().zip(places.by_ref()) {
                let name = format!("{field} is {wrong}");
                let wrong = wrong.clone();
                let answer = with(move |object| {
                    object["inputFields"][0]["fileTypes"] = json!(["pdf"]);
                    object["inputFields"][0]["options"] = json!(["one"]);
                    object["knowledgeFolderIds"] = json!(["one"]);
                    *object.pointer_mut(field).unwrap() = wrong.clone();
                });
                let key = field.split('/').rfind(|part| part.parse::<u8>().is_err()).unwrap();
                let case = case(&name, (call, place), answer, ALWAYS, nonsense(call, key));
                cases.push(case.like(field));
            }
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

fn what_is_odd_and_makes_sense_is_verified(extent: Extent) {
    let odd: [(&str, Answer); 4] = [
        ("blanks around it", body(|good| [b"\r\n\t ".as_slice(), &good.bytes(), b"\n\n"].concat())),
        (
            "the id in capitals",
            with(|object| object["id"] = json!(object["id"].as_str().unwrap().to_uppercase())),
        ),
        (
            "a form without its slug, choices and file types",
            with(|object| {
                for hidden in ["slug", "options", "fileTypes"] {
                    object["inputFields"][0].as_object_mut().unwrap().remove(hidden);
                }
            }),
        ),
        ("called text", Arc::new(|good| whole(200, &[("content-type", "text/plain")], &good.bytes()))),
    ];
    let mut cases = Vec::new();
    for (what, answer) in odd {
        for call in READS {
            cases.push(case(what, (call, Place::Middle), answer.clone(), ALWAYS, Comes::well()));
        }
    }
    try_all(&extent.of(cases), Reading::check);
}

sampled! {
    a_body_that_makes_no_sense_fails_its_row_and_no_other
    a_known_field_of_another_type_makes_no_sense
    what_is_odd_and_makes_sense_is_verified
}
