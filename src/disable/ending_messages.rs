//! How switching off ended, for the summary of a run: pure functions from facts to text.

use crate::base::{DisabledState, Disabling, DisablingEnd, RunFacts, StopReason, grouped};
use crate::engine::terminal::{Blocks, Tone, assistants, by_word, counted};

/// What a person must not miss: assistants that may be off against everybody's will, and those nobody knows about.
pub(crate) fn warn(blocks: &mut Blocks, facts: &RunFacts, rollback: Option<&str>) {
    let failed = facts.stuck_off.max(facts.count_disabled(DisabledState::RevertFailed));
    if failed > 0 {
        let their = if failed == 1 { "its agent" } else { "their agents" };
        let what = format!(
            "WARNING: {} could not be switched on again and may be off with {their}.",
            assistants(failed)
        );
        match rollback {
            Some(rollback) => {
                blocks.command(&format!("{what} Run the rollback now{}:", all_of_it(facts)), rollback);
            }
            None => blocks.say(&format!("{what} Run `rollback` on the ledger now.")),
        }
    }
    if facts.disabling_end == Some(DisablingEnd::OneRecord) && facts.off_with_agents_id > failed {
        let (those, rollback) = (assistants(facts.off_with_agents_id), rollback.unwrap_or("rollback"));
        let what = format!(
            "WARNING: assistant and agent are one record here, and {those} with the id of their agent are off or may \
             be, by this or an earlier run: their agents then are off, too. The rollback switches them on:"
        );
        blocks.command(&what, rollback);
    }
    let unknown = facts.count_disabled(DisabledState::Unknown);
    if unknown > 0 {
        let (whether, them) = if unknown == 1 { ("it is", "it") } else { ("they are", "them") };
        blocks.say(&format!(
            "{} may be off: the platform did not say whether {whether}. A run with --disable asks again to switch \
             {them} off, the rollback switches {them} on.",
            assistants(unknown)
        ));
    }
}

/// Beside a rollback that is for a few: that it takes the others back, too.
fn all_of_it(facts: &RunFacts) -> String {
    let off = may_be_off(facts);
    if off == facts.count_disabled(DisabledState::RevertFailed) {
        return String::new();
    }
    format!(
        " (it switches on all {} that may be off because of this program; --only UUID picks one)",
        grouped(off)
    )
}

fn may_be_off(facts: &RunFacts) -> u64 {
    let states = DisabledState::ALL.into_iter().filter(|state| state.may_be_off());
    states.map(|state| facts.count_disabled(state)).sum()
}

/// What became of the assistants, and how switching off ended. Nothing where nobody ever asked for it.
pub(crate) fn tell(blocks: &mut Blocks, facts: &RunFacts, stopped: Option<&StopReason>) {
    let touched =
        |state: DisabledState| state != DisabledState::NotRequested && facts.count_disabled(state) > 0;
    if !facts.disabling.is_asked_for() && !DisabledState::ALL.into_iter().any(touched) {
        return;
    }
    let table = by_word(DisabledState::ALL.map(|state| {
        let beside = if state == DisabledState::Skipped { skipped(facts) } else { String::new() };
        (state.as_str(), tone(state), facts.count_disabled(state), beside)
    }));
    if !table.is_empty() {
        blocks.push(&format!("Switched off or not:{table}"));
    }
    if let Some(sentences) = ending(facts, stopped) {
        blocks.say(&sentences);
    }
}

/// The command line that takes everything back, while something may be off because of this program.
pub(crate) fn take_back(blocks: &mut Blocks, facts: &RunFacts, rollback: Option<&str>) {
    if let Some(rollback) = rollback.filter(|_| may_be_off(facts) > 0) {
        blocks.command("To take it back:", rollback);
    }
}

const fn tone(state: DisabledState) -> Tone {
    match state {
        DisabledState::Failed | DisabledState::RevertFailed | DisabledState::Unknown => Tone::Bad,
        DisabledState::Skipped | DisabledState::Reverted | DisabledState::WouldDisable => Tone::Open,
        DisabledState::NotRequested
        | DisabledState::Disabled
        | DisabledState::AlreadyDisabled
        | DisabledState::ReEnabled => Tone::Good,
    }
}

