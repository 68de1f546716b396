//! What the top of an audit's page says about all rows, the ones that it leaves out included.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::audit::columns;
use crate::audit::row::{AuditRow, Finding, Weight};
use crate::base::{Call, ProgressCounts, RowProgress, RowStatus};
use crate::engine::report::Texts;
use crate::engine::report::page::{Shares, cell, shortened};

/// A model id in the plot is no longer than this.
const MODEL: usize = 200;

/// What was found in some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    pub(crate) weight: Weight,
    pub(crate) advice: &'static str,
    pub(crate) rows: u64,
}

/// Rows of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Users {
    pub(crate) rows: u64,
    /// How much it weighs that the key does not have it; `None` where it does.
    pub(crate) unavailable: Option<Weight>,
}

/// For how long a row has not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Month,
    Quarter,
    HalfYear,
    Year,
    TwoYears,
    Older,
    Unknown,
}

impl Age {
    /// The youngest first.
    pub(super) const ALL: [Self; 7] =
        [Self::Month, Self::Quarter, Self::HalfYear, Self::Year, Self::TwoYears, Self::Older, Self::Unknown];

    /// Of a row that was read; `None` for any other.
    pub(super) fn of(row: &AuditRow) -> Option<Self> {
        let days = days_unchanged(row);
        row.configuration.as_ref().map(|_| match days {
            None => Self::Unknown,
            Some(..30) => Self::Month,
            Some(30..90) => Self::Quarter,
            Some(90..180) => Self::HalfYear,
            Some(180..365) => Self::Year,
            Some(365..730) => Self::TwoYears,
            Some(730..) => Self::Older,
        })
    }

    /// In days and years.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Month => "less than 30 days",
            Self::Quarter => "30 to 89 days",
            Self::HalfYear => "90 to 179 days",
            Self::Year => "180 to 364 days",
            Self::TwoYears => "1 to 2 years",
            Self::Older => "over 2 years",
            Self::Unknown => "not known",
        }
    }
}

/// Days since its last change; since it was made where it has none.
pub(super) fn days_unchanged(row: &AuditRow) -> Option<i64> {
    row.configuration.as_ref().and_then(|read| read.unchanged_days.or(read.age_days))
}

/// The model as the page shows it; `None` where nothing was read.
pub(super) fn model(row: &AuditRow, texts: Texts) -> Option<String> {
    let model = columns::model(row, texts)?;
    Some(shortened(cell(&model).trim(), MODEL).into_owned())
}

/// Counted over all rows, in a pass of its own before the first row is written.
#[derive(Debug, Default)]
pub struct AuditOverview {
    statuses: [u64; RowStatus::ALL.len()],
    kinds: BTreeMap<&'static str, Kind>,
    remedies: BTreeMap<&'static str, u64>,
    models: BTreeMap<String, Users>,
    ages: [u64; Age::ALL.len()],
    progress: ProgressCounts,
    with_weight: u64,
    agents: u64,
    shares: Shares,
}

impl AuditOverview {
    /// Takes in the next row.
    pub fn count(&mut self, row: &AuditRow, texts: Texts) {
        for (status, rows) in RowStatus::ALL.iter().zip(&mut self.statuses) {
            *rows += u64::from(*status == row.row.status);
        }
        for Finding { code, weight, advice, .. } in &row.findings {
            let none = Kind { code, weight: *weight, advice, rows: 0 };
            self.kinds.entry(code).or_insert(none).rows += 1;
        }
        if !row.remedy().is_empty() {
            *self.remedies.entry(row.remedy()).or_default() += 1;
        }
        if let Some(model) = model(row, texts) {
            let users = self.models.entry(model).or_default();
            users.rows += 1;
            let unavailable = row.findings.iter().find(|finding| finding.code == "model_unavailable");
            users.unavailable = users.unavailable.max(unavailable.map(|finding| finding.weight));
        }
        for (age, rows) in Age::ALL.iter().zip(&mut self.ages) {
            *rows += u64::from(Age::of(row) == Some(*age));
        }
        let progress = row.progress();
        self.progress.count(progress);
        self.with_weight += u64::from(row.has_weight());
        self.agents += u64::from(row.read_from == Some(Call::Agent));
        self.shares.count(&row.row.carried, progress == RowProgress::NeedsAttention);
    }

    /// How far the rows are.
    pub const fn progress(&self) -> ProgressCounts {
        self.progress
    }

    /// Rows of that status.
    pub(super) fn of_status(&self, status: RowStatus) -> u64 {
        let statuses = RowStatus::ALL.iter().zip(self.statuses);
        statuses.filter(|(counted, _)| **counted == status).map(|(_, rows)| rows).sum()
    }

    /// Rows with a finding of weight.
    pub(super) const fn with_weight(&self) -> u64 {
        self.with_weight
    }

    /// Rows that were read from the Agents API.
    pub(super) const fn agents(&self) -> u64 {
        self.agents
    }

    /// What was found: the heaviest first, then what most rows have.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<_> = self.kinds.values().copied().collect();
        kinds.sort_by_key(|kind| (Reverse(kind.weight), Reverse(kind.rows)));
        kinds
    }

    /// What to do about rows that were not read: first what most of them need.
    pub(super) fn remedies(&self) -> Vec<(&'static str, u64)> {
        let mut remedies: Vec<_> = self.remedies.iter().map(|(remedy, rows)| (*remedy, *rows)).collect();
        remedies.sort_by_key(|(_, rows)| Reverse(*rows));
        remedies
    }

    /// Models in use, that of most rows first.
    pub(crate) fn models(&self) -> Vec<(&str, Users)> {
        let mut models: Vec<_> = self.models.iter().map(|(id, users)| (id.as_str(), *users)).collect();
        models.sort_by_key(|(_, users)| Reverse(users.rows));
        models
    }

    /// Rows by age.
    pub(crate) fn ages(&self) -> impl Iterator<Item = (Age, u64)> {
        Age::ALL.into_iter().zip(self.ages)
    }

    /// All rows by the values of their carried-through columns.
    pub(super) const fn shares(&self) -> &Shares {
        &self.shares
    }
}
