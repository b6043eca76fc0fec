//! Job control: stop, and notice that another has stopped.

use nix::errno::Errno;

use crate::error::{Error, ErrorKind};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::{Result, sys};

/// Stops this process, all its threads, as `signal` does by default: `SIGTSTP`, `SIGTTIN`,
/// `SIGTTOU` or `SIGSTOP`. Returns when somebody has continued it.
///
/// It is what a supervisor does once it has passed a Ctrl-Z on, so that the shell sees the whole
/// job stopped. A handler for the signal is taken away meanwhile. In an orphaned process group,
/// where nobody could continue it, the kernel discards all but `SIGSTOP`, for the supervisor as for
/// its child: then this returns at once, and no `SIGCONT` has been received.
///
/// Timers keep running meanwhile: deadlines that should not are the caller's to move.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] for a signal that does not stop.
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

/// Says whether a child is stopped at this moment, by job control, without waiting for it.
///
/// Nothing is consumed: the child's end can still be waited for, and so can the stop. If somebody
/// else in this process does consume the stop (waitpid(2) with `WUNTRACED`), it is not seen here.
///
/// See [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html): `WSTOPPED`, `WNOHANG`,
/// `WNOWAIT`.
///
/// # Errors
///
/// [`ErrorKind::NotAChild`] where this process has no such child, or has waited for it already, or
/// ignores `SIGCHLD` (see [`unignore`](crate::unignore)).
pub fn is_stopped(pid: Pid) -> Result<bool> {
    sys::is_stopped(pid).map_err(|errno| unanswered(pid, errno))
}

fn unanswered(pid: Pid, errno: Errno) -> Error {
    let (kind, reason) = match errno {
        Errno::ECHILD => (ErrorKind::NotAChild, "it is no child of this process"),
        _ => (ErrorKind::System, "the system refused"),
    };
    Error::because(
        kind,
        format!("could not ask whether process {pid} has stopped: {reason}"),
        errno,
    )
}