fn skipped(facts: &RunFacts) -> String {
    let reasons: Vec<_> =
        facts.skipped_by_reason().map(|(reason, rows)| format!("{} {reason}", grouped(rows))).collect();
    if reasons.is_empty() { String::new() } else { format!("  ({})", reasons.join(", ")) }
}

/// How switching off ended, in a sentence or two; `None` where nobody asked for it.
pub(crate) fn ending(facts: &RunFacts, stopped: Option<&StopReason>) -> Option<String> {
    match (facts.disabling, facts.disabling_end) {
        // What an earlier run left to look at.
        (Disabling::No, Some(end)) if end.is_the_guards() => Some(sentences(end, facts)),
        (Disabling::No, _) => None,
        (Disabling::DryRun, _) => Some("Nothing was switched off: this was a dry run.".to_owned()),
        (Disabling::Yes, Some(end)) => Some(sentences(end, facts)),
        // The reason says it.
        (Disabling::Yes, None) if stopped == Some(&StopReason::Declined) => None,
        (Disabling::Yes, None) => {
            stopped.map(|_| "The run ended before anything was switched off by it.".to_owned())
        }
    }
}

fn sentences(end: DisablingEnd, facts: &RunFacts) -> String {
    let (probe, rest) = (probe_now(end, facts), others_now(facts));
    match end {
        DisablingEnd::Completed => format!("Switching off is done. {}", off_now(facts)),
        DisablingEnd::CompletedBlind => format!(
            "Switching off is done. {} Whether their agents are on, this program cannot see here: open some of them in \
             the web app now.",
            off_now(facts)
        ),
        DisablingEnd::OneRecord => format!(
            "Assistant and agent are one record here: when the probe went off, its agent went off, too. {probe} \
             {rest} Leave the rest on: `--disable-shared` would switch them off and take the agents away from their users."
        ),
        DisablingEnd::FlippedLate => format!(
            "The last look found an agent off, so assistant and agent may be one record here. {} {} \
             Open some of the agents in the web app: they must be on. `--disable-shared` would switch the \
             assistants off, and perhaps take the agents away from their users.",
            on_again(facts),
            others_off(facts)
        ),
        DisablingEnd::LostSight => format!(
            "At the end it could not be seen that any agent is on: none of them is in the agent list, or the list could \
             not be read (see above). {} {} Share all agents with the key, then run the same command again.",
            on_again(facts),
            others_off(facts)
        ),
        DisablingEnd::SomeMissing => format!(
            "At the last look some agents were missing from the agent list, and others were in it: those that are missing \
             (named above) are archived, deleted, or no longer shared with the key. {} {} Look for them in the web app, \
             also under Archived, then run the same command again.",
            on_again(facts),
            off_now(facts)
        ),
        DisablingEnd::CannotTell => format!(
            "It cannot be told here whether an agent stays on without its assistant. {probe} {rest} Disable one \
             assistant in the web app and look at its agent. If that stays on, run the same command with \
             --disable-shared; if not, leave the rest on."
        ),
        DisablingEnd::ProbesRefused => format!(
            "The platform refused one probe after another, so it is not known whether an agent stays on without \
             its assistant. {rest} Mend what `error` in the report names, then run the same command again."
        ),
        DisablingEnd::ProbeUnanswered => format!(
            "The probe was asked for, and the platform did not say whether it went off. {probe} {rest} Run the \
             same command again later."
        ),
        DisablingEnd::NotAllowed => format!(
            "The key may not switch assistants off. {} The others were left as they are. Share them with the key as \
             editor; if they are, a workspace admin can make a key that may, or give this one the permission. Then run \
             the same command again.",
            off_now(facts)
        ),
        DisablingEnd::Stopped => format!(
            "Switching off ended early. {} The others were left as they are. The same command goes on.",
            off_now(facts)
        ),
    }
}

fn off_now(facts: &RunFacts) -> String {
    match facts.count_disabled(DisabledState::Disabled) {
        0 if doubtful(facts) => "What may be off stands above.".to_owned(),
        0 => "Nothing is off because of this program.".to_owned(),
        off => counted(off, "assistant is", "assistants are") + " off because of this program.",
    }
}

