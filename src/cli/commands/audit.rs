//! `audit INPUT`: reads assistants or agents by themselves. It sends nothing but GETs.

use std::num::NonZero;
use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use super::runtime;
use crate::audit::{
    self, AuditCounters, AuditFacts, AuditReader, AuditSummary, OneSide, Source, add_models, keep_models,
};
use crate::base::{Exit, StopReason};
use crate::cli::arguments::audit::AuditArgs;
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::reports::audit_report::audit_rows;
use crate::cli::reports::parts;
use crate::cli::reports::render::{Asked, render_outputs};
use crate::cli::reports::split::Split;
use crate::cli::settings::audit_paths;
use crate::cli::wiring::command_line::{of_agents, same_command, typed};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::fresh::Fresh;
use crate::cli::wiring::intake::Intake;
use crate::cli::wiring::session::Work;
use crate::cli::wiring::signals::Signals;
use crate::engine::ledger::{LedgerReader, Purpose, RunCommand, Selection};
use crate::engine::report::Line;
use crate::engine::session::{RowWork, drive};
use crate::engine::terminal::Terminal;

/// Reads what was not read yet, then writes the audit.
pub(super) fn audit(
    arguments: &AuditArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let intake = Intake {
        purpose: Purpose::Audit,
        platform: &arguments.platform,
        reading: &arguments.reading,
        limit: arguments.limit.map(NonZero::get),
        terminal,
        paths: audit_paths(arguments),
        connection: Connection::typed(&arguments.platform)?,
        runtime: runtime()?,
        signals: Signals::listen()?,
    };
    let audit = Audit { arguments, files, source: arguments.source, intake };
    let stopped = audit.read_rows()?;
    audit.finish(stopped.as_ref())
}

struct Audit<'a> {
    arguments: &'a AuditArgs,
    files: &'a CommandFiles,
    source: Source,
    intake: Intake<'a>,
}

impl Audit<'_> {
    fn ledger(&self) -> &Path {
        &self.intake.paths.ledger
    }

    /// From the input to its rows: asks for every one that was not read yet; gives the reason if that stopped early.
    fn read_rows(&self) -> Result<Option<StopReason>, CommandError> {
        let input = self.intake.open_input()?;
        let after_the_end = || Ok(same_command(&of_agents(&typed())));
        let fresh = Fresh { allow_off: false, after_the_end: &after_the_end };
        let fresh = self.arguments.fresh.then_some(&fresh);
        let (mut ledger, read) = self.intake.open(fresh, &input, &OneSide::of(self.source))?;
        self.intake.take_in(&mut ledger, &input, |reader, take| {
            let rows = AuditReader::new(reader, audit::facts(reader)?, false)?;
            rows.for_each_row(None, |row| take(&row.row, &row.standing()))
        })?;
        if let Some(split) = self.split() {
            split.prepare()?;
        }
        let now = Timestamp::now();
        let reads_since = ledger.reads_from(self.source, now).context("the ledger")?;
        let recheck_before = self.arguments.recheck.and_then(|age| now.checked_sub(age).ok());
        let selection = Selection {
            recheck_before: recheck_before.max(reads_since),
            limit: self.intake.limit,
            ..Selection::default()
        };
        let backlog = ledger.backlog(&selection).context("the ledger")?;
        let wants_models = backlog.to_do > 0 || !ledger.knows_models().context("the ledger")?;
        let terminal = self.intake.terminal;
        let network = &self.arguments.platform.network;
        let base_url = self.intake.base_url();
        terminal.say(audit::before_audit(&backlog, network.rpm.get(), base_url.as_deref(), self.source));

        let signal = || self.intake.signals.receiver();
        let session = self.intake.session(ledger, RunCommand::Audit, self.settings());
        session.run(Some(selection), async |Work { client, writer, rows }| {
            let Some(rows) = rows else { return Ok(None) };
            let mut stopped = None;
            if wants_models {
                stopped = keep_models(&client, &writer, signal()).await;
            }
            if stopped.is_none() {
                let mut progress = terminal.progress(&audit::WORDING);
                let concurrency = usize::from(network.concurrency);
                let rows = RowWork { rows, read, backlog, concurrency };
                let reader = OneSide::of(self.source);
                stopped = drive(&client, &writer, reader, rows, signal(), &mut progress).await;
            }
            if wants_models && stopped.is_none() {
                stopped = add_models(&client, &writer, signal()).await;
            }
            Ok(stopped)
        })
    }

    /// What the ledger remembers of how it was read, beside the network.
    fn settings(&self) -> serde_json::Value {
        json!({
            "source": self.source.as_str(),
            "mix": self.arguments.platform.endpoint.mix,
            "limit": self.arguments.limit,
            "recheck_seconds": self.arguments.recheck.map(|age| age.as_secs()),
        })
    }

    /// Writes the audit and says how it ended.
    fn finish(&self, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let terminal = self.intake.terminal;
        let again = "the ledger cannot be read again";
        let ledger = LedgerReader::open_audit(self.ledger()).context(again)?;
        let rows = audit_rows(&ledger, self.arguments.output.redact).context(again)?;
        let facts = &rows.facts;
        let has_answers = !facts.run.nothing_is_known();
        let asked = Asked::of_all(&self.arguments.output);
        let outputs = &self.intake.paths.outputs;
        let mut counters = AuditCounters::default();
        let mut reports =
            render_outputs(&rows, outputs, &asked, has_answers, terminal, &mut |row| counters.count(row));
        let is_written = reports.failed.is_none();
        if !is_written {
            counters = AuditCounters::default();
        }
        let exit = Exit::of(stopped, counters.progress.needs_attention > 0);
        terminal.error_if_quiet(stopped);
        let files = reports.files_and(self.ledger());
        let next = self.next_command(facts, exit, stopped, is_written);
        let summary = AuditSummary {
            facts,
            counters: is_written.then_some(&counters),
            agents_instead: if self.source == Source::Auto { counters.from_agents } else { 0 },
            files: &files,
            next: next.as_deref(),
            stopped,
        };
        terminal.say(audit::after_audit(&summary).apart());
        parts::write_after(&mut reports, &rows, self.split().as_ref(), &asked, has_answers);
        Ok(reports.exit(exit, ["audit", "read"], terminal))
    }

    fn split(&self) -> Option<Split<'_>> {
        Split::asked_for(&self.arguments.output.split, self.ledger(), self.files, self.intake.terminal)
    }

    /// The command to type next; `None` when there is nothing left to do. An audit that goes on writes the report, too.
    fn next_command(
        &self,
        facts: &AuditFacts,
        exit: Exit,
        stopped: Option<&StopReason>,
        is_written: bool,
    ) -> Option<String> {
        let typed = typed();
        match (exit, stopped) {
            // The agents are still there.
            (_, Some(StopReason::AssistantsApiGone)) => Some(same_command(&of_agents(&typed))),
            (Exit::Done | Exit::NeedsAttention, _)
                if is_written && self.arguments.limit.is_none() && !facts.run.needs_attention() =>
            {
                None
            }
            _ => Some(same_command(&typed)),
        }
    }
}
