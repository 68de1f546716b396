//! Never more than `--rpm` in any 60 seconds, whatever is killed and begun again in between.

use std::process::Command;
use std::time::Duration;

use fastrand::Rng;

use super::kills::seed;
use super::platform::{Assistant, Kind, Platform};
use super::victim::{Strike, Victim};
use crate::support::{Desk, id};

/// What counts as a minute here: a request may have taken its time to arrive, on a machine that has much else to do.
const MINUTE: Duration = Duration::from_secs(55);

/// A chain of runs of `--rpm`, each with the requests that the platform had before it.
struct Paced {
    desk: Desk,
    platform: Platform,
    runs: Vec<(usize, u32)>,
}

impl Paced {
    fn with_rows(rows: u32) -> Self {
        let assistants: Vec<_> =
            (1..=rows).map(|number| Assistant { number, agent: number, kind: Kind::Same }).collect();
        let ids: Vec<String> = (1..=rows).map(id).collect();
        let platform = Platform::serve(&assistants, false, &[]);
        Self { desk: Desk::with_ids(&ids), platform, runs: Vec::new() }
    }

    fn run(&mut self, rpm: u32, concurrency: u16, strike: Strike) {
        self.runs.push((self.platform.asked(), rpm));
        let mut command: Command = self.desk.program();
        command.args(["run", "assistants.csv", "-q", "--base-url", &self.platform.url()]);
        command.args(["--rpm", &rpm.to_string(), "--concurrency", &concurrency.to_string()]);
        let victim = Victim::start(command, self.desk.path("said.txt"));
        victim.suffer(strike, &self.platform, &self.desk.path("assistants.ledger"));
    }

    /// At no request were there more in the minute before than its own run was allowed.
    fn was_never_too_fast(&self) {
        let requests = self.platform.requests();
        let ends = self.runs.iter().skip(1).map(|run| run.0).chain([requests.len()]);
        for ((first, rpm), end) in self.runs.iter().zip(ends) {
            for (at, request) in requests.iter().enumerate().take(end).skip(*first) {
                let minute = requests[..=at].iter().rev().take_while(|one| one.at + MINUTE > request.at);
                let sent = minute.count();
                assert!(sent <= *rpm as usize, "{sent} in a minute, {rpm} allowed; runs: {:?}", self.runs);
            }
        }
    }
}

#[test]
fn what_a_killed_run_has_sent_counts_for_the_next_ones_whatever_they_are_allowed() {
    let mut chain = Paced::with_rows(60);
    let moment = || Strike::After(Duration::from_millis(900));
    chain.run(12, 2, Strike::Received(8));
    chain.run(10, 2, moment());
    chain.run(5, 16, moment());
    chain.run(20, 1, Strike::Answered(3));
    chain.run(60, 3, moment());
    for concurrency in [1, 16, 4] {
        chain.run(60, concurrency, moment());
    }
    chain.was_never_too_fast();
    let first_runs: Vec<usize> = chain.runs.iter().map(|run| run.0).collect();
    assert!(first_runs[4] > first_runs[3], "20 a minute leave room for more than 12: {first_runs:?}");
}

/// Kills again and again until the platform has had more than a minute's requests.
fn beyond_a_minute(rows: u32, rpm: u32, wanted: usize) {
    let mut rng = Rng::with_seed(seed());
    let mut chain = Paced::with_rows(rows);
    while chain.platform.asked() < wanted {
        let life = Duration::from_millis(rng.u64(100..4_000));
        chain.run(rpm, rng.u16(1..=16), Strike::After(life));
    }
    chain.was_never_too_fast();
}

#[test]
#[ignore = "more than a minute: .ci/run has it"]
fn killed_for_more_than_a_minute() {
    beyond_a_minute(60, 60, 66);
}
