//! The rows of a run, out of its ledger.

use super::render::{RenderError, Rows, add, since_last};
use crate::base::{DisabledState, JsonText, Lang, ProgressCounts, ReportRow, RunFacts};
use crate::check;
use crate::disable;
use crate::engine::ledger::{LedgerError, LedgerReader, Reread, RowKey};
use crate::engine::record::{self, Side};
use crate::engine::report::page::Objects;

/// The rows of a run.
pub(crate) struct RunRows<'a> {
    pub(crate) ledger: &'a LedgerReader,
    pub(crate) facts: RunFacts,
    /// Whether lengths stand in place of the platform's texts.
    pub(crate) redact: bool,
    /// Whether they are shown as the last `verify` has found them.
    pub(crate) again: bool,
}

impl<'a> RunRows<'a> {
    /// As the run has found them.
    pub(crate) fn of(ledger: &'a LedgerReader, redact: bool) -> Result<Self, RenderError> {
        let mut rows = Self { ledger, facts: ledger.facts()?, redact, again: false };
        rows.facts.since_last = since_last(&rows, "run")?;
        Ok(rows)
    }

    /// What the last `verify` has found out about a row; `None` where it did not look, or that is not asked for.
    pub(crate) fn reread(&self, row: &ReportRow) -> Result<Option<Reread>, LedgerError> {
        let pair = row.pair.filter(|_| self.again && row.invalid.is_none());
        pair.map(|pair| self.ledger.reread_of(pair)).transpose()
    }
}

impl Rows<ReportRow> for RunRows<'_> {
    fn ledger(&self) -> &LedgerReader {
        self.ledger
    }

    fn redact(&self) -> bool {
        self.redact
    }

    fn facts(&self) -> &RunFacts {
        &self.facts
    }

    fn visit(
        &self,
        keys: Option<&[RowKey]>,
        wants_proposed: bool,
        visit: &mut dyn FnMut(&ReportRow) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        self.ledger.for_each_row(keys, wants_proposed, |mut row, assistant, _| {
            row.proposed = assistant.and_then(|document| proposed(&row, document));
            visit(&match self.reread(&row)? {
                Some(again) => check::as_it_is_now(row, again),
                None => row,
            })
        })
    }

    fn objects(&self, row: &ReportRow, at_most: usize) -> Result<Objects, LedgerError> {
        let Some(pair) = row.pair else { return Ok(Objects::default()) };
        let now = if self.again { self.ledger.reread_of(pair)?.agent() } else { None };
        let objects = self.ledger.documents_of(pair, |assistant, agent| {
            Objects::of(row, [assistant, now.as_deref().or(agent)], self.redact, at_most)
        })?;
        Ok(objects.unwrap_or_default())
    }

    fn facts_of_none(&self) -> RunFacts {
        RunFacts {
            counts: Vec::new(),
            disabled: Vec::new(),
            skipped: Vec::new(),
            progress: ProgressCounts::default(),
            stuck_off: 0,
            off_with_agents_id: 0,
            kept: 0,
            since_last: None,
            ..self.facts.clone()
        }
    }

    /// As the ledger does.
    fn count(facts: &mut RunFacts, row: &ReportRow) {
        add(&mut facts.counts, row.status);
        add(&mut facts.disabled, row.disabled);
        facts.progress.count(row.progress());
        facts.kept += u64::from(row.later_failure.is_some());
        if let (DisabledState::Skipped, Some(reason)) = (row.disabled, row.skipped) {
            add(&mut facts.skipped, reason);
        }
        facts.stuck_off += u64::from(row.disabled == DisabledState::RevertFailed);
        let is_one_uuid = row.pair.is_some_and(|pair| pair.is_one_uuid());
        facts.off_with_agents_id += u64::from(is_one_uuid && row.disabled.may_be_off());
    }

    fn card(facts: &RunFacts, lang: Lang) -> Option<String> {
        disable::card(facts, lang)
    }
}

/// The agent as it would be created, out of the assistant's kept document.
fn proposed(row: &ReportRow, document: &[u8]) -> Option<JsonText> {
    let pair = row.pair?;
    record::read(Side::Assistant, document, pair.assistant.0).ok().map(|record| check::proposed(&record))
}
