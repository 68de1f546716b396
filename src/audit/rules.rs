//! The table of findings: code, weight, when, advice. Every report takes from here what it says of one.

use std::collections::HashSet;

use super::duplicates::Duplicates;
use super::row::{Capability, Configuration, FindingKind, Inspection, KnownModel, Weight};
use super::{model_id, secrets};
use crate::base::grouped;
use crate::engine::record::{Json, Record};

/// A finding that an audit knows.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What is found.
    pub kind: FindingKind,
    pub(super) when: When,
}

/// When a finding is one: how much, or where; `None` where there is nothing to find.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// The record alone tells.
    Alone(fn(&Subject<'_>) -> Option<String>),
    /// It takes all that were read, or the catalogue of models.
    Among(fn(&Inspection, Workspace<'_>) -> Option<String>),
}

use self::When::{Alone, Among};

/// What a rule looks at in a record.
pub(super) struct Subject<'a> {
    pub(super) record: &'a Record,
    pub(super) configuration: &'a Configuration,
    /// Whether anything at all in it looks like a secret.
    pub(super) has_secrets: bool,
}

/// What a record is held against.
#[derive(Clone, Copy, Debug)]
pub struct Workspace<'a> {
    /// The models of the key; `None` where they could not be read: then nothing is found about models.
    pub models: Option<&'a [KnownModel]>,
    /// What stands twice among all records.
    pub duplicates: &'a Duplicates,
}

const fn rule(
    code: &'static str,
    weight: Weight,
    advice: &'static str,
    german: &'static str,
    when: When,
) -> Rule {
    Rule { kind: FindingKind { code, weight, advice: [advice, german], is_administrators: false }, when }
}

/// The same rule, where only an administrator of the workspace can do something about it.
const fn for_administrators(rule: Rule) -> Rule {
    Rule { kind: FindingKind { is_administrators: true, ..rule.kind }, ..rule }
}

/// Every finding that an audit knows.
pub const fn rules() -> &'static [Rule] {
    RULES
}

/// What a page marks a model with.
pub(super) const MODEL_UNAVAILABLE: &str = "model_unavailable";

/// Days without a change after which somebody should ask whether it is still needed.
const STALE_DAYS: i64 = 365;

