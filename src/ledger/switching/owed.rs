//! What is owed to a row: by earlier runs that ended between a request and its verdict, or by the guard of this one.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::super::encode::{blob, from_nanoseconds, to_count, to_uuid};
use super::super::error::LedgerError;
use super::super::writer::Writer;
use super::{COLUMNS, PAGE, Switchable, switchable};
use crate::domain::{AgentId, Debts};

/// What is owed to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// To be switched on again: a probe without a verdict, what the last look condemned, a `revert_failed`, and what the
    /// process ended over while switching it on.
    Revert,
    /// `unknown`: the process ended over the request, or nothing could be read when there was no answer.
    Answer,
    /// Nothing, but this program switched it off or may have: what `rollback` takes back.
    Rollback,
    /// The same less what is owed to be switched on again.
    RollbackRest,
}

impl Owed {
    pub(super) const fn condition(self) -> &'static str {
        match self {
            Self::Revert => {
                "(guard = 'revert' OR disabled = 'revert_failed' OR (disabled = 'unknown' \
                 AND id IN (SELECT result FROM attempt WHERE ended_at IS NULL AND wanted = 'on')))"
            }
            Self::Answer => {
                "guard IS NOT 'revert' AND disabled = 'unknown' \
                 AND id NOT IN (SELECT result FROM attempt WHERE ended_at IS NULL AND wanted = 'on')"
            }
            Self::Rollback => "disabled IN ('disabled', 'unknown', 'revert_failed')",
            Self::RollbackRest => {
                "guard IS NOT 'revert' AND disabled IN ('disabled', 'unknown') \
                 AND id NOT IN (SELECT result FROM attempt WHERE ended_at IS NULL AND wanted = 'on')"
            }
        }
    }
}

/// The agents that are owed the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedLooks {
    /// Their UUIDs.
    pub agents: HashSet<Uuid>,
    /// When the last of their assistants was asked to go off.
    pub last: Option<Timestamp>,
    /// How long the run that asked was told to watch its probe.
    pub probe_wait: Duration,
}

/// How many rows are owed what.
pub(in super::super) fn read_debts(connection: &Connection) -> Result<Debts, LedgerError> {
    let count = |condition: &str| -> Result<u64, LedgerError> {
        let sql = format!("SELECT count(*) FROM result WHERE {condition}");
        Ok(to_count(connection.query_row(&sql, [], |row| row.get(0))?))
    };
    Ok(Debts {
        reverts: count(Owed::Revert.condition())?,
        answers: count(Owed::Answer.condition())?,
        looks: count("guard = 'look'")?,
    })
}

impl Writer {
    /// The next rows that are owed this, in a fixed order; an empty page when there are no more.
    pub async fn owed(&self, owed: Owed, after: Option<&Switchable>) -> Result<Vec<Switchable>, LedgerError> {
        let after = after.map_or(i64::MIN, |row| row.key);
        self.transact(move |transaction, _| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM result WHERE id > ?1 AND {} ORDER BY id LIMIT {PAGE}",
                owed.condition()
            ))?;
            let mut rows = statement.query([after])?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                page.push(switchable(row)?);
            }
            Ok(page)
        })
        .await
    }

    /// The guard lets this probe stay off: all that is owed to it now is the last look.
    pub async fn let_stay_off(&self, probe: &Switchable) -> Result<(), LedgerError> {
        let key = probe.key;
        self.transact(move |transaction, _| {
            transaction.execute("UPDATE result SET guard = 'look' WHERE id = ?1", [key])?;
            Ok(())
        })
        .await
    }

    /// The agents that are owed the last look.
    pub async fn owed_looks(&self) -> Result<OwedLooks, LedgerError> {
        self.transact(|transaction, _| {
            let last: Option<i64> = transaction.query_row(
                "SELECT max(began_at) FROM attempt JOIN result ON result.id = attempt.result \
                 WHERE guard = 'look' AND wanted = 'off'",
                [],
                |row| row.get(0),
            )?;
            let probe_wait: Option<i64> = transaction.query_row(
                "SELECT max(json_extract(settings, '$.probe_wait_seconds')) FROM run \
                 WHERE id IN (SELECT switch_run FROM result WHERE guard = 'look')",
                [],
                |row| row.get(0),
            )?;
            let mut statement = transaction.prepare("SELECT agent FROM result WHERE guard = 'look'")?;
            let mut rows = statement.query([])?;
            let mut agents = HashSet::new();
            while let Some(row) = rows.next()? {
                agents.insert(to_uuid(blob(row.get_ref(0)?)?.unwrap_or_default())?);
            }
            let last = last.map(from_nanoseconds).transpose()?;
            Ok(OwedLooks { agents, last, probe_wait: Duration::from_secs(to_count(probe_wait.unwrap_or(0))) })
        })
        .await
    }

    /// The last look found every agent enabled: nothing is owed any more.
    pub async fn looks_are_done(&self) -> Result<(), LedgerError> {
        self.transact(|transaction, _| {
            transaction.execute("UPDATE result SET guard = NULL WHERE guard = 'look'", [])?;
            Ok(())
        })
        .await
    }

    /// The last look condemned them all: each is to be switched on again, by this process or the next. Gives how many.
    pub async fn condemn(&self) -> Result<u64, LedgerError> {
        self.transact(|transaction, _| {
            let rows = transaction.execute("UPDATE result SET guard = 'revert' WHERE guard = 'look'", [])?;
            Ok(rows as u64)
        })
        .await
    }

    /// The last look condemned those with these agents alone: each is to be switched on again, by this process or the next.
    /// Nothing is owed to the others any more. Gives how many are condemned.
    pub async fn condemn_alone(&self, agents: Vec<AgentId>) -> Result<u64, LedgerError> {
        self.transact(move |transaction, _| {
            let mut condemn = transaction
                .prepare_cached("UPDATE result SET guard = 'revert' WHERE guard = 'look' AND agent = ?1")?;
            let mut rows = 0;
            for agent in &agents {
                rows += condemn.execute([agent.0.as_bytes()])?;
            }
            transaction.execute("UPDATE result SET guard = NULL WHERE guard = 'look'", [])?;
            Ok(rows as u64)
        })
        .await
    }

    /// What should have been switched on again and was not is `revert_failed` from now on. Gives how many there are.
    pub async fn give_up_reverts(&self) -> Result<u64, LedgerError> {
        self.transact(|transaction, run| {
            let rows = transaction.execute(
                "UPDATE result SET disabled = 'revert_failed', switch_run = ?1 WHERE guard = 'revert'",
                [run],
            )?;
            Ok(rows as u64)
        })
        .await
    }
}
