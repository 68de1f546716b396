//! An end of the Assistants API that answers 404 (DESIGN.md, Manners on the network): then every assistant looks deleted,
//! and its agent is there. The first rows asked for are held back until that is known: no report says "not found" of an
//! assistant that nobody was asked for.

use super::row::read;
use crate::base::{Call, CallFailure, FailureKind, Outcome, Pair, RowStatus, StopReason};
use crate::engine::platform::{Client, Meter};
use crate::engine::record::Side;

/// So many rows, the first that are asked for, tell an end.
pub(super) const FIRST_ROWS: u64 = 10;

/// Holds rows back until it is known whether their assistants were not found or the Assistants API was not.
#[derive(Debug, Default)]
pub(super) struct EndWatch {
    is_over: bool,
    held: Vec<(u64, Outcome)>,
}

impl EndWatch {
    /// `to_do`: rows to be asked for. `asks_for_assistants`: otherwise nothing can be told.
    pub(super) const fn new(to_do: u64, asks_for_assistants: bool) -> Self {
        Self { is_over: to_do < FIRST_ROWS || !asks_for_assistants, held: Vec::new() }
    }

    /// Takes a row that is checked, the `nth` that was asked for, counted from 0; gives back those that can be settled.
    pub(super) fn take(&mut self, nth: u64, outcome: Outcome) -> Vec<Outcome> {
        if !self.is_over && outcome.status == RowStatus::AssistantNotFound {
            self.held.push((nth, outcome));
            return Vec::new();
        }
        // Silence says nothing of the Assistants API; among the first rows it leaves the question open for good.
        if nth >= FIRST_ROWS && outcome.failure.as_ref().is_some_and(CallFailure::is_out_of_reach) {
            return vec![outcome];
        }
        let mut settled = self.acquit();
        settled.push(outcome);
        settled
    }

    /// The pairs of the first rows, once all of them were not found and nothing else came: the agents are to be asked for.
    pub(super) fn suspicious(&self) -> Option<Vec<Pair>> {
        let first = self.held.iter().filter(|(nth, _)| *nth < FIRST_ROWS);
        let pairs: Vec<_> = first.map(|(_, outcome)| outcome.pair).collect();
        (pairs.len() as u64 == FIRST_ROWS).then_some(pairs)
    }

    /// Counts in what was spent on rows that are held back.
    pub(super) fn count_in(&mut self, spent: &[(Pair, Meter)]) {
        for (_, outcome) in &mut self.held {
            if let Some((_, meter)) = spent.iter().find(|(pair, _)| *pair == outcome.pair) {
                outcome.requests = outcome.requests.saturating_add(meter.requests);
                outcome.elapsed += meter.elapsed;
            }
        }
    }

    /// It is no end, or cannot be known: what was held back is as it was answered.
    pub(super) fn acquit(&mut self) -> Vec<Outcome> {
        self.is_over = true;
        std::mem::take(&mut self.held).into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// It is the end: the first rows tell it, the others that were under way are as good as never asked for.
    pub(super) fn condemn(&mut self) -> Vec<Outcome> {
        self.is_over = true;
        let held = std::mem::take(&mut self.held);
        held.into_iter().filter(|(nth, _)| *nth < FIRST_ROWS).map(|(_, outcome)| ended(outcome)).collect()
    }
}

/// The row as what it is once the end is known.
fn ended(outcome: Outcome) -> Outcome {
    let (words, support_id) = match outcome.failure {
        Some(failure) => (failure.words, failure.support_id),
        None => (String::new(), None),
    };
    let failure = CallFailure {
        call: Call::Assistant,
        kind: FailureKind::Gone { status: 404 },
        words: format!("{words} (but agents of such rows are there: the Assistants API has ended here)"),
        support_id,
    };
    Outcome { status: RowStatus::Failed, failure: Some(failure), ..outcome }
}

/// What came of asking for the agents of suspicious rows.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Whether one is there.
    pub(super) is_there: bool,
    /// Why the run has to stop, if an answer says so.
    pub(super) stop: Option<StopReason>,
    /// What was spent, on which row.
    pub(super) spent: Vec<(Pair, Meter)>,
}

