//! The one place that writes for the person: lines, bars, reports on standard output. A terminal, pipe or reader that
//! is gone is no reason to end (DESIGN.md, Manners on the network): what cannot be shown is not shown.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// How often a bar is drawn at most, in a second.
const DRAWN_A_SECOND: u8 = 20;

/// Standard error, whose failing writes are dropped. Clones share it.
#[derive(Clone)]
pub(super) struct Screen(Arc<Mutex<Box<dyn Write + Send>>>);

impl Screen {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(out))))
    }

    pub(super) fn write(&self, bytes: &[u8]) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Where bars are drawn. indicatif's own target unwraps what the terminal answers.
    pub(super) fn bars(&self) -> ProgressDrawTarget {
        let canvas = Canvas { screen: self.clone(), size: Term::stderr(), drawn: Mutex::default() };
        ProgressDrawTarget::term_like_with_hz(Box::new(canvas), DRAWN_A_SECOND)
    }
}

/// What a bar draws on: kept until it is flushed, so that no half a bar is seen. Never fails.
struct Canvas {
    screen: Screen,
    /// Asked for its size alone.
    size: Term,
    drawn: Mutex<String>,
}

impl Canvas {
    fn draw(&self, text: &str) {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    fn move_cursor(&self, n: usize, direction: char) {
        // A terminal takes nowhere for one step.
        if n > 0 {
            self.draw(&format!("\u{1b}[{n}{direction}"));
        }
    }
}

impl std::fmt::Debug for Canvas {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Canvas").finish_non_exhaustive()
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        self.size.size().1
    }

    fn height(&self) -> u16 {
        self.size.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D');
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.draw(line);
        self.draw("\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.draw(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw("\r\u{1b}[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = std::mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        self.screen.write(drawn.as_bytes());
        Ok(())
    }
}

/// What becomes of standard output once its reader is gone: `| head` has what it wanted, or the terminal was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenGone {
    /// What follows is dropped, since the work is done for more than its output.
    GoOn,
    /// [`io::ErrorKind::BrokenPipe`], since there is nothing else to do.
    End,
}

/// Standard output, for what another program may read: a report, a script. Its other errors are the caller's to tell.
pub fn standard_output(when_gone: WhenGone) -> impl Write {
    io::BufWriter::new(Output { out: io::stdout().lock(), when_gone, gone: false })
}

/// Writes to standard output, whole.
pub fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = standard_output(WhenGone::GoOn);
    out.write_all(bytes)?;
    out.flush()
}

struct Output<W> {
    out: W,
    when_gone: WhenGone,
    gone: bool,
}

impl<W> Output<W> {
    fn unless_gone<T>(&mut self, dropped: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if !self.gone {
            match write(&mut self.out) {
                Err(error) if is_gone(&error) => self.gone = true,
                written => return written,
            }
        }
        match self.when_gone {
            WhenGone::GoOn => Ok(dropped),
            WhenGone::End => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_gone(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone((), Write::flush)
    }
}

/// Whether standard output answers so because its reader has gone away: a pipe's, or a terminal's, which is known by
/// its kind, since the same word from a file is a broken disk's.
fn is_gone(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let out = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
        let kind = out.and_then(|out| out.metadata()).map(|found| found.file_type());
        return kind.is_ok_and(|kind| kind.is_char_device());
    }
    error.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::terminal::tests::Printed;

    #[test]
    fn a_bar_is_drawn_whole_and_in_place() {
        let printed = Printed::default();
        let bars = indicatif::MultiProgress::with_draw_target(Screen::new(printed.clone()).bars());
        let bar = bars.add(indicatif::ProgressBar::new(3));
        bar.set_style(indicatif::ProgressStyle::with_template("{pos} of {len}\n{msg}").unwrap());
        bar.set_message("1 verified");
        bar.inc(1);
        bar.finish_and_clear();
        let text = printed.text();
        let shown = ["0 of 3", "1 of 3", "1 verified", "\u{1b}[1A\r\u{1b}[2K"];
        assert!(shown.iter().all(|part| text.contains(part)), "{text:?}");
        assert!(!text.contains("\u{1b}[0"), "{text:?}");
    }

    #[test]
    fn what_follows_the_end_of_its_reader_is_dropped_and_other_errors_are_told() {
        /// Takes three bytes.
        struct Full(Vec<u8>, io::ErrorKind);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if self.0.len() >= 3 {
                    return Err(self.1.into());
                }
                self.0.push(bytes[0]);
                Ok(1)
            }
            fn flush(&mut self) -> io::Result<()> {
                if self.0.len() >= 3 { Err(self.1.into()) } else { Ok(()) }
            }
        }
        let cases = [
            (io::ErrorKind::BrokenPipe, WhenGone::GoOn, false),
            (io::ErrorKind::BrokenPipe, WhenGone::End, true),
            (io::ErrorKind::StorageFull, WhenGone::GoOn, true),
        ];
        for (kind, when_gone, is_told) in cases {
            let mut out = Output { out: Full(Vec::new(), kind), when_gone, gone: false };
            let [written, flushed] = [out.write_all(b"report"), out.flush()];
            assert_eq!(written.map_err(|error| error.kind()).err(), is_told.then_some(kind), "{when_gone:?}");
            assert_eq!(flushed.is_err(), is_told, "{kind} {when_gone:?}");
            assert_eq!(out.out.0, b"rep");
        }
    }
}
