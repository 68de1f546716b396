//! Open rows out of the ledger, a page at a time, read ahead so that the loop never waits for the disk.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::ledger::{Job, LedgerError, OpenRows};

const PAGE_ROWS: usize = 512;

type Page = (OpenRows, Result<Vec<Job>, LedgerError>);

/// Hands out jobs in the ledger's order, at most as many as were asked for.
pub(super) struct Feed {
    queue: VecDeque<Job>,
    reading: Option<JoinHandle<Page>>,
    left: u64,
}

impl Feed {
    /// `at_most`: how many jobs there will be; the rest stays in the ledger for another run.
    pub(super) fn new(rows: OpenRows, at_most: u64) -> Self {
        Self { queue: VecDeque::new(), reading: Some(read_page(rows)), left: at_most }
    }

    /// Whether rows wait to be started.
    pub(super) const fn has_more(&self) -> bool {
        self.left > 0
    }

    /// The next job; `None` when there is none left.
    pub(super) async fn next(&mut self) -> Result<Option<Job>, LedgerError> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.queue.is_empty() {
            self.take_page().await?;
        }
        let job = self.queue.pop_front();
        self.left = if job.is_some() { self.left - 1 } else { 0 };
        Ok(job)
    }

    async fn take_page(&mut self) -> Result<(), LedgerError> {
        let Some(reading) = self.reading.take() else { return Ok(()) };
        let (rows, page) = match reading.await {
            Ok(page) => page,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let page = page?;
        if !page.is_empty() {
            self.reading = Some(read_page(rows));
        }
        self.queue.extend(page);
        Ok(())
    }
}

fn read_page(mut rows: OpenRows) -> JoinHandle<Page> {
    tokio::task::spawn_blocking(move || {
        let page = rows.next_page(PAGE_ROWS);
        (rows, page)
    })
}
