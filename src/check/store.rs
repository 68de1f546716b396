//! What a ledger remembers of a comparison: the fields in which differences are accepted.

use super::accept::Accepted;
use crate::base::{NoteKind, ReportRow};
use crate::engine::ledger::{Ledger, LedgerError, LedgerReader, from_json, meta, set_meta, to_json};
use crate::engine::record::Path;

/// Its key in `meta`.
const ACCEPTED: &str = "accepted";

impl Ledger {
    /// Accepts differences in these fields beside those that were accepted before; gives all of them.
    pub(crate) fn accept(&mut self, names: &[String]) -> Result<Accepted, LedgerError> {
        let before = accepted(meta(self.connection(), ACCEPTED)?)?;
        if names.is_empty() {
            return Ok(before);
        }
        let all = Accepted::new(before.names().map(str::to_owned).chain(names.iter().cloned()));
        set_meta(self.connection(), ACCEPTED, &to_json(&all.names().collect::<Vec<_>>())?)?;
        Ok(all)
    }
}

impl LedgerReader {
    /// The fields in which differences are accepted.
    pub(crate) fn accepted(&self) -> Result<Accepted, LedgerError> {
        accepted(meta(self.connection(), ACCEPTED)?)
    }
}

/// Accepted names of no known field, less those that an accepted difference in one of the rows is in.
#[derive(Debug, Default)]
pub(crate) struct Unmet(Vec<String>);

impl Unmet {
    pub(crate) fn of(ledger: &LedgerReader) -> Result<Self, LedgerError> {
        Ok(Self(ledger.accepted()?.unknown().map(str::to_owned).collect()))
    }

    pub(crate) fn meet(&mut self, row: &ReportRow) {
        let notes = row.notes.iter().filter(|note| note.kind == NoteKind::Accepted);
        notes.for_each(|note| self.0.retain(|name| !is_in(&note.field, name)));
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }
}

/// Whether that place, as the report has it, is in the field of that name.
fn is_in(place: &str, name: &str) -> bool {
    let field = Path::Member(&Path::Record, name).shown();
    place.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn accepted(kept: Option<String>) -> Result<Accepted, LedgerError> {
    let names: Option<Vec<String>> = kept.map(|json| from_json(&json)).transpose()?;
    Ok(Accepted::new(names.unwrap_or_default()))
}
