//! A sheet for an auditor or a works council: what was done, when and with what, on few sheets of paper.

use std::io::{self, Write};

use askama::Template;

use super::policy;
use super::words::{Words, words};
use crate::base::Lang;

/// What stands on the sheet.
#[derive(Debug)]
pub struct Proof {
    /// In which language.
    pub lang: Lang,
    /// What it proves.
    pub title: &'static str,
    /// What that is made from.
    pub lead: &'static str,
    /// Whether the workspace is made up.
    pub is_practice: bool,
    /// What is known of the whole, with what it is called.
    pub facts: Vec<(&'static str, String)>,
    /// What was done.
    pub tables: Vec<ProofTable>,
}

/// Things of one kind that were done, the oldest first.
#[derive(Debug)]
pub struct ProofTable {
    /// What they are.
    pub title: &'static str,
    /// What is said where there are none.
    pub none: &'static str,
    /// The headings.
    pub columns: Vec<&'static str>,
    /// A cell for each.
    pub rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "proof.html", config = "src/engine/report/page/askama.toml")]
struct Sheet<'a> {
    w: &'static Words,
    lang: &'static str,
    policy: String,
    style: &'static str,
    proof: &'a Proof,
}

/// Writes the sheet.
pub fn proof(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet {
        w: words(proof.lang),
        lang: proof.lang.as_str(),
        policy: policy::content_security_policy(),
        style: policy::STYLE,
        proof,
    };
    sheet.write_into(out)
}
