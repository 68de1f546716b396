//! Switching off, interrupted and killed: the ledger always knows what may be off, and there is always a way back.

#![cfg(unix)]
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::support::id;
use crate::support::office::{Office, Running, mismatch, one_record, other, same, two_records, uuid};
use agent_migrate::practice::{AgentList, LostAnswer, RetryAfter, SandboxOptions, Times, WriteTrouble};

/// What the contract gives a run between Ctrl-C and its end.
const SOON: Duration = Duration::from_secs(3);

/// Interrupts, and gives what was said; the end has to come soon.
#[track_caller]
fn interrupted(running: Running) -> crate::support::Ran {
    let started = Instant::now();
    running.interrupt();
    let ran = running.ends();
    assert!(started.elapsed() < SOON, "{:?}: {}", started.elapsed(), ran.stderr);
    ran
}

#[test]
fn ctrl_c_while_the_probe_is_watched_switches_it_on_again() {
    for options in [two_records(), SandboxOptions { list: AgentList::Lagging(SOON), ..one_record() }] {
        let office = Office::with(&[same(2), same(1), same(3)], options);
        let running = office.disabling(30, &[]);
        office.wait_until(|office| office.deeds().ends_with("off 1, list"));
        let ran = interrupted(running).exits_with(4).says("agent-migrate run assistants.csv");
        assert!(ran.stderr.contains("--disable"), "{}", ran.stderr);
        assert_eq!(office.deeds(), "read, list, off 1, list, on 1");
        assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
        assert_eq!(office.report().disabled(), ["skipped", "reverted", "skipped"]);
    }
}

#[test]
fn the_command_that_was_interrupted_goes_on() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let running = office.disabling(30, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 1, list"));
    interrupted(running).exits_with(4);
    office.disable(&[]).exits_with(0);
    assert_eq!(office.off(), [1, 2]);
    assert_eq!(office.report().disabled(), ["disabled"; 2]);
}

#[test]
fn ctrl_c_while_a_disable_is_under_way_finishes_and_records_it() {
    let slow = SandboxOptions { latency: Duration::from_millis(400), ..one_record() };
    let office = Office::with(&[same(1), same(2), same(3)], slow);
    let running = office.disabling(0, &["--disable-shared"]);
    office.wait_until(|office| office.deeds().ends_with("off 2"));
    interrupted(running).exits_with(4);
    assert_eq!(office.deeds(), "read, list, off 1, off 2");
    assert_eq!(office.off(), [1, 2]);
    assert_eq!(office.report().disabled(), ["disabled", "disabled", "skipped"]);
}

