//! What a person can type, and what the program then does.
//!
//! | folder or file | idea |
//! | --- | --- |
//! | `arguments` | what was typed: clap structs |
//! | `settings`, `files` | what commands need of it and of the environment |
//! | `wiring` | from settings to the first request, and what goes on beside requests |
//! | `commands` | a file a command: settings in, layers wired, outcome out |
//! | `reports` | what they write of what they have found |
//!
//! Whatever is wrong with what was typed is a usage error (exit code 2), found before a file is touched or a request is
//! sent.

mod arguments;
pub mod commands;
mod error;
mod files;
mod reports;
mod settings;
mod wiring;
