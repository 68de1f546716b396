//! Reads a ledger without the lock: for `report`, and for the end of `run`.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Row, Rows};

use super::carried::{CarriedNow, ORIGIN};
use super::earlier;
use super::encode::{blob, from_json, from_nanoseconds, from_word, text, time_from_text, to_count, to_pair};
use super::file::error::{LedgerError, OpenError};
use super::file::format::beside;
use super::file::log;
use super::file::name::resolve;
use super::file::schema::{self, ROWS};
use super::identity::{Identity, Purpose, meta};
use super::rows::open_rows::{PLACE, checked, for_each_row};
use super::rows::reread::{self, Reread};
use super::rows::state::{LastRun, count_disabled, effective_state};
use crate::base::{
    DisabledState, InputFormat, InputRow, InvalidId, Pair, ReportRow, RowProgress, RowStatus, RunFacts,
    SkipReason, Standing,
};

/// Reads a ledger, finished or not, also while a run writes it and in a folder that cannot be written.
///
/// What it shows is the moment at which it was opened, so that counts and rows agree; while it lives, a run that begins
/// may have to wait for it: drop it when done.
#[derive(Debug)]
pub struct LedgerReader {
    connection: Connection,
    /// The input's own columns, where they are shown as they are now.
    carried_now: Option<CarriedNow>,
}

