//! How texts for the person are laid out: blocks, lines of at most 100 columns, counts.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::base::{grouped, terminal_safe};

/// Columns of our own sentences; names, paths and command lines may be longer.
const COLUMNS: usize = 100;

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
        self.blocks.push(format!("{}{text}", self.practice));
    }

    /// Where it all happens; nothing in the practice workspace, where every block says so.
    pub(crate) fn platform(&mut self, base_url: Option<&str>) {
        if let Some(base_url) = base_url {
            self.push(&format!("Platform: {}", terminal_safe(base_url, WHOLE)));
        }
    }

    /// Sentences of our own.
    pub(crate) fn say(&mut self, sentences: &str) {
        self.blocks.push(wrapped(sentences, self.practice, ""));
    }

    /// Sentences of our own, then a command line to copy.
    pub(crate) fn command(&mut self, sentences: &str, command: &str) {
        self.say(sentences);
        if let Some(block) = self.blocks.last_mut() {
            let _ = write!(block, "\n  {}", terminal_safe(command, WHOLE));
        }
    }

    /// The files that were written, with what each one is.
    pub(crate) fn files(&mut self, files: &[(&str, &Path)]) {
        let width = files.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
        let lines = files.iter().fold(String::new(), |mut lines, (what, path)| {
            let path = terminal_safe(&path.display().to_string(), WHOLE);
            let _ = write!(lines, "\n  {what:<width$}  {path}");
            lines
        });
        if !lines.is_empty() {
            self.push(&format!("Files:{lines}"));
        }
    }

    pub(crate) fn finish(self) -> String {
        self.blocks.join("\n\n")
    }
}

/// Sentences broken into lines: `first` stands before the first line, `rest` before the others.
pub(crate) fn wrapped(sentences: &str, first: &str, rest: &str) -> String {
    let mut text = first.to_owned();
    let mut column = first.chars().count();
    for (index, word) in sentences.split_whitespace().enumerate() {
        let width = word.chars().count();
        if index > 0 && column + 1 + width > COLUMNS {
            let _ = write!(text, "\n{rest}");
            column = rest.chars().count();
        } else if index > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text
}

/// One line each: the count, right-aligned, then what is counted.
pub(crate) fn counts<'a>(lines: impl IntoIterator<Item = (u64, &'a str)>) -> String {
    let lines: Vec<_> = lines.into_iter().map(|(count, what)| (grouped(count), what)).collect();
    let width = lines.iter().map(|(count, _)| count.len()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut text, (count, what)| {
        let _ = write!(text, "\n  {count:>width$}  {what}");
        text
    })
}

/// A line for each word of the report that counts something: the word, how many, and what there is to say beside it.
pub(crate) fn by_word(lines: impl IntoIterator<Item = (&'static str, u64, String)>) -> String {
    let lines = lines.into_iter().filter(|(_, count, _)| *count > 0);
    let lines: Vec<_> = lines.map(|(word, count, beside)| (word, grouped(count), beside)).collect();
    let width = lines.iter().map(|(_, count, _)| count.len()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut table, (word, count, beside)| {
        let _ = write!(table, "\n  {word:<19}  {count:>width$}{beside}");
        table
    })
}

/// `1 row`, `3,000 rows`.
pub(crate) fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

/// `1 assistant`, `3,000 assistants`.
pub(crate) fn assistants(count: u64) -> String {
    counted(count, "assistant", "assistants")
}

/// The number with the word that fits it.
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
    fn sentences_are_broken_before_the_hundredth_column_and_words_are_kept_whole() {
        let text = wrapped(&"four ".repeat(60), "  1. ", "     ");
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS && line.ends_with("four")), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("     four")), "{text}");
        assert_eq!(text.matches("four").count(), 60);
        let long = "x".repeat(150);
        assert_eq!(wrapped(&format!("a {long} b"), "", ""), format!("a\n{long}\nb"));
    }

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
