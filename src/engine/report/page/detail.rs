//! What a row of the table opens to.

use std::borrow::Cow;

use askama::Template;

use super::fields;
use super::frame::plain;
use super::pretty::pretty;
use super::row::{CELL, Item};
use super::text_diff::{Line, LineKind, PieceKind, compare};
use super::words::{Words, words};
use super::{PageLine, Shown};
use crate::base::{Actor, JsonText, Lang, ReportRow, RowStatus};
use crate::engine::report::redact;
use crate::engine::report::texts::Change;

/// A value up to this length stands beside the other one; longer ones are compared line by line.
const SHORT: usize = 100;

/// Bytes without which there is no use in comparing texts for the page.
const LEAST: usize = 2_000;

#[derive(Template)]
#[template(path = "detail.html", config = "src/engine/report/page/templates/askama.toml")]
pub(super) struct Detail<'a> {
    w: &'static Words,
    line: u64,
    /// The name, where the table has only its beginning.
    name: Option<Cow<'a, str>>,
    /// What the owner does.
    todos: Vec<&'static str>,
    /// What the administrator does, in the words of the program.
    administrator: String,
    error: String,
    changes: Vec<ChangeView<'a>>,
    findings: Vec<Item<'a>>,
    notes: Vec<String>,
    set_up: Vec<(&'static str, Cow<'a, str>)>,
    facts: Vec<(&'static str, Cow<'a, str>)>,
    carried: Vec<(&'a str, &'a str)>,
    objects: Objects,
    /// Whether what was read cannot be shown, since nobody could say that there is no secret in it.
    is_withheld: bool,
    hides_secrets: bool,
}

struct ChangeView<'a> {
    field: Cow<'a, str>,
    label: String,
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

impl How {
    /// What it takes on the page at least.
    fn bytes(&self) -> usize {
        match self {
            Self::Short(old, new) => [old, new].into_iter().flatten().map(String::len).sum(),
            Self::Lines(lines) => {
                lines.iter().flat_map(|line| &line.pieces).map(|piece| piece.text.len()).sum()
            }
            Self::LeftOut => 0,
        }
    }
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
    /// The answers to the row's calls, set out for a person, where they have no more bytes than that. Those of a duplicate stand
    /// in the row that it repeats.
    pub fn of(row: &ReportRow, answers: [Option<&[u8]>; 2], redact: bool, at_most: usize) -> Self {
        let bytes: usize = answers.into_iter().flatten().map(<[u8]>::len).sum();
        if row.status == RowStatus::Duplicate || bytes == 0 {
            return Self::default();
        }
        if bytes > at_most {
            return Self { are_left_out: true, ..Self::default() };
        }
        let [assistant, agent] = answers.map(|answer| {
            let answer = JsonText::new(String::from_utf8(answer?.to_vec()).ok()?)?;
            let answer = if redact { redact::value(&answer, "")? } else { answer };
            Some(pretty(answer.get()))
        });
        Self { assistant, agent, are_left_out: false }
    }
}

impl<'a> Detail<'a> {
    /// With differences as long as there is room for them; each is worked out once.
    pub(super) fn new<R: PageLine>(row: &'a R, shown: &'a Shown, objects: Objects, room: usize) -> Self {
        let (own, texts) = (row.own(), shown.texts);
        let mut facts = row.facts(texts.lang);
        facts.retain(|(_, value)| !value.is_empty());
        let mut set_up = row.set_up(texts);
        set_up.retain(|(_, value)| !value.is_empty());
        let (administrators, others): (Vec<_>, Vec<_>) =
            row.todos(texts.lang).into_iter().partition(|todo| todo.who == Actor::Administrator);
        let carried = shown.columns.iter().filter_map(|column| {
            Some((column.name.as_str(), own.carried.get(column.carried?).map_or("", String::as_str)))
        });
        let mut room = room;
        let changes = texts.changes(row.differences()).into_iter().map(|change| {
            let Change { field, old, new } = change;
            let how =
                if room > LEAST { how(old.as_deref(), new.as_deref(), texts.lang) } else { How::LeftOut };
            room = room.saturating_sub(how.bytes());
            ChangeView { label: fields::label(&field, texts.lang), field, how }
        });
        Self {
            w: words(texts.lang),
            line: own.line,
            changes: changes.collect(),
            name: Some(texts.name(&own.name)).filter(|name| name.chars().nth(CELL).is_some()),
            findings: row.findings(texts.lang),
            todos: others.iter().filter(|todo| todo.code.is_empty()).map(|todo| todo.sentence).collect(),
            administrator: if administrators.is_empty() {
                String::new()
            } else {
                plain(row.administrators_remedy(texts.lang))
            },
            error: row.error(texts),
            notes: row.notes(texts),
            set_up,
            facts,
            carried: carried.collect(),
            is_withheld: R::HIDES_SECRETS && row.is_read() && objects == Objects::default(),
            hides_secrets: R::HIDES_SECRETS,
            objects,
        }
    }

    /// As much of it as there is room for: first the answers go, then what the differences are in.
    pub(super) fn within(mut self, room: usize) -> askama::Result<String> {
        let without = || Objects { are_left_out: true, ..Objects::default() };
        let answers: usize =
            [&self.objects.assistant, &self.objects.agent].into_iter().flatten().map(String::len).sum();
        if answers > room {
            self.objects = without();
        }
        let mut whole = self.render()?;
        if whole.len() > room && (self.objects.assistant.is_some() || self.objects.agent.is_some()) {
            self.objects = without();
            whole = self.render()?;
        }
        if whole.len() > room && !self.changes.is_empty() {
            for change in &mut self.changes {
                change.how = How::LeftOut;
            }
            whole = self.render()?;
        }
        Ok(whole)
    }
}

fn how(old: Option<&JsonText>, new: Option<&JsonText>, lang: Lang) -> How {
    let texts = [old, new].map(|side| serde_json::from_str::<String>(side?.get()).ok());
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
        How::Lines(compare(&old.unwrap_or_default(), &new.unwrap_or_default(), lang))
    }
}

/// Nothing that breaks a line or cannot be seen.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !character.is_whitespace()
        && !matches!(character, '\u{200B}'..='\u{206F}' | '\u{FEFF}')
}
