//! The rows that a run asks for: how many, and which.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::super::encode::{blob, from_word, text, to_count, to_nanoseconds, to_pair};
use super::super::file::error::LedgerError;
use super::super::file::log;
use super::super::file::schema::{self, ROWS};
use super::super::identity::RunId;
use super::state::{Checked, Place};
use crate::base::{Backlog, DisabledState, Pair, RowStatus};

/// Which rows a run asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Settled verdicts reached before this moment count as not settled (`--recheck`).
    pub recheck_before: Option<Timestamp>,
    /// At most so many rows (`--limit`).
    pub limit: Option<u64>,
    /// Verified rows count as settled only once their assistant is off (`--disable`).
    pub disabling: bool,
    /// All rows of which the assistant is kept, whatever runs know of them, less those that `verify` has read already.
    pub again: bool,
}

impl Selection {
    /// Whether this run leaves a row alone that an earlier one has checked.
    fn is_settled(&self, known: Known) -> bool {
        let Known { status, state, checked_at, will_be_on, is_kept } = known;
        let recheck_before = self.recheck_before.map_or(i64::MIN, to_nanoseconds);
        status.is_settled()
            && !is_kept
            && checked_at.is_none_or(|at| at >= recheck_before)
            && !(self.disabling && status == RowStatus::Verified && (will_be_on || !state.is_off()))
    }

    /// The same with whatever limit: which rows are open does not hang on how many are taken.
    const fn without_limit(self) -> Self {
        Self { limit: None, ..self }
    }
}

