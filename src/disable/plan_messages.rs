//! What is shown and asked before assistants are switched off: pure functions from facts to text.

use std::fmt::Write as _;
use std::time::Duration;

use super::agent_list::ListState;
use super::run::DisableSettings;
use crate::base::{Candidate, NotPlanned, Plan, grouped};
use crate::engine::terminal::{
    Blocks, Text, assistants, counted, counts, enumerated, hanging, moment, quoted, rows,
};

/// What a person has to know before saying yes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanView<'a> {
    pub(crate) plan: &'a Plan,
    /// The base URL; `None` in the built-in practice workspace.
    pub(crate) base_url: Option<&'a str>,
    /// Whether nothing is switched off in the end (`--dry-run`).
    pub(crate) dry_run: bool,
    /// How it is about to be carried out.
    pub(crate) settings: &'a DisableSettings,
    pub(crate) list: ListState,
    /// The command line that takes everything back.
    pub(crate) rollback: &'a str,
}

impl PlanView<'_> {
    /// Assistants that have the UUID of their agent, so that the two may be one record.
    const fn same_uuid(&self) -> u64 {
        self.plan.rows.saturating_sub(self.plan.other_uuid)
    }
}

/// What is about to be switched off, what not and why, step by step, and how to take it back.
pub(crate) fn plan(view: &PlanView<'_>) -> Text {
    let mut blocks = Blocks::new(view.base_url.is_none());
    if !view.dry_run {
        blocks.platform(view.base_url);
    }
    blocks.say(&headline(view));
    let left = counts(view.plan.not_planned.iter().map(|(why, rows)| (*rows, reason(*why))));
    if !left.is_empty() {
        let sum: u64 = view.plan.not_planned.iter().map(|(_, rows)| rows).sum();
        blocks.push(&format!("Left as they are: {}{left}", rows(sum)));
    }
    if view.plan.rows == 0 {
        return blocks.finish();
    }
    let same = view.same_uuid();
    if view.settings.shared && same > 0 {
        blocks.say(&warning(same));
    } else if let Some(candidate) = view.plan.probe.as_ref().filter(|_| same > 0) {
        blocks.push(&probe(candidate));
        if let Some(warning) = without_list(view) {
            blocks.say(&warning);
        }
    }
    if let (Some(these), false) = (&view.plan.unlisted, view.settings.shared) {
        blocks.say(&unlisted(view, these));
    }
    blocks.push(&numbered(if view.dry_run { "What would happen:" } else { "What happens:" }, &steps(view)));
    if view.dry_run {
        blocks.say("The report lists them, `would_disable` in its column `disabled`.");
    } else {
        blocks.say("With --dry-run in place of --disable the report lists them.");
        blocks.command("To take it back:", view.rollback);
    }
    blocks.finish()
}

pub(crate) fn plan_question(plan: &Plan) -> String {
    format!("Switch off {}?", assistants(plan.rows))
}

/// The question after the probe was switched on again since it cannot be told what becomes of its agent: whether
/// `rest` assistants are switched off all the same.
pub(crate) fn blind_question(rest: u64) -> String {
    let loss = if rest == 1 {
        "its agent away from its users".to_owned()
    } else {
        format!("all {} agents away from their users", grouped(rest))
    };
    let risk = format!(
        "The probe is on again: it cannot be told whether its agent stays on without it. If assistant and agent are \
         one record here, switching off takes {loss}. The rollback switches both on again."
    );
    format!("{risk}\nSwitch off {} all the same?", assistants(rest))
}

fn unlisted(view: &PlanView<'_>, (agents, first): &(u64, Candidate)) -> String {
    let (are, its) = if *agents == 1 { ("is", "its assistant is") } else { ("are", "their assistants are") };
    let (among, them, rows) = match agents {
        1 => ("It is", "it", "its row"),
        _ => ("The first of them is", "them", "their rows"),
    };
    // The probe's agent is looked at before anything else goes off.
    let effect = if view.plan.probe.as_ref().is_some_and(|probe| probe.pair == first.pair) {
        "so it cannot be told whether the probe's agent stays on, and the probe is switched on again"
            .to_owned()
    } else {
        format!("so the last look will miss {them}, and {its} switched on again")
    };
    format!(
        "WARNING: {} of the agents {are} not in the agent list, {effect}. {among} {} ({}). Share {them} with the key or fetch \
         {them} out of the archive first, or take {rows} out of the input.",
        grouped(*agents),
        quoted(first.name.as_deref()),
        first.pair.agent
    )
}

