//! `run INPUT`: settings in, layers wired, report out.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Runtime;

use super::command_line::{
    command_line, path_word, program, same_access, same_endpoint, same_in_earnest, same_reading, typed,
};
use super::connection::Connection;
use super::fresh::{Begun, Fresh};
use super::intake::{check_outputs, identity, import, open_input, remember};
use super::next::Ended;
use super::render::{Asked, RunRows, render_outputs, run_facts};
use super::session::{Session, Work};
use super::signals::Signals;
use super::switching::{SecondPass, somebody_must_be_there};
use super::{CommandError, runtime};
use crate::base::{
    Backlog, DisabledState, Disabling, DisablingEnd, Exit, Outcome, RunFacts, StopReason, Unsettled,
};
use crate::check::{self, Accepted, BothSides, Summary, Unmet};
use crate::cli::arguments::RunArgs;
use crate::cli::report_arguments::ReportFormatArg;
use crate::cli::settings::{WorkPaths, disabling, run_paths};
use crate::disable::{self, Switchboard, settle};
use crate::engine::ledger::{Ledger, LedgerError, LedgerReader, Purpose, RunCommand, Selection};
use crate::engine::report::Line;
use crate::engine::session::{RowWork, drive};
use crate::engine::terminal::Terminal;

/// Runs the migration's reading part.
pub(super) fn run(arguments: &RunArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let disabling = disabling(&arguments.switching);
    if disabling == Disabling::Yes {
        somebody_must_be_there(arguments.yes)?;
    }
    let connection = Connection::typed(&arguments.endpoint, &arguments.key)?;
    let paths = run_paths(arguments);
    let runtime = runtime()?;
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let run = Run { arguments, disabling, terminal, paths, runtime, signals };
    run.go(connection)
}

/// Everything that stays the same from the first file to the last line.
struct Run<'a> {
    arguments: &'a RunArgs,
    disabling: Disabling,
    terminal: &'a Terminal,
    paths: WorkPaths,
    runtime: Runtime,
    signals: Signals,
}

