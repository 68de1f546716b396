//! What is sent to make an agent what its source is, and what is left behind. Pure.

use super::left::{Left, WhyLeft};
use crate::base::JsonText;
use crate::check::{Accepted, differing, differs, for_update};
use crate::engine::record::{Element, FIELDS, Field, Json, Object, Record, Rule};

/// Types of form fields that are nothing without their choices.
const WITH_CHOICES: [&str; 2] = ["SELECT", "MULTI_SELECT"];

/// `--model OLD=NEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelChange {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// What a person has said about how agents are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) models: Vec<ModelChange>,
    pub(crate) with_actions: bool,
    pub(crate) elsewhere: bool,
    /// Fields in which a difference is only a note: the agent keeps what it has there.
    pub(crate) accepted: Accepted,
}

impl Choices {
    /// The source as the agent is to be: with the model that stands for its own.
    pub(crate) fn source(&self, source: Record) -> Record {
        let model = source.text("model").unwrap_or_default();
        match self.models.iter().find(|change| change.old == model) {
            Some(change) => source.with("model", Json::Text(change.new.clone())),
            None => source,
        }
    }

    /// What that agent is to be: the source, but for what is accepted in the agent, and which of that differs.
    pub(super) fn wanted(&self, source: &Record, agent: &Record) -> (Record, Vec<Left>) {
        let mut wanted = source.clone();
        // An agent elsewhere is nobody's that a difference was accepted in.
        for name in self.accepted.names().filter(|_| !self.elsewhere) {
            wanted = wanted.with(name, agent.object().get(name).clone());
        }
        let differing = differing(source, &wanted);
        let names = differing.known.into_iter().map(|field| field.name).chain(differing.unknown);
        let left = names.map(|name| Left::new(name, WhyLeft::Accepted)).collect();
        (wanted, left)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    fields: Vec<FieldWrite>,
    /// Fields that an earlier write may have left in the draft, with the values that are published.
    tidied: Vec<FieldWrite>,
    /// What stays different.
    pub(crate) left: Vec<Left>,
}

#[derive(Clone, Debug, PartialEq)]
struct FieldWrite {
    name: &'static str,
    write_name: &'static str,
    value: Json,
}

impl Change {
    /// Whether there is nothing to write.
    pub(crate) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The read names of the fields to write.
    pub(crate) fn names(&self) -> Vec<String> {
        self.field_names().map(str::to_owned).collect()
    }

    pub(crate) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name)
    }

    /// The same with those that are only tidied up.
    pub(crate) fn names_sent(&self) -> Vec<String> {
        self.fields.iter().chain(&self.tidied).map(|field| field.name.to_owned()).collect()
    }

    /// The fields in write names, as `update` takes them.
    pub(crate) fn body(&self) -> JsonText {
        let sent = self.fields.iter().chain(&self.tidied);
        let members = sent.map(|field| (field.write_name.to_owned(), field.value.clone()));
        Json::Object(Object::of_distinct(members.collect())).to_json_text()
    }

    /// What an earlier write may have left of these fields in the draft goes, too: they get what is published.
    pub(crate) fn tidy<'a>(&mut self, names: impl IntoIterator<Item = &'a str>, published: &Record) {
        for name in names {
            let is_sent = self.fields.iter().chain(&self.tidied).any(|field| field.name == name);
            self.tidied.extend(written(name, published).filter(|_| !is_sent));
        }
    }

    /// What takes these fields back to what is published.
    #[must_use]
    pub(crate) fn put_back(&self, published: &Record) -> Self {
        let sent = self.fields.iter().chain(&self.tidied);
        Self { tidied: sent.filter_map(|field| written(field.name, published)).collect(), ..Self::default() }
    }

    /// The agent as it is to be once this is written.
    pub(crate) fn applied_to(&self, agent: &Record) -> Record {
        self.fields.iter().fold(agent.clone(), |agent, field| agent.with(field.name, field.value.clone()))
    }
}

/// What to send so that the agent is what the source is ([`Choices::source`]), but for what is left behind.
pub(crate) fn decide(source: &Record, agent: &Record, choices: &Choices) -> Change {
    let differing = differing(source, agent);
    let mut change = Change::default();
    for field in differing.known {
        change.take(field, source.object().get(field.name), agent, choices);
    }
    let unknown = differing.unknown.into_iter().map(|name| Left::new(name, WhyLeft::UnknownField));
    change.left.extend(unknown);
    change
}

