//! The audit as a web page, made as the run's page is.

mod overview;
mod plots;
mod row;
mod top;

pub use overview::AuditOverview;
pub(crate) use overview::Users;

use askama::Template;

use self::row::{AuditDetail, AuditTableRow};
use self::top::AuditTop;
use super::row::{AuditFacts, AuditRow};
use crate::base::ProgressCounts;
use crate::engine::report::Texts;
use crate::engine::report::page::{Asked, Column, Objects, PageLine, Room, Shown};

impl PageLine for AuditRow {
    type Overview = AuditOverview;

    fn count(&self, overview: &mut AuditOverview, texts: Texts) {
        overview.count(self, texts);
    }

    fn counted(overview: &AuditOverview) -> ProgressCounts {
        overview.progress()
    }

    fn columns(_: &AuditFacts, carried: &[String]) -> Vec<Column> {
        let own = Column::own;
        let mut columns = vec![
            own("line", "Line", false),
            own("name", "Assistant", false),
            own("status", "Status", true),
            Column { is_many: true, ..own("findings", "Findings", true) },
            Column { is_many: true, ..own("todo", "What to do", true) },
            own("model", "Model", true),
        ];
        columns.extend(Column::carried(carried));
        columns.push(Column { is_shown: false, ..own("age", "Unchanged for", true) });
        columns.push(own("updated", "Last change", false));
        columns
    }

    fn top<'a>(
        facts: &'a AuditFacts,
        overview: &'a AuditOverview,
        asked: Asked<'a>,
        _: Option<String>,
    ) -> impl Template + 'a {
        AuditTop::new(facts, overview, asked)
    }

    fn cells<'a>(&'a self, shown: &'a Shown) -> impl Template + 'a {
        AuditTableRow::new(self, shown)
    }

    fn detail<'a>(&'a self, shown: &'a Shown, objects: Objects, _: Room) -> impl Template + 'a {
        AuditDetail::new(self, shown, objects)
    }
}

#[cfg(test)]
mod tests;
