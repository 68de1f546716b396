//! Where the bytes come from: a file or memory, read from the start as often as need be.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::{Buf, Bytes};

use super::error::InputError;

/// Bytes that can be read again from their start.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A regular file, and how it looked at first.
    File { path: PathBuf, stamp: Stamp },
    /// Bytes in memory: the built-in sample, tests.
    Memory(Bytes),
}

/// Length and time of change: what tells that a file was written to.
type Stamp = (u64, Option<SystemTime>);

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

impl Source {
    /// A file, after a look at what it is; nothing is read yet.
    pub(super) fn file(path: &Path) -> Result<Self, InputError> {
        let metadata = fs::metadata(path).map_err(|error| open_error(path, error))?;
        if metadata.is_dir() {
            return Err(InputError::Directory(path.to_owned()));
        }
        if !metadata.is_file() {
            return Err(InputError::NotAFile(path.to_owned()));
        }
        Ok(Self::File { path: path.to_owned(), stamp: stamp(&metadata) })
    }

    /// The bytes from the start; an error if the file has changed since the first look.
    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>, InputError> {
        match self {
            Self::Memory(bytes) => Ok(Box::new(bytes.clone().reader())),
            Self::File { path, stamp: before } => {
                let file = File::open(path).map_err(|error| open_error(path, error))?;
                let now = file.metadata().map_err(InputError::Read)?;
                if stamp(&now) == *before { Ok(Box::new(file)) } else { Err(InputError::Changed) }
            }
        }
    }
}

fn open_error(path: &Path, source: io::Error) -> InputError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => InputError::NotFound(path),
        _ => InputError::Open(path, source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_missing_file_are_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Source::file(folder.path()), Err(InputError::Directory(_))));
        let missing = folder.path().join("missing.csv");
        assert!(matches!(Source::file(&missing), Err(InputError::NotFound(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused_since_it_cannot_be_read_twice() {
        assert!(matches!(Source::file(Path::new("/dev/null")), Err(InputError::NotAFile(_))));
    }

    #[test]
    fn a_file_is_read_from_its_start_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input.csv");
        fs::write(&path, "abc").unwrap();
        let source = Source::file(&path).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            source.open().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "abc");
        }
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input.csv");
        fs::write(&path, "abc").unwrap();
        let source = Source::file(&path).unwrap();
        fs::write(&path, "abcd").unwrap();
        assert!(matches!(source.open(), Err(InputError::Changed)));
    }
}
