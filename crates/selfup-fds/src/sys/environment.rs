//! Removing variables from this process's own environment.

#![allow(unsafe_code, reason = "changing the environment is sound in a single thread only")]

/// Removes the variables, if no other thread can be reading them at the same moment.
#[expect(clippy::disallowed_methods, reason = "what was consumed is removed here")]
pub(crate) fn remove_if_alone(variables: &[&str]) {
    for variable in variables {
        if std::env::var_os(variable).is_some() && is_single_threaded() {
            // SAFETY: no other thread exists, and nothing between the count and this call starts
            // one, so that nobody reads or writes the environment meanwhile.
            unsafe { std::env::remove_var(variable) };
        }
    }
}

/// Counts the threads as the kernel sees them, those of C libraries included.
fn is_single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.take(2).count() == 1)
}
