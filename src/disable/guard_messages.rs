//! What is said while assistants are switched off or on: one line for each step of the guard, and, with `-v`, for each
//! assistant. Pure functions from events to text.

use std::time::Duration;

use crate::base::{
    AgentId, DisabledState, Event, GuardNews, LookAtAll, REQUESTS_PER_ROW, RowStatus, Sight, StopReason,
    Switched, Switching, grouped, terminal_safe,
};
use crate::engine::terminal::{Phase, Said, Wording, assistants, moment, quoted};

/// How `run` and `rollback` speak of their events.
pub(crate) static WORDING: Wording =
    Wording { requests_each: REQUESTS_PER_ROW, word: RowStatus::as_str, says };

/// What may hurt people is said at once, even when quiet; each assistant only with `-v`, since the summary counts them.
fn says(event: &Event, during: Phase) -> Option<Said> {
    Some(match event {
        Event::Switching { switching, rows } => Said::Line(begins(*switching, *rows)),
        Event::Switched(switched) if switched.state == DisabledState::RevertFailed => {
            Said::Error(revert_failed(switched))
        }
        Event::Switched(switched) => Said::Detail(line(switched)),
        Event::Guard(step) => Said::Line(news(step)),
        Event::WaitingForAnswer(at_most) => Said::Line(waiting_for_answer(*at_most)),
        Event::Stopping(reason) => Said::Line(stopping(reason, during)?),
        Event::Started(_)
        | Event::RowDone(_)
        | Event::Limiter(_)
        | Event::Writing { .. }
        | Event::Written(_)
        | Event::Ended => return None,
    })
}

/// A phase begins: what is done to how many, and why.
fn begins(switching: Switching, rows: u64) -> String {
    let many = if rows == 0 { "assistants".to_owned() } else { assistants(rows) };
    let are = if rows == 1 { "is" } else { "are" };
    match switching {
        Switching::Off => format!("Switching off {many}."),
        Switching::BackFromEarlierRun => {
            format!("First {many} that an earlier run left unsettled {are} switched on again.")
        }
        Switching::BackByGuard => {
            format!("Not every agent was seen on: {many} {are} switched on again.")
        }
        Switching::Rollback => format!("Switching {many} on again."),
    }
}

fn news(news: &GuardNews) -> String {
    match news {
        GuardNews::ProbeOff { name, pair } => format!(
            "The probe {} ({}) is off. Now its agent is looked at.",
            quoted(name.as_deref()),
            pair.assistant
        ),
        GuardNews::Looked { after, sight } => format!("  {}: {}", moment(*after), seen(*sight)),
        GuardNews::NextProbe => "The platform refused the probe. The next one takes its place.".to_owned(),
        GuardNews::ProbeOnAgain => "The probe is on again.".to_owned(),
        GuardNews::GoOn { rest: 0 } => "The agent stays on without its assistant.".to_owned(),
        GuardNews::GoOn { rest: 1 } => {
            "The agent stays on without its assistant. The other one goes off, too.".to_owned()
        }
        GuardNews::GoOn { rest } => format!(
            "The agent stays on without its assistant. The other {} assistants go off, too.",
            grouped(*rest)
        ),
        GuardNews::LastLook { agents, after } => last_look(*agents, *after),
        GuardNews::LookedAtAll(LookAtAll::OneOff(agent)) => format!("Agent {agent} is off."),
        GuardNews::LookedAtAll(LookAtAll::NoList) => "The agent list could not be read.".to_owned(),
        GuardNews::LookedAtAll(LookAtAll::SomeMissing(agents) | LookAtAll::AllMissing(agents)) => format!(
            "{} not in the agent list, or the list does not say whether {} on.",
            those(agents),
            if agents.len() == 1 { "it is" } else { "they are" }
        ),
        GuardNews::LookedAtAll(LookAtAll::AllOn) => "The last look found every agent on.".to_owned(),
        GuardNews::LookOwed => {
            "The last look at the agents could not be finished. The next run does it first.".to_owned()
        }
    }
}

