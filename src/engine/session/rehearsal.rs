//! The first rows of a run that begins afresh: is there anybody who answers?

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::end_watch::{FIRST_ROWS, look};
use super::row::{AtTheEnd, RowReader};
use super::stop_rules::{OUT_OF_REACH_ROWS, StopRules};
use super::stopping::wait_for_signal;
use crate::base::{Outcome, RowStatus, Signal, StopReason};
use crate::engine::ledger::Job;
use crate::engine::platform::{Client, Meter};

/// So many rows are asked for at most.
pub const REHEARSED_ROWS: usize = OUT_OF_REACH_ROWS as usize;

/// Asks for the first of these rows, and as long as no answer says something about a row, for the others, at most
/// `concurrency` at once. Gives all that was found out, or why there was no such answer. Nothing is recorded. That an
/// assistant is not found may be the end of the Assistants API: it is an answer only once that is ruled out.
pub async fn rehearse(
    client: &Client,
    reader: &impl RowReader,
    rows: Vec<Job>,
    concurrency: usize,
    mut signal: watch::Receiver<Option<Signal>>,
) -> Result<Vec<Outcome>, StopReason> {
    let mut rows = (0..).zip(rows);
    let (mut checking, mut at_once) = (JoinSet::new(), 1);
    let (mut read, mut rules) = (Vec::new(), StopRules::default());
    loop {
        while checking.len() < at_once
            && let Some((nth, job)) = rows.next()
        {
            let row = reader.clone().read(client.clone(), job, Meter::default());
            checking.spawn(async move { (nth, row.await) });
        }
        let end = tokio::select! {
            biased;
            asked = wait_for_signal(&mut signal) => return Err(StopReason::Signal { signal: asked }),
            end = checking.join_next() => end,
        };
        let Some(end) = end else { break };
        // A panic is one row's, and no answer.
        let Ok((nth, outcome)) = end else { continue };
        if let Some(reason) = rules.observe(outcome.failure.as_ref(), nth, rows.size_hint().0 > 0) {
            return Err(reason);
        }
        let is_answer = outcome.status.is_answer() && outcome.status != RowStatus::AssistantNotFound;
        read.push(outcome);
        if is_answer {
            return Ok(read);
        }
        // What is under way when an answer comes is dropped, so that it must not be much.
        at_once = (at_once * 2).min(concurrency);
    }
    let not_found = read.iter().filter(|outcome| outcome.status == RowStatus::AssistantNotFound);
    let pairs: Vec<_> = not_found.map(|outcome| outcome.pair).collect();
    if pairs.is_empty() {
        return Err(StopReason::OutOfReach);
    }
    if pairs.len() as u64 >= FIRST_ROWS {
        let looked = tokio::select! {
            biased;
            asked = wait_for_signal(&mut signal) => return Err(StopReason::Signal { signal: asked }),
            looked = look(client.clone(), pairs) => looked,
        };
        match (looked.stop, looked.is_there) {
            (Some(reason), _) => return Err(reason),
            // The run finds it out for itself, and reads the agents.
            (None, true) if reader.at_the_end() == AtTheEnd::TurnsToAgents => {
                read.retain(|outcome| outcome.status != RowStatus::AssistantNotFound);
            }
            (None, true) => return Err(StopReason::AssistantsApiGone),
            (None, false) => {}
        }
    }
    Ok(read)
}
