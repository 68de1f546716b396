//! What stands in an audit, counted: findings, what to do about rows that were not read.

use std::collections::BTreeMap;

use super::row::{AuditRow, FindingKind};
use crate::base::{Call, Lang, ProgressCounts};

/// A finding with the number of rows that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: &'static FindingKind,
    pub(super) rows: u64,
}

/// Rows, counted on their way into a report.
#[derive(Debug, Default)]
pub(crate) struct AuditCounters {
    /// Every finding by its code.
    pub(super) found: BTreeMap<&'static str, Found>,
    /// What to do about rows that were not read, each with its number of rows.
    pub(super) remedies: BTreeMap<&'static str, u64>,
    /// Rows that were read from the Agents API.
    pub(crate) from_agents: u64,
    pub(crate) progress: ProgressCounts,
}

impl AuditCounters {
    pub(crate) fn count(&mut self, row: &AuditRow) {
        self.from_agents += u64::from(row.read_from == Some(Call::Agent));
        self.progress.count(row.progress());
        for finding in &row.findings {
            let none = Found { kind: finding.kind, rows: 0 };
            self.found.entry(finding.kind.code).or_insert(none).rows += 1;
        }
        let remedy = row.remedy(Lang::En);
        if !remedy.is_empty() {
            *self.remedies.entry(remedy).or_default() += 1;
        }
    }
}
