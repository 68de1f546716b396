//! What is said before, between and after: pure functions from facts to text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::look::Plan;
use crate::base::{
    AgentDone, ApplyStatus, Backlog, Event, RowStatus, StopReason, Writing, grouped, terminal_safe,
};
use crate::engine::terminal::{
    Blocks, Phase, Said, Text, Tone, WHOLE, Wording, by_word, counted, counts, most_first, quoted, work,
};

pub(crate) static WORDING: Wording = Wording { requests_each: 1, word: RowStatus::as_str, says };

fn says(event: &Event, during: Phase) -> Option<Said> {
    match (event, during) {
        (Event::Written(done), _) => Some(Said::Detail(agent_line(done))),
        (Event::Stopping(reason), Phase::Writing(_)) => {
            let reason = terminal_safe(&reason.to_string(), 1_000);
            Some(Said::Line(format!("Nothing more is written: {reason}")))
        }
        _ => None,
    }
}

/// `-v`: one line per agent. Names and errors are the platform's and may hold anything.
fn agent_line(done: &AgentDone) -> String {
    let agent = done.agent.map_or_else(|| "(no agent)".to_owned(), |agent| agent.to_string());
    let mut line = format!("{agent}  {}  {}", done.status, quoted(Some(&done.name)));
    if !done.error.is_empty() {
        let _ = write!(line, "  {}", terminal_safe(&done.error, 200));
    }
    line
}

/// Where it happens; `base_url` is `None` in the practice workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint<'a> {
    pub(crate) base_url: Option<&'a str>,
    /// Whether it is another workspace than the ledger's.
    pub(crate) is_elsewhere: bool,
}

impl Endpoint<'_> {
    const fn is_practice(&self) -> bool {
        self.base_url.is_none()
    }
}

pub(crate) fn before_apply(backlog: &Backlog, rpm: u32, endpoint: Endpoint<'_>, dry_run: bool) -> Text {
    let mut blocks = Blocks::new(endpoint.is_practice());
    blocks.platform(endpoint.base_url);
    blocks.push(&work(backlog, rpm, 1));
    blocks.say(if dry_run {
        "It reads the agents, and shows what would be written. Nothing is changed."
    } else {
        "It reads the agents first. What is then to be written is shown, and asked about, before anything is changed."
    });
    blocks.finish()
}

/// What is about to be written, what is left and why, and the command line that takes it back.
/// `rows`: how many of them `--max-changes` leaves.
pub(crate) fn apply_plan(
    plan: &Plan,
    rows: u64,
    endpoint: Endpoint<'_>,
    dry_run: bool,
    take_back: &str,
) -> Text {
    let mut blocks = Blocks::new(endpoint.is_practice());
    blocks.say(&headline(plan, dry_run));
    if rows < plan.count() {
        let others = grouped(plan.count() - rows);
        blocks.say(&format!("--max-changes leaves the last {others} of them for another command."));
    }
    let fields = plan.fields.iter().map(|(field, rows)| (*rows, field.as_str()));
    let others = plan.others.iter().map(|(status, rows)| (*rows, status.as_str()));
    let left = plan
        .left
        .iter()
        .map(|(left, rows)| (*rows, format!("{}: {}", terminal_safe(&left.name, 60), left.why.words())));
    for (heading, lines) in [
        ("Fields to be written", counts(fields)),
        ("Other rows", counts(others)),
        ("Left behind", counts(left)),
    ] {
        if !lines.is_empty() {
            blocks.push(&format!("{heading}:{lines}"));
        }
    }
    for (is_due, warning) in [
        (
            plan.with_actions > 0,
            "WARNING: --with-actions replaces all tools of these agents, also workflows that were attached in the web \
             app and that the API does not show.",
        ),
        (
            plan.creates > 0,
            "An agent made through the API belongs to the key's service account: nobody sees it in the web app, and no \
             call shares or deletes it.",
        ),
        (
            endpoint.is_elsewhere && plan.count() > 0,
            "No API carries over conversations, who an agent is shared with, the connections of actions, and files.",
        ),
    ] {
        if is_due {
            blocks.say(warning);
        }
    }
    if plan.count() > 0 && !dry_run {
        blocks.command("To take it back later:", take_back);
    }
    blocks.finish()
}

