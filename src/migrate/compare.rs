//! Where an agent is not what its assistant was, and what differs without harm.

use std::collections::{BTreeMap, HashMap};

use super::excerpt;
use super::fields::{self, Element, FIELDS, Field, Rule};
use super::json::{Json, Object};
use super::path::Path;
use super::record::Record;
use super::same::{self, Key};
use crate::domain::{Difference, JsonText, Note, NoteKind, RowStatus};

/// What comparing two records has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What the agent lacks or has otherwise: known fields in the order of the platform's table, then unknown ones in
    /// the assistant's order.
    pub differences: Vec<Difference>,
    /// What differs without harm, in the same order.
    pub notes: Vec<Note>,
}

/// Compares two records field by field, both ways (DESIGN.md, What counts as the same).
pub fn compare(assistant: &Record, agent: &Record) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.members(&Path::Record, FIELDS, assistant.object(), agent.object());
    verdict
}

impl Verdict {
    /// [`RowStatus::Verified`] without differences, else [`RowStatus::Mismatch`].
    pub fn status(&self) -> RowStatus {
        if self.differences.is_empty() { RowStatus::Verified } else { RowStatus::Mismatch }
    }

    /// Two objects: the known fields by their rules, then the others.
    fn members(&mut self, path: &Path<'_>, fields: &[Field], assistant: &Object, agent: &Object) {
        for Field { name, rule, .. } in fields {
            self.known(&Path::Member(path, name), *rule, assistant.get(name), agent.get(name));
        }
        let is_unknown = |name: &str| fields.iter().all(|field| field.name != name);
        for (name, value) in assistant.members().iter().filter(|(name, _)| is_unknown(name)) {
            self.unknown(&Path::Member(path, name), value, agent.get(name));
        }
        for (name, value) in agent.members().iter().filter(|(name, _)| is_unknown(name)) {
            if !assistant.has(name) {
                self.unknown(&Path::Member(path, name), &Json::Null, value);
            }
        }
    }

    /// A known field: more on the agent is a difference, too.
    fn known(&mut self, path: &Path<'_>, rule: Rule, assistant: &Json, agent: &Json) {
        let is_same = match rule {
            Rule::Id => true,
            Rule::Time => return self.times(path, assistant, agent),
            _ if assistant == agent => true,
            Rule::Keyed(element) => return self.elements(path, element, assistant.items(), agent.items()),
            Rule::IdSet => return self.ids(path, assistant.items(), agent.items()),
            Rule::FlagDroppedByPlatform if assistant.is_set() && *agent == Json::Null => {
                let short = format!("{} -> no longer carried by agents", assistant.compact());
                return self.note(NoteKind::DroppedByPlatform, path, assistant, short);
            }
            Rule::OrderedTexts => same::same_texts(assistant, agent),
            Rule::FileTypes => same::same_file_types(assistant, agent),
            Rule::Text | Rule::Number | Rule::Flag | Rule::FlagDroppedByPlatform => {
                same::agree(assistant, agent)
            }
        };
        if !is_same {
            self.differ(path, assistant, agent);
        }
    }

    /// A field that the program does not know: what was set on the assistant may not vanish, what only the agent has
    /// is a note.
    fn unknown(&mut self, path: &Path<'_>, assistant: &Json, agent: &Json) {
        match (assistant, agent) {
            _ if assistant == agent => {}
            _ if assistant.is_empty() => self.only_on_agent(path, agent),
            _ if agent.is_empty() => self.differ(path, assistant, agent),
            (Json::Object(one), Json::Object(other)) => self.members(path, &[], one, other),
            (Json::List(one), Json::List(other)) if same::are_ids(one) && same::are_ids(other) => {
                self.ids(path, one, other);
            }
            _ if same::agree(assistant, agent) => self.extras(path, assistant, agent),
            _ => self.differ(path, assistant, agent),
        }
    }

    /// What only the agent has, inside two lists that agree.
    fn extras(&mut self, path: &Path<'_>, assistant: &Json, agent: &Json) {
        match (assistant, agent) {
            _ if assistant.is_empty() => self.only_on_agent(path, agent),
            (Json::Object(one), Json::Object(other)) => {
                for (name, value) in other.members() {
                    self.extras(&Path::Member(path, name), one.get(name), value);
                }
            }
            (Json::List(one), Json::List(other)) if !same::are_ids(one) => {
                for (index, (own, value)) in one.iter().zip(other).enumerate() {
                    self.extras(&Path::Item(path, index), own, value);
                }
            }
            _ => {}
        }
    }

