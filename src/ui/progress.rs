//! The run as it goes: a bar on a terminal, a line every 30 seconds elsewhere, nothing when quiet. Whoever reports
//! events does not ask which.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::summary::about;
use super::{RowLines, Terminal, run_log};
use crate::domain::{
    Backlog, Event, Observer, PaceStatus, REQUESTS_PER_ROW, RowDone, RowStatus, StopReason, WaitReason,
    grouped, terminal_safe,
};

/// How often a line is shown where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Over how long the rate is measured.
const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Shows a run to the person.
pub struct Progress {
    terminal: Terminal,
    tally: Tally,
    view: View,
}

enum View {
    Bar(ProgressBar),
    Lines {
        last: Instant,
    },
    /// Quiet, or not yet begun.
    Nothing,
}

impl Progress {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, tally: Tally::default(), view: View::Nothing }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Started(backlog) => {
                self.tally = Tally::new(*backlog, now);
                self.view = self.begin(now);
            }
            Event::RowDone(row) => {
                self.tally.count(row.status, now);
                if self.terminal.rows == RowLines::Shown {
                    self.terminal.say(&row_line(row));
                }
            }
            Event::Pace(pace) => self.tally.pace = *pace,
            Event::Switching { .. } | Event::Switched(_) | Event::Guard(_) | Event::WaitingForAnswer(_) => {}
            Event::Stopping(reason) => self.stopping(reason),
            Event::Ended => {
                if let View::Bar(bar) = std::mem::replace(&mut self.view, View::Nothing) {
                    bar.finish_and_clear();
                }
            }
        }
        self.show(now);
    }

    fn begin(&self, now: Instant) -> View {
        if self.terminal.quiet {
            return View::Nothing;
        }
        if !self.terminal.interactive {
            return View::Lines { last: now };
        }
        let template = if self.terminal.colors {
            "{bar:20.cyan/blue} {prefix}\n{wide_msg}"
        } else {
            "{bar:20} {prefix}\n{wide_msg}"
        };
        let bar = self.terminal.bars.add(ProgressBar::new(self.tally.backlog.to_do));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        View::Bar(bar)
    }

    fn stopping(&self, reason: &StopReason) {
        let reason = terminal_safe(&reason.to_string(), 1_000);
        self.terminal.say(&format!("No new row is started: {reason}"));
    }

    fn show(&mut self, now: Instant) {
        match &mut self.view {
            View::Bar(bar) => {
                bar.set_position(self.tally.done);
                bar.set_prefix(self.tally.beside_bar(now));
                bar.set_message(self.tally.below_bar());
            }
            View::Lines { last } if now.duration_since(*last) >= LINE_EVERY => {
                *last = now;
                self.terminal.say(&self.tally.line(now));
            }
            View::Lines { .. } | View::Nothing => {}
        }
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event) {
        if self.terminal.rows == RowLines::Logged {
            run_log::log(event);
        }
        self.observe_at(event, Instant::now());
    }
}

/// `-v`: one line per row. Names and errors are the platform's and may hold anything.
fn row_line(row: &RowDone) -> String {
    let mut line = format!("line {}  {}  {}", row.line, row.pair.assistant, row.status);
    if let Some(name) = row.name.as_deref().filter(|name| !name.is_empty()) {
        let _ = write!(line, "  {}", terminal_safe(name, 80));
    }
    if row.differences > 0 {
        let _ = write!(line, "  ({} different)", row.differences);
    }
    if !row.error.is_empty() {
        let _ = write!(line, "  {}", terminal_safe(&row.error, 200));
    }
    line
}

/// What is known about the run so far.
#[derive(Default)]
struct Tally {
    backlog: Backlog,
    done: u64,
    counts: [u64; RowStatus::ALL.len()],
    pace: PaceStatus,
    /// Rows done at moments at least a second apart, none older than the window but the first.
    samples: VecDeque<(Instant, u64)>,
}

impl Tally {
    fn new(backlog: Backlog, now: Instant) -> Self {
        Self { backlog, samples: VecDeque::from([(now, 0)]), ..Self::default() }
    }

