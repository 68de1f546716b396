//! All that stands above the rows: how many need whom and by when, where it stands, what to do, who has to.

use std::borrow::Cow;

use askama::Template;

use super::columns::Column;
use super::counts::{Part, StatusLine, bar, percent, statuses};
use super::frame::Frame;
use super::index::PartOf;
use super::overview::Overview;
use super::plots::{Drawn, draw};
use super::shares::{People, people};
use super::words::{fill, words};
use super::{About, PageLine, Shown, ToDo, policy};
use crate::base::{Actor, Lang, ProgressCounts};

/// Rows in the table at most: more would make a browser slow.
pub(super) const MAX_ROWS: u64 = 5_000;

/// A table with more rows than this is long.
const LONG: u64 = 200;

#[derive(Template)]
#[template(path = "top.html", config = "src/engine/report/page/templates/askama.toml")]
pub(super) struct Top<'a> {
    frame: Frame,
    remarks: Vec<String>,
    heading: &'static str,
    lead: Cow<'static, str>,
    part: Option<(String, String)>,
    /// How many rows need the reader, of how many, and by when.
    needing: String,
    of_all: String,
    by: Option<String>,
    contact: Option<&'a str>,
    is_mail: bool,
    others: String,
    says: String,
    bar: Vec<Part>,
    statuses: Vec<StatusLine>,
    groups: Vec<Group>,
    people: Option<People>,
    plots: Vec<Drawn>,
    card: Option<String>,
    columns: &'a [Column],
    class: String,
    left_out: Option<String>,
    administrator_does: String,
    has_yours: bool,
    has_administrators: bool,
}

/// What is to be done by the same people.
struct Group {
    title: String,
    class: &'static str,
    todos: Vec<(ToDo, u64)>,
}

impl<'a> Top<'a> {
    /// Gathers it. `about` has given its columns away already; the person's own are `carried`.
    pub(super) fn new<R: PageLine>(
        facts: &'a R::Facts,
        about: &About,
        overview: &Overview,
        shown: &'a Shown,
        (carried, part): (&[String], Option<&PartOf>),
        card: Option<String>,
    ) -> Self {
        let (lang, run) = (shown.texts.lang, R::run(facts));
        let w = words(lang);
        let (progress, yours) = (overview.progress, overview.yours);
        let by_status: Vec<_> = overview.by_status().collect();
        let contact = shown.options.contact.as_deref();
        let administrator_does = contact
            .map_or_else(|| w.anonymous_administrator.to_owned(), |who| fill(w.administrator_does, &[who]));
        let rows = progress.rows();
        let deadline = shown.options.deadline.filter(|_| yours > 0);
        let shown_carried =
            shown.columns.iter().filter(|column| column.carried.is_some() && column.is_shown).count();
        let since = run.since_last.as_ref().map(|since| since.sentence(run.started_at, lang));
        Self {
            frame: Frame::new(run, shown.texts),
            remarks: since.into_iter().chain(R::remarks(facts, overview, lang)).collect(),
            heading: about.heading,
            lead: part.map_or(Cow::Borrowed(about.lead), |part| {
                Cow::Owned(format!("{}: {}", about.heading, fill(w.part_lead, &[&part.heading()])))
            }),
            part: part.map(|part| (part.heading(), part.name(lang))),
            needing: if yours == 0 { w.none.to_owned() } else { lang.number(yours) },
            of_all: fill(if yours > 1 { w.need_many } else { w.needs_one }, &[&lang.number(rows)]),
            by: deadline.map(|date| fill(w.by_date, &[&lang.date(date)])),
            contact,
            is_mail: contact.is_some_and(is_mail_address),
            others: others(progress, yours, shown),
            says: fill(w.bar, &[&percent(progress.done, rows)]),
            bar: bar(&by_status),
            statuses: statuses(&by_status, lang),
            groups: groups(&overview.todos(), &administrator_does, lang),
            people: people(&overview.shares, carried, part, lang),
            plots: R::plots(lang).iter().filter_map(|plot| draw(plot, overview, lang)).collect(),
            card,
            columns: &shown.columns,
            class: format!("c{shown_carried}{}{}", about.class, if rows > LONG { " many" } else { "" }),
            left_out: (rows > MAX_ROWS).then(|| {
                let numbers = [MAX_ROWS, rows, rows - MAX_ROWS].map(|number| lang.number(number));
                fill(w.left_out, &numbers.each_ref().map(String::as_str))
            }),
            administrator_does,
            has_yours: yours > 0,
            has_administrators: progress.needs_attention > yours,
        }
    }
}

fn is_mail_address(contact: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
    contact.split('@').count() == 2 && contact.chars().all(is_plain)
}

/// How far the other rows are, in a sentence.
fn others(progress: ProgressCounts, yours: u64, shown: &Shown) -> String {
    let lang = shown.texts.lang;
    let w = words(lang);
    let waiting = progress.needs_attention - yours;
    let who = shown.options.contact.as_deref().unwrap_or(w.the_administrator);
    let said = |rows: u64, pattern: &str| (rows > 0).then(|| fill(pattern, &[&lang.number(rows), who]));
    let parts = [
        said(waiting, if waiting == 1 { w.wait_one } else { w.wait_many }),
        said(progress.done, w.are_done),
        said(progress.pending, w.are_open),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("{}.", parts.join(", ")) }
}

fn groups(todos: &[(ToDo, u64)], administrator_does: &str, lang: Lang) -> Vec<Group> {
    let w = words(lang);
    let title = |who| match who {
        Actor::OwnerToday => (w.today, "high"),
        Actor::Owner => (w.in_the_web_app, "medium"),
        Actor::Administrator => (administrator_does, "unread"),
        Actor::Nobody => (w.good_to_know, "low"),
    };
    let groups = todos.chunk_by(|(one, _), (other, _)| one.who == other.who);
    groups
        .filter_map(|lines| {
            let (title, class) = title(lines.first()?.0.who);
            Some(Group { title: title.to_owned(), class, todos: lines.to_vec() })
        })
        .collect()
}
