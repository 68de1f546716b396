//! A file that appears whole or not at all: written beside, synced, renamed (DESIGN.md, Report).
//!
//! The permissions of a CSV are those that the person's umask gives, or those of the file that is replaced: it is made
//! to be handed on. What holds prompts is its owner's alone, as the ledger is, from the first byte on.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, PathPersistError, TempPath};
use thiserror::Error;

use crate::engine::os;

/// How many other names are tried when the file asked for cannot be replaced.
const OTHER_NAMES: u32 = 99;

/// A temporary file's name is short whatever the target is called: this, letters and digits by chance, and the suffix.
const TEMPORARY_PREFIX: &str = ".agent-migrate-";
const TEMPORARY_SUFFIX: &str = ".tmp";
const CHANCE: usize = 16;

/// Why a report cannot be written where it was asked for.
#[derive(Debug, Error)]
pub enum ReportFileError {
    /// A folder stands there.
    #[error("{} is a folder: name a file in it", .0.display())]
    IsFolder(PathBuf),
    /// A database stands there, and a report never is one: it may be the memory of an earlier run.
    #[error("{} is a database, as ledgers are, and would be lost: give the report another name", .0.display())]
    IsDatabase(PathBuf),
    /// The folder that is to hold it does not exist.
    #[error("{} cannot be written: there is no folder {}", path.display(), folder.display())]
    NoFolder {
        /// The path asked for.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// Anything else: no permission, disk full.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The path asked for.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

impl ReportFileError {
    /// The file at `path` cannot be written, for this reason.
    pub fn unwritable(path: &Path, source: io::Error) -> Self {
        Self::Unwritable { path: path.to_owned(), source }
    }
}

/// How every `SQLite` database begins (file format, "Magic header string").
const SQLITE: &[u8; 16] = b"SQLite format 3\0";

/// Where the file ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Under the name asked for.
    AsAsked(PathBuf),
    /// Beside it, because replacing it was refused: it is open elsewhere, as Excel keeps it on Windows.
    Beside {
        /// The path asked for; untouched.
        asked: PathBuf,
        /// The path that holds the report.
        written: PathBuf,
    },
}

impl Written {
    /// The path that holds the report.
    pub fn path(&self) -> &Path {
        match self {
            Self::AsAsked(path) | Self::Beside { written: path, .. } => path,
        }
    }
}

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whom the person's umask lets, or the file that is replaced.
    ByUmask,
    /// Its owner alone: prompts stand in it.
    OwnerOnly,
}

/// A file under way. What is written appears with [`AtomicFile::commit`]; dropped before that, nothing does.
#[derive(Debug)]
pub struct AtomicFile {
    asked: PathBuf,
    access: Access,
    place: Place,
    out: BufWriter<File>,
}

#[derive(Debug)]
enum Place {
    /// A regular file: `temporary` is renamed to `target`, which is `asked` with its links followed.
    Beside { temporary: TempPath, target: PathBuf },
    /// A device or a pipe, which a rename would destroy: written to directly.
    Direct,
}

impl AtomicFile {
    /// Opens a temporary file in the folder of `path`. A link at `path` is followed; a device or a pipe is opened
    /// as it is.
    pub fn create(path: &Path, access: Access) -> Result<Self, ReportFileError> {
        let direct = || {
            let file = OpenOptions::new().write(true).open(path);
            Ok((Place::Direct, file.map_err(|source| ReportFileError::unwritable(path, source))?))
        };
        let (place, file) = match fs::metadata(path) {
            _ if os::is_nowhere(path) => direct()?,
            Ok(existing) if existing.is_dir() => {
                return Err(ReportFileError::IsFolder(path.to_owned()));
            }
            Ok(existing) if !existing.is_file() => direct()?,
            Ok(_) if is_database(path) => {
                return Err(ReportFileError::IsDatabase(path.to_owned()));
            }
            Ok(_) => beside(path, access)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => beside(path, access)?,
            Err(error) => return Err(ReportFileError::unwritable(path, error)),
        };
        Ok(Self { asked: path.to_owned(), access, place, out: BufWriter::with_capacity(64 * 1024, file) })
    }

    /// Makes the file appear: flushed, synced, renamed, the folder synced. Where the rename is refused, the file
    /// appears as `<stem>-2.<extension>`, or the next number that is free.
    pub fn commit(mut self) -> Result<Written, ReportFileError> {
        self.write_out()?;
        let Some(folder) = self.folder() else { return self.appear() };
        let synced = self.out.get_ref().sync_all();
        synced.map_err(|source| ReportFileError::unwritable(&self.asked, source))?;
        let written = self.appear()?;
        os::sync_folder(&folder);
        Ok(written)
    }