impl Run<'_> {
    fn go(&self, connection: Option<Connection>) -> Result<Exit, CommandError> {
        let input = open_input(self.paths.input.as_deref(), &self.arguments.reading)?;
        check_outputs(&self.paths.outputs, "nothing was asked for")?;
        let identity = identity(connection.as_ref(), Purpose::Run);
        let mut begun = Begun::default();
        if self.arguments.fresh {
            let fresh = Fresh {
                ledger: &self.paths.ledger,
                identity: identity.clone(),
                allow_off: self.arguments.yes,
                connection: connection.as_ref(),
                network: &self.arguments.network,
                limit: self.arguments.limit.map(std::num::NonZero::get),
                runtime: &self.runtime,
                signals: &self.signals,
                terminal: self.terminal,
                after_the_end: &|| {
                    let ledger = LedgerReader::open(&self.paths.ledger);
                    self.command_after_the_end(&ledger.context("the ledger cannot be read")?)
                },
            };
            let accepted = Accepted::new(self.arguments.accept.iter().cloned());
            match fresh.put_aside(&input, &BothSides { accepted })? {
                ControlFlow::Continue(ready) => begun = ready,
                ControlFlow::Break(exit) => return Ok(exit),
            }
        }
        let mut ledger = Ledger::open(&self.paths.ledger, &identity).context("nothing was asked for")?;
        ledger.remember_sent(&begun.sent).context("the ledger")?;
        let accepted = ledger.accept(&self.arguments.accept).context("the ledger")?;
        for remark in input.remarks() {
            self.terminal.say(remark);
        }
        remember(&ledger, |reader, take| {
            reader.for_each_row(false, |row, _, _| take(&row, &row.standing()))
        })?;
        let origin = (self.paths.input.as_deref(), &self.arguments.reading);
        if let Some(exit) = import(&mut ledger, &input, origin, &self.signals, self.terminal)? {
            return Ok(exit);
        }
        let reader = BothSides { accepted };
        let stopped = self.check_rows(ledger, connection, reader, begun.read)?;
        self.finish(stopped.as_ref())
    }

    /// Asks for every open row, then switches off what is to be; gives the reason if that stopped early.
    fn check_rows(
        &self,
        mut ledger: Ledger,
        connection: Option<Connection>,
        reader: BothSides,
        read: Vec<Outcome>,
    ) -> Result<Option<StopReason>, CommandError> {
        let selection = Selection {
            recheck_before: self.arguments.recheck.and_then(|age| Timestamp::now().checked_sub(age).ok()),
            limit: self.arguments.limit.map(std::num::NonZero::get),
            disabling: self.disabling.is_asked_for(),
            ..Selection::default()
        };
        let backlog = ledger.backlog(&selection).context("the ledger")?;
        let unsettled = ledger.unsettled().context("the ledger")?;
        self.announce(&backlog, unsettled, connection.as_ref());
        if let Some(said) = check::accepting(&reader.accepted, &self.arguments.accept) {
            self.terminal.say(&said);
        }
        let base_url = connection.as_ref().map(|connection| connection.base_url.to_string());
        let session = Session {
            runtime: &self.runtime,
            ledger,
            connection,
            network: &self.arguments.network,
            command: RunCommand::Run {
                disabling: self.disabling,
                probe_wait: Duration::from_secs(self.arguments.switching.probe_wait),
            },
            settings: self.settings(),
        };
        session.run(Some(selection), async |work| {
            let rest = Rest { reader, read, backlog, unsettled, base_url };
            Ok(self.work(work, rest).await)
        })
    }

    /// First what earlier runs left open, then every row, then the switching off.
    async fn work(&self, work: Work, rest: Rest) -> Option<StopReason> {
        let began = Instant::now();
        let Work { client, writer, rows } = work;
        let Rest { reader, read, backlog, unsettled, base_url } = rest;
        let network = &self.arguments.network;
        let timeout = Duration::from_secs(network.timeout);
        let mut progress = self.terminal.progress(&disable::WORDING);
        if !unsettled.is_empty() && self.disabling != Disabling::DryRun {
            let mut board =
                Switchboard::new(&client, &writer, &mut progress, self.signals.receiver(), timeout);
            let watched = Duration::from_secs(self.arguments.switching.probe_wait);
            settle(&mut board, unsettled, watched).await;
            if let Some(stopped) = board.into_stop_reason() {
                return Some(stopped);
            }
        }
        let concurrency = usize::from(network.concurrency);
        let rows = RowWork { rows: rows?, read, backlog, concurrency };
        let stopped =
            drive(&client, &writer, reader.clone(), rows, self.signals.receiver(), &mut progress).await;
        if stopped.is_some() || !self.disabling.is_asked_for() {
            return stopped;
        }
        let mut board = Switchboard::new(&client, &writer, &mut progress, self.signals.receiver(), timeout)
            .reading(reader);
        let second_pass = SecondPass {
            arguments: &self.arguments.switching,
            yes: self.arguments.yes,
            base_url: base_url.as_deref(),
            terminal: self.terminal,
            began,
            rollback: &self.rollback_command(),
        };
        second_pass.go(&mut board).await;
        board.into_stop_reason()
    }

    /// The command line that takes back what this ledger says was switched off.
    fn rollback_command(&self) -> String {
        let typed = typed();
        let ledger = path_word(&self.paths.ledger);
        let mut words = vec![program(&typed).to_owned(), "rollback".to_owned(), ledger];
        words.extend(same_access(&self.arguments.key));
        command_line(&mut words.iter().map(String::as_str))
    }

    /// The command line that still works once the Assistants API has ended: compares the agents with what is kept, or
    /// reads them by themselves.
    fn command_after_the_end(&self, ledger: &LedgerReader) -> Result<String, CommandError> {
        let typed = typed();
        let mut words = vec![program(&typed).to_owned()];
        let kept = ledger.rows_with_assistant().context("the ledger cannot be read again")?;
        if kept > 0 {
            words.extend(["verify".to_owned(), path_word(&self.paths.ledger)]);
        } else {
            words.push("audit".to_owned());
            words.extend(self.paths.input.as_deref().map(path_word));
            words.extend(["--source", "agent"].map(str::to_owned));
            words.extend(same_endpoint(&self.arguments.endpoint));
            words.extend(same_reading(&self.arguments.reading));
        }
        words.extend(same_access(&self.arguments.key));
        Ok(command_line(&mut words.iter().map(String::as_str)))
    }

    fn announce(&self, backlog: &Backlog, unsettled: Unsettled, connection: Option<&Connection>) {
        let base_url = connection.map(|connection| connection.base_url.to_string());
        self.terminal.say(disable::before_run(
            backlog,
            self.arguments.network.rpm.get(),
            base_url.as_deref(),
            self.disabling,
            unsettled,
        ));
    }

    /// What the ledger remembers of how it was run, beside the network.
    fn settings(&self) -> serde_json::Value {
        json!({
            "limit": self.arguments.limit,
            "recheck_seconds": self.arguments.recheck.map(|age| age.as_secs()),
            "disabling": self.disabling.as_str(),
            "max_disable": self.arguments.switching.max_disable,
            "disable_shared": self.arguments.switching.disable_shared,
            "mix": self.arguments.endpoint.mix,
        })
    }

    /// Writes the reports and says how it ended.
    fn finish(&self, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let ledger = LedgerReader::open(&self.paths.ledger).context("the ledger cannot be read again")?;
        let facts = run_facts(&ledger).context("the ledger cannot be read again")?;
        let rows = RunRows { ledger: &ledger, facts, redact: false };
        let facts = &rows.facts;
        let exit = Exit::of_run(facts, stopped);
        let mut counted = Summary::default();
        let (written, failed) = render_outputs(
            &rows,
            &self.paths.outputs,
            &Asked::of(self.arguments.dialect, &self.arguments.page),
            !facts.nothing_is_known(),
            self.terminal,
            &mut |row| counted.count(row),
        );
        if failed.is_some() {
            counted = Summary::default();
        }
        let files = written.iter().map(|(format, file)| (format.label(), file.as_path()));
        let files: Vec<_> = files.chain([("ledger", self.paths.ledger.as_path())]).collect();
        let next = match stopped {
            // The same command would only meet the same end.
            Some(StopReason::AssistantsApiGone) if facts.stuck_off == 0 => {
                vec![("Next:", self.command_after_the_end(&ledger)?)]
            }
            _ => self.next(facts, exit, stopped, failed.is_some()),
        };
        if self.terminal.is_quiet() && !matches!(exit, Exit::Done) {
            let is_no_error = self.disabling == Disabling::DryRun
                || matches!(
                    facts.disabling_end,
                    Some(DisablingEnd::Completed | DisablingEnd::CompletedBlind)
                );
            let ending = disable::ending(facts, stopped).filter(|_| !is_no_error);
            let stuck = (facts.stuck_off > 0)
                .then(|| format!("{} could not be switched on again and may be off", facts.stuck_off));
            for said in stopped.map(ToString::to_string).into_iter().chain(ending).chain(stuck) {
                self.terminal.error(&said);
            }
        }
        let rollback = self.rollback_command();
        let mut unmet = Unmet::of(&ledger).context("the ledger cannot be read again")?;
        if !unmet.names().is_empty() {
            let rows = ledger.for_each_row(false, |row, _, _| {
                unmet.meet(&row);
                Ok::<_, LedgerError>(())
            });
            rows.context("the ledger cannot be read again")?;
        }
        for name in unmet.names() {
            self.terminal.say(check::differs_nowhere(name));
        }
        let said = disable::after_run(facts, &counted, &files, &next, stopped, Some(&rollback));
        self.terminal.say(said.apart());
        match failed {
            None => Ok(exit),
            Some(error) => {
                self.terminal.error(&format!(
                    "the report was not written: {error}; what was found out is safe in the ledger"
                ));
                Ok(exit.without_report())
            }
        }
    }

    /// The command lines that get on from here. A run that goes on writes the report, too.
    fn next(
        &self,
        facts: &RunFacts,
        exit: Exit,
        stopped: Option<&StopReason>,
        report_failed: bool,
    ) -> Vec<(&'static str, String)> {
        let access = [same_endpoint(&self.arguments.endpoint), same_access(&self.arguments.key)].concat();
        let needs_people = facts.progress.needs_attention > 0
            && self.paths.outputs.iter().all(|(format, _)| *format != ReportFormatArg::Html);
        let ledger_for_people = needs_people.then_some(self.paths.ledger.as_path());
        let ended = Ended { typed: typed(), exit, stopped, access, ledger_for_people };
        let is_over = matches!(exit, Exit::Done | Exit::NeedsAttention);
        if report_failed && is_over {
            let ledger = path_word(&self.paths.ledger);
            return vec![("Next:", ended.other(&["report", &ledger, "-o", "report.csv"], &[]))];
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

/// What there is to do beside the open rows.
struct Rest {
    reader: BothSides,
    read: Vec<Outcome>,
    backlog: Backlog,
    unsettled: Unsettled,
    /// `None` in the practice workspace.
    base_url: Option<String>,
}
