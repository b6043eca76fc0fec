//! Keeps the numbers from 3 free for the fds of a child.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::offer::FIRST;
use crate::sys::number::{Identity, duplicate_from, identity};

/// The sources of the fds of a child, and placeholders at their targets.
///
/// The standard library reports a failed exec through a pipe (or socket) of its own, which it opens at
/// the lowest free numbers. If the child overwrote one of these numbers, the report would be lost, and
/// a failed start would look like a successful one. So a placeholder takes every free number among the
/// targets until the child runs, and the pipe gets higher numbers. The placeholders are close-on-exec,
/// like all other fds.
pub(super) struct Numbers<'a> {
    sources: Vec<Source<'a>>,
    placeholders: Vec<OwnedFd>,
}

enum Source<'a> {
    Borrowed(BorrowedFd<'a>),
    /// A copy above the targets, of an fd that lies among or below them. With it, no move overwrites
    /// the source of another or is affected by the set-up of standard input and output, and none goes
    /// from a number to itself, which would leave close-on-exec set.
    Copied(OwnedFd),
}

/// The moves to the numbers from 3, in order of the numbers.
pub(crate) struct Move {
    /// The number to duplicate, which is always above all targets.
    pub(crate) source: RawFd,
    pub(crate) target: RawFd,
    /// The open file at the target before the move. If the child finds another one, a thread has
    /// closed that number meanwhile, and the new file may be the pipe itself.
    pub(crate) before: Option<Identity>,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(fds: impl ExactSizeIterator<Item = BorrowedFd<'a>>) -> io::Result<Self> {
        let end = end(fds.len());
        let sources = fds.map(|fd| {
            if fd.as_raw_fd() >= end {
                Ok(Source::Borrowed(fd))
            } else {
                duplicate_from(fd, end).map(Source::Copied)
            }
        });
        Ok(Self { sources: sources.collect::<io::Result<_>>()?, placeholders: Vec::new() })
    }

    /// Takes the numbers that have become free, and returns the moves.
    pub(super) fn moves(&mut self) -> io::Result<Vec<Move>> {
        let end = end(self.sources.len());
        if let Some(source) = self.sources.first() {
            loop {
                let placeholder = duplicate_from(source.fd(), FIRST)?;
                if placeholder.as_raw_fd() >= end {
                    break;
                }
                self.placeholders.push(placeholder);
            }
        }
        let moves = (FIRST..).zip(&self.sources).map(|(target, source)| Move {
            source: source.fd().as_raw_fd(),
            target,
            before: identity(target),
        });
        Ok(moves.collect())
    }
}

impl Source<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd;
        match self {
            Self::Borrowed(fd) => *fd,
            Self::Copied(fd) => fd.as_fd(),
        }
    }
}

/// The first number after the targets.
fn end(count: usize) -> RawFd {
    RawFd::try_from(count).unwrap_or(RawFd::MAX - FIRST) + FIRST
}