#[test]
fn ctrl_c_while_the_probe_is_being_disabled_finishes_that_and_switches_it_on_again() {
    let slow = SandboxOptions { latency: Duration::from_millis(400), ..two_records() };
    let office = Office::with(&[same(1), same(2)], slow);
    let running = office.disabling(30, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 1"));
    interrupted(running).exits_with(4);
    assert_eq!(office.deeds(), "read, list, off 1, on 1");
    assert_eq!(office.off(), Vec::<u32>::new());
    assert_eq!(office.report().disabled(), ["reverted", "skipped"]);
}

#[test]
fn ctrl_c_among_the_rest_still_takes_the_last_look() {
    let slow = SandboxOptions { latency: Duration::from_millis(200), ..two_records() };
    let office = Office::with(&[same(1), same(2), same(3)], slow);
    let running = office.disabling(0, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 2"));
    interrupted(running).exits_with(4);
    assert_eq!(office.deeds(), "read, list, off 1, list, off 2, list");
    assert_eq!(office.report().disabled(), ["disabled", "disabled", "skipped"]);
    let before = office.requests();
    office.change(|options| options.latency = Duration::ZERO);
    office.run(&[]);
    assert!(!office.deeds_since(before).contains("list"), "no look is owed: {}", office.deeds_since(before));
    assert_eq!(office.off(), [1, 2]);
}

#[test]
fn agents_found_off_after_ctrl_c_come_on_again_at_the_latest_in_the_next_run() {
    let options = SandboxOptions {
        list: AgentList::Lagging(Duration::from_secs(1)),
        latency: Duration::from_millis(200),
        ..one_record()
    };
    let entries: Vec<_> = (1..=9).map(same).collect();
    let office = Office::with(&entries, options);
    let running = office.disabling(0, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 7"));
    let ran = interrupted(running).exits_with(4);
    let off: BTreeSet<String> = office.agents_off().into_iter().map(id).collect();
    let report = office.report();
    for row in &report.rows {
        let states: &[&str] =
            if off.contains(&row["assistant_id"]) { &["revert_failed"] } else { &["reverted", "skipped"] };
        assert!(states.contains(&row["disabled"].as_str()), "{row:?}");
    }
    if !off.is_empty() {
        assert!(ran.stderr.contains("could not be switched on again"), "{}", ran.stderr);
    }
    office.change(|options| options.latency = Duration::ZERO);
    office.run(&[]);
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    assert!(!office.report().disabled().contains(&"revert_failed"));
}

#[test]
fn ctrl_c_waits_for_an_answer_no_longer_than_the_timeout_and_then_says_unknown() {
    let silent = SandboxOptions {
        disable: WriteTrouble { lost: Times::First(9), ..WriteTrouble::default() },
        lost_answer: LostAnswer::Silent,
        ..two_records()
    };
    let office = Office::with(&[other(1, 101), same(2)], silent);
    let running = office.disabling(0, &["--timeout", "1"]);
    office.wait_until(|office| office.deeds().ends_with("off 1"));
    interrupted(running).exits_with(4).says("at most 1 s");
    assert_eq!(office.deeds(), "read, list, off 1");
    assert_eq!(office.report().disabled(), ["unknown", "skipped"]);
}

#[test]
fn ctrl_c_does_not_wait_for_a_platform_that_makes_everybody_wait() {
    let slow = SandboxOptions { latency: Duration::from_millis(200), ..two_records() };
    let office = Office::with(&[same(1), same(2), same(3)], slow);
    let running = office.disabling(0, &["--disable-shared"]);
    office.wait_until(|office| office.switches(true) == 1);
    office.change(|options| (options.rpm, options.retry_after) = (Some(0), RetryAfter::Fixed(300)));
    office.wait_until(|office| office.log().iter().any(|request| request.status == Some(429)));
    interrupted(running).exits_with(4);
    let (off, report) = (office.off(), office.report());
    for (row, number) in report.rows.iter().zip(1..) {
        assert!(
            !off.contains(&number) || ["disabled", "unknown"].contains(&row["disabled"].as_str()),
            "{row:?}"
        );
    }
    assert_eq!(off, [1]);
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_the_ledger_knows_what_may_be_off() {
    let silent = SandboxOptions {
        disable: WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() },
        lost_answer: LostAnswer::Silent,
        ..two_records()
    };
    let office = Office::with(&[other(1, 101), same(2)], silent);
    let running = office.disabling(0, &["--timeout", "60"]);
    office.wait_until(|office| office.deeds().ends_with("off 1"));
    running.interrupt();
    std::thread::sleep(Duration::from_millis(300));
    interrupted(running).exits_with(130);
    assert_eq!(office.off(), [1]);
    assert_eq!(office.off_by_ledger(), BTreeSet::from([1]));
    office.rollback(&[]).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn a_probe_that_a_killed_run_left_off_is_switched_on_first_by_whatever_comes_next() {
    type Next = fn(&Office);
    let next: [(&str, Next); 3] = [
        ("a plain run", |office| drop(office.run(&[]).exits_with(0))),
        ("a disabling run", |office| drop(office.disable(&[]).exits_with(3))),
        ("a rollback", |office| drop(office.rollback(&[]).exits_with(0))),
    ];
    for (what, next) in next {
        let office = Office::with(&[same(1), same(2)], one_record());
        // The list learns too late, so that the run is still watching when it is killed.
        office.change(|options| options.list = AgentList::Lagging(Duration::from_secs(60)));
        let running = office.disabling(30, &[]);
        office.wait_until(|office| office.deeds().ends_with("off 1, list"));
        assert!(running.kill());
        assert_eq!((office.off(), office.off_by_ledger()), (vec![1], BTreeSet::from([1])));
        office.change(|options| options.list = AgentList::Present);
        let before = office.requests();
        next(&office);
        let deeds = office.deeds_since(before);
        assert!(deeds.starts_with("on 1"), "{what}: {deeds}");
        assert_eq!((office.off(), office.agents_off()), (vec![], vec![]), "{what}");
        let state = if what == "a rollback" { "re_enabled" } else { "reverted" };
        assert!(office.report().disabled().contains(&state), "{what}");
    }
}

#[test]
fn a_dry_run_after_a_kill_switches_nothing_not_even_back_on() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let running = office.disabling(30, &[]);
    office.wait_until(|office| office.deeds().ends_with("off 1, list"));
    assert!(running.kill());
    let before = office.requests();
    office.run(&["--dry-run"]);
    assert_eq!(office.deeds_since(before), "read, list");
    assert_eq!((office.off(), office.off_by_ledger()), (vec![1], BTreeSet::from([1])));
}

#[test]
fn the_last_look_that_a_killed_run_owes_is_taken_by_the_next_one() {
    let unlisted = |rows: &[u32]| rows.iter().copied().map(uuid).collect::<Vec<_>>();
    let present = AgentList::Present;
    let cases = [
        (two_records(), present, unlisted(&[]), ["disabled", "disabled"]),
        (one_record(), present, unlisted(&[]), ["reverted", "reverted"]),
        (two_records(), present, unlisted(&[2]), ["disabled", "reverted"]),
        (two_records(), present, unlisted(&[1, 2, 3]), ["reverted", "reverted"]),
        (two_records(), AgentList::Missing, unlisted(&[]), ["reverted", "reverted"]),
    ];
    for (options, list, unlisted, states) in cases {
        let options = SandboxOptions {
            list: AgentList::Lagging(Duration::from_secs(60)),
            latency: Duration::from_millis(100),
            ..options
        };
        let office = Office::with(&[same(1), same(2), same(3)], options);
        let running = office.disabling(0, &[]);
        office.wait_until(|office| office.deeds().ends_with("off 3"));
        assert!(running.kill());
        // The last request may have been killed before it did anything.
        let off: BTreeSet<u32> = office.off().into_iter().collect();
        assert!(off.is_subset(&office.off_by_ledger()) && off.len() > 1);
        office.change(|options| (options.list, options.unlisted) = (list, unlisted.clone()));
        office.run(&[]);
        let report = office.report();
        assert_eq!(report.disabled()[..2], states, "{list:?} without {unlisted:?}");
        assert_eq!(office.agents_off(), Vec::<u32>::new());
    }
}

/// The list shows what was switched off only after a moment: whoever takes the last look sooner than the killed run
/// would have finds everything on.
#[test]
fn the_last_look_of_a_killed_run_waits_as_long_as_that_run_was_told_to() {
    let behind = |seconds| AgentList::Lagging(Duration::from_secs(seconds));
    let options = SandboxOptions { list: behind(60), latency: Duration::from_millis(100), ..one_record() };
    let office = Office::with(&[same(1), same(2), same(3)], options);
    let running = office.disabling(3, &[]);
    office.wait_until(|office| office.off() == [1, 2, 3]);
    assert!(running.kill());
    // More than has passed since the probe went off, less than will have.
    office.change(|options| options.list = behind(5));
    office.run(&["--probe-wait", "0"]).says("switched on again");
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    assert_eq!(office.report().disabled(), ["reverted"; 3]);
}

#[test]
fn an_intent_that_a_killed_run_left_open_is_settled_by_the_list_or_stays_unknown() {
    for (options, state) in [(two_records(), "unknown"), (one_record(), "disabled")] {
        let silent = SandboxOptions {
            disable: WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() },
            lost_answer: LostAnswer::Silent,
            ..options
        };
        let office = Office::with(&[same(1), same(2)], silent);
        let running = office.disabling(0, &["--disable-shared", "--timeout", "60"]);
        office.wait_until(|office| office.deeds().ends_with("off 1"));
        assert!(running.kill());
        assert_eq!(office.off_by_ledger(), BTreeSet::from([1]));
        office.run(&[]);
        assert_eq!((office.switches(true), office.switches(false)), (1, 0), "nothing is switched");
        assert_eq!(office.report().disabled(), [state, "not_requested"]);
        // The next one that is to switch it off does, and then it is known.
        office.disable(&["--disable-shared"]).exits_with(0);
        assert_eq!(office.report().disabled(), ["disabled"; 2]);
    }
}

/// Kills a disabling run at many moments, going on each time; after each kill, what is off stands in the ledger.
/// `most` is how many requests to switch one run sends.
fn killed_at_many_moments(office: &Office, before: &[u32], most: usize) {
    let mut killed_while_off = 0;
    for moment in 0..25 {
        let asked = |office: &Office| office.switches(true) + office.switches(false);
        let wanted = asked(office) + moment * 7 % (most + 1);
        let mut running = office.disabling(0, &["--concurrency", "8"]);
        while asked(office) < wanted && !running.has_ended() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(moment as u64 * 5 % 13));
        let was_running = running.kill();
        let off: BTreeSet<u32> =
            office.off().into_iter().chain(office.agents_off()).filter(|row| !before.contains(row)).collect();
        killed_while_off += usize::from(was_running && !off.is_empty());
        if office.desk.path("assistants.ledger").exists() {
            let known = office.off_by_ledger();
            assert!(off.is_subset(&known), "moment {moment}: off {off:?}, by the ledger {known:?}");
        } else {
            assert!(off.is_empty(), "moment {moment}: off {off:?} and no ledger");
        }
        if moment % 5 == 4 {
            office.rollback(&[]).exits_with(0);
            assert_eq!(office.off(), before, "moment {moment}");
        }
    }
    assert!(killed_while_off >= 5, "killed while something was off: {killed_while_off}");
    assert_eq!(office.off(), before);
    assert!(!office.report().disabled().contains(&"unknown"));
}

#[test]
fn killed_at_many_moments_nothing_is_off_that_the_ledger_does_not_know_and_rollback_takes_it_back() {
    let entries: Vec<_> = (1..=38).map(same).chain([other(39, 139), other(40, 140), mismatch(41)]).collect();
    let options =
        SandboxOptions { disabled: vec![uuid(41)], latency: Duration::from_millis(5), ..two_records() };
    let office = Office::with(&entries, options);
    killed_at_many_moments(&office, &[41], 40);
    assert_eq!(office.agents_off(), Vec::<u32>::new());
}

#[test]
fn the_same_of_one_record_leaves_those_off_that_were_before() {
    let entries: Vec<_> = (1..=40).map(same).chain([mismatch(41)]).collect();
    let options = SandboxOptions {
        disabled: vec![uuid(1), uuid(7), uuid(41)],
        latency: Duration::from_millis(5),
        ..one_record()
    };
    let office = Office::with(&entries, options);
    killed_at_many_moments(&office, &[1, 7, 41], 2);
    assert_eq!(office.agents_off(), [1, 7, 41]);
    let most = office.log().iter().filter(|request| request.disabled == Some(true)).count();
    assert!(most <= 25, "one probe a run and no more: {most}");
}
