//! Who has to act, for the top of a page.

use super::columns::Column;
use super::frame::Asked;
use super::shares::Shares;
use crate::base::{grouped, one_line};

/// Those who have to act, shown at most.
const PEOPLE: usize = 12;

/// Rows that need somebody by the column that says whose they are.
pub(crate) struct People {
    /// The key of their column.
    pub(crate) key: String,
    pub(crate) column: String,
    pub(crate) shown: Vec<Person>,
    pub(crate) others: Option<String>,
}

/// The rows of one of them.
pub(crate) struct Person {
    pub(crate) value: String,
    pub(crate) needing: String,
    pub(crate) rows: String,
}

/// `None` where nobody has to act, or no column says who, or it would only say again whose part of the rows this is.
pub(crate) fn people(shares: &Shares, asked: &Asked<'_>) -> Option<People> {
    let (at, values) = shares.people(asked.carried)?;
    if asked.part.is_some_and(|part| part.at == at) {
        return None;
    }
    let others = values.iter().skip(PEOPLE);
    let (more, their_rows) =
        (others.clone().count() as u64, others.map(|(_, share)| share.needing).sum::<u64>());
    Some(People {
        key: Column::carried_key(at),
        column: asked.carried.get(at).map(|name| one_line(name)).unwrap_or_default(),
        shown: values
            .iter()
            .take(PEOPLE)
            .map(|(value, share)| Person {
                value: (*value).to_owned(),
                needing: grouped(share.needing),
                rows: grouped(share.rows),
            })
            .collect(),
        others: (more > 0).then(|| format!("{} more, with {} rows", grouped(more), grouped(their_rows))),
    })
}
