//! How other threads of the master reach its loop.

use std::{
    fmt,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

use super::sync::{Arc, Mutex, PoisonError, UnixStream};
use crate::{executable::Identified, upgrades::News};

/// How other threads of the master's process reach its loop: a list, and a socket that wakes it.
#[derive(Clone)]
pub(crate) struct Mailbox {
    shared: Arc<Shared>,
}

/// The loop's side: polls as readable while there is mail.
#[derive(Debug)]
pub(super) struct Mail {
    mailbox: Mailbox,
    wake: UnixStream,
}

struct Shared {
    letters: Mutex<Vec<Letter>>,
    wake: UnixStream,
}

/// What other threads have to say.
#[derive(Debug)]
pub(super) enum Letter {
    Restart,
    Upgrade(News),
    /// What the executable of a child is called by its content.
    Runs(Box<Identified>),
}

pub(super) fn mailbox() -> io::Result<(Mailbox, Mail)> {
    let (wake, wakes) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    wakes.set_nonblocking(true)?;
    let shared = Shared { letters: Mutex::default(), wake: wakes };
    let mailbox = Mailbox { shared: Arc::new(shared) };
    Ok((mailbox.clone(), Mail { mailbox, wake }))
}

impl Mailbox {
    /// Asks the master for a restart.
    pub(crate) fn restart(&self) {
        self.post(Letter::Restart);
    }

    pub(super) fn post(&self, letter: Letter) {
        let mut letters = self.shared.letters.lock().unwrap_or_else(PoisonError::into_inner);
        let is_restart = |letter: &Letter| matches!(letter, Letter::Restart);
        // One that waits already is as good as two.
        if !is_restart(&letter) || !letters.iter().any(is_restart) {
            letters.push(letter);
        }
        drop(letters);
        // A full socket has bytes in it, and one is enough to wake the loop.
        let _woken = (&self.shared.wake).write(&[0]);
    }
}

impl Mail {
    /// Takes what has come, oldest first.
    pub(super) fn take(&mut self) -> Vec<Letter> {
        // The bytes first: a letter that comes now leaves one for the next time.
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(1..)) {}
        std::mem::take(
            &mut *self.mailbox.shared.letters.lock().unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl AsFd for Mail {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
