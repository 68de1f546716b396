//! What became of switching the old assistants off, for the top of the page.

use askama::Template;

use crate::base::{Both, DisabledState, Disabling, DisablingEnd, Lang, RunFacts, SkipReason};
use crate::engine::report::page::words::{Words, words};

/// What became of switching off, as a card of the page; `None` when nobody ever asked for it.
pub(crate) fn card(facts: &RunFacts, lang: Lang) -> Option<String> {
    Switching::of(facts, lang)?.render().ok()
}

#[derive(Template)]
#[template(path = "switching.html", config = "src/engine/report/page/templates/askama.toml")]
struct Switching {
    w: &'static Words,
    title: &'static str,
    /// What nobody may miss: assistants that may be off against everybody's will.
    warnings: Vec<String>,
    /// How it ended; empty when the last run was not to switch anything off.
    ending: &'static str,
    states: Vec<StateLine>,
}

struct StateLine {
    state: DisabledState,
    rows: String,
    meaning: String,
}

impl Switching {
    /// `None` when nobody ever asked for it.
    fn of(facts: &RunFacts, lang: Lang) -> Option<Self> {
        let count = |state| (state, facts.count_disabled(state));
        let states = DisabledState::ALL.map(count).into_iter().filter(|(_, rows)| *rows > 0);
        let line = |(state, rows)| StateLine {
            state,
            rows: lang.number(rows),
            meaning: meaning(state, facts, lang),
        };
        facts.tells_of_switching().then(|| Self {
            w: words(lang),
            title: lang.of(["Switching the old assistants off", "Abschalten der alten Assistenten"]),
            warnings: warnings(facts, lang),
            ending: lang.of(ending(facts)),
            states: states.map(line).collect(),
        })
    }
}

fn warnings(facts: &RunFacts, lang: Lang) -> Vec<String> {
    let said = |state, told: [Both; 2]| match facts.count_disabled(state) {
        0 => None,
        rows => Some(lang.counted(rows, told)),
    };
    let failed = said(
        DisabledState::RevertFailed,
        [
            [
                "assistant could not be switched on again and may be off with its agent.",
                "Assistent ließ sich nicht wieder einschalten und kann mit seinem Agenten aus sein.",
            ],
            [
                "assistants could not be switched on again and may be off with their agents.",
                "Assistenten ließen sich nicht wieder einschalten und können mit ihren Agenten aus sein.",
            ],
        ],
    );
    let unknown = said(
        DisabledState::Unknown,
        [
            [
                "assistant may be off: the platform did not say whether it is.",
                "Assistent kann aus sein: Die Plattform hat es nicht gesagt.",
            ],
            [
                "assistants may be off: the platform did not say whether they are.",
                "Assistenten können aus sein: Die Plattform hat es nicht gesagt.",
            ],
        ],
    );
    [failed, unknown].into_iter().flatten().collect()
}

#[rustfmt::skip] // A line per language.
const fn ending(facts: &RunFacts) -> Both {
    match (facts.disabling, facts.disabling_end) {
        (Disabling::No, _) => ["", ""],
        (Disabling::DryRun, _) => [
            "This was a dry run: nothing was switched off.",
            "Das war ein Probelauf: Nichts wurde abgeschaltet."],
        (Disabling::Yes, None) => [
            "The run ended before anything was switched off by it, or goes on.",
            "Der Lauf endete, bevor er etwas abgeschaltet hat, oder er läuft noch."],
        (Disabling::Yes, Some(end)) => match end {
            DisablingEnd::Completed => [
                "Everything planned was asked for.",
                "Alles Geplante wurde angefordert."],
            DisablingEnd::CompletedBlind => [
                "Everything planned was asked for. Whether the agents are on cannot be seen here: open some of them.",
                "Alles Geplante wurde angefordert. Ob die Agenten an sind, ist hier nicht zu sehen: Öffnen Sie einige davon."],
            DisablingEnd::LostSight => [
                "At the end it could not be seen that any agent is on. What had been switched off beside its agent was switched on again.",
                "Am Ende war von keinem Agenten zu sehen, dass er an ist. Was neben seinem Agenten abgeschaltet war, wurde wieder eingeschaltet."],
            DisablingEnd::SomeMissing => [
                "Everything planned was asked for. At the end some agents were not in the agent list any more (archived, deleted, or no longer shared with the API key): their assistants were switched on again.",
                "Alles Geplante wurde angefordert. Am Ende fehlten einige Agenten in der Liste (archiviert, gelöscht oder nicht mehr mit dem API-Schlüssel geteilt): Ihre Assistenten wurden wieder eingeschaltet."],
            DisablingEnd::OneRecord => [
                "Assistant and agent are one record here: when the first assistant went off, its agent went off, too. So switching off ended there. Leave the rest on.",
                "Assistent und Agent sind hier ein Datensatz: Mit dem ersten Assistenten ging auch sein Agent aus. Darum endete das Abschalten dort. Lassen Sie die übrigen an."],
            DisablingEnd::FlippedLate => [
                "The last look found an agent off, so assistant and agent may be one record here. What had been switched off beside its agent was switched on again. Open some of the agents: they must be on.",
                "Der letzte Blick fand einen Agenten aus, also können Assistent und Agent hier ein Datensatz sein. Was neben seinem Agenten abgeschaltet war, wurde wieder eingeschaltet. Öffnen Sie einige der Agenten: Sie müssen an sein."],
            DisablingEnd::CannotTell => [
                "It cannot be told here whether an agent stays on without its assistant. So switching off ended there.",
                "Hier ist nicht festzustellen, ob ein Agent ohne seinen Assistenten an bleibt. Darum endete das Abschalten dort."],
            DisablingEnd::ProbesRefused => [
                "The platform refused one assistant after another, so it is not known whether an agent stays on without its assistant. Switching off ended there.",
                "Die Plattform lehnte einen Assistenten nach dem anderen ab; ob ein Agent ohne seinen Assistenten an bleibt, ist darum nicht bekannt. Das Abschalten endete dort."],
            DisablingEnd::ProbeUnanswered => [
                "The platform did not say whether the first assistant went off. Switching off ended there.",
                "Die Plattform sagte nicht, ob der erste Assistent ausging. Das Abschalten endete dort."],
            DisablingEnd::NotAllowed => [
                "The API key may not switch assistants off. Switching off ended there.",
                "Der API-Schlüssel darf keine Assistenten abschalten. Das Abschalten endete dort."],
            DisablingEnd::Stopped => [
                "Switching off ended early; the same command goes on.",
                "Das Abschalten endete vorzeitig; derselbe Befehl macht weiter."],
        },
    }
}