    /// The same for several files, which are synced together.
    pub fn commit_all(mut files: Vec<Self>) -> Result<Vec<Written>, ReportFileError> {
        files.iter_mut().try_for_each(Self::write_out)?;
        let mut synced = os::SyncedTogether::default();
        // A name may be a link to another folder, of another file system.
        let mut folders = BTreeSet::new();
        for file in &files {
            let Some(folder) = file.folder() else { continue };
            let on_disk = synced.sync(file.out.get_ref());
            on_disk.map_err(|source| ReportFileError::unwritable(&file.asked, source))?;
            folders.insert(folder);
        }
        let written = files.into_iter().map(Self::appear).collect();
        for folder in &folders {
            os::sync_folder(folder);
        }
        written
    }

    /// `None` for a device or a pipe.
    fn folder(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Beside { target, .. } => Some(folder_of(target)),
            Place::Direct => None,
        }
    }

    fn write_out(&mut self) -> Result<(), ReportFileError> {
        self.out.flush().map_err(|source| ReportFileError::unwritable(&self.asked, source))
    }

    /// What is synced takes its place.
    fn appear(self) -> Result<Written, ReportFileError> {
        let Self { asked, access, place, out } = self;
        let failed = |source| ReportFileError::unwritable(&asked, source);
        let Place::Beside { temporary, target } = place else { return Ok(Written::AsAsked(asked)) };
        if access == Access::ByUmask
            && let Ok(existing) = fs::metadata(&target)
        {
            // Best effort: some file systems know no permissions.
            let _ = fs::set_permissions(&temporary, existing.permissions());
        }
        // Windows renames no file that is still open; elsewhere its lock keeps others from sweeping it away till then.
        let _open = (!cfg!(windows)).then_some(out);
        let written = match persist(temporary, &target) {
            Ok(()) => Written::AsAsked(asked),
            Err(refused) => {
                let written = persist_beside(refused.path, &target).ok_or_else(|| failed(refused.error))?;
                Written::Beside { asked, written }
            }
        };
        Ok(written)
    }
}

fn persist(mut temporary: TempPath, target: &Path) -> Result<(), PathPersistError> {
    let mut patience = os::Patience::default();
    loop {
        match temporary.persist(target) {
            Err(refused) if patience.bears(&refused.error) => temporary = refused.path,
            done => return done,
        }
    }
}

