//! `verify LEDGER`: the agents once more, against the assistants that the ledger keeps.

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde_json::json;

use super::command_line::{endpoint_of, same_access, typed};
use super::connection::Connection;
use super::intake::check_outputs;
use super::next::Ended;
use super::owners::renew;
use super::parts::write;
use super::render::{Asked, RenderError, Rows, RunRows, refuse_overwriting, render_outputs};
use super::session::Session;
use super::signals::Signals;
use super::split::{Split, Target};
use super::{CommandError, runtime};
use crate::base::{Backlog, Exit, Lang, ReportRow, RunFacts, StopReason};
use crate::check::{self, Accepted, AgainstKept, Summary, Unmet, Verified};
use crate::cli::files::CommandFiles;
use crate::cli::settings::{Outputs, verify_outputs};
use crate::cli::tools_arguments::VerifyArgs;
use crate::engine::ledger::{Ledger, LedgerError, LedgerReader, RowKey, RunCommand, Selection};
use crate::engine::report::page::{self, Objects};
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
    let connection = Connection::of_ledger(&arguments.ledger, &identity, &arguments.endpoint, &arguments.key, NOTHING)?;
    check_outputs(&outputs, NOTHING)?;
    let accepted = ledger.accept(&arguments.accept).context(NOTHING)?;
    let verify = Verify { arguments, files, terminal, outputs, accepted };
    verify.prepare_split()?;
    let backlog = verify.backlog()?;
    let base_url = (!identity.practice).then_some(identity.base_url.as_str());
    if let Some(said) = check::accepting(&verify.accepted, &arguments.accept) {
        terminal.say(&said);
    }
    terminal.say(check::before_verify(&backlog, arguments.network.rpm.get(), base_url));
    let began = Timestamp::now();
    let stopped = verify.read_agents(ledger, connection, backlog)?;
    let facts = RunFacts {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        base_url: base_url.map(str::to_owned),
        practice: identity.practice,
        started_at: Some(began),
        finished_at: Some(Timestamp::now()),
        stopped,
        ..RunFacts::default()
    };
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
    fn backlog(&self) -> Result<Backlog, CommandError> {
        let reader = LedgerReader::open(&self.arguments.ledger).context(NOTHING)?;
        let rows = reader.facts().context(NOTHING)?.rows();
        let to_do = reader.rows_with_assistant().context(NOTHING)?;
        if to_do == 0 {
            return Err(anyhow!(
                "nothing was asked for: {} keeps no assistant to compare an agent with; `run` reads them, while the \
                 Assistants API answers",
                self.arguments.ledger.display()
            )
            .into());
        }
        Ok(Backlog { rows, to_do, ..Backlog::default() })
    }

    /// Asks for every agent whose assistant is kept; gives the reason if that stopped early.
    fn read_agents(
        &self,
        ledger: Ledger,
        connection: Option<Connection>,
        backlog: Backlog,
    ) -> Result<Option<StopReason>, CommandError> {
        let runtime = runtime()?;
        let signals = Signals::listen().context("signals cannot be listened to")?;
        let network = &self.arguments.network;
        let session = Session {
            runtime: &runtime,
            ledger,
            connection,
            network,
            command: RunCommand::Verify,
            settings: json!({}),
        };
        let selection = Selection { again: true, ..Selection::default() };
        let against = LedgerReader::open(&self.arguments.ledger).context(NOTHING)?;
        let against = AgainstKept::new(against, self.accepted.clone());
        session.run(Some(selection), async |work| {
            let Some(rows) = work.rows else { return Ok(None) };
            let rows =
                RowWork { rows, read: Vec::new(), backlog, concurrency: usize::from(network.concurrency) };
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
        let rows = VerifiedRows::of(&ledger, facts, self.arguments.redact).context(again)?;
        let stopped = rows.facts().stopped.as_ref();
        // What no run has read was asked for, too, and is not compared.
        let exit = Exit::of(stopped, rows.facts().needs_attention() || rows.verified.never_read > 0);
        let (files, failed) = render_outputs(
            &rows,
            &self.outputs,
            &self.asked(),
            rows.verified.has_answers,
            self.terminal,
            &mut |_| {},
        );
        let access =
            [endpoint_of(rows.facts().base_url.as_deref()), same_access(&self.arguments.key)].concat();
        let next = Ended { typed: typed(), exit, stopped, access, ledger_for_people: None }.next();
        if let (Some(reason), true) = (stopped, self.terminal.is_quiet()) {
            self.terminal.error(&reason.to_string());
        }
        let practice = rows.facts().practice;
        for name in rows.unmet.names() {
            self.terminal.say(check::differs_nowhere(name));
        }
        let changed = check::changed_verdicts(&rows.verified, practice, stopped.is_none());
        let files: Vec<_> = files.iter().map(|(format, path)| (format.label(), path.as_path())).collect();
        let summary = check::after_verify(rows.facts(), &rows.summary, &files, &next, stopped);
        self.terminal.say(changed.and(&summary).apart());
        let failed = match failed {
            Some(error) => Some(error.to_string()),
            None => self.split(&rows).err().map(|error| error.words()),
        };
        let Some(words) = failed else { return Ok(exit) };
        self.terminal
            .error(&format!("the report was not written: {words}; what was found out is safe in the ledger"));
        Ok(exit.without_report())
    }

    /// What the input alone says of a split is checked before anything is asked for.
    fn prepare_split(&self) -> Result<(), CommandError> {
        let Some((column, target)) = self.split_target() else { return Ok(()) };
        let ledger = LedgerReader::open(&self.arguments.ledger).context(NOTHING)?;
        Split::of(&ledger, column)?.prepare(&target)
    }

    fn split(&self, rows: &VerifiedRows<'_>) -> Result<(), CommandError> {
        let Some((column, target)) = self.split_target() else { return Ok(()) };
        if target.stays(rows.verified.has_answers) {
            return Ok(());
        }
        let split = Split::of(rows.ledger(), column)?;
        write(rows, &split, &self.asked(), &target)
    }

    fn asked(&self) -> Asked {
        Asked::of(self.arguments.dialect, &self.arguments.page)
    }

    fn split_target(&self) -> Option<(&str, Target<'_>)> {
        let (column, folder) = self.arguments.split.asked_for()?;
        let (ledger, files, terminal) = (self.arguments.ledger.as_path(), self.files, self.terminal);
        Some((column, Target { folder, ledger, files, terminal }))
    }
}

/// The rows of the run as they are now, and what is said of all of them.
struct VerifiedRows<'a> {
    run: RunRows<'a>,
    verified: Verified,
    summary: Summary,
    unmet: Unmet,
}

