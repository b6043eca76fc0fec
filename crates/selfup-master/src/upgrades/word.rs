//! What the loop tells the worker: verdicts, and what operators order.

use std::{
    sync::mpsc::{self, RecvTimeoutError, SendError},
    time::Instant,
};

use super::{
    order::{Order, OrderDone},
    reports::Reports,
    verdict::Verdict,
};
use crate::inbox::Message;

enum Word {
    Verdict(Verdict),
    Order(Order),
}

/// The loop's end.
#[derive(Debug)]
pub(super) struct Words(mpsc::Sender<Word>);

/// The worker's end.
#[derive(Debug)]
pub(super) struct Heard(mpsc::Receiver<Word>);

/// There is no loop any more, or it has nothing to say to a worker that fetches.
pub(super) struct Over;

pub(super) fn words() -> (Words, Heard) {
    let (sender, receiver) = mpsc::channel();
    (Words(sender), Heard(receiver))
}

impl Words {
    /// A worker that has ended needs no verdict.
    pub(super) fn decide(&self, verdict: Verdict) {
        let _sent = self.0.send(Word::Verdict(verdict));
    }

    /// Returns the order if there is no worker any more.
    pub(super) fn order(&self, order: Order) -> Result<(), Order> {
        match self.0.send(Word::Order(order)) {
            Err(SendError(Word::Order(order))) => Err(order),
            Ok(()) | Err(SendError(Word::Verdict(_))) => Ok(()),
        }
    }
}

impl Heard {
    /// Waits for the verdict about an executable on trial, and turns down what operators order meanwhile.
    ///
    /// Without a loop no verdict comes: the next master finds what is in place.
    pub(super) fn verdict(&self, reports: &Reports) -> Verdict {
        loop {
            match self.0.recv() {
                Ok(Word::Verdict(verdict)) => return verdict,
                Ok(Word::Order(Order { asked: (ticket, _), .. })) => {
                    reports.send(Message::OrderDone(ticket, OrderDone::on_trial()));
                }
                Err(_) => return Verdict::Committed,
            }
        }
    }

    /// Waits for an order until this moment. A verdict outside of a trial does not come.
    pub(super) fn order(&self, until: Instant) -> Result<Option<Order>, Over> {
        match self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Word::Order(order)) => Ok(Some(order)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(Word::Verdict(_)) | Err(RecvTimeoutError::Disconnected) => Err(Over),
        }
    }
}