    fn count(&mut self, status: RowStatus, now: Instant) {
        self.done += 1;
        for (counted, rows) in RowStatus::ALL.into_iter().zip(&mut self.counts) {
            *rows += u64::from(counted == status);
        }
        if self.samples.back().is_none_or(|(then, _)| now.duration_since(*then) >= Duration::from_secs(1)) {
            self.samples.push_back((now, self.done));
        }
        // The first sample that stays is the last one before the window, so that the window is covered whole.
        while self.samples.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= RATE_WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Rows per minute, measured; `None` while there is too little to measure.
    fn measured(&self, now: Instant) -> Option<u64> {
        let (then, done) = self.samples.front()?;
        let millis = now.duration_since(*then).as_millis();
        let rows = u128::from(self.done - done);
        (millis >= 2_000 && rows > 0).then(|| u64::try_from(rows * 60_000 / millis).unwrap_or(u64::MAX))
    }

    /// Time for the rows that are left. The first 60 requests go at once, so what is measured in the first minute is
    /// held against what the pace allows.
    fn left(&self, now: Instant) -> Option<Duration> {
        let remaining = self.backlog.to_do.saturating_sub(self.done);
        let allowed = u64::from(self.pace.allowed_per_minute) / REQUESTS_PER_ROW;
        let first_minute =
            self.samples.front().is_none_or(|(then, _)| now.duration_since(*then) < RATE_WINDOW);
        let rows_per_minute = match self.measured(now) {
            Some(measured) if first_minute && allowed > 0 => measured.min(allowed),
            Some(measured) => measured,
            None => allowed,
        };
        (remaining > 0 && rows_per_minute > 0)
            .then(|| Duration::from_secs((remaining * 60).div_ceil(rows_per_minute)))
    }

    /// For a line of its own: rows, counts, time left, why it waits.
    fn line(&self, now: Instant) -> String {
        let mut parts = vec![self.rows()];
        parts.extend(self.by_status());
        parts.extend(self.time_left(now));
        parts.extend(self.pace.waiting.and_then(waiting));
        parts.join(", ")
    }

    /// Beside the bar: rows, rate, time left.
    fn beside_bar(&self, now: Instant) -> String {
        let mut parts = vec![self.rows()];
        parts.extend(self.measured(now).map(|rate| format!("{} rows/min", grouped(rate))));
        parts.extend(self.time_left(now));
        parts.join(", ")
    }

    /// Below the bar: why it waits, first, since a narrow terminal cuts the end off; then counts.
    fn below_bar(&self) -> String {
        let mut parts: Vec<_> = self.pace.waiting.and_then(waiting).into_iter().collect();
        parts.extend(self.by_status());
        parts.join(", ")
    }

    fn rows(&self) -> String {
        format!("{} of {} rows", grouped(self.done), grouped(self.backlog.to_do))
    }

    fn by_status(&self) -> impl Iterator<Item = String> {
        let counted = RowStatus::ALL.into_iter().zip(self.counts).filter(|(_, rows)| *rows > 0);
        counted.map(|(status, rows)| format!("{} {status}", grouped(rows)))
    }

    fn time_left(&self, now: Instant) -> Option<String> {
        self.left(now).map(|left| format!("{} left", about(left)))
    }
}

/// Why nothing leaves just now. Waits below a second are the pace at work and would only flicker.
fn waiting((reason, wait): (WaitReason, Duration)) -> Option<String> {
    let seconds = wait.as_millis().div_ceil(1_000);
    let reason = match reason {
        WaitReason::Pace => "own pace (--rpm)",
        WaitReason::RateLimited => "rate limit (429)",
        WaitReason::ServerAsked => "the server asked for it (503)",
    };
    (wait >= Duration::from_secs(1)).then(|| format!("waiting {seconds} s: {reason}"))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::tests::{Printed, printing_to};
    use super::*;
    use crate::domain::{Pair, Remedy, Signal};

    fn row(status: RowStatus) -> Event {
        Event::RowDone(RowDone {
            line: 7,
            pair: Pair::same(Uuid::from_u128(1)),
            name: Some("Bot\u{1b}[31m\r\nline 8  forged\u{202e}".into()),
            status,
            error: "agent: 500 \u{1b}]0;title\u{7}".repeat(20),
            remedy: Remedy::RunAgainLater,
            differences: 2,
        })
    }

    fn pace(allowed_per_minute: u32, waiting: Option<(WaitReason, u64)>) -> Event {
        let waiting = waiting.map(|(reason, millis)| (reason, Duration::from_millis(millis)));
        Event::Pace(PaceStatus { sent_last_minute: 0, allowed_per_minute, waiting })
    }

    fn started(to_do: u64) -> Event {
        Event::Started(Backlog { rows: to_do, to_do, ..Backlog::default() })
    }

    /// A run of a row every 400 ms for 65 seconds, then a pause for a rate limit.
    fn watched(quiet: bool, verbosity: u8) -> (Progress, Instant, Printed) {
        let printed = Printed::default();
        let mut progress = Progress::new(printing_to(printed.clone(), quiet, verbosity));
        let begun = Instant::now();
        progress.observe_at(&started(5_000), begun);
        progress.observe_at(&pace(300, Some((WaitReason::Pace, 200))), begun);
        let mut now = begun;
        for index in 0..162 {
            now += Duration::from_millis(400);
            let status = if index % 50 == 0 { RowStatus::NoAccess } else { RowStatus::Verified };
            progress.observe_at(&row(status), now);
        }
        progress.observe_at(&pace(150, Some((WaitReason::RateLimited, 11_200))), now);
        (progress, now, printed)
    }

    #[test]
    fn without_a_terminal_a_line_is_shown_every_30_seconds() {
        let (mut progress, now, printed) = watched(false, 0);
        for second in 1..=30 {
            progress.observe_at(
                &pace(150, Some((WaitReason::RateLimited, 11_200))),
                now + Duration::from_secs(second),
            );
        }
        progress.observe_at(&Event::Stopping(StopReason::Signal { signal: Signal::Interrupt }), now);
        progress.observe_at(&Event::Ended, now + Duration::from_secs(300));
        insta::assert_snapshot!(printed.text(), @r"
        75 of 5,000 rows, 73 verified, 2 no_access, about 33 min left
        150 of 5,000 rows, 147 verified, 3 no_access, about 33 min left
        162 of 5,000 rows, 158 verified, 4 no_access, about 47 min left, waiting 12 s: rate limit (429)
        No new row is started: stopped by Ctrl-C
        ");
    }

    #[test]
    fn quiet_shows_nothing() {
        let (mut progress, now, printed) = watched(true, 1);
        progress.observe_at(&Event::Ended, now + Duration::from_secs(300));
        assert_eq!(printed.text(), "");
    }

    #[test]
    fn verbose_shows_one_harmless_line_per_row() {
        let (_, _, printed) = watched(false, 1);
        let text = printed.text();
        assert_eq!(text.lines().filter(|line| line.starts_with("line 7  0")).count(), 162);
        assert_eq!(text.lines().count(), 164);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']));
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with(
                "line 7  00000000-0000-0000-0000-000000000001  no_access  Bot [31m  line 8  forged   (2 different)  agent: 500"
            ),
            "{first}"
        );
        assert!(first.ends_with('…') && first.chars().count() < 330);
    }

    #[test]
    fn around_the_bar_stand_rate_time_left_why_it_waits_and_counts() {
        let (progress, now, _) = watched(false, 0);
        assert_eq!(progress.tally.beside_bar(now), "162 of 5,000 rows, 150 rows/min, about 33 min left");
        assert_eq!(progress.tally.below_bar(), "waiting 12 s: rate limit (429), 158 verified, 4 no_access");
    }

    #[test]
    fn the_first_burst_does_not_promise_too_much() {
        let now = Instant::now();
        let mut progress = Progress::new(printing_to(Printed::default(), false, 0));
        progress.observe_at(&started(3_000), now);
        progress.observe_at(&pace(300, None), now);
        assert_eq!(progress.tally.beside_bar(now), "0 of 3,000 rows, about 20 min left");
        let now = now + Duration::from_secs(3);
        for _ in 0..30 {
            progress.observe_at(&row(RowStatus::Verified), now);
        }
        assert_eq!(progress.tally.beside_bar(now), "30 of 3,000 rows, 600 rows/min, about 20 min left");
    }

    #[test]
    fn a_bar_is_drawn_on_a_terminal_and_gone_at_the_end() {
        let mut terminal = printing_to(Printed::default(), false, 0);
        terminal.interactive = true;
        terminal.colors = true;
        let mut progress = terminal.progress();
        progress.observe(&started(3));
        progress.observe(&row(RowStatus::Verified));
        let View::Bar(bar) = &progress.view else { panic!("no bar") };
        let bar = bar.clone();
        assert_eq!((bar.position(), bar.length(), bar.is_finished()), (1, Some(3), false));
        progress.observe(&Event::Ended);
        assert!(bar.is_finished());
    }
}
