//! What two texts differ in, by lines, and inside changed lines by words: ready to be shown.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use similar::{ChangeTag, DiffTag, InlineChangeOptions, TextDiff};

use super::words::{fill, words};
use crate::base::{Both, Lang};

/// Unchanged lines that stay around a change.
const CONTEXT: usize = 2;

/// Looking for the smallest difference ends after this: then it is a larger one, and just as true.
const PATIENCE: Duration = Duration::from_millis(200);

/// Changed lines whose words are compared at most: where more have changed, hardly a word tells anything, and comparing them
/// takes longer than all the rest of a page.
const WORDS_OF_LINES: usize = 80;

/// Unchanged characters of a line that stay on either side of what is left out.
const KEPT_UNCHANGED: usize = 160;

/// Fewer characters than this are not worth leaving out.
const WORTH_IT: usize = 200;

/// Likewise, of what was removed or added in one piece: whole prompts of the usual sizes.
const KEPT_CHANGED: usize = 25_000;

/// Lines shown at most.
const LINES: usize = 4_000;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: LineKind,
    pub(super) pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// On both sides.
    Same,
    /// Only the assistant's.
    Removed,
    /// Only the agent's.
    Added,
    /// So many lines that are the same on both sides, or are too many to show.
    LeftOut,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    pub(super) text: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Plain,
    /// What makes the line another one.
    Changed,
    /// The name of a character that cannot be seen or that reorders its neighbours.
    Mark,
    /// How many are not shown here.
    LeftOut,
}

/// The lines in which the texts differ, with a little of what surrounds them.
pub(super) fn compare(old: &str, new: &str, lang: Lang) -> Vec<Line> {
    let w = words(lang);
    let (same, not_shown) = ([w.line_the_same, w.lines_the_same], [w.line_not_shown, w.lines_not_shown]);
    let deadline = Instant::now() + PATIENCE;
    let diff = TextDiff::configure().deadline(deadline).diff_lines(old, new);
    let mut options = InlineChangeOptions::new();
    options.semantic_cleanup(true);
    let ends = Ends::of(old, new);
    let mut lines = Vec::new();
    let mut told_until = 0;
    let groups = diff.grouped_ops(CONTEXT);
    let changes = groups.iter().flatten().filter(|op| op.tag() != DiffTag::Equal);
    let lines_changed: usize = changes.map(|op| op.old_range().len() + op.new_range().len()).sum();
    let compares_words = lines_changed <= WORDS_OF_LINES;
    for group in &groups {
        for op in group {
            left_out(&mut lines, op.old_range().start.saturating_sub(told_until), same, lang);
            told_until = told_until.max(op.old_range().end);
            if compares_words {
                let changes = diff.iter_inline_changes_with_options_deadline(op, options, Some(deadline));
                lines.extend(
                    changes.map(|change| {
                        line(change.tag(), change.values(), change.missing_newline(), ends, lang)
                    }),
                );
            } else {
                lines.extend(diff.iter_changes(op).map(|change| {
                    line(change.tag(), &[(false, change.value())], change.missing_newline(), ends, lang)
                }));
            }
        }
    }
    left_out(&mut lines, diff.old_len().saturating_sub(told_until), same, lang);
    if lines.len() > LINES {
        let rest = lines.len() - LINES;
        lines.truncate(LINES);
        left_out(&mut lines, rest, not_shown, lang);
    }
    lines
}

fn left_out(lines: &mut Vec<Line>, count: usize, [one, many]: Both, lang: Lang) {
    let text = match count {
        0 => return,
        1 => Cow::Borrowed(one),
        _ => Cow::Owned(fill(many, &[&lang.number(count as u64)])),
    };
    lines.push(Line { kind: LineKind::LeftOut, pieces: vec![Piece { kind: PieceKind::LeftOut, text }] });
}

/// What to show of the ends of lines: nothing, unless the texts differ in them.
#[derive(Clone, Copy)]
struct Ends {
    carriage_returns: bool,
    last: bool,
}

impl Ends {
    fn of(old: &str, new: &str) -> Self {
        let of_both = |has: fn(&str) -> bool| has(old) != has(new);
        Self {
            carriage_returns: of_both(|text| text.contains('\r')),
            last: of_both(|text| text.ends_with('\n')),
        }
    }
}

fn line(tag: ChangeTag, values: &[(bool, &str)], missing_newline: bool, ends: Ends, lang: Lang) -> Line {
    let mut pieces = Vec::new();
    let is_same = tag == ChangeTag::Equal;
    let is_new_as_a_whole = !is_same && values.iter().all(|(is_changed, _)| !is_changed);
    for &(is_changed, text) in values {
        let text = text.trim_end_matches('\n');
        let text = if ends.carriage_returns && !is_same { text } else { text.trim_end_matches('\r') };
        let kept = if is_changed || is_new_as_a_whole { KEPT_CHANGED } else { KEPT_UNCHANGED };
        push(&mut pieces, text, is_changed, kept, lang);
    }
    if ends.last && !is_same && missing_newline {
        pieces.push(Piece { kind: PieceKind::Mark, text: Cow::Borrowed(words(lang).no_line_end) });
    }
    let kind = match tag {
        ChangeTag::Equal => LineKind::Same,
        ChangeTag::Delete => LineKind::Removed,
        ChangeTag::Insert => LineKind::Added,
    };
    Line { kind, pieces }
}

