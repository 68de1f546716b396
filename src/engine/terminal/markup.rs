//! Texts of ours before they have a width and colours: marks say where lines may break and what stands out. They are control
//! characters, of which nothing that comes from outside keeps any ([`terminal_safe`]).

use std::fmt;

use console::measure_text_width;

use crate::base::{DisabledState, RowProgress, RowStatus, terminal_safe};

/// The most columns that are pleasant to read.
const COLUMNS: usize = 100;

/// Narrower than this, a terminal breaks the lines itself.
const NARROWEST: usize = 40;

/// The lines that a line is broken into begin below what follows this mark.
pub(super) const HANG: char = '\u{11}';

/// A line that begins so is for copying: it is never broken.
pub(super) const WHOLE_LINE: char = '\u{12}';

/// Ends what a [`Tone`] has begun.
const PLAIN: char = '\u{13}';

/// What a piece of text is to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to do.
    Good,
    /// Goes on by itself, or with the same command.
    Open,
    /// Somebody has to act.
    Bad,
    /// Stands above others.
    Heading,
}

impl Tone {
    pub(crate) const fn of(status: RowStatus) -> Self {
        match RowProgress::of(status, DisabledState::NotRequested, None, false) {
            RowProgress::Done => Self::Good,
            RowProgress::Pending => Self::Open,
            RowProgress::NeedsAttention => Self::Bad,
        }
    }

    const ALL: [Self; 4] = [Self::Good, Self::Open, Self::Bad, Self::Heading];

    const fn mark(self) -> char {
        match self {
            Self::Good => '\u{14}',
            Self::Open => '\u{15}',
            Self::Bad => '\u{16}',
            Self::Heading => '\u{17}',
        }
    }

    const fn escape(self) -> &'static str {
        match self {
            Self::Good => "\u{1b}[32m",
            Self::Open => "\u{1b}[33m",
            Self::Bad => "\u{1b}[31m",
            Self::Heading => "\u{1b}[1m",
        }
    }
}

pub(crate) fn toned(text: &str, tone: Tone) -> String {
    format!("{}{text}{PLAIN}", tone.mark())
}

/// A text of several lines for the person, with its marks. As a plain text it is as wide as is pleasant to read, without
/// colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The same with a blank line in front, to stand apart from what was there before.
    #[must_use]
    pub fn apart(self) -> Self {
        Self(format!("\n{}", self.0))
    }

    /// This one, and then that one behind a blank line.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self(format!("{}\n\n{}", self.0, other.0))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&laid_out(&self.0, COLUMNS, false))
    }
}

/// How many columns a text has on a screen of that many; what goes into a file or pipe is not broken.
pub(super) fn columns_on(screen: Option<usize>) -> usize {
    // The last column is left free: some terminals break the line behind it.
    screen.map_or(usize::MAX, |columns| columns.saturating_sub(1).clamp(NARROWEST, COLUMNS))
}

/// The text as it is printed, without its last line break: lines broken between words, marks taken out or turned into
/// colours, and nothing in it that a terminal would not show as it is.
pub(super) fn laid_out(text: &str, columns: usize, colors: bool) -> String {
    let lines = text.trim_end_matches('\n').split('\n').flat_map(|line| broken(&harmless(line), columns));
    lines.map(|line| painted(&line, colors)).collect::<Vec<_>>().join("\n")
}

const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{11}'..='\u{17}')
}

/// The line without escapes and with its marks: names of files stand in some, which may hold anything.
fn harmless(line: &str) -> String {
    let mut harmless = String::with_capacity(line.len());
    for piece in line.split_inclusive(is_mark) {
        let text = piece.trim_end_matches(is_mark);
        harmless.push_str(&terminal_safe(text, usize::MAX));
        harmless.push_str(&piece[text.len()..]);
    }
    harmless
}

fn width(text: &str) -> usize {
    measure_text_width(&text.replace(is_mark, ""))
}

/// The lines of a line. Words are kept whole, and so are the blanks in front of and inside what fits.
fn broken(line: &str, columns: usize) -> Vec<String> {
    if let Some(line) = line.strip_prefix(WHOLE_LINE) {
        return vec![line.to_owned()];
    }
    let (head, rest) = line.split_once(HANG).unwrap_or_else(|| {
        let at = line.find(|letter| letter != ' ').unwrap_or(0);
        line.split_at(at)
    });
    // A wide head would leave no room beside it.
    let hang = Some(width(head)).filter(|hang| *hang <= columns / 2).unwrap_or(4);
    let (mut lines, mut current, mut used) = (Vec::new(), head.to_owned(), width(head));
    let mut blanks = "";
    let mut is_empty = true;
    for word in rest.split_inclusive(' ') {
        let text = word.trim_end_matches(' ');
        if !is_empty && used + blanks.len() + width(text) > columns {
            lines.push(std::mem::replace(&mut current, " ".repeat(hang)));
            used = hang;
        } else {
            current.push_str(blanks);
            used += blanks.len();
        }
        current.push_str(text);
        used += width(text);
        blanks = &word[text.len()..];
        is_empty = false;
    }
    lines.push(current);
    lines
}

fn painted(line: &str, colors: bool) -> String {
    let mut painted = String::with_capacity(line.len());
    for letter in line.chars() {
        match Tone::ALL.into_iter().find(|tone| tone.mark() == letter) {
            Some(tone) if colors => painted.push_str(tone.escape()),
            None if letter == PLAIN && colors => painted.push_str("\u{1b}[0m"),
            None if !is_mark(letter) => painted.push(letter),
            Some(_) | None => {}
        }
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_below_where_they_hang() {
        let text = format!("  1. {HANG}{}", "four ".repeat(60).trim_end());
        for columns in [40, 100] {
            let text = laid_out(&text, columns, false);
            assert!(text.lines().all(|line| line.len() <= columns && line.ends_with("four")), "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("     four")), "{text}");
            assert_eq!(text.matches("four").count(), 60);
        }
        let long = "x".repeat(150);
        assert_eq!(laid_out(&format!("a {long} b"), 100, false), format!("a\n{long}\nb"));
    }

    #[test]
    fn what_is_for_copying_is_never_broken_and_what_fits_keeps_its_blanks() {
        let line = format!("agent-migrate {}", "word ".repeat(40));
        assert_eq!(laid_out(&format!("{WHOLE_LINE}  {line}"), 40, false), format!("  {line}"));
        assert_eq!(laid_out("  verified      12  (2 left)", 40, false), "  verified      12  (2 left)");
        assert_eq!(laid_out("a\n\n b\n\n", 40, false), "a\n\n b");
    }

    #[test]
    fn a_tone_is_a_colour_or_nothing_and_takes_no_room() {
        let text = format!("{} 12", toned("verified", Tone::Good));
        assert_eq!(laid_out(&text, 40, false), "verified 12");
        assert_eq!(laid_out(&text, 40, true), "\u{1b}[32mverified\u{1b}[0m 12");
        let wide = format!("{} {}", toned(&"x".repeat(20), Tone::Bad), "y".repeat(19));
        assert_eq!(laid_out(&wide, 40, false).lines().count(), 1);
    }

    #[test]
    fn nothing_from_outside_sends_an_escape() {
        assert_eq!(laid_out("\u{1b}[31mred\u{202e}", 40, true), " [31mred");
    }

    #[test]
    fn a_text_has_the_width_of_the_screen_within_reason() {
        assert_eq!([0, 20, 50, 80, 300].map(|screen| columns_on(Some(screen))), [40, 40, 49, 79, 100]);
        assert_eq!(columns_on(None), usize::MAX);
    }
}
