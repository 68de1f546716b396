//! Two values side by side for a person: `old -> new`, shortened around the first difference.
//!
//! Texts stand bare as long as nobody can misread them, else as in JSON. What reorders, hides or breaks the text
//! around it is always escaped, so that a difference can be seen.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::json::Json;
use super::quoting::{LONG_NAME, escape, is_hidden, quoted};
use crate::base::grouped;

/// More characters than this are not shown.
const LONG: usize = 80;

/// How many of them stand in front of the first difference.
const BEFORE: usize = 30;

/// What stands for a value that is absent or empty.
const NONE: &str = "(none)";

/// Both values, `old -> new`.
pub(crate) fn change(old: &Json, new: &Json) -> String {
    sides(old, new).join(" -> ")
}

fn sides(old: &Json, new: &Json) -> [String; 2] {
    let (old, new) = match (Shown::of(old), Shown::of(new)) {
        // An element without any member against none at all.
        (Shown::Nothing, Shown::Nothing) => (Shown::empty_object(old), Shown::empty_object(new)),
        shown => shown,
    };
    let differs_at = old.raw().chars().zip(new.raw().chars()).take_while(|(one, other)| one == other).count();
    let one_is_text =
        matches!((&old, &new), (Shown::Text(_), Shown::Json(_)) | (Shown::Json(_), Shown::Text(_)));
    let differs_in_a_mark = {
        let [first, second] =
            [0, 1].map(|step| [&old, &new].map(|side| side.raw().chars().nth(differs_at + step)));
        let any_joins = |pair: [Option<char>; 2]| pair.into_iter().flatten().any(joins_its_neighbour);
        any_joins(first) || (first.into_iter().flatten().all(char::is_alphabetic) && any_joins(second))
    };
    let view = View { differs_at, quotes_always: one_is_text, ascii_only: differs_in_a_mark };
    [view.excerpt(&old), view.excerpt(&new)]
}

pub(crate) fn one(value: &Json) -> String {
    View { differs_at: 0, quotes_always: true, ascii_only: false }.excerpt(&Shown::of(value))
}

/// A key, an id or a slug inside a place: bare if it is a plain word, else quoted; about 60 characters at most.
pub(super) fn label(name: &str) -> String {
    let is_plain = !name.is_empty()
        && name.chars().take(LONG_NAME + 1).count() <= LONG_NAME
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | '@'));
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// A value on its way to a person.
enum Shown<'a> {
    /// Absent or empty; an object with nothing but empty members is shown.
    Nothing,
    Text(&'a str),
    /// Anything else, as compact JSON.
    Json(Cow<'a, str>),
}

impl<'a> Shown<'a> {
    fn of(value: &'a Json) -> Self {
        match value {
            Json::Bool(flag) => Self::Json(Cow::Borrowed(if *flag { "true" } else { "false" })),
            // Against an element that is not there, one that holds nothing is a difference: it has to be seen.
            Json::Object(object) if !object.members().is_empty() => Self::Json(Cow::Owned(value.compact())),
            empty if empty.is_empty() => Self::Nothing,
            Json::Text(text) => Self::Text(text),
            Json::Number(number) => Self::Json(Cow::Borrowed(number)),
            other => Self::Json(Cow::Owned(other.compact())),
        }
    }

    fn empty_object(value: &Json) -> Self {
        if value.object().is_some() { Self::Json(Cow::Borrowed("{}")) } else { Self::Nothing }
    }

    fn raw(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Text(text) => text,
            Self::Json(json) => json,
        }
    }
}

/// How a pair of values is looked at.
struct View {
    /// The first character in which they differ.
    differs_at: usize,
    /// Texts are quoted whatever they hold: the other side is no text.
    quotes_always: bool,
    /// They differ in a mark that only shows on its neighbour: everything beyond ASCII is escaped.
    ascii_only: bool,
}

