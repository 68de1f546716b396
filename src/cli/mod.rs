//! What a person can type: clap structs, and the settings made of them.
//!
//! The structs hold what was typed; the functions turn them, with the environment, into what the commands need.
//! Whatever is wrong here is a usage error (exit code 2), found before a file is touched or a request is sent.

mod arguments;
mod audit_arguments;
mod files;
mod network_arguments;
mod report_arguments;
mod rollback_arguments;
mod sandbox_arguments;
mod settings;
mod tools_arguments;

pub use arguments::{
    Cli, ColorArg, Command, CompletionsArgs, DialectArg, DisablingArgs, GlobalArgs, InputArgs, LogFormatArg,
    ManArgs, PlatformArg, RunArgs,
};
pub use audit_arguments::{AuditArgs, SourceArg};
pub use files::CommandFiles;
pub use network_arguments::{KeyArgs, LedgerPlaceArgs, NetworkArgs, PlaceArgs};
pub use report_arguments::{ReportArgs, ReportFormatArg, SplitArgs};
pub use rollback_arguments::RollbackArgs;
pub use sandbox_arguments::{
    SandboxArgs, SandboxListArg, SandboxLostAnswerArg, SandboxRecordsArg, SandboxSwitchingArgs,
};
pub use settings::{
    Environment, Key, OutputPath, Place, UsageError, WorkPaths, audit_paths, choose_key, choose_place,
    disabling, hosted_or_other, rollback_report, run_paths, typed_place, verify_report,
};
pub use tools_arguments::{DoctorArgs, ListArgs, ListDialectArg, VerifyArgs};
