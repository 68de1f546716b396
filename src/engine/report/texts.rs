//! The texts of a row, whatever the format: shortened or whole, redacted or not.

use std::borrow::Cow;

use super::redact::{self, Slugs};
use crate::base::{
    CallFailure, Difference, JsonText, Note, NoteKind, ReportRow, RunFacts, SkipReason, StopReason,
};

/// Where the assistant or the agent has no value.
const NONE: &str = "(none)";

/// How much of a long value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Around the first difference, as the comparison shortened it.
    Short,
    /// All of it.
    Full,
}

/// A difference with its values, redacted if asked for.
pub(crate) struct Change<'a> {
    pub(super) field: Cow<'a, str>,
    pub(super) old: Option<Cow<'a, JsonText>>,
    pub(super) new: Option<Cow<'a, JsonText>>,
}

/// What a row says, ready to be spelled by a format.
pub(crate) struct RowTexts<'a> {
    pub(super) name: Cow<'a, str>,
    /// `field: old -> new`, one per difference.
    pub(super) differences: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) error: String,
    /// Empty unless the extent is [`Extent::Full`].
    pub(super) changes: Vec<Change<'a>>,
    pub(super) proposed: Option<Cow<'a, JsonText>>,
}

/// How texts are made for a whole report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts {
    pub(super) extent: Extent,
    pub(super) redact: bool,
    pub(super) practice: bool,
}

impl Texts {
    /// The texts of one row.
    pub(super) fn of<'a>(self, row: &'a ReportRow) -> RowTexts<'a> {
        let mut slugs = Slugs::default();
        let mut changes: Vec<Change<'a>> = Vec::new();
        let mut differences = Vec::with_capacity(row.differences.len());
        for difference in &row.differences {
            let change = self.change(difference, &mut slugs);
            differences.push(self.difference(difference, &change));
            if self.extent == Extent::Full {
                changes.push(change);
            }
        }
        RowTexts {
            name: self.name(&row.name),
            differences,
            notes: self.notes(row, &mut slugs),
            error: self.error(row),
            changes,
            proposed: row.proposed.as_ref().and_then(|proposed| self.value(proposed, "")),
        }
    }

    /// Why the run ended early.
    pub(super) fn stopped(self, facts: &RunFacts) -> Option<String> {
        let reason = facts.stopped.clone();
        let reason = if self.redact { reason.map(StopReason::redacted) } else { reason };
        reason.as_ref().map(ToString::to_string)
    }

    fn name(self, name: &str) -> Cow<'_, str> {
        if self.redact { Cow::Owned(redact::text(name)) } else { Cow::Borrowed(name) }
    }

    fn value<'a>(self, value: &'a JsonText, field: &str) -> Option<Cow<'a, JsonText>> {
        if self.redact { redact::value(value, field).map(Cow::Owned) } else { Some(Cow::Borrowed(value)) }
    }

    fn field<'a>(self, field: &'a str, slugs: &mut Slugs) -> Cow<'a, str> {
        if self.redact { Cow::Owned(slugs.field(field)) } else { Cow::Borrowed(field) }
    }

    fn change<'a>(self, difference: &'a Difference, slugs: &mut Slugs) -> Change<'a> {
        let value =
            |side: &'a Option<JsonText>| side.as_ref().and_then(|value| self.value(value, &difference.field));
        Change {
            field: self.field(&difference.field, slugs),
            old: value(&difference.old),
            new: value(&difference.new),
        }
    }

    fn difference(self, difference: &Difference, change: &Change<'_>) -> String {
        let field = &change.field;
        if self.extent == Extent::Short && !self.redact {
            return format!("{field}: {}", difference.short);
        }
        format!("{field}: {} -> {}", spelled(change.old.as_deref()), spelled(change.new.as_deref()))
    }

    fn notes(self, row: &ReportRow, slugs: &mut Slugs) -> Vec<String> {
        let mut notes = Vec::new();
        if self.practice {
            notes.push("PRACTICE: made-up workspace".to_owned());
        }
        if let Some((line, status)) = row.duplicate_of {
            notes.push(format!("same as line {line} ({status})"));
        }
        if let Some(reason @ SkipReason::OneRecord) = row.skipped {
            notes.push(format!("disabled: to stay on ({})", reason.words()));
        }
        notes.extend(row.notes.iter().map(|note| self.note(note, slugs)));
        notes
    }

    fn note(self, note: &Note, slugs: &mut Slugs) -> String {
        let field = self.field(&note.field, slugs);
        if self.extent == Extent::Short && !self.redact {
            return format!("{field}: {}", note.short);
        }
        let why = match note.kind {
            NoteKind::OnlyOnAgent => "only on the agent",
            NoteKind::OnlyOnAssistant => "only on the assistant",
            NoteKind::DroppedByPlatform => "dropped by the platform",
            NoteKind::UnreadableTime => "not a time that can be read",
            NoteKind::NotShown | NoteKind::SinceTheRun => &note.short,
        };
        match note.value.as_ref().and_then(|value| self.value(value, &note.field)) {
            Some(value) => format!("{field}: {why}: {}", spelled(Some(&value))),
            None => format!("{field}: {why}"),
        }
    }

    /// The `error` text. Redacted, call, code and kind of each failure stay, and its words' length is all that is left
    /// of them.
    fn error(self, row: &ReportRow) -> String {
        if self.redact { row.error_as(redacted) } else { row.error() }
    }
}

/// The failure as the report spells it, with a length in place of its words.
fn redacted(failure: &CallFailure) -> String {
    CallFailure { words: redact::words(&failure.words), ..failure.clone() }.to_string()
}

/// The value for a person: a string without its quotes and escapes, anything else as the platform spelled it.
fn spelled(value: Option<&JsonText>) -> Cow<'_, str> {
    let Some(value) = value else { return Cow::Borrowed(NONE) };
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(value.get()),
    }
}
