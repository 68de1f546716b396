//! The rows of an audit on a page.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use super::columns::{self, COLUMNS};
use super::row::{AuditFacts, AuditRow, Configuration, Finding, Weight, reading_word};
use super::rules::MODEL_UNAVAILABLE;
use crate::base::{Actor, Both, Call, Lang, RowProgress, RowStatus};
use crate::engine::report::Texts;
use crate::engine::report::cell::shortened;
use crate::engine::report::column::Cell;
use crate::engine::report::page::words::words;
use crate::engine::report::page::{
    About, Column, Item, Overview, PageCell, PageLine, Plot, Point, Shown, StatusGroup, ToDo, cell, effort,
};

/// A model id in the plot is no longer than this.
const MODEL: usize = 200;

/// Models with a bar of their own.
const MODELS: usize = 10;

/// For how long a row has not changed: fewer days than these, in words. The youngest first.
const AGES: [(i64, Both); 6] = [
    (30, ["less than 30 days", "weniger als 30 Tage"]),
    (90, ["30 to 89 days", "30 bis 89 Tage"]),
    (180, ["90 to 179 days", "90 bis 179 Tage"]),
    (365, ["180 to 364 days", "180 bis 364 Tage"]),
    (730, ["1 to 2 years", "1 bis 2 Jahre"]),
    (i64::MAX, ["over 2 years", "über 2 Jahre"]),
];
const AGE_UNKNOWN: Both = ["not known", "nicht bekannt"];

/// The age of a row that was read; `None` for any other.
fn age(row: &AuditRow, lang: Lang) -> Option<&'static str> {
    let days = row.configuration.as_ref()?.days_unchanged();
    let of = |days: i64| AGES.iter().find(|(end, _)| days < *end).map_or(AGE_UNKNOWN, |(_, said)| *said);
    Some(lang.of(days.map_or(AGE_UNKNOWN, of)))
}

/// The model as the page shows it; `None` where nothing was read.
fn model(row: &AuditRow, texts: Texts) -> Option<String> {
    let model = columns::model(row, texts)?;
    Some(shortened(cell(&model).trim(), MODEL).into_owned())
}

impl PageLine for AuditRow {
    const HIDES_SECRETS: bool = true;

    fn about(_: &AuditFacts, lang: Lang) -> About {
        About {
            heading: lang.of(["Audit of assistants", "Prüfung der Assistenten"]),
            lead: lang.of([
                "Each assistant by itself: how it is set up, what is wrong with it, and what to do.",
                "Jeder Assistent für sich: wie er eingerichtet ist, was daran nicht stimmt und was zu tun ist.",
            ]),
            found: Some(Column::own("found", words(lang).findings).filter().many()),
            columns: vec![
                Column::own("model", lang.of(["Model", "Modell"])).filter(),
                Column::own("age", lang.of(["Unchanged for", "Unverändert seit"])).filter().hidden(),
            ],
            class: " audit",
        }
    }

    fn group(&self, lang: Lang) -> StatusGroup {
        let status = self.row.status;
        let to_mend = self.progress() == RowProgress::NeedsAttention;
        let (class, said) = match (status, to_mend) {
            (RowStatus::Verified, true) => ("heavy", ["something has to be mended", "etwas ist zu beheben"]),
            (RowStatus::Verified, false) => {
                ("verified", ["nothing has to be mended", "nichts ist zu beheben"])
            }
            (RowStatus::NotChecked, _) => {
                (status.as_str(), ["the audit ended before it", "die Prüfung endete davor"])
            }
            _ => (status.as_str(), status.meaning()),
        };
        let word = reading_word(status);
        let label = match class {
            "heavy" => lang.of(["read, to mend", "read, zu beheben"]),
            "verified" => lang.of(["read, all well", "read, alles gut"]),
            _ => word,
        };
        StatusGroup { rank: status as usize, class, word, label, meaning: lang.of(said) }
    }

    fn todos(&self, lang: Lang) -> Vec<ToDo> {
        let own = self.own_remedy().map(|[_, page]| ToDo::by(Actor::Administrator, lang.of(page)));
        let remedy = own.or_else(|| ToDo::of(self.row.remedy(), lang));
        remedy.into_iter().chain(self.findings.iter().map(|finding| todo(finding, lang))).collect()
    }

