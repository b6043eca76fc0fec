//! Times in which no process ran: a frozen cgroup, a paused virtual machine, SIGSTOP to all.
//!
//! The clock goes on then, and a deadline would end work that had no time. No interface of the kernel shows such a
//! time; it is seen by a sleep that took much longer than it was asked to.

use std::time::Duration;

/// The longest sleep at a time while a deadline is pending. In which part of a sleep no process ran is not known, so
/// the result is wrong by at most half of this.
pub const LOOK: Duration = Duration::from_millis(500);

/// A sleep that takes this much longer than asked contains a standstill. On a machine that is merely busy, a process
/// waits for its turn for milliseconds; where it waits for a second, its children do, too.
const TOO_LATE: Duration = Duration::from_secs(1);

/// For how long no process ran, in a sleep of this length that was asked to take no longer than `asked`.
///
/// Some of the time that was asked for always counts as having passed, so that a deadline comes in the end on a
/// machine on which everything is late.
#[must_use]
pub fn lost(asked: Duration, slept: Duration) -> Option<Duration> {
    let late = slept.checked_sub(asked).filter(|late| *late > TOO_LATE)?;
    Some(late + asked / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_loses_nothing() {
        assert_eq!(lost(LOOK, LOOK), None);
        assert_eq!(lost(LOOK, LOOK + TOO_LATE), None);
        assert_eq!(lost(LOOK, Duration::ZERO), None, "something happened meanwhile");
    }

    #[test]
    fn what_was_lost_is_what_came_too_late_and_half_of_the_sleep() {
        let slept = Duration::from_secs(40);
        assert_eq!(lost(LOOK, slept), Some(slept - LOOK / 2));
    }
}
