//! Which elements of two lists belong together: those of one key, and where an answer shows no key, those alike.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::engine::record::{Element, Json, Key, Keyless, Path, same};

/// An element of either list, and its partner if it has one.
pub(super) struct Pair<'a> {
    assistant: Option<Placed<'a>>,
    agent: Option<Placed<'a>>,
}

/// An element and its place in its list.
#[derive(Clone, Copy)]
struct Placed<'a> {
    place: usize,
    item: &'a Json,
}

/// The elements of one side that have no partner yet.
#[derive(Default)]
struct Left<'a> {
    keyed: Vec<Placed<'a>>,
    keyless: Vec<Placed<'a>>,
}

/// Every element of both lists once, alone or with its partner, in the assistant's order, then what only the agent has.
/// Of elements with one key those that are alike collapse.
pub(super) fn pairs<'a>(element: &Element, assistant: &'a [Json], agent: &'a [Json]) -> Vec<Pair<'a>> {
    let mut left = [Left::default(), Left::default()];
    let mut pairs = Vec::with_capacity(assistant.len().max(agent.len()));
    for namesakes in namesakes(element, [assistant, agent], &mut left) {
        let [one, other] = apart(element, namesakes);
        let both = one.len().min(other.len());
        pairs.extend(one.iter().zip(&other).map(|(one, other)| Pair::of(*one, *other)));
        for (left, own) in left.iter_mut().zip([one, other]) {
            left.keyed.extend(own.into_iter().skip(both));
        }
    }
    let [one, other] = &mut left;
    if let Some(keyless) = element.keyless {
        for step in STEPS {
            let key = |item: &Json| step(element, keyless, item);
            // Two keys that differ are two elements, however alike the rest is.
            pair_by(key, &mut one.keyless, &mut other.keyless, &mut pairs);
            pair_by(key, &mut one.keyed, &mut other.keyless, &mut pairs);
            pair_by(key, &mut one.keyless, &mut other.keyed, &mut pairs);
        }
    }
    let [one, other] = left.map(|left| left.keyed.into_iter().chain(left.keyless));
    pairs.extend(one.map(|own| Pair { assistant: Some(own), agent: None }));
    pairs.extend(other.map(|own| Pair { assistant: None, agent: Some(own) }));
    pairs.sort_by_key(|pair| pair.assistant.or(pair.agent).map(|own| (pair.assistant.is_none(), own.place)));
    pairs
}

impl<'a> Pair<'a> {
    const fn of(assistant: Placed<'a>, agent: Placed<'a>) -> Self {
        Self { assistant: Some(assistant), agent: Some(agent) }
    }

    /// The assistant's element and the agent's.
    pub(super) fn items(&self) -> [Option<&'a Json>; 2] {
        [self.assistant, self.agent].map(|side| side.map(|own| own.item))
    }

    /// Where it stands: by its key, else by what people read on it, else by its place in the list.
    pub(super) fn path<'p>(&self, element: &Element, above: &'p Path<'p>) -> Path<'p>
    where
        'a: 'p,
    {
        let sides = || [self.assistant, self.agent].into_iter().flatten();
        let label = |own: Placed<'a>| {
            own.item.member(element.keyless?.label).text().filter(|label| !label.is_empty())
        };
        if let Some(key) = sides().find_map(|own| element.key_of(own.item)) {
            Path::Element(above, key)
        } else if let Some(label) = sides().find_map(label) {
            Path::Labelled(above, label)
        } else {
            Path::Item(above, sides().next().map_or(0, |own| own.place))
        }
    }
}

/// The elements of both sides by key, each key once; those without one are left.
fn namesakes<'a>(
    element: &Element,
    lists: [&'a [Json]; 2],
    left: &mut [Left<'a>; 2],
) -> Vec<[Vec<Placed<'a>>; 2]> {
    let mut groups: Vec<[Vec<Placed<'a>>; 2]> = Vec::with_capacity(lists[0].len());
    let mut places: HashMap<Key<'a>, usize> = HashMap::with_capacity(lists[0].len());
    for (side, (list, left)) in lists.into_iter().zip(left).enumerate() {
        for (place, item) in list.iter().enumerate() {
            let own = Placed { place, item };
            let Some(key) = element.key_of(item) else {
                left.keyless.push(own);
                continue;
            };
            let group = *places.entry(key).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Default::default());
            }
            if let Some(of_side) = groups.get_mut(group).and_then(|group| group.get_mut(side)) {
                of_side.push(own);
            }
        }
    }
    groups
}

/// What is left of elements with one key when those that are alike have found each other; usually there is one on each
/// side, and they are left as they are. Of more the rest is sorted, so that none of three hides behind another.
fn apart<'a>(element: &Element, namesakes: [Vec<Placed<'a>>; 2]) -> [Vec<Placed<'a>>; 2] {
    if namesakes.iter().all(|of_side| of_side.len() <= 1) {
        return namesakes;
    }
    let [one, other] = namesakes.map(|of_side| {
        let mut distinct = BTreeMap::new();
        for own in of_side {
            distinct.entry(same::canonical(own.item, element.key)).or_insert(own);
        }
        distinct
    });
    [(&one, &other), (&other, &one)].map(|(own, others)| {
        own.iter().filter(|(text, _)| !others.contains_key(*text)).map(|(_, own)| *own).collect()
    })
}

/// What two elements have in common that belong together; `None` for one that has no part in this step.
type Step = fn(&Element, &Keyless, &Json) -> Option<String>;

/// By order, then by label (DESIGN.md, What counts as the same). Of several with one order those go first that are
/// alike, else the label decides, else the place in the list, as it does for those without an order and a namesake.
const STEPS: [Step; 6] = [
    |element, _, item| Some(same::canonical(item, element.key)),
    |element, _, item| {
        let known = element.fields.iter().map(|field| field.name).filter(|name| *name != element.key);
        Some(members(item, known))
    },
    |_, keyless, item| Some(members(item, [keyless.order, keyless.label])),
    |_, keyless, item| item.member(keyless.order).is_set().then(|| members(item, [keyless.order])),
    |_, keyless, item| item.member(keyless.label).is_set().then(|| members(item, [keyless.label])),
    |_, keyless, item| item.member(keyless.order).is_empty().then(String::new),
];

/// One text for all elements that have the same in these members.
fn members<'n>(item: &Json, names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| same::canonical(item.member(name), "") + ",").collect()
}

/// Pairs elements of both sides that have the same key here, in the order in which they stand.
fn pair_by<'a>(
    key: impl Fn(&Json) -> Option<String>,
    one: &mut Vec<Placed<'a>>,
    other: &mut Vec<Placed<'a>>,
    pairs: &mut Vec<Pair<'a>>,
) {
    if one.is_empty() || other.is_empty() {
        return;
    }
    let mut waiting: HashMap<String, VecDeque<Placed<'a>>> = HashMap::with_capacity(other.len());
    let mut alone = Vec::new();
    for own in other.drain(..) {
        match key(own.item) {
            Some(key) => waiting.entry(key).or_default().push_back(own),
            None => alone.push(own),
        }
    }
    one.retain(|own| {
        let partner = key(own.item).and_then(|key| waiting.get_mut(&key)?.pop_front());
        pairs.extend(partner.map(|partner| Pair::of(*own, partner)));
        partner.is_none()
    });
    alone.extend(waiting.into_values().flatten());
    alone.sort_by_key(|own| own.place);
    *other = alone;
}
