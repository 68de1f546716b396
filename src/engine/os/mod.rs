//! What differs from system to system, and why; the rest of the program is the same everywhere.
//!
//! | | Unix | Windows |
//! | --- | --- | --- |
//! | files of one owner | mode 0600 | the rights of the folder: there are no modes |
//! | an open file | can be renamed and removed | cannot; what has just been written is held by virus scanners for a moment |
//! | names of files | bytes; macOS takes upper and lower case for one | UTF-16; upper and lower case are one; `\\?\` in front of whole paths |
//! | a folder | is synced, so that a new name survives a power cut | cannot be opened for that |
//! | signals | `SIGINT`, `SIGTERM`, `SIGHUP` | Ctrl-C, Ctrl-Break, window closed, logged off, shut down |
//! | the shell | POSIX quotes, `$'…'` | double quotes, for cmd and PowerShell alike |
//! | the terminal | `/dev/tty` | `CONIN$` and `CONOUT$` |

mod files;
mod shell;
mod signals;
mod terminal;

pub use files::{
    Patience, SyncedTogether, as_private_as, canonical, folded, follow_links, has_another_name, is_nowhere,
    is_one_file, keep_private, owner_only, rename, sync_folder,
};
pub use shell::{command_line, path_word, typed, with_key};
pub use signals::SignalSource;
pub use terminal::{TERMINAL, forget_what_was_typed};
