//! Where a value stands, spelled out only when somebody asks: `inputFields[topic].label`.

use std::fmt;

use super::excerpt;
use super::quoting::quoted;
use super::same::Key;

/// A longer place is shortened in its middle, so that thousands of differences deep inside stay small.
const LONGEST: usize = 240;

/// A place in a record; each step knows the one above.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Record,
    /// A member of an object.
    Member(&'a Path<'a>, &'a str),
    /// An element known by its key.
    Element(&'a Path<'a>, Key<'a>),
    /// An element that shows no key, known by its label.
    Labelled(&'a Path<'a>, &'a str),
    /// An item known by its place in the list.
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The record's own field that holds the place; `None` for the record itself.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Record => None,
            Self::Member(Path::Record, name) => Some(name),
            Self::Member(above, _)
            | Self::Element(above, _)
            | Self::Labelled(above, _)
            | Self::Item(above, _) => above.field(),
        }
    }

    /// The place, at most a few hundred characters long.
    pub(crate) fn shown(&self) -> String {
        let whole = self.to_string();
        let length = whole.chars().count();
        if length <= LONGEST {
            return whole;
        }
        let head = whole.chars().take(LONGEST / 2);
        let tail = whole.chars().skip(length - LONGEST / 2);
        head.chain(['…']).chain(tail).collect()
    }

    /// The place at the start of a sentence: `field "temperature"`, `actions[0].requiresConfirmation`.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Member(Path::Record, name) => format!("field {}", quoted(name)),
            _ => self.shown(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record => Ok(()),
            Self::Member(Path::Record, name) => f.write_str(&excerpt::label(name)),
            Self::Member(above, name) => write!(f, "{above}.{}", excerpt::label(name)),
            Self::Element(above, key) => write!(f, "{above}[{key}]"),
            // Always quoted: a label is no slug, even where it reads like one.
            Self::Labelled(above, label) => write!(f, "{above}[{}]", quoted(label)),
            Self::Item(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn places_read_as_the_contract_writes_them() {
        let (actions, fields) =
            (Path::Member(&Path::Record, "actions"), Path::Member(&Path::Record, "inputFields"));
        let action = Path::Element(&actions, Key::Id(Uuid::from_u128(0xAB)));
        assert_eq!(
            Path::Member(&action, "requiresConfirmation").shown(),
            "actions[00000000-0000-0000-0000-0000000000ab].requiresConfirmation"
        );
        assert_eq!(
            Path::Member(&Path::Element(&fields, Key::Text("topic")), "label").shown(),
            "inputFields[topic].label"
        );
        assert_eq!(Path::Element(&fields, Key::Text("a] b")).shown(), r#"inputFields["a] b"]"#);
        assert_eq!(
            Path::Member(&Path::Labelled(&fields, "Topic"), "required").shown(),
            r#"inputFields["Topic"].required"#
        );
        assert_eq!(Path::Member(&Path::Record, "x; y: \n").shown(), r#""x; y: \n""#);
        assert_eq!(actions.subject(), r#"field "actions""#);
        assert_eq!(Path::Item(&actions, 3).subject(), "actions[3]");
    }

    #[test]
    fn a_place_is_short_however_long_its_keys_are() {
        fn below(path: &Path<'_>, key: &str, levels: usize) -> String {
            if levels == 0 { path.shown() } else { below(&Path::Member(path, key), key, levels - 1) }
        }
        let key = "k".repeat(100_000);
        assert_eq!(below(&Path::Record, &key, 1).chars().count(), 63);
        let shown = below(&Path::Record, &key, 100);
        assert!(shown.chars().count() <= LONGEST + 1, "{shown}");
        assert!(shown.starts_with("\"kkk") && shown.ends_with("k…\""), "{shown}");
    }
}
