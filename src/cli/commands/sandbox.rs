//! `sandbox`: serves the practice workspace until Ctrl-C.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::runtime;
use crate::base::Exit;
use crate::cli::arguments::sandbox::SandboxArgs;
use crate::cli::error::CommandError;
use crate::cli::wiring::command_line::{other_command, typed, with_key};
use crate::cli::wiring::signals::Signals;
use crate::engine::terminal::{self, Terminal};
use crate::practice::{self, AgentList, RetryAfter, SandboxOptions, Times, WriteTrouble};

/// The sample's input, as it lies in the repository.
const SAMPLE: &str = "samples/assistants.csv";

/// Serves it, prints its base URL and key (two lines on standard output), and how to use them.
pub(super) fn sandbox(arguments: &SandboxArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let signals = Signals::listen()?;
        let sandbox =
            practice::start(options(arguments)).await.context("the practice workspace cannot be served")?;
        let (base_url, key) = (sandbox.base_url(), sandbox.key().to_owned());
        terminal::print_bytes(format!("base URL: {base_url}\nkey:      {key}\n").as_bytes())
            .context("standard output")?;
        terminal.say(format!(
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
    let line = other_command(&typed(), &["run", input, "--base-url", base_url], &[]);
    with_key("AGENT_MIGRATE_API_KEY", key, &line)
}

fn options(arguments: &SandboxArgs) -> SandboxOptions {
    let writes = WriteTrouble {
        failed: Times::Never,
        dropped: Times::First(arguments.writing.drop_writes),
        lost: Times::First(arguments.writing.lose_writes),
    };
    SandboxOptions {
        port: arguments.port,
        workspace: arguments.workspace.clone(),
        no_made_up: arguments.no_made_up,
        mix: arguments.mix,
        share_all: arguments.share_all,
        one_record: arguments.one_record,
        list: match (arguments.list, arguments.list_lag) {
            (AgentList::Present, 1..) => AgentList::Lagging(Duration::from_secs(arguments.list_lag)),
            (list, _) => list,
        },
        governance: arguments.governance,
        rpm: arguments.rate_limit.map(std::num::NonZero::get),
        retry_after: arguments.retry_after.map_or(RetryAfter::Absent, RetryAfter::Fixed),
        latency: Duration::from_millis(arguments.latency_ms),
        fail_rate: arguments.fail_rate,
        unauthorized_after: arguments.unauthorized_after,
        gone_after: arguments.gone_after,
        missing_scope: arguments.missing_scope,
        disable_forbidden: arguments.switching.forbid_disable,
        disable: WriteTrouble {
            lost: Times::First(arguments.switching.lose_disables),
            ..WriteTrouble::default()
        },
        enable: WriteTrouble {
            failed: Times::First(arguments.switching.fail_enables),
            ..WriteTrouble::default()
        },
        lost_answer: arguments.switching.lost_answer,
        edit_forbidden: arguments.writing.forbid_edit,
        update: writes,
        publish: writes,
        create: writes,
        flaky_creates: Times::First(arguments.writing.flaky_creates),
        // The log is for tests; a workspace that serves for days must not grow.
        no_log: true,
        ..SandboxOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Cli, Command};
    use crate::practice::{Governance, LostAnswer};

    fn typed(line: &str) -> SandboxOptions {
        let cli = Cli::try_parse_from(line.split_whitespace()).expect("the line can be typed");
        let Command::Sandbox(arguments) = cli.command else { panic!("{line} is another command") };
        options(&arguments)
    }

    #[test]
    fn what_is_typed_about_switching_off_is_what_is_played() {
        let plain = typed("agent-migrate sandbox");
        assert!(plain.one_record && !plain.disable_forbidden);
        assert_eq!(
            (plain.list, plain.disable.lost, plain.lost_answer, plain.enable.failed),
            (AgentList::Present, Times::First(0), LostAnswer::Closed, Times::First(0))
        );
        let troubled = typed(
            "agent-migrate sandbox --records two --list-lag 30 --forbid-disable --lose-disables 3 \
             --lost-answer silent --fail-enables 2",
        );
        assert!(!troubled.one_record && troubled.disable_forbidden);
        assert_eq!(
            (troubled.list, troubled.disable.lost, troubled.lost_answer, troubled.enable.failed),
            (
                AgentList::Lagging(Duration::from_secs(30)),
                Times::First(3),
                LostAnswer::Silent,
                Times::First(2)
            )
        );
        assert_eq!(typed("agent-migrate sandbox --list missing").list, AgentList::Missing);
        for (word, governance) in [
            ("on", Governance::On),
            ("no-scope", Governance::NoScope),
            ("off", Governance::Off),
            ("missing", Governance::Missing),
        ] {
            assert_eq!(typed(&format!("agent-migrate sandbox --governance {word}")).governance, governance);
        }
        assert_eq!(plain.governance, Governance::On);
    }

    #[test]
    fn what_is_typed_about_writing_agents_is_what_is_played() {
        let plain = typed("agent-migrate sandbox");
        let none =
            WriteTrouble { dropped: Times::First(0), lost: Times::First(0), ..WriteTrouble::default() };
        assert_eq!((plain.update, plain.publish, plain.create), (none, none, none));
        assert!(!plain.edit_forbidden && plain.flaky_creates == Times::First(0));
        let troubled = typed(
            "agent-migrate sandbox --workspace two --forbid-edit --lose-writes 1 --drop-writes 2 --flaky-creates 3 \
             --lost-answer silent",
        );
        let both =
            WriteTrouble { dropped: Times::First(2), lost: Times::First(1), ..WriteTrouble::default() };
        assert_eq!((troubled.update, troubled.publish, troubled.create), (both, both, both));
        assert!(troubled.edit_forbidden && troubled.flaky_creates == Times::First(3));
        assert_eq!(troubled.lost_answer, LostAnswer::Silent);
        assert_eq!(troubled.workspace.as_deref(), Some(Path::new("two")));
    }
}
