//! The messages of the child that the master has not taken yet.

use std::{io, mem};

use selfup_channel::{ChildEnd, FromChild};

/// The latest message of each kind, in the order in which they are sent. So their number is bounded, whatever the
/// program reports and however long the master does not read.
///
/// Only the latest of each kind matters: two reports of readiness, or two requests for a restart, are one, and of
/// statuses the present one is wanted.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    messages: Vec<FromChild>,
}

impl Unsent {
    pub(super) fn add(&mut self, message: FromChild) {
        let kind = mem::discriminant(&message);
        match self.messages.iter_mut().find(|other| mem::discriminant(*other) == kind) {
            Some(earlier) => *earlier = message,
            None => self.messages.push(message),
        }
        self.messages.sort_by_key(is_for_people);
    }

    /// Sends what there is room for; whether something is left.
    pub(super) fn send(&mut self, channel: &ChildEnd) -> bool {
        while let Some(message) = self.messages.first() {
            // What is for people leaves most of the queue to what matters.
            if is_for_people(message) && !channel.has_room() {
                break;
            }
            match channel.send(message) {
                Err(error) if is_for_want_of_room(&error) => break,
                // The control thread notices a master that cannot be reached.
                Ok(()) | Err(_) => drop(self.messages.remove(0)),
            }
        }
        !self.messages.is_empty()
    }

    pub(super) fn matters(&self) -> bool {
        self.messages.iter().any(|message| !is_for_people(message))
    }
}

fn is_for_people(message: &FromChild) -> bool {
    matches!(message, FromChild::Status(_) | FromChild::NotReady(_) | FromChild::Connections(_))
}

fn is_for_want_of_room(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM | libc::EINTR))
}
