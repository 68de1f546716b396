//! What the top of a page says about all rows, the ones that it leaves out included.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::shares::Shares;
use super::{PageLine, Point, StatusGroup, ToDo};
use crate::base::{Actor, Lang, ProgressCounts, RowProgress};
use crate::engine::report::ReportSettings;

/// Counted over all rows, in a pass of its own before the first row is written.
#[derive(Debug, Default)]
pub struct Overview {
    pub(crate) progress: ProgressCounts,
    /// Of the rows that need somebody, those that need their owner.
    pub(super) yours: u64,
    by_status: BTreeMap<(usize, bool), (StatusGroup, u64)>,
    todos: BTreeMap<ToDo, u64>,
    points: BTreeMap<&'static str, BTreeMap<String, (Point<'static>, u64)>>,
    /// Rows that say how they are set up.
    pub(crate) read: u64,
    /// Rows of which the kind of page has something to remark.
    pub(crate) remarkable: u64,
    /// All rows by the values of their carried-through columns.
    pub(super) shares: Shares,
}

impl Overview {
    /// Takes in the next row.
    pub fn count<R: PageLine>(&mut self, row: &R, settings: &ReportSettings) {
        let texts = settings.page_texts();
        let progress = row.progress();
        let needs_somebody = progress == RowProgress::NeedsAttention;
        let todos = row.todos(texts.lang);
        self.progress.count(progress);
        self.yours += u64::from(needs_somebody && is_yours(&todos));
        let group = row.group(texts.lang);
        self.by_status.entry((group.rank, needs_somebody)).or_insert((group, 0)).1 += 1;
        for todo in todos {
            *self.todos.entry(todo).or_default() += 1;
        }
        for (plot, point) in row.points(texts) {
            let values = self.points.entry(plot).or_default();
            if let Some((known, rows)) = values.get_mut(point.value.as_ref()) {
                // One spelling of a value may be known to be bad in one row alone.
                known.rank = known.rank.max(point.rank);
                if known.class.is_empty() {
                    (known.class, known.mark) = (point.class, point.mark);
                }
                *rows += 1;
            } else {
                let value = point.value.into_owned();
                values.insert(value.clone(), (Point { value: value.into(), ..point }, 1));
            }
        }
        self.read += u64::from(row.is_read());
        self.remarkable += u64::from(row.is_remarkable());
        self.shares.count(&row.own().carried, needs_somebody);
    }

    /// Rows that stand alike, and whether they need somebody.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (StatusGroup, bool, u64)> {
        self.by_status.iter().map(|((_, needs_somebody), (group, rows))| (*group, *needs_somebody, *rows))
    }

    /// What to do, each with its number of rows: by who does it, what may do harm while it waits first, then what most rows
    /// need.
    pub(super) fn todos(&self) -> Vec<(ToDo, u64)> {
        let mut todos: Vec<_> = self.todos.iter().map(|(todo, rows)| (*todo, *rows)).collect();
        todos.sort_by_key(|(todo, rows)| (todo.who, !todo.is_pressing, Reverse(*rows), *todo));
        todos
    }

    /// The values of a plot with their rows, what weighs most first, then what most rows have.
    pub(super) fn points(&self, plot: &str) -> Vec<(&Point<'static>, u64)> {
        let values = self.points.get(plot).into_iter().flat_map(BTreeMap::values);
        let mut points: Vec<_> = values.map(|(point, rows)| (point, *rows)).collect();
        points.sort_by_key(|(point, rows)| Reverse((point.rank, *rows)));
        points
    }
}

/// Whose turn a row is; in the order of actors the table has them. An owner's row is not told from one of today.
pub(super) fn turn<R: PageLine>(row: &R, lang: Lang) -> Actor {
    match row.progress() {
        RowProgress::NeedsAttention if is_yours(&row.todos(lang)) => Actor::Owner,
        RowProgress::NeedsAttention => Actor::Administrator,
        RowProgress::Done | RowProgress::Pending => Actor::Nobody,
    }
}

/// Whether the owner has something to do, in the web app.
fn is_yours(todos: &[ToDo]) -> bool {
    todos.iter().any(|todo| matches!(todo.who, Actor::OwnerToday | Actor::Owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Remedy, ReportRow};
    use crate::engine::report::samples::{rows, settings};

    fn counted(rows: &[ReportRow]) -> Overview {
        let mut overview = Overview::default();
        for row in rows {
            overview.count(row, &settings());
        }
        overview
    }

    #[test]
    fn the_owners_part_comes_first_then_what_may_do_harm_then_what_most_rows_need() {
        let mut rows = rows();
        rows.extend(std::iter::repeat_n(rows[2].clone(), 3));
        let todos = counted(&rows).todos();
        let said = |remedy: Remedy| remedy.on_page(Lang::En);
        let first: Vec<_> = todos[..3].iter().map(|(todo, rows)| (todo.sentence, *rows)).collect();
        let expected = [(Remedy::MendAgent, 1), (Remedy::SwitchOnByHand, 1), (Remedy::ShareAssistant, 4)];
        assert_eq!(first, expected.map(|(remedy, rows)| (said(remedy), rows)));
    }

    #[test]
    fn rows_that_need_somebody_are_those_that_a_person_has_to_see_to() {
        let overview = counted(&rows());
        // Mismatch, no access, invalid id; refused and not switched on again.
        let expected = ProgressCounts { done: 4, needs_attention: 5, pending: 0 };
        assert_eq!((overview.progress, overview.yours), (expected, 1));
    }
}
