//! `sandbox`: serves the practice workspace until Ctrl-C.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::command_line::{command_line, program, typed};
use super::signals::Signals;
use super::{CommandError, Exit, runtime};
use crate::cli::{SandboxArgs, SandboxListArg, SandboxRecordsArg};
use crate::sandbox::{self, AgentList, RetryAfter, SandboxOptions};
use crate::ui::{self, Terminal};

/// The sample's input, as it lies in the repository.
const SAMPLE: &str = "samples/assistants.csv";

/// Serves it, prints its base URL and key (two lines on standard output), and how to use them.
pub(super) fn sandbox(arguments: &SandboxArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let signals = Signals::listen().context("signals cannot be listened to")?;
        let sandbox =
            sandbox::start(options(arguments)).await.context("the practice workspace cannot be served")?;
        let (base_url, key) = (sandbox.base_url(), sandbox.key().to_owned());
        ui::print_bytes(format!("base URL: {base_url}\nkey:      {key}\n").as_bytes())
            .context("standard output")?;
        terminal.say(&format!(
            "PRACTICE workspace: nothing in it is real. In another terminal:\n  {}\nCtrl-C ends it.",
            run_against(&base_url, &key)
        ));
        signals.wait().await;
        sandbox.stop().await;
        Ok(Exit::Done)
    })
}

/// A command line that works as it stands where the sample is at hand.
fn run_against(base_url: &str, key: &str) -> String {
    let input = if Path::new(SAMPLE).exists() { SAMPLE } else { "assistants.csv" };
    let typed = typed();
    let line = command_line(&mut [program(&typed), "run", input, "--base-url", base_url].into_iter());
    format!("AGENT_MIGRATE_API_KEY={key} {line}")
}

fn options(arguments: &SandboxArgs) -> SandboxOptions {
    SandboxOptions {
        port: arguments.port,
        workspace: arguments.workspace.clone(),
        made_up: !arguments.no_made_up,
        share_all: arguments.share_all,
        one_record: arguments.records == SandboxRecordsArg::One,
        list: match (arguments.list, arguments.list_lag) {
            (SandboxListArg::Missing, _) => AgentList::Missing,
            (SandboxListArg::Present, 0) => AgentList::Present,
            (SandboxListArg::Present, seconds) => AgentList::Lagging(Duration::from_secs(seconds)),
        },
        rpm: arguments.rate_limit.map(std::num::NonZero::get),
        retry_after: arguments.retry_after.map_or(RetryAfter::Absent, RetryAfter::Fixed),
        latency: Duration::from_millis(arguments.latency_ms),
        fail_rate: arguments.fail_rate,
        reset_rate: arguments.reset_rate,
        truncate_rate: arguments.truncate_rate,
        unauthorized_after: arguments.unauthorized_after,
        gone_after: arguments.gone_after,
        missing_scope: arguments.missing_scope,
        // The log is for tests; a workspace that serves for days must not grow.
        keep_log: false,
        ..SandboxOptions::default()
    }
}
