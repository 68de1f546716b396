//! The rows of `run` and `verify` on a page.

use std::borrow::Cow;

use crate::base::{Lang, ReportRow, RowProgress, RowStatus, RunFacts};
use crate::engine::report::page::words::words;
use crate::engine::report::page::{About, Column, PageCell, PageLine, Shown, StatusGroup, ToDo, effort};

impl PageLine for ReportRow {
    fn about(facts: &RunFacts, lang: Lang) -> About {
        let switching = facts.tells_of_switching();
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

    fn group(&self, lang: Lang) -> StatusGroup {
        let needs_somebody = self.progress() == RowProgress::NeedsAttention;
        let is_verified_and_needs = self.status == RowStatus::Verified && needs_somebody;
        StatusGroup {
            rank: self.status as usize,
            class: if is_verified_and_needs { "heavy" } else { self.status.as_str() },
            word: self.status.as_str(),
            label: self.status.as_str(),
            meaning: lang.of(if is_verified_and_needs {
                ["the same, but somebody has to see to it", "gleich, aber jemand muss sich darum kümmern"]
            } else {
                self.status.meaning()
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