impl<'a> VerifiedRows<'a> {
    /// Looks through all rows and counts them.
    fn of(ledger: &'a LedgerReader, facts: RunFacts, redact: bool) -> Result<Self, RenderError> {
        let mut verified = Verified::default();
        ledger.for_each_row(false, |row, _, _| {
            if let Some(pair) = check::asked_for(&row) {
                verified.count(&row, &ledger.reread_of(pair)?);
            }
            Ok::<_, LedgerError>(())
        })?;
        let run = RunRows { ledger, facts: facts.clone(), redact };
        let mut rows = Self { run, verified, summary: Summary::default(), unmet: Unmet::default() };
        let (mut counted, mut summary, mut unmet) = (facts, Summary::default(), Unmet::of(ledger)?);
        rows.visit(None, false, &mut |row| {
            RunRows::count(&mut counted, row);
            summary.count(row);
            unmet.meet(row);
            Ok(())
        })?;
        (rows.run.facts, rows.summary, rows.unmet) = (counted, summary, unmet);
        Ok(rows)
    }

    fn as_it_is_now(&self, row: &ReportRow) -> Result<ReportRow, LedgerError> {
        let Some(pair) = row.pair.filter(|_| row.invalid.is_none()) else { return Ok(row.clone()) };
        Ok(check::as_it_is_now(row.clone(), self.run.ledger.reread_of(pair)?))
    }
}

impl Rows<ReportRow> for VerifiedRows<'_> {
    fn ledger(&self) -> &LedgerReader {
        self.run.ledger
    }

    fn redact(&self) -> bool {
        self.run.redact
    }

    fn facts(&self) -> &RunFacts {
        &self.run.facts
    }

    fn visit(
        &self,
        keys: Option<&[RowKey]>,
        wants_proposed: bool,
        visit: &mut dyn FnMut(&ReportRow) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        self.run.visit(keys, wants_proposed, &mut |row| visit(&self.as_it_is_now(row)?))
    }

    /// With the agent as it was read now.
    fn objects(&self, row: &ReportRow, at_most: usize) -> Result<Objects, LedgerError> {
        let Some(pair) = row.pair else { return Ok(Objects::default()) };
        let agent = self.run.ledger.reread_of(pair)?.agent();
        let objects = self.run.ledger.documents_of(pair, |assistant, before| {
            page::objects(row, [assistant, agent.as_deref().or(before)], self.run.redact, at_most)
        })?;
        Ok(objects.unwrap_or_default())
    }

    fn facts_of_none(&self) -> RunFacts {
        self.run.facts_of_none()
    }

    fn count(facts: &mut RunFacts, row: &ReportRow) {
        RunRows::count(facts, row);
    }

    fn card(facts: &RunFacts, lang: Lang) -> Option<String> {
        RunRows::card(facts, lang)
    }
}
