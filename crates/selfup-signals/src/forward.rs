//! Send signals to one process.

use std::io;

use nix::errno::Errno;

use crate::error::{Error, ErrorKind};
use crate::origin::{Origin, Received, Value};
use crate::pid::Pid;
use crate::signal::Signal;
use crate::{Result, sys};

/// Passes a received signal on to one process.
///
/// The process sees this one as the sender. A [queued](Origin::Queued) signal travels on with its
/// value. Where the kernel cannot queue one more (`RLIMIT_SIGPENDING`), it is sent without the
/// value, because a signal without its value is better than none; that is also what the kernel
/// does with a full queue and a plain `kill`.
///
/// Signal only a child that has not been waited for, and hold no pid longer than that: see [`Pid`].
/// A child that has ended but was not waited for takes any signal, to no effect.
///
/// See [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html),
/// [sigqueue(3)](https://man7.org/linux/man-pages/man3/sigqueue.3.html).
///
/// # Errors
///
/// [`ErrorKind::Gone`] where no process has that pid, [`ErrorKind::NotPermitted`] where it runs as
/// another user.
pub fn forward(pid: Pid, received: &Received) -> Result<()> {
    let Origin::Queued { value, .. } = received.origin else {
        return send(pid, received.signal);
    };
    match queue(pid, received.signal, value) {
        Err(error) if error.kind() == ErrorKind::QueueFull => send(pid, received.signal),
        result => result,
    }
}

/// Sends a signal to one process.
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
/// // Ignored unless somebody asked for it.
/// send(Pid::this(), Signal::WINCH)?;
/// # Ok::<(), selfup_signals::Error>(())
/// ```
pub fn send(pid: Pid, signal: Signal) -> Result<()> {
    sys::kill(pid, signal).map_err(|errno| refused(pid, signal, errno))
}

/// Sends a signal to all processes of the group whose leader this is, or was; as killpg(3).
///
/// The number of a group is taken as long as one process is in it, or its leader was not waited for.
///
/// # Errors
///
/// Those of [`forward`]; [`ErrorKind::Gone`] where the group has nobody in it.
pub fn send_to_group(leader: Pid, signal: Signal) -> Result<()> {
    sys::kill_group(leader, signal).map_err(|errno| refused(leader, signal, errno))
}

/// Sends a signal with a value to one process; real-time signals queue up one behind the other.
///
/// # Errors
///
/// Those of [`forward`], and [`ErrorKind::QueueFull`], which is transient.
pub fn queue(pid: Pid, signal: Signal, value: Value) -> Result<()> {
    sys::queue(pid, signal, value).map_err(|errno| refused(pid, signal, errno))
}

fn refused(pid: Pid, signal: Signal, errno: Errno) -> Error {
    let (kind, reason) = match errno {
        Errno::ESRCH => (ErrorKind::Gone, "it has gone"),
        Errno::EPERM => (ErrorKind::NotPermitted, "it runs as another user"),
        Errno::EAGAIN => {
            (ErrorKind::QueueFull, "too many signals are queued (see `ulimit -i`), try again")
        }
        _ => (ErrorKind::System, "the system refused"),
    };
    let message = format!("could not send {signal} to process {pid}: {reason}");
    Error::because(kind, message, io::Error::from(errno))
}
