//! The ledger as its callers see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::base::{
    AgentId, AssistantId, Backlog, Call, CallFailure, Difference, DisabledState, Disabling, DisablingEnd,
    Documents, Encoding, FailureKind, InputFormat, InputRow, InvalidId, JsonText, LineEnd, Note, NoteKind,
    Outcome, Pair, ProgressCounts, ReportRow, RowStatus, Signal, Standing, StopReason, Unsettled,
};

mod audit;
mod broken;
mod earlier;
mod going_on;
mod log;
mod opening;
mod questions;
mod reading;
mod switching;

/// A folder with a ledger in it, and the words to say what happens to it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ledger(&self) -> PathBuf {
        self.file("assistants.ledger")
    }

    fn open(&self) -> Ledger {
        Ledger::open(&self.ledger(), &langdock()).unwrap()
    }

    /// Opens the ledger and takes these rows in.
    fn import(&self, rows: &[InputRow]) -> Ledger {
        let mut ledger = self.open();
        import(&mut ledger, rows);
        ledger
    }

    /// A whole run: takes the rows in and settles the first `outcomes.len()` jobs with these, in the order of the jobs.
    fn run(&self, rows: &[InputRow], outcomes: &[RowStatus]) -> Vec<u64> {
        let (writer, mut open_rows, thread) = start(self.import(rows), Selection::default());
        let jobs = open_rows.next_page(1_000).unwrap();
        for (job, status) in jobs.iter().zip(outcomes) {
            settle(&writer, outcome(job.pair, *status)).unwrap();
        }
        drop(open_rows);
        thread.finish(end()).unwrap();
        jobs.iter().map(|job| job.line).collect()
    }

    fn report(&self) -> Vec<ReportRow> {
        report(&LedgerReader::open(&self.ledger()).unwrap())
    }

    /// The files as they stand, elsewhere: what a kill at this moment leaves.
    fn killed(&self) -> Self {
        let copy = Self::new();
        for name in self.names() {
            fs::copy(self.file(&name), copy.file(&name)).unwrap();
        }
        copy
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn langdock() -> Identity {
    Identity { base_url: "https://api.langdock.com".into(), practice: false, purpose: Purpose::Run }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_334_100 + seconds).unwrap()
}

const PROBE_WAIT: Duration = Duration::from_secs(7);

fn end() -> RunEnd {
    RunEnd { finished_at: time(60), stopped: None }
}

fn pair(number: u128) -> Pair {
    Pair::same(Uuid::from_u128(number))
}

fn row(line: u64, number: u128) -> InputRow {
    let target = pair(number);
    InputRow { line, input: target.assistant.to_string(), target: Ok(target), carried: vec![] }
}

/// Rows on the lines 2, 3, …
fn rows(numbers: &[u128]) -> Vec<InputRow> {
    (2..).zip(numbers).map(|(line, number)| row(line, *number)).collect()
}

fn format() -> InputFormat {
    InputFormat {
        encoding: Encoding::Utf8,
        bom: true,
        delimiter: b';',
        line_end: LineEnd::CrLf,
        carried_columns: vec![],
    }
}

fn import(ledger: &mut Ledger, rows: &[InputRow]) {
    ledger.import::<&str>(&format(), rows.iter().cloned().map(Ok)).unwrap();
}

fn start(ledger: Ledger, selection: Selection) -> (Writer, OpenRows, WriterThread) {
    start_to(Disabling::No, ledger, selection)
}

fn start_to(disabling: Disabling, ledger: Ledger, selection: Selection) -> (Writer, OpenRows, WriterThread) {
    let settings = json!({ "rpm": 300 });
    let run = NewRun {
        command: RunCommand::Run { disabling, probe_wait: PROBE_WAIT },
        program_version: "0.1.0",
        settings: &settings,
        started_at: time(0),
    };
    ledger.start(&run, selection).unwrap()
}

fn in_trouble(call: Call) -> CallFailure {
    CallFailure::new(call, FailureKind::Server { status: 503 }, "sorry")
}

fn outcome(pair: Pair, status: RowStatus) -> Outcome {
    Outcome {
        pair,
        line: 2,
        status,
        name: Some("Contract helper".into()),
        differences: vec![],
        notes: vec![],
        failure: (status == RowStatus::Failed).then(|| in_trouble(Call::Agent)),
        assistant_updated_at: Some(time(-500)),
        agent_updated_at: Some(time(-400)),
        documents: Documents {
            assistant: Some(Bytes::from_static(b"{\"assistant\":{}}")),
            agent: Some(Bytes::from_static(b"{\"agent\":{}}")),
            inspection: None,
        },
        requests: 2,
        elapsed: Duration::from_micros(1_600),
        checked_at: time(10),
    }
}

/// Puts the ledger at `path` aside, if there is one.
fn set_aside(path: &Path, allow_off: bool, now: Timestamp) -> Result<Option<PathBuf>, SetAsideError> {
    let aside = Ledger::to_set_aside(path, &langdock(), allow_off)?;
    aside.map(|aside| aside.set_aside(now)).transpose()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn settle(writer: &Writer, outcome: Outcome) -> Result<Settled, LedgerError> {
    block_on(writer.settle(outcome))
}

/// Every row, and whether the figures count them as their rows do.
fn report(reader: &LedgerReader) -> Vec<ReportRow> {
    let mut all = Vec::new();
    reader
        .for_each_row::<LedgerError>(None, false, |row, assistant, agent| {
            assert_eq!((assistant, agent), (None, None));
            all.push(row);
            Ok(())
        })
        .unwrap();
    let mut counted = ProgressCounts::default();
    for row in &all {
        counted.count(row.progress());
    }
    assert_eq!(reader.facts().unwrap().progress, counted, "{all:#?}");
    all
}

fn bodies(reader: &LedgerReader) -> Vec<(Option<String>, Option<String>)> {
    let text = |body: Option<&[u8]>| body.map(|body| String::from_utf8(body.to_vec()).unwrap());
    let mut all = Vec::new();
    reader
        .for_each_row::<LedgerError>(None, true, |_, assistant, agent| {
            all.push((text(assistant), text(agent)));
            Ok(())
        })
        .unwrap();
    all
}

/// SQL past the product's own code, to make what only another program or a fault makes.
fn tamper(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}
