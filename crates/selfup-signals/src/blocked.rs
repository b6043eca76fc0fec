//! Hold signals back for a while.

use std::marker::PhantomData;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Standard};

use crate::Result;
use crate::error::Error;

/// Holds every signal back from the calling thread until it is dropped.
///
/// A signal that arrives meanwhile is not lost: it stays pending and is delivered at the drop. Two
/// gaps are closed with it. At the start, from the first line of `main` until there is a
/// [`Receiver`](crate::Receiver): make it before the first thread, because threads inherit it, and
/// a thread without it would take the signals. And around the start of a child, so that no
/// handler of the parent runs in the child between `fork` and `exec`:
/// [`reset_on_exec`](crate::reset_on_exec) lifts the mask again in the child, at the moment at
/// which the child's own dispositions are in place.
///
/// `SIGKILL` and `SIGSTOP` cannot be held back, and the synchronous faults are left alone, because
/// the kernel kills a process whose fault is blocked without the words that Rust prints for a stack
/// overflow. Guards nest if they are dropped in the reverse order.
///
/// See [pthread_sigmask(3)](https://man7.org/linux/man-pages/man3/pthread_sigmask.3.html).
///
/// # Examples
///
/// ```
/// use selfup_signals::{Blocked, Receiver, Signal};
///
/// let blocked = Blocked::all()?;
/// // A SIGTERM here waits.
/// let receiver = Receiver::new(Signal::forwardable())?;
/// drop(blocked);
/// // And is received now.
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
    /// Holds back every signal that can be.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`](crate::ErrorKind::System); Linux documents no case.
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

    /// Ends the guard and lets every signal through, those included that were held back before
    /// it was made.
    ///
    /// A mask survives `exec`: whoever starts a program may have left it with anything blocked, and
    /// a [`Receiver`](crate::Receiver) would wait for those in vain. Dropping the guard puts that
    /// mask back.
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
