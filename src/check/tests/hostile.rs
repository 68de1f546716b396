//! Bodies that nobody sends by accident.

use std::time::{Duration, Instant};

use super::{ID, body, record, verdict};
use crate::check::compare::compare;
use crate::engine::record::{Nonsense, Side, read};

/// Far more than any of these bodies takes on a busy machine, far less than a quadratic way would.
const SOON: Duration = Duration::from_secs(600);

fn refused(bytes: &[u8]) -> Nonsense {
    read(Side::Assistant, bytes, ID).unwrap_err()
}

/// The members of a record that is `levels` levels deep, root included.
fn deep(levels: usize) -> String {
    // The answer and the record are levels 1 and 2.
    let lists = levels - 2;
    format!(r#""later":{}1{}"#, "[".repeat(lists), "]".repeat(lists))
}

#[test]
fn more_than_128_levels_make_no_sense() {
    let deepest = deep(128);
    assert_eq!(verdict(&deepest, &deepest).differences, []);
    assert_eq!(verdict(&deepest, "").differences.len(), 1);
    assert_eq!(refused(body("assistant", &deep(129)).as_bytes()).to_string(), "more than 128 levels");
    assert_eq!(refused(body("assistant", &deep(100_002)).as_bytes()), Nonsense::TooDeep);
    let objects = format!(r#""later":{}1{}"#, r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(refused(body("assistant", &objects).as_bytes()), Nonsense::TooDeep);
    assert!(refused("[".repeat(100_000).as_bytes()).to_string().starts_with("not JSON: EOF"));
}

#[test]
fn bytes_that_are_not_utf_8_make_no_sense() {
    let mut bytes = body("assistant", r#""name":"Grüße""#).into_bytes();
    assert!(read(Side::Assistant, &bytes, ID).is_ok());
    let place = bytes.iter().position(|byte| *byte == 0xC3).unwrap();
    bytes[place] = 0xFF;
    assert_eq!(refused(&bytes).to_string(), "text that is not UTF-8");
    assert_eq!(refused(&[0xC0, 0x80]), Nonsense::NotUtf8);
}

#[test]
fn doubled_keys_surrogates_and_numbers_that_are_none_make_no_sense() {
    for (members, words) in [
        (r#""name":"a","name":"a""#, r#"key "name" stands twice"#),
        (r#""later":{"x":[{"y":1,"y":1}]}"#, r#"key "y" stands twice"#),
        (r#""name":"\ud83d""#, "half of a surrogate pair in a text"),
        (r#""temperature":NaN"#, "not JSON: expected value"),
        (r#""temperature":-Infinity"#, "not JSON: invalid number"),
        (r#""temperature":.5"#, "not JSON: expected value"),
    ] {
        let said = refused(body("assistant", members).as_bytes()).to_string();
        assert!(said.starts_with(words), "{members}: {said}");
    }
}

#[test]
fn huge_numbers_are_numbers() {
    let digits = "9".repeat(1_000_000);
    assert_eq!(verdict(&format!(r#""later":{digits}"#), &format!(r#""later":{digits}.0"#)).differences, []);
    let found = verdict(&format!(r#""later":{digits}"#), &format!(r#""later":{digits}1"#));
    assert_eq!(found.differences.len(), 1);
    assert!(found.differences[0].short.chars().count() < 300);
    assert_eq!(verdict(r#""temperature":1e999999999"#, r#""temperature":1e-999999999"#).differences.len(), 1);
}

#[test]
fn an_object_of_many_keys_and_a_list_of_many_elements_take_no_quadratic_time() {
    let began = Instant::now();
    let many =
        |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let keys = many(100_000, &|number| format!(r#""k{number}":{number}"#));
    let backwards = many(100_000, &|number| format!(r#""k{0}":{0}"#, 99_999 - number));
    assert_eq!(verdict(&keys, &backwards).differences, []);

    let namesakes = |from: usize| {
        format!(
            r#""inputFields":[{}]"#,
            many(50_000, &|number| format!(r#"{{"slug":"s","order":{}}}"#, number + from))
        )
    };
    let assistant = record(Side::Assistant, &namesakes(0));
    let agent = record(Side::Agent, &namesakes(1));
    assert_eq!(compare(&assistant, &agent).differences.len(), 1);

    // Nothing tells them apart, only their order does, and nothing agrees but the missing order.
    for field in
        ["{}", r#"{"label":"l","order":0}"#, r#"{"order":N}"#, r#"{"label":"N SIDE","required":true}"#]
    {
        let fields = |side: &str| {
            let field = |number: usize| field.replace('N', &number.to_string()).replace("SIDE", side);
            record(Side::Agent, &format!(r#""inputFields":[{}]"#, many(20_000, &field)))
        };
        let differing = if field.contains("SIDE") { 20_000 } else { 0 };
        assert_eq!(compare(&fields("one"), &fields("other")).differences.len(), differing, "{field}");
    }

    let ids = many(100_000, &|number| format!(r#""file {number}""#));
    assert_eq!(verdict(&format!(r#""attachments":[{ids}]"#), r#""attachments":[]"#).differences.len(), 1);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}
