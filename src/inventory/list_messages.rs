//! What is said about the lists of agents: pure functions from facts to text.

use std::path::Path;

use crate::base::{CallFailure, FailureKind, grouped, terminal_safe};
use crate::engine::terminal::{Blocks, Text, WHOLE, counted};

/// How many agents were listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// All of them.
    pub agents: u64,
    /// Those that are switched off.
    pub off: u64,
    /// Those that are not shared with the key, as far as that is known.
    pub not_shared: u64,
}

/// What was listed, what cannot be, and what to type next. `file` is `None` for standard output.
pub fn listed(counts: ListCounts, practice: bool, file: Option<&Path>, next: Option<&str>) -> Text {
    let shared = match counts.agents {
        0 => "No agent is shared with this key.".to_owned(),
        1 => "1 agent is shared with this key".to_owned(),
        many => format!("{} agents are shared with this key", grouped(many)),
    };
    let said = format!(
        "{shared}{} Agents and assistants that are not shared with it are not in the list, and no key can show them: \
         share them in the web app, then list again, or add their UUIDs by hand.",
        off(counts)
    );
    told(practice, &said, counts, file, next)
}

/// The same of all agents of the workspace. `unknown`: why it is not known which of them are shared with the key.
pub fn governed(
    counts: ListCounts,
    unknown: Option<&str>,
    practice: bool,
    file: Option<&Path>,
    next: Option<&str>,
) -> Text {
    let in_all = match counts.agents {
        0 => "The governance API shows no agent in this workspace.".to_owned(),
        1 => "1 agent is in this workspace".to_owned(),
        many => format!("{} agents are in this workspace", grouped(many)),
    };
    let shared = match (unknown, counts.not_shared) {
        _ if counts.agents == 0 => String::new(),
        (Some(why), _) => format!(
            "Which of them are shared with the key is not known, so `shared` is empty: {}.",
            terminal_safe(why, 1_000)
        ),
        (None, 0) if counts.agents == 1 => "It is shared with the key.".to_owned(),
        (None, 0) => "All of them are shared with the key.".to_owned(),
        (None, 1) => format!(
            "{} is not shared with the key yet (`shared` says no): share it in the web app, then list again.",
            if counts.agents == 1 { "It" } else { "1 of them" }
        ),
        (None, many) => format!(
            "{} of them are not shared with the key yet (`shared` says no): share them in the web app, then list again.",
            grouped(many)
        ),
    };
    let said = format!("{in_all}{} {shared} Archived agents are not in the list.", off(counts));
    told(practice, &said, counts, file, next)
}

/// Behind the number of agents: how many of them are off.
fn off(counts: ListCounts) -> String {
    match (counts.agents, counts.off) {
        (0, _) => String::new(),
        (_, 0) => ", none of them switched off.".to_owned(),
        (_, off) => format!(", {} of them switched off.", grouped(off)),
    }
}

