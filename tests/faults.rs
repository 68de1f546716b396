//! The fault matrix: whatever an answer is, at whatever row, in whatever call, every row has its line, the line says what
//! the contract promises, the other rows are right, and the same command goes on. The tables are DESIGN.md and PLATFORM.md
//! read line by line; over real HTTP, with the compiled program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

#[path = "support/raw_server.rs"]
mod raw_server;

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/back_on.rs"]
mod back_on;
#[path = "faults/bodies.rs"]
mod bodies;
#[path = "faults/cases.rs"]
mod cases;
#[path = "faults/disabling.rs"]
mod disabling;
#[path = "faults/elsewhere.rs"]
mod elsewhere;
#[path = "faults/error_bodies.rs"]
mod error_bodies;
#[path = "faults/others.rs"]
mod others;
#[path = "faults/reading.rs"]
mod reading;
#[path = "faults/statuses.rs"]
mod statuses;
#[path = "faults/watching.rs"]
mod watching;
#[path = "faults/wires.rs"]
mod wires;
#[path = "faults/workspace.rs"]
mod workspace;
