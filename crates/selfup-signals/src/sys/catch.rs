//! Install a handler, through the registry that the signal-hook family shares.

use std::io;
use std::sync::Arc;

use libc::siginfo_t;
use signal_hook_registry::{SigId, register_sigaction, unregister};

use crate::inbox::Inbox;
use crate::record::Record;
use crate::signal::Signal;

/// A signal that goes into an inbox until this is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    signal: Signal,
    id: SigId,
}

impl Registration {
    pub(crate) fn signal(&self) -> Signal {
        self.signal
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // False would mean that it was unregistered before, which nobody else can do.
        unregister(self.id);
    }
}

/// Has a signal put into an inbox. The signal must be catchable: the registry panics on faults.
pub(crate) fn register(signal: Signal, inbox: Arc<Inbox>) -> io::Result<Registration> {
    let action = move |info: &siginfo_t| inbox.put(signal, &record(signal, info));
    // SAFETY: the action is async-signal-safe and does not panic: `record` copies numbers, and
    // `Inbox::put` promises it.
    let id = unsafe { register_sigaction(signal.as_raw(), action) }?;
    Ok(Registration { signal, id })
}

/// Has nothing happen on a signal, for good. The signal must be catchable.
pub(crate) fn register_nothing(signal: Signal) -> io::Result<()> {
    // SAFETY: the action does nothing.
    unsafe { register_sigaction(signal.as_raw(), |_| {}) }.map(drop)
}

/// Copies what matters from the kernel's record; runs in the handler.
fn record(signal: Signal, info: &siginfo_t) -> Record {
    let code = info.si_code;
    // SAFETY: the kernel fills the whole structure; where this signal has no sender, these bytes
    // are part of another field and still plain numbers, which `Record::received` then ignores.
    let pid = unsafe { info.si_pid() };
    // SAFETY: as above.
    let uid = unsafe { info.si_uid() };
    let value = if code == libc::SI_QUEUE {
        // SAFETY: the code says that there is a value.
        let value = unsafe { info.si_value() };
        value.sival_ptr.addr()
    } else {
        0
    };
    Record { number: signal.as_raw(), code, pid, uid, value }
}
