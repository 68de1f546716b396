//! Trouble that happens to a share of the requests, the same ones every time.

use uuid::Uuid;

use super::request::Endpoint;

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// One of several, chosen by a number.
pub(super) fn pick<T: Copy>(number: u64, of: &[T]) -> T {
    let count = u64::try_from(of.len()).unwrap_or(1).max(1);
    // Every list has an element, and what is left of a division by their number is below it.
    of[usize::try_from(mix(number) % count).unwrap_or(0)]
}

/// The dice of one request: they hang on the seed and on what the request is, not on when it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// For the `attempt`-th request of this call for this id.
    pub(super) fn new(seed: u64, endpoint: Endpoint, id: Option<Uuid>, attempt: u64) -> Self {
        let (high, low) = id.unwrap_or_default().as_u64_pair();
        let call = mix(endpoint as u64 + 1);
        Self(mix(seed ^ mix(high ^ mix(low ^ mix(attempt ^ call)))))
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

    /// Whether the server is in trouble and does nothing; the number chooses how it says so.
    pub(super) fn fails(self, share: f64) -> Option<u64> {
        self.falls(1, share).then(|| self.number(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(share: f64, seed: u64) -> Vec<Option<u64>> {
        (0..4000)
            .map(|at| Dice::new(seed, Endpoint::AgentGet, Some(Uuid::from_u128(at)), 0).fails(share))
            .collect()
    }

    #[test]
    fn a_share_is_met_and_the_same_seed_chooses_the_same_requests() {
        let first = failures(0.1, 1);
        assert_eq!(first, failures(0.1, 1));
        assert_ne!(first, failures(0.1, 2));
        assert!((330..470).contains(&first.iter().flatten().count()));
        assert_eq!(failures(0.0, 3).iter().flatten().count(), 0);
        assert_eq!(failures(1.0, 3).iter().flatten().count(), 4000);
    }

    #[test]
    fn another_attempt_throws_the_dice_again() {
        let fates =
            (0..64).map(|attempt| Dice::new(0, Endpoint::AgentGet, None, attempt).fails(0.5).is_some());
        let fates: Vec<bool> = fates.collect();
        assert!(fates.contains(&true) && fates.contains(&false));
    }
}
