//! Ctrl-C, `SIGTERM` and `SIGHUP` at random moments: the exit code says what came of it, the report is whole.

use std::time::{Duration, SystemTime};

use fastrand::Rng;

use super::chain::{Chain, Pace, Scene, Settings, Work};
use super::kills::{AUDIT, DISABLE_ONE, DISABLE_TWO, READ, ROLLBACK_TWO, seed, switches};
use super::turns::in_turns;
use super::victim::{Ended, Strike};
use crate::support::extent::{Extent, sampled};

/// Signals in a chain.
const SIGNALS: u32 = 4;

fn signalled_at_random(scene: Scene, extent: Extent) {
    let seed = seed();
    let mut calm = Chain::begin(scene, Pace::InAdvance);
    let life = calm.run_calmly().lived;
    in_turns(|turn| {
        (turn <= extent.either(1, 8))
            .then(|| signalled_chain(scene, &calm, Rng::with_seed(seed.wrapping_add(turn.into())), life))
    });
}

fn signalled_chain(scene: Scene, calm: &Chain, mut rng: Rng, life: Duration) {
    let mut chain = Chain::begin(scene, Pace::InAdvance);
    for _ in 0..SIGNALS {
        let settings = Settings { concurrency: rng.u16(1..=16), ..Pace::InAdvance.calm() };
        let (began, asked) = (SystemTime::now(), chain.platform.asked());
        let run = chain.start(scene.work, settings);
        std::thread::sleep(life.mul_f64(rng.f64()));
        run.signal(["INT", "TERM", "HUP"][rng.usize(0..3)]);
        let is_twice = rng.u8(0..4) == 0;
        if is_twice {
            std::thread::sleep(Duration::from_millis(rng.u64(0..20)));
            run.signal("INT");
        }
        let ended = run.suffer(Strike::Never, &chain.platform, &chain.ledger());
        chain.keeps_its_promises(scene.work, &ended, asked);
        ends_by_the_book(&chain, &ended, asked, is_twice, began);
        if switches(scene) && rng.u8(0..6) == 0 {
            chain.roll_back();
        }
    }
    chain.run_calmly();
    chain.ends_like(calm);
}

fn ends_by_the_book(chain: &Chain, ended: &Ended, asked: usize, is_twice: bool, began: SystemTime) {
    let has_asked = chain.platform.asked() > asked;
    let report = match chain.scene.work {
        Work::Audit => "assistants.audit.csv",
        Work::Read | Work::Disable | Work::Rollback => "assistants.report.csv",
    };
    let written = std::fs::metadata(chain.path(report)).and_then(|found| found.modified());
    match ended.code {
        // It came too late, or there was nothing left to do.
        Some(0 | 3) => {}
        Some(4) => {
            assert!(
                ended.stderr.contains("goes on") || ended.stderr.contains("agent-migrate "),
                "{}",
                ended.stderr
            );
        }
        Some(130) => return assert!(is_twice, "130 after one signal: {}", ended.stderr),
        // Before anybody listened to signals.
        None => return assert!(!has_asked, "{}", ended.stderr),
        Some(other) => panic!("{other}: {}", ended.stderr),
    }
    // What was written before stays until an answer can take its place.
    if has_asked && !ended.stderr.contains("stays as it was") {
        assert!(written.unwrap() >= began, "no report: {}", ended.stderr);
    }
}

macro_rules! signalled_at_random {
    ($($name:ident: $scene:ident;)+) => {
        $(fn $name(extent: Extent) {
            signalled_at_random($scene, extent);
        })+
        sampled! { $($name)+ }
    };
}

signalled_at_random! {
    signals_while_reading: READ;
    signals_while_disabling_two_records: DISABLE_TWO;
    signals_while_disabling_one_record: DISABLE_ONE;
    signals_while_rolling_back: ROLLBACK_TWO;
    signals_during_an_audit: AUDIT;
}
