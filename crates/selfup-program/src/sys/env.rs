//! Removing variables from this process's own environment.

use std::env;

/// Removes the variables, if no other thread can be reading them at the same moment. If one can, they
/// stay, and a process that inherits them has to see that they are not for it.
#[expect(clippy::disallowed_methods, reason = "what was consumed is removed here")]
pub(crate) fn remove_if_alone(names: &[&str]) {
    for name in names {
        if env::var_os(name).is_some() && is_single_threaded() {
            // SAFETY: no other thread exists, and nothing between the count and this call starts
            // one, so that no other thread reads or writes the environment meanwhile.
            unsafe { env::remove_var(name) };
        }
    }
}

/// Counts the threads as the kernel sees them, those of C libraries included.
fn is_single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.take(2).count() == 1)
}
