//! The worker does what operators order.

use selfup_fetch::Outcome;

use super::{
    order::{Order, OrderDone, What, artifact},
    reports::Failure,
    worker::{Poll, Worker},
};
use crate::{error::Chain, inbox::Message};

impl Worker {
    pub(super) fn follow_orders(&mut self) {
        loop {
            let order = self.shared.orders().pop_front();
            let Some(Order { asked, what }) = order else { return };
            self.intake.asked = Some(asked);
            let done = self.follow(what);
            // Otherwise it is on trial, and the lifecycle answers.
            if let Some((ticket, _)) = self.intake.asked.take() {
                self.reports.send(Message::OrderDone(ticket, done));
            }
        }
    }

    fn follow(&mut self, what: What) -> OrderDone {
        if self.intake.is_busy() {
            return OrderDone::Failed("another executable is on trial".to_owned());
        }
        match what {
            What::Fetch if !self.has_source => {
                OrderDone::Failed("the service has no source of upgrades".to_owned())
            }
            What::Fetch if !self.has_begun => {
                OrderDone::Failed("the source could not be asked yet".to_owned())
            }
            What::Fetch => {
                if let Some(paused) = self.intake.paused() {
                    let reason = paused.reason();
                    return OrderDone::Failed(format!("upgrades are paused: {reason}"));
                }
                let poll = self.poll();
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
                match self.intake.take_in(artifact, &self.verdicts, &mut self.reports) {
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
