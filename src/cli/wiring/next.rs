//! The command lines that get on from where a command has ended, each with what it is for.

use std::path::Path;

use super::command_line::{other_command, path_word, same_command};
use crate::base::{Exit, StopReason};

/// What is known of the command that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) typed: Vec<String>,
    pub(crate) exit: Exit,
    pub(crate) stopped: Option<&'a StopReason>,
    /// The options with which another command reaches the platform.
    pub(crate) access: Vec<String>,
    /// Of which a page shows who has to act; `None` where nobody has, or there is a page.
    pub(crate) ledger_for_people: Option<&'a Path>,
}

impl Ended<'_> {
    /// What gets on from here; nothing where all is done.
    pub(crate) fn next(&self) -> Vec<(&'static str, String)> {
        match (self.stopped, self.ledger_for_people) {
            (
                Some(
                    StopReason::KeyRefused
                    | StopReason::ScopeMissing { .. }
                    | StopReason::WrongBaseUrl { .. }
                    | StopReason::Challenged { .. },
                ),
                _,
            ) => vec![
                ("Next, to see what is wrong:", other_command(&self.typed, &["doctor"], &self.access)),
                ("Once that is mended:", self.again()),
            ],
            (None, _) if self.exit == Exit::Done => Vec::new(),
            (None, Some(ledger)) => vec![page(&self.typed, ledger), ("Once they have acted:", self.again())],
            _ => vec![("Next:", self.again())],
        }
    }

    pub(crate) fn again(&self) -> String {
        same_command(&self.typed)
    }
}

/// A page for the people who have to act.
pub(crate) fn page(typed: &[String], ledger: &Path) -> (&'static str, String) {
    let page = path_word(&ledger.with_extension("html"));
    let words = ["report", &path_word(ledger), "--format", "html", "-o", &page];
    ("Next, a page for those who have to act:", other_command(typed, &words, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(exit: Exit, stopped: Option<&StopReason>, ledger: Option<&str>) -> Vec<String> {
        let typed = ["agent-migrate", "run", "a.csv", "--yes"].map(str::to_owned).to_vec();
        let access = ["--platform", "odeus"].map(str::to_owned).to_vec();
        let ended = Ended { typed, exit, stopped, access, ledger_for_people: ledger.map(Path::new) };
        ended.next().into_iter().map(|(what, line)| format!("{what} {line}")).collect()
    }

    #[test]
    fn the_next_command_gets_on_from_here() {
        assert_eq!(next(Exit::Done, None, None), [""; 0]);
        assert_eq!(next(Exit::NeedsAttention, None, None), ["Next: agent-migrate run a.csv"]);
        assert_eq!(
            next(Exit::NeedsAttention, None, Some("my a.ledger")),
            [
                "Next, a page for those who have to act: agent-migrate report 'my a.ledger' --format html -o 'my a.html'",
                "Once they have acted: agent-migrate run a.csv"
            ]
        );
        assert_eq!(
            next(Exit::StoppedEarly, Some(&StopReason::OutOfReach), Some("a.ledger")),
            ["Next: agent-migrate run a.csv"]
        );
        assert_eq!(
            next(Exit::MendFirst, Some(&StopReason::KeyRefused), Some("a.ledger")),
            [
                "Next, to see what is wrong: agent-migrate doctor --platform odeus",
                "Once that is mended: agent-migrate run a.csv"
            ]
        );
    }
}
