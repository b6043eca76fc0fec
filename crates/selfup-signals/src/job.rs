//! Job control: stop, and notice that another has stopped.

use nix::errno::Errno;

use crate::error::{Error, ErrorKind};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::{Result, sys};

/// Stops this process, all its threads, until somebody continues it.
///
/// It is what a supervisor does once its child has stopped on a Ctrl-Z, so that the shell sees the
/// whole job stopped. The signal raised is `SIGSTOP`, which needs no handler taken away and works in
/// an orphaned process group too, where the kernel discards `SIGTSTP`.
///
/// Timers keep running meanwhile: deadlines that should not are the caller's to move.
pub fn stop_self() {
    sys::raise(Signal::STOP);
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
