//! The one thread that writes. Group commit without a timer: what has queued up while the last commit ran is the next
//! batch, so that a quick server pays few syncs and a slow one waits for none.

use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::encode::{list_to_json, to_integer, to_json, to_nanoseconds};
use super::error::LedgerError;
use super::open::{Locked, RunEnd, RunId};
use crate::domain::{Outcome, RowStatus};

/// Messages that may wait, and so also the largest batch.
const QUEUE: usize = 256;

/// How far back records of sent requests are kept; the pace looks at the last minute.
const SENT_KEPT_NANOSECONDS: i64 = 10 * 60 * 1_000_000_000;

/// An outcome that is on disk. Only the ledger makes one, after its commit, and only this reaches the progress: "reported
/// as done" and "on disk" are one event, by type.
#[derive(Debug)]
pub struct Settled(Outcome);

impl Settled {
    /// The outcome.
    pub const fn outcome(&self) -> &Outcome {
        &self.0
    }

    /// The outcome, given back.
    pub fn into_outcome(self) -> Outcome {
        self.0
    }
}

/// Something to do in the writer's transaction, for one who waits for its commit.
trait Task: Send {
    fn write(&mut self, transaction: &Transaction<'_>, run: RunId) -> Result<(), LedgerError>;
    fn tell(self: Box<Self>, committed: Result<(), LedgerError>);
}

/// Work that makes something, which is handed out only once it is on disk.
struct Waiting<W, T> {
    work: Option<W>,
    made: Option<T>,
    done: oneshot::Sender<Result<T, LedgerError>>,
}

impl<W, T> Task for Waiting<W, T>
where
    W: FnOnce(&Transaction<'_>, RunId) -> Result<T, LedgerError> + Send,
    T: Send,
{
    fn write(&mut self, transaction: &Transaction<'_>, run: RunId) -> Result<(), LedgerError> {
        self.made = self.work.take().map(|work| work(transaction, run)).transpose()?;
        Ok(())
    }

    fn tell(self: Box<Self>, committed: Result<(), LedgerError>) {
        let Self { made, done, .. } = *self;
        drop(done.send(committed.and_then(|()| made.ok_or(LedgerError::Closed))));
    }
}

enum Message {
    Settle { outcome: Box<Outcome>, done: oneshot::Sender<Result<Settled, LedgerError>> },
    Sent { at: Timestamp, requests: u32, done: oneshot::Sender<Result<(), LedgerError>> },
    Task(Box<dyn Task>),
    Finish(RunEnd),
}

/// Handle to the thread that writes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Records a checked row; resolves once it is safe from a power cut. What an outcome lacks (a failed re-check has no
    /// documents) stays as an earlier run left it; requests and time add up. Once one write has failed, all later ones
    /// do, with the same error.
    pub async fn settle(&self, outcome: Outcome) -> Result<Settled, LedgerError> {
        let (done, answer) = oneshot::channel();
        let message = Message::Settle { outcome: Box::new(outcome), done };
        self.queue.send(message).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Does the work in the writer's next transaction; resolves with what it made once that is safe from a power cut.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, RunId) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, answer) = oneshot::channel();
        let task = Box::new(Waiting { work: Some(work), made: None, done });
        self.queue.send(Message::Task(task)).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Records that so many requests leave at that moment; resolves once the record survives the end of this process
    /// (not a power cut: the minute that it is about is over by the time a machine is up again).
    pub async fn record_sent(&self, at: Timestamp, requests: u32) -> Result<(), LedgerError> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Message::Sent { at, requests, done }).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }
}

/// The thread that writes, and the ledger's lock with it.
///
/// Dropped without [`WriterThread::finish`], it ends when the last [`Writer`] is gone, and the run counts as broken off.
#[derive(Debug)]
pub struct WriterThread {
    thread: JoinHandle<Result<(), LedgerError>>,
    /// A place in the queue kept free, so that the end can be told without waiting, whatever is queued.
    last_place: mpsc::OwnedPermit<Message>,
}

