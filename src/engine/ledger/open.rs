//! Opening a ledger: lock, creation, the checks before the first write, and what can be done with it before the run.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::encode::{from_nanoseconds, to_integer, to_json, to_nanoseconds};
use super::file::error::{ImportError, LedgerError, OpenError};
use super::file::format::beside;
use super::file::lock::LedgerLock;
use super::file::locked::Locked;
use super::file::log::{self, Log};
use super::file::name::{find, resolve};
use super::file::schema;
use super::identity::{Identity, NewRun, Purpose, RunCommand, RunId, set_meta};
use super::rows::import;
use super::rows::open_rows::{self, OpenRows, Selection, Starts};
use super::rows::reread::{self, ReadBefore};
use super::rows::verdicts;
use super::writer::{self, WriteRow, Writer, WriterThread, write_sent};
use crate::base::{Backlog, Disabling, InputFormat, InputRow};
use crate::engine::os;

/// The locked handle to a ledger: the write methods exist only here.
#[derive(Debug)]
pub struct Ledger {
    locked: Locked,
    /// Where the open rows begin, once they were counted.
    starts: Option<Starts>,
}

impl Ledger {
    /// Takes the lock and opens the ledger at `path`, which is made if there is none (or an empty file), mode 0600.
    /// What is not a ledger, is newer or belongs elsewhere is refused before anything is written; an unwritable one
    /// is found out here, by writing.
    pub fn open(path: &Path, identity: &Identity) -> Result<Self, OpenError> {
        let path = resolve(path)?;
        let lock = LedgerLock::take(&path)?;
        match find(&path)? {
            Some(found) if found.len() > 0 => {
                check_file(&path)?;
                for file in [path.clone(), beside(&path, "-wal"), beside(&path, "-shm")] {
                    os::keep_private(&file);
                }
            }
            _ => create(&path, identity)?,
        }
        Self::connect(path, lock, |theirs, path| {
            identity.purpose.refuse_other(path, theirs.purpose)?;
            if theirs == identity {
                return Ok(());
            }
            let (theirs, ours) = (theirs.for_people(), identity.for_people());
            Err(OpenError::OtherBaseUrl { path: path.to_owned(), theirs, ours })
        })
    }

    /// Takes the lock and opens the ledger of a run at `path`, wherever its rows come from; never makes one.
    pub fn open_existing(path: &Path) -> Result<Self, OpenError> {
        Self::open_kept(path, |theirs, path| Purpose::Run.refuse_other(path, theirs.purpose))
    }

    /// The same for the ledger of a run or of an audit ([`Identity::purpose`]).
    pub fn open_either(path: &Path) -> Result<Self, OpenError> {
        Self::open_kept(path, |_, _| Ok(()))
    }

    fn open_kept(
        path: &Path,
        check: impl FnOnce(&Identity, &Path) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let path = resolve(path)?;
        if find(&path)?.is_none() {
            return Err(OpenError::Missing { path });
        }
        let lock = LedgerLock::take(&path)?;
        check_file(&path)?;
        Self::connect(path, lock, check)
    }

    /// Nothing is written before `check` has let the ledger's identity pass.
    fn connect(
        path: PathBuf,
        lock: LedgerLock,
        check: impl FnOnce(&Identity, &Path) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let at = |error| OpenError::at(&path, error);
        let connection = schema::connect(&path, schema::SCAN_CACHE_KIB).map_err(at)?;
        schema::check(&connection, &path)?;
        check(&Identity::read(&connection).map_err(at)?, &path)?;
        let log = Log::begin(&connection).map_err(|error| {
            log::end_if_last(&connection);
            at(error)
        })?;
        connection.execute_batch(schema::LATER_TABLES).map_err(|error| at(error.into()))?;
        Ok(Self { locked: Locked { connection, log, path, _lock: lock }, starts: None })
    }

    /// Where its rows come from.
    pub fn identity(&self) -> Result<Identity, LedgerError> {
        Identity::read(&self.locked.connection)
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.locked.connection
    }

    /// The ledger's path, absolute.
    pub fn path(&self) -> &Path {
        &self.locked.path
    }

    /// Replaces the input by these rows, in one transaction: on an error, of the rows or of the ledger, nothing has
    /// changed. Duplicates are found here; what earlier runs have found out about a pair of ids stays.
    pub fn import<E>(
        &mut self,
        format: &InputFormat,
        rows: impl Iterator<Item = Result<InputRow, E>>,
    ) -> Result<(), ImportError<E>> {
        self.starts = None;
        import::replace_input(&mut self.locked.connection, format, rows)?;
        Ok(self.locked.keep_log_short()?)
    }

    /// Counts the work that is left.
    pub fn backlog(&mut self, selection: &Selection) -> Result<Backlog, LedgerError> {
        let (backlog, starts) = open_rows::backlog(&self.locked.connection, selection)?;
        self.starts = Some(starts);
        Ok(backlog)
    }

    /// Before a `verify` of these settings: what one of the same `accepted` has found out stands if it was stopped early and no
    /// other command has written this ledger since, but for rows that it got no answer about. Whatever else a `verify` has
    /// found out is forgotten.
    pub fn go_on_verifying(
        &mut self,
        settings: &serde_json::Value,
    ) -> Result<Option<ReadBefore>, LedgerError> {
        reread::go_on(&self.locked.connection, settings)
    }

