//! Killed at every event, and at random moments.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fastrand::Rng;

use super::chain::{Chain, Pace, Scene, Settings, Work};
use super::turns::in_turns;
use super::victim::Strike;
use crate::support::extent::{Extent, sampled};

/// Settings of the environment: where random tests begin, and how many kills they do altogether.
const SEED: &str = "AGENT_MIGRATE_CRASH_SEED";
const KILLS: &str = "AGENT_MIGRATE_CRASH_KILLS";

/// As many kills at random as the whole series does, and a sample of it.
const DEFAULT_KILLS: u64 = 300;
const SAMPLE_OF_KILLS: u64 = 12;

/// The events of a sample: early, and where most is under way.
const SAMPLE_OF_EVENTS: [u32; 2] = [2, 11];

/// A chain that goes on longer says little more.
const KILLS_OF_A_CHAIN: usize = 12;

pub(crate) const READ: Scene = Scene { work: Work::Read, one_record: false, small: false };
pub(crate) const DISABLE_TWO: Scene = Scene { work: Work::Disable, one_record: false, small: false };
pub(crate) const DISABLE_ONE: Scene = Scene { work: Work::Disable, one_record: true, small: false };
pub(crate) const ROLLBACK_TWO: Scene = Scene { work: Work::Rollback, one_record: false, small: false };
const ROLLBACK_ONE: Scene = Scene { work: Work::Rollback, one_record: true, small: false };
pub(crate) const AUDIT: Scene = Scene { work: Work::Audit, one_record: false, small: false };

/// Whether there may be something to take back.
pub(crate) fn switches(scene: Scene) -> bool {
    matches!(scene.work, Work::Disable | Work::Rollback)
}

/// Kills a first run at every event of one sort in turn, each in a workspace of its own, and sees it to its end.
fn at_every_event(scene: Scene, strike: fn(u32) -> Strike, extent: Extent) {
    let scene = Scene { small: true, ..scene };
    let mut calm = Chain::begin(scene, Pace::OneByOne);
    calm.run_calmly();
    let killed = in_turns(|turn| {
        let count = match extent {
            Extent::Sample => *SAMPLE_OF_EVENTS.get(turn as usize - 1)?,
            Extent::Whole => turn,
        };
        let turn = count as usize;
        let pace = [Pace::OneByOne, Pace::InAdvance][turn % 2];
        let limit = [None, Some(2), None, Some(100)][turn % 4];
        let settings = Settings { rpm: pace.rpms()[turn % 3], concurrency: [16, 1, 3][turn % 3], limit };
        println!("{:?} {settings:?}", strike(count));
        let mut chain = Chain::begin(scene, pace);
        let ended = chain.run(settings, strike(count));
        if switches(scene) && turn.is_multiple_of(5) {
            chain.roll_back();
        }
        chain.run_calmly();
        chain.ends_like(&calm);
        if switches(scene) {
            chain.roll_back();
        }
        // A run that was to check a few rows only has fewer events.
        (ended.was_killed || limit == Some(2) || extent == Extent::Sample).then_some(())
    });
    assert!(!killed.is_empty(), "no event of that sort");
}

macro_rules! at_every_event {
    ($($name:ident: $scene:ident, $strike:expr;)+) => {
        $(fn $name(extent: Extent) {
            at_every_event($scene, $strike, extent);
        })+
        sampled! { $($name)+ }
    };
}

at_every_event! {
    reading_killed_at_every_request: READ, Strike::Received;
    reading_killed_at_every_answer: READ, Strike::Answered;
    reading_killed_at_every_write: READ, Strike::Written;
    disabling_of_two_records_killed_at_every_request: DISABLE_TWO, Strike::Received;
    disabling_of_two_records_killed_at_every_answer: DISABLE_TWO, Strike::Answered;
    disabling_of_two_records_killed_at_every_write: DISABLE_TWO, Strike::Written;
    disabling_of_one_record_killed_at_every_request: DISABLE_ONE, Strike::Received;
    disabling_of_one_record_killed_at_every_answer: DISABLE_ONE, Strike::Answered;
    disabling_of_one_record_killed_at_every_write: DISABLE_ONE, Strike::Written;
    rollback_of_two_records_killed_at_every_request: ROLLBACK_TWO, Strike::Received;
    rollback_of_two_records_killed_at_every_answer: ROLLBACK_TWO, Strike::Answered;
    rollback_of_two_records_killed_at_every_write: ROLLBACK_TWO, Strike::Written;
    rollback_of_one_record_killed_at_every_answer: ROLLBACK_ONE, Strike::Answered;
    rollback_of_one_record_killed_at_every_write: ROLLBACK_ONE, Strike::Written;
    audit_killed_at_every_request: AUDIT, Strike::Received;
    audit_killed_at_every_answer: AUDIT, Strike::Answered;
    audit_killed_at_every_write: AUDIT, Strike::Written;
}

