//! One record by itself: how it is set up, and what is wrong with it.
//!
//! | file | idea |
//! | --- | --- |
//! | `rules` | the table: code, weight, when, advice |
//! | `model_id` | whether two ids name one model |
//! | `secrets` | the table of secrets: what looks like a password, key or token, by kind and place, never its words |
//! | `labelled` | `Passwort: …`: the value that stands behind a word for a secret |
//! | `looks` | what a value looks like: random, a password, prose, a placeholder |
//! | `hiding` | shows texts and raw objects without any secret that was found |
//! | `duplicates` | which names and instructions stand in a list twice, from hashes alone |

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::duplicates::Duplicates;
use super::row::{Configuration, Finding, KnownModel};
use super::rules::rules;
use crate::engine::record::{Json, Record};

/// What a record is held against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The models of the key; `None` where they could not be read: then nothing is found about models.
    pub models: Option<&'a [KnownModel]>,
    /// What stands twice among all records.
    pub duplicates: &'a Duplicates,
    /// When the record was read; ages are counted up to here.
    pub read_at: Timestamp,
}

/// What a rule looks at.
pub(super) struct Subject<'a> {
    pub(super) record: &'a Record,
    pub(super) configuration: &'a Configuration,
    pub(super) surroundings: &'a Surroundings<'a>,
}

/// How the record is set up.
pub fn configuration(record: &Record, read_at: Timestamp) -> Configuration {
    let text = |field| record.text(field).unwrap_or_default();
    let length = |field| text(field).chars().count();
    let days =
        |time: Option<Timestamp>| time.map(|time| read_at.duration_since(time).as_hours().div_euclid(24));
    let (created_at, updated_at) = (record.created_at(), record.updated_at());
    let actions = items(record, "actions");
    Configuration {
        model: text("model").to_owned(),
        temperature: record.value("temperature"),
        input_type: text("inputType").to_owned(),
        description_length: length("description"),
        instruction_length: length("instruction"),
        starters: record.count("conversationStarters"),
        actions: actions.len(),
        actions_to_confirm: actions.iter().filter(|action| flag(action, "requiresConfirmation")).count(),
        fields: record.count("inputFields"),
        attachments: record.count("attachments"),
        capabilities: [
            "webSearchEnabled",
            "imageGenerationEnabled",
            "codeInterpreterEnabled",
            "canvasEnabled",
            "extendedThinking",
        ]
        .map(|field| record.flag(field)),
        created_at,
        updated_at,
        age_days: days(created_at),
        unchanged_days: days(updated_at),
    }
}

/// What is wrong with the record, the heaviest first.
pub fn findings(
    record: &Record,
    configuration: &Configuration,
    surroundings: &Surroundings<'_>,
) -> Vec<Finding> {
    let subject = Subject { record, configuration, surroundings };
    let mut findings: Vec<Finding> = rules().iter().filter_map(|rule| rule.look(&subject)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    findings
}

/// The items of that list; none where there is none.
pub(super) fn items<'a>(record: &'a Record, field: &str) -> &'a [Json] {
    record.object().get(field).items()
}

/// The text in that member of an element; empty where there is none.
pub(super) fn text<'a>(element: &'a Json, field: &str) -> &'a str {
    element.member(field).text().unwrap_or_default()
}

fn flag(element: &Json, field: &str) -> bool {
    *element.member(field) == Json::Bool(true)
}
