//! What is known about a phase of a run so far: counts, rate, time left.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Wording;
use super::messages::about;
use crate::base::{
    ApplyStatus, Backlog, DisabledState, LimiterStatus, RowStatus, Switching, WaitReason, Writing, grouped,
};

/// Over how long the rate is measured.
const RATE_WINDOW: Duration = Duration::from_secs(60);

/// What a run does just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Rows are read.
    #[default]
    Rows,
    /// Assistants are switched off or on.
    Switching(Switching),
    /// Agents, written.
    Writing(Writing),
}

impl Phase {
    /// Whether an assistant in that state is where this phase brings it.
    const fn is_there(self, state: DisabledState) -> bool {
        match self {
            Self::Rows | Self::Writing(_) => false,
            Self::Switching(Switching::Off) => matches!(state, DisabledState::Disabled),
            Self::Switching(Switching::BackFromEarlierRun | Switching::BackByGuard | Switching::Rollback) => {
                matches!(state, DisabledState::Reverted | DisabledState::ReEnabled)
            }
        }
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) phase: Phase,
    pub(super) total: u64,
    /// Requests that one takes when nothing is tried again; at least 1.
    requests_each: u64,
    pub(super) done: u64,
    /// Of a phase that switches: those that are where it brings them.
    there: u64,
    /// The others, by the report's word.
    counts: Vec<(&'static str, u64)>,
    pub(super) limiter: LimiterStatus,
    /// What was done at moments at least a second apart, none older than the window but the first.
    samples: VecDeque<(Instant, u64)>,
}

impl Counters {
    pub(super) fn of_rows(wording: &Wording, backlog: &Backlog, now: Instant) -> Self {
        let words = RowStatus::ALL.into_iter().map(wording.word);
        Self { requests_each: wording.requests_each, ..Self::new(Phase::Rows, backlog.to_do, words, now) }
    }

    /// For assistants that are switched: `total`, as far as is known.
    pub(super) fn of_switching(switching: Switching, total: u64, now: Instant) -> Self {
        let phase = Phase::Switching(switching);
        let words =
            DisabledState::ALL.into_iter().filter(|state| !phase.is_there(*state)).map(DisabledState::as_str);
        Self::new(phase, total, words, now)
    }

    fn new(phase: Phase, total: u64, words: impl Iterator<Item = &'static str>, now: Instant) -> Self {
        let counts = words.map(|word| (word, 0)).collect();
        Self {
            phase,
            total,
            requests_each: 1,
            counts,
            samples: VecDeque::from([(now, 0)]),
            ..Self::default()
        }
    }

    /// Agents that are written, one after the other.
    pub(super) fn of_writing(writing: Writing, total: u64, now: Instant) -> Self {
        let words = ApplyStatus::ALL.into_iter().map(ApplyStatus::as_str);
        // An update, a publish, and what is read again.
        Self { requests_each: 3, ..Self::new(Phase::Writing(writing), total, words, now) }
    }

    pub(super) fn count_written(&mut self, status: ApplyStatus, now: Instant) {
        self.count_word(status.as_str());
        self.count(now);
    }

    /// A row that is read again while assistants are switched does not count.
    pub(super) fn count_row(&mut self, word: &str, now: Instant) {
        if self.phase == Phase::Rows {
            self.count_word(word);
            self.count(now);
        }
    }

    pub(super) fn count_switched(&mut self, state: DisabledState, now: Instant) {
        if self.phase == Phase::Rows {
            return;
        }
        if self.phase.is_there(state) {
            self.there += 1;
        } else if self.phase == Phase::Switching(Switching::Off) && state == DisabledState::Reverted {
            // The probe: off, and on again.
            self.there = self.there.saturating_sub(1);
            return;
        } else {
            self.count_word(state.as_str());
        }
        self.count(now);
    }

    fn count_word(&mut self, word: &str) {
        for (_, rows) in self.counts.iter_mut().filter(|(counted, _)| *counted == word) {
            *rows += 1;
        }
    }

