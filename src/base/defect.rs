//! A panic: a defect of this program. It is told by its place alone, since its message may hold a text of the platform's.

use std::panic;
use std::sync::{Mutex, PoisonError};

// A panic is one row's, which needs somebody to catch it.
#[cfg(not(panic = "unwind"))]
compile_error!("one odd record must not end every run at its row: build with panic = \"unwind\"");

/// Where the last panic was; a hook belongs to the whole process.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// From now on a panic prints nothing: whoever catches it tells of it.
pub fn keep_defects_quiet() {
    panic::set_hook(Box::new(|panic| {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = panic.location().map(ToString::to_string);
    }));
}

/// What is told of the defect that was just caught: what it did (`ended this command`), and where it is.
pub fn defect(deed: &str) -> String {
    let place = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    format!("a defect inside this program {deed}; please report it{place}")
}
