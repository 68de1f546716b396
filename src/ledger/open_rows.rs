//! The rows that a run asks for: how many, and which.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::encode::{blob, from_word, text, to_count, to_nanoseconds, to_pair};
use super::error::LedgerError;
use super::open::RunId;
use super::schema::{self, ROWS};
use crate::domain::{Backlog, Pair, RowStatus};

/// Which rows a run asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Settled verdicts reached before this moment count as not settled (`--recheck`).
    pub recheck_before: Option<Timestamp>,
    /// At most so many rows (`--limit`).
    pub limit: Option<u64>,
}

/// A row to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Line of the input that asks for it first.
    pub line: u64,
    /// What to ask for.
    pub pair: Pair,
}

/// Positions before which no row is open, one for each round: found out while counting, so that the first row need not
/// be searched for again among a million settled ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starts {
    recheck_before: Option<Timestamp>,
    never_checked: i64,
    checked_before: i64,
}

/// Counts all rows by what is to become of them.
pub(super) fn backlog(
    connection: &Connection,
    selection: &Selection,
) -> Result<(Backlog, Starts), LedgerError> {
    let recheck_before = selection.recheck_before.map_or(i64::MIN, to_nanoseconds);
    let mut backlog = Backlog::default();
    let mut starts = Starts {
        recheck_before: selection.recheck_before,
        never_checked: i64::MAX,
        checked_before: i64::MAX,
    };
    for_each_status(connection, |position, status, checked_at| {
        backlog.rows += 1;
        match status {
            RowStatus::InvalidId => backlog.invalid += 1,
            RowStatus::Duplicate => backlog.duplicates += 1,
            status if status.is_settled() && checked_at.is_none_or(|at| at >= recheck_before) => {
                backlog.settled_before += 1;
            }
            status => {
                backlog.to_do += 1;
                let never_checked = status == RowStatus::NotChecked;
                let start =
                    if never_checked { &mut starts.never_checked } else { &mut starts.checked_before };
                *start = position.min(*start);
            }
        }
    })?;
    let open = backlog.to_do;
    backlog.to_do = selection.limit.map_or(open, |limit| limit.min(open));
    backlog.beyond_limit = open - backlog.to_do;
    Ok((backlog, starts))
}

/// Shows position, status and time of the verdict of every row. Counted here and not in SQL, which would sort them first.
pub(super) fn for_each_status(
    connection: &Connection,
    mut visit: impl FnMut(i64, RowStatus, Option<i64>),
) -> Result<(), LedgerError> {
    let mut statement = connection.prepare(&format!(
        "SELECT i.position, i.invalid IS NOT NULL, d.first IS NOT NULL, r.status, r.checked_at {ROWS} \
         ORDER BY i.position"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let status = match (row.get(1)?, row.get(2)?, text(row.get_ref(3)?)?) {
            (true, _, _) => RowStatus::InvalidId,
            (false, true, _) => RowStatus::Duplicate,
            (false, false, Some(word)) => from_word(word, RowStatus::parse)?,
            (false, false, None) => RowStatus::NotChecked,
        };
        visit(row.get(0)?, status, row.get(4)?);
    }
    Ok(())
}

/// Rows come in two rounds, each in input order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// Those that no run has checked.
    NeverChecked,
    /// Those that an earlier run has checked and not settled, or too long ago.
    CheckedBefore,
    /// All have been given.
    Over,
}

/// Pages through the rows that this run asks for: first those never checked, then those that earlier runs left open,
/// each in input order, each once. Memory does not grow with the number of rows.
#[derive(Debug)]
pub struct OpenRows {
    connection: Connection,
    run: RunId,
    recheck_before: Option<i64>,
    left: u64,
    round: Round,
    starts: Starts,
    /// Position of the last row looked at in this round.
    cursor: i64,
}

impl OpenRows {
    pub(super) fn new(
        path: &Path,
        run: RunId,
        selection: Selection,
        starts: Option<Starts>,
    ) -> Result<Self, LedgerError> {
        let starts =
            starts.filter(|starts| starts.recheck_before == selection.recheck_before).unwrap_or(Starts {
                recheck_before: selection.recheck_before,
                never_checked: 1,
                checked_before: 1,
            });
        // Able to write although it never does: the last connection to close tidies up the side files.
        let connection = schema::connect(path, schema::READER_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Self {
            connection,
            run,
            recheck_before: selection.recheck_before.map(to_nanoseconds),
            left: selection.limit.unwrap_or(u64::MAX),
            round: Round::NeverChecked,
            starts,
            cursor: starts.never_checked - 1,
        })
    }

    /// The next rows, `at_most` so many; an empty list when there are no more. Blocks: among a million settled rows the
    /// search for the next open one may take a second or two.
    pub fn next_page(&mut self, at_most: usize) -> Result<Vec<Job>, LedgerError> {
        let at_most = usize::try_from(self.left).unwrap_or(usize::MAX).min(at_most);
        let mut page = Vec::with_capacity(at_most.min(1_024));
        while page.len() < at_most && self.round != Round::Over {
            if !self.fill(&mut page, at_most)? {
                self.cursor = self.starts.checked_before - 1;
                self.round = match self.round {
                    Round::NeverChecked => Round::CheckedBefore,
                    Round::CheckedBefore | Round::Over => Round::Over,
                };
            }
        }
        self.left = self.left.saturating_sub(page.len() as u64);
        Ok(page)
    }

    /// Whether there may be more in this round.
    fn fill(&mut self, page: &mut Vec<Job>, at_most: usize) -> Result<bool, LedgerError> {
        let (which, run) = match self.round {
            Round::NeverChecked => ("r.run IS ?2", None),
            Round::CheckedBefore => ("r.run <> ?2", Some(self.run)),
            Round::Over => return Ok(false),
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT i.position, i.line, i.assistant, i.agent, r.status, r.checked_at {ROWS} \
             WHERE i.position > ?1 AND i.assistant IS NOT NULL AND d.first IS NULL AND {which} \
             ORDER BY i.position"
        ))?;
        let mut rows = statement.query((self.cursor, run))?;
        while let Some(row) = rows.next()? {
            self.cursor = row.get(0)?;
            if let Some(word) = text(row.get_ref(4)?)? {
                let is_old = match (self.recheck_before, row.get::<_, Option<i64>>(5)?) {
                    (Some(before), Some(checked_at)) => checked_at < before,
                    _ => false,
                };
                if from_word(word, RowStatus::parse)?.is_settled() && !is_old {
                    continue;
                }
            }
            let assistant = blob(row.get_ref(2)?)?.unwrap_or_default();
            let pair = to_pair(assistant, blob(row.get_ref(3)?)?)?;
            page.push(Job { line: to_count(row.get(1)?), pair });
            if page.len() >= at_most {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
