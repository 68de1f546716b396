//! The first rows of a run that begins afresh: is there anybody who answers?

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::drive::{Reading, read_row};
use super::stop_rules::{OUT_OF_REACH_ROWS, StopRules};
use super::stopping::wait_for_signal;
use crate::api::Client;
use crate::domain::{Outcome, Signal, StopReason};
use crate::ledger::Job;

/// So many rows are asked for at most.
pub const REHEARSED_ROWS: usize = OUT_OF_REACH_ROWS as usize;

/// Asks for the first of these rows, and as long as no answer says something about a row, for the others, at most
/// `concurrency` at once. Gives all that was found out, or why there was no such answer. Nothing is recorded.
pub async fn rehearse(
    client: &Client,
    rows: Vec<Job>,
    reading: Reading,
    concurrency: usize,
    mut signal: watch::Receiver<Option<Signal>>,
) -> Result<Vec<Outcome>, StopReason> {
    let mut rows = rows.into_iter();
    let assistants_gone = Arc::default();
    let (mut checking, mut at_once) = (JoinSet::new(), 1);
    let (mut read, mut rules) = (Vec::new(), StopRules::default());
    loop {
        while checking.len() < at_once
            && let Some(job) = rows.next()
        {
            checking.spawn(read_row(client.clone(), job, reading, Arc::clone(&assistants_gone)));
        }
        let end = tokio::select! {
            biased;
            asked = wait_for_signal(&mut signal) => return Err(StopReason::Signal { signal: asked }),
            end = checking.join_next() => end,
        };
        let Some(end) = end else { return Err(StopReason::OutOfReach) };
        // A panic is one row's, and no answer.
        let Ok(outcome) = end else { continue };
        if let Some(reason) = rules.observe(&outcome, rows.len() > 0) {
            return Err(reason);
        }
        let is_answer = outcome.status.is_answer();
        read.push(outcome);
        if is_answer {
            return Ok(read);
        }
        at_once = concurrency;
    }
}