/// The agents by their ids, the first few of many, as the beginning of a sentence.
fn those(agents: &[AgentId]) -> String {
    const NAMED: usize = 10;
    let named: Vec<_> = agents.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    match agents.len() {
        1 => format!("Agent {named} is"),
        many if many <= NAMED => format!("Agents {named} are"),
        many => format!("Agents {named} and {} more are", grouped((many - NAMED) as u64)),
    }
}

fn last_look(agents: u64, after: Duration) -> String {
    let them = if agents == 1 {
        "the agent is looked at once more".to_owned()
    } else {
        format!("all {} agents are looked at once more", grouped(agents))
    };
    if after.is_zero() {
        format!("Now {them}.")
    } else {
        let seconds = after.as_millis().div_ceil(1_000);
        format!("In {seconds} s {them}: the agent list may be behind.")
    }
}

const fn seen(sight: Sight) -> &'static str {
    match sight {
        Sight::On => "the agent is still on",
        Sight::Untold => "the agent list does not show whether the agent is on",
        Sight::Off => "the agent is off, too",
    }
}

/// A signal came while a request to switch was under way.
fn waiting_for_answer(at_most: Duration) -> String {
    format!(
        "Waiting for the answer to the request under way, at most {} s. A second Ctrl-C leaves at once; the ledger \
         then says `unknown`.",
        at_most.as_millis().div_ceil(1_000)
    )
}

/// Nothing new starts.
fn stopping(reason: &StopReason, during: Phase) -> Option<String> {
    let way = match during {
        Phase::Switching(Switching::Off) => "off",
        Phase::Switching(_) => "on",
        Phase::Rows | Phase::Writing(_) => return None,
    };
    Some(format!("Nothing more is switched {way}: {}", terminal_safe(&reason.to_string(), 1_000)))
}

/// `-v`: one line per assistant. Names and errors are the platform's and may hold anything.
fn line(Switched { pair, name, state, error }: &Switched) -> String {
    format!("{}  {state}  {}{}", pair.assistant, quoted(name.as_deref()), behind("  ", error))
}

/// An assistant that could not be switched on again.
fn revert_failed(Switched { pair, name, error, .. }: &Switched) -> String {
    format!(
        "{} ({}) could not be switched on again and may be off with its agent{}",
        quoted(name.as_deref()),
        pair.assistant,
        behind(": ", error)
    )
}

