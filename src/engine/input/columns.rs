//! Which column has the assistants, which the agents, and which are carried through.

use std::collections::HashSet;

use super::error::InputError;
use super::survey::Survey;
use super::{InputOptions, names};
use crate::base::{alike, grouped, listed, quoted};

/// The part that every column plays, by position from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) assistant: usize,
    /// In a report of ours the `input` column: it counts where `assistant_id` is empty, so that a cell can be mended
    /// in either place.
    pub(super) mended: Option<usize>,
    /// In a report of ours the `error` column: it knows of an agent cell that was no UUID, and that the report has not kept.
    pub(super) error: Option<usize>,
    pub(super) agent: Option<usize>,
    /// Positions of the carried-through columns.
    pub(super) carried: Vec<usize>,
    /// Their names, free of clashes.
    pub(super) carried_names: Vec<String>,
    /// Whether the cells come from a report of ours, and so may be shielded.
    pub(super) shielded: bool,
}

impl Columns {
    /// Gives every column its part (DESIGN.md, Input).
    pub(super) fn choose(survey: &Survey, options: &InputOptions) -> Result<Self, InputError> {
        let names = &survey.names;
        let asked = |wanted: &Option<String>, option| {
            wanted.as_deref().map(|wanted| position(names, wanted, option)).transpose()
        };
        let column = asked(&options.column, "--column")?;
        let agent_column = asked(&options.agent_column, "--agent-column")?;
        if let (Some(one), Some(other)) = (column, agent_column)
            && one == other
        {
            return Err(InputError::SameColumn(name_list(names, &[one])));
        }
        let agent_by_name = || like(names, names::AGENT).next();
        let assistant = match column {
            Some(column) => column,
            None => assistant(survey, agent_column, agent_by_name())?,
        };
        let agent = agent_column.or_else(agent_by_name).filter(|&agent| agent != assistant);
        let own = if survey.is_report() { names::own_columns(names) } else { HashSet::new() };
        let of_report = |own: &str| {
            names.iter().position(|name| name == own).filter(|_| survey.is_report() && column.is_none())
        };
        let (mended, error) = (of_report("input"), of_report("error"));
        let carried: Vec<usize> = (0..names.len())
            .filter(|&index| index != assistant && Some(index) != agent && !own.contains(&index))
            .collect();
        let carried_names =
            names::without_clashes(carried.iter().filter_map(|&index| names.get(index)).map(String::as_str));
        Ok(Self { assistant, mended, error, agent, carried, carried_names, shielded: survey.is_report() })
    }
}

/// The assistant column, when nobody named it: by its name, else by its UUIDs.
fn assistant(
    survey: &Survey,
    agent_asked: Option<usize>,
    agent_by_name: Option<usize>,
) -> Result<usize, InputError> {
    let names = &survey.names;
    let agent = agent_asked.or(agent_by_name);
    let has_uuid = |index: usize| survey.uuid_rows.get(index).is_some_and(|&rows| rows > 0);
    let known: Vec<usize> = names::ASSISTANT
        .iter()
        .flat_map(|known| like(names, known))
        .filter(|&index| Some(index) != agent)
        .collect();
    if survey.is_report()
        && let Some(&first) = known.first()
    {
        return Ok(first);
    }
    if let Some(&found) = known.iter().find(|&&index| has_uuid(index)) {
        return Ok(found);
    }
    let candidates: Vec<usize> =
        (0..names.len()).filter(|&index| Some(index) != agent && has_uuid(index)).collect();
    match candidates.as_slice() {
        [only] => Ok(*only),
        [] => {
            // Unusable cells in a column of the right name are rows of the report. A file of agents alone is as good
            // as one of assistants: they share their UUIDs.
            let by_name = known.first().copied();
            let agents = agent_by_name.filter(|&index| agent_asked.is_none() && has_uuid(index));
            let only = (names.len() == 1).then_some(0).filter(|_| agent_asked.is_none());
            by_name.or(agents).or(only).ok_or_else(|| InputError::NoUuidColumn {
                rows: grouped(survey.sniffed),
                columns: listed(names.iter().map(String::as_str)),
            })
        }
        several => Err(InputError::AmbiguousColumn(name_list(names, several))),
    }
}

/// Positions of the columns with that name, those written in the same way first.
fn like<'a>(names: &'a [String], wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    let at = |matches: fn(&str, &str) -> bool| {
        names.iter().enumerate().filter(move |(_, name)| matches(name, wanted)).map(|(index, _)| index)
    };
    at(|name, wanted| name == wanted).chain(at(|name, wanted| name != wanted && alike(name, wanted)))
}

/// The column that an option names: by its header, else by its number from 1.
fn position(names: &[String], wanted: &str, option: &'static str) -> Result<usize, InputError> {
    let by_number = || {
        let number: usize = wanted.trim().parse().ok()?;
        number.checked_sub(1).filter(|&index| index < names.len())
    };
    like(names, wanted).next().or_else(by_number).ok_or_else(|| InputError::UnknownColumn {
        option,
        name: quoted(wanted),
        columns: listed(names.iter().map(String::as_str)),
    })
}

fn name_list(names: &[String], indices: &[usize]) -> String {
    listed(indices.iter().filter_map(|&index| names.get(index)).map(String::as_str))
}
