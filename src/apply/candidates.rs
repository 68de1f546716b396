//! Which rows are looked at, and with which agents, as they come out of the ledger.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::store::{RowKey, Source, Target};
use crate::base::{AgentId, Pair};
use crate::engine::ledger::{LedgerError, LedgerReader};

/// Which rows are written, and to which agents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// Assistants or agents; `None` for all.
    pub(crate) only: Option<BTreeSet<Uuid>>,
    /// The agents in another workspace, by the ids of their sources.
    pub(crate) map: HashMap<Uuid, AgentId>,
    /// By rows, those that this program has made.
    pub(crate) made: HashMap<RowKey, AgentId>,
    /// In another workspace those that it has filled, so that a row is known to have one without `--map`, too.
    pub(crate) filled: HashMap<RowKey, AgentId>,
    /// Rows without an agent get one.
    pub(crate) create: bool,
    /// Of these even where an earlier request to make one had no answer.
    pub(crate) retry_create: BTreeSet<Uuid>,
    /// Whether there is a write of an earlier command to settle.
    pub(crate) has_past: bool,
}

#[derive(Debug)]
pub(crate) struct Candidate {
    pub(super) target: Target,
    pub(super) name: String,
    pub(super) source: Option<Source>,
    /// Line of an earlier row with the same agent.
    pub(super) rival: Option<u64>,
}

/// Shows the rows to be looked at to the channel, until all are through or nobody takes them any more.
pub(crate) fn feed(
    reader: &LedgerReader,
    (which, is_audit, is_elsewhere): (&Which, bool, bool),
    into: &mpsc::Sender<Result<Candidate, LedgerError>>,
) {
    let mut seen: HashMap<Uuid, u64> = HashMap::new();
    let shown = reader.for_each_row(None, true, |row, assistant, agent| {
        let pair = row.pair.filter(|_| row.invalid.is_none() && row.duplicate_of.is_none());
        let Some(pair) = pair.filter(|pair| is_named(which.only.as_ref(), *pair)) else { return Ok(()) };
        let Some(key) = reader.apply_key(pair)? else { return Ok(()) };
        let mapped = || which.map.get(&pair.assistant.0).or_else(|| which.map.get(&pair.agent.0)).copied();
        let agent_id = which.made.get(&key).copied().or_else(|| {
            if is_elsewhere { mapped().or_else(|| which.filled.get(&key).copied()) } else { Some(pair.agent) }
        });
        let rival = agent_id.and_then(|agent| {
            let first = *seen.entry(agent.0).or_insert(row.line);
            (first != row.line).then_some(first)
        });
        let candidate = Candidate {
            target: Target { key, line: row.line, pair, agent: agent_id },
            name: row.name,
            source: Source::of(assistant, agent, is_audit),
            rival,
        };
        into.blocking_send(Ok(candidate)).map_err(|_| LedgerError::Closed)
    });
    if let Err(error) = shown {
        // Nobody listens any more, which is why it ended; or they hear of it.
        let _ = into.blocking_send(Err(error));
    }
}

pub(super) fn is_named(only: Option<&BTreeSet<Uuid>>, pair: Pair) -> bool {
    only.is_none_or(|only| only.contains(&pair.assistant.0) || only.contains(&pair.agent.0))
}
