//! `run INPUT`: settings in, layers wired, report out.

use std::num::NonZero;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use super::runtime;
use crate::base::{
    Backlog, DisabledState, Disabling, DisablingEnd, Exit, Outcome, RunFacts, StopReason, Unsettled,
};
use crate::check::{self, Accepted, BothSides, Summary, Unmet};
use crate::cli::arguments::RunArgs;
use crate::cli::arguments::report::ReportFormatArg;
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::reports::parts;
use crate::cli::reports::render::{Asked, render_outputs};
use crate::cli::reports::run_report::RunRows;
use crate::cli::reports::split::Split;
use crate::cli::settings::{disabling, run_paths};
use crate::cli::wiring::command_line::{
    other_command, path_word, same_access, same_endpoint, same_in_earnest, same_reading, typed,
};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::fresh::Fresh;
use crate::cli::wiring::intake::Intake;
use crate::cli::wiring::next::Ended;
use crate::cli::wiring::session::Work;
use crate::cli::wiring::signals::Signals;
use crate::cli::wiring::switching::{second_pass, somebody_must_be_there};
use crate::disable::{self, Switcher, settle};
use crate::engine::ledger::{LedgerReader, Purpose, RunCommand, Selection};
use crate::engine::report::Line;
use crate::engine::session::{Board, RowWork, drive};
use crate::engine::terminal::Terminal;

/// Runs the migration's reading part.
pub(super) fn run(
    arguments: &RunArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let disabling = disabling(&arguments.switching);
    if disabling == Disabling::Yes {
        somebody_must_be_there(arguments.yes, "assistants are switched off or on")?;
    }
    let intake = Intake {
        purpose: Purpose::Run,
        platform: &arguments.platform,
        reading: &arguments.reading,
        limit: arguments.limit.map(NonZero::get),
        terminal,
        paths: run_paths(arguments),
        connection: Connection::typed(&arguments.platform)?,
        runtime: runtime()?,
        signals: Signals::listen()?,
    };
    let run = Run { arguments, files, disabling, intake };
    let stopped = run.check_rows()?;
    run.finish(stopped.as_ref())
}

struct Run<'a> {
    arguments: &'a RunArgs,
    files: &'a CommandFiles,
    disabling: Disabling,
    intake: Intake<'a>,
}

