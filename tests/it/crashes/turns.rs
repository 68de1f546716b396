//! Many small worlds side by side: each waits for a disk or a program most of the time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

/// Worlds at once.
const AT_ONCE: usize = 4;

/// Takes the turns 1, 2, 3, … until one is the last, which gives `None`; what the others gave, in no order.
pub(crate) fn in_turns<T: Send>(turn: impl Fn(u32) -> Option<T> + Sync) -> Vec<T> {
    let (taken, is_over, given) = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    match turn(taken.fetch_add(1, Ordering::SeqCst) + 1) {
                        Some(gift) => given.lock().unwrap().push(gift),
                        None => is_over.store(true, Ordering::SeqCst),
                    }
                }
            });
        }
    });
    given.into_inner().unwrap()
}
