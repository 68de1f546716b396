//! What has changed since the run before: new, mended, gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::status::RowStatus;
use super::super::text::lang::Lang;
use super::progress::RowProgress;

/// How a row stood at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: RowStatus,
    /// How far it was.
    pub progress: RowProgress,
    /// The codes of what an audit has found in it.
    pub findings: Vec<String>,
}

/// A run held against the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinceLast {
    /// What the one before is called: `run` or `audit`.
    pub of: &'static str,
    /// When it ended.
    pub at: Timestamp,
    /// Rows that need somebody and did not then, or were not there.
    pub new: u64,
    /// Rows that needed somebody then and do not now.
    pub mended: u64,
    /// Rows that are no longer in the input.
    pub gone: u64,
    /// The codes of an audit's findings, with the rows that have it and had it not, and the other way round.
    pub findings: BTreeMap<String, (u64, u64)>,
}

impl SinceLast {
    /// Nothing counted yet.
    pub const fn new(of: &'static str, at: Timestamp) -> Self {
        Self { of, at, new: 0, mended: 0, gone: 0, findings: BTreeMap::new() }
    }

    /// Counts a row of the input; `before` is `None` where it was not there. One that nothing was known of then, although it
    /// was there, is neither new nor mended: an earlier run did not come to it.
    pub fn take(&mut self, before: Option<&Standing>, now: &Standing) {
        use RowProgress::{Done, NeedsAttention, Pending};
        match (before.map(|before| before.progress), now.progress) {
            (None | Some(Done), NeedsAttention) => self.new += 1,
            (Some(NeedsAttention), Done) => self.mended += 1,
            _ => {}
        }
        // What was not read then or is not now says nothing of what is to be found in it.
        let was_read = before.is_none_or(|before| before.status == RowStatus::Verified);
        if before.is_some_and(|before| before.progress == Pending)
            || !was_read
            || now.status != RowStatus::Verified
        {
            return;
        }
        let found = |standing: Option<&Standing>, code: &String| {
            standing.is_some_and(|standing| standing.findings.contains(code))
        };
        for code in now.findings.iter().filter(|code| !found(before, code)) {
            self.findings.entry(code.clone()).or_default().0 += 1;
        }
        for code in before.iter().flat_map(|before| &before.findings).filter(|code| !found(Some(now), code)) {
            self.findings.entry(code.clone()).or_default().1 += 1;
        }
    }

    /// Counts a row that is no longer in the input.
    pub fn lose(&mut self, before: &Standing) {
        self.gone += 1;
        for code in &before.findings {
            self.findings.entry(code.clone()).or_default().1 += 1;
        }
    }

    /// The same in a sentence, said at `now`.
    pub fn sentence(&self, now: Option<Timestamp>, lang: Lang) -> String {
        let counted = |counts: &[(u64, &str)]| -> Vec<String> {
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            counts.map(|(count, what)| format!("{} {what}", lang.number(*count))).collect()
        };
        let [mended, new, gone, none] = lang.of([
            ["mended", "new", "gone", "no row is mended, new or gone"],
            ["erledigt", "neu", "entfallen", "keine Zeile ist erledigt, neu oder entfallen"],
        ]);
        let rows = counted(&[(self.mended, mended), (self.new, new), (self.gone, gone)]);
        let rows = if rows.is_empty() { none.to_owned() } else { rows.join(", ") };
        let codes = |which: fn(&(u64, u64)) -> u64| {
            let counts: Vec<_> =
                self.findings.iter().map(|(code, counts)| (which(counts), code.as_str())).collect();
            counted(&counts).join(", ")
        };
        let day = self.day(now, lang);
        let mut text = match lang {
            Lang::En => format!("Since the {} of {day}: {rows}.", self.of),
            Lang::De => format!("Seit dem Lauf vom {day}: {rows}."),
        };
        let headings = lang.of([["New found", "No longer found"], ["Neu gefunden", "Nicht mehr gefunden"]]);
        for (heading, codes) in headings.into_iter().zip([codes(|counts| counts.0), codes(|counts| counts.1)])
        {
            if !codes.is_empty() {
                text = format!("{text} {heading}: {codes}.");
            }
        }
        text
    }

