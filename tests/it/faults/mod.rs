//! The fault matrix: whatever an answer is, at whatever row, in whatever call, every row has its line, the line says what
//! the contract promises, the other rows are right, and the same command goes on. The tables are DESIGN.md and PLATFORM.md
//! read line by line; over real HTTP, with the compiled program.

mod answers;
mod back_on;
mod bodies;
mod cases;
mod disabling;
mod elsewhere;
mod error_bodies;
mod others;
mod reading;
mod statuses;
mod watching;
mod wires;
mod workspace;
