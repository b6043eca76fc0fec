//! The worker does what operators order.

use selfup_fetch::Outcome;

use super::{
    order::{Order, OrderDone, What, artifact},
    poll::Poll,
    reports::Failure,
    worker::Worker,
};
use crate::{error::Chain, inbox::Message};

impl Worker {
    /// Does what an operator orders, and answers.
    pub(super) fn follow(&mut self, order: Order) {
        let Order { asked, what } = order;
        self.intake.asked = Some(asked);
        let done = self.perform(what);
        // Otherwise it is on trial, and the lifecycle answers.
        self.answer(done);
    }

    /// Answers the operator who waits, if there is one.
    pub(super) fn answer(&mut self, done: OrderDone) {
        if let Some((ticket, _)) = self.intake.asked.take() {
            self.reports.send(Message::OrderDone(ticket, done));
        }
    }

    fn perform(&mut self, what: What) -> OrderDone {
        if self.intake.is_busy() {
            return OrderDone::on_trial();
        }
        match what {
            What::Fetch => {
                if let Some(fault) = self.source.fault() {
                    return OrderDone::Failed(fault);
                }
                if let Some(paused) = self.intake.paused() {
                    let reason = paused.reason();
                    return OrderDone::Failed(format!("upgrades are paused: {reason}"));
                }
                let poll = self.poll();
                self.reports.count(self.has_failed(&poll));
                self.outcome(poll)
            }
            What::Install(file) => {
                self.intake.look_at_what_serves();
                let artifact = match artifact(&file) {
                    Ok(artifact) => artifact,
                    Err(error) => {
                        let reason = format!("could not open {}: {error}", file.display());
                        return OrderDone::Failed(reason);
                    }
                };
                match self.intake.take_in(artifact, &self.heard, &mut self.reports) {
                    Ok(outcome) => self.told(outcome),
                    Err(error) => OrderDone::Failed(Chain(&error).to_string()),
                }
            }
        }
    }

    fn outcome(&mut self, poll: Poll) -> OrderDone {
        match poll {
            Poll::Nothing => OrderDone::Nothing("up to date"),
            Poll::Arrived(outcome) => {
                self.settled(outcome);
                self.told(outcome)
            }
            Poll::Doubted { failure: Some(failure) }
            | Poll::Failed { failure, .. }
            | Poll::Busy { failure } => {
                self.failed();
                OrderDone::Failed(Failure::into_reason(failure))
            }
            Poll::Doubted { failure: None } => self.told(Outcome::Doubtful),
            Poll::Overtaken => {
                self.failed();
                OrderDone::Failed("the source changed while it was read".to_owned())
            }
        }
    }

    fn told(&self, outcome: Outcome) -> OrderDone {
        match outcome {
            Outcome::UpToDate => OrderDone::Nothing("up to date: it runs already"),
            Outcome::Installed => OrderDone::Nothing("it is installed already"),
            _ => OrderDone::Failed(match self.intake.why_held_back() {
                Some(reason) => format!("{reason}; forgive it to have it tried again"),
                None => "it has failed a check before".to_owned(),
            }),
        }
    }
}
