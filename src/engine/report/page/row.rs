//! One row of the table.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;

use super::columns::Column;
use super::counts::StatusGroup;
use super::words::{Words, fill, words};
use super::{PageLine, Shown, ToDo, fields, options};
use crate::base::{Actor, Difference, JsonText, Lang, ReportRow, one_line};
use crate::engine::report::cell::shortened;
use crate::engine::report::texts::{Change, Texts};

/// Characters of a name or of one of the person's own cells that the table holds; what is opened holds all.
pub(super) const CELL: usize = 10_000;

/// Characters of what was found that the table holds.
const FOUND: usize = 300;

/// Differences that the table shows of a row.
const DIFFERENCES: usize = 4;

/// Bytes of a value that the table shows whole.
const WHOLE: usize = 60;

#[derive(Template)]
#[template(path = "row.html", config = "src/engine/report/page/templates/askama.toml")]
pub(super) struct TableRow<'a> {
    w: &'static Words,
    line: u64,
    class: &'static str,
    name: Cow<'a, str>,
    is_nameless: bool,
    id: String,
    group: StatusGroup,
    /// Those behind the status.
    cells: Vec<(&'a Column, PageCell<'a>)>,
    updated: Option<Timestamp>,
    updated_day: String,
}

/// What stands in a cell of a row: a list, a text, or both.
#[derive(Default)]
pub struct PageCell<'a> {
    /// By what the column is sorted, where that is not its text; what is empty comes last.
    pub(crate) rank: Option<String>,
    /// Who does what follows, where that is not the reader.
    pub(crate) by: Option<&'a str>,
    pub(crate) items: Vec<Item<'a>>,
    /// How many items there is no room for.
    pub(crate) more: Option<String>,
    pub(crate) text: Cow<'a, str>,
    pub(crate) class: &'static str,
    /// An address of the web app.
    pub(crate) link: Option<(String, &'static str)>,
}

impl<'a> PageCell<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// One of several things in a cell.
#[derive(Default)]
pub struct Item<'a> {
    pub(crate) class: &'static str,
    /// What is the matter.
    pub(crate) label: Cow<'a, str>,
    /// What was, and what is in its place; `None` where nothing is.
    pub(crate) pair: Option<[Option<String>; 2]>,
    pub(crate) text: Cow<'a, str>,
    /// What to do about it, where the row is opened.
    pub(crate) advice: &'static str,
    /// How much, or where.
    pub(crate) detail: Cow<'a, str>,
}

impl<'a> TableRow<'a> {
    pub(super) fn new<R: PageLine>(row: &'a R, shown: &'a Shown, turn: Actor) -> Self {
        let (own, texts) = (row.own(), shown.texts);
        let name = texts.name(&own.name);
        let name = match cell(&name) {
            Cow::Borrowed(_) => name,
            Cow::Owned(changed) => Cow::Owned(changed),
        };
        let is_nameless = name.trim().is_empty();
        let (found, is_long) = found(row, texts);
        let mut cells = row.cells(shown).into_iter();
        let mut own_cells = [Some(found), Some(todo(row, shown))];
        let behind_the_status = shown.columns.iter().skip(3).filter(|column| column.key != "updated");
        let cells = behind_the_status.map(|column| {
            let cell = match (column.key.as_str(), column.carried) {
                ("found", _) => own_cells[0].take(),
                ("todo", _) => own_cells[1].take(),
                (_, Some(at)) => own.carried.get(at).map(|text| PageCell::text(cell(text))),
                (_, None) => cells.next(),
            };
            (column, cell.unwrap_or_default())
        });
        Self {
            w: words(texts.lang),
            line: own.line,
            class: match (turn, is_long) {
                (Actor::OwnerToday | Actor::Owner, false) => "needs owner",
                (Actor::OwnerToday | Actor::Owner, true) => "needs owner long",
                (Actor::Administrator, false) => "needs admin",
                (Actor::Administrator, true) => "needs admin long",
                (Actor::Nobody, _) => "",
            },
            cells: cells.collect(),
            name: if is_nameless { nameless(own, texts.lang) } else { name },
            is_nameless,
            id: row.id().map(|id| id.to_string()).unwrap_or_default(),
            group: row.group(texts.lang),
            updated: row.updated(),
            updated_day: row.updated().map(|time| texts.lang.day(time)).unwrap_or_default(),
        }
    }
}