impl Run<'_> {
    fn ledger(&self) -> &Path {
        &self.intake.paths.ledger
    }

    /// From the input to its rows, each asked for if it is open, then switched off if it is to be; gives the reason if that
    /// stopped early.
    fn check_rows(&self) -> Result<Option<StopReason>, CommandError> {
        let input = self.intake.open_input()?;
        let after_the_end = || {
            let ledger = LedgerReader::open(self.ledger()).context("the ledger cannot be read")?;
            self.command_after_the_end(&ledger)
        };
        let fresh = Fresh { allow_off: self.arguments.yes, after_the_end: &after_the_end };
        let fresh = self.arguments.fresh.then_some(&fresh);
        let reader = BothSides { accepted: Accepted::new(self.arguments.accept.iter().cloned()) };
        let (mut ledger, read) = self.intake.open(fresh, &input, &reader)?;
        let accepted = ledger.accept(&self.arguments.accept).context("the ledger")?;
        self.intake.take_in(&mut ledger, &input, |reader, take| {
            reader.for_each_row(None, false, |row, _, _| take(&row, &row.standing()))
        })?;
        self.split().as_ref().map_or(Ok(()), Split::prepare)?;
        let selection = Selection {
            recheck_before: self.arguments.recheck.and_then(|age| Timestamp::now().checked_sub(age).ok()),
            limit: self.intake.limit,
            disabling: self.disabling.is_asked_for(),
            ..Selection::default()
        };
        let backlog = ledger.backlog(&selection).context("the ledger")?;
        let unsettled = ledger.unsettled().context("the ledger")?;
        let terminal = self.intake.terminal;
        let base_url = self.intake.base_url();
        let rpm = self.arguments.platform.network.rpm.get();
        terminal.say(disable::before_run(&backlog, rpm, base_url.as_deref(), self.disabling, unsettled));
        if let Some(said) = check::accepting(&accepted, &self.arguments.accept) {
            terminal.say(&said);
        }
        let probe_wait = Duration::from_secs(self.arguments.switching.probe_wait);
        let command = RunCommand::Run { disabling: self.disabling, probe_wait };
        let session = self.intake.session(ledger, command, self.settings());
        session.run(Some(selection), async |work| {
            Ok(self.work(work, BothSides { accepted }, (read, backlog), unsettled).await)
        })
    }

    /// First what earlier runs left open (`unsettled`), then every row but those that were `read` already, then the switching
    /// off.
    async fn work(
        &self,
        Work { client, writer, rows }: Work,
        reader: BothSides,
        (read, backlog): (Vec<Outcome>, Backlog),
        unsettled: Unsettled,
    ) -> Option<StopReason> {
        let began = Instant::now();
        let terminal = self.intake.terminal;
        let network = &self.arguments.platform.network;
        let signal = || self.intake.signals.receiver();
        let timeout = Duration::from_secs(network.timeout);
        let mut progress = terminal.progress(&disable::WORDING);
        if !unsettled.is_empty() && self.disabling != Disabling::DryRun {
            let board = Board::new(&client, &writer, &mut progress, signal(), timeout);
            let mut switcher = Switcher::new(board, reader.clone());
            let watched = Duration::from_secs(self.arguments.switching.probe_wait);
            settle(&mut switcher, unsettled, watched).await;
            if let Some(stopped) = switcher.board.into_stop_reason() {
                return Some(stopped);
            }
        }
        let concurrency = usize::from(network.concurrency);
        let rows = RowWork { rows: rows?, read, backlog, concurrency };
        let stopped = drive(&client, &writer, reader.clone(), rows, signal(), &mut progress).await;
        if stopped.is_some() || !self.disabling.is_asked_for() {
            return stopped;
        }
        let board = Board::new(&client, &writer, &mut progress, signal(), timeout);
        let mut switcher = Switcher::new(board, reader);
        let rollback = self.rollback_command();
        let base_url = self.intake.base_url();
        second_pass(&mut switcher, self.arguments, base_url.as_deref(), &rollback, terminal, began).await;
        switcher.board.into_stop_reason()
    }

    /// The command line that takes back what this ledger says was switched off.
    fn rollback_command(&self) -> String {
        let access = same_access(&self.arguments.platform.key);
        other_command(&typed(), &["rollback", &path_word(self.ledger())], &access)
    }

    /// The command line that still works once the Assistants API has ended: compares the agents with what is kept, or
    /// reads them by themselves.
    fn command_after_the_end(&self, ledger: &LedgerReader) -> Result<String, CommandError> {
        let platform = &self.arguments.platform;
        let access = same_access(&platform.key);
        let kept = ledger.rows_with_assistant().context("the ledger cannot be read again")?;
        if kept > 0 {
            return Ok(other_command(&typed(), &["verify", &path_word(self.ledger())], &access));
        }
        let input = self.intake.paths.input.as_deref().map(path_word);
        let words: Vec<_> =
            ["audit"].into_iter().chain(input.as_deref()).chain(["--source", "agent"]).collect();
        let rest = [same_endpoint(&platform.endpoint), same_reading(&self.arguments.reading), access];
        Ok(other_command(&typed(), &words, &rest.concat()))
    }

    /// What the ledger remembers of how it was run, beside the network.
    fn settings(&self) -> serde_json::Value {
        json!({
            "limit": self.arguments.limit,
            "recheck_seconds": self.arguments.recheck.map(|age| age.as_secs()),
            "disabling": self.disabling.as_str(),
            "max_disable": self.arguments.switching.max_disable,
            "disable_shared": self.arguments.switching.disable_shared,
            "mix": self.arguments.platform.endpoint.mix,
        })
    }

    /// Writes the reports and says how it ended.
    fn finish(&self, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let terminal = self.intake.terminal;
        let again = "the ledger cannot be read again";
        let ledger = LedgerReader::open(self.ledger()).context(again)?;
        let rows = RunRows::of(&ledger, self.arguments.output.redact).context(again)?;
        let facts = &rows.facts;
        let exit = Exit::of_run(facts, stopped);
        let mut counted = Summary::default();
        let mut unmet = Unmet::of(&ledger).context(again)?;
        let (asked, has_answers) = (Asked::of_all(&self.arguments.output), !facts.nothing_is_known());
        let mut reports =
            render_outputs(&rows, &self.intake.paths.outputs, &asked, has_answers, terminal, &mut |row| {
                counted.count(row);
                unmet.meet(row);
            });
        if reports.failed.is_some() {
            // Not all rows were seen.
            (counted, unmet) = (Summary::default(), Unmet::default());
        }
        let next = match stopped {
            // The same command would only meet the same end.
            Some(StopReason::AssistantsApiGone) if facts.stuck_off == 0 => {
                vec![("Next:", self.command_after_the_end(&ledger)?)]
            }
            _ => self.next(facts, exit, stopped, reports.failed.is_some()),
        };
        if terminal.is_quiet() && !matches!(exit, Exit::Done) {
            let is_no_error = self.disabling == Disabling::DryRun
                || matches!(
                    facts.disabling_end,
                    Some(DisablingEnd::Completed | DisablingEnd::CompletedBlind)
                );
            let ending = disable::ending(facts, stopped).filter(|_| !is_no_error);
            let stuck = (facts.stuck_off > 0)
                .then(|| format!("{} could not be switched on again and may be off", facts.stuck_off));
            for said in stopped.map(ToString::to_string).into_iter().chain(ending).chain(stuck) {
                terminal.error(&said);
            }
        }
        for name in unmet.names() {
            terminal.say(check::differs_nowhere(name));
        }
        let (files, rollback) = (reports.files_and(self.ledger()), self.rollback_command());
        let said = disable::after_run(facts, &counted, &files, &next, stopped, Some(&rollback));
        terminal.say(said.apart());
        parts::write_after(&mut reports, &rows, self.split().as_ref(), &asked, has_answers);
        Ok(reports.exit(exit, ["report", "found out"], terminal))
    }

    fn split(&self) -> Option<Split<'_>> {
        Split::asked_for(&self.arguments.output.split, self.ledger(), self.files, self.intake.terminal)
    }

    /// The command lines that get on from here. A run that goes on writes the report, too.
    fn next(
        &self,
        facts: &RunFacts,
        exit: Exit,
        stopped: Option<&StopReason>,
        report_failed: bool,
    ) -> Vec<(&'static str, String)> {
        let platform = &self.arguments.platform;
        let access = [same_endpoint(&platform.endpoint), same_access(&platform.key)].concat();
        let needs_people = facts.progress.needs_attention > 0
            && self.split().is_none()
            && self.intake.paths.outputs.iter().all(|(format, _)| *format != ReportFormatArg::Html);
        let ledger_for_people = needs_people.then(|| self.ledger());
        let ended = Ended { typed: typed(), exit, stopped, access, ledger_for_people };
        let is_over = matches!(exit, Exit::Done | Exit::NeedsAttention);
        if report_failed && is_over {
            let words = ["report", &path_word(self.ledger()), "-o", "report.csv"];
            return vec![("Next:", other_command(&ended.typed, &words, &[]))];
        }
        let would_go_off =
            self.disabling == Disabling::DryRun && facts.count_disabled(DisabledState::WouldDisable) > 0;
        let is_left_over = facts.progress.pending > 0;
        match exit {
            // The warning has the rollback.
            _ if facts.stuck_off > 0 => Vec::new(),
            _ if is_over && would_go_off => vec![("Next:", same_in_earnest(&ended.typed))],
            Exit::Done if is_left_over => vec![("Next:", ended.again())],
            // The same again would only find the same; what else there is to do, the summary says.
            Exit::NeedsAttention if facts.disabling_end.is_some_and(DisablingEnd::is_no_to_all) => Vec::new(),
            _ => ended.next(),
        }
    }
}
