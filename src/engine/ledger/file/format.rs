//! What a ledger looks like from outside: its marks, and the names of the files beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// "AgMi": marks the file as ours (`PRAGMA application_id`).
pub(crate) const APPLICATION_ID: i32 = 0x4167_4d69;

/// Version of the tables below (`PRAGMA user_version`, beside [`IN_LOG`]); another one is refused. Earlier ones were never
/// released.
pub(crate) const VERSION: i64 = 3;

/// Beside the version (`PRAGMA user_version`): a part of the ledger may stand in the log alone.
pub(crate) const IN_LOG: i64 = 1 << 16;

/// The name of a file that stands beside the ledger: `-wal`, `-shm`, `-journal`, `.lock`, `.new`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}
