//! Ends this process the way another one ended.

use std::process;

use nix::sys::resource::{Resource, setrlimit};

use crate::end::End;
use crate::signal::Signal;
use crate::sys::{self, system};

impl End {
    /// Ends this process the same way, so that its parent sees how the other process ended.
    ///
    /// A code is passed to [`std::process::exit`], which runs no destructors: clean up before. For a
    /// signal, this restores the default action, unblocks the signal in the calling thread, and raises
    /// it. This process then writes no core file, which could overwrite the one that matters, so the
    /// "core dumped" flag of the wait status is not mirrored.
    ///
    /// If the signal does not kill this process, it exits with 128 + n as a shell does. This applies to
    /// pid 1 of a container, for which the kernel performs no default actions.
    pub fn mirror(self) -> ! {
        if let Self::Signaled { signal, .. } = self {
            die_by(signal);
        }
        exit(self.shell_code())
    }
}

/// Raises a signal with its default action. Returns if the kernel does not kill this process.
fn die_by(signal: Signal) {
    forbid_core_file();
    sys::raise_by_default(signal);
}

/// Suppresses the core file in two ways: a core_pattern that is a pipe disregards the limit, and a process
/// that may not change its limits can still make itself undumpable. Errors are ignored: the worst outcome
/// is a superfluous core file, and the process has to die in any case.
fn forbid_core_file() {
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    system::make_undumpable();
}

#[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
fn exit(code: i32) -> ! {
    process::exit(code)
}
