//! What is owed to a row: by earlier runs that ended between a request and its verdict, or by the guard of this one.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Row;
use uuid::Uuid;

use super::{COLUMNS, PAGE, Switchable, switchable};
use crate::base::{AgentId, DisabledState, Unsettled};
use crate::engine::ledger::{Ledger, LedgerError, Writer, blob, from_nanoseconds, to_count, to_uuid};

/// What is owed to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
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

/// What the index of switched rows serves only when it is said.
const SWITCHED: &str = "disabled <> 'not_requested'";

/// The rows for which a request to switch on again is open.
const OPEN_RETURN: &str = "(SELECT result FROM attempt WHERE ended_at IS NULL AND wanted = 'on')";

impl Recovery {
    /// The rows, as parts that have none in common: each is found through an index of its own.
    fn parts(self) -> Vec<String> {
        let switched = |state: DisabledState| format!("disabled = '{state}' AND {SWITCHED}");
        let not_to_revert =
            |state| format!("{} AND guard IS NOT 'revert' AND id NOT IN {OPEN_RETURN}", switched(state));
        match self {
            Self::Revert => vec![
                "guard = 'revert'".to_owned(),
                format!("{} AND guard IS NOT 'revert'", switched(DisabledState::RevertFailed)),
                format!(
                    "{} AND guard IS NOT 'revert' AND id IN {OPEN_RETURN}",
                    switched(DisabledState::Unknown)
                ),
            ],
            Self::Answer => vec![not_to_revert(DisabledState::Unknown)],
            Self::Rollback => [DisabledState::Disabled, DisabledState::Unknown, DisabledState::RevertFailed]
                .map(switched)
                .into(),
            Self::RollbackRest => [DisabledState::Disabled, DisabledState::Unknown].map(not_to_revert).into(),
        }
    }

    pub(crate) fn count(self) -> String {
        let parts = self.parts().into_iter();
        let counts = parts.map(|part| format!("(SELECT count(*) FROM result WHERE {part})"));
        format!("SELECT {}", counts.collect::<Vec<_>>().join(" + "))
    }

    /// All of them behind an id (`?1`), in the order of their ids.
    pub(crate) fn all(self, columns: &str) -> String {
        let parts = self.parts().into_iter();
        let selects = parts.map(|part| format!("SELECT {columns} FROM result WHERE id > ?1 AND {part}"));
        format!("{} ORDER BY 1", selects.collect::<Vec<_>>().join(" UNION ALL "))
    }

    /// Whether a row is among them.
    pub(super) fn includes(self) -> String {
        format!("({})", self.parts().join(" OR "))
    }
}

/// The agents that are owed the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastLook {
    pub(crate) agents: HashSet<Uuid>,
    /// When the last of their assistants was asked to go off.
    pub(crate) last: Option<Timestamp>,
    /// How long the run that asked was told to watch its probe.
    pub(crate) probe_wait: Duration,
}

impl Ledger {
    /// What earlier runs owe: to be settled before anything else.
    pub(crate) fn unsettled(&self) -> Result<Unsettled, LedgerError> {
        let count = |sql: &str| -> Result<u64, LedgerError> {
            Ok(to_count(self.connection().query_row(sql, [], |row| row.get(0))?))
        };
        Ok(Unsettled {
            reverts: count(&Recovery::Revert.count())?,
            answers: count(&Recovery::Answer.count())?,
            looks: count(LOOKS)?,
        })
    }
}

pub(crate) const LOOKS: &str = "SELECT count(*) FROM result WHERE guard = 'look'";

pub(crate) const LAST_TO_LOOK_AT: &str = "SELECT max(began_at) FROM attempt JOIN result ON result.id = attempt.result \
     WHERE guard = 'look' AND wanted = 'off'";

pub(crate) const LONGEST_PROBE_WAIT: &str = "SELECT max(probe_wait_seconds) FROM run \
     WHERE id IN (SELECT switch_run FROM result WHERE guard = 'look')";

pub(crate) const AGENTS_TO_LOOK_AT: &str = "SELECT agent FROM result WHERE guard = 'look'";

impl Writer {
    /// The next rows that are owed this, in a fixed order; an empty page when there are no more.
    pub(crate) async fn owed(
        &self,
        owed: Recovery,
        after: Option<&Switchable>,
    ) -> Result<Vec<Switchable>, LedgerError> {
        let after = after.map_or(i64::MIN, |row| row.key);
        self.transact(move |transaction, _| {
            let mut statement = transaction.prepare_cached(&format!("{} LIMIT {PAGE}", owed.all(COLUMNS)))?;
            statement.query_and_then([after], switchable)?.collect()
        })
        .await
    }

    /// The guard lets this probe stay off: all that is owed to it now is the last look.
    pub(crate) async fn let_stay_off(&self, probe: &Switchable) -> Result<(), LedgerError> {
        let key = probe.key;
        self.execute("UPDATE result SET guard = 'look' WHERE id = ?1", move |_| [key]).await
    }

    pub(crate) async fn last_look(&self) -> Result<LastLook, LedgerError> {
        self.transact(|transaction, _| {
            let last: Option<i64> = transaction.query_row(LAST_TO_LOOK_AT, [], |row| row.get(0))?;
            let probe_wait: Option<i64> = transaction.query_row(LONGEST_PROBE_WAIT, [], |row| row.get(0))?;
            let mut statement = transaction.prepare(AGENTS_TO_LOOK_AT)?;
            let agent = |row: &Row<'_>| to_uuid(blob(row.get_ref(0)?)?.unwrap_or_default());
            let agents = statement.query_and_then([], agent)?.collect::<Result<_, LedgerError>>()?;
            let last = last.map(from_nanoseconds).transpose()?;
            Ok(LastLook { agents, last, probe_wait: Duration::from_secs(to_count(probe_wait.unwrap_or(0))) })
        })
        .await
    }

    /// The last look found every agent enabled: nothing is owed any more.
    pub(crate) async fn looks_are_done(&self) -> Result<(), LedgerError> {
        self.execute("UPDATE result SET guard = NULL WHERE guard = 'look'", |_| []).await
    }

    /// The last look condemned them all: each is to be switched on again, by this process or the next. Gives how many.
    pub(crate) async fn condemn(&self) -> Result<u64, LedgerError> {
        self.transact(|transaction, _| {
            let rows = transaction.execute("UPDATE result SET guard = 'revert' WHERE guard = 'look'", [])?;
            Ok(rows as u64)
        })
        .await
    }

    /// The last look condemned those with these agents alone: each is to be switched on again, by this process or the next.
    /// Nothing is owed to the others any more. Gives how many are condemned.
    pub(crate) async fn condemn_alone(&self, agents: Vec<AgentId>) -> Result<u64, LedgerError> {
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
    pub(crate) async fn give_up_reverts(&self) -> Result<u64, LedgerError> {
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
