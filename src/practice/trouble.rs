//! Trouble that happens to a share of the requests, the same ones every time.

use uuid::Uuid;

use super::options::SandboxOptions;
use super::request::Endpoint;

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// What happens to one request by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Nothing.
    None,
    /// The server is in trouble and does nothing; the number chooses how it says so.
    Fails(u64),
    /// The connection is reset; nothing was done.
    ResetBefore,
    /// It is done, and the connection reset in the middle of the answer.
    ResetWithin,
    /// It is done, and the answer ends half-way.
    Truncated,
}

/// The dice of one request: they hang on the seed and on what the request is, not on when it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// For the `attempt`-th request of this call for this id.
    pub(super) fn new(seed: u64, endpoint: Endpoint, id: Option<Uuid>, attempt: u64) -> Self {
        let (high, low) = id.unwrap_or_default().as_u64_pair();
        let call = Endpoint::ALL.iter().zip(1..).find(|(call, _)| **call == endpoint).map_or(0, |(_, at)| at);
        Self(mix(seed ^ mix(high ^ mix(low ^ mix(attempt ^ mix(call))))))
    }

    /// An independent number for every `what`.
    fn number(self, what: u64) -> u64 {
        mix(self.0 ^ mix(what))
    }

    /// True for this share of the requests, chosen independently for every `what`: from 1 to 7 here, beyond elsewhere.
    pub(super) fn falls(self, what: u64, share: f64) -> bool {
        share > self.unit(what)
    }

    /// A number from 0 to 1, without 1.
    fn unit(self, what: u64) -> f64 {
        // 32 bits are enough for a share, and fit a float exactly.
        let upper = u32::try_from(self.number(what) >> 32).unwrap_or(u32::MAX);
        f64::from(upper) / 4_294_967_296.0
    }

    /// What happens to the request by chance.
    pub(super) fn mishap(self, options: &SandboxOptions) -> Mishap {
        if self.falls(1, options.fail_rate) {
            Mishap::Fails(self.number(2))
        } else if self.falls(3, options.reset_rate) {
            if self.falls(4, 0.5) { Mishap::ResetBefore } else { Mishap::ResetWithin }
        } else if self.falls(5, options.truncate_rate) {
            Mishap::Truncated
        } else {
            Mishap::None
        }
    }

    /// How long the answer takes.
    pub(super) fn delay(self, options: &SandboxOptions) -> std::time::Duration {
        if options.jitter.is_zero() {
            options.latency
        } else {
            options.latency + options.jitter.mul_f64(self.unit(7))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mishaps(options: &SandboxOptions, seed: u64) -> Vec<Mishap> {
        (0..4000)
            .map(|at| Dice::new(seed, Endpoint::AgentGet, Some(Uuid::from_u128(at)), 0).mishap(options))
            .collect()
    }

    #[test]
    fn a_share_is_met_and_the_same_seed_chooses_the_same_requests() {
        let options = SandboxOptions { fail_rate: 0.1, reset_rate: 0.1, ..SandboxOptions::default() };
        let first = mishaps(&options, 1);
        assert_eq!(first, mishaps(&options, 1));
        assert_ne!(first, mishaps(&options, 2));
        let count = |wanted: fn(&Mishap) -> bool| first.iter().filter(|mishap| wanted(mishap)).count();
        assert!((330..470).contains(&count(|mishap| matches!(mishap, Mishap::Fails(_)))));
        assert!((130..230).contains(&count(|mishap| *mishap == Mishap::ResetBefore)));
        assert!((130..230).contains(&count(|mishap| *mishap == Mishap::ResetWithin)));
        assert_eq!(count(|mishap| *mishap == Mishap::Truncated), 0);
    }

    #[test]
    fn shares_of_none_and_all_are_exact() {
        assert!(mishaps(&SandboxOptions::default(), 3).iter().all(|mishap| *mishap == Mishap::None));
        let all = SandboxOptions { truncate_rate: 1.0, ..SandboxOptions::default() };
        assert!(mishaps(&all, 3).iter().all(|mishap| *mishap == Mishap::Truncated));
    }

    #[test]
    fn another_attempt_throws_the_dice_again() {
        let options = SandboxOptions { fail_rate: 0.5, ..SandboxOptions::default() };
        let id = Some(Uuid::from_u128(9));
        let fates: Vec<bool> = (0..64)
            .map(|attempt| Dice::new(0, Endpoint::AgentGet, id, attempt).mishap(&options) == Mishap::None)
            .collect();
        assert!(fates.contains(&true) && fates.contains(&false));
    }
}
