//! The pure part of obeying the server: pauses of the whole run, and how much slower it goes after a 429.

use std::time::Duration;

use super::window::{FULL_PACE, Moment};
use crate::base::WaitReason;

/// A longer `Retry-After` is not waited for (DESIGN.md, Manners on the network).
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// Nothing but 429 for so long ends the run (DESIGN.md, Manners on the network).
const LONGEST_THROTTLING: Duration = Duration::from_secs(10 * 60);

/// Without a usable `Retry-After`: the first pause, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The pace is halved down to this and no further.
const SLOWEST_PACE: u32 = FULL_PACE / 16;

/// The time in which half a pace grows back.
const REGROWTH: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// 429 and nothing else for ten minutes.
    ThrottledTooLong,
    /// The server asks for a longer wait than a run waits.
    RetryAfterTooLong {
        /// What it asks for, in seconds.
        seconds: u64,
    },
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    until: Moment,
    reason: WaitReason,
}

/// What the server's answers ask of the whole run.
#[derive(Debug)]
pub(super) struct RunBackoff {
    pause: Option<Pause>,
    /// When the last pause for a 429 began: a 429 to a request sent before that belongs to the same pause.
    last_429_pause: Option<Moment>,
    /// Pauses for 429 since a request sent after one of them got another answer.
    pauses_in_a_row: u32,
    /// When 429 came first, with no other answer since.
    only_429_since: Option<Moment>,
    /// The pace as it was at `pace_from`, from where it grows back.
    pace: u32,
    pace_from: Moment,
}

impl RunBackoff {
    pub(super) const fn new() -> Self {
        Self {
            pause: None,
            last_429_pause: None,
            pauses_in_a_row: 0,
            only_429_since: None,
            pace: FULL_PACE,
            pace_from: Moment::ZERO,
        }
    }

