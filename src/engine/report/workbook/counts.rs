//! The second sheet: how often each value of a column is there.

use std::collections::HashMap;

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::cells::{Formats, fitting, lines, set_height, text_of};
use crate::base::{Lang, one_line};
use crate::engine::report::Line;
use crate::engine::report::column::{Cell, Column};
use crate::engine::report::texts::Texts;

/// Different values that are counted, and of those the ones that are shown.
const MOST_COUNTED: usize = 5_000;
const MOST_SHOWN: usize = 500;

pub(super) const COUNTS_WIDTH: u8 = 90;

/// How often each value of a column was met.
pub(super) struct Tally<R: 'static> {
    column: &'static Column<R>,
    counts: HashMap<String, u64>,
    /// Met when there were too many different ones already.
    others: u64,
}

impl<R: Line> Tally<R> {
    pub(super) fn of(column: &'static Column<R>) -> Self {
        Self { column, counts: HashMap::new(), others: 0 }
    }

    pub(super) fn count(&mut self, row: &R, texts: Texts) {
        let values: Vec<String> = match self.column.of(row, texts) {
            Cell::Texts(texts) => texts,
            cell => text_of(&cell).split(';').map(str::to_owned).collect(),
        };
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            let has_room = self.counts.len() < MOST_COUNTED;
            match self.counts.get_mut(&value) {
                Some(rows) => *rows += 1,
                None if has_room => drop(self.counts.insert(value, 1)),
                None => self.others += 1,
            }
        }
    }

    /// Writes it from that row on; gives the row behind it.
    pub(super) fn write(
        &self,
        sheet: &mut Worksheet,
        from: u32,
        formats: &Formats,
        lang: Lang,
    ) -> Result<u32, XlsxError> {
        let mut counts: Vec<_> = self.counts.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
        if counts.is_empty() {
            return Ok(from);
        }
        counts.sort_by(|(value, rows), (other, more)| more.cmp(rows).then_with(|| value.cmp(other)));
        let left_out = counts.split_off(counts.len().min(MOST_SHOWN));
        let others = self.others + left_out.iter().map(|(_, rows)| rows).sum::<u64>();
        sheet.write_string_with_format(from, 0, lang.of(self.column.tally), &formats.bold)?;
        let others = (others > 0).then_some((lang.of(["(others)", "(andere)"]), others));
        let mut at = from;
        for (value, rows) in counts.into_iter().chain(others) {
            at += 1;
            sheet.write_number_with_format(at, 0, u32::try_from(rows).unwrap_or(u32::MAX), &formats.plain)?;
            let value = one_line(value);
            sheet.write_string_with_format(at, 1, fitting(&value), &formats.wrapped)?;
            set_height(sheet, at, lines(&value, COUNTS_WIDTH))?;
        }
        Ok(at + 1)
    }
}
