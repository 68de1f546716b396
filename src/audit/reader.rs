//! Out of an audit's ledger to its rows, as every format shows them: with what needs the other rows, and without secrets.

use std::borrow::Cow;

use super::duplicates::{Crowd, Duplicates};
use super::row::{AuditFacts, AuditRow, Configuration, Inspection, KnownModel};
use super::rules::{DEFAULT, Workspace};
use super::secrets::Secrets;
use crate::base::{Call, Pair, ReportRow, RowStatus, SinceLast};
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::record::{self, Side};
use crate::engine::report::page::{Objects, pretty};
use crate::engine::report::redact;

/// What an audit says about itself as a whole.
pub fn facts(ledger: &LedgerReader) -> Result<AuditFacts, LedgerError> {
    Ok(AuditFacts { models_known: ledger.models()?.is_some(), run: ledger.facts()? })
}

/// A ledger of an audit with what has to be known of all rows before the first can be shown.
pub struct AuditReader<'a> {
    pub(crate) ledger: &'a LedgerReader,
    pub(crate) facts: AuditFacts,
    models: Option<Vec<KnownModel>>,
    duplicates: Duplicates,
    secrets: Secrets,
    /// Whether what it shows is to hold no text of the platform's.
    pub(crate) redact: bool,
}

impl<'a> AuditReader<'a> {
    /// Goes through all rows for what stands there twice and for secrets. `redact`: the objects that it shows hold no text
    /// of the platform's.
    pub fn new(ledger: &'a LedgerReader, facts: AuditFacts, redact: bool) -> Result<Self, LedgerError> {
        let mut crowd = Crowd::default();
        let mut secrets = Secrets::default();
        ledger.for_each_row(None, false, |row, _, _| {
            if let (Some(pair), Some(inspection)) = (row.pair, inspection(ledger, &row)?) {
                let id = match inspection.read_from {
                    Call::Agent => pair.agent.0,
                    _ => pair.assistant.0,
                };
                crowd.add(id, inspection.name, inspection.instruction);
                inspection.tell(&mut secrets);
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(Self { ledger, facts, models: ledger.models()?, duplicates: crowd.duplicates(), secrets, redact })
    }

    /// The same, with what has changed since the audit before.
    #[must_use]
    pub fn since(mut self, since_last: Option<SinceLast>) -> Self {
        self.facts.run.since_last = since_last;
        self
    }

    /// Shows the rows with these keys, or all of them, in order.
    pub fn for_each_row<E: From<LedgerError>>(
        &self,
        keys: Option<&[RowKey]>,
        mut visit: impl FnMut(&AuditRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.ledger.for_each_row(keys, false, |row, _, _| visit(&self.without_secrets(self.audited(row)?)))
    }

    /// What was read of the row, as it may be shown; left out where it has more bytes than that, nothing where nobody can
    /// look through it.
    pub fn objects(&self, row: &AuditRow, at_most: usize) -> Result<Objects, LedgerError> {
        let Some(pair) = read_pair(&row.row).filter(|_| row.read_from.is_some()) else {
            return Ok(Objects::default());
        };
        let shown = document_of(self.ledger, pair, |side, document| {
            if document.len() > at_most {
                return Some(Objects { are_left_out: true, ..Objects::default() });
            }
            let shown = self.secrets.hide_in_json(str::from_utf8(document).ok()?)?;
            let shown = if self.redact { redact::strictly(&shown)? } else { shown };
            let shown = Some(pretty(shown.get()));
            Some(match side {
                Side::Assistant => Objects { assistant: shown, ..Objects::default() },
                Side::Agent => Objects { agent: shown, ..Objects::default() },
            })
        })?;
        Ok(shown.unwrap_or_default())
    }

    /// The row with the person's own cells looked through as well: a page goes to other people than their file.
    pub fn for_other_people(&self, mut row: AuditRow) -> AuditRow {
        row.row.input = self.hidden(row.row.input);
        row.row.carried = row.row.carried.into_iter().map(|cell| self.hidden(cell)).collect();
        row
    }

    fn audited(&self, row: ReportRow) -> Result<AuditRow, LedgerError> {
        let Some(inspection) = inspection(self.ledger, &row)? else { return Ok(AuditRow::unread(row)) };
        let workspace = Workspace { models: self.models.as_deref(), duplicates: &self.duplicates };
        let is_known = |models: &[KnownModel]| is_known(models, &inspection.configuration.model);
        Ok(AuditRow {
            row,
            read_from: Some(inspection.read_from),
            has_known_model: is_known(self.models.as_deref().unwrap_or_default()),
            findings: inspection.findings(workspace),
            configuration: Some(inspection.configuration),
        })
    }

    /// The row with no word in it of any secret that was found, in this row or another one.
    fn without_secrets(&self, mut row: AuditRow) -> AuditRow {
        row.row.name = self.hidden(row.row.name);
        for failure in [&mut row.row.failure, &mut row.row.later_failure].into_iter().flatten() {
            failure.words = self.hidden(std::mem::take(&mut failure.words));
        }
        row.configuration = row.configuration.map(|read| Configuration {
            model: self.hidden(read.model),
            input_type: self.hidden(read.input_type),
            temperature: read.temperature.and_then(|value| self.secrets.hide_in_json(value.get())),
            ..read
        });
        row
    }

    fn hidden(&self, text: String) -> String {
        match self.secrets.hide(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(hidden) => hidden,
        }
    }
}

/// As it stands: what an audit takes for another spelling may hold anybody's text.
fn is_known(models: &[KnownModel], model: &str) -> bool {
    let plain = model.strip_suffix(DEFAULT).unwrap_or(model);
    plain == "auto" || models.iter().any(|known| known.id == model || known.id == plain)
}

/// The ids of a row that was read; `None` where it was not, or stands in another row already.
fn read_pair(row: &ReportRow) -> Option<Pair> {
    row.pair.filter(|_| row.status == RowStatus::Verified)
}

/// What was found in the row when it was read; found now where nobody has kept it.
fn inspection(ledger: &LedgerReader, row: &ReportRow) -> Result<Option<Inspection>, LedgerError> {
    let (Some(pair), Some(read_at)) = (read_pair(row), row.checked_at) else { return Ok(None) };
    if let Some(kept) = ledger.inspection_of(pair)? {
        return Ok(Some(kept));
    }
    document_of(ledger, pair, |side, document| {
        let id = match side {
            Side::Assistant => pair.assistant.0,
            Side::Agent => pair.agent.0,
        };
        record::read(side, document, id).ok().map(|record| Inspection::of(&record, side, read_at))
    })
}

/// What was read: the assistant, or else the agent.
fn document_of<T>(
    ledger: &LedgerReader,
    pair: Pair,
    visit: impl FnOnce(Side, &[u8]) -> Option<T>,
) -> Result<Option<T>, LedgerError> {
    let shown = ledger.documents_of(pair, |assistant, agent| match (assistant, agent) {
        (Some(assistant), _) => visit(Side::Assistant, assistant),
        (None, Some(agent)) => visit(Side::Agent, agent),
        (None, None) => None,
    })?;
    Ok(shown.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_as_it_is_spelled_and_not_as_it_may_be_meant() {
        let models = [KnownModel { id: "gpt-5".into(), extended_thinking: None }];
        for (model, models, expected) in [
            ("gpt-5", &models[..], true),
            ("gpt-5@default", &models, true),
            ("auto", &[], true),
            // Without the models of the key nobody knows what it is.
            ("gpt-5", &[], false),
            ("gpt-5@2025", &models, false),
        ] {
            assert_eq!(is_known(models, model), expected, "{model}");
        }
    }
}
