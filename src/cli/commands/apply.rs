//! `apply LEDGER`: settings in, layers wired, report out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;

use super::runtime;
use crate::apply::decide::Choices;
use crate::apply::store::{Kind, OpenWrite, Workspace};
use crate::apply::{self, Applier, ApplyFacts, ApplyResult, Plan, Which};
use crate::base::{Backlog, Exit, StopReason, Writing};
use crate::check::Accepted;
use crate::cli::arguments::apply::ApplyArgs;
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::reports::apply_report::ApplyRows;
use crate::cli::reports::parts;
use crate::cli::reports::render::{Asked, Reports, render_outputs};
use crate::cli::reports::split::Split;
use crate::cli::settings::{Outputs, apply_outputs};
use crate::cli::wiring::command_line::{other_command, path_word, same_access, same_command, typed};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::elsewhere;
use crate::cli::wiring::intake::{check_outputs, named};
use crate::cli::wiring::session::{Session, Work, facts_of};
use crate::cli::wiring::signals::Signals;
use crate::cli::wiring::switching::{ask, ask_first, somebody_must_be_there};
use crate::engine::ledger::{Identity, Ledger, LedgerReader, Purpose, RunCommand, Writer};
use crate::engine::platform::{Client, Meter};
use crate::engine::session::Board;
use crate::engine::terminal::{self, Terminal, Text};

const NOTHING: &str = "nothing was written";

/// Candidates read ahead out of the ledger, each with its document.
const READ_AHEAD: usize = 16;

/// Looks, shows what it will do, asks, does it, writes a report of its own.
pub(super) fn apply(
    arguments: &ApplyArgs,
    files: &CommandFiles,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    somebody_must_be_there(arguments.dry_run || arguments.yes, "agents are written")?;
    let outputs = apply_outputs(arguments);
    let ledger = Ledger::open_either(&arguments.ledger).context(NOTHING)?;
    let identity = ledger.identity().context(NOTHING)?;
    if arguments.sandbox && !identity.practice {
        return Err(anyhow!(
            "{NOTHING}: {} belongs to {}, not to the practice workspace; leave --sandbox out",
            arguments.ledger.display(),
            identity.base_url
        )
        .into());
    }
    let named = |option| {
        let knows = |id| ledger.knows_id(id);
        named(option, &arguments.ledger, ("assistant or agent", knows), NOTHING)
    };
    let only = named(("--only", &arguments.only))?;
    let retry_create = named(("--retry-create", &arguments.retry_create))?;
    let other = elsewhere::connection(&arguments.to, &arguments.key, &identity)?;
    let workspace = match &other {
        Some(other) => Workspace::other(other.base_url().as_str()),
        None => Workspace::default(),
    };
    let connection = match other {
        Some(other) => Some(other),
        None => {
            Connection::of_ledger(&arguments.ledger, &identity, &arguments.endpoint, &arguments.key, NOTHING)?
        }
    };
    let which = Which {
        only: (!only.is_empty()).then_some(only),
        map: arguments.to.map.as_deref().map(elsewhere::map).transpose()?.unwrap_or_default(),
        create: arguments.create,
        retry_create,
        has_past: ledger.rows_to_take_back(&workspace).context(NOTHING)? > 0,
        ..Which::default()
    };
    check_outputs(&outputs, NOTHING)?;
    let split = Split::asked_for(&arguments.output.split, &arguments.ledger, files, terminal);
    split.as_ref().map_or(Ok(()), Split::prepare)?;
    let base_url = connection.as_ref().map(|connection| connection.base_url().to_string());
    let started_at = Timestamp::now();
    let apply =
        Apply { arguments, terminal, outputs, split, identity, workspace, base_url, which, started_at };
    apply.go(ledger, connection)
}

struct Apply<'a> {
    arguments: &'a ApplyArgs,
    terminal: &'a Terminal,
    outputs: Outputs,
    split: Option<Split<'a>>,
    identity: Identity,
    workspace: Workspace,
    /// `None` in the practice workspace.
    base_url: Option<String>,
    which: Which,
    started_at: Timestamp,
}

/// What is known of the ledger before the first request.
struct Before {
    backlog: Backlog,
    to_take_back: u64,
    lost_creates: Vec<OpenWrite>,
    accepted: Accepted,
}

