use std::env;

/// Removes variables from this process's environment.
#[expect(clippy::disallowed_methods, reason = "what was consumed is removed here")]
pub(crate) fn remove(names: &[&str]) {
    for name in names {
        // SAFETY: `run` does this first thing, before it starts a thread, and its documentation
        // asks the caller to have started none; so nothing reads the environment meanwhile.
        unsafe { env::remove_var(name) };
    }
}
