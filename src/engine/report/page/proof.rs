//! A sheet for an auditor or a works council: what was done, when and with what, on few sheets of paper.

use std::io::{self, Write};

use askama::Template;

use super::policy;
use crate::base::Lang;

/// What stands on the sheet.
#[derive(Debug, Template)]
#[template(path = "proof.html", config = "src/engine/report/page/templates/askama.toml")]
pub struct Proof {
    pub(crate) lang: Lang,
    /// What it proves.
    pub(crate) title: &'static str,
    /// What that is made from.
    pub(crate) lead: &'static str,
    pub(crate) is_practice: bool,
    /// What is known of the whole, with what it is called.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) tables: Vec<ProofTable>,
}

/// Things of one kind that were done, the oldest first.
#[derive(Debug)]
pub struct ProofTable {
    pub(crate) title: &'static str,
    /// What is said where there are none.
    pub(crate) none: &'static str,
    pub(crate) columns: Vec<&'static str>,
    /// A cell for each.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Writes the sheet.
pub fn proof(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    proof.write_into(out)
}
