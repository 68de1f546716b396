//! The plots of an audit: models in use, findings by kind, age.

use crate::audit::Weight;
use crate::audit::page::{AuditOverview, Users};
use crate::base::grouped;
use crate::engine::report::page::percent;

/// The longest bar is so many units long.
const LONGEST: u64 = 1_000;

/// A bar of something is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 8;

/// Models with a bar of their own.
const MODELS: usize = 10;

/// Bars over each other.
pub(crate) struct Plot {
    /// The key of the column that the bars pick from.
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// What is counted.
    pub(crate) about: String,
    pub(crate) bars: Vec<Bar>,
}

/// One bar, with its number beside it.
pub(crate) struct Bar {
    pub(crate) label: String,
    /// What there is to say about it; mostly nothing.
    pub(crate) mark: &'static str,
    pub(crate) class: &'static str,
    pub(crate) rows: String,
    /// Its part of the rows that were read, for those who do not see the bar.
    pub(crate) share: String,
    pub(crate) length: u64,
    /// The value that it picks.
    pub(crate) value: Option<String>,
}

/// Those that have a bar.
pub(crate) fn plots(overview: &AuditOverview) -> Vec<Plot> {
    let plots = [models(overview), kinds(overview), ages(overview)];
    plots.into_iter().filter(|plot| !plot.bars.is_empty()).collect()
}

fn models(overview: &AuditOverview) -> Plot {
    let models = overview.models();
    let read = models.iter().map(|(_, users)| users.rows).sum();
    let (own, others) =
        models.split_at(models.len().min(if models.len() == MODELS + 1 { MODELS + 1 } else { MODELS }));
    let bar = |(id, users): &(&str, Users)| Bar {
        mark: if users.unavailable.is_some() { "not there for this key" } else { "" },
        class: users.unavailable.map_or("", Weight::as_str),
        ..Bar::new(if id.is_empty() { "(none)" } else { id }, users.rows, read, Some(id))
    };
    let mut bars: Vec<_> = own.iter().map(bar).collect();
    if !others.is_empty() {
        let rows = others.iter().map(|(_, users)| users.rows).sum();
        let has_unavailable = others.iter().any(|(_, users)| users.unavailable.is_some());
        bars.push(Bar {
            mark: if has_unavailable { "some not there for this key" } else { "" },
            ..Bar::new(&format!("{} other models", grouped(others.len() as u64)), rows, read, None)
        });
    }
    Plot::new("model", "Models in use", format!("Rows by model, of {} that were read", grouped(read)), bars)
}

fn kinds(overview: &AuditOverview) -> Plot {
    let read = overview.ages().map(|(_, rows)| rows).sum();
    let kinds = overview.kinds().into_iter();
    let bars = kinds.map(|kind| Bar {
        class: kind.weight.as_str(),
        ..Bar::new(kind.code, kind.rows, read, Some(kind.code))
    });
    let about = format!("Rows by finding, of {} that were read; a row may have several", grouped(read));
    Plot::new("findings", "Findings by kind", about, bars.collect())
}

fn ages(overview: &AuditOverview) -> Plot {
    let read = overview.ages().map(|(_, rows)| rows).sum();
    let about = format!("Rows by the time since their last change, of {} that were read", grouped(read));
    let bars = overview.ages().filter(|_| read > 0);
    let bars = bars.map(|(age, rows)| Bar::new(age.words(), rows, read, (rows > 0).then_some(age.words())));
    Plot::new("age", "Unchanged for", about, bars.collect())
}

impl Plot {
    /// With bars as long as their rows are many, the longest of full length.
    fn new(key: &'static str, title: &'static str, about: String, mut bars: Vec<Bar>) -> Self {
        let most = bars.iter().map(|bar| bar.length).max().unwrap_or_default().max(1);
        for bar in &mut bars {
            let length = u128::from(bar.length) * u128::from(LONGEST) / u128::from(most);
            let shortest = if bar.length > 0 { SHORTEST } else { 0 };
            bar.length = u64::try_from(length).unwrap_or(LONGEST).max(shortest);
        }
        Self { key, title, about, bars }
    }
}

impl Bar {
    /// A bar of so many rows, of that many in all; it is so many units long until it stands in its plot.
    fn new(label: &str, rows: u64, all: u64, value: Option<&str>) -> Self {
        Self {
            label: label.to_owned(),
            mark: "",
            class: "",
            rows: grouped(rows),
            share: percent(rows, all),
            length: rows,
            value: value.map(str::to_owned),
        }
    }
}
