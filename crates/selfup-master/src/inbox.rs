//! The inbox of the master's loop, to which its other threads send messages.

use std::{
    fmt,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

use selfup_install::{Id, Trial};
use selfup_lifecycle::{Input, Ticket};

use super::sync::{Arc, Mutex, PoisonError, UnixStream};
use crate::{
    event::Event,
    executable::Identified,
    upgrades::{
        look::Looked,
        order::{Asked, Order, OrderDone},
    },
};

/// The sending side: a list of messages, and a socket that wakes the loop.
#[derive(Clone)]
pub(crate) struct Sender {
    shared: Arc<Shared>,
}

/// The loop's side. It polls as readable while messages wait.
#[derive(Debug)]
pub(super) struct Inbox {
    sender: Sender,
    wake: UnixStream,
}

struct Shared {
    messages: Mutex<Vec<Message>>,
    wake: UnixStream,
}

/// A message to the master's loop.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "control"),
    expect(dead_code, reason = "operators come by the control socket alone")
)]
pub(crate) enum Message {
    /// Restart: the program called `restart`.
    Restart,
    /// Report this event, which has no other effect.
    Report(Event),
    /// A new executable has been verified and can be tried. The worker waits for the verdict.
    Verified(Box<Trial>, Option<Asked>),
    /// Another process has put these bytes, which were fetched, at the path already.
    AlreadyInstalled(Id, Option<Asked>),
    /// What is at the path, which the loop wanted to know before a restart.
    Looked(Looked),
    /// An input for the lifecycle, as an operator wants it.
    Steered(Input),
    /// An operator wants to know the state of the service.
    #[cfg(feature = "control")]
    WantsStatus(Ticket, Box<selfup_control::Upgrades>),
    /// What an operator wanted is done already.
    #[cfg(feature = "control")]
    Respond(Ticket, selfup_control::Response),
    /// An operator wants this signal to be handled.
    #[cfg(feature = "control")]
    Signalled(Ticket, selfup_lifecycle::Arrived),
    /// An operator wants an executable to be fetched, or installed.
    Ordered(Order),
    /// What became of that, if nothing is to be tried.
    OrderDone(Ticket, OrderDone),
    /// The id of the executable that a child runs.
    Identified(Box<Identified>),
}

pub(super) fn inbox() -> io::Result<(Sender, Inbox)> {
    let (wake, wakes) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    wakes.set_nonblocking(true)?;
    let shared = Shared { messages: Mutex::default(), wake: wakes };
    let sender = Sender { shared: Arc::new(shared) };
    Ok((sender.clone(), Inbox { sender, wake }))
}

impl Sender {
    pub(crate) fn send(&self, message: Message) {
        let mut messages = self.shared.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let is_restart = |message: &Message| matches!(message, Message::Restart);
        // A restart that waits already serves both requests.
        if !is_restart(&message) || !messages.iter().any(is_restart) {
            messages.push(message);
        }
        drop(messages);
        // A full socket has bytes in it, and one byte is enough to wake the loop.
        let _woken = (&self.shared.wake).write(&[0]);
    }
}

impl Inbox {
    /// Takes all messages that have arrived, oldest first.
    pub(super) fn take(&mut self) -> Vec<Message> {
        // The bytes first: a message that is sent now leaves one for the next time.
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(1..)) {}
        std::mem::take(
            &mut *self.sender.shared.messages.lock().unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
