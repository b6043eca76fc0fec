//! Process groups: which processes the kernel has signalled, and which ones the master signals.

use nix::unistd::{Pid, getpgrp, getsid};
use selfup_lifecycle::Arrived;
use selfup_signals::{Origin, Received, Signal};

/// Determines whether the kernel has sent a signal to the whole process group.
pub(super) fn arrived(received: Received) -> Arrived {
    let from_kernel = received.origin == Origin::Kernel;
    Arrived { received, group_has_it: from_kernel && is_for_the_group(received.signal) }
}

/// Returns whether the kernel sends this signal to the whole foreground process group. A terminal's signals go
/// there, except that a hang-up goes to the leader of the session alone.
fn is_for_the_group(signal: Signal) -> bool {
    match signal {
        Signal::INT | Signal::QUIT | Signal::TSTP | Signal::TTIN | Signal::TTOU | Signal::WINCH => {
            true
        }
        Signal::HUP | Signal::CONT => !leads_its_session(),
        _ => false,
    }
}

fn leads_its_session() -> bool {
    getsid(None) == Ok(Pid::this())
}

/// Whether a child is still in the process group of the master, in which it was started.
pub(super) fn shares_the_group(child: selfup_signals::Pid) -> bool {
    nix::unistd::getpgid(Some(Pid::from_raw(child.as_raw()))) == Ok(getpgrp())
}

/// Sends a signal to all processes of the group that a child leads.
pub(super) fn send(child: selfup_signals::Pid, signal: Signal) -> selfup_signals::Result<()> {
    selfup_signals::send_to_group(child, signal)
}
