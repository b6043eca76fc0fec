//! Removes variables from the environment of this process.

#![allow(unsafe_code, reason = "changing the environment is sound in a single thread only")]

/// Removes the variables, unless another thread may be reading them at the same time.
#[expect(clippy::disallowed_methods, reason = "what was consumed is removed here")]
pub(crate) fn remove_if_alone(variables: &[&str]) {
    for variable in variables {
        if std::env::var_os(variable).is_some() && is_single_threaded() {
            // SAFETY: no other thread exists, and nothing between the count and this call starts
            // one, so nothing else reads or writes the environment in between.
            unsafe { std::env::remove_var(variable) };
        }
    }
}

/// Counts the threads by the kernel, including those of C libraries.
fn is_single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.take(2).count() == 1)
}
