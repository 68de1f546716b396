//! Switching off from the command line: the question, who asks it, and the second pass of `run --disable`.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::base::Disabling;
use crate::cli::arguments::DisablingArgs;
use crate::cli::settings::{UsageError, disabling};
use crate::disable::{self, DisableSettings, PlanView, Switchboard};
use crate::engine::terminal::{self, Answer, Terminal};

/// What is typed within the first seconds of a run may be meant for its question; what is typed while rows are read for
/// minutes is no answer to a plan that nobody has seen yet.
const TYPED_AHEAD: Duration = Duration::from_secs(5);

/// Refuses a command that would have to ask where nobody can answer, before its first request (DESIGN.md, Exit codes).
pub(super) fn somebody_must_be_there(yes: bool) -> Result<(), UsageError> {
    if yes || terminal::can_ask() {
        return Ok(());
    }
    Err(UsageError(
        "there is no terminal on which to ask before assistants are switched off or on. Look at the plan with \
         --dry-run; then say --yes, or type the command in a terminal."
            .into(),
    ))
}

/// Asks on a thread of its own, so that a signal ends the waiting; a closed terminal is no yes.
pub(super) async fn ask(terminal: &Terminal, question: String) -> bool {
    let (answered, answer) = oneshot::channel();
    let terminal = terminal.clone();
    let asking = std::thread::Builder::new().name("question".to_owned()).spawn(move || {
        // Nobody waits any more after a signal.
        let _ = answered.send(terminal.confirm(&question));
    });
    asking.is_ok() && answer.await == Ok(Answer::Yes)
}

/// What the second pass goes by.
pub(super) struct SecondPass<'a> {
    pub(super) arguments: &'a DisablingArgs,
    pub(super) yes: bool,
    /// `None` in the practice workspace.
    pub(super) base_url: Option<&'a str>,
    pub(super) terminal: &'a Terminal,
    /// When the run began.
    pub(super) began: Instant,
    /// The command line that takes everything back.
    pub(super) rollback: &'a str,
}

impl SecondPass<'_> {
    /// When every row is checked: the plan, the question, the requests. Why the run has to stop, if it has to, the
    /// switchboard knows then.
    pub(super) async fn go(&self, board: &mut Switchboard<'_>) {
        let Some((plan, list)) = disable::plan(board, self.arguments.max_disable).await else { return };
        let probe_wait = Duration::from_secs(self.arguments.probe_wait);
        // `--yes` answers the plan's question, which does not know yet that nothing can be told about the agents.
        let may_ask = !self.yes && terminal::can_ask();
        let settings = DisableSettings::new(self.arguments.disable_shared, probe_wait, may_ask);
        let is_dry = disabling(self.arguments) == Disabling::DryRun;
        let must_ask = !is_dry && !self.yes && plan.rows > 0;
        let shown = disable::plan_messages::plan(&PlanView {
            plan: &plan,
            base_url: self.base_url,
            dry_run: is_dry,
            shared: self.arguments.disable_shared,
            list,
            may_ask,
            looks: &settings.looks,
            rollback: self.rollback,
        });
        let shown = shown.apart();
        if must_ask {
            if self.began.elapsed() >= TYPED_AHEAD {
                terminal::forget_what_was_typed();
            }
            self.terminal.show(&shown);
        } else {
            self.terminal.say(&shown);
        }
        if is_dry {
            return;
        }
        if must_ask {
            let asked = ask(self.terminal, disable::plan_question(&plan));
            match board.unless_signalled(asked).await {
                Some(true) => {}
                Some(false) | None => return disable::decline(board).await,
            }
        }
        let go_on_blind = |rest| {
            terminal::forget_what_was_typed();
            ask(self.terminal, disable::blind_question(rest))
        };
        disable::disable(board, &plan, &settings, go_on_blind).await;
    }
}