/// What a row is called that has no name: its cell, unless that is the id, which stands there anyway.
fn nameless(row: &ReportRow, lang: Lang) -> Cow<'_, str> {
    if row.pair.is_some() || row.input.trim().is_empty() {
        Cow::Borrowed(words(lang).no_name)
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

/// What differs, what is wrong, what failed; and whether opening the row shows more of a difference.
fn found<R: PageLine>(row: &R, texts: Texts) -> (PageCell<'_>, bool) {
    let w = words(texts.lang);
    let differences = row.differences();
    let shown = &differences[..differences.len().min(DIFFERENCES)];
    let changes = texts.changes(shown);
    let mut is_long = differences.len() > DIFFERENCES;
    let mut items = row.findings(texts.lang);
    items.extend(shown.iter().zip(changes).map(|(difference, change)| {
        let (item, is_whole) = told(difference, &change, texts);
        is_long |= !is_whole;
        item
    }));
    let mut said = vec![row.error(texts)];
    said.extend(row.own().duplicate_of.map(|(line, _)| fill(w.same_as, &[&texts.lang.number(line)])));
    said.retain(|text| !text.is_empty());
    let more = differences.len().saturating_sub(DIFFERENCES) as u64;
    let cell = PageCell {
        rank: Some(if row.rank() > 0 { row.rank().to_string() } else { String::new() }),
        items,
        more: (more > 0).then(|| fill(w.more, &[&texts.lang.number(more)])),
        text: Cow::Owned(one_line(&shortened(&said.join("; "), FOUND))),
        ..PageCell::default()
    };
    (cell, is_long)
}

/// A difference for the table, and whether that is all of it.
fn told<'a>(difference: &'a Difference, change: &Change<'_>, texts: Texts) -> (Item<'a>, bool) {
    let label = Cow::Owned(one_line(&fields::label(&change.field, texts.lang)));
    let whole = [change.old.as_deref(), change.new.as_deref()].map(|value| whole(value, texts.lang));
    if let [Ok(old), Ok(new)] = whole {
        return (Item { label, pair: Some([old, new]), ..Item::default() }, true);
    }
    if texts.redact {
        return (Item { label, text: Cow::Borrowed("…"), ..Item::default() }, false);
    }
    let item = match difference.short.split_once(" -> ") {
        Some((old, new)) if !new.contains(" -> ") => {
            let side = |text: &str| (text != "(none)").then(|| text.to_owned());
            Item { label, pair: Some([side(old), side(new)]), ..Item::default() }
        }
        _ => Item { label, text: Cow::Borrowed(difference.short.as_str()), ..Item::default() },
    };
    (item, false)
}

struct TooLong;

/// The value as a person reads it; `None` for none.
fn whole(value: Option<&JsonText>, lang: Lang) -> Result<Option<String>, TooLong> {
    let Some(value) = value else { return Ok(None) };
    let json = value.get();
    if json.len() > WHOLE || json.contains("\\n") {
        return Err(TooLong);
    }
    Ok(Some(match json {
        "true" => words(lang).on.to_owned(),
        "false" => words(lang).off.to_owned(),
        _ => serde_json::from_str::<String>(json).map_or_else(|_| json.to_owned(), |text| one_line(&text)),
    }))
}

/// What to do and who does it, with the way there.
fn todo<'a, R: PageLine>(row: &'a R, shown: &'a Shown) -> PageCell<'a> {
    let w = words(shown.texts.lang);
    let todos = row.todos(shown.texts.lang);
    let more = todos.len().saturating_sub(1) as u64;
    let is_administrators = todos.first().is_some_and(|todo| todo.who == Actor::Administrator);
    let item = |todo: &ToDo| Item { text: Cow::Borrowed(todo.sentence), ..Item::default() };
    PageCell {
        by: is_administrators.then(|| shown.options.contact.as_deref().unwrap_or(w.by_administrator)),
        items: todos.iter().map(item).collect(),
        more: (more > 0).then(|| fill(w.more, &[&shown.texts.lang.number(more)])),
        link: options::address(&shown.options, row.own(), row.opens_in_app())
            .filter(|_| !todos.is_empty())
            .map(|to| (to, w.open_in_app)),
        ..PageCell::default()
    }
}

/// What the row cost; empty where nothing was asked.
pub(crate) fn effort(row: &ReportRow, lang: Lang) -> String {
    if row.requests == 0 {
        return String::new();
    }
    let (seconds, rest) = (row.elapsed_ms / 1_000, row.elapsed_ms % 1_000);
    let point = lang.of([".", ","]);
    format!("{}, {}{point}{rest:03} s", lang.number(row.requests), lang.number(seconds))
}
