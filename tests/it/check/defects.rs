//! Panics: a defect of the program is one row's, and prints nothing of what it met.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agent_migrate::base::{
    Disabling, Encoding, Event, InputFormat, InputRow, LineEnd, Observer, Pair, RowStatus, keep_defects_quiet,
};
use agent_migrate::check::BothSides;
use agent_migrate::engine::ledger::{
    Identity, ImportError, Ledger, LedgerReader, NewRun, Purpose, RunCommand, RunEnd, Selection,
};
use agent_migrate::engine::platform::{ApiKey, BaseUrl, Client, ClientSettings, RecordFuture, SendLog};
use agent_migrate::engine::session::{RowWork, drive};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::{KEY, Platform, id};

const PROMPT: &str = "what stands in a prompt";

/// Has a defect that the first row meets.
#[derive(Default)]
struct Defective(AtomicBool);

impl SendLog for Defective {
    fn record(&self, _at: Timestamp) -> RecordFuture<'_> {
        assert!(self.0.swap(true, Ordering::SeqCst), "{PROMPT}");
        Box::pin(std::future::ready(Ok(())))
    }
}

#[derive(Default)]
struct Statuses(Vec<RowStatus>);

impl Observer for Statuses {
    fn observe(&mut self, event: &Event) {
        if let Event::RowDone(row) = event {
            self.0.push(row.status);
        }
    }
}

#[test]
fn a_panic_is_one_rows_and_prints_nothing() {
    // In a process of its own, since a panic's hook is the whole process's.
    let test = "check::defects::in_a_process_of_its_own";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test, "--ignored", "--nocapture"]).output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains(PROMPT) && !said.contains("panicked"), "{said}");
}

#[tokio::test]
#[ignore = "the test above runs it"]
async fn in_a_process_of_its_own() {
    let platform = Platform::start().await;
    for number in 1..=3 {
        platform.pair(&id(number)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ledger");
    let url = platform.server.uri();
    let identity = Identity { base_url: url.clone(), practice: false, purpose: Purpose::Run };
    let mut ledger = Ledger::open(&path, &identity).unwrap();
    let format = InputFormat {
        encoding: Encoding::Utf8,
        bom: false,
        delimiter: b',',
        line_end: LineEnd::Lf,
        carried_columns: Vec::new(),
    };
    let rows = (1..=3).map(|number| {
        let target = Ok(Pair::same(Uuid::parse_str(&id(number)).unwrap()));
        Ok::<_, ImportError<()>>(InputRow { line: number.into(), input: id(number), target, carried: vec![] })
    });
    ledger.import(&format, rows).unwrap();
    let selection = Selection::default();
    let backlog = ledger.backlog(&selection).unwrap();
    let run = NewRun {
        command: RunCommand::Run { disabling: Disabling::No, probe_wait: Duration::ZERO },
        program_version: "0",
        settings: &serde_json::Value::Null,
        started_at: Timestamp::now(),
    };
    let (writer, open_rows, thread) = ledger.start(&run, selection).unwrap();
    let base_url = BaseUrl::parse(&url, false).unwrap();
    let settings = ClientSettings::new(base_url, ApiKey::parse(KEY).unwrap());
    let client = Client::new(&settings, Arc::new(Defective::default()), &[]).unwrap();
    let work = RowWork { rows: open_rows, read: Vec::new(), backlog, concurrency: 1 };
    let (_sender, signal) = tokio::sync::watch::channel(None);
    let mut statuses = Statuses::default();

    keep_defects_quiet();
    let driving = drive(&client, &writer, BothSides::default(), work, signal, &mut statuses);
    let stopped = tokio::time::timeout(Duration::from_secs(20), driving).await.unwrap();

    assert_eq!(stopped, None);
    assert_eq!(statuses.0, [RowStatus::Failed, RowStatus::Verified, RowStatus::Verified]);
    drop(writer);
    thread.finish(RunEnd { finished_at: Timestamp::now(), stopped: None }).unwrap();
    let mut errors = Vec::new();
    let reader = LedgerReader::open(&path).unwrap();
    reader
        .for_each_row(None, false, |row, _, _| {
            errors.push(row.error());
            Ok::<_, agent_migrate::engine::ledger::LedgerError>(())
        })
        .unwrap();
    let place =
        "assistant: a defect inside this program met this row; please report it (tests/it/check/defects.rs:";
    assert!(errors[0].starts_with(place), "{errors:?}");
    assert_eq!(errors[1..], ["", ""]);
}
