//! The tables, and how every connection to them is set up.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use url::Url;

use super::error::{LedgerError, OpenError};
use super::format::{APPLICATION_ID, IN_LOG, VERSION};

const HEADER_BYTES: usize = 100;

/// How long a connection waits for another program's lock before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of a connection that finds every row by its ids, in KiB: a few thousand index pages, flat however many rows
/// there are.
pub(crate) const LOOKUP_CACHE_KIB: i64 = 8 * 1024;

/// Page cache of connections that only scan, in KiB.
pub(crate) const SCAN_CACHE_KIB: i64 = 2 * 1024;

/// Times in `run`, `result.checked_at` and `sent` are nanoseconds since 1970 (our clock, compared in SQL); the platform's
/// own times are kept as text, since they may be anything.
///
/// `input_row`: `cell` is NULL where it is exactly the assistant's id, `agent` where it is the same UUID: the usual row,
/// kept small. `duplicate` is a table of its own so that it can be filled in one pass in key order.
/// `result` has its narrow columns first, so that a scan need not follow the long ones; the bodies are in `document`.
///
/// `result.run` is the run that reached the verdict, `read_run` the last one that has read the row; `later_failure` is why
/// a read after the verdict said nothing about the row.
/// `result.disabled` never holds `skipped` or `would_disable`: these follow from the last run (see `effective_state`).
/// `result.guard` is what the guard still owes the row (`Debt`), `result.switch_run` the run of its last attempt.
/// `attempt` is every request to switch off (`wanted` = 'off', written before it leaves, open until `ended_at`) or on
/// (written with its outcome). `planned` is the last run's plan: `seq` is the order of its requests, NULL where another
/// row of the same assistant decides.
///
/// `apply_row` is what the last `apply` (`run`) has found out about a row in a workspace: '' is the ledger's own, else a base
/// URL. Its `status` is a word of the report, or 'planned' with the agent as it was read in `body` (NULL: to be made).
/// `apply_write` is every write that may have happened: written with the agent as it was (`before`) before its request
/// leaves, open until it has an `outcome`; `fields` is what was sent, in write names, `changed` the same in read names;
/// `taken_back` is set once the agent is as it was again.
///
/// A partial index serves only a question that repeats its condition: see `tests/questions.rs`.
const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        program_version TEXT NOT NULL,
        settings TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        stopped TEXT,
        command TEXT NOT NULL,
        disabling TEXT NOT NULL,
        probe_wait_seconds INTEGER,
        has_plan INTEGER NOT NULL DEFAULT 0,
        disabling_end TEXT
    ) STRICT;
    CREATE TABLE input_row (
        position INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        assistant BLOB,
        agent BLOB,
        invalid TEXT,
        cell TEXT,
        carried TEXT
    ) STRICT;
    CREATE TABLE duplicate (position INTEGER PRIMARY KEY, first INTEGER NOT NULL) STRICT;
    CREATE TABLE result (
        id INTEGER PRIMARY KEY,
        assistant BLOB NOT NULL,
        agent BLOB NOT NULL,
        status TEXT NOT NULL,
        disabled TEXT NOT NULL DEFAULT 'not_requested',
        guard TEXT,
        switch_run INTEGER,
        run INTEGER NOT NULL,
        read_run INTEGER NOT NULL,
        checked_at INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        elapsed_us INTEGER NOT NULL,
        assistant_updated_at TEXT,
        agent_updated_at TEXT,
        name TEXT,
        failure TEXT,
        later_failure TEXT,
        switch_failure TEXT,
        notes TEXT,
        differences TEXT,
        UNIQUE (assistant, agent)
    ) STRICT;
    CREATE TABLE document (result INTEGER PRIMARY KEY, assistant BLOB, agent BLOB) STRICT;
    CREATE INDEX result_switched ON result (disabled) WHERE disabled <> 'not_requested';
    CREATE INDEX result_owed ON result (guard) WHERE guard IS NOT NULL;
    CREATE INDEX result_verified ON result (run) WHERE status = 'verified';
    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        result INTEGER NOT NULL,
        run INTEGER NOT NULL,
        wanted TEXT NOT NULL,
        began_at INTEGER NOT NULL,
        ended_at INTEGER,
        outcome TEXT,
        failure TEXT
    ) STRICT;
    CREATE INDEX attempt_of ON attempt (result);
    CREATE INDEX attempt_open ON attempt (result) WHERE ended_at IS NULL;
    CREATE INDEX attempt_on ON attempt (result) WHERE wanted = 'on';
    CREATE TABLE planned (result INTEGER PRIMARY KEY, seq INTEGER UNIQUE) STRICT;
    CREATE TABLE sent (at INTEGER PRIMARY KEY, requests INTEGER NOT NULL) STRICT;