/// What to send so that these fields of an agent are what they were before, and which of them cannot be.
pub(crate) fn restore<'a>(
    names: impl IntoIterator<Item = &'a str>,
    before: &Record,
    agent: &Record,
) -> Change {
    let names: Vec<_> = names.into_iter().collect();
    let mut change = Change::default();
    for field in differing(before, agent).known {
        let value = before.object().get(field.name);
        match for_update(field, value) {
            _ if !names.contains(&field.name) => {}
            Some(value) => change.write(field, value),
            None => change.leave(field, WhyLeft::CannotBeCleared),
        }
    }
    change
}

/// That field as the agent has it; `None` where it cannot be written.
fn written(name: &str, agent: &Record) -> Option<FieldWrite> {
    let field = FIELDS.iter().find(|field| field.name == name)?;
    let value = for_update(field, agent.object().get(name))?;
    Some(FieldWrite { name: field.name, write_name: field.write_name?, value })
}

impl Change {
    fn write(&mut self, field: &'static Field, value: Json) {
        let Some(write_name) = field.write_name else { return };
        self.fields.push(FieldWrite { name: field.name, write_name, value });
    }

    fn leave(&mut self, field: &Field, why: WhyLeft) {
        self.left.push(Left::new(field.name, why));
    }

    /// A field that differs is written or left.
    fn take(&mut self, field: &'static Field, source: &Json, agent: &Record, choices: &Choices) {
        let own = agent.object().get(field.name);
        if let Some(why) = why_left(field, source, own, choices) {
            return self.leave(field, why);
        }
        let Some(value) = for_update(field, source) else {
            return self.leave(field, WhyLeft::CannotBeCleared);
        };
        if let Rule::Keyed(_) = field.rule
            && !differs(field, &value, agent)
        {
            // All that differs is what no write name carries.
            return self.left.push(Left::of_elements(field.name));
        }
        if field.name == ACTIONS && source.is_set() {
            self.left.push(Left::of_elements(field.name));
        }
        self.write(field, value);
    }
}

const ACTIONS: &str = "actions";

/// Why a field that differs is not written, if so.
fn why_left(field: &Field, source: &Json, agent: &Json, choices: &Choices) -> Option<WhyLeft> {
    match (field.name, field.rule) {
        ("attachments" | "knowledgeFolderIds", _) if choices.elsewhere => Some(WhyLeft::OtherWorkspace),
        (ACTIONS, _) if !choices.with_actions => Some(WhyLeft::ToolsAreKept),
        (ACTIONS, Rule::Keyed(element)) if takes_away(element, source, agent) => {
            Some(WhyLeft::TakesToolsAway)
        }
        // What the agent has could not be written back.
        ("inputFields", Rule::Keyed(element)) if !(is_whole(element, source) && is_whole(element, agent)) => {
            Some(WhyLeft::FormNotShown)
        }
        (_, Rule::FlagDroppedByPlatform) => Some(WhyLeft::Ignored),
        _ => None,
    }
}

/// Whether the agent has an element that the source has not.
fn takes_away(element: &Element, source: &Json, agent: &Json) -> bool {
    let has = |list: &Json, key| list.items().iter().any(|item| element.key_of(item) == key);
    agent.items().iter().any(|item| !has(source, element.key_of(item)))
}

/// Whether a form can be built from what is shown of it: every field with its slug, and with choices where it is nothing
/// without them.
pub(super) fn is_whole(element: &Element, form: &Json) -> bool {
    form.items().iter().all(|item| {
        let needs_choices = item.member("type").text().is_some_and(|kind| WITH_CHOICES.contains(&kind));
        element.key_of(item).is_some() && (!needs_choices || item.member("options").is_set())
    })
}

/// A new agent in write names, and what it gets and does not: everything that an agent with nothing in it lacks.
pub(crate) fn proposed(source: &Record, choices: &Choices) -> (JsonText, Change) {
    let nothing = FIELDS.iter().fold(source.clone(), |empty, field| match field.rule {
        Rule::Id => empty,
        _ => empty.with(field.name, Json::Null),
    });
    let nothing = source.unknown_fields().fold(nothing, |empty, name| empty.with(name, Json::Null));
    let mut change = decide(source, &nothing, choices);
    change.left.extend(Left::of_new_agent());
    (change.body(), change)
}
