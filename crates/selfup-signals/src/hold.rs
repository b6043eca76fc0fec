//! Keeps signals for the program that this process executes in its own place.

use crate::error::{Error, Result};
use crate::receiver::Receiver;
use crate::signal::Signal;
use crate::sys;

impl Receiver {
    /// Has every other thread of this process block all signals, and returns whether none of them can take a signal
    /// of this receiver any more. Call it until it returns `true`: each thread takes its time.
    ///
    /// It is for a process that executes another program in its own place, and is to lose no signal by that. A
    /// handler that runs in another thread at that moment would end with it. What arrives once this has returned
    /// `true` stays pending, through `execve`, until that program unblocks it; what has arrived before is in the
    /// receiver, from where [`put_back`](Self::put_back) takes it. The calling thread has to block signals by
    /// itself, by a [`Blocked`](crate::Blocked) guard.
    ///
    /// There is no way back: the threads do not receive signals any more. A thread gets `SIGURG` for this (or
    /// `SIGWINCH`, where this receiver catches the former), which may interrupt a system call in it. The handler
    /// for that signal is gone then.
    ///
    /// A thread that blocks all signals by itself counts as soon as it sleeps. One that blocks signals for a moment
    /// gets them blocked for good when it unblocks them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`](crate::ErrorKind::System): there is no `/proc`.
    ///
    /// # Platform
    ///
    /// Linux, on x86 and ARM of both sizes. Elsewhere it is an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::os::unix::process::CommandExt;
    /// use std::process::Command;
    /// use selfup_signals::{Blocked, Receiver, Signal};
    ///
    /// let mut receiver = Receiver::new([Signal::TERM, Signal::HUP])?;
    /// // …
    /// let _blocked = Blocked::all()?;
    /// while !receiver.hold()? {
    ///     std::thread::yield_now();
    /// }
    /// receiver.put_back();
    /// let error = Command::new("/usr/local/bin/app").exec();
    /// # drop(error);
    /// # Ok::<(), selfup_signals::Error>(())
    /// ```
    pub fn hold(&self) -> Result<bool> {
        let caught: Vec<_> = self.signals().map(Signal::as_raw).collect();
        sys::system::block_in_other_threads(&caught).map_err(|error| {
            Error::system("could not have other threads block signals".to_owned(), error)
        })
    }

    /// Makes what waits in this receiver pending again, for the calling thread alone: a program that it executes
    /// gets it when it unblocks signals. Of a standard signal there is one at most, and values are lost.
    ///
    /// The calling thread has to block signals, or the receiver has them again at once.
    pub fn put_back(&mut self) {
        let received: Vec<_> = self.pending().map(|received| received.signal).collect();
        received.into_iter().for_each(sys::raise);
    }
}
