//! The report of `apply`: its columns, one line each.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::remedies::{Told, told};
use super::run::is_published;
use super::store::{Ending, Recorded};
use crate::base::{ApplyStatus, Both, Difference, Lang, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::column::{Cell, Column as ReportColumn, Place, whole_seconds};
use crate::engine::report::columns::{
    DIFFERENCES, assistant_id, error, id, input, line, name, remedy, status, time,
};
use crate::engine::report::page::words::words;
use crate::engine::report::page::{
    About, Column, Item, PageCell, PageLine, Shown, StatusGroup, ToDo, label as field_label,
};
use crate::engine::report::{Carried, Change, Line, Texts, counts, head};

/// The order is a promise (DESIGN.md, Applying).
#[rustfmt::skip]
const COLUMNS: &[ReportColumn<ApplyRow>] = &[
    line(),
    input(),
    assistant_id(),
    id("agent_id", |row, _| Cell::known(row.agent(), Cell::Id)),
    name(),
    status(|row, _| Cell::text(row.status.as_str())),
    ReportColumn::new("changed", |row, _| of(row, |recorded| Cell::Texts(recorded.ending.changed.clone()))).placed(Place::Verdict, 30).tallied(["What was changed, and in how many rows", "Was geändert wurde, und in wie vielen Zeilen"]),
    ReportColumn::new("left_behind", |row, _| of(row, |recorded| Cell::Texts(left_behind(recorded)))).placed(Place::Verdict, 30).tallied(["What was left behind, and in how many rows", "Was zurückblieb, und in wie vielen Zeilen"]),
    ReportColumn::partly_private("differences", |row: &ApplyRow, texts| Cell::Texts(texts.differences(row.differences()))).placed(Place::Verdict, 60).tallied(DIFFERENCES),
    error(|row, texts| Cell::Text(Cow::Owned(PageLine::error(row, texts)))),
    remedy(|row, texts| Cell::text(row.told().sentence(texts.lang))),
    ReportColumn::new("version", |row, _| of(row, |recorded| Cell::text(&recorded.ending.version))),
    ReportColumn::new("requests", |row, _| Cell::Count(row.requests())),
    time("checked_at", |row, _| of(row, |recorded| Cell::Time(whole_seconds(recorded.at)))),
];

fn of<'r>(row: &'r ApplyRow, value: fn(&'r Recorded) -> Cell<'r>) -> Cell<'r> {
    row.recorded.as_ref().map_or(Cell::Nothing, value)
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ApplyFacts {
    /// The command, as a run of the ledger.
    pub(crate) run: RunFacts,
    pub(crate) counts: Vec<(ApplyStatus, u64)>,
    pub(crate) is_undo: bool,
    pub(crate) is_dry_run: bool,
}

impl Line for ApplyRow {
    type Facts = ApplyFacts;

    const COLUMNS: &'static [ReportColumn<Self>] = COLUMNS;

    fn own(&self) -> &ReportRow {
        &self.row
    }

    fn progress(&self) -> RowProgress {
        if self.told() == Told::Nothing { RowProgress::Done } else { RowProgress::NeedsAttention }
    }

    fn run(facts: &ApplyFacts) -> &RunFacts {
        &facts.run
    }

    fn head(facts: &ApplyFacts, texts: Texts) -> Value {
        let count =
            |status| facts.counts.iter().find(|(counted, _)| *counted == status).map_or(0, |(_, rows)| *rows);
        let own = json!({
            "undo": facts.is_undo,
            "dry_run": facts.is_dry_run,
            "counts": counts(ApplyStatus::ALL.map(|status| (status.as_str(), count(status)))),
        });
        head("apply", &facts.run, facts.counts.iter().map(|(_, rows)| rows).sum(), texts, own)
    }

    fn beyond_columns<'a>(&'a self, texts: Texts, columns: Carried<'a>) -> impl Serialize + 'a {
        let left = self.ending().map_or(&[][..], |ending| &ending.left);
        Beyond {
            left: left.iter().map(|left| LeftBehind { name: &left.name, why: left.why.words() }).collect(),
            columns,
            changes: texts
                .changes(self.differences())
                .into_iter()
                .zip(self.differences())
                .map(|(change, difference)| Changed {
                    change,
                    short: if texts.redact { "" } else { &difference.short },
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct Beyond<'a> {
    left: Vec<LeftBehind<'a>>,
    columns: Carried<'a>,
    changes: Vec<Changed<'a>>,
}

#[derive(Serialize)]
struct Changed<'a> {
    #[serde(flatten)]
    change: Change<'a>,
    short: &'a str,
}

#[derive(Serialize)]
struct LeftBehind<'a> {
    name: &'a str,
    why: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApplyRow {
    pub(crate) row: ReportRow,
    /// What this command has found out about it.
    pub(crate) recorded: Option<Recorded>,
    pub(crate) status: ApplyStatus,
    /// Whether its agent, where none is on record, is its own.
    pub(crate) is_elsewhere: bool,
}

impl ApplyRow {
    /// What to do about it; empty where there is nothing to.
    pub(crate) fn remedy(&self) -> &'static str {
        self.told().sentence(Lang::En)
    }

    fn ending(&self) -> Option<&Ending> {
        self.recorded.as_ref().map(|recorded| &recorded.ending)
    }

    fn told(&self) -> Told {
        let failure = self.ending().and_then(|ending| ending.failure.as_ref());
        told(self.status, failure, self.agent().is_some())
    }

    /// Whether something of ours may stand in its agent.
    pub(crate) fn is_written(&self) -> bool {
        let has_changed = self.ending().is_some_and(|ending| !ending.changed.is_empty());
        is_published(self.status)
            && (has_changed || self.status == ApplyStatus::Unknown)
            && self.status != ApplyStatus::Undone
    }

    fn agent(&self) -> Option<uuid::Uuid> {
        match &self.recorded {
            Some(recorded) => recorded.agent.map(|agent| agent.0),
            None => self.row.pair.filter(|_| !self.is_elsewhere).map(|pair| pair.agent.0),
        }
    }

    fn requests(&self) -> u64 {
        self.ending().map_or(0, |ending| ending.requests.into())
    }
}

impl PageLine for ApplyRow {
    fn about(facts: &ApplyFacts, lang: Lang) -> About {
        let (heading, lead) = match (facts.is_undo, facts.is_dry_run) {
            (true, _) => (
                ["Agents as they were before", "Agenten, wie sie vorher waren"],
                ["Is each agent again as it was?", "Ist jeder Agent wieder, wie er war?"],
            ),
            (false, true) => (
                ["Agents from what is kept: a dry run", "Agenten aus dem, was behalten ist: ein Probelauf"],
                ["What would be written? Nothing was.", "Was würde geschrieben? Nichts wurde geschrieben."],
            ),
            (false, false) => (
                ["Agents from what is kept", "Agenten aus dem, was behalten ist"],
                [
                    "Is each agent what was kept of it, and what is left to do?",
                    "Ist jeder Agent, was von ihm behalten ist, und was ist noch zu tun?",
                ],
            ),
        };
        let changed = Column::own("changed", lang.of(["Written", "Geschrieben"])).filter().many();
        About {
            heading: lang.of(heading),
            lead: lang.of(lead),
            found: None,
            columns: vec![changed],
            class: " audit",
        }
    }

    fn group(&self, lang: Lang) -> StatusGroup {
        let (class, meaning) = class_and_meaning(self.status);
        let word = self.status.as_str();
        StatusGroup { rank: self.status as usize, class, word, label: word, meaning: lang.of(meaning) }
    }

    fn todos(&self, lang: Lang) -> Vec<ToDo> {
        match self.told() {
            Told::Nothing => Vec::new(),
            Told::Shared(remedy) => ToDo::of(remedy, lang).into_iter().collect(),
            Told::Own { actor, page, .. } => vec![ToDo::by(actor, lang.of(page))],
        }
    }

    fn administrators_remedy(&self, lang: Lang) -> &'static str {
        self.told().sentence(lang)
    }

    fn cells(&self, shown: &Shown) -> Vec<PageCell<'_>> {
        let item =
            |field: &String| Item { text: Cow::Owned(field_label(field, shown.lang())), ..Item::default() };
        let changed = self.ending().into_iter().flat_map(|ending| &ending.changed);
        vec![PageCell { items: changed.map(item).collect(), ..PageCell::default() }]
    }

    fn opens_in_app(&self) -> Option<uuid::Uuid> {
        self.agent()
    }

    fn differences(&self) -> &[Difference] {
        self.ending().map_or(&[], |ending| &ending.differences)
    }

    fn notes(&self, _: Texts) -> Vec<String> {
        Vec::new()
    }

    fn error(&self, texts: Texts) -> String {
        if let Some(invalid) = self.row.invalid {
            return invalid.sentence().to_owned();
        }
        let Some(ending) = self.ending() else { return String::new() };
        let said = ending.said.as_deref().map(|said| texts.name(said).into_owned());
        let failure = ending.failure.as_ref().map(|failure| texts.failure(failure));
        said.into_iter().chain(failure).collect::<Vec<_>>().join("; ")
    }

    fn set_up(&self, texts: Texts) -> Vec<(&'static str, Cow<'_, str>)> {
        let lang = texts.lang;
        let Some(ending) = self.ending() else { return Vec::new() };
        let changed: Vec<_> = ending.changed.iter().map(|name| field_label(name, lang)).collect();
        let left = ending.left.iter();
        let left: Vec<_> = left
            .map(|left| format!("{} ({})", field_label(&left.name, lang), lang.of(left.why.told())))
            .collect();
        vec![
            (lang.of(["Written", "Geschrieben"]), Cow::Owned(changed.join("; "))),
            (lang.of(["Left behind", "Nicht übertragen"]), Cow::Owned(left.join("; "))),
            ("Version", Cow::Borrowed(ending.version.as_str())),
        ]
    }

    fn facts(&self, lang: Lang) -> Vec<(&'static str, Cow<'_, str>)> {
        let w = words(lang);
        let id = |id: Option<uuid::Uuid>| Cow::Owned(id.map(|id| id.to_string()).unwrap_or_default());
        let at = self.recorded.as_ref().map(|recorded| lang.moment(recorded.at));
        vec![
            (w.cell, Cow::Borrowed(self.row.input.as_str())),
            (w.assistant, id(self.row.pair.map(|pair| pair.assistant.0))),
            (w.agent, id(self.agent())),
            (w.checked, Cow::Owned(at.unwrap_or_default())),
            (w.requests, Cow::Owned(lang.number(self.requests()))),
        ]
    }
}

/// What a status looks like on a page, and what it means.
#[rustfmt::skip] // A line per status.
const fn class_and_meaning(status: ApplyStatus) -> (&'static str, Both) {
    match status {
        ApplyStatus::Applied => ("verified", ["written, published, read again: equal", "geschrieben, veröffentlicht, wieder gelesen: gleich"]),
        ApplyStatus::Created => ("verified", ["made, published, read again: equal", "angelegt, veröffentlicht, wieder gelesen: gleich"]),
        ApplyStatus::Unchanged => ("verified", ["was equal", "war gleich"]),
        ApplyStatus::Undone => ("verified", ["as it was before", "wie vorher"]),
        ApplyStatus::WouldApply => ("not_checked", ["would be written", "würde geschrieben"]),
        ApplyStatus::WouldCreate => ("not_checked", ["would be made", "würde angelegt"]),
        ApplyStatus::Differs => ("mismatch", ["written as far as that goes, and still not equal", "geschrieben, soweit es geht, und noch nicht gleich"]),
        ApplyStatus::DraftInUse => ("heavy", ["somebody has unpublished changes in it", "jemand hat unveröffentlichte Änderungen darin"]),
        ApplyStatus::ChangedSince => ("heavy", ["changed by somebody since, and left alone", "seither von jemandem geändert und in Ruhe gelassen"]),
        ApplyStatus::NoTarget => ("agent_not_found", ["no agent for it", "kein Agent dafür"]),
        ApplyStatus::NoSource => ("assistant_not_found", ["nothing is kept of it", "nichts davon ist behalten"]),
        ApplyStatus::AgentNotFound => ("agent_not_found", RowStatus::AgentNotFound.meaning()),
        ApplyStatus::NoAccess => ("no_access", RowStatus::NoAccess.meaning()),
        ApplyStatus::Failed => ("failed", ["no usable answer, or a refusal: nothing was changed", "keine brauchbare Antwort oder eine Ablehnung: nichts wurde geändert"]),
        ApplyStatus::Unknown => ("failed", ["a write without an answer", "ein Schreiben ohne Antwort"]),
        ApplyStatus::InvalidId => ("invalid_id", RowStatus::InvalidId.meaning()),
        ApplyStatus::Duplicate => ("duplicate", RowStatus::Duplicate.meaning()),
        ApplyStatus::NotChecked => ("not_checked", ["not come to", "nicht an die Reihe gekommen"]),
    }
}

fn left_behind(recorded: &Recorded) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for left in &recorded.ending.left {
        if !names.contains(&left.name) {
            names.push(left.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_that_the_contract_names() {
        let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(
            names.join(" "),
            "line input assistant_id agent_id name status changed left_behind differences error remedy version \
             requests checked_at"
        );
    }

    #[test]
    fn the_schema_has_the_columns_and_the_statuses() {
        let schema: Value =
            serde_json::from_str(include_str!("../../tests/schema/apply.schema.json")).unwrap();
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let own = COLUMNS.iter().map(|column| column.name);
        let expected: Vec<_> =
            ["type"].into_iter().chain(own).chain(["left", "columns", "changes"]).collect();
        assert_eq!(keys(&schema["$defs"]["row"]["properties"]), expected);
        let statuses = ApplyStatus::ALL.map(ApplyStatus::as_str);
        assert_eq!(keys(&schema["$defs"]["apply"]["properties"]["counts"]["properties"]), statuses);
        assert_eq!(schema["$defs"]["row"]["properties"]["status"]["enum"], json!(statuses));
    }
}