fn headline(plan: &Plan, dry_run: bool) -> String {
    let (one, many) = if dry_run {
        ("agent would be", "agents would be")
    } else {
        ("agent is about to be", "agents are about to be")
    };
    let deeds: Vec<_> = [(plan.updates, "written"), (plan.creates, "made")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, deed)| format!("{} {deed} and published", counted(count, one, many)))
        .collect();
    let said = deeds.join(", ");
    match (deeds.as_slice(), dry_run) {
        ([], _) => "There is nothing to write.".to_owned(),
        (_, true) => format!("Nothing is written: this is a dry run. Without --dry-run, {said}."),
        (_, false) => format!("{said}, for all their users."),
    }
}

pub(crate) fn apply_question(rows: u64) -> String {
    format!("Write {}?", counted(rows, "agent", "agents"))
}

pub(crate) fn undo_plan(rows: u64, endpoint: Endpoint<'_>, dry_run: bool) -> Text {
    let mut blocks = Blocks::new(endpoint.is_practice());
    blocks.platform(endpoint.base_url);
    let agents = counted(rows, "agent", "agents");
    blocks.say(&match (rows, dry_run) {
        (0, _) => "There is nothing to take back: this ledger knows of no agent that this program wrote.".to_owned(),
        (_, true) => format!("Nothing is written: this is a dry run. Without --dry-run, what was written to {agents} would be taken back."),
        (_, false) => format!(
            "What was written to {agents} is about to be taken back, where the agent still is as this program left it; \
             agents that it made are switched off."
        ),
    });
    blocks.finish()
}

