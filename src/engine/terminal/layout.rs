//! What texts for the person are made of: blocks, tables, counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::markup::{HANG, Text, Tone, WHOLE_LINE, toned};
use crate::base::{grouped, terminal_safe};

/// Characters of a path, an address or a command line shown at most: all of any real one, since a shortened command
/// line would not work.
pub(crate) const WHOLE: usize = 32_768;

/// Characters of an assistant's name shown at most.
const NAME: usize = 60;

/// Blocks of text with a blank line between them. Every block of a practice run says so in its first line.
pub(crate) struct Blocks {
    practice: &'static str,
    blocks: Vec<String>,
}

impl Blocks {
    pub(crate) const fn new(practice: bool) -> Self {
        Self { practice: if practice { "PRACTICE: " } else { "" }, blocks: Vec::new() }
    }

    /// A block that has its line breaks.
    pub(crate) fn push(&mut self, text: &str) {
        let (heading, rest) = text.split_once('\n').unwrap_or((text, ""));
        let heading = if heading.ends_with(':') && !rest.is_empty() {
            toned(heading, Tone::Heading)
        } else {
            heading.to_owned()
        };
        let rest = if rest.is_empty() { String::new() } else { format!("\n{rest}") };
        self.blocks.push(format!("{}{heading}{rest}", self.practice));
    }

    /// Where it all happens; nothing in the practice workspace, where every block says so.
    pub(crate) fn platform(&mut self, base_url: Option<&str>) {
        if let Some(base_url) = base_url {
            self.push(&format!("Platform: {}", terminal_safe(base_url, WHOLE)));
        }
    }

    /// Sentences of our own.
    pub(crate) fn say(&mut self, sentences: &str) {
        self.push(&sentences.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    /// Sentences of our own, then a command line to copy.
    pub(crate) fn command(&mut self, sentences: &str, command: &str) {
        self.push(&format!("{sentences}\n{}", whole_line(&format!("  {command}"))));
    }

    /// The files that were written, with what each one is.
    pub(crate) fn files(&mut self, files: &[(&str, &Path)]) {
        let width = files.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
        let lines = files.iter().fold(String::new(), |mut lines, (what, path)| {
            lines.push('\n');
            lines.push_str(&whole_line(&format!("  {what:<width$}  {}", path.display())));
            lines
        });
        if !lines.is_empty() {
            self.push(&format!("Files:{lines}"));
        }
    }

    pub(crate) fn finish(self) -> Text {
        Text::from(self.blocks.join("\n\n"))
    }
}

/// A line whose parts, if it has to be broken, begin behind `head`.
pub(crate) fn hanging(head: &str, line: &str) -> String {
    format!("{head}{HANG}{line}")
}

/// A line for copying or searching, never broken.
pub(super) fn whole_line(line: &str) -> String {
    format!("{WHOLE_LINE}{}", terminal_safe(line, WHOLE))
}

/// One line each: the count, right-aligned, then what is counted.
pub(crate) fn counts(lines: impl IntoIterator<Item = (u64, impl AsRef<str>)>) -> String {
    let lines: Vec<_> = lines.into_iter().map(|(count, what)| (grouped(count), what)).collect();
    let width = lines.iter().map(|(count, _)| count.len()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut text, (count, what)| {
        let _ = write!(text, "\n{}", hanging(&format!("  {count:>width$}  "), what.as_ref()));
        text
    })
}

/// The same, what counts most first.
pub(crate) fn most_first(counted: &BTreeMap<&'static str, u64>) -> String {
    let mut counted: Vec<_> = counted.iter().map(|(what, count)| (*count, *what)).collect();
    counted.sort_by_key(|(count, what)| (Reverse(*count), *what));
    counts(counted)
}

/// A line for each word of the report that counts something: the word and its tone, how many, and what there is to say
/// beside it.
pub(crate) fn by_word(lines: impl IntoIterator<Item = (&'static str, Tone, u64, String)>) -> String {
    let lines: Vec<_> = lines.into_iter().filter(|(_, _, count, _)| *count > 0).collect();
    let width = lines.iter().map(|(_, _, count, _)| grouped(*count).len()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut table, (word, tone, count, beside)| {
        let head = format!("  {}  {:>width$}", toned(&format!("{word:<19}"), *tone), grouped(*count));
        let _ = write!(table, "\n{}", hanging(&head, beside));
        table
    })
}

pub(crate) fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

pub(crate) fn assistants(count: u64) -> String {
    counted(count, "assistant", "assistants")
}

pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A name from the platform, in quotes, so that nobody takes it for a sentence of ours.
pub(crate) fn quoted(name: Option<&str>) -> String {
    let name = terminal_safe(name.unwrap_or_default().trim(), NAME);
    match name.trim() {
        "" => "(no name)".to_owned(),
        name => format!("\"{name}\""),
    }
}

/// When an agent is looked at, in whole seconds after its assistant was switched off: `at once`, `after 2 s`.
pub(crate) fn moment(after: Duration) -> String {
    match after.as_millis().saturating_add(500) / 1_000 {
        0 => "at once".to_owned(),
        seconds => format!("after {seconds} s"),
    }
}

/// The words with commas and a last `and`: `2, 5 and 10`.
pub(crate) fn enumerated(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_harmless_and_never_empty() {
        for (name, shown) in [
            (Some("Travel"), "\"Travel\""),
            (Some("a\u{1b}[31m\nb"), "\"a [31m b\""),
            (Some(" \u{200b}\u{7} "), "(no name)"),
            (None, "(no name)"),
        ] {
            assert_eq!(quoted(name), shown, "{name:?}");
        }
        assert!(quoted(Some(&"x".repeat(500))).chars().count() <= NAME + 2);
    }

    #[test]
    fn moments_are_whole_seconds() {
        for (millis, said) in [(0, "at once"), (400, "at once"), (2_013, "after 2 s"), (9_800, "after 10 s")]
        {
            assert_eq!(moment(Duration::from_millis(millis)), said, "{millis}");
        }
    }
}
