//! What `rollback` takes back, found out before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;

use super::recovery::Recovery;
use super::{COLUMNS, Switchable, switchable};
use crate::base::{DisabledState, RollbackPlan};
use crate::engine::ledger::{Ledger, LedgerError, count_disabled};

/// Assistants that a plan names.
const NAMED: usize = 5;

impl Ledger {
    /// What a rollback of these assistants (`None`: of all) would do.
    pub(crate) fn rollback_plan(&self, only: Option<&BTreeSet<Uuid>>) -> Result<RollbackPlan, LedgerError> {
        let connection = self.connection();
        let mut plan = RollbackPlan {
            already_disabled: count_disabled(connection, DisabledState::AlreadyDisabled)?,
            ..RollbackPlan::default()
        };
        let mut states: BTreeMap<&str, (DisabledState, u64)> = BTreeMap::new();
        for_each_off(connection, |row, is_owed| {
            // What an earlier run should have switched on comes first, whatever else is asked for.
            if !is_owed && only.is_some_and(|only| !only.contains(&row.pair.assistant.0)) {
                plan.left_alone += 1;
                return;
            }
            states.entry(row.state.as_str()).or_insert((row.state, 0)).1 += 1;
            if plan.first.len() < NAMED {
                plan.first.push(row.candidate());
            }
        })?;
        plan.rows = states.into_values().collect();
        Ok(plan)
    }

    /// Whether the ledger has a result of that assistant.
    pub(crate) fn knows_assistant(&self, assistant: Uuid) -> Result<bool, LedgerError> {
        Ok(self.connection().prepare_cached(HAS_ASSISTANT)?.exists([assistant.as_bytes()])?)
    }

    /// The assistants that are off as far as this ledger knows, for the practice workspace to begin with.
    pub(crate) fn assistants_off(&self) -> Result<Vec<Uuid>, LedgerError> {
        let mut assistants = Vec::new();
        for_each_off(self.connection(), |row, _| assistants.push(row.pair.assistant.0))?;
        Ok(assistants)
    }
}

pub(crate) const HAS_ASSISTANT: &str = "SELECT 1 FROM result WHERE assistant = ?1";

/// Every assistant that may be off because of this program, and whether an earlier run owes it to be on.
pub(crate) fn may_be_off() -> String {
    Recovery::Rollback.all(&format!("{COLUMNS}, {}", Recovery::Revert.includes()))
}

fn for_each_off(connection: &Connection, mut visit: impl FnMut(Switchable, bool)) -> Result<(), LedgerError> {
    let mut statement = connection.prepare(&may_be_off())?;
    let mut rows = statement.query([i64::MIN])?;
    while let Some(row) = rows.next()? {
        let is_owed: Option<bool> = row.get(6)?;
        visit(switchable(row)?, is_owed == Some(true));
    }
    Ok(())
}
