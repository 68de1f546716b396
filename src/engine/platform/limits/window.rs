//! The pure part of the pace: which sends lie in the window, and when the next one may go.
//!
//! It promises two things. Never more than `rpm` requests in any [`LENGTH`]. And evenness: after a first burst, what is
//! left of the window is spread over the time until its oldest sends leave it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::FIRST_AT_ONCE;

/// A point in time, counted from an origin that lies before everything in the window.
pub(crate) type Moment = Duration;

/// The window: 60 s as the server counts them, and one more, since connection set-up and the network may let a request
/// arrive later than another that was sent after it.
pub(super) const LENGTH: Duration = Duration::from_secs(61);

/// Sends this close together share a bucket, so that memory stays bounded at any `rpm`.
const GRAIN: Duration = Duration::from_millis(5);

/// How far behind schedule a send may be and still be made up for: timers wake late, and without this each such
/// delay would lower the pace for good.
const CREDIT: Duration = Duration::from_millis(250);

/// How soon to look again while the window is full of sends that have not left yet.
const UNDECIDED: Duration = Duration::from_millis(10);

/// The pace in parts of [`FULL_PACE`], so that it can be scaled without floating point.
pub(super) const FULL_PACE: u32 = 1024;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: Moment,
    last: Moment,
    requests: u32,
}

/// The sends of the last [`LENGTH`], and the schedule that follows from them.
#[derive(Debug)]
pub(super) struct Window {
    rpm: u32,
    buckets: VecDeque<Bucket>,
    /// Requests in `buckets`.
    sent: u32,
    /// Requests that have a place in the window but have not left yet: these do not grow old.
    reserved: u32,
    burst_left: u32,
    /// When the next request is due by evenness alone.
    even: Moment,
}

impl Window {
    /// `earlier`: sends of earlier processes, oldest first, none later than `now`.
    pub(super) fn new(rpm: u32, now: Moment, earlier: impl IntoIterator<Item = (Moment, u32)>) -> Self {
        let mut window = Self {
            rpm: rpm.max(1),
            buckets: VecDeque::new(),
            sent: 0,
            reserved: 0,
            burst_left: 0,
            even: Moment::ZERO,
        };
        for (at, requests) in earlier {
            window.add(at, requests);
        }
        window.expire(now);
        window.burst_left = FIRST_AT_ONCE.min(window.rpm).saturating_sub(window.sent);
        if window.burst_left == 0 {
            window.even = now;
        }
        window
    }

    /// The earliest moment at which a request may leave; not later than `now` when it may leave at once.
    pub(super) fn due(&mut self, now: Moment) -> Moment {
        self.expire(now);
        if self.free() == 0 {
            return self.buckets.front().map_or(now + UNDECIDED, |oldest| {
                let free_again = oldest.last + LENGTH;
                if self.burst_left > 0 { free_again } else { free_again.max(self.even) }
            });
        }
        if self.burst_left > 0 { now } else { self.even }
    }

    /// Takes a place for a request that [`Window::due`] allows; `pace` in parts of [`FULL_PACE`].
    pub(super) fn reserve(&mut self, now: Moment, pace: u32) {
        self.reserved = self.reserved.saturating_add(1);
        let from = if self.burst_left > 0 {
            self.burst_left -= 1;
            now
        } else {
            self.even.max(now.saturating_sub(CREDIT))
        };
        self.even = from + self.interval(now) * FULL_PACE / pace.max(1);
    }

    /// The reserved request leaves now.
    pub(super) fn send_reserved(&mut self, now: Moment) {
        self.reserved = self.reserved.saturating_sub(1);
        self.add(now, 1);
    }

    /// The reserved request will not leave.
    pub(super) fn release(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Nothing leaves before `until`; what was missed by then is not made up for, nor is the burst.
    pub(super) fn hold(&mut self, until: Moment) {
        self.burst_left = 0;
        self.even = self.even.max(until);
    }

    /// Requests that left within `length` before `now`, to the grain.
    pub(super) fn sent_within(&self, now: Moment, length: Duration) -> u32 {
        let start = now.saturating_sub(length);
        let older: u32 =
            self.buckets.iter().take_while(|bucket| bucket.last <= start).map(|bucket| bucket.requests).sum();
        self.sent.saturating_sub(older)
    }

    fn free(&self) -> u32 {
        self.rpm.saturating_sub(self.sent).saturating_sub(self.reserved)
    }

    /// Time between two requests: as `rpm` has it, or longer where the window would otherwise be used up before its
    /// oldest sends leave it.
    fn interval(&self, now: Moment) -> Duration {
        let steady = LENGTH / self.rpm;
        let oldest_leaves =
            self.buckets.front().map_or(LENGTH, |oldest| (oldest.last + LENGTH).saturating_sub(now));
        // What is free now, and the place that becomes free at that moment.
        steady.max(oldest_leaves / self.free().saturating_add(1))
    }

    fn add(&mut self, at: Moment, requests: u32) {
        self.sent = self.sent.saturating_add(requests);
        if let Some(newest) = self.buckets.back_mut() {
            // Several threads read the clock before they come here one by one.
            let at = at.max(newest.last);
            if at.saturating_sub(newest.first) < GRAIN {
                newest.last = at;
                newest.requests = newest.requests.saturating_add(requests);
                return;
            }
        }
        self.buckets.push_back(Bucket { first: at, last: at, requests });
    }

    fn expire(&mut self, now: Moment) {
        while let Some(oldest) = self.buckets.front() {
            if oldest.last + LENGTH > now {
                break;
            }
            self.sent = self.sent.saturating_sub(oldest.requests);
            self.buckets.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
