//! Reports, pages and parts.

mod page;
mod reports;
mod split;
mod workbook;
