//! The index of a report that was split by a column: a page that links to a page and a CSV for each value.
//!
//! It has the look and the policy of the report's page, and no script.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;

use super::frame::Frame;
use super::policy;
use super::words::{fill, words};
use crate::base::{Lang, ProgressCounts, RunFacts, one_line, same_for_all_spellings};
use crate::engine::report::ReportSettings;
use crate::engine::report::cell::shortened;

/// Characters of a value that a heading or a line of the index shows; the page's rows have it whole.
const SHOWN: usize = 200;

/// Whose rows a part of the report has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// The place of the column among the carried-through ones, from 0.
    pub(crate) at: usize,
    pub(crate) column: String,
    /// The value; empty for the rows without one.
    pub(crate) value: String,
}

impl PartOf {
    /// The column's name as a heading has it.
    pub fn heading(&self) -> String {
        shortened(&one_line(&self.column), SHOWN).into_owned()
    }

    /// The value as a heading has it.
    pub fn name(&self, lang: Lang) -> String {
        match self.value.as_str() {
            "" => words(lang).nobody_named.to_owned(),
            value => shortened(&one_line(value), SHOWN).into_owned(),
        }
    }
}

/// What an index says above its table.
pub struct IndexHead {
    frame: Frame,
    title: String,
    column: String,
    warning: Option<String>,
}

impl IndexHead {
    /// Gathers it: `title` is what the report is about, `column` the name of the column that it is split by. `facts` are
    /// those of the whole run.
    pub fn new(title: &'static str, column: &str, facts: &RunFacts, settings: &ReportSettings) -> Self {
        let frame = Frame::new(facts, settings.page_texts());
        let column = shortened(&one_line(column), SHOWN).into_owned();
        Self {
            title: fill(frame.w.by_column, &[title, &column]),
            column,
            warning: stuck(facts.stuck_off, frame.lang),
            frame,
        }
    }

    pub(crate) const fn lang(&self) -> Lang {
        self.frame.lang
    }
}

/// Some of them may stand in no part: their row is gone from the input.
fn stuck(assistants: u64, lang: Lang) -> Option<String> {
    let w = words(lang);
    let said = match assistants {
        0 => return None,
        1 => w.stuck_one.to_owned(),
        many => fill(w.stuck_many, &[&lang.number(many)]),
    };
    Some(format!("{said} {}", w.roll_back))
}

/// A part, as the index names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexLine {
    pub(crate) name: String,
    pub(crate) progress: ProgressCounts,
    /// The names of its files, beside the index.
    pub(crate) page: String,
    pub(crate) csv: String,
}

#[derive(Template)]
#[template(path = "index.html", config = "src/engine/report/page/templates/askama.toml")]
struct Index<'a> {
    head: &'a IndexHead,
    parts: Vec<IndexLine>,
    /// What stands before the totals.
    all: String,
    total: ProgressCounts,
}

/// Writes the index of these parts to `out`: who has most to do first, else by name.
pub fn index(head: &IndexHead, mut parts: Vec<IndexLine>, out: &mut dyn Write) -> io::Result<()> {
    parts.sort_by_cached_key(|part| {
        let ProgressCounts { needs_attention, pending, .. } = part.progress;
        (Reverse(needs_attention), Reverse(pending), same_for_all_spellings(&part.name))
    });
    let total = parts.iter().fold(ProgressCounts::default(), |sum, part| sum + part.progress);
    let Frame { w, lang, .. } = head.frame;
    let all = fill(w.all_parts, &[&lang.number(parts.len() as u64)]);
    Index { head, parts, all, total }.write_into(out)
}

/// The file name as a relative address (RFC 3986, percent-encoding).
fn href(file_name: &str) -> String {
    let mut address = String::with_capacity(file_name.len());
    for byte in file_name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            _ => {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::samples::{facts, settings};

    fn line(name: &str, done: u64, needs_attention: u64, pending: u64, file: &str) -> IndexLine {
        IndexLine {
            name: name.to_owned(),
            progress: ProgressCounts { done, needs_attention, pending },
            page: format!("{file}.html"),
            csv: format!("{file}.csv"),
        }
    }

    fn page(head: &IndexHead, lines: Vec<IndexLine>) -> String {
        let mut out = Vec::new();
        index(head, lines, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The text without tags, as a reader sees it.
    fn seen(html: &str) -> String {
        let text: Vec<_> =
            html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
        text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn it_lists_who_has_most_to_do_first_with_links_and_a_total() {
        let head = IndexHead::new("From assistants to agents", "owner", &facts(), &settings());
        let lines = vec![
            line("ann", 1_200, 0, 0, "ann"),
            line("Jörg/2", 0, 2, 1, "jörg-2"),
            line("(nobody named)", 0, 2, 0, "without-owner"),
        ];
        let page = page(&head, lines);
        let (_, body) = page.split_once("<body>").unwrap();
        insta::assert_snapshot!(seen(body), @"From assistants to agents, by owner A page and a CSV for each value of this column, with its rows and no others. Who has most to do comes first. Workspace https://api.langdock.com Last run begun 2025-04-01, 08:00 UTC; not finished Program agent-migrate 0.1.0 The run ended before its last row: the key lacks a scope: AGENT_API. Give it that scope in the workspace&#39;s API key settings. owner Rows Done Need somebody Open Files Jörg/2 3 0 2 1 Page CSV (nobody named) 2 0 2 0 Page CSV ann 1,200 1,200 0 0 Page CSV All 3 1,205 1,200 4 1 Made by agent-migrate. The files stand beside this page, which names every one of them: hand on the single files, not the folder. Nothing is asked for over the network.");
        assert!(page.contains("href=\"j%C3%B6rg-2.html\"") && page.contains("href=\"j%C3%B6rg-2.csv\""));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn names_are_text_and_a_column_of_open_rows_is_left_out_where_there_are_none() {
        let hostile = "</table><script>alert(1)</script>\"'\u{202e}";
        let mut facts = facts();
        facts.base_url = Some(hostile.into());
        let head = IndexHead::new("Audit", hostile, &facts, &ReportSettings { redact: true, ..settings() });
        let page = page(&head, vec![line(hostile, 1, 0, 0, "a")]);
        assert!(!page.contains("<script>") && page.matches("</table>").count() == 1);
        assert!(!page.contains("Open<") && page.contains("Redacted"));
    }

    #[test]
    fn assistants_that_may_be_off_are_named_even_if_no_part_has_them() {
        let facts = RunFacts { stuck_off: 2, ..facts() };
        let head = IndexHead::new("From assistants to agents", "owner", &facts, &settings());
        assert!(seen(&page(&head, Vec::new())).contains("2 assistants could not be switched on again"));
    }

    #[test]
    fn a_long_value_is_shortened_in_headings_and_an_empty_one_is_nobody() {
        let part = |value: String| PartOf { at: 0, column: "owner\n".into(), value };
        assert_eq!(part(String::new()).name(Lang::En), "(nobody named)");
        assert_eq!(part("ä".repeat(10_000)).name(Lang::En), format!("{}…", "ä".repeat(199)));
        assert_eq!(part("a\nb".into()).name(Lang::En), "a b");
        assert_eq!(part(String::new()).heading(), "owner ");
    }
}
