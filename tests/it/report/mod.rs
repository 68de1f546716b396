//! Reports, pages and parts.

mod owners;
mod page;
mod reports;
mod split;
mod workbook;
