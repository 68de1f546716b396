//! No room left, or a folder that can only be read: a sentence, an exit code, a sound ledger; and with room again, the
//! same command comes to its end.

use super::around::{Around, Volume};
use super::chain::{Chain, Pace, Scene, Work};
use super::kills::{AUDIT, DISABLE_ONE, DISABLE_TWO, READ, ROLLBACK_TWO};
use super::turns::in_turns;
use super::victim::{Ended, Strike};
use crate::support::extent::{Extent, sampled};
use crate::support::{Desk, Ran};

fn calm(scene: Scene) -> Chain {
    let mut calm = Chain::begin(scene, Pace::InAdvance);
    calm.run_calmly();
    calm
}

/// A chain on a small disk; `None` where there can be none.
fn on_small_disk(scene: Scene) -> Option<Chain> {
    let desk = Desk::with_input("");
    let volume = Volume::over(&desk)?;
    Some(Chain::begin_at(desk, Around::Volume(volume), scene, Pace::InAdvance))
}

/// Where a run noticed that there was no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Noticed {
    BeforeAnything,
    AtWork,
    AtTheReports,
}

/// How a run ends that had too little room; `None` where there was enough.
fn by_the_book(chain: &Chain, ended: &Ended, asked: usize, why: &[&str]) -> Option<Noticed> {
    let said = &ended.stderr;
    let noticed = match ended.code {
        Some(0 | 3) => return None,
        Some(1) => {
            assert_eq!(chain.platform.asked(), asked, "asked, and `nothing done`: {said}");
            Noticed::BeforeAnything
        }
        Some(4) if said.contains(" was not written: ") => Noticed::AtTheReports,
        Some(4) => Noticed::AtWork,
        other => panic!("{other:?}: {said}"),
    };
    assert!(why.iter().any(|words| said.contains(words)), "no reason in: {said}");
    Some(noticed)
}

/// Where the ledger was left with a log beside it, even reading takes a little room.
fn reads_or_says_why(chain: &Chain) {
    if chain.scene.work != Work::Audit && chain.ledger().exists() {
        let ran = Ran::of(chain.around.program(&chain.desk).args(["report", "assistants.ledger"]));
        assert!(ran.code == 0 || ran.stderr.contains("no space is left on the disk"), "{}", ran.stderr);
    }
}

/// A sample takes one size of so many.
const EVERY: u32 = 12;

/// What is said where the disk is full.
const FULL: [&str; 2] = ["No space left on device", "no space is left on the disk"];

fn fills_up_everywhere(scene: Scene, extent: Extent) {
    if on_small_disk(scene).is_none() {
        return;
    }
    let calm = calm(scene);
    let noticed = in_turns(|turn| {
        let turn = turn * extent.either(EVERY, 1);
        // Finely where the ledger is begun, then coarsely.
        let kib = if turn <= 12 { turn * 4 } else { 48 + (turn - 12) * 16 };
        println!("{kib} KiB left");
        let mut chain = on_small_disk(scene).unwrap();
        chain.around.volume().unwrap().fill_but(kib.into());
        let asked = chain.platform.asked();
        let ended = chain.start(scene.work, chain.pace.calm());
        let ended = ended.suffer(Strike::Never, &chain.platform, &chain.ledger());
        let how = by_the_book(&chain, &ended, asked, &FULL)?;
        reads_or_says_why(&chain);
        chain.around.volume().unwrap().empty();
        chain.keeps_its_promises(scene.work, &ended, asked);
        // The same command, with nothing in its way.
        chain.run_calmly();
        chain.ends_like(&calm);
        Some(how)
    });
    let wanted = [Noticed::BeforeAnything, Noticed::AtWork, Noticed::AtTheReports];
    // A rollback writes one small report, which fits where the ledger did.
    let wanted = if scene.work == Work::Rollback { &wanted[..2] } else { &wanted };
    let is_everywhere = wanted.iter().all(|how| noticed.contains(how));
    assert!(is_everywhere || extent == Extent::Sample, "not everywhere: {noticed:?}");
}

