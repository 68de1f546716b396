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

    pub(super) const fn has_more(&self) -> bool {
        self.left > 0
    }

    pub(super) fn next(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        self.left -= 1;
        Some(job)
    }

    /// Whether there are jobs to be read before there is a next one.
    pub(super) fn waits_for_page(&self) -> bool {
        self.jobs.is_empty() && self.left > 0
    }

    /// Waits for the page that is being read. It may be dropped and asked for again.
    pub(super) async fn take_page(&mut self) -> Result<(), LedgerError> {
        let Some(reading) = &mut self.reading else {
            self.left = 0;
            return Ok(());
        };
        let read = reading.await;
        self.reading = None;
        let (rows, page) = read.map_err(|_| LedgerError::Unexpected { words: defect("met it") })?;
        let page = page?;
        if page.is_empty() {
            self.left = 0;
        } else if self.left > page.len() as u64 {
            // Nothing is read ahead of the last job: the ledger is to be closed soon, and left as one file.
            self.reading = Some(read_page(rows));
        }
        self.jobs.extend(page.into_iter().take(usize::try_from(self.left).unwrap_or(usize::MAX)));
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
            while queue.waits_for_page() {
                queue.take_page().await.unwrap();
                read_ahead = read_ahead.max(1 + u64::from(queue.reading.is_some()));
                while queue.next().is_some() {
                    jobs += 1;
                }
            }
            assert_eq!((jobs, read_ahead), (rows, pages));
            assert!(queue.reading.is_none());
        }
    }
}