/// That, what was written, and what to type next.
fn told(practice: bool, said: &str, counts: ListCounts, file: Option<&Path>, next: Option<&str>) -> Text {
    let mut blocks = Blocks::new(practice);
    blocks.say(said);
    if let Some(file) = file {
        let lines = counted(counts.agents, "agent", "agents");
        blocks.push(&format!("Written: {} ({lines})", terminal_safe(&file.display().to_string(), WHOLE)));
    }
    if let Some(next) = next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

/// That this deployment has no list, and what to do without.
pub fn no_list(practice: bool) -> Text {
    alone(
        practice,
        "This deployment has no list of agents: it answered 404, as older ones do. Collect the UUIDs from the addresses \
         of the assistants in the web app, put them into a CSV with a column assistant_id, and give that to `run`.",
    )
}

/// That there is no governance API, and what to do without.
pub fn no_governance(practice: bool) -> Text {
    alone(
        practice,
        "There is no governance API here (404): this deployment does not have it, or it is not switched on in this \
         workspace. Use `list` without --governance: it shows what is shared with the key.",
    )
}

fn alone(practice: bool, words: &str) -> Text {
    told(practice, words, ListCounts::default(), None, None)
}

/// That the governance API refused the key, and what to do about it.
pub fn governance_refused(failure: &CallFailure) -> String {
    let what = match &failure.kind {
        FailureKind::ScopeMissing { missing } if !missing.is_empty() => format!(
            "the key lacks a scope for the governance API: {}. Let a workspace admin make a key with the scope \
             GOVERNANCE_API",
            missing.join(", ")
        ),
        FailureKind::ScopeMissing { .. } => {
            "the key lacks the scope GOVERNANCE_API. Let a workspace admin make a key with it".to_owned()
        }
        _ => format!(
            "governance is not switched on in this workspace, or not for this key ({failure}). Let a workspace admin \
             switch it on"
        ),
    };
    format!("no list: {what}, or use `list` without --governance: it shows what is shared with the key.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Call;

    const fn counts(agents: u64, off: u64, not_shared: u64) -> ListCounts {
        ListCounts { agents, off, not_shared }
    }

    #[test]
    fn a_list_says_what_it_holds_and_what_it_cannot_hold() {
        let next = "agent-migrate run a.csv --platform langdock";
        insta::assert_snapshot!(listed(counts(1_234, 2, 0), false, Some(Path::new("a\u{1b}[2J.csv")), Some(next)), @r"
        1,234 agents are shared with this key, 2 of them switched off. Agents and assistants that are not
        shared with it are not in the list, and no key can show them: share them in the web app, then list
        again, or add their UUIDs by hand.

        Written: a [2J.csv (1,234 agents)

        Next:
          agent-migrate run a.csv --platform langdock
        ");
        insta::assert_snapshot!(listed(counts(0, 0, 0), true, None, None), @r"
        PRACTICE: No agent is shared with this key. Agents and assistants that are not shared with it are
        not in the list, and no key can show them: share them in the web app, then list again, or add their
        UUIDs by hand.
        ");
        assert!(
            listed(counts(1, 0, 0), false, None, None)
                .to_string()
                .starts_with("1 agent is shared with this key, none of them")
        );
    }

    #[test]
    fn a_deployment_without_a_list_is_told_of_another_way() {
        insta::assert_snapshot!(no_list(false), @r"
        This deployment has no list of agents: it answered 404, as older ones do. Collect the UUIDs from the
        addresses of the assistants in the web app, put them into a CSV with a column assistant_id, and give
        that to `run`.
        ");
    }

    #[test]
    fn the_list_of_a_workspace_says_what_is_still_to_be_shared() {
        let none = governed(counts(0, 0, 0), None, true, None, None);
        let all = governed(counts(1, 0, 0), None, true, None, None);
        let one = governed(counts(29, 2, 1), None, true, None, None);
        let why = "the key may not read the agent list (list: 403 no)";
        let unknown = governed(counts(29, 2, 0), Some(why), true, None, None);
        let file = Some(Path::new("a.csv"));
        let many = governed(counts(4_000, 2, 1_200), None, true, file, Some("agent-migrate run a.csv"));
        insta::assert_snapshot!([none, all, one, unknown, many].map(|text| text.to_string()).join("\n\n"), @r"
        PRACTICE: The governance API shows no agent in this workspace. Archived agents are not in the list.

        PRACTICE: 1 agent is in this workspace, none of them switched off. It is shared with the key.
        Archived agents are not in the list.

        PRACTICE: 29 agents are in this workspace, 2 of them switched off. 1 of them is not shared with the
        key yet (`shared` says no): share it in the web app, then list again. Archived agents are not in the
        list.

        PRACTICE: 29 agents are in this workspace, 2 of them switched off. Which of them are shared with the
        key is not known, so `shared` is empty: the key may not read the agent list (list: 403 no). Archived
        agents are not in the list.

        PRACTICE: 4,000 agents are in this workspace, 2 of them switched off. 1,200 of them are not shared
        with the key yet (`shared` says no): share them in the web app, then list again. Archived agents are
        not in the list.

        PRACTICE: Written: a.csv (4,000 agents)

        PRACTICE: Next:
          agent-migrate run a.csv
        ");
    }

    #[test]
    fn whoever_may_not_use_governance_is_told_why_and_what_works_without() {
        let refused = |kind| {
            governance_refused(&CallFailure {
                call: Call::Governance,
                kind,
                words: "no".into(),
                support_id: None,
            })
        };
        let said = [
            refused(FailureKind::ScopeMissing { missing: vec!["GOVERNANCE_API".into()] }),
            refused(FailureKind::ScopeMissing { missing: vec![] }),
            refused(FailureKind::Forbidden),
            no_governance(false).to_string(),
        ];
        insta::assert_snapshot!(said.join("\n\n"), @r"
        no list: the key lacks a scope for the governance API: GOVERNANCE_API. Let a workspace admin make a key with the scope GOVERNANCE_API, or use `list` without --governance: it shows what is shared with the key.

        no list: the key lacks the scope GOVERNANCE_API. Let a workspace admin make a key with it, or use `list` without --governance: it shows what is shared with the key.

        no list: governance is not switched on in this workspace, or not for this key (governance: 403 no). Let a workspace admin switch it on, or use `list` without --governance: it shows what is shared with the key.

        There is no governance API here (404): this deployment does not have it, or it is not switched on in
        this workspace. Use `list` without --governance: it shows what is shared with the key.
        ");
    }
}
