//! Text for people: one line, harmless, with grouped digits; its languages, its spellings, the words of closed lists.

pub(super) mod formula;
pub(super) mod lang;
pub(super) mod names;
pub(super) mod worded;

/// Characters that reorder, hide or break the text around them: bidirectional controls, zero-width characters,
/// line and paragraph separators, the byte order mark.
pub(crate) const fn is_invisible_control(character: char) -> bool {
    matches!(character,
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The text with every control character and line break as one space (DESIGN.md, Report).
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// The text made safe for a terminal: one line, no escape sequence, no character that reorders or hides its
/// neighbours, at most `limit` characters (an ellipsis then ends it).
pub fn terminal_safe(text: &str, limit: usize) -> String {
    let mut safe: String = text
        .chars()
        .take(limit.saturating_add(1))
        .map(
            |character| {
                if character.is_control() || is_invisible_control(character) { ' ' } else { character }
            },
        )
        .collect();
    if safe.chars().count() > limit {
        safe = safe.chars().take(limit.saturating_sub(1)).collect();
        safe.push('…');
    }
    safe
}

/// The number with a comma between groups of three digits: `9,988`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn escapes_line_breaks_and_reordering_never_reach_the_terminal() {
        assert_eq!(terminal_safe("a\u{1b}[31mb\r\nc\u{202e}d", 40), "a [31mb  c d");
        assert_eq!(terminal_safe("abcdef", 4), "abc…");
        assert_eq!(terminal_safe("abcd", 4), "abcd");
    }
}
