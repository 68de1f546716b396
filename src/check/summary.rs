//! What stands in a report, counted: what to do, and what differs how often.

use std::collections::BTreeMap;

use crate::base::{Remedy, ReportRow, RowStatus};

/// Different differences that are told apart; those beyond are counted by their field alone, so that memory stays flat.
const TOLD_APART: usize = 10_000;

/// Rows, counted on their way into a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    remedies: BTreeMap<Remedy, u64>,
    /// Rows by field, and by old and new value in short.
    changes: BTreeMap<(String, String), u64>,
}

impl Summary {
    pub(crate) fn count(&mut self, row: &ReportRow) {
        *self.remedies.entry(row.remedy()).or_default() += 1;
        if row.status != RowStatus::Mismatch {
            return;
        }
        for difference in &row.differences {
            let has_room = self.changes.len() < TOLD_APART;
            let short = if has_room { difference.short.clone() } else { String::new() };
            *self.changes.entry((difference.field.clone(), short)).or_default() += 1;
        }
    }

    /// What to do, each with its rows: first what somebody has to do, most rows first, then what another run does.
    pub(crate) fn remedies(&self) -> Vec<(Remedy, u64)> {
        let mut remedies: Vec<_> = self.remedies.iter().map(|(remedy, rows)| (*remedy, *rows)).collect();
        remedies.retain(|(remedy, _)| *remedy != Remedy::Nothing);
        remedies.sort_by_key(|(remedy, rows)| (remedy.is_another_run(), std::cmp::Reverse(*rows), *remedy));
        remedies
    }

    /// What differs how often, most often first. What is otherwise in each row is one line of its field.
    pub(crate) fn changes(&self) -> Vec<(u64, String)> {
        let mut alone = BTreeMap::<&str, Vec<(&str, &str, u64)>>::new();
        let mut lines = Vec::new();
        for ((field, short), rows) in &self.changes {
            if *rows > 1 && !short.is_empty() {
                lines.push((*rows, format!("{field}: {short}")));
            } else {
                let whole = field.split(['[', '.']).next().unwrap_or(field);
                alone.entry(whole).or_default().push((field, short, *rows));
            }
        }
        for (whole, changes) in alone {
            lines.push(match changes.as_slice() {
                [(field, short, rows)] if !short.is_empty() => (*rows, format!("{field}: {short}")),
                many => (many.iter().map(|(_, _, rows)| rows).sum(), format!("{whole}, in each another way")),
            });
        }
        lines.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Difference;
    use crate::engine::report::samples;

    fn row(changes: &[(&str, &str)]) -> ReportRow {
        let differences = changes.iter().map(|(field, short)| Difference {
            field: (*field).to_owned(),
            old: None,
            new: None,
            short: (*short).to_owned(),
        });
        ReportRow { status: RowStatus::Mismatch, differences: differences.collect(), ..samples::verified() }
    }

    #[test]
    fn what_differs_in_the_same_way_is_one_line_and_so_is_what_differs_in_each() {
        let mut summary = Summary::default();
        for index in 0..41 {
            summary.count(&row(&[("temperature", "0.7 -> 0.3"), ("instructions", &format!("{index} -> b"))]));
        }
        summary.count(&row(&[("model", "gpt-4 -> gpt-5"), ("inputFields[topic].label", "a -> b")]));
        let said: Vec<_> =
            summary.changes().into_iter().map(|(rows, what)| format!("{rows} x {what}")).collect();
        assert_eq!(
            said,
            [
                "41 x instructions, in each another way",
                "41 x temperature: 0.7 -> 0.3",
                "1 x inputFields[topic].label: a -> b",
                "1 x model: gpt-4 -> gpt-5",
            ]
        );
    }

    #[test]
    fn what_somebody_has_to_do_stands_before_what_another_run_does() {
        let mut summary = Summary::default();
        let not_checked = ReportRow { status: RowStatus::NotChecked, ..samples::verified() };
        for row in [&not_checked, &not_checked, &row(&[])] {
            summary.count(row);
        }
        assert_eq!(summary.remedies(), [(Remedy::MendAgent, 1), (Remedy::RunAgain, 2)]);
    }
}