    fn count(&mut self, now: Instant) {
        self.done += 1;
        if self.samples.back().is_none_or(|(then, _)| now.duration_since(*then) >= Duration::from_secs(1)) {
            self.samples.push_back((now, self.done));
        }
        // The first sample that stays is the last one before the window, so that the window is covered whole.
        while self.samples.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= RATE_WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Rows per minute, measured; `None` while there is too little to measure.
    fn measured(&self, now: Instant) -> Option<u64> {
        let (then, done) = self.samples.front()?;
        let millis = now.duration_since(*then).as_millis();
        let rows = u128::from(self.done - done);
        (millis >= 2_000 && rows > 0).then(|| u64::try_from(rows * 60_000 / millis).unwrap_or(u64::MAX))
    }

    /// Time for the rows that are left. The first 60 requests go at once, so what is measured in the first minute is
    /// held against what the pace allows.
    fn left(&self, now: Instant) -> Option<Duration> {
        let remaining = self.total.saturating_sub(self.done);
        let allowed = u64::from(self.limiter.allowed_per_minute) / self.requests_each.max(1);
        let first_minute =
            self.samples.front().is_none_or(|(then, _)| now.duration_since(*then) < RATE_WINDOW);
        let rows_per_minute = match self.measured(now) {
            Some(measured) if first_minute && allowed > 0 => measured.min(allowed),
            Some(measured) => measured,
            None => allowed,
        };
        (remaining > 0 && rows_per_minute > 0)
            .then(|| Duration::from_secs((remaining * 60).div_ceil(rows_per_minute)))
    }

    /// For a line of its own: rows, counts, time left, why it waits.
    pub(super) fn line(&self, now: Instant) -> String {
        let mut parts = vec![self.rows()];
        parts.extend(self.by_word());
        parts.extend(self.time_left(now));
        parts.extend(self.limiter.waiting.and_then(waiting));
        parts.join(", ")
    }

    /// Beside the bar: rows, rate, time left; as many of these as that many columns hold.
    pub(super) fn beside_bar(&self, now: Instant, columns: usize) -> String {
        let unit = if self.phase == Phase::Rows { "rows/min" } else { "per min" };
        let mut parts = vec![self.rows()];
        parts.extend(self.measured(now).map(|rate| format!("{} {unit}", grouped(rate))));
        parts.extend(self.time_left(now));
        fitting(parts, columns)
    }

    /// Below the bar: why it waits, then counts; as many of these as that many columns hold.
    pub(super) fn below_bar(&self, columns: usize) -> String {
        let mut parts: Vec<_> = self.limiter.waiting.and_then(waiting).into_iter().collect();
        parts.extend(self.by_word());
        fitting(parts, columns)
    }

    fn rows(&self) -> String {
        let (there, what) = match self.phase {
            Phase::Rows => (self.done, "rows"),
            Phase::Switching(Switching::Off) => (self.there, "switched off"),
            Phase::Switching(_) => (self.there, "switched on again"),
            Phase::Writing(_) => (self.done, "agents"),
        };
        // How many there are to switch may be known too late.
        if self.phase != Phase::Rows && self.done > self.total {
            return format!("{} {what}", grouped(there));
        }
        format!("{} of {} {what}", grouped(there), grouped(self.total))
    }

    fn by_word(&self) -> impl Iterator<Item = String> {
        let counted = self.counts.iter().filter(|(_, rows)| *rows > 0);
        counted.map(|(word, rows)| format!("{} {word}", grouped(*rows)))
    }

    fn time_left(&self, now: Instant) -> Option<String> {
        self.left(now).map(|left| format!("{} left", about(left)))
    }
}

/// As many of the parts as fit, whole, the first in any case.
fn fitting(parts: Vec<String>, columns: usize) -> String {
    let mut parts = parts.into_iter();
    let mut text = parts.next().unwrap_or_default();
    for part in parts {
        if text.chars().count() + 2 + part.chars().count() > columns {
            break;
        }
        text.push_str(", ");
        text.push_str(&part);
    }
    text
}

/// Why nothing leaves just now. Waits below a second are the pace at work and would only flicker.
fn waiting((reason, wait): (WaitReason, Duration)) -> Option<String> {
    let seconds = wait.as_millis().div_ceil(1_000);
    let reason = match reason {
        WaitReason::Limiter => "own pace (--rpm)",
        WaitReason::RateLimited => "rate limit (429)",
        WaitReason::ServerAsked => "the server asked for it (503)",
    };
    (wait >= Duration::from_secs(1)).then(|| format!("waiting {seconds} s: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_off_counts_as_switched_off_and_the_rest_stands_beside_it() {
        let begun = Instant::now();
        let mut counters = Counters::of_switching(Switching::Off, 3_000, begun);
        counters.limiter.allowed_per_minute = 300;
        assert_eq!(counters.beside_bar(begun, 100), "0 of 3,000 switched off, about 10 min left");
        let now = begun + Duration::from_secs(60);
        for _ in 0..120 {
            counters.count_switched(DisabledState::Disabled, now);
        }
        for state in [DisabledState::Failed, DisabledState::Unknown, DisabledState::AlreadyDisabled] {
            counters.count_switched(state, now);
        }
        counters.count_row("failed", now);
        assert_eq!(
            counters.line(now),
            "120 of 3,000 switched off, 1 already_disabled, 1 failed, 1 unknown, about 24 min left"
        );
        assert_eq!(
            counters.beside_bar(now, 100),
            "120 of 3,000 switched off, 123 per min, about 24 min left"
        );
        assert_eq!((counters.done, counters.total), (123, 3_000));
    }

    #[test]
    fn switching_back_counts_what_is_on_again_even_when_nobody_knew_how_many_there_are() {
        let now = Instant::now();
        for (switching, state) in [
            (Switching::BackByGuard, DisabledState::Reverted),
            (Switching::BackFromEarlierRun, DisabledState::Reverted),
            (Switching::Rollback, DisabledState::ReEnabled),
        ] {
            let mut counters = Counters::of_switching(switching, 1, now);
            counters.count_switched(state, now);
            assert_eq!(counters.line(now), "1 of 1 switched on again");
            counters.count_switched(DisabledState::RevertFailed, now);
            assert_eq!(counters.line(now), "1 switched on again, 1 revert_failed");
        }
    }

    #[test]
    fn a_switch_while_rows_are_verified_does_not_count_as_a_row() {
        let now = Instant::now();
        let mut counters = Counters::of_rows(
            &crate::disable::WORDING,
            &Backlog { rows: 2, to_do: 2, ..Backlog::default() },
            now,
        );
        counters.count_switched(DisabledState::Failed, now);
        assert_eq!(counters.line(now), "0 of 2 rows");
        counters.count_row("failed", now);
        assert_eq!(counters.line(now), "1 of 2 rows, 1 failed");
    }
}
