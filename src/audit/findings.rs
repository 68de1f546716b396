//! One record by itself: how it is set up, and what is wrong with it. Looked at once, when it is read; what is found is kept
//! beside it, so that no report has to read it again.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::duplicates::{instruction_trace, name_trace};
use super::row::{Capability, Configuration, Finding, Inspection};
use super::rules::{Subject, When, Workspace, rules};
use super::secrets::{Secrets, Words};
use crate::base::Call;
use crate::engine::record::{Json, Record, Side};

/// Grows whenever a rule about a record by itself, or about secrets, finds something else than before, and a test asks for
/// it: what was kept under another edition is looked for anew.
const EDITION: u32 = 1;

impl Inspection {
    /// Looks at a record that was read from that side at that moment; ages are counted up to there.
    pub fn of(record: &Record, side: Side, read_at: Timestamp) -> Self {
        let configuration = configuration(record, read_at);
        let secrets = Words::of(record);
        let subject = Subject { record, configuration: &configuration, has_secrets: secrets.is_some() };
        let findings = rules().iter().filter_map(|rule| match rule.when {
            When::Alone(when) => Some((rule.kind.code.to_owned(), when(&subject)?)),
            When::Among(_) => None,
        });
        Self {
            edition: EDITION,
            read_from: match side {
                Side::Assistant => Call::Assistant,
                Side::Agent => Call::Agent,
            },
            findings: findings.collect(),
            name: name_trace(record),
            instruction: instruction_trace(record),
            secrets: secrets.unwrap_or_default(),
            configuration,
        }
    }

    /// Out of what [`Inspection::kept`] gave; `None` for what another edition has kept, or somebody has damaged.
    pub(super) fn read(kept: &str) -> Option<Self> {
        serde_json::from_str(kept).ok().filter(|read: &Self| read.edition == EDITION)
    }

    /// The text under which the ledger keeps it.
    pub(super) fn kept(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// What is wrong with the record among all others, the heaviest first.
    pub fn findings(&self, workspace: Workspace<'_>) -> Vec<Finding> {
        let alone =
            |code| self.findings.iter().find(|(found, _)| found == code).map(|(_, detail)| detail.clone());
        let found = rules().iter().filter_map(|rule| {
            let detail = match rule.when {
                When::Alone(_) => alone(rule.kind.code)?,
                When::Among(when) => when(self, workspace)?,
            };
            Some(Finding { kind: &rule.kind, detail })
        });
        let mut findings: Vec<_> = found.collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.kind.weight));
        findings
    }

    pub(super) fn tell(&self, secrets: &mut Secrets) {
        secrets.learn(&self.secrets);
    }
}

pub(super) fn configuration(record: &Record, read_at: Timestamp) -> Configuration {
    let text = |field| record.text(field).unwrap_or_default();
    let length = |field| text(field).chars().count();
    let days =
        |time: Option<Timestamp>| time.map(|time| read_at.duration_since(time).as_hours().div_euclid(24));
    let (created_at, updated_at) = (record.created_at(), record.updated_at());
    let actions = record.object().get("actions").items();
    let asks = |action: &&Json| *action.member("requiresConfirmation") == Json::Bool(true);
    Configuration {
        model: text("model").to_owned(),
        temperature: record.value("temperature"),
        input_type: text("inputType").to_owned(),
        description_length: length("description"),
        instruction_length: length("instruction"),
        starters: record.count("conversationStarters"),
        actions: actions.len(),
        actions_to_confirm: actions.iter().filter(asks).count(),
        fields: record.count("inputFields"),
        attachments: record.count("attachments"),
        capabilities: Capability::ALL.map(|capability| record.flag(capability.as_str())),
        created_at,
        updated_at,
        age_days: days(created_at),
        unchanged_days: days(updated_at),
    }
}