/// The probe is on again, unless that failed or, where it was never answered, nobody knows.
fn probe_now(end: DisablingEnd, facts: &RunFacts) -> &'static str {
    let unknown = end == DisablingEnd::ProbeUnanswered && facts.count_disabled(DisabledState::Unknown) > 0;
    if unknown || facts.count_disabled(DisabledState::RevertFailed) > 0 {
        "The probe may still be off: see above."
    } else {
        "The probe is on again."
    }
}

fn doubtful(facts: &RunFacts) -> bool {
    facts.count_disabled(DisabledState::RevertFailed) + facts.count_disabled(DisabledState::Unknown) > 0
}

/// What became of all but the probe. The ledger does not say in which run an assistant went off, so where some are
/// off, they may be those that this run may switch off without a probe, or an earlier run's.
fn others_now(facts: &RunFacts) -> String {
    match facts.count_disabled(DisabledState::Disabled) {
        0 if facts.count_disabled(DisabledState::Unknown) > 0 => {
            "Nothing else is known to be switched off.".to_owned()
        }
        0 => "Nothing else was switched off.".to_owned(),
        _ => format!(
            "No other assistant with the id of its agent was switched off by this run. {}",
            others_off(facts)
        ),
    }
}

fn others_off(facts: &RunFacts) -> String {
    match facts.count_disabled(DisabledState::Disabled) {
        0 => String::new(),
        off if facts.off_with_agents_id == 0 => counted(
            off,
            "assistant is off: its agent has another id.",
            "assistants are off: their agents have other ids.",
        ),
        off => counted(
            off,
            "assistant is off: its agent has another id, or an earlier run switched it off.",
            "assistants are off: their agents have other ids, or an earlier run switched them off.",
        ),
    }
}

