//! Blocks signals for a while.

use std::marker::PhantomData;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Standard};

use crate::error::{Error, Result};

/// Blocks all signals in the calling thread until it is dropped.
///
/// A signal that arrives meanwhile is not lost: it stays pending and is delivered at the drop. The guard
/// closes two gaps:
///
/// - From the first line of `main` until there is a [`Receiver`](crate::Receiver). Create the guard
///   before the first thread: threads inherit the mask, and a thread without it would take the signals.
/// - While a child is started, so that no handler of the parent runs in the child between `fork` and
///   `exec`. [`reset_on_exec`](crate::reset_on_exec) lifts the mask in the child once the child's own
///   dispositions are in place.
///
/// `SIGKILL` and `SIGSTOP` cannot be blocked. The synchronous faults stay unblocked: the kernel kills a
/// process whose fault is blocked, without the message that Rust prints for a stack overflow. Guards
/// nest if they are dropped in reverse order.
///
/// See [pthread_sigmask(3)](https://man7.org/linux/man-pages/man3/pthread_sigmask.3.html).
///
/// # Examples
///
/// ```
/// use selfup_signals::{Blocked, Receiver, Signal};
///
/// let blocked = Blocked::all()?;
/// // A SIGTERM that arrives here stays pending.
/// let receiver = Receiver::new(Signal::forwardable())?;
/// drop(blocked);
/// // The receiver has it now.
/// # drop(receiver);
/// # Ok::<(), selfup_signals::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "signals are delivered again as soon as the guard is dropped"]
pub struct Blocked {
    former: SigSet,
    /// The mask is the calling thread's, so the guard must stay in it.
    _not_send: PhantomData<*const ()>,
}

impl Blocked {
    /// Blocks every signal that can be blocked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`](crate::ErrorKind::System). Linux documents no such case.
    pub fn all() -> Result<Self> {
        let mut all = SigSet::all();
        for fault in [Standard::SIGSEGV, Standard::SIGBUS, Standard::SIGFPE, Standard::SIGILL] {
            all.remove(fault);
        }
        let former = all
            .thread_swap_mask(SigmaskHow::SIG_BLOCK)
            .map_err(|errno| Error::system("could not block signals".to_owned(), errno))?;
        Ok(Self { former, _not_send: PhantomData })
    }

    /// Ends the guard and unblocks every signal, including those that were blocked before it was
    /// created.
    ///
    /// A mask survives `exec`, so the process that started this one may have left any signal blocked, and
    /// a [`Receiver`](crate::Receiver) would wait for it in vain. Dropping the guard restores that
    /// earlier mask instead.
    pub fn lift(mut self) {
        self.former = SigSet::empty();
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // The only documented error is a bad `how`.
        let _ = self.former.thread_set_mask();
    }
}