    /// A 429 to a request sent at `sent`. The pause is left in [`RunBackoff::pause`].
    pub(super) fn on_429(
        &mut self,
        sent: Moment,
        now: Moment,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Result<(), GivenUp> {
        let since = *self.only_429_since.get_or_insert(now);
        let same_pause = self.last_429_pause.is_some_and(|began| sent <= began);
        if !same_pause {
            self.halve(now);
            self.last_429_pause = Some(now);
            self.pauses_in_a_row = self.pauses_in_a_row.saturating_add(1);
        }
        let wait = match retry_after {
            Some(asked) if !asked.is_zero() => asked,
            _ if same_pause => Duration::ZERO,
            asked => {
                // A server that says "at once" is taken at its word, so far as that does not hammer it: no doubling.
                let doublings =
                    if asked.is_some() { 0 } else { self.pauses_in_a_row.saturating_sub(1).min(16) };
                let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
                // Upward only: all who share the limit must not come back at the same moment, and never too early.
                pause.mul_f64(1.0 + 0.25 * jitter)
            }
        };
        self.extend_pause(now, wait, WaitReason::RateLimited)?;
        if let Some(pause) = self.pause {
            // It grows back from the end of the pause on.
            self.pace_from = self.pace_from.max(pause.until);
        }
        if now.saturating_sub(since) >= LONGEST_THROTTLING {
            return Err(GivenUp::ThrottledTooLong);
        }
        Ok(())
    }

    /// A 503 with a usable `Retry-After`: pauses everybody, does not slow the pace.
    pub(super) fn on_unavailable(&mut self, now: Moment, asked: Duration) -> Result<(), GivenUp> {
        self.extend_pause(now, asked, WaitReason::ServerAsked)
    }

    /// Any answer but 429 to a request sent at `sent`.
    pub(super) fn on_other_answer(&mut self, sent: Moment) {
        self.only_429_since = None;
        if self.last_429_pause.is_none_or(|began| sent > began) {
            self.pauses_in_a_row = 0;
        }
    }

    /// The pause that `now` falls into, if any: why, and until when. An error when it is too long to be waited for.
    pub(super) fn pause(&self, now: Moment) -> Result<Option<(WaitReason, Moment)>, GivenUp> {
        match self.pause {
            Some(Pause { until, reason }) if until > now => {
                let left = until.saturating_sub(now);
                if left > LONGEST_RETRY_AFTER { Err(too_long(left)) } else { Ok(Some((reason, until))) }
            }
            _ => Ok(None),
        }
    }

    /// How fast to go, in parts of [`FULL_PACE`].
    pub(super) fn pace(&self, now: Moment) -> u32 {
        let grown = now.saturating_sub(self.pace_from).min(2 * REGROWTH).as_millis();
        let grown = grown * u128::from(FULL_PACE / 2) / REGROWTH.as_millis();
        self.pace.saturating_add(u32::try_from(grown).unwrap_or(FULL_PACE)).min(FULL_PACE)
    }

    fn halve(&mut self, now: Moment) {
        self.pace = (self.pace(now) / 2).max(SLOWEST_PACE);
        self.pace_from = now;
    }

    fn extend_pause(&mut self, now: Moment, wait: Duration, reason: WaitReason) -> Result<(), GivenUp> {
        let until = now.saturating_add(wait);
        if !wait.is_zero() && self.pause.is_none_or(|pause| pause.until < until) {
            self.pause = Some(Pause { until, reason });
        }
        if wait > LONGEST_RETRY_AFTER { Err(too_long(wait)) } else { Ok(()) }
    }
}

fn too_long(wait: Duration) -> GivenUp {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    GivenUp::RetryAfterTooLong { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: f64) -> Moment {
        secs(1_000) + Duration::from_secs_f64(seconds)
    }

    fn pause_end(backoff: &RunBackoff, now: Moment) -> Option<Moment> {
        backoff.pause(now).unwrap().map(|(_, until)| until)
    }

    #[test]
    fn a_429_pauses_for_as_long_as_it_asks() {
        let mut backoff = RunBackoff::new();
        backoff.on_429(at(0.0), at(1.0), Some(secs(20)), 0.9).unwrap();
        assert_eq!(backoff.pause(at(1.0)).unwrap(), Some((WaitReason::RateLimited, at(21.0))));
        assert_eq!(backoff.pause(at(21.0)).unwrap(), None);
    }

    #[test]
    fn without_a_usable_header_pauses_double_from_one_second_to_sixty() {
        let mut backoff = RunBackoff::new();
        let mut now = at(0.0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let sent = now;
            now += Duration::from_millis(100);
            backoff.on_429(sent, now, None, 0.0).unwrap();
            let until = pause_end(&backoff, now).unwrap();
            pauses.push(until.saturating_sub(now).as_secs());
            now = until + Duration::from_millis(1);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.on_other_answer(now);
        backoff.on_429(now, now, None, 1.0).unwrap();
        assert_eq!(
            pause_end(&backoff, now),
            Some(now + Duration::from_millis(1_250)),
            "a success starts over"
        );
    }

    #[test]
    fn told_to_come_back_at_once_it_pauses_a_second_each_time() {
        let mut backoff = RunBackoff::new();
        let mut now = at(0.0);
        for _ in 0..9 {
            backoff.on_429(now, now, Some(Duration::ZERO), 0.0).unwrap();
            assert_eq!(pause_end(&backoff, now), Some(now + secs(1)));
            backoff.on_429(now, now, Some(Duration::ZERO), 0.0).unwrap();
            assert_eq!(pause_end(&backoff, now), Some(now + secs(1)), "one pause for all in flight");
            now += Duration::from_millis(1_001);
        }
    }

    #[test]
    fn responses_in_flight_halve_the_pace_once_and_only_lengthen_the_pause() {
        let mut backoff = RunBackoff::new();
        backoff.on_429(at(0.0), at(1.0), Some(secs(10)), 0.0).unwrap();
        backoff.on_429(at(0.5), at(1.1), None, 0.0).unwrap();
        backoff.on_429(at(0.9), at(1.2), Some(secs(5)), 0.0).unwrap();
        assert_eq!(pause_end(&backoff, at(2.0)), Some(at(11.0)));
        backoff.on_429(at(0.9), at(1.3), Some(secs(15)), 0.0).unwrap();
        assert_eq!(pause_end(&backoff, at(2.0)), Some(at(16.3)));
        assert_eq!(backoff.pace(at(16.3)), FULL_PACE / 2);
        backoff.on_429(at(16.4), at(16.5), Some(secs(1)), 0.0).unwrap();
        assert!(backoff.pace(at(17.5)) < FULL_PACE * 26 / 100);
    }

    #[test]
    fn an_answer_to_a_request_from_before_the_pause_does_not_shorten_the_next_one() {
        let mut backoff = RunBackoff::new();
        backoff.on_429(at(0.0), at(1.0), None, 0.0).unwrap();
        backoff.on_other_answer(at(0.5));
        backoff.on_429(at(2.5), at(3.0), None, 0.0).unwrap();
        assert_eq!(pause_end(&backoff, at(3.0)), Some(at(5.0)));
    }

    #[test]
    fn the_pace_grows_from_half_to_full_in_a_minute_and_never_stops() {
        let mut backoff = RunBackoff::new();
        backoff.on_429(at(0.0), at(0.0), Some(secs(10)), 0.0).unwrap();
        assert_eq!(backoff.pace(at(10.0)), 512);
        assert_eq!(backoff.pace(at(40.0)), 768);
        assert_eq!(backoff.pace(at(70.0)), 1024);
        assert_eq!(backoff.pace(at(9_999.0)), 1024);
        let mut now = at(10_000.0);
        backoff.on_other_answer(now);
        for _ in 0..12 {
            backoff.on_429(now, now, Some(secs(1)), 0.0).unwrap();
            now += Duration::from_millis(1_001);
            backoff.on_other_answer(now);
        }
        assert!((64..80).contains(&backoff.pace(now)), "{}", backoff.pace(now));
    }

    #[test]
    fn ten_minutes_of_nothing_but_429_are_too_long() {
        let mut backoff = RunBackoff::new();
        backoff.on_429(at(0.0), at(0.0), Some(secs(300)), 0.0).unwrap();
        backoff.on_429(at(301.0), at(301.0), Some(secs(290)), 0.0).unwrap();
        backoff.on_429(at(599.0), at(599.0), Some(secs(1)), 0.0).unwrap();
        assert_eq!(backoff.on_429(at(601.0), at(601.0), None, 0.0), Err(GivenUp::ThrottledTooLong));
        backoff.on_other_answer(at(602.0));
        backoff.on_429(at(602.0), at(603.0), None, 0.0).unwrap();
    }

    #[test]
    fn quarter_of_an_hour_is_the_longest_wait_and_beyond_it_nobody_waits() {
        let mut backoff = RunBackoff::new();
        backoff.on_unavailable(at(0.0), Duration::from_secs(15 * 60)).unwrap();
        assert_eq!(backoff.pause(at(0.0)).unwrap(), Some((WaitReason::ServerAsked, at(900.0))));
        let hopeless = Err(GivenUp::RetryAfterTooLong { seconds: 901 });
        assert_eq!(backoff.on_unavailable(at(0.0), Duration::from_secs(901)), hopeless);
        assert_eq!(backoff.pause(at(0.0)), hopeless.map(|()| None));
        assert_eq!(backoff.pace(at(0.0)), FULL_PACE);
        let forever = backoff.on_429(at(1.0), at(1.0), Some(Duration::MAX), 0.0);
        assert_eq!(forever, Err(GivenUp::RetryAfterTooLong { seconds: u64::MAX }));
    }
}
