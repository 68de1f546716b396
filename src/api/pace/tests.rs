//! All on the paused clock of tokio: minutes pass at once, and exactly.

#![expect(clippy::unchecked_time_subtraction, reason = "in a test the panic is wanted")]

use std::sync::atomic::AtomicU32;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::send_log::{NoSendLog, RecordFuture};
use super::*;

/// A memory that counts, takes its time, and fails when told to.
#[derive(Default)]
struct Log {
    records: AtomicU32,
    requests: AtomicU32,
    takes: Duration,
    fails: bool,
}

impl SendLog for Log {
    fn record(&self, _at: Timestamp, requests: u32) -> RecordFuture<'_> {
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            if self.fails {
                return Err(SendLogError("disk full".into()));
            }
            self.records.fetch_add(1, Ordering::SeqCst);
            self.requests.fetch_add(requests, Ordering::SeqCst);
            Ok(())
        })
    }
}

/// A memory that waits until it is let go on.
struct Gate(Semaphore);

impl SendLog for Gate {
    fn record(&self, _at: Timestamp, _requests: u32) -> RecordFuture<'_> {
        Box::pin(async move {
            self.0.acquire().await.map_err(|error| SendLogError(error.to_string()))?.forget();
            Ok(())
        })
    }
}

fn pace(rpm: u32) -> Arc<Pace> {
    Arc::new(Pace::new(rpm, Arc::new(NoSendLog), &[]))
}

/// Sixteen workers that send without a break; gives the moments since the start, in order.
async fn work(pace: &Arc<Pace>, length: Duration) -> Vec<Duration> {
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
    let pace = Pace::new(300, Arc::new(NoSendLog), &[(earlier, 300)]);
    let sent = pace.acquire().await.unwrap() - BEFORE_START;
    assert!(sent > Duration::from_secs(48) && sent <= Duration::from_secs(50), "{sent:?}");
    assert_eq!(pace.status().sent_last_minute, 1);
    let long_ago = Timestamp::now() - jiff::SignedDuration::from_secs(62);
    let pace = Pace::new(300, Arc::new(NoSendLog), &[(long_ago, 300)]);
    assert_eq!(pace.acquire().await.unwrap(), BEFORE_START);
    let ahead = Timestamp::now() + jiff::SignedDuration::from_hours(5);
    let pace = Pace::new(300, Arc::new(NoSendLog), &[(ahead, 300)]);
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
    assert!(matches!(no_permit, NoPermit::Hopeless(Hopeless::RetryAfterTooLong { seconds: 3_600 })));
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
    assert!(matches!(pace.status().waiting, Some((WaitReason::Pace, _))));
    first.abort();
    let sent = second.await.unwrap().unwrap() - BEFORE_START;
    assert_eq!(sent, LENGTH);
}

#[tokio::test(start_paused = true)]
async fn a_request_leaves_only_when_it_is_on_record() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    for rpm in [300, 100_000] {
        let pace = Arc::new(Pace::new(rpm, gate.clone(), &[]));
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
    let pace = Arc::new(Pace::new(300, gate.clone(), &[]));
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
    let pace = Pace::new(300, log, &[]);
    assert!(tokio::time::timeout(Duration::from_secs(1), pace.acquire()).await.is_err());
    assert_eq!(pace.status().sent_last_minute, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_does_not_leave_and_takes_no_place() {
    for rpm in [300, 100_000] {
        let log = Arc::new(Log { fails: true, ..Log::default() });
        let pace = Pace::new(rpm, log, &[]);
        for _ in 0..3 {
            let no_permit = pace.acquire().await.unwrap_err();
            assert!(matches!(no_permit, NoPermit::NotRecorded(error) if error.to_string() == "disk full"));
        }
        assert_eq!(pace.status().sent_last_minute, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_usual_pace_records_each_request_and_a_high_one_in_small_advances() {
    let log = Arc::new(Log { takes: Duration::from_millis(3), ..Log::default() });
    let pace = Arc::new(Pace::new(300, log.clone(), &[]));
    let sends = work(&pace, Duration::from_secs(30)).await.len();
    let (records, requests) = (log.records.load(Ordering::SeqCst), log.requests.load(Ordering::SeqCst));
    assert_eq!(records, requests);
    assert!(requests as usize >= sends && requests as usize <= sends + 16);

    let log = Arc::new(Log { takes: Duration::from_millis(3), ..Log::default() });
    let pace = Arc::new(Pace::new(600_000, log.clone(), &[]));
    let sends = work(&pace, Duration::from_secs(10)).await.len();
    let (records, requests) = (log.records.load(Ordering::SeqCst), log.requests.load(Ordering::SeqCst));
    assert!(sends >= 95_000, "{sends}");
    assert_eq!(requests, records * 600);
    assert!(requests as usize >= sends, "never fewer than were sent: {requests} for {sends}");
    assert!((requests as usize) < sends * 12 / 10, "{requests} for {sends}");
}
