//! The texts of a row, whatever the format: shortened or whole, redacted or not.

use std::borrow::Cow;

use serde::Serialize;

use super::redact::{self, Slugs};
use crate::base::{
    CallFailure, Difference, InvalidId, JsonText, Lang, Note, NoteKind, ReportRow, RunFacts, SkipReason,
    StopReason,
};

/// Where the assistant or the agent has no value.
const NONE: &str = "(none)";

/// What of a form no answer shows, in German: the ledger keeps the note in English.
const NOT_SHOWN: &str =
    "die API zeigt keine Auswahlwerte, Dateitypen oder Slugs; vergleichen Sie das Formular in der Web-App";

/// How much of a long value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Around the first difference, as the comparison shortened it.
    Short,
    Full,
}

/// A difference with its values, redacted if asked for.
#[derive(Serialize)]
pub(crate) struct Change<'a> {
    pub(super) field: Cow<'a, str>,
    pub(super) old: Option<Cow<'a, JsonText>>,
    pub(super) new: Option<Cow<'a, JsonText>>,
}

/// How texts are made for a whole report.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    pub(crate) extent: Extent,
    pub(crate) redact: bool,
    pub(crate) practice: bool,
    /// Of remedies and of what a page says; what is kept of a comparison is English.
    pub(crate) lang: Lang,
}

impl Texts {
    /// Everything that the agent has otherwise, with its values.
    pub(crate) fn changes(self, differences: &[Difference]) -> Vec<Change<'_>> {
        let mut slugs = Slugs::default();
        differences.iter().map(|difference| self.change(difference, &mut slugs)).collect()
    }

    /// The same in words, `field: old -> new`.
    pub(crate) fn differences(self, differences: &[Difference]) -> Vec<String> {
        let changes = self.changes(differences);
        differences
            .iter()
            .zip(&changes)
            .map(|(difference, change)| self.difference(difference, change))
            .collect()
    }

    pub(crate) fn stopped(self, facts: &RunFacts) -> Option<String> {
        let reason = facts.stopped.clone()?;
        let reason = if self.redact { reason.redacted() } else { reason };
        Some(match (self.lang, self.extent) {
            (Lang::De, Extent::Full) => german_stop(&reason),
            _ => reason.to_string(),
        })
    }

    pub(crate) fn name(self, name: &str) -> Cow<'_, str> {
        if self.redact { Cow::Owned(redact::text(name)) } else { Cow::Borrowed(name) }
    }

    /// A value of that field.
    pub(crate) fn value<'a>(self, value: &'a JsonText, field: &str) -> Option<Cow<'a, JsonText>> {
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

    /// What differs without harm, was accepted, or is told beside it.
    pub(crate) fn notes(self, row: &ReportRow) -> Vec<String> {
        let mut slugs = Slugs::default();
        if self.redact {
            // A slug has one number in all that is said of the row.
            row.differences.iter().for_each(|difference| drop(slugs.field(&difference.field)));
        }
        let mut notes = Vec::new();
        if self.practice {
            notes.push("PRACTICE: made-up workspace".to_owned());
        }
        if let Some((line, status)) = row.duplicate_of {
            notes.push(match self.lang {
                Lang::En => format!("same as line {line} ({status})"),
                Lang::De => format!("wie Zeile {line} ({status})"),
            });
        }
        if let Some(reason @ SkipReason::OneRecord) = row.skipped {
            notes.push(format!("disabled: to stay on ({})", reason.as_str()));
        }
        notes.extend(row.notes.iter().map(|note| self.note(note, &mut slugs)));
        notes
    }

    fn note(self, note: &Note, slugs: &mut Slugs) -> String {
        let field = self.field(&note.field, slugs);
        let accepted = if note.kind == NoteKind::Accepted { "accepted: " } else { "" };
        if self.extent == Extent::Short && !self.redact {
            return format!("{accepted}{field}: {}", note.short);
        }
        let value = |value: &Option<JsonText>| -> Option<String> {
            let value = self.value(value.as_ref()?, &note.field)?;
            Some(spelled(Some(&value)).into_owned())
        };
        let lang = self.lang;
        let why = match note.kind {
            NoteKind::OnlyOnAgent => lang.of(["only on the agent", "nur am Agenten"]),
            NoteKind::OnlyOnAssistant => lang.of(["only on the assistant", "nur am Assistenten"]),
            NoteKind::DroppedByPlatform => {
                lang.of(["dropped by the platform", "von der Plattform weggelassen"])
            }
            NoteKind::UnreadableTime => {
                lang.of(["not a time that can be read", "keine Zeit, die sich lesen lässt"])
            }
            NoteKind::NotShown if lang == Lang::De => NOT_SHOWN,
            NoteKind::NotShown | NoteKind::SinceTheRun => &note.short,
            NoteKind::Accepted => {
                let [old, new] =
                    [&note.value, &note.new].map(|side| value(side).unwrap_or_else(|| NONE.into()));
                return format!("{accepted}{field}: {old} -> {new}");
            }
        };
        match value(&note.value) {
            Some(value) => format!("{field}: {why}: {value}"),
            None => format!("{field}: {why}"),
        }
    }

    /// The `error` text. Redacted, call, code and kind of each failure stay, and its words' length is all that is left
    /// of them.
    pub(crate) fn error(self, row: &ReportRow) -> String {
        match row.invalid {
            // Tables keep the sentence by which they are known as reports when they are given as input.
            Some(invalid) if self.extent == Extent::Full => {
                self.lang.of([invalid.sentence(), german_cell(invalid)]).to_owned()
            }
            _ => row.error_as(|failure| self.failure(failure)),
        }
    }

    pub(crate) fn failure(self, failure: &CallFailure) -> String {
        if self.redact {
            CallFailure { words: redact::words(&failure.words), ..failure.clone() }.to_string()
        } else {
            failure.to_string()
        }
    }
}

