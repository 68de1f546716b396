//! The module as a whole, seen from its face.

mod facts;
mod hostile;
mod properties;
mod reading;

use uuid::Uuid;

use super::compare::{Verdict, compare};
use crate::base::Lang;
use crate::engine::record::{FIELDS, Field, Nonsense, Record, Rule, Side, read};
use crate::engine::report::page::label;

/// The id that every record of the tests has.
const ID: Uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);

/// The body of a 200 answer whose object holds that id and these members (JSON without the braces).
fn body(key: &str, members: &str) -> String {
    let comma = if members.trim().is_empty() { "" } else { "," };
    format!(r#"{{"status":"success","{key}":{{"id":"{ID}"{comma}{members}}}}}"#)
}

fn try_record(side: Side, members: &str) -> Result<Record, Nonsense> {
    let key = if side == Side::Assistant { "assistant" } else { "agent" };
    read(side, body(key, members).as_bytes(), ID)
}

fn record(side: Side, members: &str) -> Record {
    try_record(side, members).unwrap_or_else(|nonsense| panic!("{members}: {nonsense}"))
}

fn verdict(assistant: &str, agent: &str) -> Verdict {
    compare(&record(Side::Assistant, assistant), &record(Side::Agent, agent))
}

#[test]
fn every_field_that_is_compared_is_called_by_a_name_of_the_web_app() {
    let is_shown = |field: &&Field| !matches!(field.rule, Rule::Id | Rule::Time);
    for field in FIELDS.iter().filter(is_shown) {
        let said = Lang::ALL.map(|lang| label(field.name, lang));
        assert!(!said.contains(&field.name.to_owned()), "{said:?}");
        let Rule::Keyed(element) = field.rule else { continue };
        for inside in element.fields.iter().filter(is_shown) {
            let german = label(&format!("{}[x].{}", field.name, inside.name), Lang::De);
            assert!(!german.ends_with(&format!(" {}", inside.name)), "{german}");
        }
    }
}
