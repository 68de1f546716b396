//! What a person sees: progress, lines, questions, logs. The only place that prints.
//!
//! Everything for the person goes to standard error; standard output is for reports (`-o -`). A reader that has gone
//! away (`| head`) never ends the program: what cannot be shown is not shown.

mod counters;
mod layout;
mod logs;
mod markup;
mod messages;
mod progress;
mod questions;
mod run_log;
mod screen;

pub use counters::Phase;
pub(crate) use layout::{
    Blocks, WHOLE, assistants, by_word, counted, counts, enumerated, hanging, moment, most_first, quoted,
    rows,
};
pub use logs::{LogFormat, init_logs};
pub use markup::Text;
pub(crate) use markup::{Tone, toned};
pub use messages::nothing_begun;
pub(crate) use messages::{about, by_status, ended_before, not_asked_for, platform, work};
pub use questions::{Answer, can_ask};

pub use super::os::forget_what_was_typed;
pub use screen::{WhenGone, print_bytes, standard_output};

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressDrawTarget};

use self::markup::{columns_on, laid_out};
use self::progress::Progress;
use self::questions::confirm;
use self::screen::Screen;
use crate::base::{Event, RowStatus};

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Even into a file, and whatever `NO_COLOR` says.
    Always,
    /// Never.
    Never,
}

/// How a command speaks of its events.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// Requests of a row that is not tried again.
    pub requests_each: u64,
    /// The word for a row of that status.
    pub word: fn(RowStatus) -> &'static str,
    /// What is said of an event beside the counts, in the phase in which it comes.
    pub says: fn(&Event, Phase) -> Option<Said>,
}

/// Something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// To everybody but the quiet.
    Line(String),
    /// With `-v`.
    Detail(String),
    /// Even when quiet.
    Error(String),
}

/// Who is told what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// The person everything, with `-v` a line for every row.
    Person,
    /// The person; rows stand in the log file.
    PersonAndLog,
    /// A machine that reads standard error: all that is said is a log record.
    Machine,
}

/// The person's end of the program. Clones share it.
#[derive(Clone)]
pub struct Terminal {
    screen: Screen,
    /// Everything printed goes around the bars, so that none is torn.
    bars: MultiProgress,
    interactive: bool,
    colors: bool,
    quiet: bool,
    verbosity: u8,
    audience: Audience,
}

impl Terminal {
    /// Standard error, as the options and the environment (`NO_COLOR`, `TERM`) have it. `verbosity` is how many `-v`
    /// were given; `quiet` (`-q`) silences everything but errors.
    pub fn new(color: ColorChoice, quiet: bool, verbosity: u8) -> Self {
        let dumb = cfg!(unix) && env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let is_terminal = io::stderr().is_terminal();
        let interactive = is_terminal && !dumb && understands_escapes();
        let colors = wants_colors(color, env::var_os("NO_COLOR").as_deref(), interactive);
        console::set_colors_enabled(colors);
        let screen = Screen::new(io::stderr());
        Self {
            bars: MultiProgress::with_draw_target(draw_target(&screen, interactive, quiet)),
            screen,
            interactive,
            colors,
            quiet,
            verbosity,
            audience: Audience::Person,
        }
    }

    /// The same for logs that go to a file: with `-v` rows are logged there, not shown.
    #[must_use]
    pub fn with_log_file(self) -> Self {
        Self { audience: Audience::PersonAndLog, ..self }
    }

    /// The same for a machine that reads standard error: every line there is a log record, and there is no bar.
    #[must_use]
    pub fn with_records_only(self) -> Self {
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        Self { audience: Audience::Machine, interactive: false, colors: false, ..self }
    }

