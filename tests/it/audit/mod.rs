//! `audit`.

mod page;
mod reading;
