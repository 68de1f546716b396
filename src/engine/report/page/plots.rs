//! Plots: bars over each other, as long as their rows are many.

use super::counts::percent;
use super::overview::Overview;
use super::words::{fill, words};
use crate::base::Lang;

/// The longest bar is so many units long.
const LONGEST: u64 = 1_000;

/// A bar of something is no shorter than this, or nobody would see it.
const SHORTEST: u64 = 8;

/// A plot that a kind of page has.
pub struct Plot {
    /// The key of the column that the bars pick from.
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// What is counted; `{}` is the number of rows that were read.
    pub(crate) about: &'static str,
    /// Values that have a bar even without rows, in this order; empty where what most rows have comes first.
    pub(crate) fixed: Vec<&'static str>,
    /// Values with a bar of their own.
    pub(crate) most: usize,
    /// What those beyond that are called, with `{}` for how many they are.
    pub(crate) others: &'static str,
}

/// A plot with its bars.
pub(super) struct Drawn {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) about: String,
    pub(super) bars: Vec<Bar>,
}

/// One bar, with its number beside it.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) mark: &'static str,
    pub(super) class: &'static str,
    pub(super) rows: String,
    /// Its part of the rows that were read, for those who do not see the bar.
    pub(super) share: String,
    pub(super) length: u64,
    /// The value that it picks.
    pub(super) value: Option<String>,
}

/// The plot as the rows fill it; `None` for one without any.
pub(super) fn draw(plot: &Plot, overview: &Overview, lang: Lang) -> Option<Drawn> {
    let read = overview.read;
    let points = overview.points(plot.key);
    let bar = |label: &str, rows: u64, value: Option<&str>| Bar {
        label: if label.is_empty() { words(lang).absent } else { label }.to_owned(),
        mark: "",
        class: "",
        rows: lang.number(rows),
        share: percent(rows, read),
        length: rows,
        value: value.map(str::to_owned),
    };
    let mut bars = Vec::new();
    for label in plot.fixed.iter().filter(|_| read > 0) {
        let rows = points.iter().find(|(point, _)| point.value == *label).map_or(0, |(_, rows)| *rows);
        bars.push(bar(label, rows, (rows > 0).then_some(label)));
    }
    if plot.fixed.is_empty() {
        // A single one left over is shown rather than counted.
        let is_one_over = points.len() == plot.most.saturating_add(1);
        let own = if is_one_over { points.len() } else { plot.most.min(points.len()) };
        let (own, others) = points.split_at(own);
        bars.extend(own.iter().map(|(point, rows)| Bar {
            mark: point.mark,
            class: point.class,
            ..bar(&point.value, *rows, Some(&point.value))
        }));
        if !others.is_empty() {
            let rows = others.iter().map(|(_, rows)| rows).sum();
            bars.push(bar(&fill(plot.others, &[&lang.number(others.len() as u64)]), rows, None));
        }
    }
    let most = bars.iter().map(|bar| bar.length).max().filter(|_| !bars.is_empty())?.max(1);
    for bar in &mut bars {
        let length = u128::from(bar.length) * u128::from(LONGEST) / u128::from(most);
        let shortest = if bar.length > 0 { SHORTEST } else { 0 };
        bar.length = u64::try_from(length).unwrap_or(LONGEST).max(shortest);
    }
    Some(Drawn { key: plot.key, title: plot.title, about: fill(plot.about, &[&lang.number(read)]), bars })
}
