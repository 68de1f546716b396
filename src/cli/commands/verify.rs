//! `verify LEDGER`: the agents once more, against the assistants that the ledger keeps.

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde_json::json;

use super::runtime;
use crate::base::{Backlog, Exit, RunFacts, StopReason};
use crate::check::{self, Accepted, AgainstKept, Summary, Unmet, Verified};
use crate::cli::arguments::tools::VerifyArgs;
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::reports::parts;
use crate::cli::reports::render::{Asked, Rows, refuse_overwriting, render_outputs};
use crate::cli::reports::run_report::RunRows;
use crate::cli::reports::split::Split;
use crate::cli::settings::{Outputs, verify_outputs};
use crate::cli::wiring::command_line::{endpoint_of, same_access, typed};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::intake::check_outputs;
use crate::cli::wiring::next::Ended;
use crate::cli::wiring::owners::renew;
use crate::cli::wiring::session::{Session, facts_of};
use crate::cli::wiring::signals::Signals;
use crate::engine::ledger::{Ledger, LedgerError, LedgerReader, ReadBefore, RunCommand, Selection};
use crate::engine::session::{RowWork, drive};
use crate::engine::terminal::Terminal;

const NOTHING: &str = "nothing was asked for";

/// Reads the agents, compares, writes reports of its own.
pub(super) fn verify(
    arguments: &VerifyArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let outputs = verify_outputs(arguments);
    let written = || outputs.iter().filter_map(|(_, output)| output.file());
    written().try_for_each(|path| refuse_overwriting(path, &arguments.ledger))?;
    let mut ledger = Ledger::open_existing(&arguments.ledger).context(NOTHING)?;
    let identity = ledger.identity().context(NOTHING)?;
    let connection =
        Connection::of_ledger(&arguments.ledger, &identity, &arguments.endpoint, &arguments.key, NOTHING)?;
    check_outputs(&outputs, NOTHING)?;
    let accepted = ledger.accept(&arguments.accept).context(NOTHING)?;
    let verify = Verify { arguments, files, terminal, outputs, accepted };
    if let Some(split) = verify.split() {
        split.prepare()?;
    }
    let before = ledger.go_on_verifying(&verify.settings()).context(NOTHING)?;
    let backlog = verify.backlog(before)?;
    let base_url = (!identity.practice).then_some(identity.base_url.as_str());
    if let Some(said) = check::accepting(&verify.accepted, &arguments.accept) {
        terminal.say(&said);
    }
    terminal.say(check::before_verify(&backlog, before, arguments.network.rpm.get(), base_url));
    let began = Timestamp::now();
    let stopped = verify.read_agents(ledger, connection, backlog)?;
    let facts = facts_of(base_url.map(str::to_owned), began, stopped);
    verify.finish(facts)
}

struct Verify<'a> {
    arguments: &'a VerifyArgs,
    files: &'a CommandFiles,
    terminal: &'a Terminal,
    outputs: Outputs,
    accepted: Accepted,
}

