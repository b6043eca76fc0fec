//! Receive signals one by one, where they can be waited for with everything else.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::inbox::Inbox;
use crate::origin::Received;
use crate::pipe::{ReadEnd, pipe};
use crate::signal::Signal;
use crate::sys::{self, Registration};
use crate::{Result, disposition};

/// Receives signals, each with its origin, while it exists.
///
/// It is readable (poll it by [`AsFd`]) while signals wait in it, and every signal that the kernel
/// delivers is reported exactly once, in the order of arrival.
///
/// # Races and order
///
/// A signal that arrives before the receiver exists has its default action, which mostly kills: hold
/// a [`Blocked`](crate::Blocked) guard from the start of the program until the receiver is there. A
/// signal that arrives while [`pending`](Self::pending) is being read is either reported by it or
/// makes the receiver readable again; there is no moment at which one is overlooked.
///
/// Each handler writes a record into a pipe and returns. When the pipe is full (some 2,700 signals
/// wait unread, on Linux), the kind of the signal is noted, and reported once with
/// [`Origin::Unknown`](crate::Origin::Unknown).
///
/// A receiver belongs to the process that made it. In a copy of the process made by `fork`, a signal
/// that it would have caught has its default action instead, and the receiver never hears of it.
///
/// # What it leaves alone
///
/// A signal that is ignored when the receiver is made stays ignored: `nohup` asks for that with
/// `SIGHUP`, and a shell with `SIGINT` and `SIGQUIT` for what a script starts by `program &`.
/// [`catches`](Self::catches) tells, and [`unignore`](crate::unignore), called before, has one
/// caught all the same. `SIGPIPE` and `SIGCHLD` are caught whatever they were: Rust's runtime ignores
/// the one, and with the other ignored nobody can wait for children.
///
/// # What dropping leaves behind
///
/// The receiver stops receiving, but the process's handlers stay installed, because another library
/// may have put its own on top: a signal that was caught does nothing from then on, instead of its
/// default action. So make a receiver only in a process that is sure to need it, and drop it only on
/// the way to the end ([`End::mirror`](crate::End::mirror) restores what it needs).
///
/// # Examples
///
/// ```
/// use selfup_signals::{Pid, Receiver, Signal, send};
///
/// let mut receiver = Receiver::new([Signal::USR1])?;
/// send(Pid::this(), Signal::USR1)?;
/// # // Another thread may be the one that runs the handler.
/// # use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
/// # use std::os::fd::AsFd;
/// # poll(&mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).ok();
/// let received = receiver.pending().next().expect("one signal");
/// assert_eq!(received.signal, Signal::USR1);
/// # Ok::<(), selfup_signals::Error>(())
/// ```
pub struct Receiver {
    /// First, since fields are dropped in this order: a handler that found the pipe without a
    /// reader would be told so by SIGPIPE, which may be one of those that it handles, for ever.
    registrations: Vec<Registration>,
    pipe: ReadEnd,
    inbox: Arc<Inbox>,
}

impl Receiver {
    /// Catches these signals from now on; naming one twice is naming it once.
    ///
    /// `SIGCHLD` may be among them, as a wake-up to look after children: the kernel delivers one for
    /// several ends, so ask each child. Ask once when the receiver is made, too: of a child that ended
    /// before, another thread may have taken the signal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotCatchable`] where a signal is not [catchable](Signal::is_catchable),
    /// [`ErrorKind::System`] where no file descriptor is left. Nothing is caught then.
    pub fn new(signals: impl IntoIterator<Item = Signal>) -> Result<Self> {
        let (pipe, write) = pipe().map_err(|errno| {
            Error::system("could not open a pipe for signals".to_owned(), errno)
        })?;
        let inbox = Arc::new(Inbox::new(write));
        // From here on dropping it undoes what was done so far.
        let mut receiver = Self { pipe, inbox, registrations: Vec::new() };
        for signal in signals {
            receiver.catch(signal)?;
        }
        Ok(receiver)
    }

    fn catch(&mut self, signal: Signal) -> Result<()> {
        if !signal.is_catchable() {
            return Err(Error::new(
                ErrorKind::NotCatchable,
                format!("could not catch {signal}: no program can, or it must not"),
            ));
        }
        let ignored = signal.is_ignored_on_purpose() && disposition::is_ignored(signal)?;
        if self.catches(signal) || ignored {
            return Ok(());
        }
        let registration = sys::register(signal, Arc::clone(&self.inbox))
            .map_err(|error| Error::system(format!("could not catch {signal}"), error))?;
        self.registrations.push(registration);
        Ok(())
    }

    /// Says whether this receiver catches a signal; not so for one that was ignored before.
    #[must_use]
    pub fn catches(&self, signal: Signal) -> bool {
        self.registrations.iter().any(|registration| registration.signal() == signal)
    }

    /// Takes what has arrived, and never blocks.
    ///
    /// Take all of it: the iterator ends when nothing waits any more. What is not taken stays, and
    /// the receiver stays readable.
    pub fn pending(&mut self) -> Pending<'_> {
        Pending { receiver: self }
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals = self.registrations.iter().map(Registration::signal);
        f.debug_struct("Receiver")
            .field("pipe", &self.pipe)
            .field("signals", &signals.collect::<Vec<_>>())
            .finish()
    }
}

/// What waits in a [`Receiver`], in the order of arrival; made by [`Receiver::pending`].
#[derive(Debug)]
#[must_use = "signals stay in the receiver until they are taken"]
pub struct Pending<'a> {
    receiver: &'a mut Receiver,
}

impl Iterator for Pending<'_> {
    type Item = Received;

    fn next(&mut self) -> Option<Received> {
        self.receiver.inbox.next(&self.receiver.pipe)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.receiver.inbox.wake_if_overflown();
    }
}