const fn plain_meaning(state: DisabledState) -> Both {
    match state {
        DisabledState::NotRequested => ["nobody asked for it", "niemand hat es verlangt"],
        DisabledState::WouldDisable => ["would go off without --dry-run", "ginge ohne --dry-run aus"],
        DisabledState::Disabled => ["switched off by this program", "von diesem Programm abgeschaltet"],
        DisabledState::AlreadyDisabled => ["was off before this program came", "war schon vorher aus"],
        DisabledState::Skipped => ["left as it was", "gelassen, wie er war"],
        DisabledState::Failed => ["the platform refused", "die Plattform lehnte es ab"],
        DisabledState::Reverted => {
            ["went off, or may have, and is on again", "ging aus oder vielleicht aus und ist wieder an"]
        }
        DisabledState::RevertFailed => {
            ["may be off, and its agent with it", "kann aus sein, und sein Agent mit ihm"]
        }
        DisabledState::Unknown => {
            ["asked for, no answer: may be off", "verlangt, keine Antwort: kann aus sein"]
        }
        DisabledState::ReEnabled => {
            ["switched on again by a rollback", "durch rollback wieder eingeschaltet"]
        }
    }
}

const fn reason(reason: SkipReason) -> Both {
    let german = match reason {
        SkipReason::NotVerified => "nicht geprüft",
        SkipReason::BeyondLimit => "jenseits von --limit",
        SkipReason::OverMaximum => "über --max-disable",
        SkipReason::AnotherRow => "derselbe Assistent wie in einer anderen Zeile",
        SkipReason::OneRecord => "ein Datensatz mit dem Agenten",
        SkipReason::CannotTell => "der Agent könnte auch ausgehen",
        SkipReason::AgentMissing => "Agent nicht in der Liste",
        SkipReason::NotAllowed => "der Schlüssel darf es nicht",
        SkipReason::Stopped => "nicht an die Reihe gekommen",
    };
    [reason.as_str(), german]
}

fn meaning(state: DisabledState, facts: &RunFacts, lang: Lang) -> String {
    let plain = lang.of(plain_meaning(state));
    let reasons: Vec<_> = facts
        .skipped_by_reason()
        .filter(|_| state == DisabledState::Skipped)
        .map(|(why, rows)| format!("{} {}", lang.number(rows), lang.of(reason(why))))
        .collect();
    if reasons.is_empty() { plain.to_owned() } else { format!("{plain}: {}", reasons.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::samples::facts;

    #[test]
    fn a_run_that_only_reads_says_nothing_about_switching_off() {
        let facts = RunFacts { disabled: vec![(DisabledState::NotRequested, 3)], ..RunFacts::default() };
        assert!(Switching::of(&facts, Lang::En).is_none());
    }

    #[test]
    fn assistants_that_may_be_off_are_warned_of() {
        let mut facts = facts();
        facts.disabled.push((DisabledState::Unknown, 1_200));
        let switching = Switching::of(&facts, Lang::En).unwrap();
        insta::assert_snapshot!(switching.warnings.join("\n"), @r"
        1 assistant could not be switched on again and may be off with its agent.
        1,200 assistants may be off: the platform did not say whether they are.
        ");
        let skipped = switching.states.iter().find(|line| line.state == DisabledState::Skipped).unwrap();
        assert_eq!(skipped.meaning, "left as it was: 1 one record with the agent");
        assert!(switching.ending.contains("one record"));
    }
}
