//! Installs handlers, through the registry that the signal-hook family shares.

use std::io;
use std::sync::Arc;

use libc::siginfo_t;
use signal_hook_registry::{SigId, register_sigaction, unregister};

use crate::inbox::Inbox;
use crate::record::Record;
use crate::signal::Signal;
use crate::sys::sender::Sender;
use crate::sys::system::sender;

/// The registration of one signal with an inbox. Dropping it ends the registration.
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
        // This returns false if it was unregistered before, which only this drop does.
        unregister(self.id);
    }
}

/// Delivers a signal to an inbox. The signal must be catchable: the registry panics on faults.
pub(crate) fn register(signal: Signal, inbox: Arc<Inbox>) -> io::Result<Registration> {
    let action = move |info: &siginfo_t| inbox.put(signal, &record(signal, info));
    // SAFETY: the action is async-signal-safe and does not panic: `record` copies numbers, and
    // `Inbox::put` promises it.
    let id = unsafe { register_sigaction(signal.as_raw(), action) }?;
    Ok(Registration { signal, id })
}

/// Discards a signal for good. The signal must be catchable.
pub(crate) fn register_nothing(signal: Signal) -> io::Result<()> {
    // SAFETY: the action does nothing.
    unsafe { register_sigaction(signal.as_raw(), |_| {}) }.map(drop)
}

/// Copies the relevant fields of the kernel's record. Runs in the handler.
pub(super) fn record(signal: Signal, info: &siginfo_t) -> Record {
    let code = info.si_code;
    // SAFETY: the kernel fills the whole structure. If this signal has no sender, these bytes
    // belong to another field, and are plain numbers that `Record::received` ignores.
    let pid = unsafe { info.si_pid() };
    // SAFETY: as above.
    let uid = unsafe { info.si_uid() };
    let value = if sender(code) == Sender::Queued {
        // SAFETY: the code shows that there is a value.
        let value = unsafe { info.si_value() };
        value.sival_ptr.addr()
    } else {
        0
    };
    Record { number: signal.as_raw(), code, pid, uid, value }
}