    /// Whether only errors are shown.
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Shows a text, ended by a line break; whatever a terminal would not show as it is becomes a blank. Nothing when
    /// quiet. Texts of the platform must have gone through `terminal_safe`, so that they break no line.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.show(text);
        }
    }

    /// Shows what a question is about, also when quiet: nobody is asked about what was not shown.
    pub fn show(&self, text: impl AsRef<str>) {
        match self.audience {
            Audience::Person | Audience::PersonAndLog => self.line(text.as_ref()),
            Audience::Machine if self.quiet => {}
            Audience::Machine => {
                let text = laid_out(text.as_ref(), usize::MAX, false);
                tracing::info!(target: logs::SAID, "{}", text.trim_matches('\n'));
            }
        }
    }

    /// Shows a plan: where the next thing is a question about it, also when quiet.
    pub fn present(&self, text: impl AsRef<str>, is_asked: bool) {
        if is_asked {
            self.show(text);
        } else {
            self.say(text);
        }
    }

    /// Says what went wrong to those who are shown nothing else that says so.
    pub fn error_if_quiet(&self, said: impl IntoIterator<Item: Display>) {
        for said in said.into_iter().filter(|_| self.quiet) {
            self.error(&said.to_string());
        }
    }

    /// Shows why a command failed, also when quiet.
    pub fn error(&self, text: &str) {
        if self.audience == Audience::Machine {
            return tracing::error!(target: logs::SAID, "{}", text.trim_matches('\n'));
        }
        self.line(&format!("{} {text}", toned("error:", Tone::Bad)));
    }

    fn line(&self, text: &str) {
        self.write(format!("{}\n", laid_out(text, self.columns(), self.colors)).as_bytes());
    }

    /// Prints what was asked for, on standard output.
    pub fn print(&self, text: &Text) -> io::Result<()> {
        let screen = console::Term::stdout().size_checked().filter(|_| io::stdout().is_terminal());
        let columns = columns_on(screen.map(|(_, columns)| usize::from(columns)));
        let text = laid_out(text.as_ref(), columns, self.colors && screen.is_some());
        print_bytes(format!("{text}\n").as_bytes())
    }

    fn shows_rows(&self) -> bool {
        self.audience == Audience::Person && self.verbosity > 0
    }

    fn columns(&self) -> usize {
        let screen = self.interactive.then(|| console::Term::stderr().size_checked()).flatten();
        columns_on(screen.map(|(_, columns)| usize::from(columns)))
    }

    /// What watches a run for the person: a bar, a line now and then, or nothing.
    pub fn progress(&self, wording: &'static Wording) -> Progress {
        Progress::new(self.clone(), wording)
    }

    /// `confirm` while a run is going on: no bar is drawn over the question, and whoever reports events meanwhile is
    /// not held up.
    pub fn confirm(&self, question: &str) -> Answer {
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        let answer = confirm(&laid_out(question, self.columns(), false));
        self.bars.set_draw_target(draw_target(&self.screen, self.interactive, self.quiet));
        answer
    }

    fn write(&self, bytes: &[u8]) {
        self.bars.suspend(|| self.screen.write(bytes));
    }
}

fn draw_target(screen: &Screen, interactive: bool, quiet: bool) -> ProgressDrawTarget {
    if interactive && !quiet { screen.bars() } else { ProgressDrawTarget::hidden() }
}

/// Whether the terminal moves its cursor and colours when told so; an older console of Windows has to be asked to.
fn understands_escapes() -> bool {
    !cfg!(windows) || console::Term::stderr().features().colors_supported()
}

/// `NO_COLOR` counts when it is set to anything but nothing (no-color.org).
fn wants_colors(choice: ColorChoice, no_color: Option<&OsStr>, interactive: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => interactive && no_color.is_none_or(OsStr::is_empty),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::base::{Backlog, Observer};

    /// What was printed to a terminal of a test.
    #[derive(Clone, Default)]
    pub(super) struct Printed(Arc<Mutex<Vec<u8>>>);

    impl Printed {
        pub(super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(super) use crate::disable::WORDING;

    pub(super) fn printing_to(out: impl Write + Send + 'static, quiet: bool, verbosity: u8) -> Terminal {
        Terminal {
            screen: Screen::new(out),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            interactive: false,
            colors: false,
            quiet,
            verbosity,
            audience: Audience::Person,
        }
    }

    #[test]
    fn colours_follow_the_option_then_the_environment_then_the_terminal() {
        let set = Some(OsStr::new("1"));
        let empty = Some(OsStr::new(""));
        for (choice, no_color, interactive, colors) in [
            (ColorChoice::Always, set, false, true),
            (ColorChoice::Never, None, true, false),
            (ColorChoice::Auto, None, true, true),
            (ColorChoice::Auto, empty, true, true),
            (ColorChoice::Auto, set, true, false),
            (ColorChoice::Auto, None, false, false),
        ] {
            assert_eq!(wants_colors(choice, no_color, interactive), colors, "{choice:?} {no_color:?}");
        }
    }

    #[test]
    fn quiet_silences_everything_but_errors() {
        let printed = Printed::default();
        let terminal = printing_to(printed.clone(), true, 0);
        terminal.say("not shown");
        terminal.error("shown");
        assert_eq!(printed.text(), "error: shown\n");
    }

    #[test]
    fn no_name_of_a_file_sends_an_escape() {
        let printed = Printed::default();
        let terminal = printing_to(printed.clone(), false, 0);
        terminal.say("\nreport: \u{1b}[31mred.csv\nledger: a\u{202e}b\n\n");
        terminal.error("no \u{7}.csv");
        assert_eq!(printed.text(), "\nreport:  [31mred.csv\nledger: a b\nerror: no  .csv\n");
    }

    #[test]
    fn a_reader_that_has_gone_away_does_no_harm() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut terminal = printing_to(Gone, false, 0);
        terminal.interactive = true;
        terminal.bars = MultiProgress::with_draw_target(draw_target(&terminal.screen, true, false));
        let mut progress = terminal.progress(&WORDING);
        progress.observe(&Event::Started(Backlog { rows: 2, to_do: 2, ..Backlog::default() }));
        terminal.say("a");
        terminal.error("b");
        progress.observe(&Event::Ended);
        assert!(!terminal.bars.is_hidden());
    }
}
