//! Keeps the numbers from 3 free for the fds of a child.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::offer::FIRST;
use crate::sys::number::{Identity, duplicate_from, identity};

/// Where the child's fds come from, and hold on the numbers they go to.
///
/// The standard library reports a failed exec through a pipe (or socket) of its own, opened
/// at the lowest free numbers. Were it at a number that the child overwrites, the report would be
/// lost, and a failed start would look like a good one. So every free number among the targets is
/// taken by a placeholder until the child runs, and the pipe comes to lie above them. The
/// placeholders are close-on-exec, like all else.
pub(super) struct Numbers<'a> {
    sources: Vec<Source<'a>>,
    placeholders: Vec<OwnedFd>,
}

enum Source<'a> {
    Borrowed(BorrowedFd<'a>),
    /// A copy above the targets, made because the fd itself lies among them or below: then no
    /// move can overwrite the source of another, nor the setting up of standard input and
    /// output, and none goes from a number to itself, which would leave close-on-exec set.
    Copied(OwnedFd),
}

/// What is to happen at the numbers from 3, in order of the numbers.
pub(crate) struct Move {
    /// The number that is duplicated; always above all targets.
    pub(crate) source: RawFd,
    pub(crate) target: RawFd,
    /// What is at the target before. If the child finds anything else, another thread has closed
    /// that number meanwhile, and it may be the very pipe that has come to lie there.
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

    /// Takes the numbers that have become free, and says what is to be moved where.
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
