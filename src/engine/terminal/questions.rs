//! Questions to the person, asked on the terminal itself, since standard input may be the key file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use crate::engine::os::TERMINAL;

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The person typed `yes`.
    Yes,
    /// The person typed anything else, or closed the terminal.
    No,
    /// There is nobody to ask.
    NoTerminal,
}

/// Whether there is somebody to ask: `confirm` will then not say that there is no terminal. For a run that will have
/// to ask, before its first request.
pub fn can_ask() -> bool {
    open_both(io::stderr().is_terminal(), TERMINAL).is_some()
}

/// Asks on the terminal; only `yes` counts. Blocks until there is an answer.
pub(super) fn confirm(question: &str) -> Answer {
    match open_both(io::stderr().is_terminal(), TERMINAL) {
        Some((input, output)) => ask(question, BufReader::new(input), output),
        None => Answer::NoTerminal,
    }
}

/// The terminal both ways. What a question is about was shown on standard error: when that is no terminal, nobody has
/// read it, and nobody is asked.
fn open_both(shown: bool, (input, output): (&str, &str)) -> Option<(File, File)> {
    let input = || OpenOptions::new().read(true).open(input).ok();
    let output = || OpenOptions::new().write(true).open(output).ok();
    if shown { input().zip(output()) } else { None }
}

fn ask(question: &str, mut input: impl BufRead, mut output: impl Write) -> Answer {
    if write!(output, "{question} Type yes to go on: ").and_then(|()| output.flush()).is_err() {
        return Answer::NoTerminal;
    }
    let mut answer = String::new();
    match input.read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_counts() {
        for yes in ["yes\n", " yes \r\n", "yes"] {
            assert_eq!(ask("Disable 3?", yes.as_bytes(), io::sink()), Answer::Yes, "{yes:?}");
        }
        for no in ["", "\n", "y\n", "YES\n", "yes please\n", "no\nyes\n"] {
            assert_eq!(ask("Disable 3?", no.as_bytes(), io::sink()), Answer::No, "{no:?}");
        }
        assert_eq!(ask("Disable 3?", [0xFF, b'\n'].as_slice(), io::sink()), Answer::No);
    }

    #[test]
    fn nobody_is_asked_who_has_not_read_it_or_whose_terminal_does_not_open_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("terminal");
        std::fs::write(&there, "yes\n").unwrap();
        let (there, missing) =
            (there.to_string_lossy(), folder.path().join("missing").to_string_lossy().into_owned());
        for (shown, input, output, opens) in [
            (true, &*there, &*there, true),
            (false, &*there, &*there, false),
            (true, &*missing, &*there, false),
            (true, &*there, &*missing, false),
        ] {
            assert_eq!(open_both(shown, (input, output)).is_some(), opens, "{shown} {input} {output}");
        }
    }

    #[test]
    fn the_question_says_what_to_type() {
        let mut shown = Vec::new();
        ask("Switch 3 assistants off?", "no\n".as_bytes(), &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), "Switch 3 assistants off? Type yes to go on: ");
    }
}