impl View {
    fn excerpt(&self, shown: &Shown<'_>) -> String {
        let raw = shown.raw();
        let length = raw.chars().count();
        let start = if length > LONG { self.differs_at.saturating_sub(BEFORE).min(length) } else { 0 };
        let is_cut = (start > 0, start + LONG < length);
        let window: String = raw.chars().skip(start).take(LONG).collect();
        let mut out = String::new();
        if is_cut.0 {
            out.push('…');
        }
        match shown {
            Shown::Nothing => out.push_str(NONE),
            Shown::Json(_) => {
                window.chars().for_each(|character| escape(character, false, self.ascii_only, &mut out));
            }
            Shown::Text(_) if self.quotes_always || self.is_ambiguous(&window, is_cut) => {
                out.push('"');
                window.chars().for_each(|character| escape(character, true, self.ascii_only, &mut out));
                out.push('"');
            }
            Shown::Text(_) => out.push_str(&window),
        }
        if is_cut.1 {
            out.push('…');
        }
        if length > LONG {
            // Writing to a String cannot fail.
            let _ = write!(out, " ({} characters)", grouped(u64::try_from(length).unwrap_or(u64::MAX)));
        }
        out
    }

    /// Whether the text, bare, could be taken for something else.
    fn is_ambiguous(&self, text: &str, (cut_in_front, cut_behind): (bool, bool)) -> bool {
        text.chars().any(|character| is_hidden(character) || (self.ascii_only && !character.is_ascii()))
            || ["; ", "->"].iter().any(|separator| text.contains(separator))
            || text.starts_with(['"', '…'])
            || text.ends_with([';', '…'])
            || text == NONE
            || (!cut_in_front && text.starts_with(' '))
            || (!cut_behind && text.ends_with(' '))
    }
}

