//! How a table's cases are tried: several at a time, each to its end, and every one that fails by its full name.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases of one table under way at a time: most of them wait.
const AT_ONCE: usize = 6;

/// One line of a table at one place in one call, and what has to come of it.
pub(crate) struct Case<T> {
    pub(crate) name: String,
    pub(crate) told: T,
}

/// Tries every case; all that failed are named at the end.
pub(crate) fn try_all<T: Sync>(cases: &[Case<T>], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&case.told))) {
                        let words = panic
                            .downcast_ref::<String>()
                            .map(String::as_str)
                            .or(panic.downcast_ref::<&str>().copied());
                        failed.lock().unwrap().push(format!("{}\n{}", case.name, words.unwrap_or("?")));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} cases:\n\n{}", failed.len(), cases.len(), failed.join("\n\n"));
}
