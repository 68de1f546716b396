//! The one thread that writes. Group commit without a timer: what has queued up while the last commit ran is the next
//! batch, so that a quick server pays few syncs and a slow one waits for none.

use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::{Connection, Params, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::encode::{to_json, to_nanoseconds};
use super::file::error::LedgerError;
use super::file::locked::Locked;
use super::identity::{RunEnd, RunId};
use super::rows::verdicts::Kept;
use crate::base::Outcome;

/// Messages in one transaction, at most.
const BATCH: usize = 256;

/// How far back records of sent requests are kept; the pace looks at the last minute.
const SENT_KEPT_NANOSECONDS: i64 = 10 * 60 * 1_000_000_000;

/// An outcome that is on disk. Only the ledger makes one and hands it out, after its commit, and only this reaches the
/// progress: "reported as done" and "on disk" are one event, by type.
#[derive(Debug)]
pub struct Settled {
    outcome: Box<Outcome>,
    kept: Option<Kept>,
}

impl Settled {
    /// What was found out now.
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The verdict that stands: an earlier one, where this read said nothing about the row.
    pub const fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }
}

/// Something to do in the writer's transaction, for one who waits for its commit.
trait Task: Send {
    fn write(&mut self, transaction: &Transaction<'_>, run: RunId) -> Result<(), LedgerError>;
    fn tell(&mut self, committed: Result<(), LedgerError>);
}

/// Work that makes something, which is handed out only once it is on disk.
struct Waiting<W, T, D: FnOnce(Result<T, LedgerError>)> {
    work: Option<W>,
    made: Option<T>,
    done: Option<D>,
}

impl<W, T, D> Task for Waiting<W, T, D>
where
    W: FnOnce(&Transaction<'_>, RunId) -> Result<T, LedgerError> + Send,
    T: Send,
    D: FnOnce(Result<T, LedgerError>) + Send,
{
    fn write(&mut self, transaction: &Transaction<'_>, run: RunId) -> Result<(), LedgerError> {
        self.made = self.work.take().map(|work| work(transaction, run)).transpose()?;
        Ok(())
    }

    fn tell(&mut self, committed: Result<(), LedgerError>) {
        if let Some(done) = self.done.take() {
            done(committed.and_then(|()| self.made.take().ok_or(LedgerError::Closed)));
        }
    }
}

/// Whoever waits is told, also where the thread has ended before it came to this work.
impl<W, T, D: FnOnce(Result<T, LedgerError>)> Drop for Waiting<W, T, D> {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            done(Err(LedgerError::Closed));
        }
    }
}

enum Message {
    Task(Box<dyn Task>),
    Sent { at: Timestamp, done: oneshot::Sender<Result<(), LedgerError>> },
    Finish(RunEnd),
}

/// Handle to the thread that writes; cheap to clone. Its queue has no end of its own: whoever hands something in waits for
/// the commit before there is more.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::UnboundedSender<Message>,
    write_row: WriteRow,
}

impl Writer {
    /// Records a checked row; resolves once it is safe from a power cut. A read that says nothing about the row leaves an
    /// earlier verdict as it was, beside the new failure (DESIGN.md, What is known stays known). What else an outcome
    /// lacks stays, too; requests and time add up. Once one write has failed, all later ones do, with the same error.
    pub async fn settle(&self, outcome: Outcome) -> Result<Settled, LedgerError> {
        let (done, settled) = oneshot::channel();
        self.settle_then(outcome, |settled| drop(done.send(settled)));
        settled.await.map_err(|_| LedgerError::Closed)?
    }

    /// The same without waiting: `done` is called on the writer's thread. Rows that are settled together are told one after
    /// the other, so that a channel wakes its reader once for all of them.
    pub(crate) fn settle_then(
        &self,
        outcome: Outcome,
        done: impl FnOnce(Result<Settled, LedgerError>) + Send + 'static,
    ) {
        let (outcome, write_row) = (Box::new(outcome), self.write_row);
        let work = move |transaction: &Transaction<'_>, run| {
            let kept = write_row(transaction, run, &outcome)?;
            Ok(Settled { outcome, kept })
        };
        self.hand_in(work, done);
    }

    /// Does the work in the writer's next transaction; resolves with what it made once that is safe from a power cut.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, RunId) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (done, made) = oneshot::channel();
        self.hand_in(work, |made| drop(done.send(made)));
        made.await.map_err(|_| LedgerError::Closed)?
    }

    fn hand_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, RunId) -> Result<T, LedgerError> + Send + 'static,
        done: impl FnOnce(Result<T, LedgerError>) + Send + 'static,
    ) {
        let task = Box::new(Waiting { work: Some(work), made: None, done: Some(done) });
        // A thread that has ended drops it, which tells.
        let _ = self.queue.send(Message::Task(task));
    }

    /// The same for a single statement, with the parameters that it has in this run.
    pub(crate) async fn execute<P: Params>(
        &self,
        statement: &'static str,
        parameters: impl FnOnce(RunId) -> P + Send + 'static,
    ) -> Result<(), LedgerError> {
        self.transact(move |transaction, run| {
            transaction.prepare_cached(statement)?.execute(parameters(run))?;
            Ok(())
        })
        .await
    }

    /// Records that a request leaves at that moment; resolves once the record survives the end of this process
    /// (not a power cut: the minute that it is about is over by the time a machine is up again).
    pub async fn record_sent(&self, at: Timestamp) -> Result<(), LedgerError> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Message::Sent { at, done }).map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }
}

