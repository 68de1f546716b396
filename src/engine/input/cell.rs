//! What stands in a cell: a UUID in any usual form, several, or none.

use uuid::Uuid;

use crate::base::{InvalidId, is_invisible_control, is_unseen, may_run_as_formula};

/// Length of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
const HYPHENATED: usize = 36;
/// Length of the 32 digits alone.
const SIMPLE: usize = 32;

/// The UUIDs of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// One, possibly written more than once.
    One(Uuid),
    /// At least two that differ.
    Several,
}

/// Looks for UUIDs anywhere in the cell: alone, in braces, after `urn:uuid:`, inside an address.
///
/// A UUID inside a longer run of letters and digits (a hash, a token) is none. One whose hyphens a word processor has made
/// finer, or that has something invisible in it, is read as what it stands for.
pub(super) fn find(cell: &[u8]) -> Found {
    match find_plain(cell) {
        Found::Nothing if !cell.is_ascii() => find_odd(cell),
        found => found,
    }
}

/// Whether the UUIDs of the cell are found only by reading odd characters as what they stand for.
pub(super) fn is_odd(cell: &[u8]) -> bool {
    !cell.is_ascii() && find_plain(cell) == Found::Nothing && find_odd(cell) != Found::Nothing
}

fn find_odd(cell: &[u8]) -> Found {
    let text = String::from_utf8_lossy(cell);
    // A soft hyphen may stand in a hyphen's place, or nowhere.
    ['-', '\u{200B}']
        .into_iter()
        .map(|soft| find_plain(plain(&text, soft).as_bytes()))
        .find(|found| *found != Found::Nothing)
        .unwrap_or(Found::Nothing)
}

fn plain(text: &str, soft: char) -> String {
    text.chars()
        .map(|character| match character {
            '\u{AD}' => soft,
            '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
            other => other,
        })
        .filter(|character| !is_invisible_control(*character))
        .collect()
}

fn find_plain(cell: &[u8]) -> Found {
    let mut found = Found::Nothing;
    let mut at = 0;
    while let Some(byte) = cell.get(at) {
        let uuid = if byte.is_ascii_hexdigit() && starts_freely(cell, at) { uuid_at(cell, at) } else { None };
        let Some((uuid, length)) = uuid else {
            at += 1;
            continue;
        };
        match found {
            Found::Nothing => found = Found::One(uuid),
            Found::One(first) if first != uuid => return Found::Several,
            Found::One(_) | Found::Several => {}
        }
        at += length;
    }
    found
}

/// The UUID that begins here and ends where a word ends, with its length in bytes.
fn uuid_at(cell: &[u8], at: usize) -> Option<(Uuid, usize)> {
    // The two lengths exclude the other forms that the parser knows.
    [HYPHENATED, SIMPLE].into_iter().find_map(|length| {
        let end = at + length;
        let ends_freely = cell.get(end).is_none_or(|next| !next.is_ascii_alphanumeric());
        let uuid =
            cell.get(at..end).filter(|_| ends_freely).and_then(|text| Uuid::try_parse_ascii(text).ok())?;
        Some((uuid, length))
    })
}

/// Whether a word can begin here: at the start, after anything but a letter or digit, or after an escape such as `%2F`.
fn starts_freely(cell: &[u8], at: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps).and_then(|index| cell.get(index)).copied();
    match before(1) {
        None => true,
        Some(last) if !last.is_ascii_alphanumeric() => true,
        Some(last) => {
            before(3) == Some(b'%')
                && last.is_ascii_hexdigit()
                && before(2).is_some_and(|byte| byte.is_ascii_hexdigit())
        }
    }
}

/// The one UUID of an assistant cell, or why there is none.
pub(super) fn assistant(cell: &[u8]) -> Result<Uuid, InvalidId> {
    match find(cell) {
        Found::One(uuid) => Ok(uuid),
        Found::Several => Err(InvalidId::TwoUuids),
        Found::Nothing if is_blank(cell) => Err(InvalidId::Empty),
        Found::Nothing => Err(InvalidId::NoUuid),
    }
}

