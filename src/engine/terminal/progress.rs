//! The run as it goes: a bar on a terminal, a line every 30 seconds elsewhere, nothing when quiet. Whoever reports
//! events does not ask which.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::counters::Counters;
use super::layout::whole_line;
use super::{Audience, Said, Terminal, Wording, run_log};
use crate::base::{Event, Observer, RowDone, terminal_safe};

/// Columns of the bar itself.
const BAR: usize = 20;

/// How often a line is shown where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Shows a run to the person.
pub struct Progress {
    terminal: Terminal,
    wording: &'static Wording,
    counters: Counters,
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
    pub(super) fn new(terminal: Terminal, wording: &'static Wording) -> Self {
        Self { terminal, wording, counters: Counters::default(), view: View::Nothing }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) {
        let during = self.counters.phase;
        match event {
            Event::Started(backlog) => self.begin(Counters::of_rows(self.wording, backlog, now), now),
            Event::RowDone(row) => self.counters.count_row((self.wording.word)(row.status), now),
            Event::Limiter(status) => self.counters.limiter = *status,
            Event::Switching { switching, rows } => {
                self.begin(Counters::of_switching(*switching, *rows, now), now);
            }
            Event::Switched(switched) => self.counters.count_switched(switched.state, now),
            Event::Writing { writing, rows } => {
                self.begin(Counters::of_writing(*writing, *rows, now), now);
            }
            Event::Written(done) => self.counters.count_written(done.status, now),
            Event::Ended => self.end(),
            Event::Guard(_) | Event::WaitingForAnswer(_) | Event::Stopping(_) => {}
        }
        let is_said_at_the_end = matches!(event, Event::Stopping(reason) if !reason.is_signal());
        let said = if is_said_at_the_end { None } else { (self.wording.says)(event, during) };
        match said.or_else(|| self.says(event).filter(|_| !is_said_at_the_end)) {
            Some(Said::Line(text)) => self.terminal.say(&text),
            Some(Said::Detail(text)) if self.terminal.shows_rows() => self.terminal.say(whole_line(&text)),
            Some(Said::Error(text)) => self.terminal.error(&text),
            Some(Said::Detail(_)) | None => {}
        }
        self.show(now);
    }

    /// A phase begins, which ends the one before. The pace goes on.
    fn begin(&mut self, counters: Counters, now: Instant) {
        self.end();
        self.count_in(counters);
        self.view = self.open(now);
    }

    /// The phase is over, if there is one: nothing of it stays on the screen, and what comes late counts for none.
    fn end(&mut self) {
        if let View::Bar(bar) = std::mem::replace(&mut self.view, View::Nothing) {
            bar.finish_and_clear();
            self.terminal.bars.remove(&bar);
        }
        self.count_in(Counters::default());
    }

    fn count_in(&mut self, counters: Counters) {
        let limiter = self.counters.limiter;
        self.counters = counters;
        self.counters.limiter = limiter;
    }

    fn open(&self, now: Instant) -> View {
        if self.terminal.quiet {
            return View::Nothing;
        }
        if !self.terminal.interactive {
            return View::Lines { last: now };
        }
        let template = if self.terminal.colors {
            "{bar:BAR.cyan/blue} {prefix}\n{wide_msg}"
        } else {
            "{bar:BAR} {prefix}\n{wide_msg}"
        };
        let template = template.replace("BAR", &BAR.to_string());
        let bar = self.terminal.bars.add(ProgressBar::new(self.counters.total));
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        View::Bar(bar)
    }

    /// What is said where a command has no words of its own.
    fn says(&self, event: &Event) -> Option<Said> {
        match event {
            Event::RowDone(row) => Some(Said::Detail(row_line(row, (self.wording.word)(row.status)))),
            Event::Stopping(reason) => {
                let reason = terminal_safe(&reason.to_string(), 1_000);
                Some(Said::Line(format!("No new row is started: {reason}")))
            }
            _ => None,
        }
    }

