//! The transport: a connected pair of sockets that preserves message boundaries.

use std::{
    io,
    marker::PhantomData,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        socket::{self, MsgFlags},
        stat::fstat,
    },
};

use crate::message::{FromChild, FromMaster, MAX_LEN, Malformed, Message};
use crate::sys;

/// One end of the control channel: a connected `SOCK_SEQPACKET` pair. A message arrives whole or not at
/// all, and each end sees at once when the other has died.
///
/// See [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
#[derive(Debug)]
pub struct Channel<In, Out> {
    fd: OwnedFd,
    /// Device and inode of the socket, by which a reused descriptor number is recognised.
    identity: Option<Identity>,
    directions: PhantomData<fn(Out) -> In>,
}

/// The master's end.
pub type MasterEnd = Channel<FromChild, FromMaster>;

/// The child's end.
pub type ChildEnd = Channel<FromMaster, FromChild>;

/// The result of a read.
#[derive(Debug)]
pub enum Incoming<M> {
    /// A message.
    Message(M),
    /// A message that could not be decoded.
    Malformed,
    /// No message has arrived.
    Nothing,
    /// The other end is closed.
    Closed,
}

/// Creates a channel. Both ends are close-on-exec.
///
/// # Errors
///
/// The limit of open files is reached, or the system has no such sockets (macOS).
pub fn pair() -> io::Result<(MasterEnd, OwnedFd)> {
    let (master, child) = sys::pair()?;
    Ok((Channel::from(master), child))
}

impl<In: Message, Out: Message> Channel<In, Out> {
    /// Sends a message without waiting.
    ///
    /// A peer that has closed its end is not an error, because reading reports it. A full queue is an
    /// error: the peer has not read hundreds of messages.
    ///
    /// # Errors
    ///
    /// The queue is full, or the channel cannot be written.
    pub fn send(&self, message: &Out) -> io::Result<()> {
        match socket::send(self.fd.as_raw_fd(), &message.encode(), sys::SEND) {
            Ok(_) | Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Returns the next message, if one has arrived.
    ///
    /// # Errors
    ///
    /// The channel cannot be read.
    pub fn poll(&self) -> io::Result<Incoming<In>> {
        self.receive(MsgFlags::MSG_DONTWAIT)
    }

    /// Waits for the next message, and returns it.
    ///
    /// # Errors
    ///
    /// The channel cannot be read.
    pub fn wait(&self) -> io::Result<Incoming<In>> {
        self.receive(MsgFlags::empty())
    }

    fn receive(&self, flags: MsgFlags) -> io::Result<Incoming<In>> {
        let mut buffer = [0; MAX_LEN];
        loop {
            return match socket::recv(self.fd.as_raw_fd(), &mut buffer, flags) {
                Ok(0) => Ok(Incoming::Closed),
                // The other end was closed before it had read everything. The kernel reports that
                // once, and returns the earlier messages after it.
                Err(Errno::ECONNRESET) => continue,
                Ok(len) => Ok(match In::decode(&buffer[..len]) {
                    Ok(message) => Incoming::Message(message),
                    Err(Malformed) => Incoming::Malformed,
                }),
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => Ok(Incoming::Nothing),
                Err(errno) => Err(errno.into()),
            };
        }
    }
}

impl<In, Out> Channel<In, Out> {
    /// Returns whether the descriptor still belongs to this channel.
    ///
    /// Code that closes all descriptors of the process, as closefrom(3) does, closes this one too, and
    /// the next one that is opened may get its number.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        identity(&self.fd) == self.identity
    }

    /// Returns whether there is plenty of room: less than a quarter of the queue is in use.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLOUT)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

/// Each system has numbers of another width for a device and an inode; these hold all of them.
type Identity = (i128, i128);

fn identity(fd: &OwnedFd) -> Option<Identity> {
    fstat(fd).ok().map(|stat| (stat.st_dev.into(), stat.st_ino.into()))
}

impl<In, Out> From<OwnedFd> for Channel<In, Out> {
    fn from(fd: OwnedFd) -> Self {
        let identity = identity(&fd);
        Self { fd, identity, directions: PhantomData }
    }
}

impl<In, Out> AsFd for Channel<In, Out> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel reports a reset once, before it returns the earlier messages.
    #[test]
    fn messages_sent_before_the_other_end_closed_are_read() {
        let (master, child) = pair().unwrap();
        let child: ChildEnd = Channel::from(child);
        child.send(&FromChild::Ready).unwrap();
        child.send(&FromChild::Restart).unwrap();
        // The child never reads this, so closing its end is a reset.
        master.send(&FromMaster::Ask).unwrap();
        drop(child);
        let mut heard = Vec::new();
        while let Incoming::Message(message) = master.poll().unwrap() {
            heard.push(message);
        }
        assert_eq!(heard, [FromChild::Ready, FromChild::Restart]);
        assert!(matches!(master.poll(), Ok(Incoming::Closed)));
    }
}