impl WriterThread {
    /// Writes what is queued, records the run's end, closes the file and releases the lock; blocks until then. Gives
    /// the first error of the run. Drop [`super::OpenRows`] before, so that the ledger is left as one file.
    pub fn finish(self, end: RunEnd) -> Result<(), LedgerError> {
        self.last_place.send(Message::Finish(end));
        self.thread.join().unwrap_or(Err(LedgerError::Closed))
    }
}

pub(super) fn start(locked: Locked, run: RunId) -> Result<(Writer, WriterThread), LedgerError> {
    let (queue, messages) = mpsc::channel(QUEUE + 1);
    let last_place = queue.clone().try_reserve_owned().map_err(|_| LedgerError::Closed)?;
    let state = State { locked, run, failed: None, synchronous: Synchronous::Full, pruned_at: i64::MIN };
    let thread = thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || state.serve(messages))
        .map_err(|error| LedgerError::Refused { words: error.to_string() })?;
    Ok((Writer { queue }, WriterThread { thread, last_place }))
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Synchronous {
    /// The disk.
    Full,
    /// The operating system's cache.
    Normal,
}

struct State {
    locked: Locked,
    run: RunId,
    /// The first error; everything after it is refused.
    failed: Option<LedgerError>,
    synchronous: Synchronous,
    /// When records of sent requests were last pruned, by their own time.
    pruned_at: i64,
}

impl State {
    fn serve(mut self, mut messages: mpsc::Receiver<Message>) -> Result<(), LedgerError> {
        let mut batch = Vec::with_capacity(QUEUE);
        let mut end = None;
        while messages.blocking_recv_many(&mut batch, QUEUE) > 0 {
            if let Some(told) = take_end(&mut batch) {
                end = Some(told);
                // Who comes now is refused; who is queued already is still served.
                messages.close();
            }
            self.commit(&mut batch);
        }
        if let Some(end) = end
            && let Err(error) = self.record_end(&end)
        {
            self.failed.get_or_insert(error);
        }
        self.failed.map_or(Ok(()), Err)
    }

    /// Writes a batch in one transaction, then tells everyone who waits for it.
    fn commit(&mut self, batch: &mut Vec<Message>) {
        if self.failed.is_none()
            && !batch.is_empty()
            && let Err(error) = self.write(batch.as_mut_slice())
        {
            self.failed = Some(error);
        }
        for message in batch.drain(..) {
            let result = self.failed.clone().map_or(Ok(()), Err);
            // Nobody listens any more when a row was given up meanwhile: it is on disk all the same.
            match message {
                Message::Settle { outcome, done } => drop(done.send(result.map(|()| Settled(*outcome)))),
                Message::Sent { done, .. } => drop(done.send(result)),
                Message::Task(task) => task.tell(result),
                Message::Finish(_) => {}
            }
        }
    }

