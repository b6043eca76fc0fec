//! Has the other threads of this process block signals, one by one; see proc_pid_task(5) and sigreturn(2).
//!
//! A thread alone can change its own mask. So each gets a signal whose handler changes the mask that the kernel
//! restores when the handler returns.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::{fs, io, ptr};

use libc::{sigaction, siginfo_t, sigset_t};
use nix::errno::Errno;
use nix::unistd::{getpid, gettid};

use super::linux::last;

/// The signals with which a thread can be made to block the others: both are ignored by default, so that one too
/// many does nothing.
const NUDGES: [c_int; 2] = [libc::SIGURG, libc::SIGWINCH];

/// A process whose fault is blocked is killed without a word, and the last two cannot be blocked.
const NEVER: [c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGKILL, libc::SIGSTOP];

/// The real-time signals begin here.
const STANDARD: c_int = 32;

/// Has every other thread block all signals, and returns whether none can take one of `signals` any more.
pub(crate) fn block_in_other_threads(signals: &[c_int]) -> io::Result<bool> {
    let nudge = NUDGES.into_iter().find(|nudge| !signals.contains(nudge));
    let nudge = nudge.ok_or(io::ErrorKind::Unsupported)?;
    install(nudge)?;
    let caught = signals.iter().fold(0, |set, signal| set | bit(*signal));
    // One that did not block yet may have started another one that the first look has missed.
    Ok(look(caught, nudge)? && look(caught, nudge)?)
}

fn look(caught: u64, nudge: c_int) -> io::Result<bool> {
    let own = gettid().as_raw();
    let all_but =
        others(nudge).take_while(is_standard).fold(caught, |set, signal| set | bit(signal));
    let mut all = true;
    for task in fs::read_dir("/proc/self/task")? {
        let name = task?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<c_int>().ok()) else { continue };
        // One whose state cannot be read has ended.
        let Some(thread) = (id != own).then(|| Thread::with(id)).flatten() else { continue };
        let is_done = thread.blocked & all_but == all_but && thread.blocked & bit(nudge) == 0;
        if !is_done && !thread.has_ended() {
            send(id, nudge);
        }
        all &= is_done || thread.has_ended() || thread.sleeps_blocking(caught);
    }
    Ok(all)
}

/// What the kernel says of a thread.
struct Thread {
    state: u8,
    blocked: u64,
}

impl Thread {
    fn with(id: c_int) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/self/task/{id}/status")).ok()?;
        let value = |name| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let state = *value("State:")?.as_bytes().first()?;
        Some(Self { state, blocked: u64::from_str_radix(value("SigBlk:")?, 16).ok()? })
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }

    /// It blocks signals by itself, and not in a handler: none sleeps. When it unblocks them, it gets the one that is for
    /// it alone before any that is for the process.
    fn sleeps_blocking(&self, caught: u64) -> bool {
        self.blocked & caught == caught && self.state == b'S'
    }
}

/// What is blocked while only this signal is not.
fn others(nudge: c_int) -> impl Iterator<Item = c_int> {
    (1..=last()).filter(move |signal| *signal != nudge && !NEVER.contains(signal))
}

fn is_standard(signal: &c_int) -> bool {
    *signal < STANDARD
}

fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// Sends a signal to one thread of this process. One that has ended needs none.
fn send(thread: c_int, signal: c_int) {
    // SAFETY: takes numbers and no memory.
    unsafe { libc::syscall(libc::SYS_tgkill, getpid().as_raw(), thread, signal) };
}

fn install(nudge: c_int) -> io::Result<()> {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = block_on_return;
    // SAFETY: plain numbers, of which zero is one, and an address that may be null.
    let mut action: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: points to room for a set.
    unsafe { libc::sigfillset(&raw mut action.sa_mask) };
    // SAFETY: the action is initialised, and its handler is async-signal-safe.
    let result = unsafe { sigaction(nudge, &raw const action, ptr::null_mut()) };
    Ok(Errno::result(result).map(drop)?)
}

/// The handler.
///
/// Where nothing was blocked, no other handler was interrupted, and the thread has all signals blocked from now on but this
/// one. Where all were, that has happened before. Elsewhere another handler may have been interrupted, and restore a mask
/// of its own: this signal comes once more, behind it.
extern "C" fn block_on_return(nudge: c_int, _: *mut siginfo_t, context: *mut c_void) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel passes the context of this thread, and what is at this address.
    let mask: *mut sigset_t = unsafe { &raw mut (*context).uc_sigmask };
    // SAFETY: reads one bit of the mask. The set of the kernel is shorter than that of the C library, but has a bit for
    // every signal. For those that the library keeps for itself it returns no 1.
    let is_blocked = |signal: c_int| unsafe { libc::sigismember(mask, signal) } == 1;
    let is_interrupting = others(nudge).any(is_blocked);
    if others(nudge).take_while(is_standard).all(is_blocked) {
        return;
    }
    for signal in others(nudge) {
        // SAFETY: changes one bit of the mask, as above. The library refuses to add those that it keeps for itself.
        unsafe { libc::sigaddset(mask, signal) };
    }
    if is_interrupting {
        // SAFETY: changes one bit of the mask, as above.
        unsafe { libc::sigaddset(mask, nudge) };
        send(gettid().as_raw(), nudge);
    }
}
