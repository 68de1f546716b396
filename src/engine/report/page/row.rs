//! One row of the table, and what it opens to.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::Shown;
use super::columns::Column;
use super::pretty::pretty;
use super::text_diff::{Line, Piece, compare};
use crate::base::{DisabledState, JsonText, ReportRow, RowProgress, RowStatus, grouped, one_line};
use crate::engine::report::texts::{Change, Texts};

/// Characters of a name or of one of the person's own cells that the table holds; what is opened holds all.
const CELL: usize = 10_000;

/// Characters of what was found that the table holds.
pub(crate) const FOUND: usize = 300;

/// A value up to this length stands beside the other one; longer ones are compared line by line.
const SHORT: usize = 100;

/// Bytes without which there is no use in comparing texts for the page.
const LEAST: usize = 2_000;

/// A row of the table.
#[derive(Template)]
#[template(path = "row.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct TableRow<'a> {
    cells: Cells<'a>,
    disabled: Option<DisabledState>,
    found: String,
    found_rank: usize,
    remedy: &'static str,
}

/// The cells that a row has whatever the page is about.
pub(crate) struct Cells<'a> {
    pub(crate) line: u64,
    pub(crate) needs_somebody: bool,
    pub(crate) name: Cow<'a, str>,
    pub(crate) is_nameless: bool,
    pub(crate) id: String,
    pub(crate) status: RowStatus,
    /// What the status is called on this page.
    pub(crate) word: &'static str,
    pub(crate) rank: usize,
    pub(crate) carried: Vec<CarriedCell<'a>>,
    pub(crate) updated: Option<Timestamp>,
    pub(crate) updated_day: String,
}

pub(crate) struct CarriedCell<'a> {
    pub(crate) column: &'a Column,
    pub(crate) value: Cow<'a, str>,
}

impl<'a> Cells<'a> {
    /// Those of a row of that name, which shows that id and is so far.
    pub(crate) fn new(
        row: &'a ReportRow,
        name: Cow<'a, str>,
        id: Option<Uuid>,
        columns: &'a [Column],
        progress: RowProgress,
    ) -> Self {
        let changed = match cell(&name) {
            Cow::Borrowed(_) => None,
            Cow::Owned(changed) => Some(changed),
        };
        let name = changed.map_or(name, Cow::Owned);
        let is_nameless = name.trim().is_empty();
        let carried = columns.iter().filter(|column| column.is_carried());
        Self {
            line: row.line,
            needs_somebody: progress == RowProgress::NeedsAttention,
            name: if is_nameless { nameless(row) } else { name },
            is_nameless,
            id: id.as_ref().map(Uuid::to_string).unwrap_or_default(),
            status: row.status,
            word: row.status.as_str(),
            rank: RowStatus::ALL.iter().position(|status| *status == row.status).unwrap_or_default(),
            carried: carried
                .enumerate()
                .map(|(at, column)| CarriedCell {
                    column,
                    value: row.carried.get(at).map_or(Cow::Borrowed(""), |text| cell(text)),
                })
                .collect(),
            updated: row.assistant_updated_at,
            updated_day: row.assistant_updated_at.map(day).unwrap_or_default(),
        }
    }

    /// The same with another last change.
    pub(crate) fn updated_at(&mut self, time: Option<Timestamp>) {
        self.updated = time;
        self.updated_day = time.map(day).unwrap_or_default();
    }
}

impl<'a> TableRow<'a> {
    pub(super) fn new(row: &'a ReportRow, shown: &'a Shown) -> Self {
        let id = row.pair.map(|pair| pair.assistant.0);
        let shows_switching = shown.columns.iter().any(|column| column.key == "disabled");
        Self {
            cells: Cells::new(row, shown.texts.name(&row.name), id, &shown.columns, row.progress()),
            disabled: shows_switching.then_some(row.disabled),
            found: found(row, shown.texts),
            found_rank: row.differences.len(),
            remedy: row.remedy().sentence(),
        }
    }
}

/// What a row is called that has no name: its cell, unless that is the id, which stands there anyway.
fn nameless(row: &ReportRow) -> Cow<'_, str> {
    if row.pair.is_some() || row.input.trim().is_empty() {
        Cow::Borrowed("(no name)")
    } else {
        Cow::Owned(format!("“{}”", cell(&row.input)))
    }
}

/// The text without line breaks, as much as the table holds.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let limited = shortened(text, CELL);
    if limited.chars().any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'))
    {
        Cow::Owned(one_line(&limited))
    } else {
        limited
    }
}

pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    let at = |index| (text.len() > index).then(|| text.char_indices().nth(index)).flatten();
    match (at(limit), at(limit - 1)) {
        (Some(_), Some((end, _))) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        _ => Cow::Borrowed(text),
    }
}

/// In a few words what there is to see when the row is opened.
fn found(row: &ReportRow, texts: Texts) -> String {
    let mut parts = Vec::new();
    if !row.differences.is_empty() {
        let mut fields: Vec<&str> = Vec::new();
        for difference in &row.differences {
            let field = difference.field.split(['.', '[']).next().unwrap_or_default();
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        parts.push(format!("{}: {}", counted(row.differences.len() as u64, "difference"), fields.join(", ")));
    }
    parts.extend(Some(texts.error(row)).filter(|error| !error.is_empty()));
    if let Some((line, status)) = row.duplicate_of {
        parts.push(format!("same as line {line} ({status})"));
    } else if parts.is_empty() {
        let notes = texts.notes(row).len() as u64;
        parts.extend((notes > 0).then(|| counted(notes, "note")));
    }
    one_line(&shortened(&parts.join("; "), FOUND))
}

pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// What a row opens to.
#[derive(Template)]
#[template(path = "detail.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct Detail<'a> {
    line: u64,
    /// The name, where the table has only its beginning.
    name: Option<Cow<'a, str>>,
    remedy: &'static str,
    error: String,
    changes: Vec<ChangeView<'a>>,
    notes: Vec<String>,
    facts: Vec<(&'static str, Cow<'a, str>)>,
    carried: Vec<(&'a str, &'a str)>,
    objects: Objects,
}