/// Limits: PLATFORM.md, Write names. Where they changed over time, the older one is a warning: not every deployment is of
/// the same age.
const RULES: &[Rule] = &[
    rule(
        "secret",
        Weight::High,
        "Take what looks like a secret out, and change it where it opens something: everybody who may edit or question \
         the assistant can get at it",
        "Nehmen Sie heraus, was nach einem Geheimnis aussieht, und ändern Sie es dort, wo es etwas öffnet: Alle, die den Assistenten bearbeiten oder befragen dürfen, können es bekommen",
        Alone(|subject| if subject.has_secrets { some(secrets::found(subject.record)) } else { None }),
    ),
    rule(
        "extended_thinking_unsupported",
        Weight::Medium,
        "Switch extended thinking off, or choose a model that has it: saved like this, the platform refuses it",
        "Schalten Sie das erweiterte Denken aus oder wählen Sie ein Modell, das es kann: So gespeichert lehnt die Plattform es ab",
        Among(|record, workspace| {
            let thinks = record.configuration.flag(Capability::ExtendedThinking) == Some(true);
            let meant = model_id::meant(workspace.models?, &record.configuration.model);
            let has_none =
                !meant.is_empty() && meant.iter().all(|model| model.extended_thinking == Some(false));
            (thinks && has_none).then(String::new)
        }),
    ),
    rule(
        "name_over_80",
        Weight::Medium,
        "Shorten the name to 80 characters",
        "Kürzen Sie den Namen auf 80 Zeichen",
        Alone(|subject| over(subject.record.name().chars().count(), 80)),
    ),
    rule(
        "description_over_800",
        Weight::Medium,
        "Shorten the description to 800 characters",
        "Kürzen Sie die Beschreibung auf 800 Zeichen",
        Alone(|subject| over(subject.configuration.description_length, 800)),
    ),
    rule(
        "instruction_over_50000",
        Weight::Medium,
        "Shorten the instruction to 50,000 characters",
        "Kürzen Sie die Anweisungen auf 50.000 Zeichen",
        Alone(|subject| over(subject.configuration.instruction_length, 50_000)),
    ),
    rule(
        "starters_over_20",
        Weight::Medium,
        "Leave 20 conversation starters at most",
        "Lassen Sie höchstens 20 Konversationsstarter stehen",
        Alone(|subject| {
            let starters = subject.configuration.starters;
            (starters > 20).then(|| starters.to_string())
        }),
    ),
    rule(
        "starter_over_255",
        Weight::Medium,
        "Shorten each conversation starter to 255 characters",
        "Kürzen Sie jeden Konversationsstarter auf 255 Zeichen",
        Alone(|subject| {
            let starters = items(subject.record, "conversationStarters").iter();
            let long = starters
                .zip(1..)
                .filter(|(starter, _)| starter.text().is_some_and(|starter| starter.chars().count() > 255));
            some(long.map(|(_, number): (_, usize)| format!("starter {number}")))
        }),
    ),
    rule(
        "instruction_empty",
        Weight::Medium,
        "Write an instruction, or delete the assistant",
        "Schreiben Sie Anweisungen oder löschen Sie den Assistenten",
        Alone(|subject| {
            subject.record.text("instruction").unwrap_or_default().trim().is_empty().then(String::new)
        }),
    ),
    rule(
        "form_without_fields",
        Weight::Medium,
        "Give the form a field, or change the input type to a prompt",
        "Geben Sie dem Formular ein Feld oder stellen Sie die Eingabeart auf Prompt um",
        Alone(|subject| {
            let is_form = subject.configuration.input_type == "STRUCTURED";
            (is_form && subject.configuration.fields == 0).then(String::new)
        }),
    ),
    rule(
        "doubled_slug",
        Weight::Medium,
        "Give each field of the form a slug of its own",
        "Geben Sie jedem Formularfeld einen eigenen Slug",
        Alone(|subject| {
            let mut seen = HashSet::new();
            let fields = numbered(subject).map(|(field, number)| (text(field, "slug"), number));
            some(fields.filter(|(slug, _)| !slug.is_empty() && !seen.insert(*slug)).map(|(_, number)| number))
        }),
    ),
    rule(
        "select_without_options",
        Weight::Medium,
        "Give the field options to choose from, or another type",
        "Geben Sie dem Feld Werte zur Auswahl oder eine andere Art",
        Alone(|subject| {
            // Production leaves the options out of every answer (PLATFORM.md, The object): that says nothing of them.
            let shown = numbered(subject).any(|(field, _)| matches!(field.member("options"), Json::List(_)));
            let empty = numbered(subject).filter(|(field, _)| {
                matches!(text(field, "type"), "SELECT" | "MULTI_SELECT")
                    && field.member("options").items().is_empty()
            });
            some(empty.map(|(_, number)| number)).filter(|_| shown)
        }),
    ),
    rule(
        "action_needs_confirmation",
        Weight::Medium,
        "Where it is called through the API, switch the confirmation of its actions off: nobody can confirm there",
        "Wo er über die API aufgerufen wird, schalten Sie die Bestätigung seiner Aktionen aus: Dort kann niemand bestätigen",
        Alone(|subject| {
            let count = subject.configuration.actions_to_confirm;
            (count > 0).then(|| format!("{count} of {}", subject.configuration.actions))
        }),
    ),
    for_administrators(rule(
        "no_owner",
        Weight::Medium,
        "Let a workspace administrator give it an owner: until then it works on, but nobody can edit it",
        "Gibt ihm einen Besitzer: Bis dahin läuft er weiter, aber niemand kann ihn bearbeiten",
        Alone(|subject| {
            let members = subject.record.object().members();
            let (_, owner) = members.iter().find(|(name, _)| name == "owner")?;
            let is_nobody = owner.text().map_or_else(|| owner.is_empty(), |owner| owner.trim().is_empty());
            is_nobody.then(String::new)
        }),
    )),
    rule(
        MODEL_UNAVAILABLE,
        Weight::Low,
        "Look whether this workspace still has the model, and choose another one if not: the key was not shown it",
        "Sehen Sie nach, ob es das Modell in diesem Workspace noch gibt, und wählen Sie sonst ein anderes: Dem Schlüssel wurde es nicht gezeigt",
        Among(|record, workspace| {
            let (models, model) = (workspace.models?, &record.configuration.model);
            let is_missing = !model.is_empty() && !model_id::is_auto(model);
            (is_missing && model_id::meant(models, model).is_empty()).then(String::new)
        }),
    ),
    rule(
        "description_over_500",
        Weight::Low,
        "Shorten the description to 500 characters: older deployments take no more",
        "Kürzen Sie die Beschreibung auf 500 Zeichen: Ältere Installationen nehmen nicht mehr",
        Alone(|subject| between(subject.configuration.description_length, 500, 800)),
    ),
    rule(
        "instruction_over_40000",
        Weight::Low,
        "Shorten the instruction to 40,000 characters: older deployments take no more",
        "Kürzen Sie die Anweisungen auf 40.000 Zeichen: Ältere Installationen nehmen nicht mehr",
        Alone(|subject| between(subject.configuration.instruction_length, 40_000, 50_000)),
    ),
    rule(
        "model_default",
        Weight::Low,
        "Name the model itself: what a default stands for changes, and an agent cannot be created with it",
        "Nennen Sie das Modell selbst: Wofür eine Voreinstellung steht, ändert sich, und ein Agent lässt sich damit nicht anlegen",
        Alone(|subject| subject.configuration.model.ends_with(DEFAULT).then(String::new)),
    ),
    rule(
        "code_interpreter",
        Weight::Low,
        "Try whether it still does what it is there for: the code interpreter no longer has an effect on agents",
        "Probieren Sie aus, ob er noch tut, wofür er da ist: Der Datenanalyst wirkt bei Agenten nicht mehr",
        Alone(|subject| {
            let has_one = subject.configuration.flag(Capability::CodeInterpreter) == Some(true);
            has_one.then(String::new)
        }),
    ),
    rule(
        "attachments",
        Weight::Low,
        "Attach the files again if it moves to another workspace: they do not travel",
        "Hängen Sie die Dateien neu an, wenn er in einen anderen Workspace umzieht: Sie ziehen nicht mit um",
        Alone(|subject| {
            let count = subject.configuration.attachments;
            (count > 0).then(|| count.to_string())
        }),
    ),
    rule(
        "unchanged_for_a_year",
        Weight::Low,
        "Ask its owner whether it is still needed and still right",
        "Fragen Sie, wem er gehört, ob er noch gebraucht wird und noch stimmt",
        Alone(|subject| {
            let days = subject.configuration.days_unchanged()?;
            (days >= STALE_DAYS).then(|| format!("{days} days"))
        }),
    ),
    rule(
        "same_name",
        Weight::Low,
        "Give each its own name, or delete what is not needed",
        "Geben Sie jedem einen eigenen Namen oder löschen Sie, was nicht gebraucht wird",
        Among(|record, workspace| doubled(workspace.duplicates.same_name(record.name))),
    ),
    rule(
        "same_instruction",
        Weight::Low,
        "Keep one of them, or say in the instruction what sets them apart",
        "Behalten Sie einen von ihnen oder sagen Sie in den Anweisungen, was sie unterscheidet",
        Among(|record, workspace| doubled(workspace.duplicates.same_instruction(record.instruction))),
    ),
];

