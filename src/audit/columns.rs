//! The columns of an audit: one line each, and the keys that JSON has beside them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::row::{AuditFacts, AuditRow, Capability, Configuration, Finding, reading_word};
use crate::base::{Both, Call, Lang, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::column::{Cell, Column, Place, whole_seconds};
use crate::engine::report::columns::{error, id, input, line, name, status, time};
use crate::engine::report::{Carried, Extent, Line, Texts, counts, head, redact, since};

/// What the columns count.
const CHARACTERS: [Both; 2] = [["character", "Zeichen"], ["characters", "Zeichen"]];
const DAYS: [Both; 2] = [["day", "Tag"], ["days", "Tage"]];

/// What the column `advice` of a table says first in the practice workspace.
const PRACTICE: &str = "PRACTICE: made-up workspace";

/// PLATFORM.md, The object.
const INPUT_TYPES: [&str; 5] = ["PROMPT", "STRUCTURED", "INTEGRATION", "SCHEDULED", "WEBHOOK"];

/// Those with a label tell how an assistant is set up.
#[rustfmt::skip]
pub(super) const COLUMNS: &[Column<AuditRow>] = &[
    line(),
    input(),
    name(),
    id("id", |row, _| Cell::known(row.id(), Cell::Id)),
    Column::new("read_from", |row, _| Cell::known(row.read_from.map(Call::as_str), Cell::text)),
    status(|row, _| Cell::text(reading_word(row.row.status))),
    Column::partly_private("model", |row, texts| Cell::known(model(row, texts), Cell::Text)).labelled(["Model", "Modell"]),
    Column::partly_private("temperature", temperature).labelled(["Creativity", "Kreativität"]),
    Column::partly_private("input_type", input_type).labelled(["Input type", "Eingabeart"]),
    Column::new("description_length", |row, _| count(row, |read| read.description_length)).labelled(["Description", "Beschreibung"]).counting(CHARACTERS),
    Column::new("instruction_length", |row, _| count(row, |read| read.instruction_length)).labelled(["Instructions", "Anweisungen"]).counting(CHARACTERS),
    Column::new("starters", |row, _| count(row, |read| read.starters)).labelled(["Conversation starters", "Konversationsstarter"]),
    Column::new("actions", |row, _| count(row, |read| read.actions)).labelled(["Actions", "Aktionen"]),
    Column::new("actions_to_confirm", |row, _| count(row, |read| read.actions_to_confirm)).labelled(["Actions that ask for confirmation", "Aktionen, die um Bestätigung bitten"]),
    Column::new("fields", |row, _| count(row, |read| read.fields)).labelled(["Fields of the form", "Formularfelder"]),
    Column::new("attachments", |row, _| count(row, |read| read.attachments)).labelled(["Attachments", "Anhänge"]),
    Column::new("web_search", |row, _| flag(row, Capability::WebSearch)).labelled(["Web search", "Websuche"]),
    Column::new("image_generation", |row, _| flag(row, Capability::ImageGeneration)).labelled(["Image generation", "Bildgenerierung"]),
    Column::new("code_interpreter", |row, _| flag(row, Capability::CodeInterpreter)).labelled(["Data analyst", "Datenanalyst"]),
    Column::new("canvas", |row, _| flag(row, Capability::Canvas)).labelled(["Canvas", "Canvas"]),
    Column::new("extended_thinking", |row, _| flag(row, Capability::ExtendedThinking)).labelled(["Extended thinking", "Erweitertes Denken"]),
    time("created_at", |row, _| Cell::known(read(row, |read| read.created_at), Cell::Time)).labelled(["Created", "Erstellt"]),
    time("updated_at", |row, _| Cell::known(read(row, |read| read.updated_at), Cell::Time)).labelled(["Last change", "Geändert"]),
    Column::new("age_days", |row, _| Cell::known(read(row, |read| read.age_days), Cell::Number)).labelled(["Age", "Alter"]).counting(DAYS),
    Column::new("unchanged_days", |row, _| Cell::known(read(row, |read| read.unchanged_days), Cell::Number)).labelled(["Unchanged for", "Unverändert seit"]).counting(DAYS),
    error(|row, texts| Cell::Text(Cow::Owned(texts.error(&row.row)))),
    Column::new("requests", |row, _| Cell::Count(row.row.requests)),
    time("checked_at", |row, _| Cell::known(row.row.checked_at.map(whole_seconds), Cell::Time)),
    Column::new("findings", |row: &AuditRow, _| Cell::Text(Cow::Owned(row.codes().join(";")))).placed(Place::Verdict, 30).tallied(["Findings, and in how many rows", "Befunde, und in wie vielen Zeilen"]),
    Column::new("advice", advice).placed(Place::Verdict, 60),
];

/// What stands in the configuration, where something was read and the platform says it.
fn read<T>(row: &AuditRow, value: fn(&Configuration) -> Option<T>) -> Option<T> {
    row.configuration.as_ref().and_then(value)
}

fn count(row: &AuditRow, value: fn(&Configuration) -> usize) -> Cell<'static> {
    Cell::known(row.configuration.as_ref().map(|read| value(read) as u64), Cell::Count)
}

