//! A page for the rows of one owner.

/// Whose rows a part of the report has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// The place of the column among the carried-through ones, from 0.
    pub at: usize,
    /// Its name.
    pub column: String,
    /// The value; empty for the rows without one.
    pub value: String,
}
