//! Sends signals to a process or a process group.

use std::io;

use nix::errno::Errno;

use crate::error::{Error, ErrorKind, Result};
use crate::origin::{Origin, Received, Value};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::sys;

/// Forwards a received signal to a process.
///
/// The process sees this one as the sender. A [queued](Origin::Queued) signal keeps its value. If the
/// kernel cannot queue one more (`RLIMIT_SIGPENDING`), the signal is sent without its value, because a
/// signal without its value is better than none; the kernel does the same for a plain `kill` and a full
/// queue.
///
/// Signal only a child that has not been waited for, and do not keep its pid longer than that: see
/// [`Pid`]. A child that has ended, but has not been waited for, accepts any signal, to no effect.
///
/// See [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html),
/// [sigqueue(3)](https://man7.org/linux/man-pages/man3/sigqueue.3.html).
///
/// # Errors
///
/// [`ErrorKind::Gone`] if no process has that pid, [`ErrorKind::NotPermitted`] if it runs as another
/// user.
pub fn forward(pid: Pid, received: &Received) -> Result<()> {
    let Origin::Queued { value, .. } = received.origin else {
        return send(pid, received.signal);
    };
    match queue(pid, received.signal, value) {
        Err(error) if error.kind() == ErrorKind::QueueFull => send(pid, received.signal),
        result => result,
    }
}

/// Sends a signal to a process.
///
/// # Errors
///
/// Those of [`forward`].
///
/// # Examples
///
/// ```
/// use selfup_signals::{Pid, Signal, send};
///
/// // The default action of SIGWINCH is to do nothing.
/// send(Pid::this(), Signal::WINCH)?;
/// # Ok::<(), selfup_signals::Error>(())
/// ```
pub fn send(pid: Pid, signal: Signal) -> Result<()> {
    sys::kill(pid, signal).map_err(|errno| refused(pid, signal, errno))
}

/// Sends a signal to all processes of the group that `leader` leads, or has led, as killpg(3) does.
///
/// The number of a group is not reused as long as a process is in the group, or the leader has not been
/// waited for.
///
/// # Errors
///
/// Those of [`forward`]; [`ErrorKind::Gone`] if the group is empty.
pub fn send_to_group(leader: Pid, signal: Signal) -> Result<()> {
    sys::kill_group(leader, signal).map_err(|errno| refused(leader, signal, errno))
}

/// Sends a signal with a value to a process. Real-time signals queue one behind the other.
///
/// # Errors
///
/// Those of [`forward`], and [`ErrorKind::QueueFull`], which is transient.
pub fn queue(pid: Pid, signal: Signal, value: Value) -> Result<()> {
    sys::queue(pid, signal, value).map_err(|errno| refused(pid, signal, errno))
}

fn refused(pid: Pid, signal: Signal, errno: Errno) -> Error {
    let (kind, reason) = match errno {
        Errno::ESRCH => (ErrorKind::Gone, "it no longer exists"),
        Errno::EPERM => (ErrorKind::NotPermitted, "it runs as another user"),
        Errno::EAGAIN => {
            (ErrorKind::QueueFull, "too many signals are queued (see `ulimit -i`), try again")
        }
        _ => (ErrorKind::System, "the system refused"),
    };
    let message = format!("could not send {signal} to process {pid}: {reason}");
    Error::because(kind, message, io::Error::from(errno))
}
