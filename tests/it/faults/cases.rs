//! How a table's cases are tried: several at a time, each to its end, and every one that fails by its full name.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::extent::Extent;

/// Cases of one table under way at a time: most of them wait.
const AT_ONCE: usize = 6;

/// One line of a table at one place in one call, and what has to come of it.
pub(crate) struct Case<T> {
    /// What it shares with the cases that differ from it only in shape, place or call.
    pub(crate) line: String,
    pub(crate) name: String,
    pub(crate) told: T,
}

impl<T> Case<T> {
    /// A case that shares its line with those of the same name.
    pub(crate) fn of(line: &str, name: String, told: T) -> Self {
        Self { line: line.to_owned(), name, told }
    }

    /// The same in a wider line.
    pub(crate) fn like(self, line: &str) -> Self {
        Self { line: line.to_owned(), ..self }
    }
}

/// Lines of a sample that are all tried.
const MANY_LINES: usize = 4;

impl Extent {
    /// The cases to try: of a sample one of each line, or of many lines every other, each with another shape, place or call than
    /// the one before.
    pub(crate) fn of<T>(self, cases: Vec<Case<T>>) -> Vec<Case<T>> {
        if self == Self::Whole {
            return cases;
        }
        let (mut numbers, mut lines) = (BTreeMap::new(), Vec::new());
        for case in cases {
            let number = *numbers.entry(case.line.clone()).or_insert(lines.len());
            if number == lines.len() {
                lines.push(Vec::new());
            }
            lines[number].push(case);
        }
        // In steps of five, which meet everything where there are two, three, four, six or nine.
        let one = |(number, mut line): (usize, Vec<_>)| line.swap_remove(number * 5 % line.len());
        let step = if lines.len() > MANY_LINES { 2 } else { 1 };
        lines.into_iter().enumerate().map(one).step_by(step).collect()
    }
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
