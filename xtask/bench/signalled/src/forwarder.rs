//! The least that passes signals on to a child: it waits for one, and sends it.

use std::{
    error::Error,
    process::{Command, ExitCode},
};

use nix::{
    errno::Errno,
    sys::{signal::SigSet, signalfd::SignalFd},
};
use selfup_signals::{ErrorKind, Pid, Signal, Value, queue, reset_on_exec, send};

pub(crate) fn run() -> Result<ExitCode, Box<dyn Error>> {
    let all = SigSet::all();
    all.thread_block()?;
    let signals = SignalFd::new(&all)?;
    let mut command = Command::new(std::env::current_exe()?);
    reset_on_exec(command.arg("alone"));
    #[expect(clippy::disallowed_methods, reason = "it is compared with what the project does")]
    let mut child = command.spawn()?;
    let pid = Pid::from(&child);
    while child.try_wait()?.is_none() {
        let info = match signals.read_signal() {
            Ok(Some(info)) => info,
            Ok(None) | Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        let signal = Signal::from_raw(info.ssi_signo.cast_signed());
        let Some(signal) = signal.filter(|signal| *signal != Signal::CHLD) else { continue };
        let sent = if info.ssi_code == SI_QUEUE {
            queue(pid, signal, Value::from(info.ssi_int))
        } else {
            send(pid, signal)
        };
        match sent {
            Err(error) if error.kind() != ErrorKind::Gone => return Err(error.into()),
            _ => {}
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The code of a signal that comes from sigqueue(3).
const SI_QUEUE: i32 = -1;
