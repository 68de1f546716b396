//! The run: rows in flight, stop rules, one row's way.
