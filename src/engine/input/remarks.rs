//! What the person is told about the input before the first request.

use super::columns::Columns;
use super::decode::Spelling;
use super::names;
use super::records::Layout;
use super::survey::{SomeRows, Survey};
use crate::base::{Encoding, alike, grouped, quoted};

/// Sentences in the order in which they matter.
pub(super) fn remarks(spelling: Spelling, layout: Layout, survey: &Survey, columns: &Columns) -> Vec<String> {
    let mut remarks = vec![holds_uuids(survey, columns.assistant)];
    remarks.extend(taken_of_several(survey, columns.assistant, "--column"));
    if let Some(agent) = columns.agent {
        remarks.push(format!("{}; the agent to compare with", holds_uuids(survey, agent)));
        remarks.extend(taken_of_several(survey, agent, "--agent-column"));
    }
    if survey.names.get(columns.assistant).is_some_and(|name| alike(name, names::AGENT)) {
        remarks.push("its UUIDs are taken for the assistants as well".to_owned());
    }
    if let Some(header) = &survey.header {
        let names = survey.names.iter();
        if layout.header_line.is_some() {
            remarks.push(format!(
                "line {} is taken as the header: what stands above it is a title, and skipped",
                grouped(header.line)
            ));
        } else if header.is_report {
            remarks.push("a report of agent-migrate: its own columns are replaced".to_owned());
        } else if !names.clone().any(|name| names::is_known(name)) {
            remarks.push(format!(
                "line {} holds no UUID and is taken as the header: --no-header if it is a row",
                grouped(header.line)
            ));
        }
    }
    if columns.mended.is_some() && survey.contradictions.rows > 0 {
        remarks.push(format!(
            "'assistant_id' counts where it names another UUID than 'input': {}",
            in_words(survey.contradictions)
        ));
    }
    if survey.odd.rows > 0 {
        remarks.push(format!(
            "hyphens of a word processor or invisible characters in an id are read as what they stand for: {}",
            in_words(survey.odd)
        ));
    }
    if spelling.encoding == Encoding::Windows1252 {
        remarks
            .push("not UTF-8, read as Windows-1252: check the umlauts and accents in the report".to_owned());
    }
    if let Some(line) = spelling.flawed_line {
        remarks
            .push(format!("not UTF-8 throughout: � stands for what is not, first on line {}", grouped(line)));
    }
    remarks
}

fn in_words(SomeRows { rows, first_line }: SomeRows) -> String {
    let noun = if rows == 1 { "row" } else { "rows" };
    format!("{} {noun}, first on line {}", grouped(rows), grouped(first_line))
}

/// What is said of a column whose name others have as well.
fn taken_of_several(survey: &Survey, column: usize, option: &str) -> Option<String> {
    let name = survey.names.get(column)?;
    let others: Vec<usize> = (0..survey.names.len())
        .filter(|at| *at != column && survey.names.get(*at).is_some_and(|other| alike(other, name)))
        .collect();
    let other = others.first()? + 1;
    let (count, taken) = (others.len() + 1, column + 1);
    Some(format!(
        "{count} columns are called {}: number {taken} is taken ({option} {other} for another)",
        quoted(name)
    ))
}

fn holds_uuids(survey: &Survey, column: usize) -> String {
    let name = survey.names.get(column).map(|name| quoted(name)).unwrap_or_default();
    let holding = survey.uuid_rows.get(column).copied().unwrap_or_default();
    format!("column {name}: {} of {} rows hold a UUID", grouped(holding), grouped(survey.sniffed))
}
