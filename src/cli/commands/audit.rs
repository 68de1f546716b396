//! `audit INPUT`: reads assistants or agents by themselves. It sends nothing but GETs.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Runtime;

use super::audit_report::AuditCounters;
use super::command_line::{of_agents, same_command, typed};
use super::connection::Connection;
use super::fresh::{Begun, Fresh};
use super::intake::{check_outputs, identity, import, open_input, remember};
use super::parts::write_parts;
use super::render::{Asked, audit_rows, render_outputs};
use super::session::{Session, Work};
use super::signals::Signals;
use super::split::{Split, Target};
use super::{CommandError, runtime};
use crate::audit::{self, AuditFacts, AuditReader, AuditSummary, OneSide, Source, add_models, keep_models};
use crate::base::{Exit, Outcome, StopReason};
use crate::cli::audit_arguments::AuditArgs;
use crate::cli::files::CommandFiles;
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::{WorkPaths, audit_paths};
use crate::engine::ledger::{Ledger, LedgerReader, Purpose, RunCommand, Selection};
use crate::engine::report::Line;
use crate::engine::session::{RowWork, drive};
use crate::engine::terminal::Terminal;

/// Reads what was not read yet, then writes the audit.
pub(super) fn audit(
    arguments: &AuditArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let connection = Connection::typed(&arguments.endpoint, &arguments.key)?;
    let paths = audit_paths(arguments);
    let runtime = runtime()?;
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let source = arguments.source.into();
    let audit = Audit { arguments, files, source, terminal, paths, runtime, signals };
    audit.go(connection)
}

/// Everything that stays the same from the first file to the last line.
struct Audit<'a> {
    arguments: &'a AuditArgs,
    files: &'a CommandFiles,
    source: Source,
    terminal: &'a Terminal,
    paths: WorkPaths,
    runtime: Runtime,
    signals: Signals,
}