fn flag(row: &AuditRow, capability: Capability) -> Cell<'static> {
    Cell::known(row.configuration.as_ref().map(|read| read.flag(capability)), Cell::Flag)
}

/// The model's id, where something was read. Of a redacted one stays what is among the models of the key: any other may be
/// anybody's text.
pub(super) fn model(row: &AuditRow, texts: Texts) -> Option<Cow<'_, str>> {
    let model = row.configuration.as_ref()?.model.as_str();
    let may_be_seen = !texts.redact || (row.has_known_model && redact::is_identifier(model));
    Some(if may_be_seen { Cow::Borrowed(model) } else { Cow::Owned(redact::text(model)) })
}

fn temperature(row: &AuditRow, texts: Texts) -> Cell<'_> {
    let value = row.configuration.as_ref().and_then(|read| read.temperature.as_ref());
    let shown = value.and_then(|value| {
        if texts.redact { redact::strictly(value).map(Cow::Owned) } else { Some(Cow::Borrowed(value)) }
    });
    Cell::known(shown, Cell::Json)
}

fn input_type(row: &AuditRow, texts: Texts) -> Cell<'_> {
    let Some(read) = &row.configuration else { return Cell::Nothing };
    if texts.redact && !INPUT_TYPES.contains(&read.input_type.as_str()) {
        Cell::Text(Cow::Owned(redact::text(&read.input_type)))
    } else {
        Cell::text(&read.input_type)
    }
}

fn advice(row: &AuditRow, texts: Texts) -> Cell<'_> {
    let practice = (texts.practice && texts.extent == Extent::Short).then(|| PRACTICE.to_owned());
    Cell::Texts(practice.into_iter().chain(row.advice(texts.lang)).collect())
}

impl Line for AuditRow {
    type Facts = AuditFacts;

    const COLUMNS: &'static [Column<Self>] = COLUMNS;

    fn own(&self) -> &ReportRow {
        &self.row
    }

    fn progress(&self) -> RowProgress {
        Self::progress(self)
    }

    fn finding_codes(&self) -> Vec<String> {
        self.codes().into_iter().map(str::to_owned).collect()
    }

    fn run(facts: &AuditFacts) -> &RunFacts {
        &facts.run
    }

    fn head(facts: &AuditFacts, texts: Texts) -> Value {
        let run = &facts.run;
        let own = json!({
            "started_at": run.started_at.map(|time| time.to_string()),
            "finished_at": run.finished_at.map(|time| time.to_string()),
            "since_last": since(run),
            "models_known": facts.models_known,
            "counts": counts(RowStatus::ALL.map(|status| (reading_word(status), run.count(status)))),
        });
        head("audit", run, run.rows(), texts, own)
    }

    fn beyond_columns<'a>(&'a self, _: Texts, columns: Carried<'a>) -> impl Serialize + 'a {
        Beyond {
            support_id: self.row.support_id().map(|id| id.value.as_str()),
            details: self.findings.iter().map(detail).collect(),
            columns,
            before: self.row.status_before().map(reading_word),
        }
    }
}

#[derive(Serialize)]
struct Beyond<'a> {
    support_id: Option<&'a str>,
    details: Vec<Value>,
    columns: Carried<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'static str>,
}

fn detail(finding: &Finding) -> Value {
    json!({
        "code": finding.kind.code,
        "weight": finding.kind.weight.as_str(),
        "advice": Lang::En.of(finding.kind.advice),
        "detail": finding.detail,
    })
}