fn without_list(view: &PlanView<'_>) -> Option<String> {
    let why = match view.list {
        ListState::Read => return None,
        ListState::Missing => "this deployment has no agent list",
        ListState::Unreadable => "the agent list cannot be read",
    };
    let unless = if view.settings.may_ask {
        "unless you say yes then (you are asked again on the terminal) or use --disable-shared"
    } else {
        "unless you use --disable-shared (--yes is no answer to this)"
    };
    Some(format!(
        "WARNING: {why}, so it cannot be told whether an agent stays on without its assistant. The probe will be \
         switched on again and nothing more switched off, {unless}. Nor can it be seen which assistants are off already: \
         a rollback would switch those on, too."
    ))
}

fn headline(view: &PlanView<'_>) -> String {
    let rows = assistants(view.plan.rows);
    let stay = match (view.settings.shared && view.same_uuid() > 0, view.plan.rows) {
        (true, _) => "",
        (false, 1) => " Its agent is to stay on.",
        (false, _) => " Their agents are to stay on.",
    };
    match (view.plan.rows, view.dry_run) {
        (0, _) if view.plan.not_planned.is_empty() => {
            "There is nothing to switch off: no row of the input names an assistant.".to_owned()
        }
        (0, _) => "There is nothing to switch off.".to_owned(),
        (_, true) => format!(
            "Nothing is switched off: this is a dry run. With --disable and without --dry-run, {rows} would be \
             switched off.{stay}"
        ),
        (1, false) => format!("{rows} is about to be switched off.{stay}"),
        (_, false) => format!("{rows} are about to be switched off.{stay}"),
    }
}

const fn reason(why: NotPlanned) -> &'static str {
    match why {
        NotPlanned::Status(status) => status.as_str(),
        NotPlanned::AlreadyOff => "off already, not because of this program",
        NotPlanned::OffByEarlierRun => "switched off by an earlier run",
        NotPlanned::BeyondLimit => "left for another run by --limit",
        NotPlanned::NotRead => "verified before, but could not be read now",
        NotPlanned::OverMaximum => "over --max-disable",
        NotPlanned::AnotherRow => "same assistant as another row",
        NotPlanned::StillShownOff => {
            "switched on a moment ago, and the list still shows it off: run again in 2 minutes"
        }
    }
}

fn warning(same: u64) -> String {
    let those = counted(
        same,
        "assistant has the id of its agent. If the two are one record, its users lose the agent, too.",
        "assistants have the id of their agent. Where the two are one record, their users lose the agents, too.",
    );
    format!("WARNING: NO PROBE (--disable-shared). {those} Nothing is switched on again by itself.")
}

fn probe(candidate: &Candidate) -> String {
    let updated = candidate.updated_at.map_or_else(
        || "date of last update unknown".to_owned(),
        |updated_at| format!("last updated {}", updated_at.strftime("%Y-%m-%d")),
    );
    format!(
        "The probe is the one that was updated least recently:\n  {}, {updated}\n  {}",
        quoted(candidate.name.as_deref()),
        candidate.pair.assistant
    )
}

fn steps(view: &PlanView<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    if view.plan.other_uuid > 0 {
        steps.push(without_probe(view.plan.other_uuid));
    }
    match (view.same_uuid(), view.list) {
        (0, _) => {}
        (same, _) if view.settings.shared => steps.push(without_look(same)),
        (same, ListState::Read) => {
            steps.extend(with_probe(&view.settings.looks, same, view.settings.may_ask));
        }
        (_, ListState::Missing | ListState::Unreadable) => {
            let then = if view.settings.may_ask {
                "You are asked whether to switch off all the same. Without a yes nothing more is switched off."
            } else {
                "Nothing more is switched off."
            };
            let probe = "The probe is switched off. Its agent cannot be looked at, so the probe is switched on again.";
            steps.extend([probe, then].map(str::to_owned));
        }
    }
    steps
}

