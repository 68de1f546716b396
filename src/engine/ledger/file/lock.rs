//! The lock: an operating-system lock on a file beside the ledger, so that two runs never write one ledger and nothing
//! has to be unlocked by hand after a crash (DESIGN.md, The ledger).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::format::beside;
use crate::engine::os;

/// Held for as long as the value lives.
#[derive(Debug)]
pub(crate) struct LedgerLock {
    file: File,
    path: PathBuf,
}

impl LedgerLock {
    /// Takes the lock of that ledger (an absolute path), at once or not at all.
    pub(crate) fn take(ledger: &Path) -> Result<Self, OpenError> {
        let path = beside(ledger, ".lock");
        loop {
            let file = open_private(&path).map_err(|error| OpenError::refused(&path, &error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { path: ledger.to_owned() }),
                Err(TryLockError::Error(error)) => return Err(OpenError::refused(&path, &error)),
            }
            // The one before us may have removed the file between our open and our lock: then we hold a lock on a
            // file that nobody else will ever find.
            if is_still(&path, &file).map_err(|error| OpenError::refused(&path, &error))? {
                return Ok(Self { file, path });
            }
        }
    }
}

impl Drop for LedgerLock {
    fn drop(&mut self) {
        // While the lock is held, or else the next one's file would go. Elsewhere than on unix an open file cannot
        // be removed without disturbing the next one: it stays, harmless.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    os::owner_only(&mut options);
    options.open(path)
}

fn is_still(path: &Path, file: &File) -> io::Result<bool> {
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(theirs) => Ok(os::is_one_file((path, &ours), (path, &theirs))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_exclusive_and_leaves_nothing_behind_at_a_clean_end() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("a.ledger");
        let first = LedgerLock::take(&ledger).unwrap();
        assert!(matches!(LedgerLock::take(&ledger), Err(OpenError::Locked { .. })));
        drop(first);
        assert_eq!(folder.path().join("a.ledger.lock").exists(), cfg!(not(unix)));
        LedgerLock::take(&ledger).unwrap();
    }

    #[test]
    fn a_lock_file_left_by_a_crash_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("a.ledger");
        std::fs::write(folder.path().join("a.ledger.lock"), "").unwrap();
        LedgerLock::take(&ledger).unwrap();
    }

    #[test]
    fn many_takers_at_once_never_hold_it_together() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("a.ledger");
        let (holders, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(lock) = LedgerLock::take(&ledger) {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            taken.fetch_add(1, Ordering::SeqCst);
                            holders.fetch_sub(1, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
        assert!(taken.load(Ordering::SeqCst) > 0);
    }
}
