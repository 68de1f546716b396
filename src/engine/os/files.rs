//! Files: who may read them, what they are called, when a refusal is only for a moment.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf, Prefix};
use std::time::Duration;

/// Links to follow before they count as a circle; what Linux allows.
const MAX_LINKS: u32 = 40;

/// Longer paths need the prefix that [`canonical`] takes off.
const LONGEST_PLAIN_PATH: usize = 259;

/// What these options create is its owner's alone.
pub fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Who may not read that file may not read what these options create, either.
pub fn as_private_as(options: &mut OpenOptions, existing: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode((existing.permissions().mode() & 0o777) | 0o600);
    }
    #[cfg(not(unix))]
    let _ = (options, existing);
}

/// Takes other people's access to a file away. Not every file system knows modes: a refusal is no reason not to work.
pub fn keep_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Whether a file can be opened by another name as well; elsewhere than on Unix this cannot be told.
pub fn has_another_name(found: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::nlink(found) > 1;
    #[cfg(not(unix))]
    {
        let _ = found;
        false
    }
}

/// A file that was found under a path.
type Found<'a> = (&'a Path, &'a Metadata);

/// Whether both are one file, links of either kind followed.
pub fn is_one_file(one: Found<'_>, other: Found<'_>) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (one.1.dev(), one.1.ino()) == (other.1.dev(), other.1.ino())
    }
    #[cfg(not(unix))]
    {
        let name = |path: &Path| folded(&canonical(path).unwrap_or_else(|_| path.to_owned()));
        name(one.0) == name(other.0)
    }
}

/// The path as it is compared: the file systems that people have there take upper and lower case for the same.
pub fn folded(path: &Path) -> OsString {
    if cfg!(any(windows, target_os = "macos")) {
        path.to_string_lossy().to_lowercase().into()
    } else {
        path.as_os_str().to_owned()
    }
}

/// The one spelling of what is there, as a person would write it: Windows puts `\\?\` in front, which nobody types and cmd
/// does not take.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    let canonical = fs::canonicalize(path)?;
    let mut components = canonical.components();
    let Some(Component::Prefix(prefix)) = components.next() else { return Ok(canonical) };
    let start = match prefix.kind() {
        Prefix::VerbatimDisk(disk) => format!("{}:", char::from(disk)),
        Prefix::VerbatimUNC(server, share) => {
            format!(r"\\{}\{}", server.to_string_lossy(), share.to_string_lossy())
        }
        _ => return Ok(canonical),
    };
    let mut plain = PathBuf::from(start);
    plain.extend(components);
    Ok(if plain.as_os_str().len() > LONGEST_PLAIN_PATH { canonical } else { plain })
}

/// Whether it is where everything vanishes: `NUL`, which Windows does not show as a device.
pub fn is_nowhere(path: &Path) -> bool {
    cfg!(windows) && path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("nul"))
}

/// The path behind links, dangling ones included.
pub fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(found) if found.is_symlink() => {
                target = target.parent().unwrap_or(Path::new("")).join(fs::read_link(&target)?);
            }
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Puts what was written to many files on disk. Linux does so for a file system as a whole, where thousands of files take
/// no longer than a few; these are the ones that it has done so for since the files were written.
#[derive(Debug, Default)]
pub struct SyncedTogether {
    #[cfg(target_os = "linux")]
    file_systems: std::collections::BTreeSet<u64>,
}

impl SyncedTogether {
    /// Puts this one on disk, and on Linux with it whatever else was written to its file system.
    pub fn sync(&mut self, file: &File) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            let device = std::os::unix::fs::MetadataExt::dev(&file.metadata()?);
            if self.file_systems.contains(&device) || rustix::fs::syncfs(file).is_ok() {
                self.file_systems.insert(device);
                return Ok(());
            }
        }
        file.sync_all()
    }
}

/// Puts a new name itself on disk. Best effort: the file is whole already, and not every file system can do this.
pub fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

/// Renames, and tries again where somebody holds the file for a moment.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut patience = Patience::default();
    loop {
        match fs::rename(from, to) {
            Err(error) if patience.bears(&error) => {}
            done => return done,
        }
    }
}

/// About a second for what Windows refuses because a virus scanner, an indexer or a cloud folder has just opened the file.
#[derive(Debug, Default)]
pub struct Patience(u32);

impl Patience {
    /// Waits a little, if the refusal is of that kind and the second is not over; gives whether to try again.
    pub fn bears(&mut self, refused: &io::Error) -> bool {
        // ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION.
        let is_held = cfg!(windows) && matches!(refused.raw_os_error(), Some(5 | 32));
        self.0 += 1;
        let bears = is_held && self.0 <= 20;
        if bears {
            std::thread::sleep(Duration::from_millis(50));
        }
        bears
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn every_file_system_is_synced_that_has_one_of_the_files() {
        use std::os::unix::fs::MetadataExt;

        let mut synced = SyncedTogether::default();
        // Memory is a file system of its own.
        let files = [std::env::temp_dir(), PathBuf::from("/dev/shm")].map(tempfile::tempfile_in);
        let files: Vec<_> = files.into_iter().map(Result::unwrap).collect();
        for file in files.iter().chain(&files) {
            synced.sync(file).unwrap();
        }
        let devices = files.iter().map(|file| file.metadata().unwrap().dev()).collect();
        assert_eq!(synced.file_systems, devices);
    }
}