fn on_again(facts: &RunFacts) -> String {
    let on = match facts.count_disabled(DisabledState::Reverted) {
        0 => String::new(),
        reverted => counted(reverted, "assistant is on again.", "assistants are on again."),
    };
    match facts.count_disabled(DisabledState::RevertFailed) {
        0 => on,
        _ => format!("{on} Not all could be switched on: see above."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SkipReason;
    use crate::engine::terminal::Text;

    fn facts(end: Option<DisablingEnd>, disabled: &[(DisabledState, u64)]) -> RunFacts {
        RunFacts {
            disabling: Disabling::Yes,
            disabling_end: end,
            disabled: disabled.to_vec(),
            skipped: vec![(SkipReason::OverMaximum, 20), (SkipReason::NotVerified, 119)],
            ..RunFacts::default()
        }
    }

    fn said(facts: &RunFacts, stopped: Option<&StopReason>) -> String {
        let rollback = Some("agent-migrate rollback a.ledger");
        let mut blocks = Blocks::new(facts.practice);
        warn(&mut blocks, facts, rollback);
        tell(&mut blocks, facts, stopped);
        take_back(&mut blocks, facts, rollback);
        blocks.finish().to_string()
    }

    #[test]
    fn a_run_that_switched_off_what_it_planned() {
        let disabled = [
            (DisabledState::Disabled, 2_981),
            (DisabledState::Skipped, 139),
            (DisabledState::NotRequested, 7),
        ];
        insta::assert_snapshot!(said(&facts(Some(DisablingEnd::Completed), &disabled), None), @r"
        Switched off or not:
          not_requested            7
          disabled             2,981
          skipped                139  (119 not verified, 20 over --max-disable)

        Switching off is done. 2,981 assistants are off because of this program.

        To take it back:
          agent-migrate rollback a.ledger
        ");
    }

    #[test]
    fn what_may_be_off_against_everybodys_will_is_said_first() {
        let disabled =
            [(DisabledState::Disabled, 5), (DisabledState::RevertFailed, 2), (DisabledState::Unknown, 1)];
        let mut facts = facts(Some(DisablingEnd::FlippedLate), &disabled);
        facts.practice = true;
        insta::assert_snapshot!(said(&facts, None), @r"
        PRACTICE: WARNING: 2 assistants could not be switched on again and may be off with their agents. Run
        the rollback now (it switches on all 8 that may be off because of this program; --only UUID picks
        one):
          agent-migrate rollback a.ledger

        PRACTICE: 1 assistant may be off: the platform did not say whether it is. A run with --disable asks
        again to switch it off, the rollback switches it on.

        PRACTICE: Switched off or not:
          disabled             5
          revert_failed        2
          unknown              1

        PRACTICE: The last look found an agent off, so assistant and agent may be one record here. Not all
        could be switched on: see above. 5 assistants are off: their agents have other ids. Open some of the
        agents in the web app: they must be on. `--disable-shared` would switch the assistants off, and
        perhaps take the agents away from their users.

        PRACTICE: To take it back:
          agent-migrate rollback a.ledger
        ");
    }

    /// Each ending with nothing off, then with some off that have no probe.
    fn endings(ends: &[DisablingEnd]) -> String {
        let (none_off, some_off) = (
            [(DisabledState::Reverted, 1)],
            [(DisabledState::Reverted, 3_000), (DisabledState::Disabled, 20)],
        );
        let texts: Vec<_> = ends
            .iter()
            .flat_map(|end| [&none_off[..], &some_off[..]].map(|disabled| facts(Some(*end), disabled)))
            .map(|facts| ending(&facts, None).map(|text| Text::from(text).to_string()).unwrap())
            .collect();
        texts.join("\n\n")
    }

    #[test]
    fn endings_by_the_guard_say_how_things_are_and_what_to_do() {
        let ends = [
            DisablingEnd::OneRecord,
            DisablingEnd::FlippedLate,
            DisablingEnd::LostSight,
            DisablingEnd::SomeMissing,
            DisablingEnd::CannotTell,
            DisablingEnd::ProbesRefused,
            DisablingEnd::ProbeUnanswered,
        ];
        insta::assert_snapshot!(endings(&ends), @"
        Assistant and agent are one record here: when the probe went off, its agent went off, too. The probe
        is on again. Nothing else was switched off. Leave the rest on: `--disable-shared` would switch them
        off and take the agents away from their users.

        Assistant and agent are one record here: when the probe went off, its agent went off, too. The probe
        is on again. No other assistant with the id of its agent was switched off by this run. 20 assistants
        are off: their agents have other ids. Leave the rest on: `--disable-shared` would switch them off
        and take the agents away from their users.

        The last look found an agent off, so assistant and agent may be one record here. 1 assistant is on
        again.  Open some of the agents in the web app: they must be on. `--disable-shared` would switch the
        assistants off, and perhaps take the agents away from their users.

        The last look found an agent off, so assistant and agent may be one record here. 3,000 assistants
        are on again. 20 assistants are off: their agents have other ids. Open some of the agents in the web
        app: they must be on. `--disable-shared` would switch the assistants off, and perhaps take the
        agents away from their users.

        At the end it could not be seen that any agent is on: none of them is in the agent list, or the list
        could not be read (see above). 1 assistant is on again.  Share all agents with the key, then run the
        same command again.

        At the end it could not be seen that any agent is on: none of them is in the agent list, or the list
        could not be read (see above). 3,000 assistants are on again. 20 assistants are off: their agents
        have other ids. Share all agents with the key, then run the same command again.

        At the last look some agents were missing from the agent list, and others were in it: those that are
        missing (named above) are archived, deleted, or no longer shared with the key. 1 assistant is on
        again. Nothing is off because of this program. Look for them in the web app, also under Archived,
        then run the same command again.

        At the last look some agents were missing from the agent list, and others were in it: those that are
        missing (named above) are archived, deleted, or no longer shared with the key. 3,000 assistants are
        on again. 20 assistants are off because of this program. Look for them in the web app, also under
        Archived, then run the same command again.

        It cannot be told here whether an agent stays on without its assistant. The probe is on again.
        Nothing else was switched off. Disable one assistant in the web app and look at its agent. If that
        stays on, run the same command with --disable-shared; if not, leave the rest on.

        It cannot be told here whether an agent stays on without its assistant. The probe is on again. No
        other assistant with the id of its agent was switched off by this run. 20 assistants are off: their
        agents have other ids. Disable one assistant in the web app and look at its agent. If that stays on,
        run the same command with --disable-shared; if not, leave the rest on.

        The platform refused one probe after another, so it is not known whether an agent stays on without
        its assistant. Nothing else was switched off. Mend what `error` in the report names, then run the
        same command again.

        The platform refused one probe after another, so it is not known whether an agent stays on without
        its assistant. No other assistant with the id of its agent was switched off by this run. 20
        assistants are off: their agents have other ids. Mend what `error` in the report names, then run the
        same command again.

        The probe was asked for, and the platform did not say whether it went off. The probe is on again.
        Nothing else was switched off. Run the same command again later.

        The probe was asked for, and the platform did not say whether it went off. The probe is on again. No
        other assistant with the id of its agent was switched off by this run. 20 assistants are off: their
        agents have other ids. Run the same command again later.
        ");
    }

    #[test]
    fn other_endings_say_how_things_are_and_what_to_do() {
        let ends = [DisablingEnd::Completed, DisablingEnd::NotAllowed, DisablingEnd::Stopped];
        insta::assert_snapshot!(endings(&ends), @r"
        Switching off is done. Nothing is off because of this program.

        Switching off is done. 20 assistants are off because of this program.

        The key may not switch assistants off. Nothing is off because of this program. The others were left
        as they are. Share them with the key as editor; if they are, a workspace admin can make a key that
        may, or give this one the permission. Then run the same command again.

        The key may not switch assistants off. 20 assistants are off because of this program. The others
        were left as they are. Share them with the key as editor; if they are, a workspace admin can make a
        key that may, or give this one the permission. Then run the same command again.

        Switching off ended early. Nothing is off because of this program. The others were left as they are.
        The same command goes on.

        Switching off ended early. 20 assistants are off because of this program. The others were left as
        they are. The same command goes on.
        ");
    }

    #[test]
    fn a_probe_that_may_still_be_off_is_not_called_on() {
        let doubtful = "The probe may still be off: see above.";
        for (end, state, said_of_probe) in [
            (DisablingEnd::OneRecord, DisabledState::RevertFailed, doubtful),
            (DisablingEnd::CannotTell, DisabledState::RevertFailed, doubtful),
            (DisablingEnd::ProbeUnanswered, DisabledState::RevertFailed, doubtful),
            (DisablingEnd::ProbeUnanswered, DisabledState::Unknown, doubtful),
            (DisablingEnd::OneRecord, DisabledState::Unknown, "The probe is on again."),
        ] {
            let text = said(&facts(Some(end), &[(state, 1)]), None).replace('\n', " ");
            assert!(text.contains(said_of_probe), "{text}");
            assert_eq!(text.contains("is on again."), said_of_probe != doubtful, "{text}");
            assert_eq!(
                text.starts_with("WARNING: 1 assistant could not"),
                state == DisabledState::RevertFailed
            );
            assert!(!text.contains("Nothing is off"), "{text}");
        }
    }

    #[test]
    fn a_dry_run_and_a_run_that_ended_before_it_say_that_nothing_was_switched_off() {
        let mut dry = facts(None, &[(DisabledState::WouldDisable, 1)]);
        dry.disabling = Disabling::DryRun;
        insta::assert_snapshot!(said(&dry, None), @r"
        Switched off or not:
          would_disable        1

        Nothing was switched off: this was a dry run.
        ");
        let early = facts(None, &[(DisabledState::NotRequested, 4)]);
        insta::assert_snapshot!(said(&early, Some(&StopReason::OutOfReach)), @r"
        Switched off or not:
          not_requested        4

        The run ended before anything was switched off by it.
        ");
    }

    #[test]
    fn a_run_that_only_reads_shows_what_earlier_runs_switched_off() {
        let mut reading = facts(None, &[(DisabledState::Disabled, 1), (DisabledState::NotRequested, 3)]);
        reading.disabling = Disabling::No;
        insta::assert_snapshot!(said(&reading, None), @r"
        Switched off or not:
          not_requested        3
          disabled             1

        To take it back:
          agent-migrate rollback a.ledger
        ");
        reading.disabled = vec![(DisabledState::NotRequested, 4)];
        assert_eq!(said(&reading, None), "");
    }
}