fn without_probe(other: u64) -> String {
    counted(
        other,
        "assistant whose agent has another id is switched off without a probe: the two are not one record.",
        "assistants whose agents have other ids are switched off without a probe: they are not one record with their \
         agents.",
    )
}

fn without_look(same: u64) -> String {
    counted(
        same,
        "assistant with the id of its agent is switched off. The agent is not looked at.",
        "assistants with the ids of their agents are switched off. No agent is looked at.",
    )
}

fn with_probe(moments: &[Duration], same: u64, may_ask: bool) -> [String; 3] {
    let unless = if may_ask { ", unless you then say yes" } else { "" };
    let then = match moments.last() {
        Some(wait) if wait.as_secs() > 0 => format!("{} s later", wait.as_secs()),
        _ => "Then".to_owned(),
    };
    let stays = match same {
        1 => "If its agent stays on, the probe stays off. Then its agent is looked at once more: if it is off or \
              missing, the probe is switched on again."
            .to_owned(),
        _ => format!(
            "If its agent stays on, the other {} switched off. {then} all {same} agents are looked at once more: if one \
             is off, or none can be seen, all {same} assistants are switched on again; if some are missing from the list, \
             only theirs.",
            if same == 2 { "one is".to_owned() } else { format!("{} are", grouped(same.saturating_sub(1))) },
            same = grouped(same)
        ),
    };
    [
        format!("The probe is switched off. Its agent is looked at in the agent list {}.", looks(moments)),
        format!(
            "If its agent goes off too, the two are one record: the probe is switched on again at once, and nothing \
             more is switched off. The same if the list does not show its agent{unless}."
        ),
        stays,
    ]
}

/// `at once and after 2, 5 and 10 s`.
fn looks(looks: &[Duration]) -> String {
    let mut said: Vec<_> = looks.iter().map(|after| moment(*after)).collect();
    said.dedup();
    let at_once = said.iter().any(|moment| moment == "at once");
    let seconds: Vec<_> = said
        .iter()
        .filter_map(|moment| moment.strip_prefix("after ")?.strip_suffix(" s"))
        .map(str::to_owned)
        .collect();
    match (at_once, seconds.is_empty()) {
        (_, true) => "at once".to_owned(),
        (true, false) => format!("at once and after {} s", enumerated(&seconds)),
        (false, false) => format!("after {} s", enumerated(&seconds)),
    }
}

