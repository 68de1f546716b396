//! The languages in which pages and remedies are written.

use jiff::Timestamp;
use jiff::civil::Date;

use super::grouped;

/// A language. Tables of sentences have a column for each, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German, in the words of the web app.
    De,
}

/// A sentence in every language.
pub type Both = [&'static str; 2];

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The one of them that is in this language.
    pub const fn of<T: Copy>(self, [english, german]: [T; 2]) -> T {
        match self {
            Self::En => english,
            Self::De => german,
        }
    }

    /// As HTML names it.
    pub const fn as_str(self) -> &'static str {
        self.of(["en", "de"])
    }

    /// The number with its digits in groups of three.
    pub fn number(self, number: u64) -> String {
        match self {
            Self::En => grouped(number),
            Self::De => grouped(number).replace(',', "."),
        }
    }

    /// The number with what is counted, in the singular and in the plural.
    pub fn counted(self, count: u64, [one, many]: [Both; 2]) -> String {
        format!("{} {}", self.number(count), self.of(if count == 1 { one } else { many }))
    }

    /// A day as people write it.
    pub fn date(self, date: Date) -> String {
        date.strftime(self.of(["%Y-%m-%d", "%d.%m.%Y"])).to_string()
    }

    /// The day of a moment, in UTC.
    pub fn day(self, time: Timestamp) -> String {
        time.strftime(self.of(["%Y-%m-%d", "%d.%m.%Y"])).to_string()
    }

    /// A moment to the second.
    pub fn moment(self, time: Timestamp) -> String {
        format!("{} {}", self.day(time), time.strftime("%H:%M:%S UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_written_as_people_write_them() {
        let time = "2026-11-28T13:59:01.5Z".parse().unwrap();
        assert_eq!(Lang::En.number(9_988) + " " + &Lang::En.moment(time), "9,988 2026-11-28 13:59:01 UTC");
        assert_eq!(Lang::De.number(9_988) + " " + &Lang::De.moment(time), "9.988 28.11.2026 13:59:01 UTC");
        let rows = [["row", "Zeile"], ["rows", "Zeilen"]];
        assert_eq!(Lang::ALL.map(|lang| lang.counted(1, rows)), ["1 row", "1 Zeile"]);
        assert_eq!(Lang::ALL.map(|lang| lang.counted(1_000, rows)), ["1,000 rows", "1.000 Zeilen"]);
    }
}