/// Under the first name that is free and not refused.
fn persist_beside(mut temporary: TempPath, target: &Path) -> Option<PathBuf> {
    for name in other_names(target) {
        match temporary.persist(&name) {
            Ok(()) => return Some(name),
            Err(refused) => temporary = refused.path,
        }
    }
    None
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a whole file, or none when `write` fails, whose error it may be.
pub fn write_atomically<E: From<ReportFileError>>(
    path: &Path,
    access: Access,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<Written, E> {
    let mut file = AtomicFile::create(path, access)?;
    write(&mut file)?;
    Ok(file.commit()?)
}

/// Finds out whether a report can be written there, before the first request: a temporary file is made and removed, and with
/// it what killed processes left behind in the folder.
/// What stands there is not touched; a pipe is not opened, since its reader would take that for the report.
pub fn check_writable(path: &Path) -> Result<(), ReportFileError> {
    match fs::metadata(path) {
        Ok(existing) if !existing.is_file() && !existing.is_dir() => Ok(()),
        _ => {
            if let Ok(target) = os::follow_links(path) {
                sweep(&folder_of(&target));
            }
            AtomicFile::create(path, Access::OwnerOnly).map(drop)
        }
    }
}

/// What cannot be read is replaced like anything else.
fn is_database(path: &Path) -> bool {
    let mut head = [0; SQLITE.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *SQLITE
}

/// A new temporary file in the folder that holds `path`, links followed.
fn beside(path: &Path, access: Access) -> Result<(Place, File), ReportFileError> {
    let failed = |source| ReportFileError::unwritable(path, source);
    let target = os::follow_links(path).map_err(failed)?;
    if target.file_name().is_none() {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    }
    let folder = folder_of(&target);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match (access, fs::metadata(&target)) {
        (Access::OwnerOnly, _) => os::owner_only(&mut options),
        (Access::ByUmask, Ok(existing)) => os::as_private_as(&mut options, &existing),
        (Access::ByUmask, Err(_)) => {}
    }
    let mut name = Builder::new();
    name.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX).rand_bytes(CHANCE);
    let made = name.make_in(&folder, |temporary| {
        let file = options.open(temporary)?;
        // Held until the file is closed, by a kill as well. Not every file system knows locks.
        let _ = file.lock();
        // Swept away by another process before it was locked: once more, then.
        if temporary.exists() { Ok(file) } else { Err(io::ErrorKind::AlreadyExists.into()) }
    });
    match made {
        Ok(made) => {
            let (file, temporary) = made.into_parts();
            Ok((Place::Beside { temporary, target }, file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ReportFileError::NoFolder { path: path.to_owned(), folder })
        }
        Err(error) => Err(failed(error)),
    }
}

/// Removes what killed processes left behind in this folder: temporary files of ours that nobody holds locked. Best
/// effort, since nothing depends on it.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .and_then(|name| name.strip_prefix(TEMPORARY_PREFIX)?.strip_suffix(TEMPORARY_SUFFIX))
            .is_some_and(|middle| {
                middle.len() == CHANCE && middle.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let path = entry.path();
            if let Ok(file) = OpenOptions::new().write(true).open(&path)
                && file.try_lock().is_ok()
            {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `a.report-2.csv`, `a.report-3.csv`, …: those that do not exist, since nobody asked to replace them.
fn other_names(target: &Path) -> impl Iterator<Item = PathBuf> {
    let stem = target.file_stem().unwrap_or_default().to_owned();
    let extension = target.extension().map(ToOwned::to_owned);
    let target = target.to_owned();
    (2..=OTHER_NAMES).filter_map(move |number| {
        let mut name = OsString::from(&stem);
        name.push(format!("-{number}"));
        if let Some(extension) = &extension {
            name.push(".");
            name.push(extension);
        }
        let other = target.with_file_name(name);
        fs::symlink_metadata(&other).is_err().then_some(other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(path: &Path, text: &str) -> Result<Written, ReportFileError> {
        let failed = |source| ReportFileError::unwritable(path, source);
        write_atomically(path, Access::ByUmask, |out| out.write_all(text.as_bytes()).map_err(failed))
    }

    #[test]
    fn the_file_appears_with_commit_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.report.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path, Access::ByUmask).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(file.commit().unwrap(), Written::AsAsked(path.clone()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["a.report.csv"]);
    }

    #[test]
    fn a_ledger_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ledger");
        let ledger = [&SQLITE[..], b"and what it remembers"].concat();
        fs::write(&path, &ledger).unwrap();
        assert!(matches!(check_writable(&path), Err(ReportFileError::IsDatabase(_))));
        let written = write_atomically(&path, Access::ByUmask, |out| {
            out.write_all(b"line").map_err(|source| ReportFileError::unwritable(&path, source))
        });
        assert!(matches!(written, Err(ReportFileError::IsDatabase(_))));
        assert_eq!(fs::read(&path).unwrap(), ledger);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, Access::ByUmask, |out| {
            let written = out.write_all(b"half").and(Err(io::Error::other("the ledger is gone")));
            written.map_err(|source| ReportFileError::unwritable(&path, source))
        })
        .unwrap_err();
        assert_eq!(error.to_string(), format!("{} cannot be written: the ledger is gone", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn what_a_kill_left_behind_is_swept_away_and_what_is_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let others =
            [".agent-migrate-notes.tmp", ".agent-migrate-00112233445566-7.tmp", "0011223344556677.tmp"];
        for name in others.iter().chain(&[".agent-migrate-0011223344556677.tmp"]) {
            fs::write(folder.path().join(name), "left").unwrap();
        }
        let mut under_way = AtomicFile::create(&path, Access::ByUmask).unwrap();
        under_way.write_all(b"first").unwrap();
        check_writable(&path).unwrap();
        write(&folder.path().join("b.csv"), "second").unwrap();
        under_way.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        let mut expected = [&others[..], &["a.csv", "b.csv"]].concat();
        expected.sort_unstable();
        assert_eq!(names(folder.path()), expected);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_written_beside_under_the_next_free_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.report.csv");
        let files = [2, 3].map(|number| (number, AtomicFile::create(&path, Access::ByUmask).unwrap()));
        // Nothing takes the place of a folder.
        fs::create_dir(&path).unwrap();
        for (number, mut file) in files {
            file.write_all(format!("report {number}").as_bytes()).unwrap();
            let beside = folder.path().join(format!("a.report-{number}.csv"));
            let written = file.commit().unwrap();
            assert_eq!(written, Written::Beside { asked: path.clone(), written: beside.clone() });
            assert_eq!(fs::read_to_string(written.path()).unwrap(), format!("report {number}"));
        }
        assert_eq!(names(folder.path()), ["a.report-2.csv", "a.report-3.csv", "a.report.csv"]);
    }

    #[test]
    fn when_every_name_is_refused_the_first_refusal_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = AtomicFile::create(&folder.path().join("report"), Access::ByUmask).unwrap();
        folder.close().unwrap();
        let error = file.commit().unwrap_err();
        assert!(error.to_string().contains("report cannot be written: "), "{error}");
    }

    #[test]
    fn the_names_beside_are_numbered_before_the_extension() {
        let names: Vec<_> = other_names(Path::new("missing/report")).collect();
        assert_eq!(
            (names.len(), names.first().map(PathBuf::as_path)),
            (98, Some(Path::new("missing/report-2")))
        );
    }

    #[test]
    fn what_is_in_the_way_is_found_out_early_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = check_writable(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is a folder: name a file in it", folder.path().display()));

        let missing = folder.path().join("missing");
        let path = missing.join("a.csv");
        let error = check_writable(&path).unwrap_err().to_string();
        let expected =
            format!("{} cannot be written: there is no folder {}", path.display(), missing.display());
        assert_eq!(error, expected);

        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(check_writable(&file.join("a.csv")).is_err());
        assert!(check_writable(&folder.path().join("x".repeat(300))).is_err());

        check_writable(&folder.path().join("a.csv")).unwrap();
        check_writable(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "x");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

        use super::*;

        #[test]
        fn a_link_is_followed_and_stays_a_link() {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("real")).unwrap();
            let target = folder.path().join("real/a.csv");
            let link = folder.path().join("link.csv");
            symlink("real/a.csv", &link).unwrap();
            for text in ["dangling at first", "then replaced"] {
                assert_eq!(write(&link, text).unwrap(), Written::AsAsked(link.clone()));
                assert_eq!(fs::read_to_string(&target).unwrap(), text);
                assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            }
            assert_eq!(names(&folder.path().join("real")), ["a.csv"]);
            let circle = folder.path().join("circle");
            symlink("circle", &circle).unwrap();
            assert!(check_writable(&circle).is_err());
        }

        /// What a split writes where somebody has put links in place of two parts.
        #[test]
        fn files_of_several_folders_appear_together() {
            let folder = tempfile::tempdir().unwrap();
            let [memory, null] = ["ann.csv", "eve.csv"].map(|name| folder.path().join(name));
            let elsewhere = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
            symlink(elsewhere.path().join("ann.csv"), &memory).unwrap();
            symlink("/dev/null", &null).unwrap();
            let all = [folder.path().join("bob.csv"), memory, null];
            let files = all.iter().map(|path| {
                let mut file = AtomicFile::create(path, Access::ByUmask).unwrap();
                file.write_all(b"part").unwrap();
                file
            });
            let written = AtomicFile::commit_all(files.collect()).unwrap();
            assert_eq!(written, all.clone().map(Written::AsAsked));
            assert_eq!(all.map(|path| fs::read_to_string(path).unwrap()), ["part", "part", ""]);
            assert_eq!(names(elsewhere.path()), ["ann.csv"]);
        }

        #[test]
        fn a_device_is_written_to_and_not_replaced() {
            let null = Path::new("/dev/null");
            check_writable(null).unwrap();
            assert_eq!(write(null, "gone").unwrap(), Written::AsAsked(null.to_owned()));
            assert!(fs::metadata(null).unwrap().file_type().is_char_device());
        }

        #[test]
        fn permissions_of_the_replaced_file_are_kept() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.csv");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            write(&path, "new").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }

        #[test]
        fn what_holds_prompts_is_its_owners_alone_whatever_it_replaces() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.html");
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            for _ in 0..2 {
                let mut file = AtomicFile::create(&path, Access::OwnerOnly).unwrap();
                file.write_all(b"prompts").unwrap();
                let under_way =
                    names(folder.path()).into_iter().find(|name| name.starts_with(TEMPORARY_PREFIX)).unwrap();
                assert_eq!(mode(&folder.path().join(under_way)), 0o600);
                file.commit().unwrap();
                assert_eq!(mode(&path), 0o600);
                fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            }
        }
    }
}
