//! What a person can type: clap structs, and the settings made of them.
//!
//! The structs hold what was typed; the functions turn them, with the environment, into what the commands need.
//! Whatever is wrong here is a usage error (exit code 2), found before a file is touched or a request is sent.

mod apply_arguments;
mod arguments;
mod audit_arguments;
pub mod commands;
mod files;
mod network_arguments;
mod report_arguments;
mod rollback_arguments;
mod sandbox_arguments;
mod settings;
mod shared_arguments;
mod tools_arguments;