fn numbered(heading: &str, steps: &[String]) -> String {
    steps.iter().enumerate().fold(heading.to_owned(), |mut text, (index, step)| {
        let _ = write!(text, "\n{}", hanging(&format!("  {}. ", index + 1), step));
        text
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use uuid::Uuid;

    use super::*;
    use crate::base::{Pair, RowStatus};

    /// As they are without options, but for `--disable-shared`.
    fn settings(shared: bool) -> &'static DisableSettings {
        static SETTINGS: LazyLock<[DisableSettings; 2]> = LazyLock::new(|| {
            [false, true].map(|shared| DisableSettings::new(shared, Duration::from_secs(10), true))
        });
        &SETTINGS[usize::from(shared)]
    }

    fn probe(name: Option<&str>) -> Candidate {
        Candidate {
            pair: Pair::same(Uuid::from_u128(7)),
            name: name.map(str::to_owned),
            updated_at: Some("2023-04-01T22:30:00Z".parse().unwrap()),
        }
    }

    fn many() -> Plan {
        Plan {
            rows: 2_981,
            other_uuid: 20,
            probe: Some(probe(Some("Travel\u{1b}[2J\r\nBot\u{202e}"))),
            not_planned: vec![
                (NotPlanned::Status(RowStatus::Mismatch), 100),
                (NotPlanned::Status(RowStatus::NoAccess), 12),
                (NotPlanned::AlreadyOff, 5),
                (NotPlanned::OffByEarlierRun, 1_000),
                (NotPlanned::BeyondLimit, 10),
                (NotPlanned::OverMaximum, 9),
            ],
            unlisted: None,
        }
    }

    fn one() -> Plan {
        Plan { rows: 1, probe: Some(probe(None)), ..Plan::default() }
    }

    fn view(plan: &Plan) -> PlanView<'_> {
        PlanView {
            plan,
            base_url: Some("https://api.langdock.com"),
            dry_run: false,
            settings: settings(false),
            list: ListState::Read,
            rollback: "agent-migrate rollback assistants.ledger",
        }
    }

    #[test]
    fn a_plan_for_many() {
        insta::assert_snapshot!(plan(&view(&many())), @r#"
        Platform: https://api.langdock.com

        2,981 assistants are about to be switched off. Their agents are to stay on.

        Left as they are: 1,136 rows
            100  mismatch
             12  no_access
              5  off already, not because of this program
          1,000  switched off by an earlier run
             10  left for another run by --limit
              9  over --max-disable

        The probe is the one that was updated least recently:
          "Travel [2J  Bot", last updated 2023-04-01
          00000000-0000-0000-0000-000000000007

        What happens:
          1. 20 assistants whose agents have other ids are switched off without a probe: they are not one
             record with their agents.
          2. The probe is switched off. Its agent is looked at in the agent list at once and after 2, 5 and
             10 s.
          3. If its agent goes off too, the two are one record: the probe is switched on again at once, and
             nothing more is switched off. The same if the list does not show its agent, unless you then say
             yes.
          4. If its agent stays on, the other 2,960 are switched off. 10 s later all 2,961 agents are looked
             at once more: if one is off, or none can be seen, all 2,961 assistants are switched on again;
             if some are missing from the list, only theirs.

        With --dry-run in place of --disable the report lists them.

        To take it back:
          agent-migrate rollback assistants.ledger
        "#);
        insta::assert_snapshot!(plan_question(&many()), @"Switch off 2,981 assistants?");
    }

    #[test]
    fn a_plan_for_one() {
        insta::assert_snapshot!(plan(&view(&one())), @"
        Platform: https://api.langdock.com

        1 assistant is about to be switched off. Its agent is to stay on.

        The probe is the one that was updated least recently:
          (no name), last updated 2023-04-01
          00000000-0000-0000-0000-000000000007

        What happens:
          1. The probe is switched off. Its agent is looked at in the agent list at once and after 2, 5 and
             10 s.
          2. If its agent goes off too, the two are one record: the probe is switched on again at once, and
             nothing more is switched off. The same if the list does not show its agent, unless you then say
             yes.
          3. If its agent stays on, the probe stays off. Then its agent is looked at once more: if it is off
             or missing, the probe is switched on again.

        With --dry-run in place of --disable the report lists them.

        To take it back:
          agent-migrate rollback assistants.ledger
        ");
        insta::assert_snapshot!(plan_question(&one()), @"Switch off 1 assistant?");
    }

    #[test]
    fn a_plan_without_a_probe_since_somebody_wants_none() {
        insta::assert_snapshot!(plan(&PlanView { settings: settings(true), ..view(&many()) }), @"
        Platform: https://api.langdock.com

        2,981 assistants are about to be switched off.

        Left as they are: 1,136 rows
            100  mismatch
             12  no_access
              5  off already, not because of this program
          1,000  switched off by an earlier run
             10  left for another run by --limit
              9  over --max-disable

        WARNING: NO PROBE (--disable-shared). 2,961 assistants have the id of their agent. Where the two are
        one record, their users lose the agents, too. Nothing is switched on again by itself.

        What happens:
          1. 20 assistants whose agents have other ids are switched off without a probe: they are not one
             record with their agents.
          2. 2,961 assistants with the ids of their agents are switched off. No agent is looked at.

        With --dry-run in place of --disable the report lists them.

        To take it back:
          agent-migrate rollback assistants.ledger
        ");
        let text = plan(&PlanView {
            settings: settings(true),
            list: ListState::Missing,
            base_url: None,
            ..view(&one())
        });
        insta::assert_snapshot!(text, @"
        PRACTICE: 1 assistant is about to be switched off.

        PRACTICE: WARNING: NO PROBE (--disable-shared). 1 assistant has the id of its agent. If the two are
        one record, its users lose the agent, too. Nothing is switched on again by itself.

        PRACTICE: What happens:
          1. 1 assistant with the id of its agent is switched off. The agent is not looked at.

        PRACTICE: With --dry-run in place of --disable the report lists them.

        PRACTICE: To take it back:
          agent-migrate rollback assistants.ledger
        ");
    }

    #[test]
    fn a_plan_where_there_is_no_agent_list() {
        insta::assert_snapshot!(plan(&PlanView { list: ListState::Missing, ..view(&many()) }), @r#"
        Platform: https://api.langdock.com

        2,981 assistants are about to be switched off. Their agents are to stay on.

        Left as they are: 1,136 rows
            100  mismatch
             12  no_access
              5  off already, not because of this program
          1,000  switched off by an earlier run
             10  left for another run by --limit
              9  over --max-disable

        The probe is the one that was updated least recently:
          "Travel [2J  Bot", last updated 2023-04-01
          00000000-0000-0000-0000-000000000007

        WARNING: this deployment has no agent list, so it cannot be told whether an agent stays on without
        its assistant. The probe will be switched on again and nothing more switched off, unless you say yes
        then (you are asked again on the terminal) or use --disable-shared. Nor can it be seen which
        assistants are off already: a rollback would switch those on, too.

        What happens:
          1. 20 assistants whose agents have other ids are switched off without a probe: they are not one
             record with their agents.
          2. The probe is switched off. Its agent cannot be looked at, so the probe is switched on again.
          3. You are asked whether to switch off all the same. Without a yes nothing more is switched off.

        With --dry-run in place of --disable the report lists them.

        To take it back:
          agent-migrate rollback assistants.ledger
        "#);
        insta::assert_snapshot!(Text::from(blind_question(2_960)), @r"
        The probe is on again: it cannot be told whether its agent stays on without it. If assistant and
        agent are one record here, switching off takes all 2,960 agents away from their users. The rollback
        switches both on again.
        Switch off 2,960 assistants all the same?
        ");
        insta::assert_snapshot!(Text::from(blind_question(1)), @r"
        The probe is on again: it cannot be told whether its agent stays on without it. If assistant and
        agent are one record here, switching off takes its agent away from its users. The rollback switches
        both on again.
        Switch off 1 assistant all the same?
        ");
    }

    #[test]
    fn a_plan_forewarns_of_agents_that_the_last_look_will_miss() {
        let other = Candidate { pair: Pair::same(Uuid::from_u128(9)), ..probe(Some("Bot")) };
        let said: Vec<_> = [(1, other.clone()), (1_200, other), (2, probe(None))]
            .into_iter()
            .map(|unlisted| {
                let plan_of = Plan { unlisted: Some(unlisted), ..many() };
                let text = plan(&view(&plan_of)).to_string();
                let warning = text.split("\n\n").find(|block| block.starts_with("WARNING"));
                warning.unwrap_or_default().to_owned()
            })
            .collect();
        insta::assert_snapshot!(said.join("\n\n"), @r#"
        WARNING: 1 of the agents is not in the agent list, so the last look will miss it, and its assistant
        is switched on again. It is "Bot" (00000000-0000-0000-0000-000000000009). Share it with the key or
        fetch it out of the archive first, or take its row out of the input.

        WARNING: 1,200 of the agents are not in the agent list, so the last look will miss them, and their
        assistants are switched on again. The first of them is "Bot" (00000000-0000-0000-0000-000000000009).
        Share them with the key or fetch them out of the archive first, or take their rows out of the input.

        WARNING: 2 of the agents are not in the agent list, so it cannot be told whether the probe's agent
        stays on, and the probe is switched on again. The first of them is (no name)
        (00000000-0000-0000-0000-000000000007). Share them with the key or fetch them out of the archive
        first, or take their rows out of the input.
        "#);
        let shared = Plan { unlisted: Some((1, probe(None))), ..many() };
        assert!(
            !plan(&PlanView { settings: settings(true), ..view(&shared) })
                .to_string()
                .contains("not in the agent list")
        );
    }

    #[test]
    fn a_plan_for_agents_with_other_ids_only_needs_no_probe_whatever_was_asked_for() {
        let others = Plan { rows: 2, other_uuid: 2, ..Plan::default() };
        let text = plan(&view(&others));
        insta::assert_snapshot!(text, @"
        Platform: https://api.langdock.com

        2 assistants are about to be switched off. Their agents are to stay on.

        What happens:
          1. 2 assistants whose agents have other ids are switched off without a probe: they are not one
             record with their agents.

        With --dry-run in place of --disable the report lists them.

        To take it back:
          agent-migrate rollback assistants.ledger
        ");
        for (shared, list) in [(true, ListState::Read), (false, ListState::Missing)] {
            assert_eq!(plan(&PlanView { settings: settings(shared), list, ..view(&others) }), text);
        }
    }

    #[test]
    fn a_practice_dry_run_says_so_in_every_block_and_has_nothing_to_take_back() {
        insta::assert_snapshot!(plan(&PlanView { base_url: None, dry_run: true, ..view(&many()) }), @r#"
        PRACTICE: Nothing is switched off: this is a dry run. With --disable and without --dry-run, 2,981
        assistants would be switched off. Their agents are to stay on.

        PRACTICE: Left as they are: 1,136 rows
            100  mismatch
             12  no_access
              5  off already, not because of this program
          1,000  switched off by an earlier run
             10  left for another run by --limit
              9  over --max-disable

        PRACTICE: The probe is the one that was updated least recently:
          "Travel [2J  Bot", last updated 2023-04-01
          00000000-0000-0000-0000-000000000007

        PRACTICE: What would happen:
          1. 20 assistants whose agents have other ids are switched off without a probe: they are not one
             record with their agents.
          2. The probe is switched off. Its agent is looked at in the agent list at once and after 2, 5 and
             10 s.
          3. If its agent goes off too, the two are one record: the probe is switched on again at once, and
             nothing more is switched off. The same if the list does not show its agent, unless you then say
             yes.
          4. If its agent stays on, the other 2,960 are switched off. 10 s later all 2,961 agents are looked
             at once more: if one is off, or none can be seen, all 2,961 assistants are switched on again;
             if some are missing from the list, only theirs.

        PRACTICE: The report lists them, `would_disable` in its column `disabled`.
        "#);
    }

    #[test]
    fn a_plan_for_nothing_says_why() {
        let none = Plan { not_planned: vec![(NotPlanned::OffByEarlierRun, 1)], ..Plan::default() };
        insta::assert_snapshot!(plan(&view(&none)), @r"
        Platform: https://api.langdock.com

        There is nothing to switch off.

        Left as they are: 1 row
          1  switched off by an earlier run
        ");
        insta::assert_snapshot!(plan(&PlanView { base_url: None, ..view(&Plan::default()) }), @"PRACTICE: There is nothing to switch off: no row of the input names an assistant.");
    }

    #[test]
    fn our_own_lines_fit_in_100_columns_whatever_the_numbers() {
        for plan_of in [many(), one(), Plan { rows: u64::MAX, other_uuid: 1_234_567_890, ..many() }] {
            for (practice, dry_run, shared) in
                [(true, true, true), (true, false, false), (false, false, true)]
            {
                for list in [ListState::Read, ListState::Missing] {
                    let base_url = (!practice).then_some("https://api.langdock.com");
                    let settings = settings(shared);
                    let view = PlanView { base_url, dry_run, settings, list, ..view(&plan_of) };
                    let text = plan(&view).to_string();
                    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
                    assert_eq!(text.matches("PRACTICE: ").count() > 1, practice);
                    assert!(!text.contains('\u{1b}'));
                }
            }
            assert!(
                Text::from(blind_question(plan_of.rows))
                    .to_string()
                    .lines()
                    .all(|line| line.chars().count() <= 100)
            );
        }
    }

    #[test]
    fn looks_are_said_as_a_person_says_them() {
        let seconds = |all: &[u64]| all.iter().copied().map(Duration::from_secs).collect::<Vec<_>>();
        for (moments, said) in [
            (seconds(&[0, 2, 5, 10]), "at once and after 2, 5 and 10 s"),
            (seconds(&[0, 0]), "at once"),
            (seconds(&[]), "at once"),
            (seconds(&[0, 1]), "at once and after 1 s"),
            (seconds(&[2, 5]), "after 2 and 5 s"),
        ] {
            assert_eq!(looks(&moments), said);
        }
    }
}
