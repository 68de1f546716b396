//! What became of switching the old assistants off, for the top of the page.

use askama::Template;

use crate::base::{DisabledState, Disabling, DisablingEnd, RunFacts, SkipReason, grouped};
use crate::engine::report::page::shows_switching;

/// What became of switching off, as a card of the page; `None` when nobody ever asked for it.
pub(crate) fn card(facts: &RunFacts) -> Option<String> {
    Switching::of(facts)?.render().ok()
}

/// What became of switching off.
#[derive(Template)]
#[template(path = "switching.html", config = "src/engine/report/page/askama.toml")]
struct Switching {
    /// What nobody may miss: assistants that may be off against everybody's will.
    warnings: Vec<String>,
    /// How it ended; empty when the last run was not to switch anything off.
    ending: &'static str,
    /// Rows by what became of their assistant.
    states: Vec<StateLine>,
}

/// Rows of one state.
struct StateLine {
    state: DisabledState,
    rows: String,
    meaning: String,
}

impl Switching {
    /// `None` when nobody ever asked for it.
    fn of(facts: &RunFacts) -> Option<Self> {
        shows_switching(facts).then(|| Self {
            warnings: warnings(facts),
            ending: ending(facts),
            states: DisabledState::ALL
                .into_iter()
                .map(|state| (state, facts.count_disabled(state)))
                .filter(|(_, rows)| *rows > 0)
                .map(|(state, rows)| StateLine { state, rows: grouped(rows), meaning: meaning(state, facts) })
                .collect(),
        })
    }
}

fn warnings(facts: &RunFacts) -> Vec<String> {
    let said = |state, one: &str, many: &str| match facts.count_disabled(state) {
        0 => None,
        1 => Some(format!("1 assistant {one}")),
        rows => Some(format!("{} assistants {many}", grouped(rows))),
    };
    let failed = said(
        DisabledState::RevertFailed,
        "could not be switched on again and may be off with its agent.",
        "could not be switched on again and may be off with their agents.",
    );
    let unknown = said(
        DisabledState::Unknown,
        "may be off: the platform did not say whether it is.",
        "may be off: the platform did not say whether they are.",
    );
    [failed, unknown].into_iter().flatten().collect()
}

const fn ending(facts: &RunFacts) -> &'static str {
    match (facts.disabling, facts.disabling_end) {
        (Disabling::No, _) => "",
        (Disabling::DryRun, _) => "This was a dry run: nothing was switched off.",
        (Disabling::Yes, None) => "The run ended before anything was switched off by it, or goes on.",
        (Disabling::Yes, Some(end)) => match end {
            DisablingEnd::Completed => "Everything planned was asked for.",
            DisablingEnd::CompletedBlind => {
                "Everything planned was asked for. Whether the agents are on cannot be seen here: open some of them."
            }
            DisablingEnd::LostSight => {
                "At the end it could not be seen that any agent is on. What had been switched off beside its agent was \
                 switched on again."
            }
            DisablingEnd::SomeMissing => {
                "Everything planned was asked for. At the end some agents were not in the agent list any more (archived, \
                 deleted, or no longer shared with the API key): their assistants were switched on again."
            }
            DisablingEnd::OneRecord => {
                "Assistant and agent are one record here: when the first assistant went off, its agent went off, too. \
                 So switching off ended there. Leave the rest on."
            }
            DisablingEnd::FlippedLate => {
                "The last look found an agent off, so assistant and agent may be one record here. What had \
                 been switched off beside its agent was switched on again. Open some of the agents: they must be on."
            }
            DisablingEnd::CannotTell => {
                "It cannot be told here whether an agent stays on without its assistant. So switching off ended there."
            }
            DisablingEnd::ProbesRefused => {
                "The platform refused one assistant after another, so it is not known whether an agent stays on \
                 without its assistant. Switching off ended there."
            }
            DisablingEnd::ProbeUnanswered => {
                "The platform did not say whether the first assistant went off. Switching off ended there."
            }
            DisablingEnd::NotAllowed => {
                "The API key may not switch assistants off. Switching off ended there."
            }
            DisablingEnd::Stopped => "Switching off ended early; the same command goes on.",
        },
    }
}

fn meaning(state: DisabledState, facts: &RunFacts) -> String {
    let plain = match state {
        DisabledState::NotRequested => "nobody asked for it",
        DisabledState::WouldDisable => "would go off without --dry-run",
        DisabledState::Disabled => "switched off by this program",
        DisabledState::AlreadyDisabled => "was off before this program came",
        DisabledState::Skipped => "left as it was",
        DisabledState::Failed => "the platform refused",
        DisabledState::Reverted => "went off, or may have, and is on again",
        DisabledState::RevertFailed => "may be off, and its agent with it",
        DisabledState::Unknown => "asked for, no answer: may be off",
        DisabledState::ReEnabled => "switched on again by a rollback",
    };
    let reasons: Vec<_> = SkipReason::ALL
        .into_iter()
        .filter(|_| state == DisabledState::Skipped)
        .filter_map(|reason| {
            let rows = facts.skipped.iter().filter(|(counted, _)| *counted == reason).map(|(_, rows)| rows);
            let rows: u64 = rows.sum();
            (rows > 0).then(|| format!("{} {}", grouped(rows), reason.words()))
        })
        .collect();
    if reasons.is_empty() { plain.to_owned() } else { format!("{plain}: {}", reasons.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::facts;

    #[test]
    fn a_run_that_only_reads_says_nothing_about_switching_off() {
        let facts = RunFacts { disabled: vec![(DisabledState::NotRequested, 3)], ..RunFacts::default() };
        assert!(Switching::of(&facts).is_none());
    }

    #[test]
    fn assistants_that_may_be_off_are_warned_of() {
        let mut facts = facts();
        facts.disabled.push((DisabledState::Unknown, 1_200));
        let switching = Switching::of(&facts).unwrap();
        insta::assert_snapshot!(switching.warnings.join("\n"), @r"
        1 assistant could not be switched on again and may be off with its agent.
        1,200 assistants may be off: the platform did not say whether they are.
        ");
        let skipped = switching.states.iter().find(|line| line.state == DisabledState::Skipped).unwrap();
        assert_eq!(skipped.meaning, "left as it was: 1 one record with the agent");
        assert!(switching.ending.contains("one record"));
    }
}