/// Where in a run a kill met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Import,
    Requests,
    Reports,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Start, Self::Import, Self::Requests, Self::Reports];

    fn of(chain: &Chain, began: SystemTime, asked: usize) -> Self {
        let path =
            if chain.scene.work == Work::Audit { "assistants.audit.csv" } else { "assistants.report.csv" };
        let written = std::fs::metadata(chain.path(path)).and_then(|found| found.modified());
        let names = chain.names();
        if written.is_ok_and(|written| written > began) {
            Self::Reports
        } else if chain.platform.asked() > asked {
            let is_half_written = names.iter().any(|name| name.starts_with(".agent-migrate-"));
            if is_half_written { Self::Reports } else { Self::Requests }
        } else if names.iter().any(|name| name.ends_with(".ledger.lock")) {
            Self::Import
        } else {
            Self::Start
        }
    }
}

/// A number that the environment may set.
fn set_by(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Where chance begins, which the environment may repeat. What is printed is shown when it fails.
pub(crate) fn seed() -> u64 {
    let seed = set_by(SEED).unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed}");
    seed
}

/// Kills runs of one scene at random moments, chain after chain.
fn at_random_moments(scene: Scene, extent: Extent) {
    let seed = seed();
    let usual = extent.either(SAMPLE_OF_KILLS, DEFAULT_KILLS);
    let wanted = set_by(KILLS).unwrap_or(usual).div_ceil(SCENES);
    let mut calm = Chain::begin(scene, Pace::InAdvance);
    let life = Mutex::new(calm.run_calmly().lived);
    let killed = AtomicU64::new(0);
    let met = in_turns(|turn| {
        let is_enough = killed.load(Ordering::SeqCst) >= wanted;
        (!is_enough).then(|| {
            let met = random_chain(scene, &calm, &mut Rng::with_seed(seed.wrapping_add(turn.into())), &life);
            killed.fetch_add(met.len() as u64, Ordering::SeqCst);
            met
        })
    });
    let met = met.concat();
    let spread = Phase::ALL.map(|phase| (phase, met.iter().filter(|met| **met == phase).count()));
    println!("{spread:?}");
    let between = met.iter().filter(|phase| **phase == Phase::Requests).count();
    assert!(wanted < 20 || (between > 0 && between < met.len()), "all kills fell on one place");
}

/// One chain, at most so many kills; where they fell. `life` is how long a run takes, as far as is known.
fn random_chain(scene: Scene, calm: &Chain, rng: &mut Rng, life: &Mutex<Duration>) -> Vec<Phase> {
    let mut met = Vec::new();
    let mut chain = Chain::begin(scene, if rng.bool() { Pace::OneByOne } else { Pace::InAdvance });
    // One by one, all beyond the first sixty come slowly.
    while met.len() < KILLS_OF_A_CHAIN && (chain.pace == Pace::InAdvance || chain.platform.asked() < 50) {
        let settings = Settings {
            rpm: chain.pace.rpms()[rng.usize(0..3)],
            concurrency: rng.u16(1..=16),
            limit: (rng.u8(0..3) == 0).then(|| rng.u32(1..=12)),
        };
        let known = *life.lock().unwrap();
        let strike = Strike::After(known.mul_f64(rng.f64() * 1.1));
        println!("{settings:?} {strike:?}");
        let (began, asked) = (SystemTime::now(), chain.platform.asked());
        let ended = chain.run(settings, strike);
        if ended.was_killed {
            met.push(Phase::of(&chain, began, asked));
        } else if settings.limit.is_none() {
            *life.lock().unwrap() = (known * 3 + ended.lived) / 4;
            break;
        }
        if switches(scene) && rng.u8(0..6) == 0 {
            chain.roll_back();
        }
    }
    chain.run_calmly();
    chain.ends_like(calm);
    if switches(scene) && rng.bool() {
        chain.roll_back();
    }
    met
}

macro_rules! at_random_moments {
    ($($name:ident: $scene:ident;)+) => {
        /// Among how many the kills are divided.
        const SCENES: u64 = [$(stringify!($name)),+].len() as u64;
        $(fn $name(extent: Extent) {
            at_random_moments($scene, extent);
        })+
        sampled! { $($name)+ }
    };
}

at_random_moments! {
    reading_killed_at_random: READ;
    disabling_of_two_records_killed_at_random: DISABLE_TWO;
    disabling_of_one_record_killed_at_random: DISABLE_ONE;
    rollback_of_two_records_killed_at_random: ROLLBACK_TWO;
    rollback_of_one_record_killed_at_random: ROLLBACK_ONE;
    audit_killed_at_random: AUDIT;
}
