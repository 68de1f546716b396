//! What a ledger is called, and what stands there.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::OpenError;
use crate::engine::os;

/// One spelling for every way to name the file, so that all of them meet the same lock. A link to nothing names what it
/// points to.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    let refused = |error: &io::Error| OpenError::refused(path, error);
    match os::canonical(path) {
        Ok(resolved) => Ok(resolved),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let target = os::follow_links(path).map_err(|error| refused(&error))?;
            let name = target.file_name().ok_or_else(|| refused(&error))?;
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = os::canonical(folder.unwrap_or(Path::new("."))).map_err(|error| refused(&error))?;
            Ok(folder.join(name))
        }
        Err(error) => Err(refused(&error)),
    }
}

/// What stands at `path`; refuses what cannot be a ledger, and one that has another name as well: under that, another
/// run could write it, with a lock and a log of its own.
pub(crate) fn find(path: &Path) -> Result<Option<fs::Metadata>, OpenError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(OpenError::NotALedger { path: path.to_owned() }),
        Ok(found) if os::has_another_name(&found) => Err(OpenError::HardLinked { path: path.to_owned() }),
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::refused(path, &error)),
    }
}
