//! `run --disable` and `rollback`.

mod disabling;
mod interrupted;
mod rollback;
mod trouble;
