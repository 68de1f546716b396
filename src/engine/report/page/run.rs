//! The rows of a run on a page.

use std::borrow::Cow;

use super::words::words;
use super::{About, Column, Heap, Objects, PageCell, PageLine, Shown, ToDo, effort, pretty};
use crate::base::{Both, DisabledState, JsonText, Lang, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::redact;

impl PageLine for ReportRow {
    fn about(facts: &RunFacts, lang: Lang) -> About {
        let switching = shows_switching(facts);
        let column = || Column::own("disabled", words(lang).switched_off).filter();
        About {
            heading: lang.of(["From assistants to agents", "Von Assistenten zu Agenten"]),
            lead: lang.of([
                "Is each agent what the old assistant was, and what is left to do?",
                "Ist jeder Agent, was der alte Assistent war, und was ist noch zu tun?",
            ]),
            found: None,
            columns: switching.then(column).into_iter().collect(),
            class: if switching { " off" } else { "" },
        }
    }

    fn heap(&self, lang: Lang) -> Heap {
        let needs_somebody = self.progress() == RowProgress::NeedsAttention;
        let is_verified_and_needs = self.status == RowStatus::Verified && needs_somebody;
        Heap {
            rank: self.status as usize,
            class: if is_verified_and_needs { "heavy" } else { self.status.as_str() },
            word: self.status.as_str(),
            label: self.status.as_str(),
            meaning: lang.of(if is_verified_and_needs {
                ["the same, but somebody has to see to it", "gleich, aber jemand muss sich darum kümmern"]
            } else {
                meaning(self.status)
            }),
        }
    }

    fn todos(&self, lang: Lang) -> Vec<ToDo> {
        ToDo::of(self.remedy(), lang).into_iter().collect()
    }

    fn administrators_remedy(&self, lang: Lang) -> &'static str {
        self.remedy().sentence_in(lang)
    }

    fn cells(&self, shown: &Shown) -> Vec<PageCell<'_>> {
        let shows_switching = shown.columns.iter().any(|column| column.key == "disabled");
        let state = || PageCell { class: self.disabled.as_str(), ..PageCell::text(self.disabled.as_str()) };
        shows_switching.then(state).into_iter().collect()
    }

    fn facts(&self, lang: Lang) -> Vec<(&'static str, Cow<'_, str>)> {
        let w = words(lang);
        let time = |time: Option<_>| Cow::Owned(time.map(|time| lang.moment(time)).unwrap_or_default());
        let mut facts = Vec::new();
        if self.pair.is_none_or(|pair| pair.assistant.to_string() != self.input) {
            facts.push((w.cell, Cow::Borrowed(self.input.as_str())));
        }
        if let Some(pair) = self.pair {
            facts.push((w.assistant, Cow::Owned(pair.assistant.to_string())));
            facts.push((w.agent, Cow::Owned(pair.agent.to_string())));
        }
        facts.push((w.assistant_changed, time(self.assistant_updated_at)));
        facts.push((w.agent_changed, time(self.agent_updated_at)));
        facts.push((w.checked, time(self.checked_at)));
        facts.push((w.requests, Cow::Owned(effort(self, lang))));
        facts
    }
}

/// Whether anybody asked for switching off, now or in an earlier run.
pub(crate) fn shows_switching(facts: &RunFacts) -> bool {
    let is_touched =
        |(state, rows): &(DisabledState, u64)| *state != DisabledState::NotRequested && *rows > 0;
    facts.disabling.is_asked_for() || facts.disabled.iter().any(is_touched)
}

pub(crate) const fn meaning(status: RowStatus) -> Both {
    match status {
        RowStatus::Verified => {
            ["the agent is what the assistant was", "der Agent ist, was der Assistent war"]
        }
        RowStatus::Mismatch => ["the agent is there and differs", "der Agent ist da und weicht ab"],
        RowStatus::AssistantNotFound => [
            "no such assistant, or not shared with the API key",
            "kein solcher Assistent, oder nicht mit dem API-Schlüssel geteilt",
        ],
        RowStatus::AgentNotFound => [
            "no such agent, or not shared with the API key",
            "kein solcher Agent, oder nicht mit dem API-Schlüssel geteilt",
        ],
        RowStatus::NoAccess => ["not shared with the API key", "nicht mit dem API-Schlüssel geteilt"],
        RowStatus::Failed => {
            ["could not be read: no usable answer came", "nicht lesbar: Es kam keine brauchbare Antwort"]
        }
        RowStatus::InvalidId => {
            ["the cell does not hold exactly one id", "in der Zelle steht nicht genau eine ID"]
        }
        RowStatus::Duplicate => [
            "the same assistant as in an earlier row, where its result stands",
            "derselbe Assistent wie in einer früheren Zeile, wo sein Ergebnis steht",
        ],
        RowStatus::NotChecked => ["the run ended before it", "der Lauf endete davor"],
    }
}

/// The answers to the row's calls, set out for a person, where they have no more bytes than that. Those of a duplicate stand
/// in the row that it repeats.
pub fn objects(row: &ReportRow, answers: [Option<&[u8]>; 2], redact: bool, at_most: usize) -> Objects {
    let bytes: usize = answers.into_iter().flatten().map(<[u8]>::len).sum();
    if row.status == RowStatus::Duplicate || bytes == 0 {
        return Objects::default();
    }
    if bytes > at_most {
        return Objects { are_left_out: true, ..Objects::default() };
    }
    let [assistant, agent] = answers.map(|answer| {
        let answer = JsonText::new(String::from_utf8(answer?.to_vec()).ok()?)?;
        let answer = if redact { redact::value(&answer, "")? } else { answer };
        Some(pretty(answer.get()))
    });
    Objects { assistant, agent, are_left_out: false }
}