impl Audit<'_> {
    fn go(&self, connection: Option<Connection>) -> Result<Exit, CommandError> {
        let input = open_input(self.paths.input.as_deref(), &self.arguments.reading)?;
        check_outputs(&self.paths.outputs, "nothing was asked for")?;
        let identity = identity(connection.as_ref(), Purpose::Audit);
        let mut begun = Begun::default();
        if self.arguments.fresh {
            let fresh = Fresh {
                ledger: &self.paths.ledger,
                identity: identity.clone(),
                allow_off: false,
                connection: connection.as_ref(),
                network: &self.arguments.network,
                limit: self.arguments.limit.map(std::num::NonZero::get),
                runtime: &self.runtime,
                signals: &self.signals,
                terminal: self.terminal,
                after_the_end: &|| Ok(same_command(&of_agents(&typed()))),
            };
            match fresh.put_aside(&input, &OneSide::of(self.source))? {
                ControlFlow::Continue(ready) => begun = ready,
                ControlFlow::Break(exit) => return Ok(exit),
            }
        }
        let mut ledger = Ledger::open(&self.paths.ledger, &identity).context("nothing was asked for")?;
        ledger.remember_sent(&begun.sent).context("the ledger")?;
        for remark in input.remarks() {
            self.terminal.say(remark);
        }
        remember(&ledger, |reader, take| {
            let rows = AuditReader::new(reader, audit::facts(reader)?, false)?;
            rows.for_each_row(None, |row| take(&row.row, &row.standing()))
        })?;
        let origin = (self.paths.input.as_deref(), &self.arguments.reading);
        if let Some(exit) = import(&mut ledger, &input, origin, &self.signals, self.terminal)? {
            return Ok(exit);
        }
        self.prepare_split()?;
        let stopped = self.read_rows(ledger, connection, begun.read)?;
        self.finish(stopped.as_ref())
    }

    /// Asks for every row that was not read yet; gives the reason if that stopped early.
    fn read_rows(
        &self,
        mut ledger: Ledger,
        connection: Option<Connection>,
        read: Vec<Outcome>,
    ) -> Result<Option<StopReason>, CommandError> {
        let now = Timestamp::now();
        let reads_since = ledger.reads_from(self.source, now).context("the ledger")?;
        let recheck_before = self.arguments.recheck.and_then(|age| now.checked_sub(age).ok());
        let selection = Selection {
            recheck_before: recheck_before.max(reads_since),
            limit: self.arguments.limit.map(std::num::NonZero::get),
            ..Selection::default()
        };
        let backlog = ledger.backlog(&selection).context("the ledger")?;
        let wants_models = backlog.to_do > 0 || !ledger.knows_models().context("the ledger")?;
        let network = &self.arguments.network;
        let base_url = connection.as_ref().map(|connection| connection.base_url.to_string());
        self.terminal.say(audit::before_audit(&backlog, network.rpm.get(), base_url.as_deref(), self.source));

        let session = Session {
            runtime: &self.runtime,
            ledger,
            connection,
            network,
            command: RunCommand::Audit,
            settings: self.settings(),
        };
        session.run(Some(selection), async |Work { client, writer, rows }| {
            let Some(rows) = rows else { return Ok(None) };
            let mut stopped = None;
            if wants_models {
                stopped = keep_models(&client, &writer, self.signals.receiver()).await;
            }
            if stopped.is_none() {
                let mut progress = self.terminal.progress(&audit::WORDING);
                let concurrency = usize::from(network.concurrency);
                let rows = RowWork { rows, read, backlog, concurrency };
                let signal = self.signals.receiver();
                stopped =
                    drive(&client, &writer, OneSide::of(self.source), rows, signal, &mut progress).await;
            }
            if wants_models && stopped.is_none() {
                stopped = add_models(&client, &writer, self.signals.receiver()).await;
            }
            Ok(stopped)
        })
    }

    /// What the ledger remembers of how it was read, beside the network.
    fn settings(&self) -> serde_json::Value {
        json!({
            "source": self.source.as_str(),
            "mix": self.arguments.endpoint.mix,
            "limit": self.arguments.limit,
            "recheck_seconds": self.arguments.recheck.map(|age| age.as_secs()),
        })
    }

    /// Writes the audit and says how it ended.
    fn finish(&self, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let ledger =
            LedgerReader::open_audit(&self.paths.ledger).context("the ledger cannot be read again")?;
        let again = "the ledger cannot be read again";
        let rows = audit_rows(&ledger, self.arguments.redact).context(again)?;
        let facts = rows.facts().clone();
        let mut counters = AuditCounters::default();
        let (written, failed) = render_outputs(
            &rows,
            &self.paths.outputs,
            &self.asked(),
            !facts.run.nothing_is_known(),
            self.terminal,
            &mut |row| counters.count(row),
        );
        if failed.is_some() {
            counters = AuditCounters::default();
        }
        let exit = Exit::of(stopped, counters.progress.needs_attention > 0);
        if let (Some(reason), true) = (stopped, self.terminal.is_quiet()) {
            self.terminal.error(&reason.to_string());
        }
        let next = self.next_command(&facts, exit, stopped, failed.is_some());
        let files = written.iter().map(|(format, file)| (label(*format), file.as_path()));
        let files: Vec<_> = files.chain([("ledger", self.paths.ledger.as_path())]).collect();
        self.say_the_end(&facts, &counters, &files, next.as_deref(), stopped, failed.is_some());
        let failed = match failed {
            Some(error) => Some(error.to_string()),
            None => self.split(&ledger, &facts).err().map(|error| error.words()),
        };
        match failed {
            None => Ok(exit),
            Some(words) => {
                self.terminal.error(&format!(
                    "the audit was not written: {words}; what was read is safe in the ledger"
                ));
                Ok(exit.without_report())
            }
        }
    }

    /// What the input alone says of a split is checked before anything is asked for.
    fn prepare_split(&self) -> Result<(), CommandError> {
        let Some((column, target)) = self.split_target() else { return Ok(()) };
        let ledger = LedgerReader::open_audit(&self.paths.ledger).context("nothing was asked for")?;
        Split::of(&ledger, column)?.prepare(&target)
    }

    fn split(&self, ledger: &LedgerReader, facts: &AuditFacts) -> Result<(), CommandError> {
        let Some((column, target)) = self.split_target() else { return Ok(()) };
        if target.stays(!facts.run.nothing_is_known()) {
            return Ok(());
        }
        let split = Split::of(ledger, column)?;
        write_parts(ledger, &split, &self.asked(), self.arguments.redact, &target)
    }

    fn asked(&self) -> Asked {
        Asked::of(self.arguments.dialect, &self.arguments.page)
    }

    fn split_target(&self) -> Option<(&str, Target<'_>)> {
        let (column, folder) = self.arguments.split.asked_for()?;
        Some((
            column,
            Target { folder, ledger: &self.paths.ledger, files: self.files, terminal: self.terminal },
        ))
    }

    fn say_the_end(
        &self,
        facts: &AuditFacts,
        counters: &AuditCounters,
        files: &[(&str, &Path)],
        next: Option<&str>,
        stopped: Option<&StopReason>,
        report_failed: bool,
    ) {
        let found = (!report_failed).then(|| counters.found());
        let summary = AuditSummary {
            facts,
            found: found.as_deref(),
            remedies: &counters.remedies(),
            agents_instead: if self.source == Source::Auto { counters.from_agents } else { 0 },
            files,
            next,
            stopped,
        };
        self.terminal.say(audit::after_audit(&summary).apart());
    }

    /// The command to type next; `None` when there is nothing left to do. An audit that goes on writes the report, too.
    fn next_command(
        &self,
        facts: &AuditFacts,
        exit: Exit,
        stopped: Option<&StopReason>,
        report_failed: bool,
    ) -> Option<String> {
        let typed = typed();
        match (exit, stopped) {
            // The agents are still there.
            (_, Some(StopReason::AssistantsApiGone)) => Some(same_command(&of_agents(&typed))),
            (Exit::Done | Exit::NeedsAttention, _)
                if !report_failed && self.arguments.limit.is_none() && !facts.run.needs_attention() =>
            {
                None
            }
            _ => Some(same_command(&typed)),
        }
    }
}

const fn label(format: ReportFormatArg) -> &'static str {
    match format {
        ReportFormatArg::Csv => "audit",
        ReportFormatArg::Json => "JSON audit",
        ReportFormatArg::Html => "HTML audit",
        ReportFormatArg::Xlsx => format.label(),
    }
}
