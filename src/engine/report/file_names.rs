//! File names out of people's words: safe on Linux, macOS and Windows, each once.

use std::collections::HashSet;

/// Bytes that a name made here has at most, its number included; an ending such as `.html` comes on top.
const LIMIT: usize = 80;

/// Names that Windows keeps for devices, whatever ending follows them.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Those that are followed by a digit, the raised ones included.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// What a value without a letter or a digit is called.
const NAMELESS: &str = "part";

/// Gives names without ending, none of them twice, not even on a disk that takes upper and lower case for one.
#[derive(Debug)]
pub struct FileNames {
    taken: HashSet<String>,
}

impl FileNames {
    /// `reserved` are the names that something else in the folder has.
    pub fn new(reserved: &[&str]) -> Self {
        Self { taken: reserved.iter().map(|name| caseless(name)).collect() }
    }

    /// A name for this value: its letters and digits in lower case, one `-` for whatever stands between them. If that is
    /// taken, `-2`, `-3`, … follows.
    pub fn name(&mut self, value: &str) -> String {
        let plain = plain(value);
        let numbered = (2_u64..).map(|number| {
            let number = format!("-{number}");
            format!("{}{number}", cut(&plain, LIMIT - number.len()))
        });
        let mut candidates = std::iter::once(plain.clone()).chain(numbered);
        // There is always another number; `plain` itself is only there for the compiler.
        candidates.find(|name| self.taken.insert(caseless(name))).unwrap_or_else(|| plain.clone())
    }
}

fn plain(value: &str) -> String {
    let mut name = String::new();
    for letter in value.chars().flat_map(char::to_lowercase).filter(|letter| !is_accent(*letter)) {
        if letter.is_alphanumeric() && !is_spelled_in_two_ways(letter) {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() > LIMIT {
            break;
        }
    }
    let name = cut(&name, LIMIT);
    match name {
        "" => NAMELESS.to_owned(),
        name if is_reserved(name) => format!("{name}-{NAMELESS}"),
        name => name.to_owned(),
    }
}

/// At most so many bytes of it, whole characters, no `-` at the end.
fn cut(name: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or_default()).unwrap_or_default().trim_end_matches('-')
}

/// An accent that stands for itself, behind its letter.
const fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

/// Letters that macOS takes for another spelling of others: Korean in pieces, Chinese compatibility forms.
const fn is_spelled_in_two_ways(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11FF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

fn is_reserved(name: &str) -> bool {
    let numbered = NUMBERED.iter().filter_map(|device| name.strip_prefix(device));
    let mut rests = numbered.map(str::chars);
    RESERVED.contains(&name)
        || rests
            .any(|mut rest| matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none())
}

/// What is the same for two names that a disk may take for one.
fn caseless(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(values: &[&str]) -> Vec<String> {
        let mut names = FileNames::new(&["index"]);
        values.iter().map(|value| names.name(value)).collect()
    }

    #[test]
    fn a_value_becomes_a_name_that_every_system_takes() {
        for (value, expected) in [
            ("Anna Meier", "anna-meier"),
            ("anna.meier@example.com", "anna-meier-example-com"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\x", "c-x"),
            ("a/b", "a-b"),
            ("<script>", "script"),
            (".hidden", "hidden"),
            ("trailing. ", "trailing"),
            ("🙂🎉", "part"),
            ("", "part"),
            ("\u{202e}gpj.exe", "gpj-exe"),
            ("a\0b\u{1b}[31m", "a-b-31m"),
            ("Ärzte & Söhne", "ärzte-söhne"),
            ("Jose\u{301}", "jose"),
            ("İstanbul", "istanbul"),
            ("مساعد السفر", "مساعد-السفر"),
            ("営業部", "営業部"),
            ("CON", "con-part"),
            ("nul.txt", "nul-txt"),
            ("com1", "com1-part"),
            ("COM¹", "com¹-part"),
            ("com10", "com10"),
            ("LPT", "lpt"),
            ("index", "index-2"),
            ("INDEX.html", "index-html"),
        ] {
            assert_eq!(names(&[value]), [expected], "{value:?}");
        }
    }

    #[test]
    fn names_that_would_be_one_file_are_numbered_in_input_order() {
        assert_eq!(names(&["a/b", "a b", "A-B", "a-b-2"]), ["a-b", "a-b-2", "a-b-3", "a-b-2-2"]);
        assert_eq!(names(&["🙂", "🎉", "part 2"]), ["part", "part-2", "part-2-2"]);
        assert_eq!(names(&["straße", "STRASSE", "ſ", "s"]), ["straße", "strasse-2", "ſ", "s-2"]);
    }

    #[test]
    fn a_long_value_is_cut_at_a_character_with_room_for_its_number() {
        let long = "ä".repeat(10_000);
        assert_eq!(names(&[&long]), ["ä".repeat(40)]);
        assert_eq!(names(&[&long, &long])[1], format!("{}-2", "ä".repeat(39)));
        let end = format!("{} b", "a".repeat(79));
        assert_eq!(names(&[&end]), ["a".repeat(79)]);
    }

    proptest! {
        #[test]
        fn any_values_get_distinct_safe_names(
            values in proptest::collection::vec(prop_oneof![".{0,120}", "[aAbB./ -]{0,4}", "(?i)(con|com[0-9¹]|index|part)(-?2)?"], 0..60)
        ) {
            let mut given = FileNames::new(&["index"]);
            let mut seen = HashSet::new();
            for value in &values {
                let name = given.name(value);
                prop_assert!(!name.is_empty() && name.len() <= LIMIT, "{name:?}");
                prop_assert!(name.chars().all(|letter| letter.is_alphanumeric() || letter == '-'), "{name:?}");
                prop_assert!(!name.starts_with('-') && !name.ends_with('-') && !is_reserved(&name), "{name:?}");
                prop_assert!(name != "index" && seen.insert(name.to_uppercase()), "{name:?}");
            }
        }
    }
}
