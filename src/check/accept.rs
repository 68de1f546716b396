//! `--accept FIELD`: differences that somebody has decided to live with.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::record::{FIELDS, Path};

/// Fields in which a difference is only a note. Clones share one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted(Arc<BTreeSet<String>>);

impl Accepted {
    /// Those with these names: the platform's read names, as the report has them.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(names.into_iter().collect()))
    }

    /// Their names, in the alphabet's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The names of no field that the program knows: those that the platform has added, and slips of the pen.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| FIELDS.iter().all(|field| field.name != *name))
    }

    /// Whether the place is in one of them.
    pub(super) fn holds(&self, path: &Path<'_>) -> bool {
        !self.0.is_empty() && path.field().is_some_and(|field| self.0.contains(field))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::base::{NoteKind, RowStatus};
    use crate::engine::record::{Record, Side, read};

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    fn record(side: Side, fields: &serde_json::Value) -> Record {
        let mut object = fields.clone();
        object["id"] = ID.into();
        let word = match side {
            Side::Assistant => "assistant",
            Side::Agent => "agent",
        };
        let body = json!({"status": "success", word: object}).to_string();
        read(side, body.as_bytes(), Uuid::try_parse(ID).unwrap()).unwrap()
    }

    #[test]
    fn a_difference_in_an_accepted_field_is_a_note_and_any_other_stays_one() {
        let assistant = json!({
            "name": "A", "temperature": 0.7, "color": "red", "color.x": 1,
            "actions": [{"actionId": "a1", "requiresConfirmation": true}],
            "inputFields": [{"label": "Topic", "type": "TEXT", "order": 0}],
        });
        let agent = json!({"name": "B", "temperature": 0.3, "color": {"x": 1}});
        let [assistant, agent] = [record(Side::Assistant, &assistant), record(Side::Agent, &agent)];
        let found = |names: &[&str]| {
            let accepted = Accepted::new(names.iter().map(|name| (*name).to_owned()));
            let verdict = accepted.compare(&assistant, &agent);
            let differences: Vec<_> = verdict.differences.iter().map(|found| found.field.as_str()).collect();
            let is_accepted = |kind| kind == NoteKind::Accepted;
            let notes: Vec<_> = verdict.notes.iter().filter(|note| is_accepted(note.kind)).collect();
            let notes: Vec<_> = notes.iter().map(|note| note.field.as_str()).collect();
            (differences.join(" "), notes.join(" "), verdict.status())
        };
        let (all, none, _) = found(&[]);
        assert_eq!(all, r#"name temperature actions[a1] inputFields["Topic"] color "color.x""#);
        assert_eq!(none, "");
        for (names, left, accepted) in [
            (&["temperature"][..], r#"name actions[a1] inputFields["Topic"] color "color.x""#, "temperature"),
            (&["actions", "Name"], r#"name temperature inputFields["Topic"] color "color.x""#, "actions[a1]"),
            (&["color"], r#"name temperature actions[a1] inputFields["Topic"] "color.x""#, "color"),
            (&["color.x"], r#"name temperature actions[a1] inputFields["Topic"] color"#, r#""color.x""#),
            (&["label", "Topic"], all.as_str(), ""),
        ] {
            assert_eq!(
                found(names),
                (left.to_owned(), accepted.to_owned(), RowStatus::Mismatch),
                "{names:?}"
            );
        }
        let every = ["name", "temperature", "actions", "inputFields", "color", "color.x"];
        assert_eq!(found(&every), (String::new(), all, RowStatus::Verified));
    }

    #[test]
    fn an_accepted_difference_keeps_both_values() {
        let [assistant, agent] = [(Side::Assistant, 0.7), (Side::Agent, 0.3)]
            .map(|(side, value)| record(side, &json!({"temperature": value})));
        let verdict = Accepted::new(["temperature".to_owned()]).compare(&assistant, &agent);
        let note = &verdict.notes[0];
        let values = [&note.value, &note.new].map(|value| value.as_ref().unwrap().get());
        assert_eq!((note.short.as_str(), values), ("0.7 -> 0.3", ["0.7", "0.3"]));
    }

    #[test]
    fn names_of_no_known_field_are_told_apart() {
        let accepted = Accepted::new(["temperature", "temprature", "actions"].map(str::to_owned));
        assert_eq!(accepted.unknown().collect::<Vec<_>>(), ["temprature"]);
    }
}