/// Characters that only show on their neighbour, if at all: combining marks, joiners, variation selectors. They are
/// part of ordinary names and emoji; only where the difference lies in them they are escaped.
const fn joins_its_neighbour(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{1100}'..='\u{11ff}' | '\u{180b}'..='\u{180d}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn texts(old: &str, new: &str) -> String {
        change(&Json::Text(old.to_owned()), &Json::Text(new.to_owned()))
    }

    fn jsons(old: &str, new: &str) -> String {
        change(&Json::read(old).unwrap(), &Json::read(new).unwrap())
    }

    fn changes(pairs: &[(&str, &str)]) -> String {
        pairs.iter().map(|(old, new)| texts(old, new)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn texts_stand_bare_unless_they_can_be_misread() {
        assert_snapshot!(changes(&[
            ("Old name", "New name"),
            ("", "New name"),
            (" ", "(none)"),
            ("one ", "one"),
            ("a; b", "a -> b"),
            ("a\nb", "a\tb"),
            ("\"a\"", "a"),
            ("a\u{202e}b", "a\u{200b}b"),
            ("a\u{a0}b", "a b"),
            ("Was? \"Nein\" \\", "❤️ für Grüße"),
        ]), @r#"
        Old name -> New name
        (none) -> New name
        " " -> "(none)"
        "one " -> one
        "a; b" -> "a -> b"
        "a\nb" -> "a\tb"
        "\"a\"" -> a
        "a\u{202e}b" -> "a\u{200b}b"
        "a\u{a0}b" -> a b
        Was? "Nein" \ -> ❤️ für Grüße
        "#);
    }

    #[test]
    fn marks_that_only_show_on_their_neighbour_are_escaped_where_they_are_the_difference() {
        assert_snapshot!(changes(&[
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
            ("\u{2764}\u{fe0f} one", "\u{2764}\u{fe0f} two"),
        ]), @r#"
        "caf\u{e9}" -> "cafe\u{301}"
        "\u{2764}\u{fe0f}" -> "\u{2764}"
        ❤️ one -> ❤️ two
        "#);
    }

    #[test]
    fn values_stand_as_the_platform_spelled_them() {
        let shown = [
            ("0.30", "null"),
            ("true", "false"),
            ("[]", "[\"a\", 1.0, {\"b\": null}]"),
            ("\"1\"", "1"),
            ("\"[1]\"", "[1]"),
            ("{}", "[\"\u{202e}\"]"),
            ("null", r#"{"slug":"","order":null}"#),
            ("{}", "null"),
        ]
        .map(|(old, new)| jsons(old, new))
        .join("\n");
        assert_snapshot!(shown, @r#"
        0.30 -> (none)
        true -> false
        (none) -> ["a",1.0,{"b":null}]
        "1" -> 1
        "[1]" -> [1]
        (none) -> ["\u{202e}"]
        (none) -> {"slug":"","order":null}
        {} -> (none)
        "#);
    }

    #[test]
    fn long_texts_are_shortened_around_the_first_difference() {
        let prompt = |word: &str| {
            format!(
                "{} Answer as {word} would, and cite the source. {}",
                "You are careful. ".repeat(40),
                "x".repeat(11_000)
            )
        };
        let list = |word: &str| {
            let items: Vec<String> = (0..50).map(|number| format!("\"{word} {number}\"")).collect();
            format!("[{}]", items.join(","))
        };
        let lines = "A line.\n".repeat(100);
        let shown = [
            texts(&prompt("a lawyer"), &prompt("an engineer")),
            texts(&prompt("a lawyer"), ""),
            texts(&prompt("a lawyer"), "You are careless."),
            texts(&lines, &lines[..lines.len() - 9]),
            texts(&"ä".repeat(81), &"ä".repeat(80)),
            jsons(&list("item"), &list("part")),
        ]
        .join("\n");
        assert_snapshot!(shown, @r#"
        … You are careful.  Answer as a lawyer would, and cite the source. xxxxxxxxxxxxxx… (11,728 characters) -> … You are careful.  Answer as an engineer would, and cite the source. xxxxxxxxxxx… (11,731 characters)
        You are careful. You are careful. You are careful. You are careful. You are care… (11,728 characters) -> (none)
        You are careful. You are careful. You are careful. You are careful. You are care… (11,728 characters) -> You are careless.
        …" line.\nA line.\nA line.\nA line.\nA line.\n" (800 characters) -> …" line.\nA line.\nA line.\nA line." (791 characters)
        …äääääääääääääääääääääääääääääää (81 characters) -> ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää
        ["item 0","item 1","item 2","item 3","item 4","item 5","item 6","item 7","item 8… (491 characters) -> ["part 0","part 1","part 2","part 3","part 4","part 5","part 6","part 7","part 8… (491 characters)
        "#);
    }

    #[test]
    fn names_in_places_are_short_and_harmless() {
        let shown =
            ["slug_1", "größe", "", "a b", "a\u{1b}[31m", &"x".repeat(60), &"x".repeat(61), "]\" -> x"]
                .map(label)
                .join("\n");
        assert_snapshot!(shown, @r#"
        slug_1
        größe
        ""
        "a b"
        "a\u{1b}[31m"
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"
        "]\" -> x"
        "#);
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_and_shows_that_the_texts_differ(
            head in any::<String>(), times in 0_usize..40, old in any::<String>(), new in any::<String>(),
        ) {
            prop_assume!(old != new);
            let head = head.repeat(times);
            let (old, new) = (format!("{head}{old}"), format!("{head}{new}"));
            let sides = sides(&Json::Text(old), &Json::Text(new));
            prop_assert_ne!(&sides[0], &sides[1]);
            for side in sides {
                prop_assert!(side.chars().count() <= LONG * 10 + 40, "{}", side);
                prop_assert!(!side.chars().any(is_hidden), "{:?}", side);
            }
        }

        #[test]
        fn an_excerpt_of_plain_texts_is_a_piece_of_each_with_the_difference_in_it(
            head in "[a-zäöü€😀 ]{0,200}", old in "[a-zäöü]{1,200}", new in "[a-zäöü]{1,200}", tail in "[a-z.]{0,200}",
        ) {
            prop_assume!(old.chars().next() != new.chars().next());
            let whole = [format!("x{head}{old}{tail}x"), format!("x{head}{new}{tail}x")];
            let differs_at = 1 + head.chars().count();
            for (side, whole) in sides(&Json::Text(whole[0].clone()), &Json::Text(whole[1].clone())).iter().zip(&whole) {
                let shown = side.split(" (").next().unwrap_or_default().trim_matches('…').trim_matches('"');
                prop_assert!(shown.chars().count() <= LONG);
                // Found by its place, since the same words may come twice.
                let differing = whole.char_indices().nth(differs_at).unwrap().0;
                let is_there = whole
                    .match_indices(shown)
                    .any(|(at, _)| at <= differing && differing < at + shown.len());
                prop_assert!(is_there, "{} / {}", side, whole);
                prop_assert_eq!(side.ends_with("characters)"), whole.chars().count() > LONG);
            }
        }

        #[test]
        fn a_name_is_never_long(name in any::<String>()) {
            prop_assert!(label(&name).chars().count() <= LONG_NAME * 10 + 3);
        }
    }
}
