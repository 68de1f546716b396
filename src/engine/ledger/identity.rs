//! What a ledger and a run in it are known by.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::encode::from_word;
use super::file::error::{LedgerError, OpenError};
use crate::base::{Disabling, StopReason, worded};

worded! {
    /// What a ledger remembers: two kinds of work never share one.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Purpose {
        /// A migration: `run`, `rollback`.
        #[default]
        Run = "run",
        /// An audit.
        Audit = "audit",
    }
}

impl Purpose {
    /// Refuses a ledger that is there for something else.
    pub(super) fn refuse_other(self, path: &Path, theirs: Self) -> Result<(), OpenError> {
        if self == theirs {
            return Ok(());
        }
        Err(OpenError::OtherPurpose { path: path.to_owned(), theirs: theirs.as_str(), ours: self.as_str() })
    }
}

/// Where the rows of a ledger come from. A ledger is the same as long as this is (DESIGN.md, The ledger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The base URL, normalised; in the practice workspace, whose port changes, a fixed word such as `sandbox`.
    pub base_url: String,
    /// Whether the rows come from the built-in practice workspace.
    pub practice: bool,
    /// What the ledger remembers.
    pub purpose: Purpose,
}

impl Identity {
    pub(super) fn for_people(&self) -> String {
        if self.practice { "the practice workspace (--sandbox)".to_owned() } else { self.base_url.clone() }
    }

    pub(super) fn read(connection: &Connection) -> Result<Self, LedgerError> {
        let value =
            |key| meta(connection, key)?.ok_or_else(|| LedgerError::damaged(format!("no {key} in it")));
        let purpose = meta(connection, "purpose")?;
        Ok(Self {
            base_url: value("base_url")?,
            practice: value("practice")? == "true",
            purpose: purpose.map_or(Ok(Purpose::Run), |word| from_word(&word, Purpose::parse))?,
        })
    }
}

/// Which command writes the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunCommand {
    /// `run`.
    Run {
        /// Whether it is to switch off.
        disabling: Disabling,
        /// How long its guard watches the probe, in whole seconds: whoever finishes its work waits as long.
        probe_wait: Duration,
    },
    /// `rollback`.
    Rollback,
    /// `verify`.
    Verify,
    /// `audit`.
    Audit,
    /// `apply`.
    Apply,
}

impl RunCommand {
    /// The word in the ledger.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Run { .. } => "run",
            Self::Rollback => "rollback",
            Self::Verify => "verify",
            Self::Audit => "audit",
            Self::Apply => "apply",
        }
    }
}

/// A run that is about to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The command.
    pub command: RunCommand,
    /// Version of this program.
    pub program_version: &'a str,
    /// The settings worth keeping; never the key.
    pub settings: &'a serde_json::Value,
    /// When it begins.
    pub started_at: Timestamp,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When.
    pub finished_at: Timestamp,
    /// Why before its last row; `None` when every row was asked for.
    pub stopped: Option<StopReason>,
}

/// Key of the newest run in the ledger.
pub(crate) type RunId = i64;

pub(crate) fn meta(connection: &Connection, key: &str) -> Result<Option<String>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn set_meta(connection: &Connection, key: &str, value: &str) -> Result<(), LedgerError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?;
    statement.execute((key, value))?;
    Ok(())
}
