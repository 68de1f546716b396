//! A column is data: what it is called, what stands in it, who may see that. What its cells look like is the format's.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use super::redact;
use super::texts::Texts;
use crate::base::{Both, JsonText};

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Not known.
    Nothing,
    /// A text; empty where there is nothing to say.
    Text(Cow<'a, str>),
    /// Several, to be read one after the other.
    Texts(Vec<String>),
    /// A number of rows, characters, requests.
    Count(u64),
    /// One that may be below 0.
    Number(i64),
    /// On or off; `None` where the platform does not say.
    Flag(Option<bool>),
    /// An id.
    Id(Uuid),
    /// A moment.
    Time(Timestamp),
    /// A value as the platform spelled it.
    Json(Cow<'a, JsonText>),
}

impl<'a> Cell<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Of what may not be known.
    pub(crate) fn known<T>(value: Option<T>, cell: fn(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }
}

pub(crate) type Value<R> = for<'r> fn(&'r R, Texts) -> Cell<'r>;

/// Who may see what stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privacy {
    Open,
    /// In a redacted report its length stands in its place.
    Length,
    /// Its value sees to it, since parts of it stay.
    Own,
}

/// Where a column stands in a workbook: what a person reads comes first, the input's own columns behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Whose row it is.
    Name,
    /// What was found, and what to do.
    Verdict,
    /// What a machine joins by.
    Id,
    Time,
    Rest,
}

/// A column of rows of that kind.
#[derive(Debug)]
pub struct Column<R: 'static> {
    /// The heading in the CSV, the key in the JSON.
    pub name: &'static str,
    /// What it is called where a page opens a row; empty where it does not stand there like this.
    pub label: Both,
    /// What is counted in it, in the singular and in the plural.
    pub unit: [Both; 2],
    pub(crate) place: Place,
    /// How wide it is there, in characters.
    pub(crate) width: u8,
    /// Over what its values are counted in a workbook; empty where they are not.
    pub(crate) tally: Both,
    privacy: Privacy,
    value: Value<R>,
}

impl<R> Column<R> {
    /// One that everybody may see.
    pub(crate) const fn new(name: &'static str, value: Value<R>) -> Self {
        Self {
            name,
            label: [""; 2],
            unit: [[""; 2]; 2],
            place: Place::Rest,
            width: 14,
            tally: [""; 2],
            privacy: Privacy::Open,
            value,
        }
    }

    /// One of texts of the platform's: lengths in their place.
    pub(crate) const fn private(name: &'static str, value: Value<R>) -> Self {
        Self { privacy: Privacy::Length, ..Self::new(name, value) }
    }

    /// One of which parts may be seen: its value is told whether they alone are wanted.
    pub(crate) const fn partly_private(name: &'static str, value: Value<R>) -> Self {
        Self { privacy: Privacy::Own, ..Self::new(name, value) }
    }

    pub(crate) const fn labelled(self, label: Both) -> Self {
        Self { label, ..self }
    }

    pub(crate) const fn counting(self, unit: [Both; 2]) -> Self {
        Self { unit, ..self }
    }

    pub(crate) const fn placed(self, place: Place, width: u8) -> Self {
        Self { place, width, ..self }
    }

    pub(crate) const fn tallied(self, tally: Both) -> Self {
        Self { tally, ..self }
    }

    pub(crate) fn of<'r>(&self, row: &'r R, texts: Texts) -> Cell<'r> {
        match ((self.value)(row, texts), self.privacy) {
            (Cell::Text(text), Privacy::Length) if texts.redact => {
                Cell::Text(Cow::Owned(redact::text(&text)))
            }
            (cell, _) => cell,
        }
    }
}

pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
