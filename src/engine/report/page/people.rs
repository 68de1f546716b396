//! Who has to act, for the top of a page.

use super::columns::Column;
use super::part::PartOf;
use super::shares::Shares;
use super::words::{fill, words};
use crate::base::{Lang, one_line};

/// Those who have to act, shown at most.
const PEOPLE: usize = 12;

/// Rows that need somebody by the column that says whose they are.
pub(super) struct People {
    /// The key of their column.
    pub(super) key: String,
    pub(super) lead: String,
    pub(super) shown: Vec<Person>,
    pub(super) others: Option<String>,
}

/// The rows of one of them.
pub(super) struct Person {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) needing: String,
    pub(super) rows: String,
}

/// `None` where nobody has to act, or no column says who, or it would only say again whose part of the rows this is.
pub(super) fn people(
    shares: &Shares,
    carried: &[String],
    part: Option<&PartOf>,
    lang: Lang,
) -> Option<People> {
    let w = words(lang);
    let (at, values) = shares.people(carried)?;
    if part.is_some_and(|part| part.at == at) {
        return None;
    }
    let others = values.iter().skip(PEOPLE);
    let (more, their_rows) =
        (others.clone().count() as u64, others.map(|(_, share)| share.needing).sum::<u64>());
    let person = |(value, share): &(&str, super::shares::Share)| Person {
        value: (*value).to_owned(),
        name: if value.is_empty() { w.nobody_named } else { value }.to_owned(),
        needing: lang.number(share.needing),
        rows: fill(w.of_rows, &[&lang.number(share.rows)]),
    };
    let column = carried.get(at).map(|name| one_line(name)).unwrap_or_default();
    Some(People {
        key: Column::carried_key(at),
        lead: fill(w.who_lead, &[&column]),
        shown: values.iter().take(PEOPLE).map(person).collect(),
        others: (more > 0).then(|| fill(w.more_people, &[&lang.number(more), &lang.number(their_rows)])),
    })
}
