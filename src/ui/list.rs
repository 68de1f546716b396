//! What is said about the list of agents: pure functions from facts to text.

use std::path::Path;

use super::layout::{Blocks, WHOLE, counted};
use crate::domain::{grouped, terminal_safe};

/// What was listed, what cannot be, and what to type next. `off` of the `agents` are switched off; `file` is `None` for
/// standard output.
pub fn listed(agents: u64, off: u64, practice: bool, file: Option<&Path>, next: Option<&str>) -> String {
    let mut blocks = Blocks::new(practice);
    let shared = match agents {
        0 => "No agent is shared with this key.".to_owned(),
        1 => "1 agent is shared with this key".to_owned(),
        many => format!("{} agents are shared with this key", grouped(many)),
    };
    let off = match (agents, off) {
        (0, _) => String::new(),
        (_, 0) => ", none of them switched off.".to_owned(),
        (_, off) => format!(", {} of them switched off.", grouped(off)),
    };
    blocks.say(&format!(
        "{shared}{off} Agents and assistants that are not shared with it are not in the list, and no key can show them: \
         share them in the web app, then list again, or add their UUIDs by hand."
    ));
    if let Some(file) = file {
        let lines = counted(agents, "agent", "agents");
        blocks.push(&format!("Written: {} ({lines})", terminal_safe(&file.display().to_string(), WHOLE)));
    }
    if let Some(next) = next {
        blocks.command("Next:", next);
    }
    blocks.finish()
}

/// That this deployment has no list, and what to do without.
pub fn no_list(practice: bool) -> String {
    let mut blocks = Blocks::new(practice);
    blocks.say(
        "This deployment has no list of agents: it answered 404, as older ones do. Collect the UUIDs from the addresses \
         of the assistants in the web app, put them into a CSV with a column assistant_id, and give that to `run`.",
    );
    blocks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_it_holds_and_what_it_cannot_hold() {
        let next = "agent-migrate run a.csv --platform langdock";
        insta::assert_snapshot!(listed(1_234, 2, false, Some(Path::new("a\u{1b}[2J.csv")), Some(next)), @r"
        1,234 agents are shared with this key, 2 of them switched off. Agents and assistants that are not
        shared with it are not in the list, and no key can show them: share them in the web app, then list
        again, or add their UUIDs by hand.

        Written: a [2J.csv (1,234 agents)

        Next:
          agent-migrate run a.csv --platform langdock
        ");
        insta::assert_snapshot!(listed(0, 0, true, None, None), @r"
        PRACTICE: No agent is shared with this key. Agents and assistants that are not shared with it are
        not in the list, and no key can show them: share them in the web app, then list again, or add their
        UUIDs by hand.
        ");
        assert!(listed(1, 0, false, None, None).starts_with("1 agent is shared with this key, none of them"));
    }

    #[test]
    fn a_deployment_without_a_list_is_told_of_another_way() {
        insta::assert_snapshot!(no_list(false), @r"
        This deployment has no list of agents: it answered 404, as older ones do. Collect the UUIDs from the
        addresses of the assistants in the web app, put them into a CSV with a column assistant_id, and give
        that to `run`.
        ");
    }
}