";

/// Tables that a ledger may be older than; whoever opens it to write makes them. `inspection` is what an audit has found in
/// a document, in its own words; `reread` what the last `verify` has found out about a row, with the agent as it was then.
/// `earlier_row` is how each row stood at the end of the run before: `assistant` is the cell where it holds no id, and `agent` is
/// empty then.
pub(crate) const LATER_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS inspection (result INTEGER PRIMARY KEY, kept TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS reread (
        result INTEGER PRIMARY KEY,
        status TEXT NOT NULL,
        checked_at INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        elapsed_us INTEGER NOT NULL,
        agent_updated_at TEXT,
        failure TEXT,
        notes TEXT,
        differences TEXT,
        agent BLOB
    ) STRICT;
    CREATE TABLE IF NOT EXISTS earlier_row (
        assistant BLOB NOT NULL,
        agent BLOB NOT NULL,
        status TEXT NOT NULL,
        progress TEXT NOT NULL,
        findings TEXT,
        PRIMARY KEY (assistant, agent)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apply_row (
        id INTEGER PRIMARY KEY,
        workspace TEXT NOT NULL,
        result INTEGER NOT NULL,
        run INTEGER NOT NULL,
        line INTEGER NOT NULL,
        agent BLOB,
        status TEXT NOT NULL,
        requests INTEGER NOT NULL,
        checked_at INTEGER NOT NULL,
        version TEXT,
        changed TEXT,
        left_behind TEXT,
        differences TEXT,
        failure TEXT,
        said TEXT,
        body BLOB,
        UNIQUE (workspace, result)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS apply_row_planned ON apply_row (workspace, line) WHERE status = 'planned';
    CREATE TABLE IF NOT EXISTS apply_write (
        id INTEGER PRIMARY KEY,
        workspace TEXT NOT NULL,
        result INTEGER NOT NULL,
        run INTEGER NOT NULL,
        kind TEXT NOT NULL,
        agent BLOB,
        fields TEXT NOT NULL,
        changed TEXT NOT NULL,
        before BLOB,
        draft BLOB,
        version TEXT,
        after BLOB,
        began_at INTEGER NOT NULL,
        ended_at INTEGER,
        outcome TEXT,
        failure TEXT,
        taken_back INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS apply_write_of ON apply_write (workspace, agent) WHERE taken_back = 0;
    CREATE INDEX IF NOT EXISTS apply_write_for ON apply_write (workspace, result) WHERE taken_back = 0;
";

/// Every input row with what is known of it: `i` the row, `d` the earlier row that it repeats, `r` the result of its
/// pair, `p` its place in the last run's plan.
pub(crate) const ROWS: &str = "
    FROM input_row AS i
    LEFT JOIN duplicate AS d ON d.position = i.position
    LEFT JOIN result AS r ON r.assistant = i.assistant AND r.agent = ifnull(i.agent, i.assistant)
    LEFT JOIN planned AS p ON p.result = r.id
";

/// Makes the tables in an empty file, with our mark, in one transaction.
pub(crate) fn create(connection: &Connection) -> Result<(), LedgerError> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} {LATER_TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    ))?;
    Ok(())
}

/// Refuses what is not a ledger, or one of a newer program. Only reads.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let read = |pragma| {
        let value = connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        value.map_err(|error| stranger(path, error))
    };
    check_marks(read("application_id")?, read("user_version")?, path)
}

