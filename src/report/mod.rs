//! CSV and JSON Lines, formula shield, file that appears whole or not at all.