/// One difference.
struct ChangeView<'a> {
    field: Cow<'a, str>,
    how: How,
}

enum How {
    /// Both values in a line; `None` where there is none.
    Short(Option<String>, Option<String>),
    /// Compared line by line.
    Lines(Vec<Line>),
    /// Too much for the page.
    LeftOut,
}

/// The answers of the platform, set out for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The assistant, if it was read.
    pub assistant: Option<String>,
    /// The agent, if it was read.
    pub agent: Option<String>,
    /// Whether they are missing only to keep the page small.
    pub are_left_out: bool,
}

impl Objects {
    /// What they take on the page at least.
    pub(super) fn bytes(&self) -> usize {
        [&self.assistant, &self.agent].into_iter().flatten().map(String::len).sum()
    }
}

/// How much of a row there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Differences, each of them shown, in so many bytes.
    ForChanges(usize),
    /// Only what they are called.
    ForNames,
}

impl<'a> Detail<'a> {
    pub(super) fn new(row: &'a ReportRow, shown: &'a Shown, objects: Objects, room: Room) -> Self {
        let texts = shown.texts;
        Self {
            line: row.line,
            name: whole_name(texts.name(&row.name)),
            remedy: row.remedy().sentence(),
            error: texts.error(row),
            changes: texts.changes(row).into_iter().map(|change| ChangeView::new(change, room)).collect(),
            notes: texts.notes(row),
            facts: facts(row),
            carried: carried(row, &shown.columns),
            objects,
        }
    }
}

/// The name, where the table has only its beginning.
pub(crate) fn whole_name(name: Cow<'_, str>) -> Option<Cow<'_, str>> {
    name.chars().nth(CELL).is_some().then_some(name)
}

/// The person's own cells with the names of their columns.
pub(crate) fn carried<'a>(row: &'a ReportRow, columns: &'a [Column]) -> Vec<(&'a str, &'a str)> {
    let columns = columns.iter().filter(|column| column.is_carried()).enumerate();
    columns
        .map(|(at, column)| (column.name.as_str(), row.carried.get(at).map_or("", String::as_str)))
        .collect()
}

impl<'a> ChangeView<'a> {
    fn new(change: Change<'a>, room: Room) -> Self {
        let how = match room {
            Room::ForChanges(room) if room > LEAST => how(change.old.as_deref(), change.new.as_deref()),
            Room::ForChanges(_) | Room::ForNames => How::LeftOut,
        };
        Self { field: change.field, how }
    }
}

fn how(old: Option<&JsonText>, new: Option<&JsonText>) -> How {
    let texts =
        [old, new].map(|side| side.and_then(|value| serde_json::from_str::<String>(value.get()).ok()));
    // A text and a number must not look the same: unless both are texts, both are shown as JSON.
    let is_text = |side: usize, value: Option<&JsonText>| {
        value.is_none() || texts.get(side).is_some_and(Option::is_some)
    };
    let spelled = if is_text(0, old) && is_text(1, new) {
        texts
    } else {
        [old, new].map(|side| side.map(|value| pretty(value.get())))
    };
    let is_short = |value: &Option<String>| {
        value
            .as_ref()
            .is_none_or(|text| text.len() <= SHORT && !text.chars().any(|c| c != ' ' && !is_plain(c)))
    };
    let [old, new] = spelled;
    if is_short(&old) && is_short(&new) {
        How::Short(old, new)
    } else {
        How::Lines(compare(&old.unwrap_or_default(), &new.unwrap_or_default()))
    }
}

/// Nothing that breaks a line or cannot be seen.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !character.is_whitespace()
        && !matches!(character, '\u{200B}'..='\u{206F}' | '\u{FEFF}')
}

fn facts(row: &ReportRow) -> Vec<(&'static str, Cow<'_, str>)> {
    let time = |time: Option<Timestamp>| Cow::Owned(time.map(moment).unwrap_or_default());
    let mut facts = Vec::new();
    if row.pair.is_none_or(|pair| pair.assistant.to_string() != row.input) {
        facts.push(("Cell", Cow::Borrowed(row.input.as_str())));
    }
    if let Some(pair) = row.pair {
        facts.push(("Assistant", Cow::Owned(pair.assistant.to_string())));
        facts.push(("Agent", Cow::Owned(pair.agent.to_string())));
    }
    facts.push(("Assistant changed", time(row.assistant_updated_at)));
    facts.push(("Agent changed", time(row.agent_updated_at)));
    facts.push(("Checked", time(row.checked_at)));
    facts.push(("Requests", Cow::Owned(effort(row))));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// What the row cost; empty where nothing was asked.
pub(crate) fn effort(row: &ReportRow) -> String {
    if row.requests == 0 {
        return String::new();
    }
    let (seconds, rest) = (row.elapsed_ms / 1_000, row.elapsed_ms % 1_000);
    format!("{}, {}.{rest:03} s", grouped(row.requests), grouped(seconds))
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

pub(crate) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