impl Apply<'_> {
    fn endpoint(&self) -> apply::Endpoint<'_> {
        let base_url = self.base_url.as_deref();
        apply::Endpoint { base_url, is_elsewhere: self.workspace.is_elsewhere() }
    }

    fn go(&self, ledger: Ledger, connection: Option<Connection>) -> Result<Exit, CommandError> {
        let before = self.before(&ledger)?;
        let runtime = runtime()?;
        let signals = Signals::listen()?;
        if self.arguments.undo {
            let shown = apply::undo_plan(before.to_take_back, self.endpoint(), self.arguments.dry_run);
            self.show(&shown, before.to_take_back > 0);
            if self.arguments.dry_run || before.to_take_back == 0 {
                return Ok(Exit::Done);
            }
            let question = apply::undo_question(before.to_take_back);
            if !self.arguments.yes && ask_first(self.terminal, question, &runtime, &signals).is_some() {
                self.terminal.say("\nNothing is written: you did not say yes.");
                return Ok(Exit::StoppedEarly);
            }
        } else {
            let rpm = self.arguments.network.rpm.get();
            let is_dry = self.arguments.dry_run;
            self.terminal.say(apply::before_apply(&before.backlog, rpm, self.endpoint(), is_dry));
        }
        let network = &self.arguments.network;
        let command = RunCommand::Apply;
        let settings = self.settings();
        let session = Session { runtime: &runtime, ledger, connection, network, command, settings };
        let mut plan = Plan::default();
        let stopped = session.run(None, async |Work { client, writer, .. }| {
            self.work(&client, &writer, &signals, before, &mut plan).await
        })?;
        self.finish(stopped.as_ref(), &plan)
    }

    fn before(&self, ledger: &Ledger) -> Result<Before, CommandError> {
        let reader = LedgerReader::open_either(&self.arguments.ledger).context(NOTHING)?;
        let facts = reader.facts().context(NOTHING)?;
        let to_do = match &self.which.only {
            Some(only) => only.len() as u64,
            None if self.workspace.is_elsewhere() => self.which.map.len() as u64,
            None => reader.rows_kept().context(NOTHING)?,
        };
        Ok(Before {
            backlog: Backlog { rows: facts.rows(), to_do, ..Backlog::default() },
            to_take_back: ledger.rows_to_take_back(&self.workspace).context(NOTHING)?,
            accepted: reader.accepted().context(NOTHING)?,
            lost_creates: ledger.lost_creates(&self.workspace).context(NOTHING)?,
        })
    }

    fn show(&self, text: &Text, must_be_seen: bool) {
        let is_asked = must_be_seen && !self.arguments.yes && !self.arguments.dry_run;
        self.terminal.present(text, is_asked);
    }

    async fn work(
        &self,
        client: &Client,
        writer: &Writer,
        signals: &Signals,
        before: Before,
        plan: &mut Plan,
    ) -> Result<Option<StopReason>, CommandError> {
        let mut progress = self.terminal.progress(&apply::WORDING);
        let timeout = Duration::from_secs(self.arguments.network.timeout);
        let board = Board::new(client, writer, &mut progress, signals.receiver(), timeout);
        let mut applier = Applier {
            board,
            workspace: self.workspace.clone(),
            choices: Choices {
                models: self.arguments.model.clone(),
                with_actions: self.arguments.with_actions,
                elsewhere: self.workspace.is_elsewhere(),
                accepted: before.accepted,
            },
            is_audit: self.identity.purpose == Purpose::Audit,
            spent: Meter::default(),
        };
        if self.arguments.undo {
            applier.undo(self.which.only.as_ref(), before.to_take_back).await;
            return Ok(applier.board.into_stop_reason());
        }
        if !self.arguments.dry_run {
            applier.find_lost_creates(before.lost_creates).await;
        }
        *plan = self.look(&mut applier, before.backlog).await?;
        if applier.board.is_stopped() {
            return Ok(applier.board.into_stop_reason());
        }
        applier.at_most(self.arguments.max_changes).await;
        let rows = self.arguments.max_changes.map_or(plan.count(), |most| plan.count().min(most));
        let shown =
            apply::apply_plan(plan, rows, self.endpoint(), self.arguments.dry_run, &self.undo_command());
        self.show(&shown.apart(), rows > 0);
        if self.arguments.dry_run {
            applier.would_apply().await;
            return Ok(applier.board.into_stop_reason());
        }
        if rows > 0 && !self.arguments.yes {
            terminal::forget_what_was_typed();
            let asked = ask(self.terminal, apply::apply_question(rows));
            if applier.board.unless_signalled(asked).await == Some(false) {
                applier.board.decline();
            }
        }
        if rows > 0 {
            applier.apply(rows, self.which.has_past).await;
        }
        Ok(applier.board.into_stop_reason())
    }

    /// Rows go through as they come out of the ledger.
    async fn look(&self, applier: &mut Applier<'_>, backlog: Backlog) -> Result<Plan, CommandError> {
        let reader = LedgerReader::open_either(&self.arguments.ledger).context("the ledger")?;
        let made = reader.agents_by(Kind::Create, &self.workspace).context("the ledger")?;
        let filled = if self.workspace.is_elsewhere() {
            reader.agents_by(Kind::Update, &self.workspace).context("the ledger")?
        } else {
            HashMap::new()
        };
        let which = Arc::new(Which { made, filled, ..self.which.clone() });
        let (into, rows) = mpsc::channel(READ_AHEAD);
        let how = (Arc::clone(&which), applier.is_audit, self.workspace.is_elsewhere());
        let reading =
            tokio::task::spawn_blocking(move || apply::feed(&reader, (&how.0, how.1, how.2), &into));
        let concurrency = usize::from(self.arguments.network.concurrency);
        let plan = applier.look(rows, which, (concurrency, backlog)).await;
        // The reader has to be gone before the ledger is closed, so that it is left as one file.
        reading.await.map_err(|_| anyhow!("the ledger could not be read to its end"))?;
        Ok(plan)
    }

    /// What the ledger remembers of how it was run; never a key.
    fn settings(&self) -> serde_json::Value {
        let models = self.arguments.model.iter().map(|model| format!("{}={}", model.old, model.new));
        json!({
            "undo": self.arguments.undo,
            "dry_run": self.arguments.dry_run,
            "to": self.base_url.as_deref().filter(|_| self.workspace.is_elsewhere()),
            "models": models.collect::<Vec<_>>(),
            "with_actions": self.arguments.with_actions,
            "create": self.arguments.create,
            "max_changes": self.arguments.max_changes,
        })
    }

    /// The command line that takes everything back.
    fn undo_command(&self) -> String {
        let ledger = path_word(&self.arguments.ledger);
        let mut words = vec!["apply", &ledger, "--undo"];
        words.extend(self.arguments.sandbox.then_some("--sandbox"));
        if self.workspace.is_elsewhere() {
            words.extend(self.base_url.iter().flat_map(|url| ["--to-base-url", url]));
        }
        let key = self.arguments.to.to_api_key_file.as_deref().map(path_word);
        words.extend(key.iter().flat_map(|path| ["--to-api-key-file", path]));
        other_command(&typed(), &words, &same_access(&self.arguments.key))
    }

    fn finish(&self, stopped: Option<&StopReason>, plan: &Plan) -> Result<Exit, CommandError> {
        let ledger =
            LedgerReader::open_either(&self.arguments.ledger).context("the ledger cannot be read again")?;
        let facts = ApplyFacts {
            run: facts_of(self.base_url.clone(), self.started_at, stopped.cloned()),
            counts: Vec::new(),
            is_undo: self.arguments.undo,
            is_dry_run: self.arguments.dry_run,
        };
        let (workspace, redact) = (&self.workspace, self.arguments.output.redact);
        let mut rows = ApplyRows { ledger: &ledger, workspace, facts, redact };
        let asked = Asked::of_all(&self.arguments.output);
        let (result, mut reports) = match rows.counted() {
            Ok(result) => {
                let has_answers = result.has_answers();
                let (outputs, terminal) = (&self.outputs, self.terminal);
                let reports = render_outputs(&rows, outputs, &asked, has_answers, terminal, &mut |_| {});
                (result, reports)
            }
            Err(error) => (ApplyResult::default(), Reports::failed(&error)),
        };
        let writing = if self.arguments.undo { Writing::Undoing } else { Writing::Applying };
        let is_about_all = writing == Writing::Applying && self.which.only.is_none();
        let exit = Exit::of(stopped, result.needs_attention(is_about_all));
        let next = self.next_command(exit, plan);
        let take_back = (result.has_written && !self.arguments.dry_run).then(|| self.undo_command());
        self.terminal.error_if_quiet(stopped);
        let summary = apply::after_apply(
            &result,
            (self.base_url.is_none(), writing),
            &reports.files_and(&self.arguments.ledger),
            (take_back.as_deref(), next.as_deref()),
            stopped,
        );
        self.terminal.say(summary.apart());
        parts::write_after(&mut reports, &rows, self.split.as_ref(), &asked, result.has_answers());
        Ok(reports.exit(exit, ["report", "done"], self.terminal))
    }

    /// The command to type next; `None` when there is nothing left to do.
    fn next_command(&self, exit: Exit, plan: &Plan) -> Option<String> {
        let typed = typed();
        if self.arguments.dry_run {
            let words: Vec<_> = typed.into_iter().filter(|word| word != "--dry-run").collect();
            return (plan.count() > 0).then(|| same_command(&words));
        }
        let is_left_over = self.arguments.max_changes.is_some_and(|most| plan.count() > most);
        (exit != Exit::Done || is_left_over).then(|| same_command(&typed))
    }
}
