//! All on the paused clock of tokio: minutes pass at once, and exactly.

#![expect(clippy::unchecked_time_subtraction, reason = "in a test the panic is wanted")]

use std::sync::atomic::AtomicU32;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::*;
use crate::engine::platform::limits::{NoSendLog, RecordFuture};

/// A memory that counts, takes its time, and fails when told to.
#[derive(Default)]
struct Log {
    records: AtomicU32,
    takes: Duration,
    fails: bool,
}

impl SendLog for Log {
    fn record(&self, _at: Timestamp) -> RecordFuture<'_> {
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            if self.fails {
                return Err(SendLogError("disk full".into()));
            }
            self.records.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }
}

/// A memory that waits until it is let go on.
struct Gate(Semaphore);

impl SendLog for Gate {
    fn record(&self, _at: Timestamp) -> RecordFuture<'_> {
        Box::pin(async move {
            self.0.acquire().await.map_err(|error| SendLogError(error.to_string()))?.forget();
            Ok(())
        })
    }
}

fn pace(rpm: u32) -> Arc<RateLimiter> {
    Arc::new(RateLimiter::new(rpm, Arc::new(NoSendLog), &[]))
}

/// Sixteen workers that send without a break; gives the moments since the start, in order.
async fn work(pace: &Arc<RateLimiter>, length: Duration) -> Vec<Duration> {
    let sends = Arc::new(Mutex::new(Vec::new()));
    let mut workers = JoinSet::new();
    for _ in 0..16 {
        let (pace, sends) = (pace.clone(), sends.clone());
        workers.spawn(async move {
            loop {
                let sent = pace.acquire().await.unwrap();
                sends.lock().unwrap().push(sent - BEFORE_START);
                tokio::task::yield_now().await;
            }
        });
    }
    tokio::time::sleep(length).await;
    workers.shutdown().await;
    let mut sends = sends.lock().unwrap().clone();
    sends.sort_unstable();
    sends
}