    fn show(&mut self, now: Instant) {
        match &mut self.view {
            View::Bar(bar) => {
                bar.set_position(self.counters.done);
                let columns = self.terminal.columns();
                bar.set_prefix(self.counters.beside_bar(now, columns.saturating_sub(BAR + 1)));
                bar.set_message(self.counters.below_bar(columns));
            }
            View::Lines { last } if now.duration_since(*last) >= LINE_EVERY => {
                *last = now;
                self.terminal.say(self.counters.line(now));
            }
            View::Lines { .. } | View::Nothing => {}
        }
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event) {
        if self.terminal.audience != Audience::Person {
            run_log::log(event, self.wording);
        }
        self.observe_at(event, Instant::now());
    }
}

/// `-v`: one line per row. Names and errors are the platform's and may hold anything.
fn row_line(row: &RowDone, status: &str) -> String {
    let mut line = format!("line {}  {}  {}", row.line, row.pair.assistant, status);
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{
        Backlog, DisabledState, GuardNews, LimiterStatus, Pair, Remedy, RowStatus, Sight, Signal, StopReason,
        Switched, Switching, WaitReason,
    };
    use crate::engine::terminal::tests::{Printed, WORDING, printing_to};

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
        Event::Limiter(LimiterStatus { sent_last_minute: 0, allowed_per_minute, waiting })
    }

    fn started(to_do: u64) -> Event {
        Event::Started(Backlog { rows: to_do, to_do, ..Backlog::default() })
    }

    /// A run of a row every 400 ms for 65 seconds, then a pause for a rate limit.
    fn watched(quiet: bool, verbosity: u8) -> (Progress, Instant, Printed) {
        let printed = Printed::default();
        let mut progress = printing_to(printed.clone(), quiet, verbosity).progress(&WORDING);
        let begun = Instant::now();
        progress.observe_at(&started(5_000), begun);
        progress.observe_at(&pace(300, Some((WaitReason::Limiter, 200))), begun);
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
        assert_eq!(
            progress.counters.beside_bar(now, 100),
            "162 of 5,000 rows, 150 rows/min, about 33 min left"
        );
        assert_eq!(
            progress.counters.below_bar(100),
            "waiting 12 s: rate limit (429), 158 verified, 4 no_access"
        );
    }

    #[test]
    fn the_first_burst_does_not_promise_too_much() {
        let now = Instant::now();
        let mut progress = printing_to(Printed::default(), false, 0).progress(&WORDING);
        progress.observe_at(&started(3_000), now);
        progress.observe_at(&pace(300, None), now);
        assert_eq!(progress.counters.beside_bar(now, 100), "0 of 3,000 rows, about 20 min left");
        let now = now + Duration::from_secs(3);
        for _ in 0..30 {
            progress.observe_at(&row(RowStatus::Verified), now);
        }
        assert_eq!(
            progress.counters.beside_bar(now, 100),
            "30 of 3,000 rows, 600 rows/min, about 20 min left"
        );
    }

    #[test]
    fn a_bar_is_drawn_on_a_terminal_and_gone_at_the_end() {
        let mut terminal = printing_to(Printed::default(), false, 0);
        terminal.interactive = true;
        terminal.colors = true;
        let mut progress = terminal.progress(&WORDING);
        progress.observe(&started(3));
        progress.observe(&row(RowStatus::Verified));
        let View::Bar(bar) = &progress.view else { panic!("no bar") };
        let bar = bar.clone();
        assert_eq!((bar.position(), bar.length(), bar.is_finished()), (1, Some(3), false));
        progress.observe(&Event::Ended);
        assert!(bar.is_finished());
    }

    fn switched(state: DisabledState) -> Event {
        Event::Switched(Switched {
            pair: Pair::same(Uuid::from_u128(1)),
            name: Some("Bot\u{1b}[31m".into()),
            state,
            error: if state == DisabledState::Disabled { String::new() } else { "500".into() },
        })
    }

    /// Rows, then a probe and a few more, then all of them back; a row a second, with late and stray events.
    fn switching_run(quiet: bool, verbosity: u8) -> String {
        let printed = Printed::default();
        let mut progress = printing_to(printed.clone(), quiet, verbosity).progress(&WORDING);
        let begun = Instant::now();
        let events = [
            (0, Event::Switching { switching: Switching::BackFromEarlierRun, rows: 1 }),
            (1, switched(DisabledState::Reverted)),
            (2, started(1)),
            (3, row(RowStatus::Verified)),
            (4, Event::Ended),
            (5, switched(DisabledState::Disabled)),
            (6, Event::Switching { switching: Switching::Off, rows: 3_000 }),
            (7, switched(DisabledState::Disabled)),
            (8, Event::Guard(GuardNews::Looked { after: Duration::from_secs(2), sight: Sight::On })),
            (9, Event::Guard(GuardNews::GoOn { rest: 2_999 })),
            (10, row(RowStatus::Verified)),
            (40, switched(DisabledState::Failed)),
            (41, Event::WaitingForAnswer(Duration::from_secs(60))),
            (42, Event::Stopping(StopReason::Signal { signal: Signal::Interrupt })),
            (43, Event::Switching { switching: Switching::BackByGuard, rows: 2 }),
            (44, switched(DisabledState::RevertFailed)),
            (80, switched(DisabledState::Reverted)),
            (81, Event::Ended),
            (200, Event::Limiter(LimiterStatus::default())),
        ];
        for (second, event) in &events {
            progress.observe_at(event, begun + Duration::from_secs(*second));
        }
        printed.text()
    }

    #[test]
    fn phases_follow_each_other_with_counts_of_their_own() {
        insta::assert_snapshot!(switching_run(false, 0), @r#"
        First 1 assistant that an earlier run left unsettled is switched on again.
        Switching off 3,000 assistants.
          after 2 s: the agent is still on
        The agent stays on without its assistant. The other 2,999 assistants go off, too.
        1 of 3,000 switched off, 1 failed, about 16 h 40 min left
        Waiting for the answer to the request under way, at most 60 s. A second Ctrl-C leaves at once; the ledger then says `unknown`.
        Nothing more is switched off: stopped by Ctrl-C
        Not every agent was seen on: 2 assistants are switched on again.
        error: "Bot [31m" (00000000-0000-0000-0000-000000000001) could not be switched on again and may be off with its agent: 500
        1 of 2 switched on again, 1 revert_failed
        "#);
    }

    #[test]
    fn verbose_shows_each_assistant_once() {
        let text = switching_run(false, 1);
        assert_eq!(text.matches("00000000-0000-0000-0000-000000000001  disabled  \"Bot [31m\"\n").count(), 2);
        assert_eq!(text.matches("  failed  \"Bot [31m\"  500\n").count(), 1);
        assert_eq!(text.matches("could not be switched on again").count(), 1);
        assert!(!text.contains("revert_failed  "), "{text}");
    }

    #[test]
    fn quiet_shows_only_what_could_not_be_switched_on_again() {
        insta::assert_snapshot!(switching_run(true, 1), @r#"error: "Bot [31m" (00000000-0000-0000-0000-000000000001) could not be switched on again and may be off with its agent: 500"#);
    }

    #[test]
    fn every_phase_has_a_bar_of_its_own_and_none_stays() {
        let mut terminal = printing_to(Printed::default(), false, 0);
        terminal.interactive = true;
        let mut progress = terminal.progress(&WORDING);
        let mut bars = Vec::new();
        for event in [
            started(3),
            Event::Switching { switching: Switching::Off, rows: 2 },
            Event::Switching { switching: Switching::BackByGuard, rows: 1 },
        ] {
            progress.observe(&event);
            let View::Bar(bar) = &progress.view else { panic!("no bar") };
            bars.push((bar.clone(), bar.length()));
        }
        assert_eq!(bars.iter().map(|(bar, _)| bar.is_finished()).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(bars.iter().map(|(_, length)| *length).collect::<Vec<_>>(), [Some(3), Some(2), Some(1)]);
        progress.observe(&Event::Ended);
        progress.observe(&Event::Ended);
        assert!(bars.iter().all(|(bar, _)| bar.is_finished()));
    }
}