    fn write(&mut self, batch: &mut [Message]) -> Result<(), LedgerError> {
        let only_sends = batch.iter().all(|message| matches!(message, Message::Sent { .. }));
        self.wait_for(if only_sends { Synchronous::Normal } else { Synchronous::Full })?;
        let transaction = self.locked.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for message in batch {
            match message {
                Message::Settle { outcome, .. } => write_outcome(&transaction, self.run, outcome)?,
                Message::Sent { at, requests, .. } => {
                    let at = to_nanoseconds(*at);
                    write_sent(&transaction, at, *requests)?;
                    if at.saturating_sub(SENT_KEPT_NANOSECONDS) > self.pruned_at {
                        let before = at.saturating_sub(SENT_KEPT_NANOSECONDS);
                        transaction.prepare_cached("DELETE FROM sent WHERE at < ?1")?.execute([before])?;
                        self.pruned_at = at;
                    }
                }
                Message::Task(task) => task.write(&transaction, self.run)?,
                Message::Finish(_) => {}
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn wait_for(&mut self, wanted: Synchronous) -> Result<(), LedgerError> {
        if self.synchronous != wanted {
            let word = match wanted {
                Synchronous::Full => "FULL",
                Synchronous::Normal => "NORMAL",
            };
            self.locked.connection.pragma_update(None, "synchronous", word)?;
            self.synchronous = wanted;
        }
        Ok(())
    }

    fn record_end(&mut self, end: &RunEnd) -> Result<(), LedgerError> {
        self.wait_for(Synchronous::Full)?;
        let stopped = end.stopped.as_ref().map(to_json).transpose()?;
        self.locked.connection.execute(
            "UPDATE run SET finished_at = ?2, stopped = ?3 WHERE id = ?1",
            (self.run, to_nanoseconds(end.finished_at), stopped),
        )?;
        Ok(())
    }
}

fn take_end(batch: &mut Vec<Message>) -> Option<RunEnd> {
    let index = batch.iter().position(|message| matches!(message, Message::Finish(_)))?;
    match batch.remove(index) {
        Message::Finish(end) => Some(end),
        Message::Settle { .. } | Message::Sent { .. } | Message::Task(_) => None,
    }
}

fn write_sent(connection: &Connection, at: i64, requests: u32) -> Result<(), LedgerError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sent (at, requests) VALUES (?1, ?2) \
         ON CONFLICT (at) DO UPDATE SET requests = requests + excluded.requests",
    )?;
    statement.execute((at, requests))?;
    Ok(())
}

const UPSERT_RESULT: &str = "
    INSERT INTO result (
        assistant, agent, status, run, checked_at, requests, elapsed_us,
        assistant_updated_at, agent_updated_at, name, failure, notes, differences
    ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (assistant, agent) DO UPDATE SET
        status = excluded.status, run = excluded.run, checked_at = excluded.checked_at,
        requests = requests + excluded.requests, elapsed_us = elapsed_us + excluded.elapsed_us,
        assistant_updated_at = ifnull(excluded.assistant_updated_at, assistant_updated_at),
        agent_updated_at = ifnull(excluded.agent_updated_at, agent_updated_at),
        name = ifnull(excluded.name, name),
        failure = excluded.failure, notes = excluded.notes, differences = excluded.differences
    RETURNING id";

const UPSERT_DOCUMENT: &str = "
    INSERT INTO document (result, assistant, agent) VALUES (?1, ?2, ?3)
    ON CONFLICT (result) DO UPDATE SET
        assistant = CASE WHEN ?4 THEN excluded.assistant ELSE ifnull(excluded.assistant, assistant) END,
        agent = CASE WHEN ?4 THEN excluded.agent ELSE ifnull(excluded.agent, agent) END";

fn write_outcome(transaction: &Transaction<'_>, run: RunId, outcome: &Outcome) -> Result<(), LedgerError> {
    let ids: [&Uuid; 2] = [&outcome.pair.assistant.0, &outcome.pair.agent.0];
    let elapsed = u64::try_from(outcome.elapsed.as_micros()).unwrap_or(u64::MAX);
    let result: i64 = transaction.prepare_cached(UPSERT_RESULT)?.query_row(
        (
            ids[0].as_bytes(),
            ids[1].as_bytes(),
            outcome.status.as_str(),
            run,
            to_nanoseconds(outcome.checked_at),
            outcome.requests,
            to_integer(elapsed),
            outcome.assistant_updated_at.map(|time| time.to_string()),
            outcome.agent_updated_at.map(|time| time.to_string()),
            outcome.name.as_deref(),
            outcome.failure.as_ref().map(to_json).transpose()?,
            list_to_json(&outcome.notes)?,
            list_to_json(&outcome.differences)?,
        ),
        |row| row.get(0),
    )?;
    let documents = &outcome.documents;
    if documents.assistant.is_some() || documents.agent.is_some() {
        transaction.prepare_cached(UPSERT_DOCUMENT)?.execute((
            result,
            documents.assistant.as_deref(),
            documents.agent.as_deref(),
            // A verdict stands on exactly these; a failure on none, so that what an earlier run read stays.
            matches!(outcome.status, RowStatus::Verified | RowStatus::Mismatch),
        ))?;
    }
    Ok(())
}