fn a_disk_that_fills_up_anywhere_in_a_reading_run(extent: Extent) {
    fills_up_everywhere(READ, extent);
}

fn a_disk_that_fills_up_anywhere_in_a_disabling_run(extent: Extent) {
    fills_up_everywhere(DISABLE_TWO, extent);
}

fn a_disk_that_fills_up_anywhere_where_assistant_and_agent_are_one_record(extent: Extent) {
    fills_up_everywhere(DISABLE_ONE, extent);
}

fn a_disk_that_fills_up_anywhere_in_a_rollback(extent: Extent) {
    fills_up_everywhere(ROLLBACK_TWO, extent);
}

fn a_disk_that_fills_up_anywhere_in_an_audit(extent: Extent) {
    fills_up_everywhere(AUDIT, extent);
}

/// No file may grow beyond so much: a quota, or a file system that knows no large files.
fn files_that_may_grow_no_further(extent: Extent) {
    for scene in [READ, DISABLE_TWO] {
        let calm = calm(scene);
        let noticed = in_turns(|turn| {
            // What it says goes to a file, too, which needs a little.
            let blocks = turn * 24 * extent.either(4, 1);
            println!("{blocks} blocks");
            let limited = Around::FileLimit(blocks);
            let mut chain = Chain::begin_at(Desk::with_input(""), limited, scene, Pace::InAdvance);
            let asked = chain.platform.asked();
            let ended = chain.start(scene.work, chain.pace.calm());
            let ended = ended.suffer(Strike::Never, &chain.platform, &chain.ledger());
            let why =
                ["File too large", "the file cannot be written or read", "cannot be opened (disk I/O error)"];
            let how = by_the_book(&chain, &ended, asked, &[&why[..], &FULL].concat())?;
            chain.around = Around::Nothing;
            chain.keeps_its_promises(scene.work, &ended, asked);
            chain.run_calmly();
            chain.ends_like(&calm);
            Some(how)
        });
        assert!(noticed.len() > extent.either(1, 4), "it was hardly ever too large");
    }
}

/// A folder that can only be read, from the start, and once a ledger stands in it: exit code 1, and nothing is asked for.
#[test]
fn a_folder_that_can_only_be_read() {
    for scene in [READ, DISABLE_TWO, ROLLBACK_TWO, AUDIT] {
        let calm = calm(scene);
        // Nothing there yet, a ledger at rest, and one that a killed run has left with its log.
        for strike in [None, Some(Strike::Never), Some(Strike::Answered(9))] {
            let Some(mut chain) = on_small_disk(scene) else { return };
            if let Some(strike) = strike {
                chain.run(chain.pace.calm(), strike);
            }
            let before = chain.contents();
            chain.around.volume().unwrap().mount_again("ro");
            let asked = chain.platform.asked();
            let ended = chain.start(scene.work, chain.pace.calm());
            let ended = ended.suffer(Strike::Never, &chain.platform, &chain.ledger());
            let of = format!("{scene:?} {strike:?}: {}", ended.stderr);
            assert_eq!((ended.code, chain.platform.asked()), (Some(1), asked), "{of}");
            assert!(ended.stderr.contains("nothing was "), "{of}");
            chain.keeps_its_promises(scene.work, &ended, asked);
            assert!(chain.contents() == before, "{of}");
            chain.around.volume().unwrap().mount_again("rw");
            chain.run_calmly();
            chain.ends_like(&calm);
        }
    }
}

sampled! {
    a_disk_that_fills_up_anywhere_in_a_reading_run
    a_disk_that_fills_up_anywhere_in_a_disabling_run
    a_disk_that_fills_up_anywhere_where_assistant_and_agent_are_one_record
    a_disk_that_fills_up_anywhere_in_a_rollback
    a_disk_that_fills_up_anywhere_in_an_audit
    files_that_may_grow_no_further
}
