//! `verify LEDGER`: the agents once more, against the assistants that the ledger keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::command_line::{same_command, typed};
use super::connection::{Connection, Given};
use super::render::{Asked, RenderError, refuse_overwriting, say_that_it_stays, settings, stays};
use super::session::Session;
use super::signals::Signals;
use super::{CommandError, runtime};
use crate::base::{
    Backlog, Exit, ProgressCounts, Remedy, ReportRow, RowStatus, RunFacts, StopReason, defect,
};
use crate::check::{self, Kept, Verified, VerifySettings};
use crate::cli::settings::{OutputPath, verify_report};
use crate::cli::tools_arguments::VerifyArgs;
use crate::engine::ledger::{Identity, Ledger, LedgerError, LedgerReader, RunCommand};
use crate::engine::platform::Client;
use crate::engine::report::{self, Access, AtomicFile, Renderer, ReportSettings, Written, check_writable};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// Rows read ahead out of the ledger, each with its document.
const READ_AHEAD: usize = 16;

/// Reads the agents, compares, writes a report of its own.
pub(super) fn verify(arguments: &VerifyArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    const NOTHING: &str = "nothing was asked for";
    let output = verify_report(arguments);
    if let OutputPath::File(path) = &output {
        refuse_overwriting(path, &arguments.ledger)?;
    }
    let ledger = Ledger::open_existing(&arguments.ledger).context(NOTHING)?;
    let identity = ledger.identity().context(NOTHING)?;
    let given =
        Given { platform: arguments.endpoint.platform, base_url: arguments.endpoint.base_url.as_deref() };
    let connection = Connection::of_ledger(&arguments.ledger, &identity, &given, &arguments.key, NOTHING)?;
    if let OutputPath::File(path) = &output {
        check_writable(path).context("nothing was asked for: the report cannot be written")?;
    }
    let reader = LedgerReader::open(&arguments.ledger).context(NOTHING)?;
    let backlog = Backlog {
        rows: reader.facts().context(NOTHING)?.rows(),
        to_do: reader.rows_with_assistant().context(NOTHING)?,
        ..Backlog::default()
    };
    if backlog.to_do == 0 {
        return Err(anyhow!(
            "nothing was asked for: {} keeps no assistant to compare an agent with; `run` reads them, while the \
             Assistants API answers",
            arguments.ledger.display()
        )
        .into());
    }
    let base_url = (!identity.practice).then_some(identity.base_url.as_str());
    terminal.say(&check::before_verify(&backlog, arguments.network.rpm.get(), base_url));
    let verify = Verify { arguments, terminal, output, identity, backlog };
    verify.go(ledger, reader, connection)
}

struct Verify<'a> {
    arguments: &'a VerifyArgs,
    terminal: &'a Terminal,
    output: OutputPath,
    identity: Identity,
    backlog: Backlog,
}

/// What came of it: the verdicts, what the report holds, counted on its way, and where it stands.
#[derive(Debug)]
struct Done {
    verified: Verified,
    statuses: BTreeMap<RowStatus, u64>,
    progress: ProgressCounts,
    remedies: BTreeMap<Remedy, u64>,
    /// Rows that keep the run's verdict, since this read said nothing about them.
    kept: u64,
    /// `None` for standard output, and for a report that was not replaced.
    written: Option<Written>,
}

