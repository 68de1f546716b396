//! The top of an audit's page: what this is, how many need somebody, what to do, who has to, and the plots.

use askama::Template;

use super::audit_overview::{AuditOverview, Kind};
use super::counts::{Count, Standing};
use super::frame::{About, Asked, Frame};
use super::people::{People, people};
use super::plots::{Plot, plots};
use super::top;
use crate::domain::{AuditFacts, RowStatus, Weight, grouped, reading_word};

/// All that stands above the table's rows.
#[derive(Template)]
#[template(path = "audit_top.html", config = "src/report/html/askama.toml")]
pub(super) struct AuditTop<'a> {
    frame: Frame<'a>,
    rows: String,
    needing: Option<Count>,
    /// Of those that need somebody: rows with findings of weight, and rows that could not be read.
    with_weight: Option<Count>,
    unread: Option<Count>,
    not_checked: Option<Count>,
    standing: Standing,
    groups: Vec<Group>,
    people: Option<People>,
    plots: Vec<Plot>,
    models_known: bool,
    from_agents: Option<Count>,
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
        let (rows, needing) = (overview.rows(), overview.needing());
        let about = About {
            title: format!("Audit of assistants: {} of {} need somebody", grouped(needing), grouped(rows)),
            heading: "Audit of assistants",
            lead: "Each assistant by itself: how it is set up, what is wrong with it, and what to do.",
            rows,
            table: " audit",
        };
        let read = overview.of_status(RowStatus::Verified);
        Self {
            rows: grouped(rows),
            needing: Count::of(needing),
            with_weight: Count::of(overview.with_weight()),
            unread: Count::of(needing.saturating_sub(overview.with_weight())),
            not_checked: Count::of(overview.of_status(RowStatus::NotChecked)),
            standing: Standing::new(
                |status| overview.of_status(status),
                reading_word,
                meaning,
                format!(
                    "{} of {} rows were read; the list below has the numbers",
                    grouped(read),
                    grouped(rows)
                ),
            ),
            groups: groups(overview),
            people: people(overview.shares(), &asked),
            frame: Frame::new(&facts.run, about, asked),
            plots: plots(overview),
            models_known: facts.models_known,
            from_agents: Count::of(overview.agents()).filter(|_| overview.agents() < read),
        }
    }
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
        RowStatus::Verified => "looked through",
        RowStatus::NotChecked => "the audit ended before it",
        other => top::meaning(other),
    }
}
