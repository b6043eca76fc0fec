//! Waits for a condition, with a deadline.

use super::watch::Watch;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here takes on a loaded machine. A wait lasts this long only if something is
/// broken, so there is no reason to be stingy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Short compared with what processes do, long compared with the cost of a check.
const INTERVAL: Duration = Duration::from_millis(5);

/// Returns once the condition holds.
///
/// # Panics
///
/// If it does not hold in time, or a program that this thread has started ends meanwhile and nothing
/// follows from that; `what` completes the sentence "waited for …".
#[track_caller]
pub fn wait_until(what: &str, within: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, within, || condition().then_some(()));
}

/// Returns what `look` finds, once it finds something.
///
/// # Panics
///
/// If it finds nothing in time, or a program that this thread has started ends meanwhile and nothing
/// follows from that; `what` completes the sentence "waited for …".
#[track_caller]
pub fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let mut watch = Watch::begin();
    let found = try_wait_for(within, || {
        if let Some(found) = look() {
            return Some(Ok(found));
        }
        watch.lost().map(|ended| Err(ended.to_owned()))
    });
    match found {
        Some(Ok(found)) => found,
        Some(Err(ended)) => panic!("waited for {what}, in vain since {ended}"),
        None => panic!("waited for {what}, in vain for {} s", within.as_secs_f32()),
    }
}

/// What `look` finds in time.
#[expect(clippy::disallowed_methods, reason = "the one place that sleeps: between two looks")]
pub(crate) fn try_wait_for<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    loop {
        // Asked after the time is taken: a long pause of this process must not count as a failure
        // of the other one.
        let late = Instant::now() >= deadline;
        let found = look();
        if found.is_some() || late {
            return found;
        }
        thread::sleep(INTERVAL);
    }
}