/// What earlier runs have found out about a row, as far as it decides whether the row is open.
#[derive(Clone, Copy, Debug)]
struct Known {
    status: RowStatus,
    state: DisabledState,
    checked_at: Option<i64>,
    /// The run begins by switching it on again.
    will_be_on: bool,
    /// A later read has said nothing about it.
    is_kept: bool,
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
pub(crate) struct Starts {
    selection: Selection,
    never_checked: i64,
    checked_before: i64,
}

/// Counts all rows by what is to become of them.
pub(crate) fn backlog(
    connection: &Connection,
    selection: &Selection,
) -> Result<(Backlog, Starts), LedgerError> {
    let mut backlog = Backlog::default();
    let mut starts =
        Starts { selection: selection.without_limit(), never_checked: i64::MAX, checked_before: i64::MAX };
    for_each_row(connection, |ScannedRow { position, status, checked, checked_at, will_be_on, .. }| {
        backlog.rows += 1;
        let state = checked.map_or(DisabledState::NotRequested, |checked| checked.state);
        let is_kept = checked.is_some_and(|checked| checked.is_kept);
        let known = Known { status, state, checked_at, will_be_on, is_kept };
        match status {
            RowStatus::InvalidId => backlog.invalid += 1,
            RowStatus::Duplicate => backlog.duplicates += 1,
            _ if selection.is_settled(known) => backlog.settled_before += 1,
            _ => {
                backlog.to_do += 1;
                let never_checked = checked.is_none();
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

/// A row of the input, in short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScannedRow {
    pub(crate) position: i64,
    pub(crate) status: RowStatus,
    /// What is on disk about it, if it has a verdict of its own.
    pub(crate) checked: Option<Checked>,
    pub(crate) is_one_uuid: bool,
    pub(crate) could_not_be_read: bool,
    /// In which state the last request to switch it left it, if that request failed.
    pub(crate) failed_in: Option<DisabledState>,
    pub(crate) checked_at: Option<i64>,
    /// Whether the guard owes it to be switched on again.
    pub(crate) will_be_on: bool,
}

/// Every row of the input, in short.
pub(crate) fn scan() -> String {
    format!(
        "SELECT i.position, i.invalid IS NOT NULL, d.first IS NOT NULL, r.status, r.checked_at, \
         r.run, r.disabled, r.switch_run, {PLACE}, i.agent IS NULL, r.guard IS 'revert', \
         r.later_failure IS NOT NULL, \
         r.failure IS NOT NULL OR r.later_failure IS NOT NULL, r.switch_failure IS NOT NULL {ROWS} ORDER BY i.position"
    )
}

/// Shows every row. Counted by the caller and not in SQL, which would sort them first.
pub(crate) fn for_each_row(
    connection: &Connection,
    mut visit: impl FnMut(ScannedRow),
) -> Result<(), LedgerError> {
    let mut statement = connection.prepare(&scan())?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (status, checked) = match (row.get(1)?, row.get(2)?, text(row.get_ref(3)?)?) {
            (true, _, _) => (RowStatus::InvalidId, None),
            (false, true, _) => (RowStatus::Duplicate, None),
            (false, false, Some(word)) => {
                (from_word(word, RowStatus::parse)?, Some(checked(row, [5, 6, 7, 8, 11])?))
            }
            (false, false, None) => (RowStatus::NotChecked, None),
        };
        let switch_failed: bool = row.get(13)?;
        visit(ScannedRow {
            position: row.get(0)?,
            status,
            checked,
            is_one_uuid: row.get(9)?,
            checked_at: row.get(4)?,
            will_be_on: row.get(10)?,
            could_not_be_read: row.get(12)?,
            failed_in: checked.filter(|_| switch_failed).map(|checked| checked.state),
        });
    }
    Ok(())
}

/// A row's place in the plan, as a number.
pub(crate) const PLACE: &str =
    "CASE WHEN p.result IS NULL THEN 0 WHEN p.seq IS NULL THEN 2 WHEN p.seq > 0 THEN 1 ELSE 3 END";

/// What is on disk about a row with a verdict, from these columns: `run`, `disabled`, `switch_run`, [`PLACE`], and whether
/// there is a `later_failure`.
pub(crate) fn checked(row: &Row<'_>, columns: [usize; 5]) -> Result<Checked, LedgerError> {
    let [run, disabled, switch_run, place, is_kept] = columns;
    Ok(Checked {
        run: row.get(run)?,
        state: from_word(text(row.get_ref(disabled)?)?.unwrap_or_default(), DisabledState::parse)?,
        switch_run: row.get(switch_run)?,
        place: match row.get::<_, i64>(place)? {
            0 => Place::None,
            1 => Place::Planned,
            2 => Place::AnotherRow,
            _ => Place::StillShownOff,
        },
        is_kept: row.get(is_kept)?,
    })
}

/// Rows come in two rounds, each in input order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// Those that no run has checked.
    NeverChecked,
    /// Those that an earlier run has checked and not settled, or too long ago.
    CheckedBefore,
    /// Those of which an earlier run has kept the assistant, and no `verify` that goes on has read the agent.
    Again,
    /// All have been given.
    Over,
}

pub(crate) const NEVER_CHECKED: &str = "r.read_run IS ?2";
pub(crate) const CHECKED_BEFORE: &str = "r.read_run <> ?2";
pub(crate) const AGAIN: &str = "r.read_run IS NOT ?2 AND EXISTS \
    (SELECT 1 FROM document AS doc WHERE doc.result = r.id AND doc.assistant IS NOT NULL) \
    AND NOT EXISTS (SELECT 1 FROM reread AS n WHERE n.result = r.id)";

/// The rows of a round behind a position.
pub(crate) fn page_of(which: &str) -> String {
    format!(
        "SELECT i.position, i.line, i.assistant, i.agent, r.status, r.checked_at, r.disabled, r.guard IS 'revert', \
         r.later_failure IS NOT NULL {ROWS} \
         WHERE i.position > ?1 AND i.assistant IS NOT NULL AND d.first IS NULL AND {which} ORDER BY i.position"
    )
}

/// Pages through the rows that this run asks for: first those never checked, then those that earlier runs left open,
/// each in input order, each once. Memory does not grow with the number of rows.
#[derive(Debug)]
pub struct OpenRows {
    connection: Connection,
    run: RunId,
    selection: Selection,
    left: u64,
    round: Round,
    starts: Starts,
    /// Position of the last row looked at in this round.
    cursor: i64,
}

impl OpenRows {
    pub(crate) fn new(
        path: &Path,
        run: RunId,
        selection: Selection,
        starts: Option<Starts>,
    ) -> Result<Self, LedgerError> {
        let starts = starts
            .filter(|starts| starts.selection == selection.without_limit())
            .unwrap_or(Starts { selection: selection.without_limit(), never_checked: 1, checked_before: 1 });
        // Able to write although it never does: if it is the last to go, it leaves the ledger as one file.
        let connection = schema::connect(path, schema::SCAN_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Self {
            connection,
            run,
            selection,
            left: selection.limit.unwrap_or(u64::MAX),
            round: if selection.again { Round::Again } else { Round::NeverChecked },
            starts,
            cursor: if selection.again { 0 } else { starts.never_checked - 1 },
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
                    Round::CheckedBefore | Round::Again | Round::Over => Round::Over,
                };
            }
        }
        self.left = self.left.saturating_sub(page.len() as u64);
        Ok(page)
    }

    /// Whether there may be more in this round.
    fn fill(&mut self, page: &mut Vec<Job>, at_most: usize) -> Result<bool, LedgerError> {
        let (which, run) = match self.round {
            Round::NeverChecked => (NEVER_CHECKED, None),
            Round::CheckedBefore => (CHECKED_BEFORE, Some(self.run)),
            Round::Again => (AGAIN, None),
            Round::Over => return Ok(false),
        };
        let mut statement = self.connection.prepare_cached(&page_of(which))?;
        let mut rows = statement.query((self.cursor, run))?;
        while let Some(row) = rows.next()? {
            self.cursor = row.get(0)?;
            if let (false, Some(word)) = (self.selection.again, text(row.get_ref(4)?)?) {
                let status = from_word(word, RowStatus::parse)?;
                let state = from_word(text(row.get_ref(6)?)?.unwrap_or_default(), DisabledState::parse)?;
                let (checked_at, will_be_on, is_kept) = (row.get(5)?, row.get(7)?, row.get(8)?);
                if self.selection.is_settled(Known { status, state, checked_at, will_be_on, is_kept }) {
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

impl Drop for OpenRows {
    fn drop(&mut self) {
        let _ = self.connection.pragma_update(None, "query_only", false);
        log::end_if_last(&self.connection);
    }
}
