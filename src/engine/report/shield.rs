//! Cells that a spreadsheet would run as a formula are made harmless with a leading `'` (DESIGN.md, Report).

use std::borrow::Cow;

use crate::base::may_run_as_formula;

/// A carried-through cell, shielded unless it is a plain number or a phone number.
pub(crate) fn carried(cell: &str) -> Cow<'_, str> {
    if !may_run_as_formula(cell) {
        return Cow::Borrowed(cell);
    }
    let bare = cell.trim_matches(' ');
    if is_plain_number(bare) || is_phone_number(bare) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(format!("'{cell}"))
}

/// `-5`, `+3.14`, `-1,234.56`, `-1.234,56`, `-.5`, `-1e-5`.
fn is_plain_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (unsigned, None),
    };
    let digits_are_plain = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    let exponent_is_plain = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    digits_are_plain && exponent_is_plain
}

/// `+49 30 123456`, `+1 (555) 123-4567`: a plus sign, then 5 to 15 digits (E.164 ends there) and what people put
/// between them. At least five, so that `+1-2` is still a sum.
fn is_phone_number(text: &str) -> bool {
    let Some(number) = text.strip_prefix('+') else { return false };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    number.starts_with(|first: char| first.is_ascii_digit() || first == '(')
        && (5..=15).contains(&digits)
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'(' | b')' | b'-' | b'.' | b'/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_get_an_apostrophe_and_everything_else_stays() {
        for shielded in [
            "=1+1",
            "+1+1",
            "-1+1",
            "-",
            "@SUM(A1)",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            "\t=1",
            "\tx",
            "\rx",
            "\nx",
            "\0x",
            "  =1",
            "\u{A0}=1",
            "\u{FEFF}=1",
            "\u{200B}@a",
            "- bullet",
            "+1-2",
            "-5+cmd|' /C calc'!A0",
            "+49 30 12345 ext. 5",
            "+",
            "-e5",
            "-1e",
            "+1234567890123456 7",
            "\t-5",
            "-5\n",
        ] {
            assert_eq!(carried(shielded), format!("'{shielded}"), "{shielded:?}");
            assert!(may_run_as_formula(shielded), "{shielded:?}");
        }
        for unharmed in ["", "a", "1=1", "'=1", "a\n=1", "5", "(555) 1", "日本", "#", "  ", "\"=1\""] {
            assert_eq!(carried(unharmed), unharmed);
            assert!(!may_run_as_formula(unharmed), "{unharmed:?}");
        }
    }

    #[test]
    fn plain_numbers_and_phone_numbers_are_left_alone_in_carried_columns_only() {
        for number in [
            "-5",
            "+3.14",
            "-1,234.56",
            "-1.234,56",
            "1e-5",
            "-1e-5",
            "+2E+10",
            "-.5",
            " -5 ",
            "+49 30 123456",
            "+1 (555) 123-4567",
            "+49 (0)30/123456-12",
            "+4930123456",
        ] {
            assert_eq!(carried(number), number);
        }
        assert!(may_run_as_formula("-5") && may_run_as_formula("+49 30 123456"));
    }

    proptest! {
        #[test]
        fn a_carried_cell_is_harmless_a_number_or_shielded(cell in r"[ \t\r\n\x00]{0,2}[-=+@＝＋－＠]?.{0,12}") {
            let shown = carried(&cell);
            let shielded = format!("'{cell}");
            prop_assert!(shown == cell || shown == shielded);
            if may_run_as_formula(&shown) {
                prop_assert!(shown.chars().all(|c| "0123456789+-.,eE ()/".contains(c)), "{:?}", shown);
                prop_assert!(shown.contains(|c: char| c.is_ascii_digit()));
            }
        }
    }
}
