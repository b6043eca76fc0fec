//! End the way another process ended.

use std::process;

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

use crate::end::End;
use crate::signal::Signal;
use crate::sys;

impl End {
    /// Ends this process the same way, so that whoever waits for it learns the truth.
    ///
    /// A code is passed to [`std::process::exit`], which runs no destructors: clean up before. For a
    /// signal, its default action is restored, it is unblocked in the calling thread, and raised.
    /// This process then writes no core file, which could overwrite the one that matters; so the
    /// "core dumped" mark of a wait status is the one thing that is not mirrored.
    ///
    /// Where the signal does not kill, this process exits with 128 + n as a shell does. That is so
    /// for pid 1 of a container, to which the kernel applies no default actions.
    pub fn mirror(self) -> ! {
        if let Self::Signaled { signal, .. } = self {
            die_by(signal);
        }
        exit(self.shell_code())
    }
}

/// Raises a signal with its default action; returns if the kernel spares this process.
fn die_by(signal: Signal) {
    forbid_core_file();
    sys::raise_by_default(signal);
}

/// Two locks, because a core_pattern that is a pipe goes past the limit, and a process that may not
/// change its own limits still can make itself undumpable. What fails here is at worst a core file
/// too many, and no reason not to die.
fn forbid_core_file() {
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = prctl::set_dumpable(false);
}

#[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
fn exit(code: i32) -> ! {
    process::exit(code)
}