/// The one UUID of an agent cell, `None` if the cell is empty, or why there is none.
pub(super) fn agent(cell: &[u8]) -> Result<Option<Uuid>, InvalidId> {
    match find(cell) {
        Found::One(uuid) => Ok(Some(uuid)),
        Found::Several => Err(InvalidId::AgentTwoUuids),
        Found::Nothing if is_blank(cell) => Ok(None),
        Found::Nothing => Err(InvalidId::AgentNoUuid),
    }
}

/// Whether a person sees nothing in the cell: white space of any kind, zero-width characters.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    // Nearly every cell is decided by its first byte.
    if cell.first().is_none_or(u8::is_ascii_graphic) {
        return cell.is_empty();
    }
    String::from_utf8_lossy(cell).chars().all(is_unseen)
}

/// Whether a line has nothing but white space, commas and semicolons: blank whatever the delimiter turns out to be.
pub(super) fn is_blank_line(line: &[u8]) -> bool {
    let filler = |byte: &u8| matches!(byte, b',' | b';') || byte.is_ascii_whitespace();
    let rest = line.iter().position(|byte| !filler(byte)).and_then(|at| line.get(at..)).unwrap_or_default();
    is_blank(rest)
}

/// The cell without the `'` that our report puts before what a spreadsheet would run as a formula, so that a report
/// given as input again and again does not pile them up. Only for reports of ours: elsewhere the `'` is the person's.
pub(super) fn unshielded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| may_run_as_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "550e8400-e29b-41d4-a716-446655440000";
    const B: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    fn uuid(text: &str) -> Uuid {
        Uuid::try_parse(text).unwrap()
    }

    #[test]
    fn a_uuid_is_found_in_every_usual_form() {
        for cell in [
            A.to_owned(),
            A.to_uppercase(),
            A.replace('-', ""),
            A.replace('-', "").to_uppercase(),
            format!("{{{A}}}"),
            format!("urn:uuid:{A}"),
            format!("URN:UUID:{A}"),
            format!("  {A}\t"),
            format!("\u{a0}{A}\u{a0}"),
            format!("\u{feff}{A}\u{200b}"),
            format!("\"{A}\""),
            format!("'{A}'"),
            format!("=\"{A}\""),
            format!("„{A}“"),
            format!("https://app.langdock.com/assistants/{A}/edit"),
            format!("https://app.langdock.com/assistants/{A}?tab=1#top"),
            format!("https://x.example/open?next=%2Fassistants%2F{A}%2Fedit"),
            format!("https://app.langdock.com/assistants/{}", A.replace('-', "")),
            format!("assistant_{A}"),
            format!("support-bot-{A}"),
            format!("{A}, {A}"),
            format!("{A} {}", A.to_uppercase().replace('-', "")),
        ] {
            assert_eq!(find(cell.as_bytes()), Found::One(uuid(A)), "{cell}");
        }
    }

    #[test]
    fn fine_hyphens_and_what_is_invisible_are_read_as_what_they_stand_for() {
        for odd in [
            A.replace('-', "\u{2011}"),
            A.replacen('-', "\u{2013}", 2),
            A.replacen('-', "\u{ad}", 1),
            A.replacen("e29b", "e2\u{ad}9b", 1),
            A.replacen("e29b", "e2\u{200b}9b", 1),
            format!("https://app.example/{}/edit", A.replace('-', "\u{2212}")),
        ] {
            assert_eq!((find(odd.as_bytes()), is_odd(odd.as_bytes())), (Found::One(uuid(A)), true), "{odd}");
        }
        for plain in [A.to_owned(), format!("\u{200b}{A}"), "–".to_owned()] {
            assert!(!is_odd(plain.as_bytes()), "{plain}");
        }
    }

    #[test]
    fn what_only_looks_like_a_uuid_is_none() {
        for cell in [
            String::new(),
            "not-a-uuid".to_owned(),
            A[..35].to_owned(),
            format!("{A}0"),
            format!("0{A}"),
            format!("x{A}"),
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned(),
            "0123456789abcdef0123456789abcdef0".to_owned(),
            A.replace('5', "g"),
            "550e8400-e29b-41d4-a716446655440000".to_owned(),
            "550e-8400e29b-41d4-a716-446655440000".to_owned(),
        ] {
            assert_eq!(find(cell.as_bytes()), Found::Nothing, "{cell}");
        }
    }

    #[test]
    fn the_nil_uuid_is_a_uuid() {
        assert_eq!(find(Uuid::nil().to_string().as_bytes()), Found::One(Uuid::nil()));
    }

    #[test]
    fn a_cell_says_why_it_cannot_be_used() {
        for (cell, expected) in [
            (A, Ok(uuid(A))),
            ("", Err(InvalidId::Empty)),
            (" \u{a0}\u{200b}", Err(InvalidId::Empty)),
            ("n/a", Err(InvalidId::NoUuid)),
            ("\0", Err(InvalidId::NoUuid)),
            (&format!("{A} {B}"), Err(InvalidId::TwoUuids)),
            (&format!("{A}-{B}"), Err(InvalidId::TwoUuids)),
        ] {
            assert_eq!(assistant(cell.as_bytes()), expected, "{cell:?}");
        }
        for (cell, expected) in [
            (A, Ok(Some(uuid(A)))),
            (" ", Ok(None)),
            ("none", Err(InvalidId::AgentNoUuid)),
            (&format!("{A} {B}"), Err(InvalidId::AgentTwoUuids)),
        ] {
            assert_eq!(agent(cell.as_bytes()), expected, "{cell:?}");
        }
    }

    #[test]
    fn only_the_shield_of_a_report_is_taken_off() {
        for (cell, expected) in [
            ("'=1+1", "=1+1"),
            ("'－1", "－1"),
            ("'\t", "\t"),
            ("'tis", "'tis"),
            ("' =1", " =1"),
            ("''=1", "''=1"),
            ("=1", "=1"),
            ("'", "'"),
        ] {
            assert_eq!(unshielded(cell), expected);
        }
    }

    proptest! {
        #[test]
        fn a_uuid_is_found_between_whatever_is_no_letter_or_digit(
            id in any::<u128>(), before in "[^0-9a-zA-Z%]{0,9}", after in "[^0-9a-zA-Z]{0,9}", form in 0..4
        ) {
            let id = Uuid::from_u128(id);
            let text = match form {
                0 => id.hyphenated().to_string(),
                1 => id.simple().to_string(),
                2 => id.braced().to_string().to_uppercase(),
                _ => id.urn().to_string(),
            };
            prop_assert_eq!(find(format!("{before}{text}{after}").as_bytes()), Found::One(id));
        }

        #[test]
        fn what_the_shield_put_there_comes_off_and_nothing_else(cell in r"[ \t\r\n\x00'\u{a0}\u{200b}]{0,2}[-=+@＝＋－＠']?.{0,9}") {
            let shielded = format!("'{cell}");
            let is_shield = may_run_as_formula(&cell);
            prop_assert_eq!(unshielded(&shielded), if is_shield { &cell } else { &shielded });
            prop_assert!(!may_run_as_formula(&shielded));
            // An operator behind whatever a spreadsheet may trim.
            let operator = |c: char| "=+-@＝＋－＠".contains(c);
            if cell.trim_start_matches([' ', '\t', '\r', '\n', '\0', '\u{a0}', '\u{200b}']).starts_with(operator) {
                prop_assert!(is_shield, "{:?}", cell);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(cell in any::<Vec<u8>>()) {
            let _ = (assistant(&cell), agent(&cell), is_blank(&cell));
        }
    }
}
