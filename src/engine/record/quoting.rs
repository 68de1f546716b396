//! Texts of the platform inside a sentence.

use std::fmt::Write as _;

/// More characters of a key, an id or a slug are not shown.
pub(super) const LONG_NAME: usize = 60;

/// A key or an id inside a sentence: quoted, about 60 characters at most.
pub(super) fn quoted(name: &str) -> String {
    let mut characters = name.chars();
    let mut out = String::from("\"");
    characters.by_ref().take(LONG_NAME).for_each(|character| escape(character, true, false, &mut out));
    if characters.next().is_some() {
        out.push('…');
    }
    out.push('"');
    out
}

/// Writes the character, escaped if it could not be seen.
pub(super) fn escape(character: char, in_quotes: bool, ascii_only: bool, out: &mut String) {
    match character {
        '"' | '\\' if in_quotes => out.extend(['\\', character]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_hidden(character) || (ascii_only && !character.is_ascii()) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        }
        _ => out.push(character),
    }
}

/// Characters that cannot be seen, look like a plain space, or reorder and break the text around them.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}
