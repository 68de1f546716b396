//! Where an agent is not what its assistant was, and what differs without harm.

use super::accept::Accepted;
use super::pairs::pairs;
use crate::base::{Difference, JsonText, Note, NoteKind, RowStatus};
use crate::engine::record::{
    Element, FIELDS, Field, Json, Object, Path, Record, Rule, excerpt, fields, same,
};

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
    Accepted::default().compare(assistant, agent)
}

impl Accepted {
    /// Compares two records as [`compare`] does; what differs in these fields is only a note.
    pub fn compare(&self, assistant: &Record, agent: &Record) -> Verdict {
        let mut comparing = Comparing::accepting(self);
        comparing.members(&Path::Record, FIELDS, assistant.object(), agent.object());
        comparing.verdict
    }
}

/// The fields in which two records differ, each as a whole.
#[derive(Clone, Default)]
pub(crate) struct Differing<'a> {
    /// Known ones, in the order of the platform's table.
    pub(crate) known: Vec<&'static Field>,
    /// Unknown ones, by name, in the first record's order.
    pub(crate) unknown: Vec<&'a str>,
}

/// In which fields [`compare`] finds a difference.
pub(crate) fn differing<'a>(one: &'a Record, other: &Record) -> Differing<'a> {
    let known = FIELDS.iter().filter(|field| differs(field, one.object().get(field.name), other));
    let is_unknown = |name: &str| FIELDS.iter().all(|field| field.name != name);
    let nothing = Accepted::default();
    let unknown = one.object().members().iter().filter(|(name, value)| {
        let mut comparing = Comparing::accepting(&nothing);
        if is_unknown(name) {
            comparing.unknown(&Path::Member(&Path::Record, name), value, other.object().get(name));
        }
        !comparing.verdict.differences.is_empty()
    });
    Differing { known: known.collect(), unknown: unknown.map(|(name, _)| name.as_str()).collect() }
}

/// Whether that value of a known field is another one than the record's.
pub(crate) fn differs(field: &Field, value: &Json, record: &Record) -> bool {
    let nothing = Accepted::default();
    let mut comparing = Comparing::accepting(&nothing);
    let path = Path::Member(&Path::Record, field.name);
    comparing.known(&path, field.rule, value, record.object().get(field.name));
    !comparing.verdict.differences.is_empty()
}

impl Verdict {
    /// [`RowStatus::Verified`] without differences, else [`RowStatus::Mismatch`].
    pub fn status(&self) -> RowStatus {
        if self.differences.is_empty() { RowStatus::Verified } else { RowStatus::Mismatch }
    }
}

/// A verdict under way.
struct Comparing<'a> {
    accepted: &'a Accepted,
    verdict: Verdict,
}

impl<'a> Comparing<'a> {
    fn accepting(accepted: &'a Accepted) -> Self {
        Self { accepted, verdict: Verdict::default() }
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
            Rule::Id => return self.shown_once(path, assistant, agent),
            Rule::Time => return self.times(path, assistant, agent),
            Rule::Keyed(element) => return self.elements(path, element, assistant.items(), agent.items()),
            _ if assistant == agent => true,
            Rule::IdSetOfAgents if assistant.is_empty() => return self.only_on_agent(path, agent),
            Rule::IdSet | Rule::IdSetOfAgents => return self.ids(path, assistant.items(), agent.items()),
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

    /// Elements in any order; what the API never shows of them is said once.
    fn elements(&mut self, path: &Path<'_>, element: &Element, assistant: &[Json], agent: &[Json]) {
        if let Some(keyless) = element.keyless
            && ![assistant, agent].iter().any(|side| side.is_empty())
            && !assistant.iter().chain(agent).any(|item| keyless.is_shown_in(item))
        {
            self.note(NoteKind::NotShown, path, &Json::Null, keyless.words.to_owned());
        }
        if assistant == agent {
            return;
        }
        for pair in pairs(element, assistant, agent) {
            let path = pair.path(element, path);
            match pair.items() {
                [Some(Json::Object(one)), Some(Json::Object(other))] => {
                    self.members(&path, element.fields, one, other);
                }
                [one, other] => {
                    self.differ(&path, one.unwrap_or(&Json::Null), other.unwrap_or(&Json::Null));
                }
            }
        }
    }

    /// Ids are not compared; one that only one side shows is said.
    fn shown_once(&mut self, path: &Path<'_>, assistant: &Json, agent: &Json) {
        match (assistant.is_set(), agent.is_set()) {
            (true, false) => {
                let short = format!("only on the assistant: {}", excerpt::one(assistant));
                self.note(NoteKind::OnlyOnAssistant, path, assistant, short);
            }
            (false, true) => self.only_on_agent(path, agent),
            (true, true) | (false, false) => {}
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
        let (field, short) = (path.shown(), excerpt::change(assistant, agent));
        let (old, new) = (whole(assistant), whole(agent));
        if self.accepted.holds(path) {
            self.verdict.notes.push(Note { kind: NoteKind::Accepted, field, value: old, new, short });
        } else {
            self.verdict.differences.push(Difference { field, old, new, short });
        }
    }

    fn only_on_agent(&mut self, path: &Path<'_>, value: &Json) {
        if value.is_set() {
            let short = format!("only on the agent: {}", excerpt::one(value));
            self.note(NoteKind::OnlyOnAgent, path, value, short);
        }
    }

    fn note(&mut self, kind: NoteKind, path: &Path<'_>, value: &Json, short: String) {
        let value = whole(value);
        self.verdict.notes.push(Note { kind, field: path.shown(), value, new: None, short });
    }
}

fn whole(value: &Json) -> Option<JsonText> {
    (*value != Json::Null).then(|| value.to_json_text())
}
