//! JSON text set out for a person: one member a line, numbers and strings as the platform spelled them.

use std::fmt::Write as _;

const INDENT: &str = "  ";

/// Deeper levels are set out no further to the right.
const DEEPEST: usize = 24;

/// The JSON text with line breaks and indentation. Characters that would reorder or hide their neighbours are spelled as
/// escapes, which is the same JSON.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0_usize;
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                out.push('"');
                copy_string(&mut characters, &mut out);
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(|next| is_space(*next)).is_some() {}
                if let Some(closing) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(closing);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            character if is_space(character) => {}
            character => out.push(character),
        }
    }
    out
}

/// The rest of a string, its closing quote included.
fn copy_string(characters: &mut impl Iterator<Item = char>, out: &mut String) {
    let mut escaped = false;
    for character in characters {
        if is_invisible(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return,
            _ => {}
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(DEEPEST) {
        out.push_str(INDENT);
    }
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn members_get_a_line_each_and_nothing_is_spelled_anew() {
        let json = r#"{"a":[1.10,{}, [ ],"x{,:\"y"],"n":0.30000000000000000001,"b":{"c":null}}"#;
        insta::assert_snapshot!(pretty(json), @r#"
        {
          "a": [
            1.10,
            {},
            [],
            "x{,:\"y"
          ],
          "n": 0.30000000000000000001,
          "b": {
            "c": null
          }
        }
        "#);
        assert_eq!(pretty("\"\u{202e}a\""), "\"\\u202ea\"");
    }

    proptest! {
        #[test]
        fn it_stays_the_same_json(text in "[a-z\"\\\\\u{202e}\u{200b}{}:, ]{0,12}", number in any::<i32>()) {
            // As many digits as this reader takes exactly.
            let number = f64::from(number) / 8.0;
            let value = serde_json::json!({text.clone(): [text, number, {"a": []}], "deep": [[[[{}]]]]});
            let shown = pretty(&value.to_string());
            let is_plain = !shown.contains('\u{202e}');
            prop_assert!(is_plain);
            prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
    }
}