    fn administrators_remedy(&self, lang: Lang) -> &'static str {
        let finding = self.findings.iter().find(|finding| finding.kind.is_administrators);
        match (self.remedy(lang), finding) {
            ("", Some(finding)) => lang.of(finding.kind.advice),
            (remedy, _) => remedy,
        }
    }

    fn cells(&self, shown: &Shown) -> Vec<PageCell<'_>> {
        let model = PageCell::text(model(self, shown.texts).unwrap_or_default());
        let age = PageCell::text(age(self, shown.texts.lang).unwrap_or_default());
        let days = self.configuration.as_ref().and_then(Configuration::days_unchanged);
        vec![model, PageCell { rank: days.map(|days| days.to_string()), ..age }]
    }

    fn id(&self) -> Option<Uuid> {
        Self::id(self)
    }

    fn opens_in_app(&self) -> Option<Uuid> {
        Self::id(self)
    }

    fn updated(&self) -> Option<Timestamp> {
        self.configuration.as_ref().and_then(|read| read.updated_at)
    }

    fn findings(&self, lang: Lang) -> Vec<Item<'_>> {
        let item = |finding: &'_ Finding| Item {
            class: finding.kind.weight.as_str(),
            label: Cow::Borrowed(finding.kind.code),
            advice: lang.of(finding.kind.advice),
            detail: Cow::Owned(finding.detail.clone()),
            ..Item::default()
        };
        self.findings.iter().map(item).collect()
    }

    /// The heavier and the more findings, the higher.
    fn rank(&self) -> usize {
        self.findings
            .first()
            .map_or(0, |heaviest| heaviest.kind.weight as usize * 1_000 + self.findings.len())
    }

    fn notes(&self, _: Texts) -> Vec<String> {
        Vec::new()
    }

    fn set_up(&self, texts: Texts) -> Vec<(&'static str, Cow<'_, str>)> {
        let labelled = COLUMNS.iter().filter(|column| !column.label[0].is_empty());
        labelled
            .map(|column| {
                (texts.lang.of(column.label), said(column.of(self, texts), column.unit, texts.lang))
            })
            .collect()
    }

    fn facts(&self, lang: Lang) -> Vec<(&'static str, Cow<'_, str>)> {
        let (own, w) = (&self.row, words(lang));
        let id = Self::id(self).map(|id| id.to_string()).unwrap_or_default();
        let read_from = self.read_from.map_or("", |call| match call {
            Call::Agent => lang.of(["Agents API", "Agents-API"]),
            _ => lang.of(["Assistants API", "Assistants-API"]),
        });
        vec![
            (w.cell, if own.input == id { Cow::Borrowed("") } else { Cow::Borrowed(own.input.as_str()) }),
            (lang.of(["Id", "ID"]), Cow::Owned(id)),
            (lang.of(["Read from", "Gelesen über"]), Cow::Borrowed(read_from)),
            (
                lang.of(["Read", "Gelesen"]),
                Cow::Owned(own.checked_at.map(|time| lang.moment(time)).unwrap_or_default()),
            ),
            (w.requests, Cow::Owned(effort(own, lang))),
        ]
    }

    fn plots(lang: Lang) -> Vec<Plot> {
        let plot = |key, title: Both, about: Both| Plot {
            key,
            title: lang.of(title),
            about: lang.of(about),
            fixed: Vec::new(),
            most: usize::MAX,
            others: "",
        };
        vec![
            Plot {
                most: MODELS,
                others: lang.of(["{} other models", "{} andere Modelle"]),
                ..plot(
                    "model",
                    ["Models in use", "Modelle"],
                    ["Rows by model, of {} that were read.", "Zeilen nach Modell, von {} gelesenen."],
                )
            },
            plot(
                "found",
                ["Findings by kind", "Befunde nach Art"],
                [
                    "Rows by finding, of {} that were read; a row may have several.",
                    "Zeilen nach Befund, von {} gelesenen; eine Zeile kann mehrere haben.",
                ],
            ),
            Plot {
                fixed: AGES.iter().map(|(_, said)| lang.of(*said)).chain([lang.of(AGE_UNKNOWN)]).collect(),
                ..plot(
                    "age",
                    ["Unchanged for", "Unverändert seit"],
                    [
                        "Rows by the time since their last change, of {} that were read.",
                        "Zeilen nach der Zeit seit ihrer letzten Änderung, von {} gelesenen.",
                    ],
                )
            },
        ]
    }

    fn points(&self, texts: Texts) -> Vec<(&'static str, Point<'_>)> {
        let point = |value| Point { value, class: "", mark: "", rank: 0 };
        let unavailable = self.findings.iter().find(|finding| finding.kind.code == MODEL_UNAVAILABLE);
        let model = model(self, texts).map(|model| {
            let mark = texts.lang.of(["not there for this key", "für diesen Schlüssel nicht da"]);
            let marked = |finding: &Finding| (finding.kind.weight.as_str(), mark);
            let (class, mark) = unavailable.map_or(("", ""), marked);
            ("model", Point { class, mark, ..point(Cow::Owned(model)) })
        });
        let age = age(self, texts.lang).map(|age| ("age", point(Cow::Borrowed(age))));
        let findings = self.findings.iter().map(|finding| {
            let (class, rank) = (finding.kind.weight.as_str(), finding.kind.weight as usize);
            ("found", Point { class, rank, ..point(Cow::Borrowed(finding.kind.code)) })
        });
        findings.chain(model).chain(age).collect()
    }

    fn is_read(&self) -> bool {
        self.configuration.is_some()
    }

    /// Read as an agent.
    fn is_remarkable(&self) -> bool {
        self.read_from == Some(Call::Agent)
    }

    fn remarks(facts: &AuditFacts, overview: &Overview, lang: Lang) -> Vec<String> {
        let unknown = lang.of([
            "The models of this key could not be read: nothing is said here about models that are not there.",
            "Die Modelle dieses Schlüssels ließen sich nicht lesen: Hier steht nichts über Modelle, die es nicht gibt.",
        ]);
        let agents = overview.remarkable;
        let from_agents = match (agents >= overview.read, lang) {
            (true, _) => lang
                .of([
                    "All that was read came from the Agents API.",
                    "Alles, was gelesen wurde, kam von der Agents-API.",
                ])
                .to_owned(),
            (false, Lang::En) => format!(
                "The Assistants API has ended here: {} came from the Agents API.",
                lang.counted(agents, [["row", ""], ["rows", ""]])
            ),
            (false, Lang::De) => format!(
                "Die Assistants-API ist hier abgeschaltet: {} über die Agents-API.",
                lang.counted(agents, [["", "Zeile kam"], ["", "Zeilen kamen"]])
            ),
        };
        let unknown = (!facts.models_known).then(|| unknown.to_owned());
        unknown.into_iter().chain((agents > 0).then_some(from_agents)).collect()
    }
}