    /// Ids in any order: one difference with those of either side that the other lacks.
    fn ids(&mut self, path: &Path<'_>, assistant: &[Json], agent: &[Json]) {
        let [lacking, added] = [(assistant, agent), (agent, assistant)].map(|(own, others)| {
            let only = same::ids_only_in(own, others);
            if only.is_empty() { Json::Null } else { Json::List(only) }
        });
        if lacking != Json::Null || added != Json::Null {
            self.differ(path, &lacking, &added);
        }
    }

    /// Elements in any order, by their keys.
    fn elements(&mut self, path: &Path<'_>, element: &Element, assistant: &[Json], agent: &[Json]) {
        for Namesakes { key, assistant, agent } in namesakes(element, assistant, agent) {
            let (one, other) = match (assistant.len(), agent.len()) {
                (0 | 1, 0 | 1) => (assistant, agent),
                _ => unpaired(&distinct(element, &assistant), &distinct(element, &agent)),
            };
            let path = Path::Element(path, key);
            for place in 0..one.len().max(other.len()) {
                match (one.get(place).copied(), other.get(place).copied()) {
                    (Some(Json::Object(one)), Some(Json::Object(other))) => {
                        self.members(&path, element.fields, one, other);
                    }
                    (one, other) => {
                        self.differ(&path, one.unwrap_or(&Json::Null), other.unwrap_or(&Json::Null));
                    }
                }
            }
        }
    }

    /// Times are not compared; one that cannot be read is said.
    fn times(&mut self, path: &Path<'_>, assistant: &Json, agent: &Json) {
        for (side, value) in [("assistant", assistant), ("agent", agent)] {
            if value.is_set() && fields::instant(value).is_none() {
                let short = format!("not a time: {} ({side})", excerpt::one(value));
                self.note(NoteKind::UnreadableTime, path, value, short);
            }
        }
    }

    fn differ(&mut self, path: &Path<'_>, assistant: &Json, agent: &Json) {
        self.differences.push(Difference {
            field: path.shown(),
            old: whole(assistant),
            new: whole(agent),
            short: excerpt::change(assistant, agent),
        });
    }

    fn only_on_agent(&mut self, path: &Path<'_>, value: &Json) {
        if value.is_set() {
            let short = format!("only on the agent: {}", excerpt::one(value));
            self.note(NoteKind::OnlyOnAgent, path, value, short);
        }
    }

    fn note(&mut self, kind: NoteKind, path: &Path<'_>, value: &Json, short: String) {
        self.notes.push(Note { kind, field: path.shown(), value: whole(value), short });
    }
}

fn whole(value: &Json) -> Option<JsonText> {
    (*value != Json::Null).then(|| value.to_json_text())
}

/// The elements of one key on both sides; usually one on each.
struct Namesakes<'a> {
    key: Key<'a>,
    assistant: Vec<&'a Json>,
    agent: Vec<&'a Json>,
}

/// The elements of both sides by key, in the assistant's order, then what only the agent has.
fn namesakes<'a>(element: &Element, assistant: &'a [Json], agent: &'a [Json]) -> Vec<Namesakes<'a>> {
    let mut groups: Vec<Namesakes<'a>> = Vec::with_capacity(assistant.len());
    let mut places = HashMap::with_capacity(assistant.len());
    let sides = assistant.iter().map(|item| (true, item)).chain(agent.iter().map(|item| (false, item)));
    for (is_assistants, item) in sides {
        let key = element.key_of(item);
        let place = *places.entry(key).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Namesakes { key, assistant: Vec::new(), agent: Vec::new() });
        }
        if let Some(group) = groups.get_mut(place) {
            if is_assistants { group.assistant.push(item) } else { group.agent.push(item) }
        }
    }
    groups
}

/// Elements of one key, each with its canonical text, sorted by it; identical ones collapse.
fn distinct<'a>(element: &Element, items: &[&'a Json]) -> BTreeMap<String, &'a Json> {
    items.iter().map(|item| (same::canonical(item, element.key), *item)).collect()
}

/// What is left of two lists when those that are alike have found each other. The rest is compared in its sorted
/// order, so that of three elements with one key none hides behind another.
fn unpaired<'a>(
    one: &BTreeMap<String, &'a Json>,
    other: &BTreeMap<String, &'a Json>,
) -> (Vec<&'a Json>, Vec<&'a Json>) {
    let without = |own: &BTreeMap<String, &'a Json>, others: &BTreeMap<String, &'a Json>| {
        own.iter().filter(|(text, _)| !others.contains_key(*text)).map(|(_, item)| *item).collect()
    };
    (without(one, other), without(other, one))
}