/// The text as pieces, less its middle where more than `kept` characters stand on either side of that.
fn push(pieces: &mut Vec<Piece>, text: &str, is_changed: bool, kept: usize, lang: Lang) {
    let count = text.chars().count();
    if count < 2 * kept + WORTH_IT {
        push_visible(pieces, text, is_changed);
        return;
    }
    let at = |index| text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte);
    let (head, tail) = (text.get(..at(kept)), text.get(at(count - kept)..));
    push_visible(pieces, head.unwrap_or_default(), is_changed);
    let left_out = fill(words(lang).characters_left_out, &[&lang.number((count - 2 * kept) as u64)]);
    pieces.push(Piece { kind: PieceKind::LeftOut, text: Cow::Owned(left_out) });
    push_visible(pieces, tail.unwrap_or_default(), is_changed);
}

fn push_visible(pieces: &mut Vec<Piece>, text: &str, is_changed: bool) {
    let kind = if is_changed { PieceKind::Changed } else { PieceKind::Plain };
    let only_space = is_changed && text.chars().all(char::is_whitespace);
    let mut push = |kind, text: Cow<'static, str>| {
        if !text.is_empty() {
            pieces.push(Piece { kind, text });
        }
    };
    let mut run = String::new();
    for character in text.chars() {
        match mark(character, is_changed, only_space) {
            None => run.push(character),
            Some(mark) => {
                push(kind, Cow::Owned(std::mem::take(&mut run)));
                push(PieceKind::Mark, mark);
            }
        }
    }
    push(kind, Cow::Owned(run));
}

/// What to show in place of a character that nobody could see.
fn mark(character: char, is_changed: bool, only_space: bool) -> Option<Cow<'static, str>> {
    match character {
        '\r' => Some(Cow::Borrowed("CR")),
        '\t' if is_changed => Some(Cow::Borrowed("⇥")),
        ' ' if only_space => Some(Cow::Borrowed("␣")),
        '\n' | '\t' => None,
        '\u{A0}'
        | '\u{AD}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{FEFF}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202F}'
        | '\u{2060}'..='\u{206F}' => Some(code(character)),
        _ if character.is_control() => Some(code(character)),
        _ => None,
    }
}

fn code(character: char) -> Cow<'static, str> {
    Cow::Owned(format!("U+{:04X}", u32::from(character)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// `[…]` around what changed, `<…>` around marks, `{…}` around what is left out.
    fn shown(old: &str, new: &str) -> String {
        compare(old, new, Lang::En).iter().fold(String::new(), |mut text, line| {
            text.push_str(match line.kind {
                LineKind::Same => " ",
                LineKind::Removed => "-",
                LineKind::Added => "+",
                LineKind::LeftOut => "",
            });
            for Piece { kind, text: shown } in &line.pieces {
                let _ = match kind {
                    PieceKind::Plain => write!(text, "{shown}"),
                    PieceKind::Changed => write!(text, "[{shown}]"),
                    PieceKind::Mark => write!(text, "<{shown}>"),
                    PieceKind::LeftOut => write!(text, "{{{shown}}}"),
                };
            }
            text.push('\n');
            text
        })
    }

    #[test]
    fn changed_lines_show_the_words_that_changed_and_the_rest_is_counted() {
        let old = "Be kind.\nAnswer in German.\nCite the page.\nStop.\na\nb\nc\nd\ne\nf\ng";
        let new = "Be kind.\nAnswer in English.\nCite the page.\nStop.\na\nb\nc\nd\ne\nf\ng\nh\n";
        insta::assert_snapshot!(shown(old, new), @r"
         Be kind.
        -Answer in [German.]
        +Answer in [English.]
         Cite the page.
         Stop.
        {4 lines the same}
         e
         f
        -g<no line end>
        +g
        +h
        ");
    }

    #[test]
    fn what_cannot_be_seen_gets_a_name() {
        insta::assert_snapshot!(shown("a b\tc\nend", "a  b c\u{202e}d\u{200b}\r\nend\n"), @r"
        -a b	c
        -end<no line end>
        +a  b c<U+202E>d<U+200B><CR>
        +end
        ");
        insta::assert_snapshot!(shown("one two three four", "one  two\tthree four"), @r"
        -one<␣>two<␣>three four
        +one<␣><␣>two<⇥>three four
        ");
    }

    #[test]
    fn a_long_line_is_shown_around_its_change() {
        let old = format!("{} red {}", "word ".repeat(3_000), "tail ".repeat(3_000));
        let shown = shown(&old, &old.replace("red", "blue"));
        assert!(shown.len() < 3_000, "{shown}");
        assert!(shown.contains("[red]") && shown.contains("[blue]"), "{shown}");
        assert!(shown.contains("{14,"), "{shown}");
    }

    #[test]
    fn a_prompt_that_is_gone_is_shown_whole() {
        let old = "Never say this. ".repeat(2_500);
        let lines = compare(&old, "", Lang::En);
        let pieces = vec![Piece { kind: PieceKind::Plain, text: Cow::Owned(old) }];
        assert_eq!(lines, [Line { kind: LineKind::Removed, pieces }]);
    }

    #[test]
    fn two_huge_texts_without_anything_in_common_take_no_more_than_a_moment() {
        let text = |seed: u64| {
            (0..40_000_u64).map(|n| (n * n * seed % 977).to_string()).collect::<Vec<_>>().join("\n")
        };
        let begun = Instant::now();
        let lines = compare(&text(7), &text(11), Lang::En);
        assert!(lines.len() <= LINES + 1);
        // Generous: an unoptimised build on a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn texts_that_differ_show_it(old in "[ab\u{200b}\n\r\t ]{0,20}", new in "[ab\u{200b}\n\r\t ]{0,20}") {
            let lines = compare(&old, &new, Lang::En);
            let differs = lines.iter().any(|line| matches!(line.kind, LineKind::Removed | LineKind::Added));
            prop_assert_eq!(differs, old != new);
        }
    }
}
