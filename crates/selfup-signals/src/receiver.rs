//! Receives signals one by one, by a descriptor that can be polled.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use crate::disposition;
use crate::error::{Error, ErrorKind, Result};
use crate::inbox::Inbox;
use crate::origin::Received;
use crate::pipe::{ReadEnd, pipe};
use crate::signal::Signal;
use crate::sys::{self, Registration};

/// Receives signals, each with its origin, as long as it exists.
///
/// The receiver is readable (poll it by [`AsFd`]) while signals wait in it. It reports every signal that
/// the kernel delivers exactly once, in the order of arrival.
///
/// # Races and order
///
/// A signal that arrives before the receiver exists has its default action, which mostly kills. To
/// prevent that, hold a [`Blocked`](crate::Blocked) guard from the start of the program until the
/// receiver exists. A signal that arrives while [`pending`](Self::pending) is being read is either
/// reported by it or makes the receiver readable again; no signal is overlooked.
///
/// Each handler writes a record into a pipe and returns. While the pipe is full (some 2,700 unread
/// signals, on Linux), only the number of a signal is recorded, and reported once with
/// [`Origin::Unknown`](crate::Origin::Unknown).
///
/// A receiver belongs to the process that created it. In a copy of the process made by `fork`, a signal
/// that it catches has its default action, and does not reach the receiver.
///
/// # Ignored signals
///
/// A signal that is ignored when the receiver is created stays ignored: `nohup` asks for that with
/// `SIGHUP`, and a shell with `SIGINT` and `SIGQUIT` for a program that a script starts with `program &`.
/// [`catches`](Self::catches) returns whether a signal is received. To receive an ignored signal, call
/// [`unignore`](crate::unignore) before. `SIGPIPE` and `SIGCHLD` are received even if they were ignored:
/// Rust's runtime ignores the former, and a process that ignores the latter cannot wait for children.
///
/// # What remains after the drop
///
/// The receiver stops receiving, but the handlers of the process stay installed, because another library
/// may have installed its own on top. From then on a signal that was caught does nothing, instead of its
/// default action. So create a receiver only in a process that is certain to need it, and drop it only
/// when the process is about to end ([`End::mirror`](crate::End::mirror) restores what it needs).
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
    /// The signals that are received without a registration, because their handler stays for good.
    unhandled: Vec<Signal>,
    /// Before the pipe, because fields are dropped in this order: a handler that wrote to a pipe without a
    /// reader would raise SIGPIPE, which it may handle itself, in an endless loop.
    registrations: Vec<Registration>,
    pipe: ReadEnd,
    inbox: Arc<Inbox>,
}

impl Receiver {
    /// Starts to receive these signals. Duplicates are allowed.
    ///
    /// `SIGCHLD` may be among them, as a hint that a child has ended. The kernel delivers one for several
    /// ends, so check each child. Check once when the receiver has been created, too: if a child ended
    /// before, another thread may have taken the signal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotCatchable`] if a signal is not [catchable](Signal::is_catchable),
    /// [`ErrorKind::System`] if no file descriptor is left. No signal is received then.
    pub fn new(signals: impl IntoIterator<Item = Signal>) -> Result<Self> {
        let (pipe, write) = pipe().map_err(|errno| {
            Error::system("could not open a pipe for signals".to_owned(), errno)
        })?;
        let inbox = Arc::new(Inbox::new(write));
        // From here on, dropping the receiver undoes the registrations.
        let mut receiver = Self { unhandled: Vec::new(), registrations: Vec::new(), pipe, inbox };
        for signal in signals {
            receiver.catch(signal)?;
        }
        Ok(receiver)
    }

    /// Starts to receive these signals for as long as the program has no handler of its own for them.
    ///
    /// A signal that does not have its default action now is left alone: [`catches`](Self::catches) returns
    /// whether a signal is received. If the program, or a library in it, installs a handler later, the signal
    /// is the program's alone from then on, even if that handler calls the one that it has replaced, as those
    /// of the signal-hook family do. Handlers of that family stay, so they have the signal for good.
    ///
    /// The handler and the receiver stay until the process ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotCatchable`] if a signal is not [catchable](Signal::is_catchable),
    /// [`ErrorKind::System`] if no file descriptor is left.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_signals::{Receiver, Signal};
    ///
    /// let receiver = Receiver::for_unhandled([Signal::TERM, Signal::INT])?;
    /// assert!(receiver.catches(Signal::TERM));
    /// // It is handled by now.
    /// assert!(!Receiver::for_unhandled([Signal::TERM])?.catches(Signal::TERM));
    /// # Ok::<(), selfup_signals::Error>(())
    /// ```
    pub fn for_unhandled(signals: impl IntoIterator<Item = Signal>) -> Result<&'static mut Self> {
        let receiver = Self::new([])?;
        let inbox: &'static Arc<Inbox> = Box::leak(Box::new(Arc::clone(&receiver.inbox)));
        let receiver = Box::leak(Box::new(receiver));
        for signal in signals {
            check(signal)?;
            let is_received = sys::register_unless_handled(signal, inbox)
                .map_err(|errno| Error::system(format!("could not catch {signal}"), errno))?;
            if is_received {
                receiver.unhandled.push(signal);
            }
        }
        Ok(receiver)
    }

    fn catch(&mut self, signal: Signal) -> Result<()> {
        check(signal)?;
        let ignored = signal.is_ignored_on_purpose() && disposition::is_ignored(signal)?;
        if self.catches(signal) || ignored {
            return Ok(());
        }
        let registration = sys::register(signal, Arc::clone(&self.inbox))
            .map_err(|error| Error::system(format!("could not catch {signal}"), error))?;
        self.registrations.push(registration);
        Ok(())
    }

    /// Returns whether this receiver receives a signal. A signal that was ignored before it is not.
    #[must_use]
    pub fn catches(&self, signal: Signal) -> bool {
        self.signals().any(|caught| caught == signal)
    }

    pub(crate) fn signals(&self) -> impl Iterator<Item = Signal> {
        self.registrations.iter().map(Registration::signal).chain(self.unhandled.iter().copied())
    }

    /// Takes the signals that have arrived, without blocking.
    ///
    /// Read the iterator to its end: it ends when no signal is left. Signals that are not taken stay,
    /// and the receiver stays readable.
    pub fn pending(&mut self) -> Pending<'_> {
        Pending { receiver: self }
    }
}

fn check(signal: Signal) -> Result<()> {
    if signal.is_catchable() {
        return Ok(());
    }
    let message = format!("could not catch {signal}: no program can, or it must not");
    Err(Error::new(ErrorKind::NotCatchable, message))
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("pipe", &self.pipe)
            .field("signals", &self.signals().collect::<Vec<_>>())
            .finish()
    }
}

/// The signals that wait in a [`Receiver`], in the order of arrival. Created by [`Receiver::pending`].
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
