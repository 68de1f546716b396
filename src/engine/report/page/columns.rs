//! The table's columns: what each is called, how it is known to the script, which can be filtered by.

use super::index::PartOf;
use super::shares::{Shares, carried_key};
use super::words::words;
use super::{About, Lang};
use crate::base::one_line;

/// Carried-through columns that have a place in the table; the others stand in the opened row, and can be filtered by.
const SHOWN_CARRIED: usize = 3;

/// A column of the table.
#[derive(Debug)]
pub struct Column {
    /// How the script knows it, and its class.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) is_shown: bool,
    /// Whether rows can be picked by its values.
    pub(crate) is_filter: bool,
    /// Whether a row may have several values there: picked is a row that has one of them.
    pub(crate) is_many: bool,
    /// Which of the person's own it is.
    pub(crate) carried: Option<usize>,
}

impl Column {
    /// All of them, in the order of the row's cells. A part of a report has none for what is the same in every row.
    pub(super) fn all(
        about: &mut About,
        carried: &[String],
        shares: &Shares,
        part: Option<&PartOf>,
        lang: Lang,
    ) -> Vec<Self> {
        let w = words(lang);
        let mut columns = vec![
            Self::own("line", w.line),
            Self::own("name", w.assistant),
            Self::own("status", w.status).filter(),
            about.found.take().unwrap_or_else(|| Self::own("found", w.differs)),
            Self::own("todo", w.to_do).filter().many(),
        ];
        columns.append(&mut about.columns);
        let is_told_apart = |at: &usize| part.is_none_or(|part| part.at != *at && !shares.is_uniform(*at));
        let of_carried = carried.iter().enumerate().filter(|(at, _)| is_told_apart(at)).enumerate();
        columns.extend(of_carried.map(|(place, (at, name))| Self {
            is_shown: place < SHOWN_CARRIED,
            carried: Some(at),
            ..Self::own(&carried_key(at), &one_line(name)).filter()
        }));
        columns.push(Self::own("updated", w.last_change));
        columns
    }

    pub(crate) fn own(key: &str, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            is_shown: true,
            is_filter: false,
            is_many: false,
            carried: None,
        }
    }

    pub(crate) fn filter(self) -> Self {
        Self { is_filter: true, ..self }
    }

    pub(crate) fn many(self) -> Self {
        Self { is_many: true, ..self }
    }

    /// The same, only to pick rows by.
    pub(crate) fn hidden(self) -> Self {
        Self { is_shown: false, ..self }
    }

    /// Whether a narrow window says what its cells are.
    pub(super) fn is_labelled(&self) -> bool {
        !matches!(self.key.as_str(), "found" | "todo")
    }
}
