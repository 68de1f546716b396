//! The report as a web page: one file that needs no network, with a script and a style of its own and nothing else.
//!
//! Every row of the table stands in the page as HTML, so that it can be read, found and printed without the script. What
//! a row opens to is HTML, too, kept as inert text behind the script until somebody opens it: thousands of opened rows
//! would make the page slow. All texts go through askama's escaping, in both places.
//!
//! There is one page, whatever its rows are: what they say of themselves is data ([`PageLine`]).

mod columns;
mod counts;
mod detail;
mod fields;
mod frame;
mod index;
mod options;
mod overview;
mod plots;
mod policy;
mod pretty;
mod proof;
mod row;
mod shares;
#[cfg(test)]
pub(crate) mod tests;
mod text_diff;
mod top;
pub(crate) mod words;
mod writer;

pub use columns::Column;
pub use counts::{Point, StatusGroup};
pub use detail::Objects;
pub(crate) use fields::label;
pub use index::{IndexHead, IndexLine, PartOf, index};
pub(crate) use options::address;
pub use options::{AppLink, PageOptions};
pub use overview::Overview;
pub use plots::Plot;
pub(crate) use pretty::pretty;
pub use proof::{Proof, ProofTable, proof};
pub use row::{Item, PageCell};
pub(crate) use row::{cell, effort};
pub use writer::{Card, html};

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use super::Line;
use super::texts::Texts;
use crate::base::{Actor, Difference, Lang, Remedy};

/// A row that has a place on a page: what it says of itself, as data.
pub trait PageLine: Line + Clone {
    /// Whether what was read is shown without what looks like a secret.
    const HIDES_SECRETS: bool = false;

    /// What such a page is about.
    fn about(facts: &Self::Facts, lang: Lang) -> About;

    /// Where the row stands.
    fn group(&self, lang: Lang) -> StatusGroup;

    /// What is to be done about it and by whom, what matters most first.
    fn todos(&self, lang: Lang) -> Vec<ToDo>;

    /// What the administrator, who knows this program, does about it; empty where the owner acts, or nobody.
    fn administrators_remedy(&self, lang: Lang) -> &'static str;

    /// What else the columns of [`About`] hold.
    fn cells(&self, shown: &Shown) -> Vec<PageCell<'_>>;

    /// The id that is shown.
    fn id(&self) -> Option<Uuid> {
        self.own().pair.map(|pair| pair.assistant.0)
    }

    /// The id of what an owner opens in the web app.
    fn opens_in_app(&self) -> Option<Uuid> {
        self.own().pair.map(|pair| pair.agent.0)
    }

    /// When it was changed last.
    fn updated(&self) -> Option<Timestamp> {
        self.own().assistant_updated_at
    }

    /// In what it differs.
    fn differences(&self) -> &[Difference] {
        &self.own().differences
    }

    /// What is wrong with it, the heaviest first.
    fn findings(&self, _: Lang) -> Vec<Item<'_>> {
        Vec::new()
    }

    /// The more, the further in front when rows are sorted by what was found.
    fn rank(&self) -> usize {
        self.differences().len()
    }

    /// What else there is to say.
    fn notes(&self, texts: Texts) -> Vec<String> {
        texts.notes(self.own())
    }

    /// What failed.
    fn error(&self, texts: Texts) -> String {
        texts.error(self.own())
    }

    /// How it is set up, or what became of it.
    fn set_up(&self, _: Texts) -> Vec<(&'static str, Cow<'_, str>)> {
        Vec::new()
    }

    /// Ids, times and what it cost.
    fn facts(&self, lang: Lang) -> Vec<(&'static str, Cow<'_, str>)>;

    /// The plots of such a page.
    fn plots(_: Lang) -> Vec<Plot> {
        Vec::new()
    }

    /// Where it stands in these, each by its key.
    fn points(&self, _: Texts) -> Vec<(&'static str, Point<'_>)> {
        Vec::new()
    }

    /// Whether it says how it is set up.
    fn is_read(&self) -> bool {
        false
    }

    /// Whether [`PageLine::remarks`] count it.
    fn is_remarkable(&self) -> bool {
        false
    }

    /// What is said of the whole, above all else.
    fn remarks(_: &Self::Facts, _: &Overview, _: Lang) -> Vec<String> {
        Vec::new()
    }
}

/// What a page is about.
#[derive(Debug)]
pub struct About {
    pub(crate) heading: &'static str,
    /// What it answers, in a sentence.
    pub(crate) lead: &'static str,
    /// Whether several things may be found in a row that it can be picked by: their column.
    pub(crate) found: Option<Column>,
    /// Columns of its own, in the order of [`PageLine::cells`].
    pub(crate) columns: Vec<Column>,
    /// The class of the table, beside those that follow from its columns.
    pub(crate) class: &'static str,
}

/// Something to do about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToDo {
    pub(crate) who: Actor,
    /// Whether it may do harm while it waits.
    pub(crate) is_pressing: bool,
    pub(crate) sentence: &'static str,
    /// The word for what was found; empty where that says nothing more.
    pub(crate) code: &'static str,
}

impl ToDo {
    pub(crate) const fn by(who: Actor, sentence: &'static str) -> Self {
        Self { who, is_pressing: false, sentence, code: "" }
    }

    /// What that remedy asks for; `None` where it asks for nothing.
    pub(crate) fn of(remedy: Remedy, lang: Lang) -> Option<Self> {
        let is_pressing = matches!(remedy, Remedy::SwitchOnByHand | Remedy::SettleUnknown);
        let todo = Self { is_pressing, ..Self::by(remedy.actor(), remedy.on_page(lang)) };
        (remedy != Remedy::Nothing).then_some(todo)
    }
}

/// How the rows of a page are shown.
pub struct Shown {
    pub(crate) columns: Vec<Column>,
    pub(crate) texts: Texts,
    pub(crate) options: PageOptions,
}

impl Shown {
    pub(crate) const fn lang(&self) -> Lang {
        self.texts.lang
    }
}
