//! The compiled program, struck down at a chosen event or moment.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::platform::{Deed, Platform};

/// No run of these tests takes this long, however slow the machine: whoever does hangs.
const PATIENCE: Duration = Duration::from_secs(240);

const LOOK_EVERY: Duration = Duration::from_micros(300);

/// When the program is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    Never,
    /// The platform has received this many requests.
    Received(u32),
    /// The platform has sent this many answers.
    Answered(u32),
    /// The ledger or its log was seen to change this many times.
    Written(u32),
    /// So long after the start.
    After(Duration),
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Whether the kill met it; else it had ended by itself.
    pub(crate) was_killed: bool,
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    pub(crate) lived: Duration,
}

/// A run of the program; what it says goes to a file, so that not even a kill loses a word.
pub(crate) struct Victim {
    child: Arc<Mutex<Child>>,
    said: PathBuf,
    began: Instant,
}

impl Victim {
    pub(crate) fn start(mut command: Command, said: PathBuf) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said).unwrap());
        let began = Instant::now();
        Self { child: Arc::new(Mutex::new(command.spawn().unwrap())), said, began }
    }

    /// Sees it to its end, by itself or by the strike.
    pub(crate) fn suffer(self, strike: Strike, platform: &Platform, ledger: &Path) -> Ended {
        let (deed, count) = match strike {
            Strike::Received(count) => (Some(Deed::Received), count),
            Strike::Answered(count) => (Some(Deed::Answered), count),
            Strike::Written(_) | Strike::After(_) | Strike::Never => (None, 0),
        };
        if let Some(awaited) = deed {
            let (child, mut left) = (Arc::clone(&self.child), count);
            platform.tell(move |deed| {
                left = if deed == awaited { left.saturating_sub(1) } else { left };
                if left == 0 {
                    let _ = child.lock().unwrap().kill();
                }
            });
        }
        let ended = self.watch(strike, ledger);
        platform.come_to_rest();
        ended
    }

    fn watch(self, strike: Strike, ledger: &Path) -> Ended {
        let log = PathBuf::from(format!("{}-wal", ledger.display()));
        let (mut seen, mut changes) = (sight(ledger, &log), 0);
        loop {
            let mut child = self.child.lock().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                let stderr = std::fs::read_to_string(&self.said).unwrap();
                let was_killed = status.signal() == Some(9);
                return Ended { was_killed, code: status.code(), stderr, lived: self.began.elapsed() };
            }
            let is_due = match strike {
                Strike::Written(count) => {
                    let now = sight(ledger, &log);
                    changes += u32::from(now != seen);
                    seen = now;
                    changes >= count
                }
                Strike::After(life) => self.began.elapsed() >= life,
                Strike::Never | Strike::Received(_) | Strike::Answered(_) => false,
            };
            if is_due {
                child.kill().unwrap();
            }
            drop(child);
            assert!(
                self.began.elapsed() < PATIENCE,
                "it hangs: {}",
                std::fs::read_to_string(&self.said).unwrap()
            );
            let rest = match strike {
                Strike::After(life) => life.saturating_sub(self.began.elapsed()).min(LOOK_EVERY),
                _ => LOOK_EVERY,
            };
            thread::sleep(rest);
        }
    }

    /// Sends a signal by its name, as a person or a service manager does.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.lock().unwrap().id();
        let _ =
            Command::new("kill").args([format!("-{name}"), id.to_string()]).stderr(Stdio::null()).status();
    }
}

/// What can be seen of the ledger from outside: size and time of its files.
fn sight(ledger: &Path, log: &Path) -> [Option<(u64, std::time::SystemTime)>; 2] {
    [ledger, log].map(|path| {
        let found = std::fs::metadata(path).ok()?;
        Some((found.len(), found.modified().ok()?))
    })
}
