//! Rows by the values of the person's own columns: whose they are, and who has to act.

use std::collections::BTreeMap;

use super::index::PartOf;
use super::words::{fill, words};
use crate::base::{Lang, one_line, same_for_all_spellings, trimmed};

/// Carried-through columns that are counted by value.
const COLUMNS: usize = 12;

/// A column with more different values than this is no list of people or teams.
const VALUES: usize = 2_000;

/// Those who have to act, shown at most.
const PEOPLE: usize = 12;

/// Names of columns that say who has to act, the best first.
const NAMES: &str = "owner besitzer eigent responsible verantwortlich zuständig zustaendig ansprechpartner betreu kontakt \
    contact editor creator ersteller author autor mail user person team department abteilung bereich group";

/// Rows of one value of a carried-through column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) rows: u64,
    /// Those that need somebody.
    pub(super) needing: u64,
}

/// A value of a carried-through column in all its spellings.
#[derive(Debug)]
struct Value {
    /// As it first appears.
    written: String,
    share: Share,
}

/// The values of a column, by what is the same for all spellings of one.
type Values = BTreeMap<String, Value>;

/// All rows by the values of each column.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    needing: u64,
    /// For each carried-through column its values; `None` for one with too many.
    columns: Vec<Option<Values>>,
}

impl Shares {
    pub(crate) fn count(&mut self, carried: &[String], needs_somebody: bool) {
        self.needing += u64::from(needs_somebody);
        let counted = carried.len().min(COLUMNS);
        if self.columns.len() < counted {
            self.columns.resize_with(counted, || Some(BTreeMap::new()));
        }
        for (column, cell) in self.columns.iter_mut().zip(carried) {
            let Some(values) = column else { continue };
            let line = one_line(cell);
            let value = values
                .entry(same_for_all_spellings(&line))
                .or_insert_with(|| Value { written: trimmed(&line).to_owned(), share: Share::default() });
            value.share.rows += 1;
            value.share.needing += u64::from(needs_somebody);
            if values.len() > VALUES {
                *column = None;
            }
        }
    }

    /// The carried-through column that best says who has to act, by its place among `names`, with its values: those
    /// with most to do first. `None` when there is nothing to do, or no such column.
    pub(super) fn people(&self, names: &[String]) -> Option<(usize, Vec<(&str, Share)>)> {
        if self.needing == 0 {
            return None;
        }
        let (at, values) = self.column_of_people(names)?;
        let mut values: Vec<_> = values
            .values()
            .map(|value| (value.written.as_str(), value.share))
            .filter(|(_, share)| share.needing > 0)
            .collect();
        values.sort_by_key(|(value, share)| (std::cmp::Reverse(share.needing), value.to_lowercase()));
        Some((at, values))
    }

    /// Whether all of several rows have the same value there.
    pub(super) fn is_uniform(&self, at: usize) -> bool {
        let Some(Some(values)) = self.columns.get(at) else { return false };
        values.len() == 1 && values.values().all(|value| value.share.rows > 1)
    }

    fn column_of_people(&self, names: &[String]) -> Option<(usize, &Values)> {
        let columns: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(at, values)| Some((at, values.as_ref()?, names.get(at)?.to_lowercase())))
            .collect();
        let by_name =
            NAMES.split(' ').find_map(|word| columns.iter().find(|(_, _, column)| column.contains(word)));
        let by_shape = || columns.iter().find(|(_, values, _)| makes_heaps(values));
        by_name.or_else(by_shape).map(|(at, values, _)| (*at, *values))
    }
}

/// Whether the values sort the rows into a few groups.
fn makes_heaps(values: &Values) -> bool {
    let rows: u64 = values.values().map(|value| value.share.rows).sum();
    values.len() >= 2 && values.len() as u64 * 2 <= rows
}

/// How the script knows the carried-through column with that index.
pub(super) fn carried_key(at: usize) -> String {
    format!("c{at}")
}

/// Rows that need somebody by the column that says whose they are.
pub(super) struct People {
    pub(super) key: String,
    pub(super) lead: String,
    pub(super) shown: Vec<Person>,
    pub(super) others: Option<String>,
}

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
    let person = |(value, share): &(&str, Share)| Person {
        value: (*value).to_owned(),
        name: if value.is_empty() { w.nobody_named } else { value }.to_owned(),
        needing: lang.number(share.needing),
        rows: fill(w.of_rows, &[&lang.number(share.rows)]),
    };
    let column = carried.get(at).map(|name| one_line(name)).unwrap_or_default();
    Some(People {
        key: carried_key(at),
        lead: fill(w.who_lead, &[&column]),
        shown: values.iter().take(PEOPLE).map(person).collect(),
        others: (more > 0).then(|| fill(w.more_people, &[&lang.number(more), &lang.number(their_rows)])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).to_vec()
    }

    #[test]
    fn the_column_of_owners_is_known_by_its_name_else_by_its_shape() {
        let mut shares = Shares::default();
        for (cells, needs) in [
            (["1", "a", "HR"], true),
            (["2", "a", "HR"], true),
            (["3", "b\n", "IT"], true),
            (["4", "c", "IT"], false),
        ] {
            shares.count(&names(cells), needs);
        }
        let people = |columns: [&str; 3]| shares.people(&names(columns));
        let (at, owners) = people(["no", "Assistant Owner", "team"]).unwrap();
        assert_eq!(at, 1);
        let share = |rows, needing| Share { rows, needing };
        assert_eq!(owners, [("a", share(2, 2)), ("b", share(1, 1))]);
        let (at, groups) = people(["x", "y", "z"]).unwrap();
        assert_eq!((at, groups.len()), (2, 2), "the first column has another value in each row");
        let mut quiet = Shares::default();
        quiet.count(&names(["ann"]), false);
        assert!(quiet.people(&names(["owner"])).is_none(), "nobody has to act");
    }

    #[test]
    fn a_person_in_several_spellings_is_one_called_as_first_written() {
        let mut shares = Shares::default();
        for owner in ["Bob", "Anna Meier ", "Bob", "anna  meier", "\u{feff}", "ANNA MEIER", ""] {
            shares.count(&names([owner]), true);
        }
        let owners = names(["owner"]);
        let (_, people) = shares.people(&owners).unwrap();
        let people: Vec<_> = people.iter().map(|(name, share)| (*name, share.needing)).collect();
        assert_eq!(people, [("Anna Meier", 3), ("", 2), ("Bob", 2)]);
    }

    #[test]
    fn a_column_of_free_text_takes_no_memory() {
        let mut shares = Shares::default();
        for number in 0..VALUES + 10 {
            shares.count(&names([&number.to_string(), "HR"]), true);
        }
        assert!(shares.columns[0].is_none());
        assert_eq!(shares.people(&names(["owner", "team"])).unwrap().0, 1);
    }
}
