//! The table's columns: what each is called, how it is known to the script, which can be filtered by.

use crate::base::{DisabledState, RunFacts, one_line};

/// Carried-through columns that have a place in the table; the others stand in the opened row, and can be filtered by.
const SHOWN_CARRIED: usize = 3;

/// A column of the table.
pub struct Column {
    /// How the script knows it, and its class.
    pub(crate) key: String,
    /// Its heading.
    pub(crate) name: String,
    /// Whether it has a place in the table.
    pub(crate) is_shown: bool,
    /// Whether rows can be picked by its values.
    pub(crate) is_filter: bool,
    /// Whether a row may have several values there: picked is a row that has one of them.
    pub(crate) is_many: bool,
}

impl Column {
    /// All of them, in the order of the row's cells.
    pub(super) fn all(facts: &RunFacts, carried: &[String]) -> Vec<Self> {
        let own = Self::own;
        let mut columns =
            vec![own("line", "Line", false), own("name", "Assistant", false), own("status", "Status", true)];
        if shows_switching(facts) {
            columns.push(own("disabled", "Switched off", true));
        }
        columns.push(own("found", "What was found", false));
        columns.push(own("remedy", "What to do", true));
        columns.extend(Self::carried(carried));
        columns.push(own("updated", "Last change", false));
        columns
    }

    /// One of this page's own.
    pub(crate) fn own(key: &str, name: &str, is_filter: bool) -> Self {
        Self { key: key.to_owned(), name: name.to_owned(), is_shown: true, is_filter, is_many: false }
    }

    /// Those that are carried through.
    pub(crate) fn carried(names: &[String]) -> impl Iterator<Item = Self> {
        names.iter().enumerate().map(|(at, name)| Self {
            is_shown: at < SHOWN_CARRIED,
            ..Self::own(&Self::carried_key(at), &one_line(name), true)
        })
    }

    /// Whether it is one of the person's own.
    pub(crate) fn is_carried(&self) -> bool {
        self.key.strip_prefix('c').is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The key of the carried-through column with that index.
    pub(super) fn carried_key(at: usize) -> String {
        format!("c{at}")
    }
}

/// Whether anybody asked for switching off, now or in an earlier run.
pub(crate) fn shows_switching(facts: &RunFacts) -> bool {
    let is_touched =
        |(state, rows): &(DisabledState, u64)| *state != DisabledState::NotRequested && *rows > 0;
    facts.disabling.is_asked_for() || facts.disabled.iter().any(is_touched)
}
