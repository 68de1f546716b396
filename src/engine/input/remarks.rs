//! What the person is told about the input before the first request.

use super::columns::Columns;
use super::decode::Spelling;
use super::names;
use super::survey::Survey;
use crate::base::{Encoding, alike, grouped, quoted};

/// Sentences in the order in which they matter.
pub(super) fn remarks(spelling: Spelling, survey: &Survey, columns: &Columns) -> Vec<String> {
    let mut remarks = vec![holds_uuids(survey, columns.assistant)];
    if let Some(agent) = columns.agent {
        remarks.push(format!("{}; the agent to compare with", holds_uuids(survey, agent)));
    }
    if survey.names.get(columns.assistant).is_some_and(|name| alike(name, names::AGENT)) {
        remarks.push("its UUIDs are taken for the assistants as well".to_owned());
    }
    if let Some(header) = &survey.header {
        let names = survey.names.iter();
        if header.is_report {
            remarks.push("a report of agent-migrate: its own columns are replaced".to_owned());
        } else if !names.clone().any(|name| names::is_known(name)) {
            remarks.push(format!(
                "line {} holds no UUID and is taken as the header: --no-header if it is a row",
                grouped(header.line)
            ));
        }
    }
    let contradictions = survey.contradictions;
    if columns.mended.is_some() && contradictions.rows > 0 {
        remarks.push(format!(
            "'assistant_id' counts where it names another UUID than 'input': {} {}, first on line {}",
            grouped(contradictions.rows),
            if contradictions.rows == 1 { "row" } else { "rows" },
            grouped(contradictions.first_line)
        ));
    }
    if spelling.encoding == Encoding::Windows1252 {
        remarks
            .push("not UTF-8, read as Windows-1252: check the umlauts and accents in the report".to_owned());
    }
    if spelling.flawed {
        remarks.push(
            "not UTF-8 throughout, as its byte order mark promises: � stands for what is not".to_owned(),
        );
    }
    remarks
}

fn holds_uuids(survey: &Survey, column: usize) -> String {
    let name = survey.names.get(column).map(|name| quoted(name)).unwrap_or_default();
    let holding = survey.uuid_rows.get(column).copied().unwrap_or_default();
    format!("column {name}: {} of {} rows hold a UUID", grouped(holding), grouped(survey.sniffed))
}
