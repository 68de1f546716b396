//! When two numbers are the same: within 1e-9, beyond 2^53 exactly.
//!
//! All of it in decimal, as the numbers are spelled: `0.300000001` is within 1e-9 of `0.3`, although the nearest
//! binary fractions are not, and no digit of a long number is lost. Nothing here grows with an exponent.

/// Beyond this, numbers are compared exactly (DESIGN.md, What counts as the same).
const EXACT_BEYOND: u64 = 1 << 53;

/// Decimal places of the fixed-point form; with the 16 digits before the point they fit 128 bits.
const PLACES: i64 = 20;

/// One, in units of the fixed-point form.
const ONE: i128 = 10_i128.pow(20);

/// 1e-9, and the unit by which cutting off the places beyond can be wrong.
const TOLERANCE: u128 = 10_u128.pow(11) + 1;

/// Whether two JSON numbers, as spelled, are the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (Some(one), Some(other)) = (Decimal::read(one), Decimal::read(other)) else { return false };
    one == other
        || one
            .fixed_point()
            .zip(other.fixed_point())
            .is_some_and(|(one, other)| one.abs_diff(other) <= TOLERANCE)
}

/// One spelling for all numbers of exactly the same value: `1e3`, `1000.0` and `1000` give `1e3`. A number whose
/// exponent is beyond reason keeps its own.
pub(super) fn normal(text: &str) -> String {
    Decimal::read(text).map_or_else(
        || text.to_owned(),
        |decimal| {
            let sign = if decimal.is_negative { "-" } else { "" };
            format!("{sign}{}e{}", decimal.digits, decimal.exponent)
        },
    )
}

/// ±digits × 10^exponent, the digits without zeros at either end; zero has no digits, no sign and no exponent.
#[derive(PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Takes a JSON number; `None` when its exponent does not fit 64 bits.
    fn read(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let without_tail = all.trim_end_matches('0');
        let digits = without_tail.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let shift =
            i64::try_from(all.len() - without_tail.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Self { is_negative, digits: digits.to_owned(), exponent })
    }

    /// The value in units of 10^-20, what is smaller cut off; `None` beyond 2^53.
    fn fixed_point(&self) -> Option<i128> {
        let digits_before_point = i64::try_from(self.digits.len()).ok()?.checked_add(self.exponent)?;
        if digits_before_point > 16 {
            return None;
        }
        let Ok(wanted) = usize::try_from(digits_before_point.saturating_add(PLACES)) else { return Some(0) };
        let kept = self.digits.get(..wanted.min(self.digits.len()))?;
        let magnitude: i128 = format!("0{kept:0<wanted$}").parse().ok()?;
        let is_beyond = magnitude > i128::from(EXACT_BEYOND) * ONE;
        (!is_beyond).then_some(if self.is_negative { -magnitude } else { magnitude })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_value_in_other_words_is_the_same() {
        for (one, other) in [
            ("1000", "1e3"),
            ("1000", "1.000E+3"),
            ("0.3", "0.30"),
            ("0.3", "3e-1"),
            ("0", "-0"),
            ("0", "0e99999999999999999999"),
            ("0.0", "0"),
            ("9007199254740993", "9007199254740993.0"),
            ("1e400", "10e399"),
            ("1e999999999", "10E999999998"),
            ("123456789012345678901234567890e-10", "12345678901234567890.1234567890"),
            ("1e0000000000000000000000005", "100000"),
        ] {
            assert!(same(one, other) && same(other, one), "{one} {other}");
            assert_eq!(normal(one), normal(other));
        }
    }

    #[test]
    fn one_part_in_a_billion_is_nothing_and_more_is_something() {
        for (one, other) in [
            ("0.3", "0.300000001"),
            ("0.3", "0.299999999"),
            ("0.7", "0.699999999"),
            ("1000000.000000001", "1000000"),
            ("9007199254740991", "9007199254740991.000000001"),
            ("0", "1e-9"),
            ("0", "-1e-999999999"),
            ("0.1", "0.1000000000000000055511151231257827"),
            ("-0.0000000005", "0.0000000005"),
        ] {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("0.3", "0.30000000101"),
            ("0.3", "0.7"),
            ("0", "1"),
            ("1", "-1"),
            ("0", "0.0000000010001"),
            ("1", "1e1"),
            ("9007199254740991", "9007199254740990"),
            ("1e5", "1e-5"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn beyond_2_to_the_53_every_digit_counts() {
        for (one, other) in [
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740994"),
            ("9007199254740993.0000000001", "9007199254740993"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("-9007199254740993", "9007199254740993"),
            ("1e999999999", "1e999999998"),
            ("1e999999999", "2e999999999"),
            ("1e99999999999999999999", "1e99999999999999999998"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn floats_within_the_tolerance_are_the_same_and_others_are_not(
            value in -1e6_f64..1e6, step in -5e-9_f64..5e-9,
        ) {
            let (one, other) = (format!("{value}"), format!("{}", value + step));
            let apart = (value - (value + step)).abs();
            // Nearer to the border than a float can tell, either answer is right.
            prop_assume!((apart - 1e-9).abs() > 1e-9);
            prop_assert_eq!(same(&one, &other), apart <= 1e-9);
        }

        #[test]
        fn integers_are_the_same_only_as_themselves(one: i64, other: i64) {
            prop_assert_eq!(same(&one.to_string(), &other.to_string()), one == other);
            let spelled_otherwise = format!("{one}.0e0");
            prop_assert!(same(&one.to_string(), &spelled_otherwise));
        }
    }
}