    /// Whether any run in it had this setting on.
    pub fn has_setting(&self, name: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM run WHERE json_extract(settings, '$.' || ?1) = 1)";
        Ok(self.locked.connection.query_row(sql, [name], |row| row.get(0))?)
    }

    /// The requests sent since then, by this and earlier runs: time and number, oldest first. A clock that was set
    /// back can make times later than now.
    pub fn sent_since(&self, since: Timestamp) -> Result<Vec<(Timestamp, u32)>, LedgerError> {
        sent_since(&self.locked.connection, since)
    }

    /// Remembers requests that were sent before there was this ledger.
    pub fn remember_sent(&mut self, sent: &[(Timestamp, u32)]) -> Result<(), LedgerError> {
        let transaction = self.locked.connection.transaction()?;
        for (at, requests) in sent {
            write_sent(&transaction, to_nanoseconds(*at), *requests)?;
        }
        Ok(transaction.commit()?)
    }

    /// Records the run's beginning and starts the one thread that writes. Gives a handle for the rows' outcomes, the
    /// rows to ask for, and the thread, which has to be finished.
    pub fn start(
        self,
        run: &NewRun<'_>,
        selection: Selection,
    ) -> Result<(Writer, OpenRows, WriterThread), LedgerError> {
        let run_id = self.begin(run)?;
        let open_rows = OpenRows::new(&self.locked.path, run_id, selection, self.starts)?;
        let (writer, thread) = writer::start(self.locked, run_id, write_row(run.command))?;
        Ok((writer, open_rows, thread))
    }

    /// The same for a command that checks no rows.
    pub fn start_without_rows(self, run: &NewRun<'_>) -> Result<(Writer, WriterThread), LedgerError> {
        let run_id = self.begin(run)?;
        writer::start(self.locked, run_id, write_row(run.command))
    }

    fn begin(&self, run: &NewRun<'_>) -> Result<RunId, LedgerError> {
        let connection = &self.locked.connection;
        let (disabling, probe_wait) = match run.command {
            RunCommand::Run { disabling, probe_wait } => (disabling, Some(to_integer(probe_wait.as_secs()))),
            RunCommand::Rollback | RunCommand::Verify | RunCommand::Audit | RunCommand::Apply => {
                (Disabling::No, None)
            }
        };
        let transaction = connection.unchecked_transaction()?;
        transaction.execute(
            "INSERT INTO run (program_version, settings, started_at, command, disabling, probe_wait_seconds) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                run.program_version,
                to_json(run.settings)?,
                to_nanoseconds(run.started_at),
                run.command.as_str(),
                disabling.as_str(),
                probe_wait,
            ),
        )?;
        let run_id = transaction.last_insert_rowid();
        if matches!(run.command, RunCommand::Run { .. }) {
            // An earlier run's plan is not this one's: at no moment does it stand beside the new run.
            transaction.execute("DELETE FROM planned", [])?;
        }
        transaction.commit()?;
        connection.pragma_update(None, "cache_size", -schema::LOOKUP_CACHE_KIB)?;
        Ok(run_id)
    }
}

#[cfg(test)]
impl Ledger {
    /// Lets the file grow no further than this: a full disk.
    pub(super) fn limit_pages(&self, pages: u32) {
        self.locked.connection.pragma_update(None, "max_page_count", pages).unwrap();
    }
}

/// The requests sent since then: time and number, oldest first.
pub(super) fn sent_since(
    connection: &Connection,
    since: Timestamp,
) -> Result<Vec<(Timestamp, u32)>, LedgerError> {
    let mut statement = connection.prepare("SELECT at, requests FROM sent WHERE at >= ?1 ORDER BY at")?;
    let mut rows = statement.query([to_nanoseconds(since)])?;
    let mut sent = Vec::new();
    while let Some(row) = rows.next()? {
        sent.push((from_nanoseconds(row.get(0)?)?, row.get(1)?));
    }
    Ok(sent)
}

/// The verdicts of a run stay as they are when `verify` looks again.
const fn write_row(command: RunCommand) -> WriteRow {
    match command {
        RunCommand::Verify => reread::write,
        RunCommand::Run { .. } | RunCommand::Rollback | RunCommand::Audit | RunCommand::Apply => {
            verdicts::write
        }
    }
}

/// Refuses from the file alone, under the lock, what is not a ledger that can be written.
fn check_file(path: &Path) -> Result<(), OpenError> {
    schema::check_header(path)?;
    if log::is_missing(path)? {
        return Err(OpenError::log_missing(path.to_owned()));
    }
    Ok(())
}

/// Makes a new ledger under another name and renames it: at any moment there is a whole one or none.
fn create(path: &Path, identity: &Identity) -> Result<(), OpenError> {
    let draft = beside(path, ".new");
    let refused = |error: &io::Error| OpenError::refused(path, error);
    // Side files that outlived their ledger would be taken for the new one's.
    for stale in [&draft, &beside(&draft, "-journal")] {
        remove_if_there(stale).map_err(|error| refused(&error))?;
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        remove_if_there(&beside(path, suffix)).map_err(|error| refused(&error))?;
    }
    create_private(&draft).map_err(|error| refused(&error))?;
    let fill = || -> Result<(), LedgerError> {
        let connection = schema::connect(&draft, schema::SCAN_CACHE_KIB)?;
        schema::create(&connection)?;
        set_meta(&connection, "purpose", identity.purpose.as_str())?;
        set_meta(&connection, "practice", if identity.practice { "true" } else { "false" })?;
        set_meta(&connection, "base_url", &identity.base_url)
    };
    let made = fill()
        .map_err(|error| OpenError::at(path, error))
        .and_then(|()| os::rename(&draft, path).map_err(|error| refused(&error)));
    if made.is_err() {
        let _ = fs::remove_file(&draft);
        return made;
    }
    if let Some(folder) = path.parent() {
        os::sync_folder(folder);
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `SQLite` gives its side files the mode of the database, so the mode has to be right before it comes.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    os::owner_only(&mut options);
    options.open(path).map(drop)
}