/// The same as [`check`] from the file's first bytes alone: a stranger's database is left as it was, and a ledger whose
/// pages are still partly in the write-ahead log (a kill or a full disk met the copying) is not taken for a damaged one.
pub(crate) fn check_header(path: &Path) -> Result<(), OpenError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    File::open(path)
        .and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header))
        .map_err(|error| OpenError::refused(path, &error))?;
    // "Database File Format" of `SQLite`: both numbers are big-endian.
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(i64::from(i32::from_be_bytes(bytes)))
    };
    match (header.starts_with(b"SQLite format 3\0"), number(68), number(60)) {
        (true, Some(application_id), Some(user_version)) => check_marks(application_id, user_version, path),
        _ => Err(OpenError::NotALedger { path: path.to_owned() }),
    }
}

fn check_marks(application_id: i64, version: i64, path: &Path) -> Result<(), OpenError> {
    let theirs = version & !IN_LOG;
    if application_id != i64::from(APPLICATION_ID) {
        return Err(OpenError::NotALedger { path: path.to_owned() });
    }
    if theirs > VERSION {
        return Err(OpenError::NewerProgram { path: path.to_owned(), theirs });
    }
    if theirs < VERSION {
        return Err(OpenError::OlderProgram { path: path.to_owned(), theirs });
    }
    Ok(())
}

/// The version, and beside it [`IN_LOG`], as the log has them.
pub(crate) fn version(connection: &Connection) -> Result<i64, LedgerError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(crate) fn set_version(connection: &Connection, version: i64) -> Result<(), LedgerError> {
    Ok(connection.pragma_update(None, "user_version", version)?)
}

/// The first look into a file: one that is no database at all is somebody else's, not a damaged ledger.
fn stranger(path: &Path, error: rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotALedger { path: path.to_owned() },
        _ => OpenError::at(path, error.into()),
    }
}

pub(crate) fn connect(path: &Path, cache_kib: i64) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(set_up(path, flags, cache_kib)?)
}

pub(crate) fn connect_read_only(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    set_up(path, flags, LOOKUP_CACHE_KIB).map_err(|error| stranger(path, error))
}

/// Opens the file as one that nobody changes: no lock, no side file, what a `-wal` beside it holds is not seen.
pub(crate) fn connect_immutable(path: &Path) -> Result<Connection, OpenError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let Some(uri) = immutable_uri(path) else {
        return Err(OpenError::Missing { path: path.to_owned() });
    };
    set_up(Path::new(&uri), flags, LOOKUP_CACHE_KIB).map_err(|error| stranger(path, error))
}

fn set_up(path: &Path, flags: OpenFlags, cache_kib: i64) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Who only looks leaves file and log as they are; who writes ends with `log::end`.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// What `SQLite` takes for the file at this absolute path: `file:///folder/file?immutable=1`.
fn immutable_uri(path: &Path) -> Option<String> {
    let mut url = Url::from_file_path(path).ok()?;
    url.set_query(Some("immutable=1"));
    // It wants no server there, but the server's name in the path.
    let url = String::from(url);
    Some(match url.strip_prefix("file://") {
        Some(of_server) if !of_server.starts_with('/') => format!("file:////{of_server}"),
        _ => url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_with_special_characters_stays_one_path_in_a_uri() {
        let uri = immutable_uri(Path::new("/a b/50%?#x.ledger")).unwrap();
        assert_eq!(uri, "file:///a%20b/50%25%3F%23x.ledger?immutable=1");
    }
}
