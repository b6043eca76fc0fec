//! A handler that does nothing where the program has one of its own.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{c_int, c_void, sighandler_t, siginfo_t};
use nix::errno::Errno;

use crate::inbox::Inbox;
use crate::signal::Signal;
use crate::sys::catch::record;
use crate::sys::disposition::{disposition, is_default};

/// Where the handler puts a signal, by its number. An inbox that is here once stays for good.
static INBOXES: [AtomicPtr<Inbox>; 128] = [const { AtomicPtr::new(ptr::null_mut()) }; 128];

/// Delivers a signal to an inbox whenever the program has no other handler for it. Returns `false`, and
/// changes nothing, if the signal does not have its default action now.
pub(crate) fn register_unless_handled(signal: Signal, inbox: &'static Inbox) -> nix::Result<bool> {
    if !is_default(signal)? {
        return Ok(false);
    }
    let place = inboxes_of(signal.as_raw()).ok_or(Errno::EINVAL)?;
    place.store(ptr::from_ref(inbox).cast_mut(), Ordering::SeqCst);
    // SAFETY: all zeroes is a valid value of this structure.
    let mut own = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    own.sa_sigaction = address();
    own.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the set is ours, and as large as the system's.
    unsafe { libc::sigemptyset(&raw mut own.sa_mask) };
    let mut former = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both pointers are valid, and the handler is async-signal-safe: it reads a disposition, and does
    // what `Inbox::put` promises.
    let result = unsafe { libc::sigaction(signal.as_raw(), &raw const own, former.as_mut_ptr()) };
    Errno::result(result)?;
    // SAFETY: it was zeroed, and the call above has initialised it.
    let former = unsafe { former.assume_init() };
    if former.sa_sigaction == libc::SIG_DFL {
        return Ok(true);
    }
    // Another thread has installed a handler in between.
    // SAFETY: restores what the system has just returned.
    let result = unsafe { libc::sigaction(signal.as_raw(), &raw const former, ptr::null_mut()) };
    Errno::result(result).map(|_| false)
}

fn inboxes_of(number: c_int) -> Option<&'static AtomicPtr<Inbox>> {
    INBOXES.get(usize::try_from(number).ok()?)
}

fn address() -> sighandler_t {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = handle;
    handler as sighandler_t
}

/// A handler that was installed on top of this one may call it: then the signal is handled.
extern "C" fn handle(number: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    let errno = Errno::last_raw();
    if let Some(signal) = Signal::from_raw(number)
        && disposition(signal) == Ok(address())
        && let Some(place) = inboxes_of(number)
    {
        // SAFETY: null, or that of an inbox that lives for ever.
        let inbox = unsafe { place.load(Ordering::SeqCst).as_ref() };
        // SAFETY: the kernel, or the handler on top, passes a whole record, or none.
        let info = unsafe { info.as_ref() };
        if let (Some(inbox), Some(info)) = (inbox, info) {
            inbox.put(signal, &record(signal, info));
        }
    }
    Errno::set_raw(errno);
}
