//! Switching off from the command line: the question, who asks it, and the second pass of `run --disable`.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::signals::Signals;
use crate::base::{Disabling, StopReason};
use crate::cli::arguments::RunArgs;
use crate::cli::settings::{UsageError, disabling};
use crate::disable::{self, DisableSettings, PlanView, Switcher};
use crate::engine::terminal::{self, Answer, Terminal};

/// What is typed within the first seconds of a run may be meant for its question; what is typed while rows are read for
/// minutes is no answer to a plan that nobody has seen yet.
const TYPED_AHEAD: Duration = Duration::from_secs(5);

/// Refuses a command that would have to ask, before what it does, where nobody can answer: before its first request
/// (DESIGN.md, Exit codes).
pub(crate) fn somebody_must_be_there(yes: bool, what: &str) -> Result<(), UsageError> {
    if yes || terminal::can_ask() {
        return Ok(());
    }
    Err(UsageError(format!(
        "there is no terminal on which to ask before {what}. Look at the plan with --dry-run; then say --yes, or type \
         the command in a terminal."
    )))
}

/// Asks on a thread of its own, so that a signal ends the waiting; a closed terminal is no yes.
pub(crate) async fn ask(terminal: &Terminal, question: String) -> bool {
    let (answered, answer) = oneshot::channel();
    let terminal = terminal.clone();
    let asking = std::thread::Builder::new().name("question".to_owned()).spawn(move || {
        // Nobody waits any more after a signal.
        let _ = answered.send(terminal.confirm(&question));
    });
    asking.is_ok() && answer.await == Ok(Answer::Yes)
}

/// Asks before anything is under way; gives why nothing is to be done, unless the answer is yes.
pub(crate) fn ask_first(
    terminal: &Terminal,
    question: String,
    runtime: &Runtime,
    signals: &Signals,
) -> Option<StopReason> {
    runtime.block_on(async {
        tokio::select! {
            biased;
            signal = signals.wait() => Some(StopReason::Signal { signal }),
            yes = ask(terminal, question) => (!yes).then_some(StopReason::Declined),
        }
    })
}

/// When every row is checked: the plan, the question, the requests. Why the run has to stop, if it has to, the switcher
/// knows then. `base_url` is `None` in the practice workspace, `rollback` the command line that takes everything back.
pub(crate) async fn second_pass(
    switcher: &mut Switcher<'_>,
    arguments: &RunArgs,
    base_url: Option<&str>,
    rollback: &str,
    terminal: &Terminal,
    began: Instant,
) {
    let RunArgs { switching, yes, .. } = arguments;
    let Some((plan, list)) = disable::plan(switcher, switching.max_disable).await else { return };
    let probe_wait = Duration::from_secs(switching.probe_wait);
    // `--yes` answers the plan's question, which does not know yet that nothing can be told about the agents.
    let may_ask = !yes && terminal::can_ask();
    let settings = DisableSettings::new(switching.disable_shared, probe_wait, may_ask);
    let is_dry = disabling(switching) == Disabling::DryRun;
    let must_ask = !is_dry && !yes && plan.rows > 0;
    let shown = disable::plan_messages::plan(&PlanView {
        plan: &plan,
        base_url,
        dry_run: is_dry,
        settings: &settings,
        list,
        rollback,
    });
    let shown = shown.apart();
    if must_ask && began.elapsed() >= TYPED_AHEAD {
        terminal::forget_what_was_typed();
    }
    terminal.present(&shown, must_ask);
    if is_dry {
        return;
    }
    if must_ask {
        let asked = ask(terminal, disable::plan_question(&plan));
        match switcher.board.unless_signalled(asked).await {
            Some(true) => {}
            Some(false) | None => return disable::decline(switcher).await,
        }
    }
    let go_on_blind = |rest| {
        terminal::forget_what_was_typed();
        ask(terminal, disable::blind_question(rest))
    };
    disable::disable(switcher, &plan, &settings, go_on_blind).await;
}
