//! The top of an audit's page: what this is, how many need somebody, what to do, who has to, and the plots.

use askama::Template;

use super::overview::{AuditOverview, Kind};
use super::plots::{Plot, plots};
use crate::audit::row::{AuditFacts, Weight, reading_word};
use crate::base::{RowStatus, grouped};
use crate::engine::report::page::{About, Asked, Count, Frame, Heap, People, Standing, people, top};

/// All that stands above the table's rows.
#[derive(Template)]
#[template(path = "audit_top.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct AuditTop<'a> {
    frame: Frame<'a>,
    rows: String,
    needing: Option<Count>,
    /// Of those that need somebody: rows with findings of weight, and rows that could not be read.
    with_weight: Option<Count>,
    unread: Option<Count>,
    /// Rows that were read, and in which nothing has to be mended.
    well: Option<Count>,
    pending: Option<Count>,
    standing: Standing,
    groups: Vec<Group>,
    people: Option<People>,
    plots: Vec<Plot>,
    models_known: bool,
    from_agents: Option<Count>,
    /// Whether no row came from the Assistants API.
    only_agents: bool,
}

/// What is to be done with the same urgency.
struct Group {
    title: &'static str,
    class: &'static str,
    lines: Vec<ToDo>,
}

struct ToDo {
    count: Count,
    /// The column and the value by which the rows are picked.
    key: &'static str,
    value: &'static str,
    /// Empty for a row that was not read.
    code: &'static str,
    sentence: String,
}

impl<'a> AuditTop<'a> {
    /// Gathers it.
    pub(super) fn new(facts: &'a AuditFacts, overview: &AuditOverview, asked: Asked<'a>) -> Self {
        let progress = overview.progress();
        let (rows, needing) = (progress.rows(), progress.needs_attention);
        let about = About {
            title: format!("Audit of assistants: {} of {} need somebody", grouped(needing), grouped(rows)),
            heading: "Audit of assistants",
            lead: "Each assistant by itself: how it is set up, what is wrong with it, and what to do.",
            rows,
            table: " audit",
        };
        let read = overview.of_status(RowStatus::Verified);
        let heavy = overview.with_weight();
        let well = read.saturating_sub(heavy);
        Self {
            rows: grouped(rows),
            needing: Count::of(needing),
            with_weight: Count::of(heavy),
            unread: Count::of(needing.saturating_sub(heavy)),
            well: Count::of(well),
            pending: Count::of(progress.pending),
            standing: Standing::new(
                RowStatus::ALL.into_iter().flat_map(|status| heaps(status, overview)),
                format!(
                    "{} of {} rows are all well, {} have findings of weight; the list below has the numbers",
                    grouped(well),
                    grouped(rows),
                    grouped(heavy)
                ),
            ),
            groups: groups(overview),
            people: people(overview.shares(), &asked),
            frame: Frame::new(&facts.run, about, asked),
            plots: plots(overview),
            models_known: facts.models_known,
            from_agents: Count::of(overview.agents()),
            only_agents: overview.agents() >= read,
        }
    }
}

/// The rows of a status; those that were read by whether somebody has to mend something.
fn heaps(status: RowStatus, overview: &AuditOverview) -> Vec<Heap> {
    let heap = Heap {
        class: status.as_str(),
        word: reading_word(status),
        meaning: meaning(status),
        needs_somebody: None,
        rows: overview.of_status(status),
    };
    if status != RowStatus::Verified {
        return vec![heap];
    }
    let heavy = overview.with_weight();
    heap.split(heavy, "with findings of weight").into()
}

/// The heaviest first; rows that were not read come before what can wait, since nobody knows what is in them.
fn groups(overview: &AuditOverview) -> Vec<Group> {
    let kinds = overview.kinds();
    let of_weight =
        |weight| kinds.iter().filter(move |kind| kind.weight == weight).filter_map(found).collect();
    let remedies = overview.remedies().into_iter().filter_map(|(remedy, rows)| {
        Some(ToDo {
            count: Count::of(rows)?,
            key: "todo",
            value: remedy,
            code: "",
            sentence: remedy.to_owned(),
        })
    });
    let group = |title, class, lines| Group { title, class, lines };
    let groups = [
        group("Today", Weight::High.as_str(), of_weight(Weight::High)),
        group(
            "Mend: it does not work, or cannot be saved again",
            Weight::Medium.as_str(),
            of_weight(Weight::Medium),
        ),
        group("Could not be read", "unread", remedies.collect()),
        group("Good to know: nobody has to act", Weight::Low.as_str(), of_weight(Weight::Low)),
    ];
    groups.into_iter().filter(|group| !group.lines.is_empty()).collect()
}

fn found(kind: &Kind) -> Option<ToDo> {
    Some(ToDo {
        count: Count::of(kind.rows)?,
        key: "findings",
        value: kind.code,
        code: kind.code,
        sentence: format!("{}.", kind.advice),
    })
}

const fn meaning(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Verified => "all well: nothing to mend",
        RowStatus::NotChecked => "the audit ended before it",
        other => top::meaning(other),
    }
}