/// Asks for one agent after the other until one is there.
pub(super) async fn look(client: Client, pairs: Vec<Pair>) -> Looked {
    let mut looked = Looked::default();
    for pair in pairs {
        let mut meter = Meter::default();
        let answer = client.get_agent(pair.agent, &mut meter).await;
        looked.spent.push((pair, meter));
        match answer {
            Ok(body) => looked.is_there = read(Side::Agent, &body, pair.agent.0).await.is_ok(),
            Err(failure) => looked.stop = failure.stop_reason(),
        }
        if looked.is_there || looked.stop.is_some() {
            break;
        }
    }
    looked
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::ledger::Job;
    use crate::engine::session::unchecked;

    fn row(nth: u64, kind: Option<FailureKind>) -> Outcome {
        let failure = kind.map(|kind| CallFailure::new(Call::Assistant, kind, "Assistant not found"));
        Outcome {
            status: failure.as_ref().map_or(RowStatus::Verified, CallFailure::row_status),
            failure,
            requests: 1,
            ..unchecked(Job { line: nth + 2, pair: Pair::same(Uuid::from_u128(nth.into())) })
        }
    }

    fn lines(outcomes: &[Outcome]) -> Vec<u64> {
        outcomes.iter().map(|outcome| outcome.line - 2).collect()
    }

    /// Gives what is settled at once of rows that all were not found, completed in this order.
    fn not_found(watch: &mut EndWatch, order: impl IntoIterator<Item = u64>) -> Vec<u64> {
        order
            .into_iter()
            .flat_map(|nth| lines(&watch.take(nth, row(nth, Some(FailureKind::NotFound)))))
            .collect()
    }

    #[test]
    fn ten_rows_that_were_not_found_are_suspicious_in_whatever_order_they_complete() {
        let mut watch = EndWatch::new(100, true);
        assert_eq!(not_found(&mut watch, (1..14).rev()), [0_u64; 0]);
        assert_eq!(watch.suspicious(), None, "the first is still under way");
        assert_eq!(not_found(&mut watch, [0]), [0_u64; 0]);
        assert_eq!(watch.suspicious().map(|pairs| pairs.len()), Some(10));
    }

    #[test]
    fn anything_else_that_comes_lets_all_go_and_ends_the_watch() {
        for (nth, other) in [
            (10, None),
            (10, Some(FailureKind::Forbidden)),
            (8, Some(FailureKind::Timeout)),
            (8, Some(FailureKind::Server { status: 500 })),
        ] {
            let mut watch = EndWatch::new(100, true);
            not_found(&mut watch, 0..8);
            assert_eq!(lines(&watch.take(nth, row(nth, other))), [0, 1, 2, 3, 4, 5, 6, 7, nth]);
            assert_eq!(not_found(&mut watch, [9]), [9]);
            assert_eq!(watch.suspicious(), None);
        }
    }

    #[test]
    fn silence_behind_the_first_ten_says_nothing() {
        let mut watch = EndWatch::new(100, true);
        not_found(&mut watch, 0..9);
        assert_eq!(lines(&watch.take(10, row(10, Some(FailureKind::Timeout)))), [10]);
        not_found(&mut watch, [9]);
        assert_eq!(watch.suspicious().map(|pairs| pairs.len()), Some(10));
    }

    #[test]
    fn fewer_rows_or_agents_are_not_watched() {
        for mut watch in [EndWatch::new(9, true), EndWatch::new(100, false)] {
            assert_eq!(not_found(&mut watch, 0..12), (0..12).collect::<Vec<_>>());
            assert_eq!(watch.suspicious(), None);
        }
    }

    #[test]
    fn at_the_end_the_first_ten_fail_and_say_why_and_no_other_row_tells_anything() {
        let mut watch = EndWatch::new(100, true);
        not_found(&mut watch, 0..12);
        let spent = Meter { requests: 3, ..Meter::default() };
        watch.count_in(&[(Pair::same(Uuid::from_u128(0)), spent)]);
        let ended = watch.condemn();
        assert_eq!(lines(&ended), (0..10).collect::<Vec<_>>());
        assert!(ended.iter().all(|outcome| outcome.status == RowStatus::Failed));
        assert_eq!((ended[0].requests, ended[1].requests), (4, 1));
        let failure = ended[0].failure.clone().unwrap();
        assert_eq!(failure.stop_reason(), Some(StopReason::AssistantsApiGone));
        insta::assert_snapshot!(failure, @"assistant: 404 Assistant not found (but agents of such rows are there: the Assistants API has ended here)");
        assert!(watch.acquit().is_empty());
    }
}
