//! An answer's body becomes a record: JSON that keeps the text of numbers, the table of known fields, what counts as one value.
//! No I/O, no clock.

pub(crate) mod excerpt;
pub(crate) mod fields;
mod json;
mod nonsense;
mod number;
mod object;
mod path;
mod quoting;
pub(crate) mod same;

pub(crate) use fields::{Element, FIELDS, Field, Keyless, Rule};
pub(crate) use json::{Json, Object};
pub use nonsense::Nonsense;
pub use object::{Record, Side, read};
pub(crate) use path::Path;
pub(crate) use same::Key;