fn todo(finding: &Finding, lang: Lang) -> ToDo {
    ToDo {
        who: match finding.kind.weight {
            Weight::High => Actor::OwnerToday,
            Weight::Medium if finding.kind.is_administrators => Actor::Administrator,
            Weight::Medium => Actor::Owner,
            Weight::Low => Actor::Nobody,
        },
        is_pressing: finding.kind.weight == Weight::High,
        sentence: lang.of(finding.kind.advice),
        code: finding.kind.code,
    }
}

/// The cell in words.
fn said(cell: Cell<'_>, unit: [Both; 2], lang: Lang) -> Cow<'_, str> {
    let counts = !unit[0][0].is_empty();
    let number =
        |number: u64| Cow::Owned(if counts { lang.counted(number, unit) } else { lang.number(number) });
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Text(text) => text,
        Cell::Texts(texts) => Cow::Owned(texts.join("; ")),
        Cell::Count(count) => number(count),
        Cell::Number(count) => {
            u64::try_from(count).map_or_else(|_| Cow::Owned(format!("{count} {}", lang.of(unit[1]))), number)
        }
        Cell::Flag(flag) => {
            let w = words(lang);
            Cow::Borrowed(flag.map_or(w.not_said, |flag| if flag { w.on } else { w.off }))
        }
        Cell::Id(id) => Cow::Owned(id.to_string()),
        Cell::Time(time) => Cow::Owned(lang.moment(time)),
        Cell::Json(json) => Cow::Owned(json.get().to_owned()),
    }
}

#[cfg(test)]
mod tests;
