//! The top of the page: what this is, how many are done, who must act and how.

use askama::Template;

use super::columns::shows_switching;
use super::counts::{Count, Heap, Standing, percent};
use super::frame::{About, Asked, Frame};
use super::overview::Overview;
use super::people::{People, people};
use crate::base::{RowStatus, RunFacts, grouped};

/// All that stands above the table's rows.
#[derive(Template)]
#[template(path = "top.html", config = "src/engine/report/page/askama.toml")]
pub(super) struct Top<'a> {
    frame: Frame<'a>,
    done: String,
    rows: String,
    needing: Option<Count>,
    pending: Option<Count>,
    standing: Standing,
    remedies: Vec<RemedyLine>,
    people: Option<People>,
    card: Option<String>,
}

struct RemedyLine {
    count: Count,
    sentence: &'static str,
}

impl<'a> Top<'a> {
    /// Gathers it.
    pub(super) fn new(
        facts: &'a RunFacts,
        overview: &Overview,
        asked: Asked<'a>,
        card: Option<String>,
    ) -> Self {
        let progress = overview.progress();
        let (rows, done) = (progress.rows(), progress.done);
        let about = About {
            title: format!("From assistants to agents: {} of {} done", grouped(done), grouped(rows)),
            heading: "From assistants to agents",
            lead: "Row by row: is the agent what the old assistant was, and what is left to do?",
            rows,
            table: if shows_switching(facts) { " off" } else { "" },
        };
        Self {
            done: grouped(done),
            rows: grouped(rows),
            needing: Count::of(progress.needs_attention),
            pending: Count::of(progress.pending),
            standing: Standing::new(
                RowStatus::ALL.into_iter().flat_map(|status| heaps(status, facts, overview)),
                format!("{} of the rows are done; the list below has the numbers", percent(done, rows)),
            ),
            remedies: remedies(overview),
            people: people(overview.shares(), &asked),
            card,
            frame: Frame::new(facts, about, asked),
        }
    }
}

/// The rows of a status; those that are verified by whether somebody has to see to them all the same.
fn heaps(status: RowStatus, facts: &RunFacts, overview: &Overview) -> Vec<Heap> {
    let heap = Heap {
        class: status.as_str(),
        word: status.as_str(),
        meaning: meaning(status),
        needs_somebody: None,
        rows: facts.count(status),
    };
    match (status, overview.verified_needing()) {
        (RowStatus::Verified, needing @ 1..) => {
            heap.split(needing, "the same, but somebody has to see to it").into()
        }
        _ => vec![heap],
    }
}

fn remedies(overview: &Overview) -> Vec<RemedyLine> {
    let remedies = overview.remedies().into_iter();
    remedies
        .filter_map(|(remedy, rows)| {
            Some(RemedyLine { count: Count::of(rows)?, sentence: remedy.sentence() })
        })
        .collect()
}

pub(crate) const fn meaning(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Verified => "the agent is what the assistant was",
        RowStatus::Mismatch => "the agent is there and differs",
        RowStatus::AssistantNotFound => "no such assistant, or not shared with the API key",
        RowStatus::AgentNotFound => "no such agent, or not shared with the API key",
        RowStatus::NoAccess => "not shared with the API key",
        RowStatus::Failed => "no sensible answer from the platform",
        RowStatus::InvalidId => "the cell does not hold exactly one id",
        RowStatus::Duplicate => "the same as an earlier row",
        RowStatus::NotChecked => "the run ended before it",
    }
}
