//! The pure heart: an answer's body becomes a record, two records become a verdict. No I/O, no clock.
//!
//! | file | idea |
//! | --- | --- |
//! | `json` | JSON that keeps the text of numbers and refuses doubled keys |
//! | `number` | when two numbers are the same |
//! | `fields` | the table: every known field, its rule, its write name; a field's type |
//! | `record` | the body of a 200 answer, held against the table |
//! | `same` | when two values agree, ids and file types included |
//! | `pairs` | which elements of two lists belong together |
//! | `compare` | where two records do not, and what is only a note |
//! | `path` | where a value stands: `inputFields[topic].label` |
//! | `excerpt` | two values side by side for a person, shortened around the first difference |
//! | `proposed` | the agent in write names, for `POST /agent/v1/create` |
//! | `audit` | one record by itself: how it is set up, what is wrong with it, secrets in its texts |
//! | `nonsense` | why an answer makes no sense |
//!
//! What counts as the same is data, a line per field in `fields`, and not code per field.

pub mod audit;
mod compare;
mod excerpt;
mod fields;
mod json;
mod nonsense;
mod number;
mod pairs;
mod path;
mod proposed;
mod record;
mod same;

#[cfg(test)]
mod tests;

pub use compare::{Verdict, compare};
pub use nonsense::Nonsense;
pub use proposed::proposed;
pub use record::{Record, Side, read};
