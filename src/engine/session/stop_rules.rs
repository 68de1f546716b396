//! When a run gives up: a pure counter, told of each row as it completes.

use crate::base::{CallFailure, StopReason};

/// So many rows in a row without a sensible answer stop the run (DESIGN.md, Manners on the network).
pub(crate) const OUT_OF_REACH_ROWS: u32 = 20;

/// A web page in place of an answer to one of the first rows is about the address, not about the row.
const FIRST_ROWS: u64 = 5;

#[derive(Debug, Default)]
pub(crate) struct StopRules {
    /// Rows out of reach, in a row.
    out_of_reach: u32,
    /// Whether any row had a sensible answer.
    is_reached: bool,
    /// Whether any had a 5xx.
    is_in_trouble: bool,
    settled_before: u64,
}

impl StopRules {
    /// `settled_before`: rows of the input that earlier runs have settled.
    pub(super) fn new(settled_before: u64) -> Self {
        Self { settled_before, ..Self::default() }
    }

    /// Takes the next row, in the order in which they complete; it is the `nth` that was asked for, counted from 0;
    /// `others_wait`: rows are still to be started.
    pub(crate) fn observe(
        &mut self,
        failure: Option<&CallFailure>,
        nth: u64,
        others_wait: bool,
    ) -> Option<StopReason> {
        let Some(failure) = failure else {
            (self.out_of_reach, self.is_reached) = (0, true);
            return None;
        };
        if failure.is_out_of_reach() {
            self.out_of_reach += 1;
            self.is_in_trouble |= failure.is_server_trouble();
        } else {
            (self.out_of_reach, self.is_reached) = (0, true);
        }
        let about_the_address = if nth < FIRST_ROWS { failure.address_reason() } else { None };
        let unreached = self.out_of_reach >= OUT_OF_REACH_ROWS && others_wait;
        failure.stop_reason().or(about_the_address).or_else(|| unreached.then_some(StopReason::OutOfReach))
    }

    /// After the last row: an input too small for the rule is out of reach when every row was. Where earlier runs have
    /// settled others, a 5xx is rather a row's own: only silence tells then.
    pub(crate) fn at_the_end(&self) -> Option<StopReason> {
        let says_nothing = self.is_in_trouble && self.settled_before > 0;
        let unreached = self.out_of_reach > 0 && !self.is_reached && !says_nothing;
        unreached.then_some(StopReason::OutOfReach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Call, CallFailure, FailureKind};

    fn outcome(kind: Option<FailureKind>) -> Option<CallFailure> {
        kind.map(|kind| CallFailure::new(Call::Assistant, kind, ""))
    }

    const PAGE: FailureKind = FailureKind::NotTheApi { status: 403, is_challenge: false };

    #[test]
    fn twenty_rows_in_a_row_out_of_reach_stop_the_run_only_while_others_wait() {
        let mut rules = StopRules::default();
        for nth in 0..19 {
            assert_eq!(rules.observe(outcome(Some(FailureKind::Timeout)).as_ref(), nth, true), None);
        }
        assert_eq!(
            rules.observe(outcome(Some(FailureKind::Refused { status: 407 })).as_ref(), 19, false),
            None
        );
        assert_eq!(
            rules.observe(outcome(Some(FailureKind::Server { status: 503 })).as_ref(), 20, true),
            Some(StopReason::OutOfReach)
        );
    }

    #[test]
    fn a_sensible_answer_begins_the_count_anew() {
        for sensible in [None, Some(FailureKind::Forbidden), Some(FailureKind::Nonsense { status: 200 })] {
            let mut rules = StopRules::default();
            for nth in 0..19 {
                rules.observe(outcome(Some(FailureKind::Timeout)).as_ref(), nth, true);
            }
            assert_eq!(rules.observe(outcome(sensible).as_ref(), 19, true), None);
            assert_eq!(rules.observe(outcome(Some(FailureKind::Timeout)).as_ref(), 20, true), None);
        }
    }

    #[test]
    fn a_small_input_is_out_of_reach_when_every_row_was() {
        let (silence, trouble) =
            (|| Some(FailureKind::Connection), || Some(FailureKind::Server { status: 500 }));
        for (what, rows, settled_before, is_unreached) in [
            ("nothing to ask for", vec![], 0, false),
            ("silence", vec![silence(), silence(), silence()], 0, true),
            ("trouble", vec![trouble(), silence()], 0, true),
            ("one that answered", vec![silence(), None, silence()], 0, false),
            ("one that was refused", vec![silence(), Some(FailureKind::Forbidden)], 0, false),
            ("the last rows of many, in silence", vec![silence()], 900, true),
            ("the last rows of many, in trouble", vec![trouble()], 900, false),
        ] {
            let mut rules = StopRules::new(settled_before);
            for (nth, row) in (0..).zip(rows) {
                assert_eq!(rules.observe(outcome(row).as_ref(), nth, false), None, "{what}");
            }
            let unreached = is_unreached.then_some(StopReason::OutOfReach);
            assert_eq!(rules.at_the_end(), unreached, "{what}");
        }
    }

    #[test]
    fn a_page_is_about_the_address_on_the_first_five_rows_and_about_its_row_later() {
        let page = outcome(Some(PAGE));
        let address = Some(StopReason::WrongBaseUrl { answer: "403: ".into() });
        for (nth, reason) in [(0, &address), (4, &address), (5, &None), (900, &None)] {
            assert_eq!(StopRules::default().observe(page.as_ref(), nth, true), *reason, "{nth}");
        }
        let of_404 = outcome(Some(FailureKind::NotTheApi { status: 404, is_challenge: false }));
        let address = Some(StopReason::WrongBaseUrl { answer: "404: ".into() });
        assert_eq!(StopRules::default().observe(of_404.as_ref(), 900, true), address);
    }

    #[test]
    fn what_every_further_row_would_meet_stops_at_once() {
        for (kind, reason) in [
            (FailureKind::Unauthorized, StopReason::KeyRefused),
            (FailureKind::Unresolved, StopReason::OutOfReach),
            (FailureKind::Gone { status: 410 }, StopReason::AssistantsApiGone),
        ] {
            assert_eq!(StopRules::default().observe(outcome(Some(kind)).as_ref(), 900, false), Some(reason));
        }
    }
}