impl Verify<'_> {
    /// What the ledger remembers of how it was run, beside the network.
    fn settings(&self) -> serde_json::Value {
        json!({"accepted": self.accepted.names().collect::<Vec<_>>()})
    }

    fn backlog(&self, before: Option<ReadBefore>) -> Result<Backlog, CommandError> {
        let reader = LedgerReader::open(&self.arguments.ledger).context(NOTHING)?;
        let rows = reader.facts().context(NOTHING)?.rows();
        let kept = reader.rows_with_assistant().context(NOTHING)?;
        if kept == 0 {
            return Err(anyhow!(
                "nothing was asked for: {} keeps no assistant to compare an agent with; `run` reads them, while the \
                 Assistants API answers",
                self.arguments.ledger.display()
            )
            .into());
        }
        let settled_before = before.map_or(0, |before| before.rows);
        Ok(Backlog { rows, settled_before, to_do: kept.saturating_sub(settled_before), ..Backlog::default() })
    }

    /// Asks for every agent whose assistant is kept, less those read before; gives the reason if that stopped early.
    fn read_agents(
        &self,
        ledger: Ledger,
        connection: Option<Connection>,
        backlog: Backlog,
    ) -> Result<Option<StopReason>, CommandError> {
        let runtime = runtime()?;
        let signals = Signals::listen()?;
        let network = &self.arguments.network;
        let (command, settings) = (RunCommand::Verify, self.settings());
        let session = Session { runtime: &runtime, ledger, connection, network, command, settings };
        let selection = Selection { again: true, ..Selection::default() };
        let against = LedgerReader::open(&self.arguments.ledger).context(NOTHING)?;
        let against = AgainstKept::new(against, self.accepted.clone());
        session.run(Some(selection), async |work| {
            let Some(rows) = work.rows else { return Ok(None) };
            let concurrency = usize::from(network.concurrency);
            let rows = RowWork { rows, read: Vec::new(), backlog, concurrency };
            let mut progress = self.terminal.progress(&check::WORDING);
            let (reader, signal) = (against.clone(), signals.receiver());
            let stopped = drive(&work.client, &work.writer, reader, rows, signal, &mut progress).await;
            against.close();
            Ok(stopped)
        })
    }

    /// Writes the reports and says how it ended.
    fn finish(&self, facts: RunFacts) -> Result<Exit, CommandError> {
        let again = "the ledger cannot be read again";
        let mut ledger = LedgerReader::open(&self.arguments.ledger).context(again)?;
        renew(&mut ledger, self.terminal).context(again)?;
        let mut rows = RunRows { ledger: &ledger, facts, redact: self.arguments.output.redact, again: true };
        let Now { verified, summary, unmet } = Now::of(&mut rows).context(again)?;
        let facts = &rows.facts;
        let stopped = facts.stopped.as_ref();
        // What no run has read was asked for, too, and is not compared.
        let exit = Exit::of(stopped, facts.needs_attention() || verified.never_read > 0);
        let asked = Asked::of_all(&self.arguments.output);
        let has_answers = verified.has_answers;
        let mut reports =
            render_outputs(&rows, &self.outputs, &asked, has_answers, self.terminal, &mut |_| {});
        let access = [endpoint_of(facts.base_url.as_deref()), same_access(&self.arguments.key)].concat();
        let next = Ended { typed: typed(), exit, stopped, access, ledger_for_people: None }.next();
        self.terminal.error_if_quiet(stopped);
        for name in unmet.names() {
            self.terminal.say(check::differs_nowhere(name));
        }
        let changed = check::changed_verdicts(&verified, facts.practice, stopped.is_none());
        let summary = check::after_verify(facts, &summary, &reports.files(), &next, stopped);
        self.terminal.say(changed.and(&summary).apart());
        parts::write_after(&mut reports, &rows, self.split().as_ref(), &asked, has_answers);
        Ok(reports.exit(exit, ["report", "found out"], self.terminal))
    }

    fn split(&self) -> Option<Split<'_>> {
        Split::asked_for(&self.arguments.output.split, &self.arguments.ledger, self.files, self.terminal)
    }
}

/// What is said of all rows as they are now.
#[derive(Default)]
struct Now {
    verified: Verified,
    summary: Summary,
    unmet: Unmet,
}

impl Now {
    /// Looks through the rows and counts them; their facts have the counts from then on.
    fn of(rows: &mut RunRows<'_>) -> Result<Self, LedgerError> {
        let ledger = rows.ledger;
        let mut now = Self { unmet: Unmet::of(ledger)?, ..Self::default() };
        ledger.for_each_row(None, false, |mut row, _, _| {
            if let Some(again) = rows.reread(&row)? {
                if row.duplicate_of.is_none() {
                    now.verified.count(&row, &again);
                }
                row = check::as_it_is_now(row, again);
            }
            RunRows::count(&mut rows.facts, &row);
            now.summary.count(&row);
            now.unmet.meet(&row);
            Ok::<_, LedgerError>(())
        })?;
        Ok(now)
    }
}
