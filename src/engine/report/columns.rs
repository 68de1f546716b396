//! Columns that the reports of several commands have.

use super::Line;
use super::column::{Cell, Column, Place, Value};
use crate::base::Both;

/// Over what is counted how often something differs.
pub(crate) const DIFFERENCES: Both =
    ["What differs, and in how many rows", "Was abweicht, und in wie vielen Zeilen"];

/// Where the row starts in the input.
pub(crate) const fn line<R: Line>() -> Column<R> {
    Column::new("line", |row, _| Cell::Count(row.own().line))
}

pub(crate) const fn name<R: Line>() -> Column<R> {
    Column::private("name", |row: &R, _| Cell::text(&row.own().name)).placed(Place::Name, 32)
}

pub(crate) const fn input<R: Line>() -> Column<R> {
    Column::new("input", |row: &R, _| Cell::text(&row.own().input)).placed(Place::Rest, 38)
}

pub(crate) const fn assistant_id<R: Line>() -> Column<R> {
    id("assistant_id", |row, _| Cell::known(row.own().pair.map(|pair| pair.assistant.0), Cell::Id))
}

pub(crate) const fn status<R>(value: Value<R>) -> Column<R> {
    Column::new("status", value).placed(Place::Verdict, 20).tallied(["Rows by status", "Zeilen je Status"])
}

pub(crate) const fn remedy<R>(value: Value<R>) -> Column<R> {
    Column::new("remedy", value).placed(Place::Verdict, 50)
}

pub(crate) const fn error<R>(value: Value<R>) -> Column<R> {
    Column::partly_private("error", value).placed(Place::Verdict, 40)
}

pub(crate) const fn id<R>(name: &'static str, value: Value<R>) -> Column<R> {
    Column::new(name, value).placed(Place::Id, 38)
}

pub(crate) const fn time<R>(name: &'static str, value: Value<R>) -> Column<R> {
    Column::new(name, value).placed(Place::Time, 17)
}
