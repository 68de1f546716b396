//! Making agents what a ledger keeps.
//!
//! | file | idea |
//! | --- | --- |
//! | `decide`, `left` | what is sent to an agent, and what is left behind |

pub mod decide;
pub mod left;
#[cfg(test)]
mod tests;
