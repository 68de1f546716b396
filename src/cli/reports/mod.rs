//! What commands write of what they have found: reports, their parts, the proof.

pub(super) mod apply_report;
pub(super) mod audit_report;
pub(super) mod parts;
pub(super) mod proof;
pub(super) mod render;
pub(super) mod run_report;
pub(super) mod split;