fn behind(sign: &str, error: &str) -> String {
    if error.is_empty() { String::new() } else { format!("{sign}{}", terminal_safe(error, 200)) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{Pair, Signal};

    #[test]
    fn every_step_of_the_guard_is_one_plain_line() {
        let seconds = Duration::from_secs;
        let agents = |count| (1..=count).map(|number| AgentId(Uuid::from_u128(number))).collect();
        let probe = GuardNews::ProbeOff {
            name: Some("Travel\u{1b}[2J\r\nBot".into()),
            pair: Pair::same(Uuid::from_u128(1)),
        };
        let said: Vec<_> = [
            probe,
            GuardNews::Looked { after: seconds(0), sight: Sight::On },
            GuardNews::Looked { after: seconds(2), sight: Sight::Untold },
            GuardNews::Looked { after: Duration::from_millis(5_040), sight: Sight::Off },
            GuardNews::NextProbe,
            GuardNews::ProbeOnAgain,
            GuardNews::GoOn { rest: 2_960 },
            GuardNews::GoOn { rest: 1 },
            GuardNews::GoOn { rest: 0 },
            GuardNews::LastLook { agents: 2_961, after: seconds(10) },
            GuardNews::LastLook { agents: 1, after: seconds(0) },
            GuardNews::LookedAtAll(LookAtAll::AllOn),
            GuardNews::LookedAtAll(LookAtAll::OneOff(AgentId(Uuid::from_u128(1)))),
            GuardNews::LookedAtAll(LookAtAll::SomeMissing(agents(1))),
            GuardNews::LookedAtAll(LookAtAll::AllMissing(agents(2))),
            GuardNews::LookedAtAll(LookAtAll::SomeMissing(agents(1_012))),
            GuardNews::LookedAtAll(LookAtAll::NoList),
            GuardNews::LookOwed,
        ]
        .iter()
        .map(news)
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        The probe "Travel [2J  Bot" (00000000-0000-0000-0000-000000000001) is off. Now its agent is looked at.
          at once: the agent is still on
          after 2 s: the agent list does not show whether the agent is on
          after 5 s: the agent is off, too
        The platform refused the probe. The next one takes its place.
        The probe is on again.
        The agent stays on without its assistant. The other 2,960 assistants go off, too.
        The agent stays on without its assistant. The other one goes off, too.
        The agent stays on without its assistant.
        In 10 s all 2,961 agents are looked at once more: the agent list may be behind.
        Now the agent is looked at once more.
        The last look found every agent on.
        Agent 00000000-0000-0000-0000-000000000001 is off.
        Agent 00000000-0000-0000-0000-000000000001 is not in the agent list, or the list does not say whether it is on.
        Agents 00000000-0000-0000-0000-000000000001, 00000000-0000-0000-0000-000000000002 are not in the agent list, or the list does not say whether they are on.
        Agents 00000000-0000-0000-0000-000000000001, 00000000-0000-0000-0000-000000000002, 00000000-0000-0000-0000-000000000003, 00000000-0000-0000-0000-000000000004, 00000000-0000-0000-0000-000000000005, 00000000-0000-0000-0000-000000000006, 00000000-0000-0000-0000-000000000007, 00000000-0000-0000-0000-000000000008, 00000000-0000-0000-0000-000000000009, 00000000-0000-0000-0000-00000000000a and 1,002 more are not in the agent list, or the list does not say whether they are on.
        The agent list could not be read.
        The last look at the agents could not be finished. The next run does it first.
        "#);
    }

    #[test]
    fn a_phase_says_what_is_done_to_how_many_and_why() {
        let mut said = Vec::new();
        for rows in [1, 3_000] {
            for switching in
                [Switching::Off, Switching::BackFromEarlierRun, Switching::BackByGuard, Switching::Rollback]
            {
                said.push(begins(switching, rows));
            }
        }
        insta::assert_snapshot!(said.join("\n"), @r"
        Switching off 1 assistant.
        First 1 assistant that an earlier run left unsettled is switched on again.
        Not every agent was seen on: 1 assistant is switched on again.
        Switching 1 assistant on again.
        Switching off 3,000 assistants.
        First 3,000 assistants that an earlier run left unsettled are switched on again.
        Not every agent was seen on: 3,000 assistants are switched on again.
        Switching 3,000 assistants on again.
        ");
    }

    #[test]
    fn stopping_says_what_does_not_happen_any_more() {
        let signal = StopReason::Signal { signal: Signal::Interrupt };
        for (reason, switching, said) in [
            (&signal, Phase::Rows, None),
            (
                &signal,
                Phase::Switching(Switching::Off),
                Some("Nothing more is switched off: stopped by Ctrl-C"),
            ),
            (
                &signal,
                Phase::Switching(Switching::BackByGuard),
                Some("Nothing more is switched on: stopped by Ctrl-C"),
            ),
        ] {
            assert_eq!(stopping(reason, switching).as_deref(), said);
        }
        insta::assert_snapshot!(waiting_for_answer(Duration::from_millis(29_400)), @"Waiting for the answer to the request under way, at most 30 s. A second Ctrl-C leaves at once; the ledger then says `unknown`.");
    }

    #[test]
    fn an_assistant_is_one_harmless_line() {
        let switched = Switched {
            pair: Pair::same(Uuid::from_u128(1)),
            name: Some("Bot\u{1b}[31m\u{202e}".into()),
            state: DisabledState::RevertFailed,
            error: "enable: 500 \u{1b}]0;title\u{7}".into(),
        };
        insta::assert_snapshot!(line(&switched), @r#"00000000-0000-0000-0000-000000000001  revert_failed  "Bot [31m"  enable: 500  ]0;title"#);
        insta::assert_snapshot!(revert_failed(&switched), @r#""Bot [31m" (00000000-0000-0000-0000-000000000001) could not be switched on again and may be off with its agent: enable: 500  ]0;title"#);
    }
}
