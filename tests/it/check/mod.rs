//! `run` and `verify`: rows, going on, stops, inputs.

mod accepting;
mod defects;
mod ends;
mod going_on;
mod inputs;
mod knowing;
mod rows;
mod since_last;
mod stops;
mod verify;
