//! Job control: stops this process, and detects that a child is stopped.

use nix::errno::Errno;

use crate::error::{Error, ErrorKind, Result};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::sys;

/// Stops all threads of this process as `signal` does by default: `SIGTSTP`, `SIGTTIN`, `SIGTTOU` or
/// `SIGSTOP`. Returns when the process has been continued.
///
/// A supervisor calls this after it has forwarded a Ctrl-Z, so that the shell sees the whole job
/// stopped. The handler of the signal is removed meanwhile. In an orphaned process group, which no shell
/// could continue, the kernel discards all of these signals but `SIGSTOP`, for the supervisor as for its
/// child: this then returns at once, and no `SIGCONT` is received.
///
/// Timers keep running meanwhile. The caller has to move deadlines that should not.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] if the signal does not stop a process.
pub fn stop_self(signal: Signal) -> Result<()> {
    match signal {
        Signal::STOP => {
            sys::raise(signal);
            Ok(())
        }
        Signal::TSTP | Signal::TTIN | Signal::TTOU => {
            sys::with_default_action(signal, || sys::raise_unblocked(signal)).map_err(|errno| {
                Error::because(ErrorKind::System, format!("could not stop by {signal}"), errno)
            })
        }
        _ => Err(Error::new(
            ErrorKind::NotCatchable,
            format!("could not stop by {signal}: it does not stop a process"),
        )),
    }
}

/// Returns whether job control has stopped a child at this moment, without waiting for the child.
///
/// This consumes nothing: both the child's end and the stop can still be waited for. If other code of
/// this process consumes the stop (waitpid(2) with `WUNTRACED`), this returns `false`.
///
/// See [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html): `WSTOPPED`, `WNOHANG`,
/// `WNOWAIT`.
///
/// # Errors
///
/// [`ErrorKind::NotAChild`] if this process has no such child, has waited for it already, or ignores
/// `SIGCHLD` (see [`unignore`](crate::unignore)).
pub fn is_stopped(pid: Pid) -> Result<bool> {
    sys::is_stopped(pid).map_err(|errno| unknown(pid, errno))
}

fn unknown(pid: Pid, errno: Errno) -> Error {
    let (kind, reason) = match errno {
        Errno::ECHILD => (ErrorKind::NotAChild, "it is not a child of this process"),
        _ => (ErrorKind::System, "the system refused"),
    };
    Error::because(
        kind,
        format!("could not find out whether process {pid} is stopped: {reason}"),
        errno,
    )
}
