//! Logs of our own crate, to standard error (around the bar) or to a file. They never hold bodies: that is up to those
//! who log, and other crates, which might, are left out.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::Terminal;
use crate::engine::os;

/// Where what is said to the person is logged when there is nobody but a machine; shown whatever the level.
pub(super) const SAID: &str = "agent_migrate::said";

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Why there are no logs.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("the log file {} cannot be written: {source}", path.display())]
    File {
        /// What `--log-file` said.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// Called twice in one process.
    #[error("logs are set up already")]
    Again,
}

/// Sets logs up for the whole process: errors only when quiet, else warnings, `-v` info, `-vv` debug, `-vvv` trace.
/// They go to `file` (appended; mode 0600, since names may stand in it), else to the terminal.
pub fn init_logs(terminal: &Terminal, format: LogFormat, file: Option<&Path>) -> Result<(), LogError> {
    let out = match file {
        None => Out::Terminal(terminal.clone()),
        Some(path) => {
            let file = open(path).map_err(|source| LogError::File { path: path.to_owned(), source })?;
            Out::File(Arc::new(file))
        }
    };
    let subscriber = subscriber(out, format, level(terminal.quiet, terminal.verbosity));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Again)
}

fn level(quiet: bool, verbosity: u8) -> LevelFilter {
    match (quiet, verbosity) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    }
}

fn subscriber(out: Out, format: LogFormat, level: LevelFilter) -> impl Subscriber + Send + Sync {
    let colors = matches!(&out, Out::Terminal(terminal) if terminal.colors);
    // Internal errors would go to standard error with a macro that panics when nobody reads it.
    let layer = fmt::layer().with_ansi(colors).log_internal_errors(false).with_writer(move || out.clone());
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    Registry::default().with(
        layer.with_filter(
            Targets::new().with_target("agent_migrate", level).with_target(SAID, LevelFilter::INFO),
        ),
    )
}

#[derive(Clone)]
enum Out {
    Terminal(Terminal),
    File(Arc<File>),
}

impl Write for Out {
    /// A log line comes in one piece. What cannot be written is lost: a log never ends a run.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Terminal(terminal) => terminal.write(bytes),
            Self::File(file) => {
                let _ = file.as_ref().write_all(bytes);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    os::owner_only(&mut options);
    options.open(path)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::terminal::tests::{Printed, printing_to};

    fn logged(format: LogFormat, level: LevelFilter) -> String {
        let printed = Printed::default();
        let out = Out::Terminal(printing_to(printed.clone(), false, 0));
        tracing::subscriber::with_default(subscriber(out, format, level), || {
            tracing::warn!(row = 7, "slow \u{1b}[31manswer");
            tracing::info!("detail");
            tracing::error!(target: "hyper::client", "someone else's");
        });
        printed.text()
    }

    /// Does the work with JSON records of info and above going there.
    pub(in crate::engine::terminal) fn with_json(printed: &Printed, work: impl FnOnce()) {
        let out = Out::Terminal(printing_to(printed.clone(), false, 1));
        tracing::subscriber::with_default(subscriber(out, LogFormat::Json, LevelFilter::INFO), work);
    }

    #[test]
    fn text_logs_hold_our_own_lines_of_the_level_and_no_escape() {
        let text = logged(LogFormat::Text, level(false, 0));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("WARN") && text.contains("row=7"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert_eq!(logged(LogFormat::Text, level(false, 1)).lines().count(), 2);
        assert_eq!(logged(LogFormat::Text, level(true, 1)), "");
    }

    #[test]
    fn json_logs_are_one_object_per_line() {
        let text = logged(LogFormat::Json, LevelFilter::INFO);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0]["row"], &lines[0]["level"]), (&7.into(), &"WARN".into()));
    }

    #[test]
    fn a_log_file_is_appended_to_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        for _ in 0..2 {
            let out = Out::File(Arc::new(open(&path).unwrap()));
            tracing::subscriber::with_default(subscriber(out, LogFormat::Text, LevelFilter::WARN), || {
                tracing::warn!("kept");
            });
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let missing = folder.path().join("missing/run.log");
        let terminal = printing_to(io::sink(), false, 0);
        let error = init_logs(&terminal, LogFormat::Text, Some(&missing)).unwrap_err();
        assert!(error.to_string().starts_with("the log file ") && error.to_string().contains("missing"));
    }
}
