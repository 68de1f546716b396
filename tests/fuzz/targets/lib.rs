//! What holds for every input, whatever its bytes: a function for each fuzz target, which panics where it does not hold.
//!
//! The fuzz package has this as its library; `tests/it/corpus.rs` includes it, too, and feeds it the corpus without a fuzzer.

mod answers;
mod comparison;
mod input;
mod pages;

pub use answers::answers;
pub use comparison::comparison;
pub use input::input;