impl Verify<'_> {
    fn go(
        &self,
        ledger: Ledger,
        reader: LedgerReader,
        connection: Option<Connection>,
    ) -> Result<Exit, CommandError> {
        let runtime = runtime()?;
        let signals = Signals::listen().context("signals cannot be listened to")?;
        let now = Timestamp::now();
        let asked = Asked::of(self.arguments.dialect, &self.arguments.page);
        let report_settings = settings(&reader, &asked, false).context("the ledger")?;
        let session = Session {
            runtime: &runtime,
            ledger,
            connection,
            network: &self.arguments.network,
            command: RunCommand::Verify,
            settings: json!({}),
        };
        let mut done = Err(RenderError::Ledger(LedgerError::Closed));
        let stopped = session.run(None, async |work| {
            done = self.work(&work.client, reader, &signals, &report_settings).await;
            Ok(done.as_ref().ok().and_then(|done| done.verified.stopped.clone()))
        })?;
        match done {
            Ok(done) => Ok(self.finish(done, stopped.as_ref(), now)),
            Err(error) => {
                self.terminal.error(&format!("the report was not written: {error}; the ledger is as it was"));
                Ok(Exit::StoppedEarly)
            }
        }
    }

    /// Rows go through as they are ready: out of the ledger, past the platform, into the report.
    async fn work(
        &self,
        client: &Client,
        reader: LedgerReader,
        signals: &Signals,
        settings: &ReportSettings,
    ) -> Result<Done, RenderError> {
        let (into, kept) = mpsc::channel(READ_AHEAD);
        let reading = tokio::task::spawn_blocking(move || feed(&reader, &into));
        let rows = Rows { client, kept, signals, settings };
        match &self.output {
            OutputPath::Stdout => {
                let done = self.rows_to(&mut terminal::standard_output(WhenGone::GoOn), rows).await;
                all_were_read(reading).await.and(done)
            }
            OutputPath::File(path) => {
                let mut file = AtomicFile::create(path, Access::ByUmask)?;
                let done = self.rows_to(&mut file, rows).await.map_err(|error| error.at(path));
                let done = all_were_read(reading).await.and(done)?;
                if let Some(path) = stays(done.verified.has_answers, &self.output) {
                    say_that_it_stays(path, self.terminal);
                    Ok(done)
                } else {
                    Ok(Done { written: Some(file.commit()?), ..done })
                }
            }
        }
    }

    async fn rows_to(&self, out: &mut dyn Write, rows: Rows<'_>) -> Result<Done, RenderError> {
        let mut renderer: Box<dyn Renderer<ReportRow> + '_> = report::csv(rows.settings, out);
        renderer.begin(&self.facts(None, Timestamp::now()))?;
        let mut statuses = BTreeMap::new();
        let (mut progress, mut kept) = (ProgressCounts::default(), 0);
        let mut remedies = BTreeMap::new();
        let settings = VerifySettings {
            concurrency: usize::from(self.arguments.network.concurrency),
            backlog: self.backlog,
        };
        let mut bar = self.terminal.progress(&check::WORDING);
        let mut sink = |row: &ReportRow| {
            *statuses.entry(row.status).or_default() += 1;
            progress.count(row.progress());
            kept += u64::from(row.later_failure.is_some());
            *remedies.entry(row.remedy()).or_default() += 1;
            renderer.row(row).map_err(RenderError::from)
        };
        let signal = rows.signals.receiver();
        let verified = check::verify(rows.client, rows.kept, settings, signal, &mut bar, &mut sink).await?;
        renderer.finish()?;
        Ok(Done { verified, statuses, progress, remedies, kept, written: None })
    }

    fn facts(&self, stopped: Option<&StopReason>, started_at: Timestamp) -> RunFacts {
        RunFacts {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            base_url: (!self.identity.practice).then(|| self.identity.base_url.clone()),
            practice: self.identity.practice,
            started_at: Some(started_at),
            stopped: stopped.cloned(),
            ..RunFacts::default()
        }
    }

    /// Says how it ended.
    fn finish(&self, done: Done, stopped: Option<&StopReason>, started_at: Timestamp) -> Exit {
        let facts = RunFacts {
            counts: done.statuses.into_iter().collect(),
            progress: done.progress,
            kept: done.kept,
            ..self.facts(stopped, started_at)
        };
        // What no run has read was asked for, too, and is not compared.
        let exit = Exit::of(stopped, facts.needs_attention() || done.verified.never_read > 0);
        let mut files: Vec<(&str, &Path)> = Vec::new();
        if let Some(written) = &done.written {
            if let Written::Beside { asked, .. } = written {
                self.terminal.error(&format!(
                    "{} could not be replaced (is it open elsewhere?); the report stands beside it",
                    asked.display()
                ));
            }
            files.push(("report", written.path()));
        }
        let next = (exit != Exit::Done).then(|| same_command(&typed()));
        if let (Some(reason), true) = (stopped, self.terminal.is_quiet()) {
            self.terminal.error(&reason.to_string());
        }
        let Verified { changed, never_read, .. } = &done.verified;
        let changed = check::changed_verdicts(changed, *never_read, facts.practice, stopped.is_none());
        let remedies: Vec<_> = done.remedies.into_iter().collect();
        let summary = check::after_verify(&facts, &remedies, &files, next.as_deref(), stopped);
        self.terminal.say(&format!("\n{changed}\n\n{summary}"));
        exit
    }
}

/// What goes past the platform, and with what.
struct Rows<'a> {
    client: &'a Client,
    kept: mpsc::Receiver<Result<Kept, LedgerError>>,
    signals: &'a Signals,
    settings: &'a ReportSettings,
}

/// The reader has to be gone before the ledger is closed, so that it is left as one file; and it must not have broken
/// off unseen, or rows are missing.
async fn all_were_read(reading: JoinHandle<()>) -> Result<(), RenderError> {
    let broken = |_| RenderError::Ledger(LedgerError::Unexpected { words: defect("met it") });
    reading.await.map_err(broken)
}

/// Shows the ledger's rows to the channel, until all are through or nobody takes them any more.
fn feed(reader: &LedgerReader, into: &mpsc::Sender<Result<Kept, LedgerError>>) {
    let shown = reader.for_each_row(true, |row, assistant, _agent| {
        let assistant = assistant.filter(|_| row.duplicate_of.is_none()).map(Bytes::copy_from_slice);
        into.blocking_send(Ok(Kept { row, assistant })).map_err(|_| LedgerError::Closed)
    });
    if let Err(error) = shown {
        // Nobody listens any more, which is why it ended; or they hear of it.
        let _ = into.blocking_send(Err(error));
    }
}
