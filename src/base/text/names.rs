//! Names of columns and values in them: when two are alike to a person, how they are shown in a sentence.

use super::terminal_safe;

/// Characters that a column's name may have in a message.
const SHOWN_CHARACTERS: usize = 60;
/// Columns that a message lists.
const SHOWN_COLUMNS: usize = 20;

/// Whether the two are one name to a person: any case; spaces, `-` and `_` do not count, so `assistantId` is
/// `Assistant ID`.
pub fn alike(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = char> {
        trimmed(name)
            .chars()
            .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '_'))
            .flat_map(char::to_lowercase)
    }
    letters(one).eq(letters(other)) && letters(one).next().is_some()
}

/// What is the same for all spellings of one value, a person or a team: upper and lower case, what is not seen at the
/// ends and runs of spaces make no difference. Nothing to show; the page's script folds alike.
pub fn same_for_all_spellings(value: &str) -> String {
    let words: Vec<_> = trimmed(value).split_whitespace().collect();
    // Both ways, since `ß` and `SS` are one in upper case, and `ς` and `σ`.
    words.join(" ").chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// A column's name in a sentence.
pub fn quoted(name: &str) -> String {
    format!("'{}'", terminal_safe(name, SHOWN_CHARACTERS))
}

/// Columns in a sentence: `'a', 'b'`, the first twenty of them.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown: Vec<String> = all.iter().take(SHOWN_COLUMNS).map(|name| quoted(name)).collect();
    match all.len().saturating_sub(SHOWN_COLUMNS) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The text without what a person does not see at its ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

/// White space of any kind, zero-width characters.
pub fn is_unseen(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_read_them() {
        for (one, other, expected) in [
            ("assistant_id", "Assistant ID", true),
            ("assistant_id", "assistantId", true),
            ("assistant_id", " ASSISTANT-ID\u{a0}", true),
            ("id", "\u{feff}Id", true),
            ("id", "ids", false),
            ("", "", false),
            ("-", "_", false),
        ] {
            assert_eq!(alike(one, other), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn one_value_in_several_spellings_is_one_to_a_person() {
        for (one, other, expected) in [
            ("Anna Meier", "anna  MEIER", true),
            ("Strauß", "STRAUSS", true),
            ("ΝΙΚΟΣ", "Νίκος", false),
            ("ΝΙΚΟΣ", "νικος", true),
            ("anna", "ann a", false),
            ("anna", "\u{feff}Anna\t", true),
        ] {
            assert_eq!(
                same_for_all_spellings(one) == same_for_all_spellings(other),
                expected,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn long_lists_of_columns_are_cut() {
        assert_eq!(listed(["a", "b\n"].into_iter()), "'a', 'b '");
        assert!(listed(std::iter::repeat_n("x", 23)).ends_with("'x' and 3 more"));
    }
}
