//! The run as log records, for `--log-format json` and `--log-file`, where the lines for people do not go.

use tracing::info;

use super::Wording;
use crate::base::{Event, GuardNews, LookAtAll, Sight, Switching, Writing, terminal_safe};

/// Logs what is worth a record. Names and errors are the platform's and may hold anything.
pub(super) fn log(event: &Event, wording: &Wording) {
    match event {
        Event::Started(backlog) => info!(
            rows = backlog.rows,
            to_do = backlog.to_do,
            settled_before = backlog.settled_before,
            invalid = backlog.invalid,
            duplicates = backlog.duplicates,
            "run started"
        ),
        Event::RowDone(row) => info!(
            line = row.line,
            assistant_id = %row.pair.assistant,
            agent_id = %row.pair.agent,
            status = (wording.word)(row.status),
            name = terminal_safe(row.name.as_deref().unwrap_or_default(), 80),
            differences = row.differences,
            error = terminal_safe(&row.error, 200),
            "row done"
        ),
        Event::Stopping(reason) => info!(reason = terminal_safe(&reason.to_string(), 1_000), "run stopping"),
        Event::Ended => info!("run ended"),
        Event::Switched(switched) => info!(
            assistant_id = %switched.pair.assistant,
            disabled = switched.state.as_str(),
            name = terminal_safe(switched.name.as_deref().unwrap_or_default(), 80),
            error = terminal_safe(&switched.error, 200),
            "assistant switched"
        ),
        Event::Switching { switching, rows } => {
            info!(switching = direction(*switching), rows, "switching started");
        }
        Event::Writing { writing, rows } => {
            let writing = match writing {
                Writing::Applying => "applying",
                Writing::Undoing => "undoing",
            };
            info!(writing, rows, "writing started");
        }
        Event::Written(done) => info!(
            agent_id = done.agent.map(|agent| agent.to_string()),
            status = done.status.as_str(),
            name = terminal_safe(&done.name, 80),
            error = terminal_safe(&done.error, 200),
            "agent written"
        ),
        Event::Guard(news) => guard(news),
        Event::WaitingForAnswer(at_most) => {
            info!(at_most_seconds = at_most.as_secs(), "waiting for the answer to the request under way");
        }
        Event::Limiter(_) => {}
    }
}

const fn direction(switching: Switching) -> &'static str {
    match switching {
        Switching::Off => "off",
        Switching::BackFromEarlierRun => "on_after_earlier_run",
        Switching::BackByGuard => "on_by_guard",
        Switching::Rollback => "on_by_rollback",
    }
}

fn guard(news: &GuardNews) {
    match news {
        GuardNews::ProbeOff { name, pair } => info!(
            assistant_id = %pair.assistant,
            agent_id = %pair.agent,
            name = terminal_safe(name.as_deref().unwrap_or_default(), 80),
            "guard: probe off"
        ),
        GuardNews::Looked { after, sight } => info!(
            after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            agent = match sight {
                Sight::On => "on",
                Sight::Untold => "untold",
                Sight::Off => "off",
            },
            "guard: looked"
        ),
        GuardNews::NextProbe => info!("guard: next probe"),
        GuardNews::ProbeOnAgain => info!("guard: probe on again"),
        GuardNews::GoOn { rest } => info!(rest, "guard: going on"),
        GuardNews::LastLook { agents, after } => {
            info!(agents, after_seconds = after.as_secs(), "guard: last look");
        }
        GuardNews::LookedAtAll(LookAtAll::OneOff(agent)) => {
            info!(agent_id = %agent, "guard: an agent is off");
        }
        GuardNews::LookedAtAll(LookAtAll::SomeMissing(agents) | LookAtAll::AllMissing(agents)) => {
            let agents: Vec<_> = agents.iter().map(ToString::to_string).collect();
            info!(agent_ids = agents.join(" "), "guard: agents missing from the list");
        }
        GuardNews::LookedAtAll(LookAtAll::NoList) => info!("guard: no list at the last look"),
        GuardNews::LookedAtAll(LookAtAll::AllOn) => info!("guard: all agents on"),
        GuardNews::LookOwed => info!("guard: last look owed"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::base::{AgentId, Observer, Pair};
    use crate::engine::terminal::logs;
    use crate::engine::terminal::tests::{Printed, WORDING, printing_to};

    #[test]
    fn every_event_of_switching_is_a_record() {
        let printed = Printed::default();
        let mut progress = printing_to(printed.clone(), true, 1).with_records_only().progress(&WORDING);
        let events = [
            Event::Switching { switching: Switching::Off, rows: 3 },
            Event::Guard(GuardNews::ProbeOff {
                name: Some("a\u{1b}[31m".into()),
                pair: Pair::same(Uuid::from_u128(1)),
            }),
            Event::Guard(GuardNews::Looked { after: Duration::from_secs(2), sight: Sight::On }),
            Event::Guard(GuardNews::NextProbe),
            Event::Guard(GuardNews::ProbeOnAgain),
            Event::Guard(GuardNews::GoOn { rest: 2 }),
            Event::Guard(GuardNews::LastLook { agents: 3, after: Duration::ZERO }),
            Event::Guard(GuardNews::LookedAtAll(LookAtAll::AllOn)),
            Event::Guard(GuardNews::LookedAtAll(LookAtAll::OneOff(AgentId(Uuid::from_u128(1))))),
            Event::Guard(GuardNews::LookedAtAll(LookAtAll::SomeMissing(vec![AgentId(Uuid::from_u128(1))]))),
            Event::Guard(GuardNews::LookedAtAll(LookAtAll::NoList)),
            Event::Guard(GuardNews::LookOwed),
            Event::WaitingForAnswer(Duration::from_secs(60)),
        ];
        logs::tests::with_json(&printed, || events.iter().for_each(|event| progress.observe(event)));
        let records: Vec<serde_json::Value> =
            printed.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let said: Vec<_> = records.iter().map(|record| record["message"].as_str().unwrap()).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        switching started
        guard: probe off
        guard: looked
        guard: next probe
        guard: probe on again
        guard: going on
        guard: last look
        guard: all agents on
        guard: an agent is off
        guard: agents missing from the list
        guard: no list at the last look
        guard: last look owed
        waiting for the answer to the request under way
        ");
        assert_eq!((&records[0]["switching"], &records[0]["rows"]), (&"off".into(), &3.into()));
        assert_eq!(records[1]["name"], "a [31m");
        assert_eq!((&records[2]["after_ms"], &records[2]["agent"]), (&2_000.into(), &"on".into()));
    }
}
