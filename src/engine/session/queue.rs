//! Open rows out of the ledger, a page at a time, read ahead so that the loop never waits for the disk.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::base::defect;
use crate::engine::ledger::{Job, LedgerError, OpenRows};

const PAGE_ROWS: usize = 512;

type Page = (OpenRows, Result<Vec<Job>, LedgerError>);

/// Hands out jobs in the ledger's order, at most as many as were asked for.
pub(super) struct Queue {
    jobs: VecDeque<Job>,
    reading: Option<JoinHandle<Page>>,
    left: u64,
}

impl Queue {
    /// `at_most`: how many jobs there will be; the rest stays in the ledger for another run.
    pub(super) fn new(rows: OpenRows, at_most: u64) -> Self {
        let reading = (at_most > 0).then(|| read_page(rows));
        Self { jobs: VecDeque::new(), reading, left: at_most }
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
        if self.jobs.is_empty() {
            self.take_page().await?;
        }
        let job = self.jobs.pop_front();
        self.left = if job.is_some() { self.left - 1 } else { 0 };
        Ok(job)
    }

    async fn take_page(&mut self) -> Result<(), LedgerError> {
        let Some(reading) = self.reading.take() else { return Ok(()) };
        let Ok((rows, page)) = reading.await else {
            return Err(LedgerError::Unexpected { words: defect("met it") });
        };
        let page = page?;
        // Nothing is read ahead of the last job: the ledger is to be closed soon, and left as one file.
        if !page.is_empty() && self.left > page.len() as u64 {
            self.reading = Some(read_page(rows));
        }
        self.jobs.extend(page);
        Ok(())
    }
}

fn read_page(mut rows: OpenRows) -> JoinHandle<Page> {
    tokio::task::spawn_blocking(move || {
        let page = rows.next_page(PAGE_ROWS);
        (rows, page)
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::base::{AgentId, AssistantId, Disabling, Encoding, InputFormat, InputRow, LineEnd, Pair};
    use crate::engine::ledger::{Identity, Ledger, NewRun, Purpose, RunCommand, Selection};

    /// A new ledger with so many rows, all open.
    fn open_rows(folder: &std::path::Path, rows: u64) -> OpenRows {
        let identity =
            Identity { base_url: "https://a.example/".into(), practice: false, purpose: Purpose::Run };
        let mut ledger = Ledger::open(&folder.join(format!("{rows}.ledger")), &identity).unwrap();
        let format = InputFormat {
            encoding: Encoding::Utf8,
            bom: false,
            delimiter: b',',
            line_end: LineEnd::Lf,
            carried_columns: Vec::new(),
        };
        let rows = (1..=rows).map(|line| {
            let id = Uuid::from_u128(line.into());
            let target = Ok(Pair { assistant: AssistantId(id), agent: AgentId(id) });
            Ok::<_, LedgerError>(InputRow { line, input: id.to_string(), target, carried: Vec::new() })
        });
        ledger.import(&format, rows).unwrap();
        let run = NewRun {
            command: RunCommand::Run { disabling: Disabling::No, probe_wait: std::time::Duration::ZERO },
            program_version: "0",
            settings: &serde_json::Value::Null,
            started_at: Timestamp::UNIX_EPOCH,
        };
        ledger.start(&run, Selection::default()).unwrap().1
    }

    /// A reader that outlives the run would keep the ledger from being left as one file.
    #[tokio::test]
    async fn nothing_reads_the_ledger_any_more_once_the_last_job_is_in_hand() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Queue::new(open_rows(folder.path(), 1), 0).reading.is_none());
        let many = PAGE_ROWS as u64 + 2;
        for (rows, pages) in [(3, 1), (PAGE_ROWS as u64, 1), (many, 2)] {
            let mut queue = Queue::new(open_rows(folder.path(), rows), rows);
            let (mut jobs, mut read_ahead) = (0, 1);
            while queue.next().await.unwrap().is_some() {
                jobs += 1;
                read_ahead = read_ahead.max(1 + u64::from(queue.reading.is_some()));
            }
            assert_eq!((jobs, read_ahead), (rows, pages));
            assert!(queue.reading.is_none());
        }
    }
}
