#![expect(clippy::unchecked_time_subtraction, reason = "in a test the panic is wanted")]

use proptest::prelude::*;

use super::*;

const START: Moment = Duration::from_secs(1_000);
const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: f64) -> Moment {
    let distance = Duration::from_secs_f64(seconds.abs());
    if seconds < 0.0 { START - distance } else { START + distance }
}

/// Sends whenever the window allows it, as long as there is work, until `end`; gives the moments of the sends.
fn saturate(window: &mut Window, from: Moment, end: Moment) -> Vec<Moment> {
    let mut sends = Vec::new();
    let mut now = from;
    loop {
        let due = window.due(now);
        if due > now {
            now = due;
        }
        if now >= end {
            return sends;
        }
        window.reserve(now, FULL_PACE);
        window.send_reserved(now);
        sends.push(now);
    }
}

fn count_until(sends: &[Moment], end: Moment) -> usize {
    sends.partition_point(|send| *send <= end)
}

/// The most sends that any 60 seconds hold.
fn busiest_minute(sends: &[Moment]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, send) in sends.iter().enumerate() {
        while sends[first] + MINUTE <= *send {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

#[test]
fn sixty_go_at_once_and_the_rest_of_the_first_minute_evenly() {
    let mut window = Window::new(300, START, []);
    let sends = saturate(&mut window, START, at(300.0));
    assert_eq!(count_until(&sends, START), 60);
    assert_eq!(count_until(&sends, at(30.5)), 180);
    assert_eq!(count_until(&sends, at(60.99)), 300);
    assert!(sends.len() >= 1475, "{}", sends.len());
    assert!(busiest_minute(&sends) <= 300);
    let widest = sends.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest < Duration::from_millis(260), "{widest:?}");
}

#[test]
fn every_pace_holds_its_limit_and_95_percent_of_it_over_five_minutes() {
    for rpm in [1_u32, 2, 7, 10, 59, 60, 61, 300, 500, 3_000, 1_000_000] {
        let mut window = Window::new(rpm, START, []);
        let sends = saturate(&mut window, START, at(300.0));
        assert_eq!(count_until(&sends, START), rpm.min(60) as usize, "rpm {rpm}");
        assert!(busiest_minute(&sends) <= rpm as usize, "rpm {rpm}");
        assert!(sends.len() * 100 >= rpm as usize * 5 * 95, "rpm {rpm}: {}", sends.len());
        assert!(window.buckets.len() < 12_300, "rpm {rpm}: {} buckets", window.buckets.len());
    }
}

#[test]
fn a_restart_changes_nothing_in_what_the_server_sees() {
    for restart in [0.1, 10.0, 60.0, 61.5, 100.0] {
        let mut before = Window::new(300, START, []);
        let mut sends = saturate(&mut before, START, at(restart));
        let remembered: Vec<_> = sends.iter().map(|send| (*send, 1)).collect();
        let mut after = Window::new(300, at(restart), remembered);
        sends.extend(saturate(&mut after, at(restart), at(300.0)));
        assert!(busiest_minute(&sends) <= 300, "restart after {restart} s");
        assert!(sends.len() >= 1_425, "restart after {restart} s: {}", sends.len());
    }
}

#[test]
fn the_burst_of_a_restart_is_what_the_last_minute_left_of_it() {
    let mut window = Window::new(300, START, [(at(-30.0), 25)]);
    let sends = saturate(&mut window, START, at(0.001));
    assert_eq!(sends.len(), 35);
    let mut window = Window::new(300, START, [(at(-30.0), 60)]);
    assert_eq!(saturate(&mut window, START, at(0.001)).len(), 1);
    let mut window = Window::new(300, START, [(at(-61.0), 300)]);
    assert_eq!(saturate(&mut window, START, at(0.001)).len(), 60);
}

#[test]
fn more_remembered_than_the_pace_allows_only_means_waiting() {
    let mut window = Window::new(10, START, [(at(-20.0), 300), (at(-10.0), 9)]);
    assert_eq!(window.due(START), at(41.0));
    assert_eq!(saturate(&mut window, START, at(41.5)), [at(41.0)]);
}

#[test]
fn a_request_that_has_not_left_yet_does_not_grow_old() {
    let mut window = Window::new(1, START, []);
    window.reserve(START, FULL_PACE);
    assert!(window.due(at(500.0)) > at(500.0));
    window.send_reserved(at(500.0));
    assert_eq!(window.due(at(500.0)), at(561.0));
}

#[test]
fn a_place_given_back_is_free_again() {
    let mut window = Window::new(1, START, []);
    window.reserve(START, FULL_PACE);
    window.release();
    assert!(window.due(START) <= START + LENGTH);
    assert_eq!(window.free(), 1);
}

#[test]
fn half_the_pace_is_half_the_requests() {
    let mut window = Window::new(600, START, []);
    window.hold(START);
    let mut sends = 0_u32;
    let mut now = START;
    while now < at(30.0) {
        now = now.max(window.due(now));
        window.reserve(now, FULL_PACE / 2);
        window.send_reserved(now);
        sends += 1;
    }
    assert!((145..=152).contains(&sends), "{sends}");
}

#[test]
fn nothing_missed_while_holding_is_made_up_for() {
    let mut window = Window::new(300, START, []);
    window.hold(at(20.0));
    let sends = saturate(&mut window, START, at(21.0));
    assert_eq!(sends.first(), Some(&at(20.0)));
    assert!(sends.len() <= 6, "{}", sends.len());
}

#[test]
fn timers_that_wake_late_do_not_lower_the_pace() {
    let mut window = Window::new(300, START, []);
    let mut sends = 0_u32;
    let mut now = START;
    while now < at(300.0) {
        let due = window.due(now);
        if due > now {
            now = due + Duration::from_millis(40);
        }
        window.reserve(now, FULL_PACE);
        window.send_reserved(now);
        sends += 1;
    }
    assert!(sends >= 1_450, "{sends}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the work does (arrive in heaps, pause), the limit holds, and nothing waits without a reason.
    #[test]
    fn never_too_many_and_never_idle_without_a_reason(
        rpm in prop_oneof![1_u32..20, 50_u32..70, 250_u32..800],
        earlier in proptest::collection::vec((0.0_f64..70.0, 1_u32..40), 0..6),
        heaps in proptest::collection::vec((0.0_f64..40.0, 1_u32..200), 1..12),
    ) {
        let mut earlier: Vec<_> = earlier.into_iter().map(|(age, requests)| (at(-age), requests)).collect();
        earlier.sort_unstable();
        let mut sends: Vec<Moment> =
            earlier.iter().flat_map(|(when, requests)| std::iter::repeat_n(*when, *requests as usize)).collect();
        let inherited = sends.len();
        let overfull = busiest_minute(&sends).max(rpm as usize);
        let mut window = Window::new(rpm, START, earlier);
        let mut now = START;
        for (pause, requests) in heaps {
            now += Duration::from_secs_f64(pause);
            for _ in 0..requests {
                let due = window.due(now);
                if due > now {
                    // The reason to wait: the window is full, or the next is not due by evenness, which never asks
                    // for more than the steady interval or the time until the oldest send leaves the window.
                    let oldest = window.buckets.front().map_or(LENGTH, |oldest| oldest.last + LENGTH - now);
                    let steady = LENGTH / rpm;
                    prop_assert!(due - now <= oldest.max(steady) || window.free() == 0);
                    now = due;
                }
                window.reserve(now, FULL_PACE);
                window.send_reserved(now);
                sends.push(now);
            }
        }
        prop_assert!(busiest_minute(&sends) <= overfull);
        prop_assert!(busiest_minute(&sends[inherited..]) <= rpm as usize);
    }

    /// 95 % of the limit over five minutes of work, whatever an earlier process left in the window.
    #[test]
    fn a_saturated_window_gives_95_percent(
        rpm in prop_oneof![1_u32..20, 50_u32..70, 250_u32..800],
        share in 0_u32..=100,
        age in 0_u32..61,
    ) {
        let used = rpm * share / 100;
        let began = START - Duration::from_secs(age.into());
        let mut window = Window::new(rpm, START, (used > 0).then_some((began, used)));
        let sends = saturate(&mut window, START, at(300.0));
        // The request of the moment in which the five minutes end is one that they lack at most.
        let full = (rpm * 5 - used) as usize;
        prop_assert!((sends.len() + 1) * 100 >= full * 95, "{} of {full}", sends.len());
    }
}