const fn german_cell(invalid: InvalidId) -> &'static str {
    match invalid {
        InvalidId::Empty => "Eingabe: Die Zelle ist leer",
        InvalidId::NoUuid => "Eingabe: keine UUID in der Zelle",
        InvalidId::TwoUuids => "Eingabe: zwei verschiedene UUIDs in der Zelle",
        InvalidId::AgentNoUuid => "Eingabe: keine UUID in der Zelle agent_id",
        InvalidId::AgentTwoUuids => "Eingabe: zwei verschiedene UUIDs in der Zelle agent_id",
    }
}

/// Why a run ended early, in German; what the platform said is added as it said it.
fn german_stop(reason: &StopReason) -> String {
    let said = |words: &str, answer: &str| {
        if answer.is_empty() { format!("{words}.") } else { format!("{words}: {answer}.") }
    };
    match reason {
        StopReason::Signal { .. } => "Er wurde abgebrochen.".to_owned(),
        StopReason::OutOfReach => {
            "Der Server war nicht erreichbar: Auf die letzten Anfragen kam keine brauchbare Antwort."
                .to_owned()
        }
        StopReason::ThrottledTooLong => {
            "Die Plattform antwortete 10 Minuten lang nur mit 429 (zu viele Anfragen).".to_owned()
        }
        StopReason::RetryAfterTooLong { seconds } => {
            format!("Die Plattform bat um eine Pause von {} Minuten.", Lang::De.number(seconds.div_ceil(60)))
        }
        StopReason::LedgerUnwritable { words } => said("Das Ledger ließ sich nicht schreiben", words),
        StopReason::KeyRefused => "Die Plattform lehnte den API-Schlüssel ab (401).".to_owned(),
        StopReason::ScopeMissing { missing } => {
            said("Dem API-Schlüssel fehlt ein Scope", &missing.join(", "))
        }
        StopReason::WrongBaseUrl { answer } => said("Die Adresse ist nicht die API der Plattform", answer),
        StopReason::Challenged { answer } => {
            said("Ein Gateway vor der Plattform will einen Browser sehen", answer)
        }
        StopReason::AssistantsApiGone => {
            "Die Assistants-API ist hier abgeschaltet; Assistenten lassen sich nicht mehr lesen.".to_owned()
        }
        StopReason::MayNotDisable => "Der API-Schlüssel darf keine Assistenten abschalten (403).".to_owned(),
        StopReason::Declined => "Die Rückfrage wurde nicht mit Ja beantwortet.".to_owned(),
    }
}

/// The value for a person: a string without its quotes and escapes, anything else as the platform spelled it.
fn spelled(value: Option<&JsonText>) -> Cow<'_, str> {
    let Some(value) = value else { return Cow::Borrowed(NONE) };
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(value.get()),
    }
}
