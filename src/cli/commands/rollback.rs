//! `rollback LEDGER`: switches on again what this program switched off, or may have.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use uuid::Uuid;

use super::runtime;
use crate::base::{Exit, RollbackPlan, StopReason};
use crate::check::BothSides;
use crate::cli::arguments::rollback::RollbackArgs;
use crate::cli::error::CommandError;
use crate::cli::reports::render::{Asked, render_outputs};
use crate::cli::reports::run_report::RunRows;
use crate::cli::settings::{Outputs, rollback_outputs};
use crate::cli::wiring::command_line::{same_command, typed};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::intake::{check_outputs, named};
use crate::cli::wiring::session::{Session, Work};
use crate::cli::wiring::signals::Signals;
use crate::cli::wiring::switching::{ask_first, somebody_must_be_there};
use crate::disable::{self, RollbackResult, Switcher, roll_back};
use crate::engine::ledger::{Ledger, LedgerReader, RunCommand};
use crate::engine::report::page::PageOptions;
use crate::engine::session::Board;
use crate::engine::terminal::Terminal;

const NOTHING: &str = "nothing was switched";

/// Shows what it will do, asks, does it, writes the report again.
pub(super) fn rollback(arguments: &RollbackArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    if !arguments.dry_run {
        somebody_must_be_there(arguments.yes, "assistants are switched off or on")?;
    }
    let outputs = rollback_outputs(arguments);
    let ledger = Ledger::open_existing(&arguments.ledger).context(NOTHING)?;
    let identity = ledger.identity().context(NOTHING)?;
    let knows = |id| ledger.knows_assistant(id);
    let only = named(("--only", &arguments.only), &arguments.ledger, ("assistant", knows), NOTHING)?;
    let only = (!only.is_empty()).then_some(only);
    let plan = ledger.rollback_plan(only.as_ref()).context("the ledger")?;
    let is_idle = arguments.dry_run || plan.count() == 0;
    let connection = if is_idle {
        None
    } else {
        Connection::of_ledger(&arguments.ledger, &identity, &arguments.endpoint, &arguments.key, NOTHING)?
    };
    if !arguments.dry_run {
        check_outputs(&outputs, NOTHING)?;
    }
    let base_url = (!identity.practice).then_some(identity.base_url.as_str());
    let shown = disable::rollback_plan(&plan, base_url, identity.practice, arguments.dry_run);
    let must_ask = !is_idle && !arguments.yes;
    terminal.present(&shown, must_ask);
    if arguments.dry_run {
        return Ok(Exit::Done);
    }
    let rollback = Rollback { arguments, terminal, only, plan, outputs, practice: identity.practice };
    let (result, stopped) = if is_idle {
        let left = rollback.plan.left_alone;
        drop(ledger);
        (RollbackResult { left, ..RollbackResult::default() }, None)
    } else {
        rollback.go(ledger, connection)?
    };
    rollback.finish(result, stopped.as_ref())
}

struct Rollback<'a> {
    arguments: &'a RollbackArgs,
    terminal: &'a Terminal,
    only: Option<BTreeSet<Uuid>>,
    plan: RollbackPlan,
    outputs: Outputs,
    practice: bool,
}

impl Rollback<'_> {
    /// Asks, and switches on.
    fn go(
        &self,
        ledger: Ledger,
        connection: Option<Connection>,
    ) -> Result<(RollbackResult, Option<StopReason>), CommandError> {
        let runtime = runtime()?;
        let signals = Signals::listen()?;
        if !self.arguments.yes {
            let question = disable::rollback_question(&self.plan);
            let stopped = ask_first(self.terminal, question, &runtime, &signals);
            if stopped.is_some() {
                let left = self.plan.count() + self.plan.left_alone;
                return Ok((RollbackResult { left, ..RollbackResult::default() }, stopped));
            }
        }
        let network = &self.arguments.network;
        let command = RunCommand::Rollback;
        let only: Vec<_> = self.only.iter().flatten().map(Uuid::to_string).collect();
        let settings = json!({ "only": only });
        let session = Session { runtime: &runtime, ledger, connection, network, command, settings };
        let mut progress = self.terminal.progress(&disable::WORDING);
        let mut result = RollbackResult::default();
        let stopped = session.run(None, async |Work { client, writer, .. }| {
            let timeout = Duration::from_secs(network.timeout);
            let board = Board::new(&client, &writer, &mut progress, signals.receiver(), timeout);
            let mut switcher = Switcher::new(board, BothSides::default());
            result = roll_back(&mut switcher, self.only.as_ref(), self.plan.count()).await;
            Ok(switcher.board.into_stop_reason())
        })?;
        let all = self.plan.count() + self.plan.left_alone;
        result.left = all.saturating_sub(result.switched_on).saturating_sub(result.failed);
        Ok((result, stopped))
    }

    fn finish(&self, result: RollbackResult, stopped: Option<&StopReason>) -> Result<Exit, CommandError> {
        let again = "the ledger cannot be read again";
        let ledger = LedgerReader::open(&self.arguments.ledger).context(again)?;
        let facts = ledger.facts().context(again)?;
        let asked = Asked { dialect: self.arguments.dialect, page: PageOptions::default() };
        let rows = RunRows { ledger: &ledger, facts, redact: false, again: false };
        let reports = render_outputs(&rows, &self.outputs, &asked, true, self.terminal, &mut |_| {});
        let is_over = stopped.is_none() && result.failed == 0 && (result.left == 0 || self.only.is_some());
        let next = (!is_over).then(|| same_command(&typed()));
        let stuck = (result.failed > 0)
            .then(|| format!("{} could not be switched on again and may be off", result.failed));
        self.terminal.error_if_quiet(stopped.map(ToString::to_string).into_iter().chain(stuck));
        let files = reports.files_and(&self.arguments.ledger);
        let summary = disable::after_rollback(&result, self.practice, &files, next.as_deref(), stopped);
        self.terminal.say(summary.apart());
        Ok(reports.exit(Exit::of(stopped, !is_over), ["report", "done"], self.terminal))
    }
}
