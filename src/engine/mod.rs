//! What every feature stands on. It knows none of them.

pub mod input;
pub mod ledger;
pub mod os;
pub mod platform;
pub mod record;
pub mod report;
pub mod session;
pub mod terminal;
