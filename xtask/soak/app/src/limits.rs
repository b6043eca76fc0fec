//! The limit of open files, which a service sets for itself.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::say::say;

/// Raises the soft limit as far as it goes: a child has what its master has at that moment, and soak
/// takes descriptors from the master alone.
pub(crate) fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(errno) = raised {
        say('!', format_args!("could not raise the limit of open files: {errno}"));
    }
}
