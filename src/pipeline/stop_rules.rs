//! When a run gives up: a pure counter, told of each row as it completes.

use crate::domain::{Outcome, StopReason};

/// So many rows in a row without a sensible answer stop the run (DESIGN.md, Manners on the network).
pub(super) const OUT_OF_REACH_ROWS: u32 = 20;

/// Watches the outcomes go by.
#[derive(Debug, Default)]
pub(super) struct StopRules {
    out_of_reach: u32,
}

impl StopRules {
    /// Takes the next outcome, in the order in which rows complete; `others_wait`: rows are still to be started.
    pub(super) fn observe(&mut self, outcome: &Outcome, others_wait: bool) -> Option<StopReason> {
        let failure = outcome.failure.as_ref();
        if failure.is_some_and(crate::domain::CallFailure::is_out_of_reach) {
            self.out_of_reach += 1;
        } else {
            self.out_of_reach = 0;
        }
        if let Some(reason) = failure.and_then(crate::domain::CallFailure::stop_reason) {
            return Some(reason);
        }
        (self.out_of_reach >= OUT_OF_REACH_ROWS && others_wait).then_some(StopReason::OutOfReach)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::domain::{Call, CallFailure, Documents, FailureKind, Pair};

    fn outcome(kind: Option<FailureKind>) -> Outcome {
        let failure = kind.map(|kind| CallFailure { call: Call::Assistant, kind, words: String::new() });
        Outcome {
            pair: Pair::same(Uuid::nil()),
            line: 2,
            status: failure.as_ref().map_or(crate::domain::RowStatus::Verified, CallFailure::row_status),
            name: None,
            differences: vec![],
            notes: vec![],
            failure,
            assistant_updated_at: None,
            agent_updated_at: None,
            documents: Documents::default(),
            requests: 2,
            elapsed: Duration::ZERO,
            checked_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn twenty_rows_in_a_row_out_of_reach_stop_the_run_only_while_others_wait() {
        let mut rules = StopRules::default();
        for _ in 0..19 {
            assert_eq!(rules.observe(&outcome(Some(FailureKind::Timeout)), true), None);
        }
        assert_eq!(rules.observe(&outcome(Some(FailureKind::Refused { status: 407 })), false), None);
        assert_eq!(
            rules.observe(&outcome(Some(FailureKind::Server { status: 503 })), true),
            Some(StopReason::OutOfReach)
        );
    }

    #[test]
    fn a_sensible_answer_begins_the_count_anew() {
        for sensible in [None, Some(FailureKind::Forbidden), Some(FailureKind::Nonsense { status: 200 })] {
            let mut rules = StopRules::default();
            for _ in 0..19 {
                rules.observe(&outcome(Some(FailureKind::Timeout)), true);
            }
            assert_eq!(rules.observe(&outcome(sensible), true), None);
            assert_eq!(rules.observe(&outcome(Some(FailureKind::Timeout)), true), None);
        }
    }

    #[test]
    fn a_refused_key_stops_at_once() {
        let mut rules = StopRules::default();
        assert_eq!(
            rules.observe(&outcome(Some(FailureKind::Unauthorized)), false),
            Some(StopReason::KeyRefused)
        );
    }
}