/// What a model id ends in that stands for whatever is the default just now (PLATFORM.md, The object).
pub(super) const DEFAULT: &str = "@default";

fn over(characters: usize, limit: usize) -> Option<String> {
    (characters > limit).then(|| format!("{} characters", grouped(characters as u64)))
}

/// Over the older limit, and not over the newer one, which has a finding of its own.
fn between(characters: usize, older: usize, newer: usize) -> Option<String> {
    over(characters, older).filter(|_| characters <= newer)
}

fn doubled(count: usize) -> Option<String> {
    (count > 1).then(|| format!("{count} of them"))
}

/// The items of that list; none where there is none.
fn items<'a>(record: &'a Record, field: &str) -> &'a [Json] {
    record.object().get(field).items()
}

/// The text in that member of an element; empty where there is none.
fn text<'a>(element: &'a Json, field: &str) -> &'a str {
    element.member(field).text().unwrap_or_default()
}

/// The fields of the form, each with its place for a person.
fn numbered<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a Json, String)> {
    let fields = items(subject.record, "inputFields").iter().zip(1..);
    fields.map(|(field, number): (_, usize)| (field, format!("field {number}")))
}

/// Places as a detail: at most ten of them.
fn some(places: impl IntoIterator<Item = String>) -> Option<String> {
    const SHOWN: usize = 10;
    let places: Vec<String> = places.into_iter().collect();
    let more = places.len().saturating_sub(SHOWN);
    let shown = places.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (places.as_slice(), more) {
        ([], _) => None,
        (_, 0) => Some(shown),
        (_, more) => Some(format!("{shown} and {more} more")),
    }
}