/// The thread that writes, and the ledger's lock with it.
///
/// Dropped without [`WriterThread::finish`], it ends when the last [`Writer`] is gone, and the run counts as broken off.
#[derive(Debug)]
pub struct WriterThread {
    thread: JoinHandle<Result<(), LedgerError>>,
    queue: mpsc::UnboundedSender<Message>,
}

impl WriterThread {
    /// Writes what is queued, records the run's end, closes the file and releases the lock; blocks until then. Gives
    /// the first error of the run. Drop [`super::rows::open_rows::OpenRows`] before, so that the ledger is left as one file.
    pub fn finish(self, end: RunEnd) -> Result<(), LedgerError> {
        // One that has ended says why below.
        let _ = self.queue.send(Message::Finish(end));
        self.thread.join().unwrap_or(Err(LedgerError::Closed))
    }
}

/// Records what came of a row; gives the earlier verdict if that stays.
pub(super) type WriteRow = fn(&Transaction<'_>, RunId, &Outcome) -> Result<Option<Kept>, LedgerError>;

pub(super) fn start(
    locked: Locked,
    run: RunId,
    write_row: WriteRow,
) -> Result<(Writer, WriterThread), LedgerError> {
    let (queue, messages) = mpsc::unbounded_channel();
    let state = State { locked, run, failed: None, synchronous: Synchronous::Full, pruned_at: i64::MIN };
    let thread = thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || state.serve(messages))
        .map_err(|error| LedgerError::Refused { words: error.to_string() })?;
    Ok((Writer { queue: queue.clone(), write_row }, WriterThread { thread, queue }))
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Synchronous {
    Full,
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
    fn serve(mut self, mut messages: mpsc::UnboundedReceiver<Message>) -> Result<(), LedgerError> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut end = None;
        while messages.blocking_recv_many(&mut batch, BATCH) > 0 {
            if let Some(told) = take_end(&mut batch) {
                end = Some(told);
                // Who comes now is refused; who is queued already is still served.
                messages.close();
            }
            self.commit(&mut batch);
            self.keep_log_short();
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
                Message::Task(mut task) => task.tell(result),
                Message::Sent { done, .. } => drop(done.send(result)),
                Message::Finish(_) => {}
            }
        }
    }

    /// After everybody was told: a checkpoint takes a while.
    fn keep_log_short(&mut self) {
        if self.failed.is_none() {
            self.failed = self.locked.keep_log_short().err();
        }
    }

    fn write(&mut self, batch: &mut [Message]) -> Result<(), LedgerError> {
        let only_sends = batch.iter().all(|message| matches!(message, Message::Sent { .. }));
        self.wait_for(if only_sends { Synchronous::Normal } else { Synchronous::Full })?;
        let transaction = self.locked.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for message in batch {
            match message {
                Message::Task(task) => task.write(&transaction, self.run)?,
                Message::Sent { at, .. } => {
                    let at = to_nanoseconds(*at);
                    write_sent(&transaction, at, 1)?;
                    if at.saturating_sub(SENT_KEPT_NANOSECONDS) > self.pruned_at {
                        let before = at.saturating_sub(SENT_KEPT_NANOSECONDS);
                        transaction.prepare_cached("DELETE FROM sent WHERE at < ?1")?.execute([before])?;
                        self.pruned_at = at;
                    }
                }
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
        Message::Task(_) | Message::Sent { .. } => None,
    }
}

pub(super) fn write_sent(connection: &Connection, at: i64, requests: u32) -> Result<(), LedgerError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sent (at, requests) VALUES (?1, ?2) \
         ON CONFLICT (at) DO UPDATE SET requests = requests + excluded.requests",
    )?;
    statement.execute((at, requests))?;
    Ok(())
}
