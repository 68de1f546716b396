//! How long to wait before a request is tried again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where jitter comes from: numbers from 0 up to, not including, 1. Passed in, so that tests are deterministic.
#[derive(Clone)]
pub(crate) struct Jitter(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Jitter {
    pub(crate) fn random() -> Self {
        Self(Arc::new(fastrand::f64))
    }

    #[cfg(test)]
    pub(crate) fn fixed(value: f64) -> Self {
        Self(Arc::new(move || value))
    }

    pub(crate) fn next(&self) -> f64 {
        (self.0)().clamp(0.0, 1.0)
    }
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}

/// Waits that double from `first` up to `longest`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryBackoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl RetryBackoff {
    /// 0.5 s, 1 s, 2 s … 30 s.
    pub(crate) const USUAL: Self =
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

    /// The wait after `failures` failed tries (1 or more), spread by a quarter to both sides: each is still longer than
    /// the one before.
    pub(crate) fn wait(&self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        wait.mul_f64(0.75 + 0.5 * jitter).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let waits: Vec<_> =
            (1..=9).map(|failures| RetryBackoff::USUAL.wait(failures, 0.5).as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(RetryBackoff::USUAL.wait(u32::MAX, 1.0), Duration::from_secs(30));
    }

    #[test]
    fn jitter_spreads_the_waits_and_leaves_them_growing() {
        for failures in 1..=6 {
            let latest = RetryBackoff::USUAL.wait(failures, 1.0);
            let next_earliest = RetryBackoff::USUAL.wait(failures + 1, 0.0);
            assert!(RetryBackoff::USUAL.wait(failures, 0.0) < latest && latest < next_earliest, "{failures}");
        }
    }

    #[test]
    fn random_jitter_stays_in_range() {
        let jitter = Jitter::random();
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&jitter.next()));
        }
    }
}