impl LedgerReader {
    /// Opens the ledger of a run at `path`; never makes one.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_of(Some(Purpose::Run), path)
    }

    /// Opens the ledger of an audit at `path`; never makes one.
    pub fn open_audit(path: &Path) -> Result<Self, OpenError> {
        Self::open_of(Some(Purpose::Audit), path)
    }

    /// Opens the ledger at `path`, be it a run's or an audit's ([`Identity::purpose`]); never makes one.
    pub fn open_either(path: &Path) -> Result<Self, OpenError> {
        Self::open_of(None, path)
    }

    fn open_of(purpose: Option<Purpose>, path: &Path) -> Result<Self, OpenError> {
        let path = resolve(path)?;
        match std::fs::metadata(&path) {
            Ok(found) if !found.is_file() => return Err(OpenError::NotALedger { path }),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(OpenError::Missing { path });
            }
            Err(error) => return Err(OpenError::refused(&path, &error)),
        }
        if log::is_missing(&path).is_ok_and(|is_missing| is_missing) {
            // Nobody writes it, and it is left as it is.
            return Self::pin(schema::connect_immutable(&path)?, purpose, &path);
        }
        match schema::connect_read_only(&path).and_then(|connection| Self::pin(connection, purpose, &path)) {
            // A ledger in WAL mode wants a side file, which this folder refuses. With no log beside it, the file is all
            // there is, and nobody can be writing.
            Err(OpenError::Refused { .. }) if !beside(&path, "-wal").exists() => {
                Self::pin(schema::connect_immutable(&path)?, purpose, &path)
            }
            pinned => pinned,
        }
    }

    fn pin(connection: Connection, purpose: Option<Purpose>, path: &Path) -> Result<Self, OpenError> {
        connection.execute_batch("BEGIN").map_err(|error| OpenError::at(path, error.into()))?;
        schema::check(&connection, path)?;
        // The first read of a table is what fixes the moment.
        let identity = Identity::read(&connection).map_err(|error| OpenError::at(path, error))?;
        purpose.map_or(Ok(()), |purpose| purpose.refuse_other(path, identity.purpose))?;
        Ok(Self { connection, carried_now: None })
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Where the rows come from.
    pub fn identity(&self) -> Result<Identity, LedgerError> {
        Identity::read(&self.connection)
    }

    /// The shape of the input; `None` when no input was taken in yet.
    pub fn format(&self) -> Result<Option<InputFormat>, LedgerError> {
        if let Some(now) = &self.carried_now {
            return Ok(Some(now.format.clone()));
        }
        meta(&self.connection, "input_format")?.map(|json| from_json(&json)).transpose()
    }

    /// Where the input came from, as [`Ledger::remember_origin`](super::Ledger::remember_origin) was told.
    pub fn origin(&self) -> Result<Option<String>, LedgerError> {
        meta(&self.connection, ORIGIN)
    }

    /// From here on shows the cells of the input's own columns as these rows have them; gives the number of rows that have
    /// others than before. Neither rows nor verdicts change.
    pub fn carry<E: From<LedgerError>>(
        &mut self,
        format: &InputFormat,
        rows: impl Iterator<Item = Result<InputRow, E>>,
    ) -> Result<u64, E> {
        let before = self.format()?.unwrap_or_default();
        let (now, changed) = CarriedNow::read(&self.connection, &before, format, rows)?;
        self.carried_now = Some(now);
        Ok(changed)
    }

    /// The cells of the row at that position, of which these are kept.
    fn carried_now(&self, position: i64, kept: Vec<String>) -> Result<Vec<String>, LedgerError> {
        match &self.carried_now {
            Some(now) => now.of(&self.connection, position, &kept),
            None => Ok(kept),
        }
    }

    /// What there is to say about the last run and about all rows.
    pub fn facts(&self) -> Result<RunFacts, LedgerError> {
        let identity = self.identity()?;
        let last = LastRun::read(&self.connection)?;
        let mut facts = RunFacts {
            program_version: String::new(),
            base_url: (!identity.practice).then_some(identity.base_url),
            practice: identity.practice,
            disabling: last.disabling,
            disabling_end: last.end,
            ..RunFacts::default()
        };
        self.count(&last, &mut facts)?;
        let mut statement = self.connection.prepare(
            "SELECT program_version, started_at, finished_at, stopped FROM run WHERE command IN ('run', 'audit') ORDER BY id DESC LIMIT 1",
        )?;
        let mut runs = statement.query([])?;
        if let Some(run) = runs.next()? {
            facts.program_version = run.get(0)?;
            facts.started_at = Some(from_nanoseconds(run.get(1)?)?);
            facts.finished_at = run.get::<_, Option<i64>>(2)?.map(from_nanoseconds).transpose()?;
            facts.stopped = text(run.get_ref(3)?)?.map(from_json).transpose()?;
        }
        Ok(facts)
    }

    /// Counts the rows by status, by what became of their assistant and by why they were skipped, in the order in which
    /// the lists have them.
    fn count(&self, last: &LastRun, facts: &mut RunFacts) -> Result<(), LedgerError> {
        let mut counts = RowStatus::ALL.map(|status| (status, 0));
        let mut disabled = DisabledState::ALL.map(|state| (state, 0));
        let mut skipped = SkipReason::ALL.map(|reason| (reason, 0));
        for_each_row(&self.connection, |row| {
            let (state, reason) = effective_state(row.status, row.checked, last);
            // As in `report_row`: a state that is not shown takes the failure of its request with it.
            let failed = row.could_not_be_read || row.failed_in == Some(state);
            facts.progress.count(RowProgress::of(row.status, state, reason, failed));
            count_one(&mut counts, row.status);
            count_one(&mut disabled, state);
            facts.kept += u64::from(row.checked.is_some_and(|checked| checked.is_kept));
            if let (DisabledState::Skipped, Some(reason)) = (state, reason) {
                count_one(&mut skipped, reason);
            }
            facts.off_with_agents_id += u64::from(row.is_one_uuid && state.may_be_off());
        })?;
        facts.stuck_off = count_disabled(&self.connection, DisabledState::RevertFailed)?;
        facts.counts = those_with_rows(&counts);
        facts.disabled = those_with_rows(&disabled);
        facts.skipped = those_with_rows(&skipped);
        Ok(())
    }

    /// How many input rows can be compared again without the Assistants API: their assistant is kept. Duplicates are not
    /// counted.
    pub fn rows_with_assistant(&self) -> Result<u64, LedgerError> {
        Ok(to_count(self.connection.query_row(&with_assistant(), [], |row| row.get(0))?))
    }

    /// How many input rows something is kept of, be it the assistant or the agent. Duplicates are not counted.
    pub fn rows_kept(&self) -> Result<u64, LedgerError> {
        let sql =
            format!("SELECT count(*) {ROWS} JOIN document AS doc ON doc.result = r.id WHERE d.first IS NULL");
        Ok(to_count(self.connection.query_row(&sql, [], |row| row.get(0))?))
    }

    /// Shows input rows to `visit` with the bodies of assistant and agent if `want_documents` (else `None`, which is
    /// quicker): all in input order, or those with these keys, in this order. Each of these is found by its key, so that it
    /// costs as much as there are rows to show; a key that this ledger does not have shows nothing. An error of `visit`
    /// ends it.
    pub fn for_each_row<E: From<LedgerError>>(
        &self,
        keys: Option<&[RowKey]>,
        want_documents: bool,
        mut visit: impl FnMut(ReportRow, Option<&[u8]>, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let last = LastRun::read(&self.connection)?;
        let earlier = self.earlier_at()?.map(|_| &self.connection);
        let which = if keys.is_some() { "WHERE i.position = ?1" } else { "ORDER BY i.position" };
        let query = rows_query(want_documents, which);
        let mut statement = self.connection.prepare_cached(&query).map_err(LedgerError::from)?;
        let Some(keys) = keys else {
            let rows = statement.query([]).map_err(LedgerError::from)?;
            return self.visit_all(rows, (&last, earlier), &mut visit);
        };
        for RowKey(position) in keys {
            let rows = statement.query([position]).map_err(LedgerError::from)?;
            self.visit_all(rows, (&last, earlier), &mut visit)?;
        }
        Ok(())
    }

    /// `earlier`: where it is kept how the rows stood, if it is.
    fn visit_all<E: From<LedgerError>>(
        &self,
        mut rows: Rows<'_>,
        (last, earlier): (&LastRun, Option<&Connection>),
        visit: &mut impl FnMut(ReportRow, Option<&[u8]>, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            let mut report_row = report_row(row, last)?;
            if let Some(connection) = earlier {
                report_row.before = earlier::earlier(connection, &report_row)?;
            }
            let position = row.get(26).map_err(LedgerError::from)?;
            report_row.carried = self.carried_now(position, std::mem::take(&mut report_row.carried))?;
            let (assistant, agent) = documents(row)?;
            visit(report_row, assistant, agent)?;
        }
        Ok(())
    }

    /// When the run ended that the last one is held against; `None` where there is none.
    pub fn earlier_at(&self) -> Result<Option<Timestamp>, LedgerError> {
        earlier::earlier_at(&self.connection)
    }

    /// Shows how each row stood that is no longer in the input.
    pub fn for_each_gone(&self, visit: impl FnMut(&Standing)) -> Result<(), LedgerError> {
        earlier::for_each_gone(&self.connection, visit)
    }

    /// Shows the bodies of assistant and agent of the row of that pair to `visit`; gives `None` where there are none.
    pub fn documents_of<T>(
        &self,
        pair: Pair,
        visit: impl FnOnce(Option<&[u8]>, Option<&[u8]>) -> T,
    ) -> Result<Option<T>, LedgerError> {
        let mut statement = self.connection.prepare_cached(DOCUMENTS_OF)?;
        let mut rows = statement.query([pair.assistant.0.as_bytes(), pair.agent.0.as_bytes()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(visit(blob(row.get_ref(0)?)?, blob(row.get_ref(1)?)?)))
    }

    /// What the last `verify` has found out about the row of that pair.
    pub fn reread_of(&self, pair: Pair) -> Result<Reread, LedgerError> {
        reread::of_pair(&self.connection, pair)
    }

    /// Shows the key of every input row with the cells of its carried-through columns, in input order. An error of
    /// `visit` ends it.
    pub fn for_each_carried<E: From<LedgerError>>(
        &self,
        mut visit: impl FnMut(RowKey, &[String]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare("SELECT position, carried FROM input_row ORDER BY position")
            .map_err(LedgerError::from)?;
        let mut rows = statement.query([]).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            let position = row.get(0).map_err(LedgerError::from)?;
            visit(RowKey(position), &self.carried_now(position, carried(row, 1)?)?)?;
        }
        Ok(())
    }
}

/// Where a row of the input stands in its ledger, for [`LedgerReader::for_each_row`]. Good as long as the reader that
/// gave it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKey(i64);

pub(super) const DOCUMENTS_OF: &str = "SELECT doc.assistant, doc.agent FROM result AS r \
     JOIN document AS doc ON doc.result = r.id WHERE r.assistant = ?1 AND r.agent = ?2";

pub(super) fn with_assistant() -> String {
    format!(
        "SELECT count(*) {ROWS} JOIN document AS doc ON doc.result = r.id \
         WHERE d.first IS NULL AND doc.assistant IS NOT NULL"
    )
}

/// Everything about the input rows that `which` picks.
pub(super) fn rows_query(want_documents: bool, which: &str) -> String {
    let (columns, join) = if want_documents {
        ("doc.assistant, doc.agent", "LEFT JOIN document AS doc ON doc.result = r.id")
    } else {
        ("NULL, NULL", "")
    };
    format!(
        "SELECT {COLUMNS}, {PLACE}, r.switch_failure, {columns}, r.later_failure, r.later_failure IS NOT NULL, i.position {ROWS} {ORIGINAL} {join} {which}"
    )
}

fn carried(row: &Row<'_>, index: usize) -> Result<Vec<String>, LedgerError> {
    text(row.get_ref(index)?)?.map_or(Ok(Vec::new()), from_json)
}

fn count_one<T: PartialEq + Copy>(counts: &mut [(T, u64)], found: T) {
    for (counted, rows) in counts {
        *rows += u64::from(*counted == found);
    }
}

fn those_with_rows<T: Copy>(counts: &[(T, u64)]) -> Vec<(T, u64)> {
    counts.iter().copied().filter(|(_, rows)| *rows > 0).collect()
}

/// The earlier row that a duplicate repeats; the result is the same, since the ids are.
const ORIGINAL: &str = "LEFT JOIN input_row AS o ON o.position = d.first";

const COLUMNS: &str = "\
    i.line, i.assistant, i.agent, i.invalid, i.cell, i.carried, o.line, r.status, r.disabled, r.checked_at, \
    r.requests, r.elapsed_us, r.assistant_updated_at, r.agent_updated_at, r.name, r.failure, r.notes, r.differences, \
    r.run, r.switch_run";

type Bodies<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn documents<'a>(row: &'a Row<'_>) -> Result<Bodies<'a>, LedgerError> {
    Ok((blob(row.get_ref(22)?)?, blob(row.get_ref(23)?)?))
}

fn report_row(row: &Row<'_>, last: &LastRun) -> Result<ReportRow, LedgerError> {
    let pair = blob(row.get_ref(1)?)?.map(|id| to_pair(id, blob_or_none(row, 2)?)).transpose()?;
    let invalid = text(row.get_ref(3)?)?.map(|word| from_word(word, InvalidId::parse)).transpose()?;
    let input = match (text(row.get_ref(4)?)?, pair) {
        (Some(cell), _) => cell.to_owned(),
        (None, Some(pair)) => pair.assistant.to_string(),
        (None, None) => String::new(),
    };
    let verdict_of = text(row.get_ref(7)?)?.map(|word| from_word(word, RowStatus::parse)).transpose()?;
    let known = verdict_of.unwrap_or(RowStatus::NotChecked);
    let duplicate_of = row.get::<_, Option<i64>>(6)?.map(|line| (to_count(line), known));
    let time =
        |index| -> Result<_, LedgerError> { text(row.get_ref(index)?)?.map(time_from_text).transpose() };
    let status = match (invalid, duplicate_of) {
        (Some(_), _) => RowStatus::InvalidId,
        (None, Some(_)) => RowStatus::Duplicate,
        (None, None) => known,
    };
    let mut report_row = ReportRow {
        name: text(row.get_ref(14)?)?.unwrap_or_default().to_owned(),
        duplicate_of,
        invalid,
        assistants_gone: last.assistants_gone,
        assistant_updated_at: time(12)?,
        agent_updated_at: time(13)?,
        carried: carried(row, 5)?,
        ..ReportRow::new(to_count(row.get(0)?), input, pair, status)
    };
    // A duplicate was not asked for itself: the verdict and what it cost stand in the row that it repeats.
    let on_disk = if verdict_of.is_some() && duplicate_of.is_none() {
        if known != RowStatus::NotChecked {
            verdict(row, &mut report_row)?;
        }
        Some(checked(row, [18, 8, 19, 20, 25])?)
    } else {
        None
    };
    (report_row.disabled, report_row.skipped) = effective_state(report_row.status, on_disk, last);
    if on_disk.is_some_and(|on_disk| on_disk.state != report_row.disabled) {
        // It belongs to a request that the last run knows nothing of.
        report_row.switch_failure = None;
    }
    Ok(report_row)
}

fn blob_or_none<'a>(row: &'a Row<'_>, index: usize) -> Result<Option<&'a [u8]>, LedgerError> {
    blob(row.get_ref(index)?)
}

fn verdict(row: &Row<'_>, report_row: &mut ReportRow) -> Result<(), LedgerError> {
    report_row.checked_at = Some(from_nanoseconds(row.get(9)?)?);
    report_row.requests = to_count(row.get(10)?);
    report_row.elapsed_ms = to_count(row.get(11)?) / 1_000;
    report_row.failure = text(row.get_ref(15)?)?.map(from_json).transpose()?;
    report_row.later_failure = text(row.get_ref(24)?)?.map(from_json).transpose()?;
    report_row.switch_failure = text(row.get_ref(21)?)?.map(from_json).transpose()?;
    report_row.notes = text(row.get_ref(16)?)?.map_or(Ok(Vec::new()), from_json)?;
    report_row.differences = text(row.get_ref(17)?)?.map_or(Ok(Vec::new()), from_json)?;
    Ok(())
}