pub(crate) fn undo_question(rows: u64) -> String {
    format!("Take back what was written to {}?", counted(rows, "agent", "agents"))
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyResult {
    pub(crate) statuses: BTreeMap<ApplyStatus, u64>,
    pub(crate) remedies: BTreeMap<&'static str, u64>,
    /// Whether something of ours may stand in an agent.
    pub(crate) has_written: bool,
}

impl ApplyResult {
    /// Takes in the next row; `is_written`: something of ours may stand in its agent.
    pub(crate) fn count(&mut self, status: ApplyStatus, remedy: &'static str, is_written: bool) {
        self.has_written |= is_written;
        *self.statuses.entry(status).or_default() += 1;
        if status.needs_attention() {
            *self.remedies.entry(remedy).or_default() += 1;
        }
    }

    /// Whether some rows need somebody. A command that is not about all rows asks nothing of a cell without an id, nor of what it
    /// did not come to.
    pub(crate) fn needs_attention(&self, is_about_all: bool) -> bool {
        let is_asked = |status: &ApplyStatus| {
            is_about_all || !matches!(status, ApplyStatus::InvalidId | ApplyStatus::NotChecked)
        };
        self.statuses.keys().any(|status| status.needs_attention() && is_asked(status))
    }

    /// Whether there was an answer that says something about a row.
    pub(crate) fn has_answers(&self) -> bool {
        self.statuses.keys().any(|status| {
            !matches!(
                status,
                ApplyStatus::Failed
                    | ApplyStatus::NotChecked
                    | ApplyStatus::InvalidId
                    | ApplyStatus::Duplicate
            )
        })
    }
}

/// How it ended: why early, rows by status, what to do, `files` with what each one is, the command line that takes it back,
/// and the one to type next.
pub(crate) fn after_apply(
    result: &ApplyResult,
    (practice, writing): (bool, Writing),
    files: &[(&str, &Path)],
    (take_back, next): (Option<&str>, Option<&str>),
    stopped: Option<&StopReason>,
) -> Text {
    let mut blocks = Blocks::new(practice);
    if let Some(reason) = stopped {
        let words = terminal_safe(&reason.to_string(), WHOLE);
        let what = if *reason == StopReason::Declined { "Nothing is written" } else { "Ended early" };
        blocks.push(&format!("{what}: {words}"));
    }
    let rows: u64 = result.statuses.values().sum();
    let lines = ApplyStatus::ALL.map(|status| {
        let rows = result.statuses.get(&status).copied().unwrap_or_default();
        (status.as_str(), if status.needs_attention() { Tone::Bad } else { Tone::Good }, rows, String::new())
    });
    blocks.push(&format!("{}:{}", counted(rows, "row", "rows"), by_word(lines)));
    let todo = most_first(&result.remedies);
    if !todo.is_empty() {
        blocks.push(&format!("What to do:{todo}"));
    } else if stopped.is_none() && next.is_none() && !result.statuses.contains_key(&ApplyStatus::NotChecked) {
        blocks.say(match writing {
            Writing::Applying => "All is done: every agent is what the ledger keeps.",
            Writing::Undoing => "All is done: nothing that this program wrote stands any more.",
        });
    }
    blocks.files(files);
    if let Some(take_back) = take_back {
        blocks.command("To take it back:", take_back);
    }
    if let Some(next) = next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::left::{Left, WhyLeft};

    fn plan() -> Plan {
        Plan {
            updates: 41,
            creates: 1,
            others: BTreeMap::from([(ApplyStatus::Unchanged, 1_180), (ApplyStatus::NoSource, 7)]),
            fields: BTreeMap::from([("instruction".into(), 40), ("model".into(), 2)]),
            left: BTreeMap::from([(Left::new("actions", WhyLeft::ToolsAreKept), 12)]),
            with_actions: 1,
        }
    }

    #[test]
    fn before_agents_are_written() {
        let endpoint = Endpoint { base_url: Some("https://api.odeus.ai"), is_elsewhere: true };
        insta::assert_snapshot!(apply_plan(&plan(), 10, endpoint, false, "agent-migrate apply a.ledger --undo"), @r"
        41 agents are about to be written and published, 1 agent is about to be made and published, for all
        their users.

        --max-changes leaves the last 32 of them for another command.

        Fields to be written:
          40  instruction
           2  model

        Other rows:
          1,180  unchanged
              7  no_source

        Left behind:
          12  actions: tools are written only with --with-actions

        WARNING: --with-actions replaces all tools of these agents, also workflows that were attached in the
        web app and that the API does not show.

        An agent made through the API belongs to the key's service account: nobody sees it in the web app,
        and no call shares or deletes it.

        No API carries over conversations, who an agent is shared with, the connections of actions, and
        files.

        To take it back later:
          agent-migrate apply a.ledger --undo
        ");
    }

    #[test]
    fn a_dry_run_and_a_plan_without_work_say_so() {
        let endpoint = Endpoint { base_url: None, is_elsewhere: false };
        insta::assert_snapshot!(apply_plan(&Plan::default(), 0, endpoint, false, ""), @"PRACTICE: There is nothing to write.");
        let plan = Plan { creates: 0, with_actions: 0, ..plan() };
        let first = apply_plan(&plan, 41, endpoint, true, "").to_string();
        insta::assert_snapshot!(first.split("\n\n").next().unwrap_or_default(), @r"
        PRACTICE: Nothing is written: this is a dry run. Without --dry-run, 41 agents would be written and
        published.
        ");
    }

    #[test]
    fn after_agents_were_written() {
        let mut result = ApplyResult::default();
        for (status, remedy) in [
            (ApplyStatus::Applied, ""),
            (ApplyStatus::DraftInUse, "Publish or discard them."),
            (ApplyStatus::Unchanged, ""),
        ] {
            result.count(status, remedy, status == ApplyStatus::Applied);
        }
        assert!(result.has_written && result.has_answers() && result.needs_attention(true));
        let files = [("report", Path::new("a.apply.csv"))];
        let said = after_apply(
            &result,
            (false, Writing::Applying),
            &files,
            (Some("agent-migrate apply a.ledger --undo"), Some("agent-migrate apply a.ledger")),
            None,
        );
        insta::assert_snapshot!(said, @r"
        3 rows:
          applied              1
          unchanged            1
          draft_in_use         1

        What to do:
          1  Publish or discard them.

        Files:
          report  a.apply.csv

        To take it back:
          agent-migrate apply a.ledger --undo

        Next:
          agent-migrate apply a.ledger
        ");
    }
}