fn busiest_minute(sends: &[Duration]) -> usize {
    sends
        .iter()
        .enumerate()
        .map(|(at, send)| at + 1 - sends.partition_point(|other| *other + MINUTE <= *send))
        .max()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn five_minutes_of_work_keep_to_the_pace_and_use_it() {
    for rpm in [1_usize, 10, 300, 500, 3_000] {
        let sends = work(&pace(u32::try_from(rpm).unwrap()), 5 * MINUTE).await;
        let at_once = sends.iter().filter(|send| send.is_zero()).count();
        assert_eq!(at_once, rpm.min(60), "rpm {rpm}");
        assert!(busiest_minute(&sends) <= rpm, "rpm {rpm}");
        assert!(sends.len() * 100 >= rpm * 5 * 95, "rpm {rpm}: {}", sends.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_million_a_minute_are_not_held_back_by_the_timers() {
    let sends = work(&pace(1_000_000), Duration::from_secs(10)).await;
    assert!((155_000..=167_000).contains(&sends.len()), "{}", sends.len());
}

#[tokio::test(start_paused = true)]
async fn requests_leave_in_the_order_in_which_they_came() {
    let pace = pace(60);
    for _ in 0..60 {
        pace.acquire().await.unwrap();
    }
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiters = JoinSet::new();
    for number in 0..20 {
        let (pace, order) = (pace.clone(), order.clone());
        waiters.spawn(async move {
            pace.acquire().await.unwrap();
            order.lock().unwrap().push(number);
        });
        tokio::task::yield_now().await;
    }
    while waiters.join_next().await.is_some() {}
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn requests_of_earlier_processes_count() {
    let earlier = Timestamp::now() - jiff::SignedDuration::from_secs(11);
    let pace = RateLimiter::new(300, Arc::new(NoSendLog), &[(earlier, 300)]);
    let sent = pace.acquire().await.unwrap() - BEFORE_START;
    assert!(sent > Duration::from_secs(48) && sent <= Duration::from_secs(50), "{sent:?}");
    assert_eq!(pace.status().sent_last_minute, 1);
    let long_ago = Timestamp::now() - jiff::SignedDuration::from_secs(62);
    let pace = RateLimiter::new(300, Arc::new(NoSendLog), &[(long_ago, 300)]);
    assert_eq!(pace.acquire().await.unwrap(), BEFORE_START);
    let ahead = Timestamp::now() + jiff::SignedDuration::from_hours(5);
    let pace = RateLimiter::new(300, Arc::new(NoSendLog), &[(ahead, 300)]);
    assert!(pace.acquire().await.unwrap() - BEFORE_START <= LENGTH);
}

#[tokio::test(start_paused = true)]
async fn a_429_holds_everybody_back_and_halves_the_pace_for_a_while() {
    let pace = pace(600);
    let sent = pace.acquire().await.unwrap();
    pace.on_429(sent, Some(Duration::from_secs(20)), 0.0).unwrap();
    let status = pace.status();
    assert_eq!(status.waiting, Some((WaitReason::RateLimited, Duration::from_secs(20))));
    assert_eq!(status.allowed_per_minute, 300);
    let sends = work(&pace, Duration::from_secs(120)).await;
    assert!(sends[0] >= Duration::from_secs(20));
    let at = |second| sends.partition_point(|send| *send < Duration::from_secs(second));
    assert!((50..=62).contains(&(at(30) - at(20))), "half: {}", at(30) - at(20));
    assert!((95..=101).contains(&(at(110) - at(100))), "full again: {}", at(110) - at(100));
}

#[tokio::test(start_paused = true)]
async fn a_503_that_names_a_time_pauses_without_slowing_down() {
    let pace = pace(600);
    pace.on_unavailable(Duration::from_secs(7)).unwrap();
    assert_eq!(pace.status().waiting, Some((WaitReason::ServerAsked, Duration::from_secs(7))));
    assert_eq!(pace.acquire().await.unwrap() - BEFORE_START, Duration::from_secs(7));
    assert_eq!(pace.status().allowed_per_minute, 600);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_a_quarter_of_an_hour() {
    let pace = pace(600);
    assert!(pace.on_unavailable(Duration::from_secs(3_600)).is_err());
    let no_permit = pace.acquire().await.unwrap_err();
    assert!(matches!(no_permit, NoPermit::GivenUp(GivenUp::RetryAfterTooLong { seconds: 3_600 })));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_gives_up_blocks_nobody_and_costs_nothing() {
    let pace = pace(1);
    pace.acquire().await.unwrap();
    for _ in 0..3 {
        let waited = tokio::time::timeout(Duration::from_secs(5), pace.acquire()).await;
        assert!(waited.is_err());
    }
    assert_eq!(pace.status().waiting, None);
    let (first, second) = (pace.clone(), pace.clone());
    let first = tokio::spawn(async move { first.acquire().await });
    tokio::task::yield_now().await;
    let second = tokio::spawn(async move { second.acquire().await });
    tokio::task::yield_now().await;
    assert!(matches!(pace.status().waiting, Some((WaitReason::Limiter, _))));
    first.abort();
    let sent = second.await.unwrap().unwrap() - BEFORE_START;
    assert_eq!(sent, LENGTH);
}

#[tokio::test(start_paused = true)]
async fn a_request_leaves_only_when_it_is_on_record() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    for rpm in [300, 2_000] {
        let pace = Arc::new(RateLimiter::new(rpm, gate.clone(), &[]));
        let request = tokio::spawn({
            let pace = pace.clone();
            async move { pace.acquire().await.unwrap() }
        });
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!request.is_finished());
        gate.0.add_permits(1);
        assert_eq!(request.await.unwrap() - BEFORE_START, Duration::from_secs(3), "counted when sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_during_the_record_still_holds() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let pace = Arc::new(RateLimiter::new(300, gate.clone(), &[]));
    let request = tokio::spawn({
        let pace = pace.clone();
        async move { pace.acquire().await.unwrap() }
    });
    tokio::task::yield_now().await;
    pace.on_429(BEFORE_START, Some(Duration::from_secs(30)), 0.0).unwrap();
    gate.0.add_permits(2);
    assert_eq!(request.await.unwrap() - BEFORE_START, Duration::from_secs(30));
    assert_eq!(pace.status().sent_last_minute, 2, "both are on record");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_during_its_record_counts() {
    let log = Arc::new(Log { takes: Duration::from_secs(2), ..Log::default() });
    let pace = RateLimiter::new(300, log, &[]);
    assert!(tokio::time::timeout(Duration::from_secs(1), pace.acquire()).await.is_err());
    assert_eq!(pace.status().sent_last_minute, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_does_not_leave_and_takes_no_place() {
    for rpm in [300, 2_000] {
        let log = Arc::new(Log { fails: true, ..Log::default() });
        let pace = RateLimiter::new(rpm, log, &[]);
        for _ in 0..3 {
            let no_permit = pace.acquire().await.unwrap_err();
            assert!(matches!(no_permit, NoPermit::NotRecorded(error) if error.to_string() == "disk full"));
        }
        assert_eq!(pace.status().sent_last_minute, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_usual_pace_records_each_request_and_one_that_no_platform_allows_records_none() {
    let log = Arc::new(Log { takes: Duration::from_millis(3), ..Log::default() });
    let pace = Arc::new(RateLimiter::new(300, log.clone(), &[]));
    let sends = work(&pace, Duration::from_secs(30)).await.len();
    let records = log.records.load(Ordering::SeqCst) as usize;
    assert!(records >= sends && records <= sends + 16);

    let log = Arc::new(Log { fails: true, ..Log::default() });
    let pace = Arc::new(RateLimiter::new(600_000, log.clone(), &[]));
    assert!(work(&pace, Duration::from_secs(10)).await.len() >= 95_000);
    assert_eq!(log.records.load(Ordering::SeqCst), 0);
}

/// What happens to a limiter.
#[derive(Clone, Debug)]
enum Event {
    /// So many requests, one after the other or all at once.
    Requests { count: u32, at_once: bool },
    /// Nothing.
    Rest(Duration),
    /// A 429 to the latest request, with a `Retry-After`.
    TooMany(Duration),
    /// A 503 to the latest request, with a `Retry-After`.
    Unavailable(Duration),
    /// The process is killed and comes back after that time.
    Restart(Duration),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let time = |most: u64| (0..=most).prop_map(Duration::from_millis);
    let event = prop_oneof![
        6 => (1_u32..160, any::<bool>()).prop_map(|(count, at_once)| Event::Requests { count, at_once }),
        3 => prop_oneof![time(500), time(90_000)].prop_map(Event::Rest),
        1 => (1_u64..=90).prop_map(|seconds| Event::TooMany(Duration::from_secs(seconds))),
        1 => (1_u64..=30).prop_map(|seconds| Event::Unavailable(Duration::from_secs(seconds))),
        2 => prop_oneof![time(500), time(70_000)].prop_map(Event::Restart),
    ];
    proptest::collection::vec(event, 1..24)
}

/// A memory on the paused clock: what a restart finds.
struct Memory {
    began: Instant,
    records: Mutex<Vec<Duration>>,
    takes: Duration,
}

impl SendLog for Memory {
    fn record(&self, at: Timestamp) -> RecordFuture<'_> {
        let ahead = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        self.records.lock().unwrap().push(self.began.elapsed() + ahead);
        Box::pin(async {
            tokio::time::sleep(self.takes).await;
            Ok(())
        })
    }
}

/// The limiter's promises, kept in the plainest way: a list of everything, looked through each time.
struct Model {
    rpm: usize,
    /// All that left, over all processes.
    sent: Vec<Duration>,
    /// What this process knows of: what it found on record, then what it sent.
    known: Vec<Duration>,
    burst_left: usize,
    /// When evenness allows the next.
    even: Duration,
    paused_until: Duration,
    last_429: Option<Duration>,
    /// The pace from 1/16 to 1, as it was at that moment, from where it grows back.
    pace: (f64, Duration),
}

/// What the clock of tokio, which knows milliseconds, and sends counted together may cost.
const SLACK: Duration = Duration::from_millis(20);

impl Model {
    fn start(rpm: usize, now: Duration, sent: Vec<Duration>, mut known: Vec<Duration>) -> Self {
        for at in &mut known {
            *at = (*at).min(now);
        }
        known.sort_unstable();
        let in_window = known.iter().filter(|at| **at + LENGTH > now).count();
        let burst_left = rpm.min(60).saturating_sub(in_window);
        let [even, paused_until] = [now, Duration::ZERO];
        Self { rpm, sent, known, burst_left, even, paused_until, last_429: None, pace: (1.0, now) }
    }

    fn pace_at(&self, now: Duration) -> f64 {
        let grown = now.saturating_sub(self.pace.1).as_secs_f64() / 120.0;
        (self.pace.0 + grown).min(1.0)
    }

    /// When a request that was asked for at `asked` has no reason to wait any longer.
    fn latest(&self, asked: Duration) -> Duration {
        let full = self.known.len().checked_sub(self.rpm).map(|at| self.known[at] + LENGTH);
        let even = if self.burst_left > 0 { Duration::ZERO } else { self.even };
        [asked, self.paused_until, full.unwrap_or_default(), even].into_iter().max().unwrap()
    }

    fn sends(&mut self, now: Duration) {
        self.sent.push(now);
        self.known.push(now);
        self.burst_left = self.burst_left.saturating_sub(1);
        let in_window: Vec<_> = self.known.iter().filter(|at| **at + LENGTH > now).collect();
        let free = self.rpm.saturating_sub(in_window.len());
        let until_oldest_leaves = *in_window[0] + LENGTH - now;
        let steady = LENGTH / u32::try_from(self.rpm).unwrap();
        let interval = steady.max(until_oldest_leaves / u32::try_from(free + 1).unwrap());
        self.even = now + interval.div_f64(self.pace_at(now));
    }

    fn pauses(&mut self, now: Duration, asked: Duration) {
        self.paused_until = self.paused_until.max(now + asked);
    }

    fn meets_429(&mut self, sent: Duration, now: Duration, asked: Duration) {
        if self.last_429.is_none_or(|began| sent > began) {
            self.pace = ((self.pace_at(now) / 2.0).max(1.0 / 16.0), now);
            self.last_429 = Some(now);
        }
        self.pauses(now, asked);
        self.pace.1 = self.pace.1.max(self.paused_until);
        (self.burst_left, self.even) = (0, self.even.max(self.paused_until));
    }
}

/// Plays the events against limiter and model.
async fn play(rpm: u32, events: Vec<Event>, takes: Duration) -> Result<(), TestCaseError> {
    let log = Arc::new(Memory { began: Instant::now(), records: Mutex::default(), takes });
    let now = || log.began.elapsed();
    let mut pace = Arc::new(RateLimiter::new(rpm, log.clone(), &[]));
    let mut model = Model::start(rpm as usize, now(), Vec::new(), Vec::new());
    let mut latest_sent = None;
    for event in events {
        match event {
            Event::Rest(time) => tokio::time::sleep(time).await,
            Event::Requests { count, at_once: false } => {
                for _ in 0..count {
                    let asked = now();
                    let latest = model.latest(asked);
                    // The pace grows back while it waits: a millisecond more or less moves a long wait by more.
                    let slack = SLACK + latest.saturating_sub(asked) / 500;
                    let sent = pace.acquire().await.unwrap();
                    let at = now();
                    prop_assert!(
                        at >= model.paused_until,
                        "{at:?} in a pause until {:?}",
                        model.paused_until
                    );
                    prop_assert!(at <= latest + takes + slack, "idle until {at:?}, allowed since {latest:?}");
                    model.sends(at);
                    pace.on_other_answer(sent);
                    latest_sent = Some((sent, at));
                }
            }
            Event::Requests { count, at_once: true } => {
                let mut waiters = JoinSet::new();
                for _ in 0..count {
                    let (pace, log) = (pace.clone(), log.clone());
                    waiters.spawn(async move { (pace.acquire().await.unwrap(), log.began.elapsed()) });
                }
                let mut sends = waiters.join_all().await;
                sends.sort_unstable();
                for (sent, at) in sends {
                    prop_assert!(
                        at >= model.paused_until,
                        "{at:?} in a pause until {:?}",
                        model.paused_until
                    );
                    model.sends(at);
                    latest_sent = Some((sent, at));
                }
            }
            Event::TooMany(asked) => {
                if let Some((sent, at)) = latest_sent {
                    // Ten minutes of nothing else end a run, not the limiter.
                    let _ = pace.on_429(sent, Some(asked), 0.0);
                    model.meets_429(at, now(), asked);
                }
            }
            Event::Unavailable(asked) => {
                pace.on_unavailable(asked).unwrap();
                model.pauses(now(), asked);
            }
            Event::Restart(away) => {
                tokio::time::sleep(away).await;
                let found = log.records.lock().unwrap().clone();
                let ages = found.iter().map(|at| {
                    let age = jiff::SignedDuration::try_from(now().saturating_sub(*at)).unwrap();
                    (Timestamp::now() - age, 1)
                });
                pace = Arc::new(RateLimiter::new(rpm, log.clone(), &ages.collect::<Vec<_>>()));
                model = Model::start(rpm as usize, now(), model.sent, found);
                latest_sent = None;
            }
        }
    }
    prop_assert!(model.sent.is_empty() || busiest_minute(&model.sent) <= rpm as usize);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Never over the limit in any minute, restarts counted in; never in a pause; never idle when a send is allowed.
    #[test]
    fn any_schedule_keeps_to_the_limit_and_uses_it(
        rpm in prop_oneof![1_u32..20, 50_u32..70, 250_u32..800, Just(2_500_u32)],
        events in events(),
        takes in prop_oneof![Just(Duration::ZERO), (1_u64..15).prop_map(Duration::from_millis)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(play(rpm, events, takes))?;
    }
}