    /// When the one before was, as exactly as tells it from now.
    fn day(&self, now: Option<Timestamp>, lang: Lang) -> String {
        let day = |time: Timestamp, form: &str| time.to_zoned(TimeZone::UTC).strftime(form).to_string();
        let is_same = |form: &str| now.is_some_and(|now| day(now, form) == day(self.at, form));
        let form = match (is_same("%F"), is_same("%Y")) {
            (true, _) => ["%-d %B, %H:%M UTC", "%d.%m., %H:%M Uhr UTC"],
            (false, true) => ["%-d %B", "%d.%m."],
            (false, false) => ["%-d %B %Y", "%d.%m.%Y"],
        };
        day(self.at, lang.of(form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowProgress::{Done, NeedsAttention, Pending};

    fn standing(progress: RowProgress, findings: &[&str]) -> Standing {
        let status = match progress {
            Pending => RowStatus::NotChecked,
            Done | NeedsAttention => RowStatus::Verified,
        };
        Standing { status, progress, findings: findings.iter().map(|code| (*code).to_owned()).collect() }
    }

    fn since() -> SinceLast {
        SinceLast::new("run", "2025-11-27T14:05:59Z".parse().unwrap())
    }

    #[test]
    fn a_row_is_new_or_mended_by_whether_it_needed_somebody_then_and_does_now() {
        for (before, now, expected) in [
            (None, NeedsAttention, (1, 0)),
            (Some(Done), NeedsAttention, (1, 0)),
            (Some(NeedsAttention), Done, (0, 1)),
            (Some(NeedsAttention), NeedsAttention, (0, 0)),
            (Some(NeedsAttention), Pending, (0, 0)),
            (Some(Pending), NeedsAttention, (0, 0)),
            (Some(Pending), Done, (0, 0)),
            (Some(Done), Done, (0, 0)),
            (None, Done, (0, 0)),
            (None, Pending, (0, 0)),
        ] {
            let mut since = since();
            let before_it = before.map(|before| standing(before, &[]));
            since.take(before_it.as_ref(), &standing(now, &[]));
            assert_eq!((since.new, since.mended), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn findings_are_counted_by_code_where_the_row_was_read_both_times() {
        let mut since = since();
        let read = |findings: &[&str]| standing(Done, findings);
        since.take(Some(&read(&["a", "b"])), &read(&["b", "c"]));
        since.take(None, &read(&["c"]));
        since.take(Some(&standing(Pending, &[])), &read(&["c"]));
        let refused = Standing { status: RowStatus::NoAccess, ..standing(NeedsAttention, &[]) };
        since.take(Some(&read(&["b"])), &refused);
        since.take(Some(&refused), &read(&["b"]));
        since.lose(&read(&["a"]));
        let expected = [("a", (0, 2)), ("c", (2, 0))].map(|(code, counts)| (code.to_owned(), counts));
        assert_eq!(since.findings, BTreeMap::from(expected));
        insta::assert_snapshot!(since.sentence(None, Lang::En), @"Since the run of 27 November 2025: 1 mended, 1 new, 1 gone. New found: 2 c. No longer found: 2 a.");
    }

    #[test]
    fn the_sentence_names_the_day_as_far_as_it_is_in_doubt() {
        let changed = SinceLast { mended: 1_200, new: 3, ..since() };
        let said = |now: &str| changed.sentence(Some(now.parse().unwrap()), Lang::En);
        assert_eq!(said("2025-12-01T00:00:00Z"), "Since the run of 27 November: 1,200 mended, 3 new.");
        assert_eq!(
            said("2025-11-27T23:00:00Z"),
            "Since the run of 27 November, 14:05 UTC: 1,200 mended, 3 new."
        );
        assert_eq!(said("2026-01-01T00:00:00Z"), "Since the run of 27 November 2025: 1,200 mended, 3 new.");
        assert!(since().sentence(None, Lang::En).ends_with(": no row is mended, new or gone."));
    }
}
