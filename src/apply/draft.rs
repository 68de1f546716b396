//! Whose work is in a draft, and whether two states of an agent are one. Pure.

use crate::base::JsonText;
use crate::check::differing;
use crate::engine::record::{FIELDS, Json, Object, Record, Rule};

/// Whether two states of one agent are the same, both ways; times do not count.
pub(super) fn is_same(one: &Record, other: &Record) -> bool {
    [(one, other), (other, one)].into_iter().all(|(one, other)| {
        let differing = differing(one, other);
        differing.known.is_empty() && differing.unknown.is_empty()
    })
}

/// Whether these fields have the values of `wanted`.
pub(super) fn has_fields<'a>(
    names: impl IntoIterator<Item = &'a str>,
    wanted: &Record,
    agent: &Record,
) -> bool {
    let differing = differing(wanted, agent).known;
    names.into_iter().all(|name| differing.iter().all(|field| field.name != name))
}

/// The fields in which a draft holds more than what is published and these fields of ours: somebody else's work. A field
/// that `get` does not have at all is the draft's own, and not somebody's.
pub(super) fn others_work(published: &Record, ours: &[String], draft: &Record) -> Vec<String> {
    let known_alone = as_get_shows(published, draft, false);
    let draft = &as_get_shows(published, draft, true);
    let (there, back) = (differing(published, draft), differing(&known_alone, published));
    let known = FIELDS
        .iter()
        .map(|field| field.name)
        .filter(|name| there.known.iter().chain(&back.known).any(|field| field.name == *name));
    let added = back.unknown.iter().copied().filter(|name| published.object().has(name));
    known
        .chain(there.unknown.iter().copied())
        .chain(added)
        .filter(|name| ours.iter().all(|own| own != name))
        .map(str::to_owned)
        .collect()
}

/// The draft without what `get` leaves out of forms, where it does, and of elements only what is known, unless unknown keys
/// are wanted too: what only the answer to an update shows is nobody's work.
fn as_get_shows(published: &Record, draft: &Record, with_unknown: bool) -> Record {
    FIELDS.iter().fold(draft.clone(), |draft, field| {
        let Rule::Keyed(element) = field.rule else { return draft };
        let shown = published.object().get(field.name).items();
        let hidden = element.keyless.filter(|keyless| !shown.iter().any(|item| keyless.is_shown_in(item)));
        let hidden = hidden.filter(|_| !shown.is_empty()).map_or(&[][..], |keyless| keyless.left_out);
        let is_kept = |name: &str| {
            let is_known = element.fields.iter().any(|field| field.name == name);
            !hidden.contains(&name) && (with_unknown || is_known)
        };
        let stripped = |item: &Json| match item {
            Json::Object(object) => {
                let members = object.members().iter().filter(|(name, _)| is_kept(name)).cloned();
                Json::Object(Object::of_distinct(members.collect()))
            }
            other => other.clone(),
        };
        let items: Vec<Json> = draft.object().get(field.name).items().iter().map(stripped).collect();
        if items.is_empty() { draft } else { draft.with(field.name, Json::List(items)) }
    })
}

/// The agent once this was written, an object in write names.
pub(super) fn with_fields(agent: &Record, fields: &JsonText) -> Record {
    let Ok(Json::Object(fields)) = Json::read(fields.get()) else { return agent.clone() };
    FIELDS.iter().fold(agent.clone(), |agent, field| match field.write_name {
        Some(name) if fields.has(name) => agent.with(field.name, fields.get(name).clone()),
        _ => agent,
    })
}
